#include "env/sim/sim_object_store.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"

namespace weir {
namespace {

[[noreturn]] void ThrowFault(const char* what, const std::string& key) {
  throw Error::Operational(sqlstate::kIoError, "object store request failed: {} {}", what, key).WithRetryable();
}

class SimObjectWriter final : public ObjectWriter {
 public:
  SimObjectWriter(SimObjectStore& store, std::string key) : store_(store), key_(std::move(key)) {}
  void Append(ByteSpan bytes) override { content_.append(AsText(bytes)); }
  void Finish() override { store_.PutText(key_, content_); }
  uint64_t size() const override { return content_.size(); }

 private:
  SimObjectStore& store_;
  const std::string key_;
  std::string content_;
};

}  // namespace

class SimObjectFile final : public RandomAccessFile {
 public:
  SimObjectFile(SimObjectStore& store, std::string key, std::shared_ptr<const std::string> content)
      : store_(store), key_(std::move(key)), content_(std::move(content)) {}
  size_t Read(uint64_t offset, std::span<uint8_t> out) override {
    store_.Request("read", key_);
    if (offset >= content_->size()) return 0;
    const size_t count = std::min<size_t>(out.size(), content_->size() - offset);
    std::copy_n(content_->begin() + static_cast<ptrdiff_t>(offset), count, out.begin());
    return count;
  }
  uint64_t size() const override { return content_->size(); }
  const std::string& path() const override { return key_; }

 private:
  SimObjectStore& store_;
  const std::string key_;
  const std::shared_ptr<const std::string> content_;
};

void SimObjectStore::Request(const char* what, const std::string& key) {
  if (delay_) delay_();
  const std::scoped_lock lock(mutex_);
  ++requests_;
  if (random_.Chance(faults_.request_fails)) ThrowFault(what, key);
}

void SimObjectStore::MaybeLoseAnswer(const char* what, const std::string& key) {
  const std::scoped_lock lock(mutex_);
  if (random_.Chance(faults_.write_succeeds_unseen)) ThrowFault(what, key);
}

void SimObjectStore::Put(const std::string& key, ByteSpan content) {
  CheckObjectKey(key);
  Request("put", key);
  {
    const std::scoped_lock lock(mutex_);
    objects_[key] = {std::make_shared<const std::string>(AsText(content)), clock_.Now(), next_sequence_++};
  }
  MaybeLoseAnswer("put", key);
}

bool SimObjectStore::PutIfAbsent(const std::string& key, ByteSpan content) {
  CheckObjectKey(key);
  Request("put", key);
  bool done = false;
  {
    const std::scoped_lock lock(mutex_);
    done = !objects_.contains(key);
    if (done) {
      objects_[key] = {std::make_shared<const std::string>(AsText(content)), clock_.Now(), next_sequence_++};
    }
  }
  MaybeLoseAnswer("put", key);
  return done;
}

std::unique_ptr<ObjectWriter> SimObjectStore::OpenForWrite(const std::string& key) {
  CheckObjectKey(key);
  return std::make_unique<SimObjectWriter>(*this, key);
}

std::unique_ptr<RandomAccessFile> SimObjectStore::OpenForRead(const std::string& key) {
  CheckObjectKey(key);
  Request("open", key);
  const std::scoped_lock lock(mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) throw Error::FromErrno(ENOENT, fmt::format("could not open object: {}", key));
  return std::make_unique<SimObjectFile>(*this, key, it->second.content);
}

std::optional<ObjectInfo> SimObjectStore::Head(const std::string& key) {
  CheckObjectKey(key);
  Request("head", key);
  const std::scoped_lock lock(mutex_);
  const auto it = objects_.find(key);
  if (it == objects_.end()) return std::nullopt;
  return ObjectInfo{key, it->second.content->size(), it->second.modified_unix_nanos};
}

std::vector<ObjectInfo> SimObjectStore::List(const std::string& prefix) {
  Request("list", prefix);
  const std::scoped_lock lock(mutex_);
  const uint64_t missed = random_.Chance(faults_.list_is_stale) ? next_sequence_ - 1 : 0;
  std::vector<ObjectInfo> out;
  for (auto it = objects_.lower_bound(prefix); it != objects_.end() && it->first.starts_with(prefix); ++it) {
    if (it->second.sequence == missed) continue;
    out.push_back({it->first, it->second.content->size(), it->second.modified_unix_nanos});
  }
  return out;
}

void SimObjectStore::Delete(const std::string& key) {
  CheckObjectKey(key);
  Request("delete", key);
  {
    const std::scoped_lock lock(mutex_);
    objects_.erase(key);
  }
  MaybeLoseAnswer("delete", key);
}

void SimObjectStore::set_faults(const ObjectFaults& faults) {
  const std::scoped_lock lock(mutex_);
  faults_ = faults;
}

int64_t SimObjectStore::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

}  // namespace weir
