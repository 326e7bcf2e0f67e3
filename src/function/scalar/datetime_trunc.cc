// Rounding to units: date_trunc; and to fewer digits of a second.

#include "function/scalar/fixed_steps.h"
#include "function/scalar/moment.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

bool IsBelowDay(TimeField field) {
  return field <= TimeField::kHour;
}

// Of a unit of one length; 0: it is none.
int64_t NanosOf(TimeField field) {
  switch (field) {
    case TimeField::kMicrosecond:
      return 1000;
    case TimeField::kMillisecond:
      return 1'000'000;
    case TimeField::kSecond:
      return kNanosPerSecond;
    case TimeField::kMinute:
      return 60 * kNanosPerSecond;
    case TimeField::kHour:
      return 3600 * kNanosPerSecond;
    case TimeField::kDay:
      return kNanosPerDay;
    default:
      return 0;
  }
}

// date_trunc(unit, timestamp [, zone])
class DateTruncation {
 public:
  explicit DateTruncation(const KernelArgs& args)
      : args_(args),
        names_(*args.columns[0]),
        values_(*args.columns[1]),
        type_(args.columns[1]->type()),
        has_zone_(args.columns.size() > 2),
        zones_(has_zone_ ? ColumnView(*args.columns[2]) : ColumnView()),
        statement_(args.context.statement()) {}

  ColumnPtr Run() {
    if (ColumnPtr out = RunFixed()) return out;
    FlatWriter<int64_t> out(args_.result_type, args_.size);
    ForEachRow(args_, [&](size_t row) {
      out.Set(row, 0);
      if (!field_.has_value() || !names_.is_constant()) SetUnit(Text(names_, row));
      SetZone(row);
      const auto value = values_.At<int64_t>(row);
      if (!last_.range.Holds(value)) last_ = Truncate(value);
      out.Set(row, last_.result);
    });
    return out.Finish();
  }

 private:
  static std::string_view Text(const ColumnView& view, size_t row) {
    return view.values<StringRef>()[view.Index(row)].view();
  }

  // One unit for all rows, that needs no calendar. Null: it is something else.
  ColumnPtr RunFixed() {
    if (has_zone_) return nullptr;
    const std::optional<TimeField> field = OnlyTimeField(names_);
    const int64_t unit = field.has_value() ? NanosOf(*field) : 0;
    const MomentCodec codec(type_, statement_);
    const std::optional<int64_t> offset = OnlyOffset(codec);
    if (unit == 0 || !offset.has_value()) return nullptr;
    return FloorToSteps(args_, values_, unit / (kNanosPerSecond / codec.ticks_per_second()), -*offset);
  }

  void SetUnit(std::string_view name) {
    if (field_.has_value() && name == name_) return;
    field_.reset();
    last_.range = {};
    const TimeField field = ParseTimeField(name, type_);
    if (field > TimeField::kMillennium) ThrowUnsupportedField(name, type_);
    field_ = field;
    name_ = name;
  }

  void SetZone(size_t row) {
    if (codec_.has_value() && (!has_zone_ || zones_.is_constant() || Text(zones_, row) == statement_.time_zone)) return;
    codec_.reset();
    last_.range = {};
    if (has_zone_) statement_.time_zone = Text(zones_, row);
    codec_.emplace(type_, statement_);
  }

  RoundedRange Truncate(int64_t value) {
    if (IsInfiniteTimestamp(value)) return {{}, value};
    const Moment moment = codec_->Read(value);
    if (!IsBelowDay(*field_)) {
      const Moment start{TruncateDays(moment.days, *field_), 0, moment.offset};
      return {codec_->SameStep(value, moment.nanos, kNanosPerDay), codec_->Write(start)};
    }
    const Moment start = TruncateMoment(moment, *field_, type_, name_);
    return {codec_->SameStep(value, moment.nanos - start.nanos, NanosOf(*field_)), codec_->WriteAtOffset(start)};
  }

  const KernelArgs& args_;
  const ColumnView names_;
  const ColumnView values_;
  const Type& type_;
  const bool has_zone_;
  const ColumnView zones_;
  StatementContext statement_;
  std::optional<MomentCodec> codec_;
  std::optional<TimeField> field_;
  std::string name_;
  RoundedRange last_;
};

ColumnPtr DateTrunc(const KernelArgs& args) {
  return DateTruncation(args).Run();
}

