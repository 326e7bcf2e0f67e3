#include "format/parquet/page_cache.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/hash.h"

namespace weir::parquet {
namespace {

constexpr obs::CounterDef kHits{"weir_parquet_page_cache_hits_total", "pages", "Pages found decompressed in memory"};
constexpr obs::CounterDef kMisses{"weir_parquet_page_cache_misses_total", "pages", "Pages read and decompressed"};
constexpr obs::GaugeDef kBytes{"weir_parquet_page_cache_bytes", "bytes", "Memory of cached pages"};

constexpr size_t kShardsMax = 16;
constexpr int64_t kShardBytesMin = 16 << 20;
// Use counts are halved when each entry was asked for so many times on average.
constexpr size_t kUsesPerEntry = 8;
constexpr size_t kUsesMin = 1024;
// Of a page besides its body, with what the cache's own structures take.
constexpr size_t kPageOverhead = sizeof(CachedPage) + 128;
// The part of the memory that bulky pages may take.
constexpr int64_t kBulkyPercent = 22;

size_t ShardCount(int64_t bytes_max) {
  const auto wanted = static_cast<size_t>(std::max<int64_t>(bytes_max / kShardBytesMin, 1));
  return std::bit_floor(std::min(wanted, kShardsMax));
}

}  // namespace

size_t CachedPage::MemoryBytes() const {
  size_t bytes = kPageOverhead;
  if (body != nullptr) bytes += body->size();
  if (narrow != nullptr) bytes += narrow->bytes();
  if (dictionary != nullptr) {
    bytes += dictionary->size() * PhysicalWidth(dictionary->type().physical());
    // The text that views point into is about what the page held.
    const bool has_text = dictionary->type().physical() == PhysicalType::kString;
    if (has_text) bytes += static_cast<size_t>(std::max(header.uncompressed_page_size, 0));
  }
  return bytes;
}

size_t PageCache::KeyHash::operator()(const Key& key) const {
  return static_cast<size_t>(HashCombine(HashInt(key.file), key.offset));
}

PageCache::PageCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max, obs::MetricsRegistry* metrics)
    : bytes_max_(bytes_max),
      tracker_(tracker->CreateChild("parquet pages", MemoryScope::kCache)),
      shards_(ShardCount(bytes_max)),
      shard_bytes_max_(bytes_max / static_cast<int64_t>(shards_.size())),
      shard_bulky_bytes_max_(shard_bytes_max_ / 100 * kBulkyPercent) {
  if (metrics != nullptr) {
    hits_ = &metrics->Get(kHits);
    misses_ = &metrics->Get(kMisses);
    bytes_gauge_ = metrics->AddCallback(kBytes, {}, [this] { return static_cast<double>(tracker_->used_bytes()); });
  }
  reclaimer_ = tracker_->AddReclaimer([this](int64_t bytes) -> int64_t { return Reclaim(bytes); }, 1);
}

PageCache::~PageCache() {
  bytes_gauge_.Reset();
  reclaimer_.Reset();
  Reclaim(bytes_max_ + 1);
}

int64_t PageCache::Reclaim(int64_t bytes) noexcept {
  int64_t freed = 0;
  for (Shard& shard : shards_) {
    if (freed >= bytes) break;
    Entries out;
    const std::unique_lock lock(shard.mutex, std::try_to_lock);
    if (!lock.owns_lock()) continue;
    freed += EvictLocked(shard, bytes - freed, out);
    shard.counts.reclaimed += out.size();
  }
  tracker_->Release(freed);
  return freed;
}

int64_t PageCache::EvictLocked(Shard& shard, int64_t bytes, Entries& out) noexcept {
  int64_t freed = 0;
  for (Ranked& from : shard.ranks) {
    while (freed < bytes && !from.entries.empty()) {
      const auto last = std::prev(from.entries.end());
      freed += last->bytes;
      from.bytes -= last->bytes;
      shard.by_key.erase(last->key);
      out.splice(out.begin(), from.entries, last);
    }
  }
  shard.bytes -= freed;
  return freed;
}

void PageCache::MoveLocked(Shard& shard, Entries::iterator entry, Rank rank) {
  Ranked& from = shard.of(entry->rank);
  Ranked& to = shard.of(rank);
  from.bytes -= entry->bytes;
  to.bytes += entry->bytes;
  to.entries.splice(to.entries.begin(), from.entries, entry);
  entry->rank = rank;
}

// Hot pages are at most so much that new ones still get a chance.
void PageCache::CoolLocked(Shard& shard) {
  Ranked& hot = shard.of(Rank::kHot);
  while (hot.bytes > shard_bytes_max_ / 5 * 4) MoveLocked(shard, std::prev(hot.entries.end()), Rank::kCold);
}

int64_t PageCache::ExcessLocked(const Shard& shard, int64_t bytes, bool is_bulky) const {
  const int64_t excess = shard.bytes + bytes - shard_bytes_max_;
  return is_bulky ? std::max(excess, shard.of(Rank::kBulky).bytes + bytes - shard_bulky_bytes_max_) : excess;
}

