#include "exec/cache/query_cache.h"

#include <algorithm>

#include "base/hash.h"
#include "meta/state.h"

namespace weir {

namespace {

constexpr obs::CounterDef kHits{"weir_query_cache_hits_total", "entries", "Answers found in the cache", {"kind"}};
constexpr obs::CounterDef kMisses{"weir_query_cache_misses_total", "entries", "Answers that were not there", {"kind"}};
constexpr obs::GaugeDef kBytes{"weir_query_cache_bytes", "bytes", "Memory of kept answers", {"kind"}};

// So many texts may be there for nobody before they are looked at.
constexpr size_t kTextsMin = 256;
// Where notes are: no part has this id.
constexpr uint64_t kNotePart = UINT64_MAX;

}  // namespace

std::string_view CacheKindName(CacheKind kind) {
  return kind == CacheKind::kResult ? "result" : "partial";
}

int64_t CachedRows::bytes() const {
  size_t bytes = sizeof(CachedRows);
  for (const std::string& chunk : chunks) bytes += chunk.capacity() + sizeof(std::string);
  return static_cast<int64_t>(bytes);
}

size_t QueryCache::PositionHash::operator()(const Position& position) const {
  uint64_t hash = HashCombine(HashInt(position.text), position.part);
  hash = HashCombine(hash, position.row_group);
  return HashCombine(hash, position.deleted_rows);
}

QueryCache::Position QueryCache::PositionOf(const CacheKey& key) {
  return {key.text->id, key.part.value(), key.row_group, key.deleted_rows};
}

QueryCache::QueryCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max, obs::MetricsRegistry* metrics)
    : bytes_max_(bytes_max), tracker_(tracker->CreateChild("query cache", MemoryScope::kCache)) {
  for (size_t i = 0; i < kCacheKinds && metrics != nullptr; ++i) {
    const std::string name(CacheKindName(static_cast<CacheKind>(i)));
    metrics_[i] = {&metrics->Get(kHits, {name}), &metrics->Get(kMisses, {name})};
    gauges_.push_back(metrics->AddCallback(
        kBytes, {name}, [this, i] { return static_cast<double>(usage(static_cast<CacheKind>(i)).bytes); }));
  }
  reclaimer_ = tracker_->AddReclaimer(
      [this](int64_t bytes) -> int64_t {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        return lock.owns_lock() ? Evict(bytes) : 0;
      },
      1);
}

QueryCache::~QueryCache() {
  gauges_.clear();
  reclaimer_.Reset();
  Clear();
}

CacheTextPtr QueryCache::Intern(std::string text) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = texts_.find(text); found != texts_.end()) return found->second;
  if (texts_.size() >= sweep_texts_at_) {
    std::erase_if(texts_, [](const auto& one) { return one.second.use_count() == 1; });
    sweep_texts_at_ = 2 * texts_.size() + kTextsMin;
  }
  auto made = std::make_shared<const CacheText>(CacheText{std::move(text), next_text_++});
  texts_.emplace(made->text, made);
  return made;
}

CachedRowsPtr QueryCache::Find(CacheKind kind, const CacheKey& key) {
  const auto at = static_cast<size_t>(kind);
  const std::scoped_lock lock(mutex_);
  const auto found = by_position_.find(PositionOf(key));
  const bool hit = found != by_position_.end();
  ++(hit ? usage_[at].hits : usage_[at].misses);
  if (obs::Counter* counter = hit ? metrics_[at].hits : metrics_[at].misses) counter->Add();
  if (!hit) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->rows;
}

bool QueryCache::Insert(CacheKind kind, const CacheKey& key, CachedRowsPtr rows, std::vector<CacheSource> sources) {
  const int64_t bytes = rows->bytes() + static_cast<int64_t>(sizeof(Entry) + sources.size() * sizeof(CacheSource));
  return Add({kind, PositionOf(key), key.text, std::move(rows), std::move(sources), bytes});
}

void QueryCache::NoteTooLarge(const CacheTextPtr& text) {
  Add({CacheKind::kPartial, {text->id, kNotePart, 0, 0}, text, nullptr, {}, sizeof(Entry)});
}

bool QueryCache::IsTooLarge(const CacheTextPtr& text) {
  const std::scoped_lock lock(mutex_);
  return by_position_.contains({text->id, kNotePart, 0, 0});
}

bool QueryCache::Add(Entry entry) {
  // The text is counted with each entry: any may come to be alone with it.
  entry.bytes += static_cast<int64_t>(entry.text->text.size());
  // Room in the process comes before the lock: our own reclaimer wants that.
  if (entry.bytes > bytes_max_ || !tracker_->TryReserveWithoutReclaim(entry.bytes)) return false;
  const std::scoped_lock lock(mutex_);
  if (by_position_.contains(entry.position)) {
    tracker_->Release(entry.bytes);
    return true;
  }
  if (bytes_ + entry.bytes > bytes_max_) Evict(bytes_ + entry.bytes - bytes_max_);
  Usage& usage = usage_[static_cast<size_t>(entry.kind)];
  usage.bytes += entry.bytes;
  ++usage.entries;
  ++usage.insertions;
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  by_position_.emplace(entries_.front().position, entries_.begin());
  return true;
}

void QueryCache::Remove(Entries::iterator entry) noexcept {
  Usage& usage = usage_[static_cast<size_t>(entry->kind)];
  usage.bytes -= entry->bytes;
  --usage.entries;
  bytes_ -= entry->bytes;
  tracker_->Release(entry->bytes);
  by_position_.erase(entry->position);
  const CacheTextPtr text = std::move(entry->text);
  entries_.erase(entry);
  // Held by texts_ and here: nobody else can get at it while the lock is held.
  if (text.use_count() == 2) texts_.erase(text->text);
}

int64_t QueryCache::Evict(int64_t bytes) noexcept {
  const int64_t before = bytes_;
  while (before - bytes_ < bytes && !entries_.empty()) {
    ++usage_[static_cast<size_t>(entries_.back().kind)].evictions;
    Remove(std::prev(entries_.end()));
  }
  return before - bytes_;
}

uint64_t QueryCache::DropOutdated(const State& state) {
  const auto is_there = [&](const CacheSource& source) {
    const TableState* table = state.FindTable(source.table);
    if (source.part == PartId()) return (table == nullptr ? Version() : table->content_changed) == source.content;
    return table != nullptr && table->segments.Find(source.part) != nullptr;
  };
  uint64_t dropped = 0;
  const std::scoped_lock lock(mutex_);
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto at = entry++;
    if (std::ranges::all_of(at->sources, is_there)) continue;
    ++usage_[static_cast<size_t>(at->kind)].outdated;
    ++dropped;
    Remove(at);
  }
  return dropped;
}

void QueryCache::Clear() {
  const std::scoped_lock lock(mutex_);
  while (!entries_.empty()) Remove(entries_.begin());
}

QueryCache::Usage QueryCache::usage(CacheKind kind) const {
  const std::scoped_lock lock(mutex_);
  return usage_[static_cast<size_t>(kind)];
}

}  // namespace weir
