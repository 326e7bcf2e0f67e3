#pragma once

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weir {

// A persistent sequence ordered by ascending id(): changing a copy shares all blocks that are not touched, so that a
// commit to a table with many parts costs by the change and not by the table. T is cheap to copy and has id().
template <typename T>
class PartList {
 public:
  static constexpr size_t kBlockMax = 128;
  using Id = decltype(std::declval<const T&>().id());

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // The id must be above all others.
  void Append(T part) {
    if (!blocks_.empty() && blocks_.back()->size() < kBlockMax) {
      auto grown = std::make_shared<Block>();
      grown->reserve(blocks_.back()->size() + 1);
      *grown = *blocks_.back();
      grown->push_back(std::move(part));
      blocks_.back() = std::move(grown);
    } else {
      blocks_.push_back(std::make_shared<Block>(1, std::move(part)));
    }
    ++size_;
  }

  const T* Find(Id id) const {
    const size_t block = BlockOf(id);
    if (block == blocks_.size()) return nullptr;
    const auto at = LowerBound(*blocks_[block], id);
    return at != blocks_[block]->end() && at->id() == id ? &*at : nullptr;
  }

  // Replaces the part of the same id, which must be there.
  void Replace(T part) {
    const size_t block = BlockOf(part.id());
    auto changed = std::make_shared<Block>(*blocks_[block]);
    const auto at = changed->begin() + (LowerBound(*changed, part.id()) - changed->cbegin());
    *at = std::move(part);
    blocks_[block] = std::move(changed);
  }

  void Remove(const std::unordered_set<Id>& ids) {
    if (ids.empty()) return;
    std::vector<std::shared_ptr<const Block>> kept;
    kept.reserve(blocks_.size());
    size_ = 0;
    for (auto& block : blocks_) {
      const bool touched =
          std::any_of(block->begin(), block->end(), [&](const T& part) { return ids.contains(part.id()); });
      if (touched) {
        auto changed = std::make_shared<Block>();
        std::copy_if(block->begin(), block->end(), std::back_inserter(*changed),
                     [&](const T& part) { return !ids.contains(part.id()); });
        if (changed->empty()) continue;
        block = std::move(changed);
      }
      // Neighbours that have become small join, so that the number of blocks follows the number of parts.
      if (!kept.empty() && kept.back()->size() + block->size() <= kBlockMax / 2) {
        auto joined = std::make_shared<Block>(*kept.back());
        joined->insert(joined->end(), block->begin(), block->end());
        size_ += block->size();
        kept.back() = std::move(joined);
        continue;
      }
      size_ += block->size();
      kept.push_back(std::move(block));
    }
    blocks_ = std::move(kept);
  }

  void Clear() {
    blocks_.clear();
    size_ = 0;
  }

  // Of a list that is not empty.
  const T& front() const { return blocks_.front()->front(); }

  template <typename F>
  void ForEach(F&& f) const {
    for (const auto& block : blocks_) {
      for (const T& part : *block) f(part);
    }
  }

 private:
  using Block = std::vector<T>;
  static auto LowerBound(const Block& block, Id id) {
    return std::lower_bound(block.cbegin(), block.cend(), id,
                            [](const T& part, Id wanted) { return part.id() < wanted; });
  }
  // The only block that may hold the id, or size().
  size_t BlockOf(Id id) const {
    const auto at = std::upper_bound(blocks_.begin(), blocks_.end(), id,
                                     [](Id wanted, const auto& block) { return wanted < block->front().id(); });
    return at == blocks_.begin() ? blocks_.size() : static_cast<size_t>(at - blocks_.begin()) - 1;
  }

  std::vector<std::shared_ptr<const Block>> blocks_;
  size_t size_ = 0;
};

}  // namespace weir
