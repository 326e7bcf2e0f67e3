#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "env/file_system.h"

namespace weir {

struct ObjectInfo {
  std::string key;
  uint64_t size = 0;
  int64_t modified_unix_nanos = 0;
};

// A new object that is written piece by piece. It exists for others when Finish() has returned and not before;
// destroying it earlier leaves nothing. One thread at a time.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  virtual void Append(ByteSpan bytes) = 0;
  // Publishes durably; replaces an object of the same key. Called once, and nothing after it.
  virtual void Finish() = 0;
  virtual uint64_t size() const = 0;

  void AppendText(std::string_view text) { Append(AsBytes(text)); }
};

// Immutable objects by key: "orders/dateint=20240101/seg_0001.parquet". Keys are relative, '/'-separated, without
// empty, "." or ".." parts. Missing objects throw kUndefinedFile.
// Implementations: FolderObjectStore (any FileSystem), S3; SimObjectStore adds faults. Threads: any; methods block.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Atomic and durable; replaces.
  virtual void Put(const std::string& key, ByteSpan content) = 0;
  // False, with nothing written, when the key exists. Of several callers at once exactly one gets true.
  virtual bool PutIfAbsent(const std::string& key, ByteSpan content) = 0;
  virtual std::unique_ptr<ObjectWriter> OpenForWrite(const std::string& key) = 0;
  virtual std::unique_ptr<RandomAccessFile> OpenForRead(const std::string& key) = 0;
  virtual std::optional<ObjectInfo> Head(const std::string& key) = 0;
  // All objects whose key starts with `prefix`, sorted by key.
  virtual std::vector<ObjectInfo> List(const std::string& prefix) = 0;
  // A missing object is fine.
  virtual void Delete(const std::string& key) = 0;

  std::string Get(const std::string& key);
  // Bytes from `offset` into `out`; fewer only at the end.
  size_t GetRange(const std::string& key, uint64_t offset, std::span<uint8_t> out);
  void PutText(const std::string& key, std::string_view content) { Put(key, AsBytes(content)); }
};

// Throws kInvalidParameterValue unless the key is as described above.
void CheckObjectKey(std::string_view key);

}  // namespace weir
