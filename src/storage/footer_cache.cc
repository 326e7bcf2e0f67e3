#include "storage/footer_cache.h"

namespace weir {

namespace {

constexpr obs::GaugeDef kHits{"weir_parquet_footer_cache_hits", "footers", "Parsed footers found in memory"};
constexpr obs::GaugeDef kMisses{"weir_parquet_footer_cache_misses", "footers", "Footers read and parsed"};

parquet::ReaderOptions SharedOptions(const std::shared_ptr<MemoryTracker>& tracker, int64_t page_bytes_max,
                                     obs::MetricsRegistry* metrics) {
  parquet::ReaderOptions options;
  options.pool = parquet::PagePool::Create();
  if (page_bytes_max > 0) options.cache = std::make_shared<parquet::PageCache>(tracker, page_bytes_max, metrics);
  return options;
}

}  // namespace

FooterCache::FooterCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max, int64_t page_bytes_max,
                         obs::MetricsRegistry* metrics)
    : bytes_max_(bytes_max),
      tracker_(tracker->CreateChild("parquet footers", MemoryScope::kCache)),
      options_(SharedOptions(tracker, page_bytes_max, metrics)) {
  if (metrics != nullptr) {
    hits_gauge_ = metrics->AddCallback(kHits, {}, [this] { return static_cast<double>(hits()); });
    misses_gauge_ = metrics->AddCallback(kMisses, {}, [this] { return static_cast<double>(misses()); });
  }
  reclaimer_ = tracker_->AddReclaimer(
      [this](int64_t bytes) -> int64_t {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        return lock.owns_lock() ? Evict(bytes) : 0;
      },
      1);
}

FooterCache::~FooterCache() {
  hits_gauge_.Reset();
  misses_gauge_.Reset();
  reclaimer_.Reset();
  const std::scoped_lock lock(mutex_);
  Evict(bytes_);
}

int64_t FooterCache::Evict(int64_t bytes) noexcept {
  int64_t freed = 0;
  while (freed < bytes && !entries_.empty()) {
    freed += entries_.back().bytes;
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  bytes_ -= freed;
  tracker_->Release(freed);
  return freed;
}

std::pair<std::shared_ptr<const parquet::Footer>, uint64_t> FooterCache::Find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) {
    ++misses_;
    return {nullptr, 0};
  }
  ++hits_;
  entries_.splice(entries_.begin(), entries_, at->second);
  return {at->second->footer, at->second->file};
}

uint64_t FooterCache::Insert(std::string key, std::shared_ptr<const parquet::Footer> footer) {
  const auto bytes = static_cast<int64_t>(footer->MemoryBytes() + key.size() + sizeof(Entry));
  // Room in the process comes before the lock: our own reclaimer wants that.
  if (bytes > bytes_max_ || !tracker_->TryReserveWithoutReclaim(bytes)) return 0;
  const std::scoped_lock lock(mutex_);
  if (const auto at = by_key_.find(key); at != by_key_.end()) {
    tracker_->Release(bytes);
    return at->second->file;
  }
  if (bytes_ + bytes > bytes_max_) Evict(bytes_ + bytes - bytes_max_);
  entries_.push_front({key, std::move(footer), next_file_++, bytes});
  by_key_[std::move(key)] = entries_.begin();
  bytes_ += bytes;
  return entries_.front().file;
}

std::shared_ptr<const parquet::ParquetFile> FooterCache::Open(std::string key, std::shared_ptr<RandomAccessFile> file) {
  parquet::ReaderOptions options = options_;
  auto [footer, number] = Find(key);
  if (footer == nullptr) {
    footer = parquet::ParquetFile::Open(file, options_)->footer();
    number = Insert(std::move(key), footer);
  }
  options.cache_file = number;
  return parquet::ParquetFile::Open(std::move(file), std::move(footer), std::move(options));
}

std::shared_ptr<const parquet::ParquetFile> FooterCache::OpenObject(ObjectStore& objects, const std::string& key) {
  return Open(key, objects.OpenForRead(key));
}

std::shared_ptr<const parquet::ParquetFile> FooterCache::OpenFile(FileSystem& files, const FileInfo& info) {
  return Open(fmt::format("{}\n{}\n{}\n{}", info.path, info.size, info.modified_unix_nanos, info.inode),
              files.OpenForRead(info.path));
}

uint64_t FooterCache::hits() const {
  const std::scoped_lock lock(mutex_);
  return hits_;
}

uint64_t FooterCache::misses() const {
  const std::scoped_lock lock(mutex_);
  return misses_;
}

int64_t FooterCache::bytes() const {
  const std::scoped_lock lock(mutex_);
  return bytes_;
}

}  // namespace weir
