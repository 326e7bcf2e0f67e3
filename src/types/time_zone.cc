// The library's headers speak of the zones of the operating system, as Debian builds it.
#define USE_OS_TZDB 1

#include "types/time_zone.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

#include <date/tz.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/error.h"
#include "types/calendar.h"

namespace weir {

namespace {

constexpr int kDatabaseYearMax = 2037;  // the compiled files list transitions up to here
constexpr int kExtendedYearMax = 2500;

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return out;
}

int64_t YearStartSeconds(int64_t year) {
  return DaysFromCivil(year, 1, 1) * kSecondsPerDay;
}

// POSIX: a name of three letters or more, or <...>, and an offset west of Greenwich. Rules for daylight saving
// ("EST5EDT,M3.2.0,M11.1.0") are not understood.
std::optional<int32_t> ParsePosixZone(std::string_view text) {
  size_t at = 0;
  if (!text.empty() && text[0] == '<') {
    at = text.find('>');
    if (at == std::string_view::npos) return std::nullopt;
    ++at;
  } else {
    while (at < text.size() && ((text[at] | 32) >= 'a' && (text[at] | 32) <= 'z')) ++at;
    if (at < 3) return std::nullopt;
  }
  std::string_view offset = text.substr(at);
  if (offset.empty()) return std::nullopt;
  std::string signed_offset(offset);
  if (offset[0] != '+' && offset[0] != '-') signed_offset.insert(0, "+");
  const std::optional<int32_t> west = ParseUtcOffset(signed_offset);
  return west.has_value() ? std::optional(-*west) : std::nullopt;
}

}  // namespace

class TimeZoneDatabase {
 public:
  static TimeZoneDatabase& Instance() {
    static TimeZoneDatabase database;
    return database;
  }

  const TimeZone* Find(std::string_view name) {
    const std::lock_guard lock(mutex_);
    // Found by the spelling first, which is how sessions ask every time.
    if (const auto it = by_spelling_.find(name); it != by_spelling_.end()) return it->second;
    const TimeZone* zone = FindLocked(name);
    if (zone != nullptr && by_spelling_.size() < kSpellingsMax) by_spelling_.emplace(std::string(name), zone);
    return zone;
  }

  const TimeZone* Fixed(int32_t seconds) {
    const std::lock_guard lock(mutex_);
    return FixedLocked(seconds);
  }

 private:
  static constexpr size_t kSpellingsMax = 10'000;

  const TimeZone* FindLocked(std::string_view name) {
    if (names_.empty()) {
      for (const date::time_zone& zone : date::get_tzdb().zones) names_.emplace(Lower(zone.name()), zone.name());
    }
    const std::string lower = Lower(name);
    // Abbreviations come first, as in PostgreSQL: "EST" is one though a zone of that name exists.
    if (const std::optional<int32_t> offset = FindZoneAbbreviation(lower); offset.has_value() && lower != "utc") {
      return FixedLocked(*offset);
    }
    if (const auto it = names_.find(lower); it != names_.end()) {
      std::unique_ptr<TimeZone>& zone = zones_[it->second];
      if (zone == nullptr) {
        std::unique_ptr<TimeZone> made(new TimeZone(it->second));
        made->Load();
        zone = std::move(made);
      }
      return zone.get();
    }
    if (!name.empty() && (name[0] == '+' || name[0] == '-')) {
      const std::optional<int32_t> offset = ParseUtcOffset(name);
      return offset.has_value() ? FixedLocked(*offset) : nullptr;
    }
    const std::optional<int32_t> offset = ParsePosixZone(name);
    return offset.has_value() ? FixedLocked(*offset) : nullptr;
  }

  const TimeZone* FixedLocked(int32_t seconds) {
    std::unique_ptr<TimeZone>& zone = fixed_[seconds];
    if (zone == nullptr) {
      std::string name;
      AppendUtcOffset(seconds, name);
      zone.reset(new TimeZone(seconds == 0 ? "UTC" : name));
      const uint16_t abbreviation = zone->AddAbbreviation(zone->name_);
      zone->periods_.push_back({INT64_MIN, INT64_MAX, seconds, false, abbreviation});
    }
    return zone.get();
  }

  std::mutex mutex_;
  std::map<std::string, std::string> names_;  // lower case to the database's spelling
  std::map<std::string, std::unique_ptr<TimeZone>> zones_;
  std::map<int32_t, std::unique_ptr<TimeZone>> fixed_;
  std::map<std::string, const TimeZone*, std::less<>> by_spelling_;
};

