#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir {

// A value in the metadata store. Text and blobs are both strings; SqlBlob marks the latter.
struct SqlBlob {
  std::string_view bytes;
};
using SqlParameter = std::variant<std::monostate, int64_t, std::string_view, SqlBlob>;

// One row of a result; borrowed for the time of the callback.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual bool is_null(size_t column) const = 0;
  virtual int64_t integer(size_t column) const = 0;
  virtual std::string_view text(size_t column) const = 0;  // and blobs
};

// A transactional store of small tables: the metadata's home. A seam, since one node uses SQLite and a cluster
// PostgreSQL; statements keep to what both understand, with parameters ?1, ?2 ...
// One connection, one thread at a time. Errors: kDiskFull, kIoError, kDataCorrupted, kObjectInUse.
class SqlStore {
 public:
  virtual ~SqlStore() = default;
  // Returns the rows that it changed.
  virtual int64_t Execute(std::string_view sql, std::span<const SqlParameter> parameters) = 0;
  virtual void Query(std::string_view sql, std::span<const SqlParameter> parameters,
                     const std::function<void(const SqlRow&)>& each) = 0;
  // A write transaction; durable when Commit has returned. After an Error in Commit the outcome is unknown until the
  // store has been asked again.
  virtual void Begin() = 0;
  virtual void Commit() = 0;
  virtual void Rollback() noexcept = 0;
  // Another connection to the same store.
  virtual std::unique_ptr<SqlStore> Connect() = 0;

  int64_t Execute(std::string_view sql, std::initializer_list<SqlParameter> parameters = {}) {
    return Execute(sql, std::span(parameters.begin(), parameters.size()));
  }
  void Query(std::string_view sql, std::initializer_list<SqlParameter> parameters,
             const std::function<void(const SqlRow&)>& each) {
    Query(sql, std::span(parameters.begin(), parameters.size()), each);
  }
};

}  // namespace weir
