#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// The UTC offsets of one time zone over time, from the system's tz database. Immutable; made once per name and kept
// until the process ends, so references never dangle. Any thread may use it.
//
// Past the database's last year (2037) the zone's rule of that year goes on, as its POSIX rule would say.
class TimeZone {
 public:
  // A name of the tz database in any case ("europe/berlin"), an abbreviation ("PST"), an offset east of Greenwich
  // ("+02", "-03:30", "+0530") or a POSIX zone, whose sign counts west ("UTC+3" is -03). Throws
  // kInvalidParameterValue.
  static const TimeZone& Find(std::string_view name);
  // The same; null when there is none.
  static const TimeZone* FindOrNull(std::string_view name);
  static const TimeZone& Utc();
  static const TimeZone& FixedOffset(int32_t seconds_east);

  // As the tz database spells it, or "+02:00" for a fixed offset.
  const std::string& name() const { return name_; }
  bool is_fixed() const { return periods_.size() == 1; }
  bool is_utc() const { return is_fixed() && periods_.front().offset == 0; }

  // Seconds east of Greenwich.
  int32_t OffsetAt(int64_t utc_seconds) const { return PeriodAt(utc_seconds).offset; }
  // "CET", "+03"; for to_char.
  std::string_view AbbreviationAt(int64_t utc_seconds) const;
  bool IsDaylightSavingAt(int64_t utc_seconds) const { return PeriodAt(utc_seconds).daylight; }
  // The instant of a local time. As PostgreSQL: in the gap of a forward transition the offset before it counts, of
  // the two instants of a backward transition the later one.
  int64_t LocalToUtc(int64_t local_seconds) const;
  int64_t LocalToUtcMicros(int64_t local_micros) const;
  int64_t UtcToLocalMicros(int64_t utc_micros) const;

  // The same offset holds for [begin, end).
  struct Period {
    int64_t begin;
    int64_t end;
    int32_t offset;
    bool daylight;
    uint16_t abbreviation;  // index into abbreviations_
  };
  const Period& PeriodAt(int64_t utc_seconds) const;

 private:
  friend class TimeZoneDatabase;
  explicit TimeZone(std::string name) : name_(std::move(name)) {}
  void Load();
  void ExtendRule();
  uint16_t AddAbbreviation(std::string_view text);

  std::string name_;
  std::vector<Period> periods_;  // ascending, without gaps
  std::vector<std::string> abbreviations_;
};

// Offsets for a run of instants that are mostly near each other: one range check per row.
class TimeZoneCursor {
 public:
  explicit TimeZoneCursor(const TimeZone& zone) : zone_(&zone) {}
  int32_t OffsetAt(int64_t utc_seconds) {
    if (utc_seconds < begin_ || utc_seconds >= end_) {
      const TimeZone::Period& period = zone_->PeriodAt(utc_seconds);
      begin_ = period.begin;
      end_ = period.end;
      offset_ = period.offset;
    }
    return offset_;
  }
  // As TimeZone::LocalToUtc.
  int64_t LocalToUtc(int64_t local_seconds) {
    // Far from where the offset changes no other could give this local time.
    constexpr int64_t kFar = 2 * 86'400;
    const int64_t utc = local_seconds - offset_;
    if (utc - kFar >= begin_ && utc + kFar < end_) return utc;
    const int64_t found = zone_->LocalToUtc(local_seconds);
    OffsetAt(found);
    return found;
  }
  // The instants around the last one asked for that have its offset: [begin, end).
  int64_t begin() const { return begin_; }
  int64_t end() const { return end_; }

 private:
  const TimeZone* zone_;
  int64_t begin_ = 1;
  int64_t end_ = 0;
  int32_t offset_ = 0;
};

// Seconds east of Greenwich of an abbreviation like "EST" (any case), with PostgreSQL's default meanings.
std::optional<int32_t> FindZoneAbbreviation(std::string_view text);

// "+02", "-03:30", "+0530", "+5", "+01:02:03" into seconds east of Greenwich.
std::optional<int32_t> ParseUtcOffset(std::string_view text);

// "+02", "+05:30", "-04:56:02".
void AppendUtcOffset(int32_t seconds_east, std::string& out);

}  // namespace weir
