#include "server/settings.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "types/text_style.h"
#include "types/time_zone.h"

namespace weir {

namespace {

using Kind = SettingDef::Kind;

// What PostgreSQL's clients and dumps set without being asked; here it changes nothing.
constexpr std::string_view kAccepted = "Accepted for PostgreSQL's clients; changes nothing";

constexpr SettingDef kSettings[] = {
    {"application_name", "", "Name that the client gives itself", Kind::kText, false, true},
    {"block_size", "8192", "Bytes of a disk block; segments have pages of their own sizes", Kind::kInteger, true},
    {"bytea_output", "hex", "Text form of bytea: hex or escape", Kind::kText},
    {"check_function_bodies", "on", "Accepted; functions are always checked", Kind::kBool},
    {"chunk_rows", "4096", "Rows that operators hand on at once", Kind::kInteger},
    {"client_encoding", "UTF8", "Encoding of the client's text; always UTF8", Kind::kText, false, true},
    {"client_min_messages", "notice", "Least severe message that is sent", Kind::kText},
    {"datestyle", "ISO, MDY", "Form of dates: ISO, SQL, Postgres or German, and the order of month and day",
     Kind::kText, false, true},
    {"default_table_access_method", "segments", "Accepted; tables are kept in segments", Kind::kText},
    {"default_tablespace", "", "Accepted; there is one tablespace", Kind::kText},
    {"default_transaction_deferrable", "off", "Accepted; transactions do not wait for each other", Kind::kBool},
    {"default_transaction_isolation", "repeatable read", "Every statement reads one snapshot", Kind::kText},
    {"default_transaction_read_only", "off", "Refuse changes by default", Kind::kBool},
    {"enable_query_cache", "off",
     "Keep partial aggregates of segments, so that a repeated aggregation costs by what is new", Kind::kBool},
    {"enable_result_cache", "off", "Keep answers, and give them again while what they were made of is the same",
     Kind::kBool},
    {"enable_spill", "on", "Let queries write to disk what does not fit in memory", Kind::kBool},
    {"escape_string_warning", "on", "Accepted; backslashes in '...' give no warning", Kind::kBool},
    {"extra_float_digits", "1", "Above 0: the shortest text that reads back to the same number", Kind::kInteger},
    {"forced_encoding_seed", "0", "Hand on chunks under other encodings, by this seed; for tests", Kind::kInteger},
    {"forced_query_cache", "off", "Keep partial aggregates of inline rows, too; for tests", Kind::kBool},
    {"forced_spill", "off", "Write to disk at every opportunity; for tests", Kind::kBool},
    {"idle_in_transaction_session_timeout", "0", "Ends idle transactions after this time", Kind::kDuration},
    {"in_hot_standby", "off", "Whether the server is a standby", Kind::kBool, true, true},
    {"integer_datetimes", "on", "Timestamps are integers", Kind::kBool, true, true},
    {"intervalstyle", "postgres", "Form of intervals: postgres, postgres_verbose, sql_standard or iso_8601",
     Kind::kText, false, true},
    {"is_superuser", "on", "Whether the user may do everything", Kind::kBool, true, true},
    {"jit", "off", "Accepted; expressions are not compiled", Kind::kBool},
    {"lc_collate", "C", "Order of text: by bytes", Kind::kText, true},
    {"lc_ctype", "C", "Classes of characters", Kind::kText, true},
    {"lc_messages", "C", "Accepted; messages are English", Kind::kText},
    {"lc_monetary", "C", "Accepted; there are no amounts of money", Kind::kText},
    {"lc_numeric", "C", "Accepted; numbers have a point", Kind::kText},
    {"lc_time", "C", "Accepted; names of days and months are English", Kind::kText},
    {"lock_timeout", "0", "Accepted; readers and writers do not lock each other", Kind::kDuration},
    {"max_connections", "10000", "Connections at once", Kind::kInteger, true},
    {"max_function_args", "100", "Arguments of a function", Kind::kInteger, true},
    {"max_identifier_length", "255", "Longest name in bytes", Kind::kInteger, true},
    {"max_index_keys", "32", "Columns of a key", Kind::kInteger, true},
    {"optimizer_disabled", "", "Optimizer passes to leave out, comma-separated, or all", Kind::kText},
    {"optimizer_verify", "off", "Check the plan after every optimizer pass; for tests", Kind::kBool},
    {"password_encryption", "scram-sha-256", "How passwords are kept", Kind::kText, true},
    {"plan_round_trip", "off", "Run plans as they come out of their binary form; for tests", Kind::kBool},
    {"query_cache_entry_max_bytes", "4MB", "Larger answers and partial aggregates are not kept", Kind::kBytes},
    {"query_memory_limit", "0", "Memory that one query may use; 0: the process limit", Kind::kBytes},
    {"query_profile", "on", "Measure the time of every operator", Kind::kBool},
    {"random_blocking_seed", "0", "Block and cut chunks at random, by this seed; for tests", Kind::kInteger},
    {"role", "none", "The role that the user has taken; always none", Kind::kText},
    {"row_security", "on", "Accepted; there are no policies for rows", Kind::kBool},
    {"runtime_filters", "on", "Let joins filter the scans on their probe side", Kind::kBool},
    {"rw_implicit_flush", "off", "Wait after each change until all materialized views reflect it", Kind::kBool},
    {"search_path", "public", "Schemas that unqualified names are looked up in", Kind::kText},
    {"server_encoding", "UTF8", "Encoding of stored text", Kind::kText, true, true},
    {"server_version", "15.0", "The PostgreSQL version whose protocol and SQL Weir speaks", Kind::kText, true, true},
    {"server_version_num", "150000", "The same as a number", Kind::kInteger, true},
    {"session_authorization", "weir", "The session's user", Kind::kText, true, true},
    {"standard_conforming_strings", "on", "Backslashes are ordinary in '...'", Kind::kBool, false, true},
    {"statement_timeout", "0", "Cancels statements that take longer; 0: never", Kind::kDuration},
    {"synchronous_commit", "on", "Accepted; a commit is on disk when it is acknowledged", Kind::kText},
    {"threads", "0", "Workers that one query uses at most; 0: all", Kind::kInteger},
    {"timezone", "UTC", "Time zone of timestamptz text", Kind::kText, false, true},
    {"transaction_deferrable", "off", "Accepted; transactions do not wait for each other", Kind::kBool},
    {"transaction_isolation", "repeatable read", "Isolation of the current transaction", Kind::kText},
    {"transaction_read_only", "off", "Whether the current transaction refuses changes", Kind::kBool},
    {"verify_chunks", "off", "Check what operators hand on; for tests", Kind::kBool},
    {"array_nulls", "on", kAccepted, Kind::kBool},
    {"backslash_quote", "safe_encoding", kAccepted, Kind::kText},
    {"effective_cache_size", "4GB", kAccepted, Kind::kBytes},
    {"enable_bitmapscan", "on", kAccepted, Kind::kBool},
    {"enable_hashagg", "on", kAccepted, Kind::kBool},
    {"enable_hashjoin", "on", kAccepted, Kind::kBool},
    {"enable_indexonlyscan", "on", kAccepted, Kind::kBool},
    {"enable_indexscan", "on", kAccepted, Kind::kBool},
    {"enable_material", "on", kAccepted, Kind::kBool},
    {"enable_mergejoin", "on", kAccepted, Kind::kBool},
    {"enable_nestloop", "on", kAccepted, Kind::kBool},
    {"enable_partitionwise_aggregate", "off", kAccepted, Kind::kBool},
    {"enable_partitionwise_join", "off", kAccepted, Kind::kBool},
    {"enable_seqscan", "on", kAccepted, Kind::kBool},
    {"enable_sort", "on", kAccepted, Kind::kBool},
    {"from_collapse_limit", "8", kAccepted, Kind::kInteger},
    {"geqo", "on", kAccepted, Kind::kBool},
    {"gin_pending_list_limit", "4MB", kAccepted, Kind::kBytes},
    {"hash_mem_multiplier", "2", kAccepted, Kind::kText},
    {"join_collapse_limit", "8", kAccepted, Kind::kInteger},
    {"maintenance_work_mem", "64MB", kAccepted, Kind::kBytes},
    {"max_parallel_workers", "8", kAccepted, Kind::kInteger},
    {"max_parallel_workers_per_gather", "2", kAccepted, Kind::kInteger},
    {"parallel_setup_cost", "1000", kAccepted, Kind::kText},
    {"parallel_tuple_cost", "0.1", kAccepted, Kind::kText},
    {"quote_all_identifiers", "off", kAccepted, Kind::kBool},
    {"random_page_cost", "4", kAccepted, Kind::kText},
    {"seq_page_cost", "1", kAccepted, Kind::kText},
    {"session_replication_role", "origin", kAccepted, Kind::kText},
    {"synchronize_seqscans", "on", kAccepted, Kind::kBool},
    {"temp_buffers", "8MB", kAccepted, Kind::kBytes},
    {"temp_tablespaces", "", kAccepted, Kind::kText},
    {"vacuum_cost_delay", "0", kAccepted, Kind::kText},
    {"work_mem", "4MB", kAccepted, Kind::kBytes},
    {"weir_version", "0.1.0", "Weir's own version", Kind::kText, true},
    {"xmloption", "content", "Accepted; there is no XML", Kind::kText},
};

uint64_t NextRevision() {
  static std::atomic<uint64_t> revision = 0;
  return ++revision;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::optional<bool> ParseSwitch(std::string_view text) {
  const std::string value = Lower(text);
  for (const std::string_view yes : {"on", "true", "yes", "1", "t", "y"}) {
    if (value == yes) return true;
  }
  for (const std::string_view no : {"off", "false", "no", "0", "f", "n"}) {
    if (value == no) return false;
  }
  return std::nullopt;
}

// A number and what follows it, without blanks.
std::optional<std::pair<double, std::string>> SplitUnit(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  double number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  std::string unit;
  for (const char* at = end; at != text.data() + text.size(); ++at) {
    if (*at != ' ') unit += *at;
  }
  return std::pair{number, unit};
}

// "2min" of 120000, "1500ms" of 1500; 0 has no unit.
std::string InLargestUnit(int64_t value, std::initializer_list<std::pair<std::string_view, int64_t>> units) {
  for (const auto& [name, size] : units) {
    if (value != 0 && value % size == 0) return std::to_string(value / size) + std::string(name);
  }
  return "0";
}

// `current` is what the setting is: a value may say a part of it only.
std::string Normalize(const SettingDef& def, std::string value, std::string_view current) {
  const auto bad = [&](std::string_view hint) {
    return Error::User(sqlstate::kInvalidParameterValue, "invalid value for parameter \"{}\": \"{}\"", def.name, value)
        .WithHint(std::string(hint));
  };
  switch (def.kind) {
    case Kind::kBool: {
      const auto parsed = ParseSwitch(value);
      if (!parsed.has_value()) throw bad("Use on or off.");
      return *parsed ? "on" : "off";
    }
    case Kind::kInteger: {
      int64_t number = 0;
      const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (failure != std::errc() || end != value.data() + value.size()) throw bad("Use an integer.");
      if (def.name == "extra_float_digits" && (number < -15 || number > 3)) throw bad("Use -15 to 3.");
      if (def.name == "chunk_rows" && (number < 1 || number > 65536)) throw bad("Use 1 to 65536.");
      if (def.name == "threads" && (number < 0 || number > 1024)) throw bad("Use 0 to 1024.");
      return value;
    }
    case Kind::kBytes:
      if (def.description == kAccepted) {
        const auto split = SplitUnit(value);
        constexpr std::string_view kUnits[] = {"", "B", "kB", "MB", "GB", "TB"};
        if (!split.has_value() || split->first < 0 || std::ranges::find(kUnits, split->second) == std::end(kUnits)) {
          throw bad("Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".");
        }
        // PostgreSQL's count kilobytes, and SHOW has the largest unit that fits.
        const auto bytes = ParseByteSize(value, 1024);
        if (!bytes.has_value() || *bytes < 64 * 1024) throw bad("Use 64kB or more, with a unit: kB, MB, GB, TB.");
        return InLargestUnit(*bytes / 1024, {{"TB", 1 << 30}, {"GB", 1 << 20}, {"MB", 1 << 10}, {"kB", 1}});
      }
      if (!ParseByteSize(value).has_value()) throw bad("Use a number of bytes, or a unit: kB, MB, GB, TB.");
      return value;
    case Kind::kDuration:
      if (const auto ms = ParseDurationMs(value); ms.has_value()) {
        if (*ms > INT32_MAX) throw bad("Value exceeds integer range.");
        return InLargestUnit(*ms, {{"d", 86'400'000}, {"h", 3'600'000}, {"min", 60'000}, {"s", 1000}, {"ms", 1}});
      }
      throw bad("Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".");
    case Kind::kText:
      break;
  }
  if (def.name == "timezone") {
    // SET TIME ZONE 5 and INTERVAL '+05:30' HOUR TO MINUTE: hours east of Greenwich.
    const bool hours = value.find_first_not_of("+-.0123456789") == std::string::npos;
    double number = 0;
    const char* const begin = value.data() + (value.starts_with('+') ? 1 : 0);
    const char* const end = value.data() + value.size();
    if (hours && std::from_chars(begin, end, number).ptr == end && begin != end && std::abs(number) <= 15) {
      return TimeZone::FixedOffset(static_cast<int32_t>(number * 3600)).name();
    }
    if (value.find(':') != std::string::npos && value.find_first_not_of("0123456789:") == std::string::npos) {
      value.insert(0, "+");
    }
  }
  if (def.name == "timezone") return std::string(TimeZone::Find(value).name());
  if (def.name == "datestyle") {
    TextStyle style;
    style.SetDates(current);
    if (!style.SetDates(value)) throw bad("Use ISO, SQL, Postgres or German, and MDY, DMY or YMD.");
    return style.DatesText();
  }
  if (def.name == "intervalstyle") {
    if (!TextStyle().SetIntervals(value)) throw bad("Use postgres, postgres_verbose, sql_standard or iso_8601.");
    return Lower(value);
  }
  if (def.name == "bytea_output") {
    const std::string form = Lower(value);
    if (form != "hex" && form != "escape") throw bad("Use hex or escape.");
    return form;
  }
  if (def.name == "client_min_messages") {
    std::string level = Lower(value);
    if (level == "debug") level = "debug2";
    constexpr std::string_view kLevels[] = {"debug5", "debug4", "debug3",  "debug2", "debug1",
                                            "log",    "notice", "warning", "error"};
    if (std::ranges::find(kLevels, level) == std::end(kLevels)) {
      throw bad("Available values: debug5, debug4, debug3, debug2, debug1, log, notice, warning, error.");
    }
    return level;
  }
  if (def.name == "client_encoding") {
    std::string plain = Lower(value);
    std::erase(plain, '-');
    std::erase(plain, '\'');
    if (plain != "utf8" && plain != "unicode" && plain != "default") throw bad("Weir speaks UTF8 only.");
    return "UTF8";
  }
  return value;
}

}  // namespace

std::span<const SettingDef> SettingDefs() {
  return kSettings;
}

const SettingDef* FindSetting(std::string_view name) {
  const std::string lower = Lower(name);
  for (const SettingDef& def : kSettings) {
    if (def.name == lower) return &def;
  }
  return nullptr;
}

namespace {

[[noreturn]] void ThrowUnknown(std::string_view name) {
  throw Error::User(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"{}\"", name)
      .WithHint("SHOW ALL lists the settings.");
}

}  // namespace

// Sessions are many and change few settings: only those have entries.
Settings::Settings(const std::vector<std::pair<std::string, std::string>>& defaults) {
  for (const auto& [name, value] : defaults) {
    const SettingDef* def = FindSetting(name);
    Entry& entry = def == nullptr ? values_[Lower(name)] : At(name);
    entry.value = entry.reset = def == nullptr ? value : Normalize(*def, value, entry.value);
  }
  revision_ = NextRevision();
}

Settings::Entry& Settings::At(std::string_view name) {
  std::string lower = Lower(name);
  const auto found = values_.find(lower);
  if (found != values_.end()) return found->second;
  const SettingDef* def = FindSetting(lower);
  if (def == nullptr) ThrowUnknown(name);
  Entry entry{std::string(def->fallback), std::string(def->fallback), std::nullopt, std::nullopt};
  return values_.emplace(std::move(lower), std::move(entry)).first->second;
}

namespace {

bool IsCustomName(std::string_view name) {
  bool first = true;
  for (const char c : name) {
    if (c == '.') {
      if (first) return false;
      first = true;
      continue;
    }
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
    const bool other = (c >= '0' && c <= '9') || c == '$';
    if (!letter && (first || !other)) return false;
    first = false;
  }
  return !first;
}

}  // namespace

void Settings::Set(std::string_view name, std::string value, bool local) {
  const std::string lower = Lower(name);
  const SettingDef* def = FindSetting(lower);
  if (def == nullptr && lower.find('.') != std::string::npos) {
    if (!IsCustomName(lower)) {
      throw Error::User("42602", "invalid configuration parameter name \"{}\"", name)
          .WithDetail("Custom parameter names must be two or more simple identifiers separated by dots.");
    }
    values_.try_emplace(lower);
  }
  Entry& entry = At(lower);
  if (def != nullptr && def->read_only) {
    constexpr std::string_view kCantChangeRuntimeParam = "55P02";
    throw Error::User(kCantChangeRuntimeParam, "parameter \"{}\" cannot be changed", name);
  }
  if (def != nullptr) value = Normalize(*def, std::move(value), entry.value);
  if (!local && in_transaction_ && !entry.before_transaction.has_value()) {
    entry.before_transaction = entry.before_local.value_or(entry.value);
  }
  if (local && !entry.before_local.has_value()) entry.before_local = entry.value;
  if (!local) entry.before_local.reset();
  if (def != nullptr && def->report && entry.value != value) changes_[lower] = value;
  entry.value = std::move(value);
  revision_ = NextRevision();
}

void Settings::Reset(std::string_view name) {
  Set(name, At(name).reset, false);
}

void Settings::ResetAll() {
  std::vector<std::string> names;
  names.reserve(values_.size());
  for (const auto& [name, entry] : values_) names.push_back(name);
  for (const std::string& name : names) {
    const SettingDef* def = FindSetting(name);
    if (def == nullptr || !def->read_only) Reset(name);
  }
}

void Settings::EndTransaction(bool commit) {
  in_transaction_ = false;
  revision_ = NextRevision();
  for (auto& [name, entry] : values_) {
    std::optional<std::string> after = std::exchange(entry.before_local, std::nullopt);
    std::optional<std::string> before = std::exchange(entry.before_transaction, std::nullopt);
    if (!commit && before.has_value()) after = std::move(before);
    if (!after.has_value()) continue;
    const SettingDef* def = FindSetting(name);
    if (def != nullptr && def->report && entry.value != *after) changes_[name] = *after;
    entry.value = std::move(*after);
  }
}

std::string Settings::Get(std::string_view name) const {
  std::optional<std::string> value = Find(name);
  if (!value.has_value()) ThrowUnknown(name);
  return std::move(*value);
}

std::optional<std::string> Settings::Find(std::string_view name) const {
  const std::string lower = Lower(name);
  if (const auto found = values_.find(lower); found != values_.end()) return found->second.value;
  const SettingDef* def = FindSetting(lower);
  if (def == nullptr) return std::nullopt;
  return std::string(def->fallback);
}

std::string Settings::ResetValue(std::string_view name) const {
  const std::string lower = Lower(name);
  if (const auto found = values_.find(lower); found != values_.end()) return found->second.reset;
  const SettingDef* def = FindSetting(lower);
  if (def == nullptr) ThrowUnknown(name);
  return std::string(def->fallback);
}

bool Settings::GetBool(std::string_view name) const {
  return ParseSwitch(Get(name)).value_or(false);
}

int64_t Settings::GetInteger(std::string_view name) const {
  const std::string text = Get(name);
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int64_t Settings::GetDurationMs(std::string_view name) const {
  return ParseDurationMs(Get(name)).value_or(0);
}
int64_t Settings::GetBytes(std::string_view name) const {
  return ParseByteSize(Get(name)).value_or(0);
}

std::vector<std::pair<std::string, std::string>> Settings::All() const {
  std::map<std::string, std::string, std::less<>> all;
  for (const SettingDef& def : kSettings) all.emplace(def.name, def.fallback);
  for (const auto& [name, entry] : values_) all[name] = entry.value;
  return {all.begin(), all.end()};
}

std::vector<std::pair<std::string, std::string>> Settings::TakeChanges() {
  std::vector<std::pair<std::string, std::string>> out(changes_.begin(), changes_.end());
  changes_.clear();
  return out;
}

std::optional<int64_t> ParseByteSize(std::string_view text, int64_t unit_bytes) {
  const auto split = SplitUnit(text);
  if (!split.has_value()) return std::nullopt;
  std::string unit = Lower(split->second);
  if (unit.ends_with("ib")) unit = unit.substr(0, unit.size() - 2);
  if (unit.ends_with("b")) unit.pop_back();
  double factor = static_cast<double>(unit_bytes);
  if (!split->second.empty()) {
    if (unit.empty()) {
      factor = 1;
    } else if (unit == "k") {
      factor = 1024.0;
    } else if (unit == "m") {
      factor = 1024.0 * 1024;
    } else if (unit == "g") {
      factor = 1024.0 * 1024 * 1024;
    } else if (unit == "t") {
      factor = 1024.0 * 1024 * 1024 * 1024;
    } else {
      return std::nullopt;
    }
  }
  const double bytes = split->first * factor;
  if (!(bytes > -9e18 && bytes < 9e18)) return std::nullopt;
  return bytes < 0 ? 0 : static_cast<int64_t>(bytes);
}

std::optional<int64_t> ParseDurationMs(std::string_view text) {
  const auto split = SplitUnit(text);
  if (!split.has_value()) return std::nullopt;
  const std::string& unit = split->second;
  constexpr std::array<std::pair<std::string_view, double>, 7> kUnits = {
      {{"", 1}, {"us", 0.001}, {"ms", 1}, {"s", 1000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  for (const auto& [name, factor] : kUnits) {
    if (unit != name) continue;
    const double ms = split->first * factor;
    if (!(ms >= 0 && ms < 9e15)) return std::nullopt;
    return static_cast<int64_t>(std::ceil(ms));
  }
  return std::nullopt;
}

}  // namespace weir