const TimeZone* TimeZone::FindOrNull(std::string_view name) {
  return TimeZoneDatabase::Instance().Find(name);
}

const TimeZone& TimeZone::Find(std::string_view name) {
  const TimeZone* zone = FindOrNull(name);
  if (zone == nullptr) {
    throw Error::User(sqlstate::kInvalidParameterValue, "time zone \"{}\" not recognized", name);
  }
  return *zone;
}

const TimeZone& TimeZone::Utc() {
  static const TimeZone& utc = FixedOffset(0);
  return utc;
}

const TimeZone& TimeZone::FixedOffset(int32_t seconds_east) {
  return *TimeZoneDatabase::Instance().Fixed(seconds_east);
}

uint16_t TimeZone::AddAbbreviation(std::string_view text) {
  const auto it = std::find(abbreviations_.begin(), abbreviations_.end(), text);
  if (it != abbreviations_.end()) return static_cast<uint16_t>(it - abbreviations_.begin());
  abbreviations_.emplace_back(text);
  return static_cast<uint16_t>(abbreviations_.size() - 1);
}

void TimeZone::Load() {
  const date::time_zone* zone = date::locate_zone(name_);
  const int64_t end = YearStartSeconds(kDatabaseYearMax + 1);
  int64_t at = YearStartSeconds(1800);
  while (at < end) {
    const date::sys_info info = zone->get_info(date::sys_seconds(std::chrono::seconds(at)));
    const int64_t period_end = info.end.time_since_epoch().count();
    const bool same = !periods_.empty() && periods_.back().offset == info.offset.count() &&
                      abbreviations_[periods_.back().abbreviation] == info.abbrev;
    if (same) {
      periods_.back().end = period_end;
    } else {
      periods_.push_back({periods_.empty() ? INT64_MIN : at, period_end, static_cast<int32_t>(info.offset.count()),
                          info.save.count() != 0, AddAbbreviation(info.abbrev)});
    }
    if (period_end <= at) break;
    at = period_end;
  }
  periods_.back().end = INT64_MAX;
  ExtendRule();
}

void TimeZone::ExtendRule() {
  // The transitions within the last listed year, as "n-th (5 = last) weekday of a month at a local time".
  struct Rule {
    CivilDate date;
    int weekday;
    bool last;
    int64_t local_second;
    int32_t offset_before;
    Period period;
  };
  std::vector<Rule> rules;
  for (size_t i = 1; i < periods_.size(); ++i) {
    if (periods_[i].begin < YearStartSeconds(kDatabaseYearMax)) continue;
    const int64_t local = periods_[i].begin + periods_[i - 1].offset;
    const int64_t days = FloorDiv(local, kSecondsPerDay);
    Rule rule{CivilFromDays(days),    DayOfWeek(days), false, FloorMod(local, kSecondsPerDay),
              periods_[i - 1].offset, periods_[i]};
    // The same rule in another year may fall on the 22nd to 28th where this year shows the 29th, or the reverse:
    // "last" when it is so in every recent year.
    rule.last = true;
    for (size_t j = 1; j < periods_.size(); ++j) {
      const int64_t other_local = periods_[j].begin + periods_[j - 1].offset;
      const CivilDate other = CivilFromDays(FloorDiv(other_local, kSecondsPerDay));
      if (other.year < kDatabaseYearMax - 10 || other.month != rule.date.month ||
          periods_[j].offset != rule.period.offset) {
        continue;
      }
      rule.last = rule.last && other.day + 7 > DaysInMonth(other.year, other.month);
    }
    rules.push_back(rule);
  }
  // A single change is not a rule, and changes more often than twice a year are astronomical tables, not rules.
  if (rules.size() != 2) return;
  for (int year = kDatabaseYearMax + 1; year <= kExtendedYearMax; ++year) {
    for (const Rule& rule : rules) {
      int64_t day;
      if (rule.last) {
        const int64_t last = DaysFromCivil(year, rule.date.month, DaysInMonth(year, rule.date.month));
        day = last - (DayOfWeek(last) - rule.weekday + 7) % 7;
      } else {
        const int64_t first = DaysFromCivil(year, rule.date.month, (rule.date.day - 1) / 7 * 7 + 1);
        day = first + (rule.weekday - DayOfWeek(first) + 7) % 7;
      }
      Period period = rule.period;
      period.begin = day * kSecondsPerDay + rule.local_second - rule.offset_before;
      period.end = INT64_MAX;
      periods_.back().end = period.begin;
      periods_.push_back(period);
    }
  }
}

