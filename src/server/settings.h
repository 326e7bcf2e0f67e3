#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// A setting of a session as SET, SHOW and weir_catalog.settings know it. Names are PostgreSQL's where it has them.
struct SettingDef {
  std::string_view name;
  std::string_view fallback;
  std::string_view description;
  enum class Kind : uint8_t { kText, kBool, kInteger, kBytes, kDuration } kind = Kind::kText;
  bool read_only = false;
  bool report = false;  // clients are told of changes (ParameterStatus)
};

std::span<const SettingDef> SettingDefs();
const SettingDef* FindSetting(std::string_view name);

// The settings of one session: defaults, what SET changed, and what SET LOCAL changed until the transaction ends.
// Unknown names with a dot are kept as they are, as PostgreSQL's custom settings. Not thread-safe.
class Settings {
 public:
  explicit Settings(const std::vector<std::pair<std::string, std::string>>& defaults = {});

  // Throws 42704 for unknown names, 22023 for bad values, 55000 for read-only ones.
  void Set(std::string_view name, std::string value, bool local);
  void Reset(std::string_view name);
  void ResetAll();
  void BeginTransaction() { in_transaction_ = true; }
  void EndTransaction(bool commit);
  std::string Get(std::string_view name) const;
  std::optional<std::string> Find(std::string_view name) const;
  bool GetBool(std::string_view name) const;
  int64_t GetInteger(std::string_view name) const;
  // In milliseconds; 0: none.
  int64_t GetDurationMs(std::string_view name) const;
  // In bytes; 0: none.
  int64_t GetBytes(std::string_view name) const;
  std::vector<std::pair<std::string, std::string>> All() const;
  // Reported settings that have changed since the last call.
  std::vector<std::pair<std::string, std::string>> TakeChanges();
  // What RESET goes back to.
  std::string ResetValue(std::string_view name) const;
  // Another number after every change; copies that have the same say the same.
  uint64_t revision() const { return revision_; }

 private:
  struct Entry {
    std::string value;
    std::string reset;
    std::optional<std::string> before_local;
    std::optional<std::string> before_transaction;  // set when the open one has changed it for the session
  };
  Entry& At(std::string_view name);
  std::map<std::string, Entry, std::less<>> values_;
  std::map<std::string, std::string, std::less<>> changes_;
  bool in_transaction_ = false;
  uint64_t revision_ = 0;
};

// "512MB", "4 GiB", "1024", "-1" -> bytes; plain numbers count `unit_bytes` each.
std::optional<int64_t> ParseByteSize(std::string_view text, int64_t unit_bytes = 1);
// "30s", "500ms", "5 min", "250" (milliseconds) -> milliseconds.
std::optional<int64_t> ParseDurationMs(std::string_view text);

}  // namespace weir
