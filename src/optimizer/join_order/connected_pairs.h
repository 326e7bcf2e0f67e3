#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace weir {

using RelationSet = uint64_t;

// Of connected sets that are tried: stars of 13 relations, chains of any size, cliques of ten.
inline constexpr size_t kPairsMax = 50'000;

// Each pair of connected sets with an edge between them once, smaller sets before the larger ones that they are part
// of. An edge over several relations counts as one between any two of them here; whether it may be used is seen when
// a pair is joined.
class ConnectedPairs {
 public:
  ConnectedPairs(size_t count, std::vector<RelationSet> neighbours, std::function<void(RelationSet, RelationSet)> found)
      : count_(count), neighbours_(std::move(neighbours)), found_(std::move(found)) {}
  // False: given up, there are too many.
  bool Run() {
    for (size_t i = count_; i-- > 0 && seen_ <= kPairsMax;) {
      const RelationSet start = RelationSet{1} << i;
      FindPartners(start);
      Grow(start, UpTo(i));
    }
    return seen_ <= kPairsMax;
  }

 private:
  static RelationSet UpTo(size_t i) { return (RelationSet{2} << i) - 1; }

  RelationSet Neighbours(RelationSet set, RelationSet without) const {
    RelationSet out = 0;
    for (RelationSet rest = set; rest != 0; rest &= rest - 1) out |= neighbours_[std::countr_zero(rest)];
    return out & ~(without | set);
  }

  template <typename F>
  void ForEachPart(RelationSet set, F&& f) const {
    for (RelationSet part = set & -set; part != 0 && seen_ <= kPairsMax; part = (part - set) & set) f(part);
  }

  void Grow(RelationSet set, RelationSet without) {
    const RelationSet near = Neighbours(set, without);
    ForEachPart(near, [&](RelationSet part) { FindPartners(set | part); });
    ForEachPart(near, [&](RelationSet part) { Grow(set | part, without | near); });
  }

  void FindPartners(RelationSet set) {
    const RelationSet without = set | UpTo(static_cast<size_t>(std::countr_zero(set)));
    const RelationSet near = Neighbours(set, without);
    for (RelationSet rest = near; rest != 0 && seen_ <= kPairsMax;) {
      const auto i = static_cast<size_t>(std::bit_width(rest) - 1);
      rest &= ~(RelationSet{1} << i);
      const RelationSet partner = RelationSet{1} << i;
      Found(set, partner);
      GrowPartner(set, partner, without | (UpTo(i) & near));
    }
  }

  void GrowPartner(RelationSet set, RelationSet partner, RelationSet without) {
    const RelationSet near = Neighbours(partner, without | set);
    ForEachPart(near, [&](RelationSet part) { Found(set, partner | part); });
    ForEachPart(near, [&](RelationSet part) { GrowPartner(set, partner | part, without | near); });
  }

  void Found(RelationSet a, RelationSet b) {
    ++seen_;
    found_(a, b);
  }

  const size_t count_;
  const std::vector<RelationSet> neighbours_;
  const std::function<void(RelationSet, RelationSet)> found_;
  size_t seen_ = 0;
};

}  // namespace weir