Interval TruncateInterval(Interval interval, TimeField field, std::string_view name) {
  const auto months = [&](int32_t unit) { interval = {interval.months / unit * unit, 0, 0}; };
  const auto time = [&](int64_t unit) { interval.micros -= interval.micros % unit; };
  switch (field) {
    case TimeField::kNanosecond:
    case TimeField::kMicrosecond:
      return interval;
    case TimeField::kMillisecond:
      time(1000);
      return interval;
    case TimeField::kSecond:
      time(kMicrosPerSecond);
      return interval;
    case TimeField::kMinute:
      time(kMicrosPerMinute);
      return interval;
    case TimeField::kHour:
      time(kMicrosPerHour);
      return interval;
    case TimeField::kDay:
      interval.micros = 0;
      return interval;
    case TimeField::kMonth:
      months(1);
      return interval;
    case TimeField::kQuarter:
      months(3);
      return interval;
    case TimeField::kYear:
      months(12);
      return interval;
    case TimeField::kDecade:
      months(120);
      return interval;
    case TimeField::kCentury:
      months(1200);
      return interval;
    case TimeField::kMillennium:
      months(12'000);
      return interval;
    default: {
      Error error = Error::User(sqlstate::kFeatureNotSupported, "unit \"{}\" not supported for type interval", name);
      if (field == TimeField::kWeek) throw std::move(error).WithDetail("Months usually have fractional weeks.");
      throw error;
    }
  }
}

void AddTrunc(Family& family) {
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : kTimestampKinds) {
    overloads.push_back(IncreasingLocally(kind, ByZone(kind, Partial({kText, kind}, kind, DateTrunc))));
    if (Type(kind).has_time_zone()) overloads.push_back(Partial({kText, kind, kText}, kind, DateTrunc));
  }
  overloads.push_back(Partial(
      {kText, TypeKind::kInterval}, TypeKind::kInterval,
      RowKernelWith<Interval, StringRef, Interval>([](RowOut<Interval>& out, StringRef name, Interval interval) {
        Guard(out, [&] {
          const TimeField field = ParseTimeField(name, TypeKind::kInterval);
          out.Set(TruncateInterval(interval, field, name));
        });
      })));
  family.Add(
      "date_trunc",
      "Rounded down to a unit: microseconds, milliseconds, second, minute, hour, day, week, month, quarter, year, "
      "decade, century or millennium. Timestamps with time zone are rounded in the session's zone or a given one.",
      "date_trunc('hour', timestamp '2001-02-16 20:38:40')", "2001-02-16 20:00:00", std::move(overloads));
}

// What casts to timestamp(p), time(p) and interval(p) apply.
template <typename T, typename Round>
ScalarKernel RoundsFraction(Round round) {
  return RowKernelWith<T, T, int32_t>([round](RowOut<T>& out, T value, int32_t digits) {
    if (digits < 0 || digits > 6) {
      return out.Fail(
          Error::User(sqlstate::kInvalidParameterValue, "digits of a second must be between 0 and 6: {}", digits));
    }
    out.Set(round(value, digits));
  });
}

void AddRoundFraction(Family& family) {
  const auto interval = [](Interval value, int digits) {
    value.micros = RoundFraction(value.micros, digits);
    return value;
  };
  std::vector<FunctionOverload> overloads;
  for (const TypeKind kind : {TypeKind::kTimestamp, TypeKind::kTimestampTz}) {
    overloads.push_back(Partial({kind, TypeKind::kInt32}, kind, RoundsFraction<int64_t>(RoundTimestampFraction)));
  }
  overloads.push_back(
      Partial({TypeKind::kTime, TypeKind::kInt32}, TypeKind::kTime, RoundsFraction<int64_t>(RoundFraction)));
  overloads.push_back(
      Partial({TypeKind::kInterval, TypeKind::kInt32}, TypeKind::kInterval, RoundsFraction<Interval>(interval)));
  family.Add("round_fraction", "Rounded to so many digits of a second: what a cast to timestamp(p) does.",
             "round_fraction(timestamp '2024-01-31 13:07:08.567', 1)", "2024-01-31 13:07:08.6", std::move(overloads));
}

}  // namespace

void RegisterDateTimeTruncFunctions(Registry& registry) {
  Family family(registry, "date/time");
  AddTrunc(family);
  AddRoundFraction(family);
}

}  // namespace weir
