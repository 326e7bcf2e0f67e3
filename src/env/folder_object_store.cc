#include "env/folder_object_store.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace weir {
namespace {

constexpr std::string_view kTemporaryFolder = ".tmp";
constexpr size_t kDurableFoldersMax = 100'000;  // remembered; forgotten ones are synced again

}  // namespace

class FolderObjectWriter final : public ObjectWriter {
 public:
  FolderObjectWriter(FolderObjectStore& store, const std::string& key)
      : store_(store),
        path_(store.PathOf(key)),
        temporary_(store.TemporaryPath()),
        file_(store.files_.OpenForWrite(temporary_, OpenMode::kCreateNew)) {}
  ~FolderObjectWriter() override {
    file_.reset();
    // What cannot be removed now is when the store is opened next.
    if (!published_) CatchError([&] { store_.files_.Remove(temporary_); });
  }

  void Append(ByteSpan bytes) override { file_->Append(bytes); }
  uint64_t size() const override { return size_at_end_ != 0 ? size_at_end_ : file_->size(); }
  void Finish() override { Publish(/*replace=*/true); }

  bool Publish(bool replace) {
    size_at_end_ = file_->size();
    file_->Sync();
    file_->Close();
    store_.CreateFolderOf(path_);
    if (replace) {
      store_.files_.Rename(temporary_, path_);
    } else if (!store_.files_.RenameIfAbsent(temporary_, path_)) {
      return false;
    }
    published_ = true;
    store_.files_.SyncDirectory(ParentPath(path_));
    return true;
  }

 private:
  FolderObjectStore& store_;
  const std::string path_;
  const std::string temporary_;
  std::unique_ptr<WritableFile> file_;
  uint64_t size_at_end_ = 0;
  bool published_ = false;
};

FolderObjectStore::FolderObjectStore(FileSystem& files, std::string root) : files_(files), root_(std::move(root)) {
  const std::string temporary = JoinPath(root_, kTemporaryFolder);
  const bool is_new = !files_.Exists(root_);
  files_.CreateDirectories(temporary);
  if (is_new) files_.SyncDirectory(ParentPath(root_));
  for (const FileInfo& left : files_.List(temporary)) files_.Remove(left.path);
}

std::string FolderObjectStore::PathOf(const std::string& key) const {
  CheckObjectKey(key);
  if (key.starts_with(kTemporaryFolder)) {
    throw Error::User(sqlstate::kInvalidParameterValue, "invalid object key: {}", key);
  }
  return JoinPath(root_, key);
}

std::string FolderObjectStore::TemporaryPath() {
  return JoinPath(JoinPath(root_, kTemporaryFolder),
                  std::to_string(next_temporary_.fetch_add(1, std::memory_order_relaxed)));
}

void FolderObjectStore::CreateFolderOf(const std::string& path) {
  const std::string folder = ParentPath(path);
  {
    const std::scoped_lock lock(mutex_);
    // Somebody may have removed it since.
    if (durable_folders_.contains(folder) && files_.Stat(folder).has_value()) return;
  }
  files_.CreateDirectories(folder);
  for (std::string at = folder; at.size() > root_.size(); at = ParentPath(at)) files_.SyncDirectory(ParentPath(at));
  const std::scoped_lock lock(mutex_);
  if (durable_folders_.size() >= kDurableFoldersMax) durable_folders_.clear();
  durable_folders_.insert(folder);
}

void FolderObjectStore::Put(const std::string& key, ByteSpan content) {
  FolderObjectWriter writer(*this, key);
  writer.Append(content);
  writer.Finish();
}

bool FolderObjectStore::PutIfAbsent(const std::string& key, ByteSpan content) {
  if (files_.Stat(PathOf(key)).has_value()) return false;
  FolderObjectWriter writer(*this, key);
  writer.Append(content);
  return writer.Publish(/*replace=*/false);
}

std::unique_ptr<ObjectWriter> FolderObjectStore::OpenForWrite(const std::string& key) {
  return std::make_unique<FolderObjectWriter>(*this, key);
}

std::unique_ptr<RandomAccessFile> FolderObjectStore::OpenForRead(const std::string& key) {
  return files_.OpenForRead(PathOf(key));
}

std::optional<ObjectInfo> FolderObjectStore::Head(const std::string& key) {
  const auto info = files_.Stat(PathOf(key));
  if (!info.has_value() || info->kind != FileKind::kFile) return std::nullopt;
  return ObjectInfo{.key = key, .size = info->size, .modified_unix_nanos = info->modified_unix_nanos};
}

std::vector<ObjectInfo> FolderObjectStore::List(const std::string& prefix) {
  // The prefix may end in the middle of a name, so its folder is walked.
  const size_t slash = prefix.rfind('/');
  const std::string folder = slash == std::string::npos ? root_ : JoinPath(root_, prefix.substr(0, slash));
  std::vector<ObjectInfo> out;
  const auto info = files_.Stat(folder);
  if (!info.has_value() || info->kind != FileKind::kDirectory) return out;
  std::vector<std::string> pending = {folder};
  while (!pending.empty()) {
    const std::string next = std::move(pending.back());
    pending.pop_back();
    for (FileInfo& entry : files_.List(next)) {
      std::string key = entry.path.substr(root_.size() + (root_.ends_with('/') ? 0 : 1));
      if (entry.kind == FileKind::kDirectory) {
        const std::string below = key + "/";
        const size_t common = std::min(below.size(), prefix.size());
        if (key != kTemporaryFolder && below.compare(0, common, prefix, 0, common) == 0) {
          pending.push_back(std::move(entry.path));
        }
      } else if (entry.kind == FileKind::kFile && key.starts_with(prefix)) {
        out.push_back({std::move(key), entry.size, entry.modified_unix_nanos});
      }
    }
  }
  std::ranges::sort(out, {}, &ObjectInfo::key);
  return out;
}

void FolderObjectStore::Delete(const std::string& key) {
  files_.Remove(PathOf(key));
}

}  // namespace weir