bool PageCache::MayReplaceLocked(const Shard& shard, const Key& key, int64_t bytes, bool is_bulky) {
  if (bytes <= 0) return true;
  const uint8_t uses = shard.uses.Of(KeyHash()(key));
  int64_t found = 0;
  for (const Ranked& rank : shard.ranks) {
    const bool goes_anyway = !is_bulky && &rank == &shard.of(Rank::kBulky);
    for (auto entry = rank.entries.rbegin(); entry != rank.entries.rend() && found < bytes; ++entry) {
      const bool is_wanted_more = !goes_anyway && shard.uses.Of(KeyHash()(entry->key)) >= uses;
      if (is_wanted_more && !(entry->key == key)) return false;
      found += entry->bytes;
    }
  }
  return true;
}

bool PageCache::WantsBulky(uint64_t file, uint64_t offset, size_t bytes) const {
  const Key key{file, offset};
  // With what the cache's own structures take, and as buffers are rounded up.
  const auto size = static_cast<int64_t>(bytes + bytes / 8 + kPageOverhead);
  if (size > shard_bulky_bytes_max_) return false;
  const Shard& shard = shards_[ShardIndex(key)];
  const std::scoped_lock lock(shard.mutex);
  return MayReplaceLocked(shard, key, ExcessLocked(shard, size, true), true);
}

CachedPagePtr PageCache::Find(uint64_t file, uint64_t offset) {
  const Key key{file, offset};
  Shard& shard = ShardOf(key);
  const std::scoped_lock lock(shard.mutex);
  shard.uses.Add(KeyHash()(key));
  if (shard.uses.added() > std::max(kUsesMin, kUsesPerEntry * shard.by_key.size())) shard.uses.Halve();
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) return nullptr;
  const auto entry = found->second;
  MoveLocked(shard, entry, entry->rank == Rank::kBulky ? Rank::kBulky : Rank::kHot);
  CoolLocked(shard);
  return entry->page;
}

void PageCache::Insert(uint64_t file, uint64_t offset, CachedPagePtr page) {
  const auto bytes = static_cast<int64_t>(page->MemoryBytes());
  if (!Admits(static_cast<size_t>(bytes))) return;
  const bool is_bulky = page->is_bulky;
  // Room in the process comes before the lock: our own reclaimer wants that. A full cache makes room by itself.
  const Key key{file, offset};
  Shard& shard = ShardOf(key);
  Entries out;
  int64_t freed = 0;
  {
    const std::scoped_lock lock(shard.mutex);
    const int64_t excess = ExcessLocked(shard, bytes, is_bulky);
    if (!MayReplaceLocked(shard, key, excess, is_bulky)) {
      ++shard.counts.rejections;
      return;
    }
    if (excess > 0) EvictLocked(shard, excess, out);
    shard.counts.evictions += out.size();
    for (const Entry& entry : out) freed += entry.bytes;
  }
  tracker_->Release(freed);
  if (!tracker_->TryReserveWithoutReclaim(bytes)) return;
  freed = 0;
  {
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.by_key.find(key);
    if (found != shard.by_key.end()) {
      Entry& entry = *found->second;
      // Another reader may have loaded what we only have the header of.
      if (!page->has_body() && entry.page->has_body()) {
        freed = bytes;
      } else {
        freed = entry.bytes;
        shard.bytes += bytes - entry.bytes;
        shard.of(entry.rank).bytes += bytes - entry.bytes;
        entry.bytes = bytes;
        shard.counts.insertions += page->has_body();
        std::swap(entry.page, page);
        if (is_bulky) MoveLocked(shard, found->second, Rank::kBulky);
      }
    } else {
      shard.counts.insertions += page->has_body();
      Ranked& rank = shard.of(is_bulky ? Rank::kBulky : Rank::kCold);
      rank.entries.push_front({key, std::move(page), bytes, is_bulky ? Rank::kBulky : Rank::kCold});
      rank.bytes += bytes;
      shard.by_key[key] = rank.entries.begin();
      shard.bytes += bytes;
    }
  }
  tracker_->Release(freed);
}

int64_t PageCache::bytes() const {
  int64_t bytes = 0;
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    bytes += shard.bytes;
  }
  return bytes;
}

PageCache::Usage PageCache::usage() const {
  Usage out;
  for (const Shard& shard : shards_) {
    const std::scoped_lock lock(shard.mutex);
    for (const Ranked& rank : shard.ranks) {
      for (const Entry& entry : rank.entries) ++(entry.page->has_body() ? out.pages : out.headers);
    }
    out.bytes += shard.bytes;
    out.bytes_hot += shard.of(Rank::kHot).bytes;
    out.insertions += shard.counts.insertions;
    out.rejections += shard.counts.rejections;
    out.evictions += shard.counts.evictions;
    out.reclaimed += shard.counts.reclaimed;
  }
  return out;
}

}  // namespace weir::parquet
