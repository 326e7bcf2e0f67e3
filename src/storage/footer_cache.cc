#include "storage/footer_cache.h"

namespace weir {

namespace {

parquet::ReaderOptions SharedOptions() {
  parquet::ReaderOptions options;
  options.pool = parquet::PagePool::Create();
  return options;
}

}  // namespace

FooterCache::FooterCache(const std::shared_ptr<MemoryTracker>& tracker, int64_t bytes_max)
    : bytes_max_(bytes_max),
      tracker_(tracker->CreateChild("parquet footers", MemoryScope::kCache)),
      options_(SharedOptions()) {
  reclaimer_ = tracker_->AddReclaimer(
      [this](int64_t bytes) -> int64_t {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        return lock.owns_lock() ? Evict(bytes) : 0;
      },
      1);
}

FooterCache::~FooterCache() {
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

std::shared_ptr<const parquet::Footer> FooterCache::Find(const std::string& key) {
  const std::scoped_lock lock(mutex_);
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) {
    ++misses_;
    return nullptr;
  }
  ++hits_;
  entries_.splice(entries_.begin(), entries_, at->second);
  return at->second->footer;
}

void FooterCache::Insert(std::string key, std::shared_ptr<const parquet::Footer> footer) {
  const auto bytes = static_cast<int64_t>(footer->MemoryBytes() + key.size() + sizeof(Entry));
  // Room in the process comes before the lock: our own reclaimer wants that.
  if (bytes > bytes_max_ || !tracker_->TryReserveWithoutReclaim(bytes)) return;
  const std::scoped_lock lock(mutex_);
  if (by_key_.contains(key)) {
    tracker_->Release(bytes);
    return;
  }
  if (bytes_ + bytes > bytes_max_) Evict(bytes_ + bytes - bytes_max_);
  entries_.push_front({key, std::move(footer), bytes});
  by_key_[std::move(key)] = entries_.begin();
  bytes_ += bytes;
}

std::shared_ptr<const parquet::ParquetFile> FooterCache::Open(std::string key, std::shared_ptr<RandomAccessFile> file) {
  if (auto footer = Find(key)) return parquet::ParquetFile::Open(std::move(file), std::move(footer), options_);
  auto opened = parquet::ParquetFile::Open(std::move(file), options_);
  Insert(std::move(key), opened->footer());
  return opened;
}

std::shared_ptr<const parquet::ParquetFile> FooterCache::OpenObject(ObjectStore& objects, const std::string& key) {
  return Open(key, objects.OpenForRead(key));
}

std::shared_ptr<const parquet::ParquetFile> FooterCache::OpenFile(FileSystem& files, const FileInfo& info) {
  return Open(fmt::format("{}\n{}\n{}", info.path, info.size, info.modified_unix_nanos), files.OpenForRead(info.path));
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
