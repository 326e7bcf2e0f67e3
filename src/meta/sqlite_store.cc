#include "meta/sqlite_store.h"

#include <cerrno>
#include <map>

#include <sqlite3.h>

#include "base/check.h"
#include "base/error.h"

namespace weir {

namespace {

std::string FileOf(sqlite3* db) {
  const char* name = db == nullptr ? nullptr : sqlite3_db_filename(db, "main");
  return name == nullptr ? "" : name;
}

[[noreturn]] void ThrowSqlite(sqlite3* db, int code, std::string_view doing) {
  const std::string message = db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db);
  switch (code & 0xFF) {
    case SQLITE_FULL:
      throw Error::Operational(sqlstate::kDiskFull, "metadata cannot be written, the disk is full: {}", doing)
          .WithHint("free some space; Weir retries by itself")
          .WithRetryable();
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Error::Operational(sqlstate::kDataCorrupted, "metadata is damaged: {}: {}: {}", FileOf(db), doing, message)
          .WithHint("Restore the data folder from a backup.");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error::Operational(sqlstate::kObjectInUse, "metadata is in use by another process: {}: {}", doing, message)
          .WithRetryable();
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      throw Error::Operational(sqlstate::kInsufficientPrivilege, "metadata cannot be opened for writing: {}: {}", doing,
                               message);
    case SQLITE_CONSTRAINT:
      throw Error::Operational(sqlstate::kUniqueViolation, "metadata has such a row already: {}: {}", doing, message);
    case SQLITE_NOMEM:
      throw Error::Operational(sqlstate::kOutOfMemory, "out of memory: {}", doing);
    default:
      throw Error::Operational(sqlstate::kIoError, "metadata store failed: {}: {}", doing, message);
  }
}

class SqliteRow final : public SqlRow {
 public:
  explicit SqliteRow(sqlite3_stmt* statement) : statement_(statement) {}
  bool is_null(size_t column) const override {
    return sqlite3_column_type(statement_, static_cast<int>(column)) == SQLITE_NULL;
  }
  int64_t integer(size_t column) const override { return sqlite3_column_int64(statement_, static_cast<int>(column)); }
  std::string_view text(size_t column) const override {
    const int at = static_cast<int>(column);
    const void* bytes = sqlite3_column_blob(statement_, at);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes), static_cast<size_t>(sqlite3_column_bytes(statement_, at))};
  }

 private:
  sqlite3_stmt* const statement_;
};

class SqliteStore final : public SqlStore {
 public:
  explicit SqliteStore(std::string path) : path_(std::move(path)) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (const int code = sqlite3_open_v2(path_.c_str(), &db_, flags, nullptr); code != SQLITE_OK) {
      // The handle holds the message and must be closed either way.
      const auto error = CatchError([&] { ThrowSqlite(db_, code, path_); });
      Close();
      throw *error;
    }
    try {
      sqlite3_busy_timeout(db_, 5000);
      RunScript("PRAGMA journal_mode=WAL");
      RunScript("PRAGMA synchronous=FULL");
      RunScript("PRAGMA wal_autocheckpoint=4000");
      RunScript("PRAGMA cache_size=-16000");
      RunScript("PRAGMA temp_store=MEMORY");
    } catch (...) {
      Close();
      throw;
    }
  }
  ~SqliteStore() override { Close(); }

  int64_t Execute(std::string_view sql, std::span<const SqlParameter> parameters) override {
    sqlite3_stmt* statement = Prepare(sql, parameters);
    const int code = sqlite3_step(statement);
    Reset(statement, code, sql);
    return sqlite3_changes64(db_);
  }

  void Query(std::string_view sql, std::span<const SqlParameter> parameters,
             const std::function<void(const SqlRow&)>& each) override {
    sqlite3_stmt* statement = Prepare(sql, parameters);
    const SqliteRow row(statement);
    int code = SQLITE_ROW;
    try {
      while ((code = sqlite3_step(statement)) == SQLITE_ROW) each(row);
    } catch (...) {
      sqlite3_reset(statement);
      throw;
    }
    Reset(statement, code, sql);
  }

  void Begin() override { RunScript("BEGIN IMMEDIATE"); }
  void Commit() override { RunScript("COMMIT"); }
  void Rollback() noexcept override {
    // Some errors have rolled back already.
    if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  }

  std::unique_ptr<SqlStore> Connect() override {
    if (path_ == ":memory:") {
      throw Error::Unsupported("use a file", "a private store has one connection only");
    }
    return std::make_unique<SqliteStore>(path_);
  }

 private:
  void Close() noexcept {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    statements_.clear();
    if (db_ != nullptr) sqlite3_close_v2(db_);
    db_ = nullptr;
  }

  void RunScript(const char* sql) {
    if (const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) {
      ThrowSqlite(db_, code, sql);
    }
  }

  // Statements are few and fixed, so each is compiled once.
  sqlite3_stmt* Prepare(std::string_view sql, std::span<const SqlParameter> parameters) {
    auto at = statements_.find(sql);
    if (at == statements_.end()) {
      sqlite3_stmt* statement = nullptr;
      const int code = sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                          &statement, nullptr);
      if (code != SQLITE_OK) ThrowSqlite(db_, code, sql);
      at = statements_.emplace(std::string(sql), statement).first;
    }
    sqlite3_stmt* statement = at->second;
    for (size_t i = 0; i < parameters.size(); ++i) {
      const int slot = static_cast<int>(i) + 1;
      int code = SQLITE_OK;
      if (const auto* integer = std::get_if<int64_t>(&parameters[i])) {
        code = sqlite3_bind_int64(statement, slot, *integer);
      } else if (const auto* text = std::get_if<std::string_view>(&parameters[i])) {
        // An empty view may have no address, which SQLite would take for NULL.
        code = sqlite3_bind_text64(statement, slot, text->empty() ? "" : text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
      } else if (const auto* blob = std::get_if<SqlBlob>(&parameters[i])) {
        code = sqlite3_bind_blob64(statement, slot, blob->bytes.empty() ? "" : blob->bytes.data(), blob->bytes.size(),
                                   SQLITE_STATIC);
      } else {
        code = sqlite3_bind_null(statement, slot);
      }
      if (code != SQLITE_OK) ThrowSqlite(db_, code, sql);
    }
    return statement;
  }

  void Reset(sqlite3_stmt* statement, int code, std::string_view sql) {
    std::unique_ptr<Error> error;
    if (code != SQLITE_DONE && code != SQLITE_ROW) error = CatchError([&] { ThrowSqlite(db_, code, sql); });
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (error != nullptr) throw *error;
  }

  const std::string path_;
  sqlite3* db_ = nullptr;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

}  // namespace

std::unique_ptr<SqlStore> OpenSqliteStore(const std::string& path) {
  return std::make_unique<SqliteStore>(path);
}

}  // namespace weir