const TimeZone::Period& TimeZone::PeriodAt(int64_t utc_seconds) const {
  if (periods_.size() == 1) return periods_.front();
  const auto it = std::upper_bound(periods_.begin(), periods_.end(), utc_seconds,
                                   [](int64_t at, const Period& period) { return at < period.begin; });
  return it == periods_.begin() ? periods_.front() : *(it - 1);
}

std::string_view TimeZone::AbbreviationAt(int64_t utc_seconds) const {
  return abbreviations_[PeriodAt(utc_seconds).abbreviation];
}

int64_t TimeZone::LocalToUtc(int64_t local_seconds) const {
  if (periods_.size() == 1) return local_seconds - periods_.front().offset;
  // No zone is more than a day away from UTC, so the transition in question lies between these two.
  const Period& before = PeriodAt(local_seconds - kSecondsPerDay);
  const Period& after = PeriodAt(local_seconds + kSecondsPerDay);
  if (before.offset == after.offset && before.end >= after.begin) return local_seconds - before.offset;
  // Walks the few periods from `before` to `after`.
  const Period* period = &before;
  while (period != &after) {
    const int64_t transition = period->end;
    const Period* next = period + 1;
    const int64_t by_before = local_seconds - period->offset;
    const int64_t by_after = local_seconds - next->offset;
    if (by_before < transition && by_after < transition) return by_before;
    if (by_before >= transition && by_after >= transition) {
      period = next;
      continue;
    }
    // In a gap both contradict themselves: the offset before counts. In an overlap both hold: the one after counts.
    return by_before >= transition ? by_before : by_after;
  }
  return local_seconds - period->offset;
}

int64_t TimeZone::LocalToUtcMicros(int64_t local_micros) const {
  const int64_t seconds = FloorDiv(local_micros, kMicrosPerSecond);
  return LocalToUtc(seconds) * kMicrosPerSecond + (local_micros - seconds * kMicrosPerSecond);
}

int64_t TimeZone::UtcToLocalMicros(int64_t utc_micros) const {
  return utc_micros + OffsetAt(FloorDiv(utc_micros, kMicrosPerSecond)) * kMicrosPerSecond;
}

std::optional<int32_t> ParseUtcOffset(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const bool negative = text[0] == '-';
  text.remove_prefix(1);
  int parts[3] = {0, 0, 0};
  const auto number = [](std::string_view digits, int& out) {
    if (digits.empty() || digits.size() > 2) return false;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (text.find(':') == std::string_view::npos) {
    // "5", "05", "530", "0530", "053015"
    const size_t hours = text.size() <= 2 ? text.size() : text.size() - (text.size() <= 4 ? 2 : 4);
    if (!number(text.substr(0, hours), parts[0])) return std::nullopt;
    if (text.size() > 2 && !number(text.substr(hours, 2), parts[1])) return std::nullopt;
    if (text.size() > 4 && !number(text.substr(hours + 2), parts[2])) return std::nullopt;
  } else {
    for (int& part : parts) {
      const size_t colon = text.find(':');
      if (!number(text.substr(0, colon), part)) return std::nullopt;
      if (colon == std::string_view::npos) {
        text = {};
        break;
      }
      text.remove_prefix(colon + 1);
      if (&part == &parts[2]) return std::nullopt;
    }
  }
  if (parts[0] > 15 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  const int32_t seconds = parts[0] * 3600 + parts[1] * 60 + parts[2];
  return negative ? -seconds : seconds;
}

void AppendUtcOffset(int32_t seconds_east, std::string& out) {
  out += seconds_east < 0 ? '-' : '+';
  const int32_t seconds = seconds_east < 0 ? -seconds_east : seconds_east;
  fmt::format_to(std::back_inserter(out), "{:02}", seconds / 3600);
  if (seconds % 3600 != 0) fmt::format_to(std::back_inserter(out), ":{:02}", seconds / 60 % 60);
  if (seconds % 60 != 0) fmt::format_to(std::back_inserter(out), ":{:02}", seconds % 60);
}

}  // namespace weir
