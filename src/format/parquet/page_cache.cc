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

size_t ShardCount(int64_t bytes_max) {
  const auto wanted = static_cast<size_t>(std::max<int64_t>(bytes_max / kShardBytesMin, 1));
  return std::bit_floor(std::min(wanted, kShardsMax));
}

}  // namespace

size_t CachedPage::MemoryBytes() const {
  size_t bytes = sizeof(CachedPage) + 128;  // with what the cache's own structures take
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
      shard_bytes_max_(bytes_max / static_cast<int64_t>(shards_.size())) {
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
  while (freed < bytes) {
    Entries& from = shard.cold.empty() ? shard.hot : shard.cold;
    if (from.empty()) break;
    const auto last = std::prev(from.end());
    freed += last->bytes;
    if (last->hot) shard.hot_bytes -= last->bytes;
    shard.by_key.erase(last->key);
    out.splice(out.begin(), from, last);
  }
  shard.bytes -= freed;
  return freed;
}

// Hot pages are at most so much that new ones still get a chance.
void PageCache::CoolLocked(Shard& shard) {
  while (shard.hot_bytes > shard_bytes_max_ / 5 * 4) {
    const auto last = std::prev(shard.hot.end());
    last->hot = false;
    shard.hot_bytes -= last->bytes;
    shard.cold.splice(shard.cold.begin(), shard.hot, last);
  }
}

bool PageCache::MakeRoomLocked(Shard& shard, const Key& key, int64_t bytes, Entries& out) {
  const int64_t wanted = shard.bytes + bytes - shard_bytes_max_;
  if (wanted <= 0) return true;
  const uint8_t uses = shard.uses.Of(KeyHash()(key));
  int64_t found = 0;
  // From the end on, the cold ones first.
  for (Entries* entries : {&shard.cold, &shard.hot}) {
    for (auto entry = entries->rbegin(); entry != entries->rend() && found < wanted; ++entry) {
      if (shard.uses.Of(KeyHash()(entry->key)) >= uses && !(entry->key == key)) return false;
      found += entry->bytes;
    }
  }
  EvictLocked(shard, wanted, out);
  return true;
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
  if (!entry->hot) {
    entry->hot = true;
    shard.hot_bytes += entry->bytes;
    shard.hot.splice(shard.hot.begin(), shard.cold, entry);
    CoolLocked(shard);
  } else {
    shard.hot.splice(shard.hot.begin(), shard.hot, entry);
  }
  return entry->page;
}

void PageCache::Insert(uint64_t file, uint64_t offset, CachedPagePtr page) {
  const auto bytes = static_cast<int64_t>(page->MemoryBytes());
  if (!Admits(static_cast<size_t>(bytes))) return;
  // Room in the process comes before the lock: our own reclaimer wants that. A full cache makes room by itself.
  const Key key{file, offset};
  Shard& shard = ShardOf(key);
  Entries out;
  int64_t freed = 0;
  {
    const std::scoped_lock lock(shard.mutex);
    if (!MakeRoomLocked(shard, key, bytes, out)) {
      ++shard.counts.rejections;
      return;
    }
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
        if (entry.hot) shard.hot_bytes += bytes - entry.bytes;
        entry.bytes = bytes;
        shard.counts.insertions += page->has_body();
        std::swap(entry.page, page);
      }
    } else {
      shard.counts.insertions += page->has_body();
      shard.cold.push_front({key, std::move(page), bytes, false});
      shard.by_key[key] = shard.cold.begin();
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
    for (const Entries* entries : {&shard.cold, &shard.hot}) {
      for (const Entry& entry : *entries) ++(entry.page->has_body() ? out.pages : out.headers);
    }
    out.bytes += shard.bytes;
    out.bytes_hot += shard.hot_bytes;
    out.insertions += shard.counts.insertions;
    out.rejections += shard.counts.rejections;
    out.evictions += shard.counts.evictions;
    out.reclaimed += shard.counts.reclaimed;
  }
  return out;
}

}  // namespace weir::parquet
