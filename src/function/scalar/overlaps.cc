// OVERLAPS: whether two spans of time, given as (start, end) or (start, length), have an instant in common.

#include <algorithm>

#include "function/scalar/moment.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

// A span's ends in microseconds, nanoseconds or, for times, microseconds of the day; empty when NULL.
class SpanReader {
 public:
  SpanReader(const Column& column, const StatementContext& statement)
      : view_(column), starts_(*view_.base().child(0)), ends_(*view_.base().child(1)) {
    const Type& type = column.type().child(0);
    if (!type.is(TypeKind::kTime)) codec_.emplace(type, statement);
  }

  struct Span {
    std::optional<int64_t> start, end;
  };
  Span Read(size_t row) {
    Span span;
    if (view_.IsNull(row)) return span;
    const size_t slot = view_.Index(row);
    if (starts_.IsValid(slot)) span.start = InstantAt(starts_, slot);
    if (ends_.IsNull(slot)) return span;
    if (!ends_.base().type().is(TypeKind::kInterval)) {
      span.end = InstantAt(ends_, slot);
    } else if (span.start.has_value()) {
      const Interval interval = ends_.At<Interval>(slot);
      if (!codec_.has_value()) {
        span.end = FloorMod(*span.start + interval.micros, kMicrosPerDay);
      } else if (codec_->is_date()) {
        // Dates count in days here; the rest of the interval does not reach another day's start.
        int64_t days = AddMonthsToDays(*span.start, interval.months) + interval.days;
        days += FloorDiv(interval.micros, kMicrosPerDay);
        span.end = days;
      } else {
        span.end = AddInterval(*codec_, *span.start, interval);
      }
    }
    return span;
  }

 private:
  ColumnView view_, starts_, ends_;
  std::optional<MomentCodec> codec_;
};

// The SQL standard's rules with NULLs: known ends may decide alone.
std::optional<bool> Overlap(SpanReader::Span a, SpanReader::Span b) {
  const auto order = [](SpanReader::Span& span) {
    if (!span.start.has_value()) std::swap(span.start, span.end);
    if (span.start.has_value() && span.end.has_value() && *span.end < *span.start) std::swap(span.start, span.end);
  };
  order(a);
  order(b);
  if (!a.start.has_value() || !b.start.has_value()) return std::nullopt;
  if (*a.start == *b.start) {
    return a.end.has_value() && b.end.has_value() ? std::optional(true) : std::nullopt;
  }
  if (*a.start > *b.start) std::swap(a, b);
  // a starts first: they overlap when b starts before a ends.
  if (!a.end.has_value()) return std::nullopt;
  if (*b.start < *a.end) return true;
  return b.end.has_value() ? std::optional(false) : std::nullopt;
}

// Both sides are (t, t) or (t, interval) of one date/time type t.
ResolvedCall ResolveOverlaps(std::span<const Type> types, std::span<const std::optional<Value>>) {
  const auto bad = [&] {
    return Error::User(sqlstate::kUndefinedFunction,
                       "OVERLAPS needs (start, end) or (start, length) of one type: {} and {}", types[0].Name(),
                       types[1].Name());
  };
  for (const Type& type : types) {
    if (type.child_count() != 2) throw bad();
  }
  const Type time = types[0].child(0).is(TypeKind::kUnknown) ? types[1].child(0) : types[0].child(0);
  if (!time.is(TypeKind::kDate) && !time.is(TypeKind::kTime) && !time.is_timestamp()) throw bad();
  ResolvedCall call;
  call.result_type = TypeKind::kBoolean;
  for (const Type& type : types) {
    const bool length = type.child(1).is(TypeKind::kInterval);
    call.argument_types.push_back(
        Type::Struct({{type.fields()[0].name, time}, {type.fields()[1].name, length ? type.child(1) : time}}));
  }
  return call;
}

}  // namespace

void RegisterOverlaps(Registry& registry) {
  Family family(registry, "date/time");
  family.Add(
      "overlaps", "Whether two spans, (start, end) or (start, length), have an instant in common.",
      "overlaps(row(date '2001-02-16', date '2001-12-21'), row(date '2001-10-30', date '2002-10-30'))", "t",
      {Resolving(
          SeesNulls(Stable(Partial({TypePattern::Kind::kAnyStruct, TypePattern::Kind::kAnyStruct}, TypeKind::kBoolean,
                                   [](const KernelArgs& args) {
                                     SpanReader a(*args.columns[0], args.context.statement());
                                     SpanReader b(*args.columns[1], args.context.statement());
                                     FlatWriter<uint8_t> out(args.result_type, args.size);
                                     ForEachRow(args, [&](size_t row) {
                                       out.Set(row, 0);
                                       const std::optional<bool> overlap = Overlap(a.Read(row), b.Read(row));
                                       out.Set(row, overlap.value_or(false) ? 1 : 0);
                                       if (!overlap.has_value()) out.SetNull(row);
                                     });
                                     return out.Finish();
                                   }))),
          ResolveOverlaps)});
}

}  // namespace weir
