#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "env/file_system.h"
#include "env/object_store.h"

namespace weir {

// Objects as files below one folder: a local disk, or a simulated one. Every object is written to a temporary file
// in `<root>/.tmp`, synced, renamed into place, and its folder synced, so that it is there wholly or not at all.
// The file system must outlive it. One process at a time per root (the server holds a lock on its data folder).
class FolderObjectStore final : public ObjectStore {
 public:
  // Creates the root when missing and removes what writers of earlier runs left behind.
  FolderObjectStore(FileSystem& files, std::string root);

  void Put(const std::string& key, ByteSpan content) override;
  bool PutIfAbsent(const std::string& key, ByteSpan content) override;
  std::unique_ptr<ObjectWriter> OpenForWrite(const std::string& key) override;
  std::unique_ptr<RandomAccessFile> OpenForRead(const std::string& key) override;
  std::optional<ObjectInfo> Head(const std::string& key) override;
  std::vector<ObjectInfo> List(const std::string& prefix) override;
  void Delete(const std::string& key) override;

  const std::string& root() const { return root_; }

 private:
  friend class FolderObjectWriter;
  std::string PathOf(const std::string& key) const;
  std::string TemporaryPath();
  // Creates the folders above the object and makes their names durable. That a folder exists does not say that its
  // name is: another writer may have created it just now, or have failed to sync it.
  void CreateFolderOf(const std::string& path);

  FileSystem& files_;
  const std::string root_;
  std::atomic<uint64_t> next_temporary_{1};
  std::mutex mutex_;  // guards the below; leaf
  std::unordered_set<std::string> durable_folders_;
};

}  // namespace weir
