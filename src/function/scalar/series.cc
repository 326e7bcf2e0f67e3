// Series as lists: what generate_series is made of, besides that of integers (list_number.cc).

#include "expr/cast_rules.h"
#include "function/scalar/list_view.h"
#include "function/scalar/moment.h"
#include "function/scalar/register.h"
#include "types/decimal.h"

namespace weir {

namespace {

constexpr size_t kElementsMax = 10'000'000;

Error TooLong() {
  return Error::User(sqlstate::kProgramLimitExceeded, "list longer than {} elements", kElementsMax);
}

// (start, stop, step interval) over timestamps; months and days go by the calendar of the session's zone.
ColumnPtr TimeSeries(const KernelArgs& args) {
  const ColumnView starts(*args.columns[0]), stops(*args.columns[1]), steps(*args.columns[2]);
  const Type& type = args.columns[0]->type();
  MomentCodec codec(type, args.context.statement());
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const int64_t start = starts.At<int64_t>(row);
    const int64_t stop = stops.At<int64_t>(row);
    const Interval step = steps.At<Interval>(row);
    const auto direction = step.NormalizedMicros();
    if (direction == 0) throw Error::User(sqlstate::kInvalidParameterValue, "step size cannot equal zero");
    if (codec.is_infinite(start) || codec.is_infinite(stop)) {
      throw Error::User(sqlstate::kInvalidParameterValue, "series cannot have infinite bounds");
    }
    std::vector<int64_t> values;
    for (int64_t at = start; direction > 0 ? at <= stop : at >= stop; at = AddInterval(codec, at, step)) {
      if (values.size() == kElementsMax) throw TooLong();
      values.push_back(at);
    }
    for (const int64_t value : values) out.child(0).Append(value);
    out.CloseRow();
  });
}

// (start, stop [, step]) over numerics of one type.
ColumnPtr DecimalSeries(const KernelArgs& args) {
  std::vector<ColumnView> in;
  for (const ColumnPtr& column : args.columns) in.emplace_back(*column);
  const Type& type = args.result_type.element();
  const bool narrow = type.physical() == PhysicalType::kInt64;
  const auto at = [&](size_t i, size_t row) -> int128_t {
    if (narrow) return in[i].At<int64_t>(row);
    return in[i].At<int128_t>(row);
  };
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const int128_t stop = at(1, row);
    const int128_t step = in.size() > 2 ? at(2, row) : PowerOfTen(type.scale());
    if (step == 0) throw Error::User(sqlstate::kInvalidParameterValue, "step size cannot equal zero");
    std::vector<int128_t> values;
    for (int128_t value = at(0, row); step > 0 ? value <= stop : value >= stop;) {
      if (values.size() == kElementsMax) throw TooLong();
      values.push_back(value);
      if (__builtin_add_overflow(value, step, &value)) break;
    }
    for (const int128_t value : values) {
      if (narrow) {
        out.child(0).Append(static_cast<int64_t>(value));
      } else {
        out.child(0).Append(value);
      }
    }
    out.CloseRow();
  });
}

ResolvedCall ResolveDecimalSeries(std::span<const Type> types, std::span<const std::optional<Value>>) {
  // One more digit at least, so that a step of 1 can be written.
  Type common = types[0];
  for (const Type& type : types) common = UnifyDecimals(common, type);
  common = Type::Decimal(std::min(std::max(common.precision(), common.scale() + 1), Type::kDecimalPrecisionMax),
                         common.scale());
  return {std::vector<Type>(types.size(), common), Type::List(common)};
}

// generate_subscripts(list, dimension [, reverse])
ColumnPtr Subscripts(const KernelArgs& args) {
  const ColumnView dimensions(*args.columns[1]);
  const ColumnView reversed = args.columns.size() > 2 ? ColumnView(*args.columns[2]) : ColumnView();
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const Column* column = args.columns[0].get();
    size_t slot = row;
    uint32_t length = 0;
    for (int32_t dimension = dimensions.At<int32_t>(row); dimension > 0; --dimension) {
      length = 0;
      if (!column->type().is(TypeKind::kList)) break;
      const ColumnView view(*column);
      if (view.IsNull(slot)) break;
      const auto entry = view.At<ListEntry>(slot);
      length = entry.length;
      if (length == 0) break;
      column = view.base().child(0).get();
      slot = entry.offset;
    }
    const bool backwards = args.columns.size() > 2 && reversed.At<uint8_t>(row) != 0;
    for (uint32_t i = 0; i < length; ++i) {
      out.child(0).Append(static_cast<int32_t>(backwards ? length - i : i + 1));
    }
    out.CloseRow();
  });
}

ColumnPtr Dimensions(const KernelArgs& args) {
  FlatWriter<StringRef> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    std::string text;
    const Column* column = args.columns[0].get();
    size_t slot = row;
    while (column->type().is(TypeKind::kList)) {
      const ColumnView view(*column);
      if (view.IsNull(slot)) break;
      const auto entry = view.At<ListEntry>(slot);
      if (entry.length == 0) break;
      text += fmt::format("[1:{}]", entry.length);
      column = view.base().child(0).get();
      slot = entry.offset;
    }
    out.SetString(row, text);
    if (text.empty()) out.SetNull(row);
  });
  return out.Finish();
}

// (rows, clause): the number of rows that LIMIT or OFFSET asks for, checked.
ColumnPtr RowCount(const KernelArgs& args) {
  const ColumnView counts(*args.columns[0]), clauses(*args.columns[1]);
  FlatWriter<int64_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const int64_t count = counts.At<int64_t>(row);
    if (count < 0) {
      const std::string_view clause = clauses.At<StringRef>(row).view();
      throw Error::User(clause == "OFFSET" ? sqlstate::kInvalidRowCountInOffset : sqlstate::kInvalidRowCountInLimit,
                        "{} must not be negative", clause);
    }
    out.Set(row, count);
  });
  return out.Finish();
}

}  // namespace

void RegisterSeriesFunctions(Registry& registry) {
  Family family(registry, "list");
  std::vector<FunctionOverload> times;
  for (const TypeKind kind : kTimestampKinds) {
    times.push_back(ByZone(kind, Partial({kind, kind, TypeKind::kInterval}, Type::List(kind), TimeSeries)));
  }
  family.Add("array_generate", "", "", "", std::move(times));
  family.Add("row_count", "The number of rows that LIMIT or OFFSET says, checked.", "", "",
             {Partial({TypeKind::kInt64, TypeKind::kVarchar}, TypeKind::kInt64, RowCount)});
  const auto decimal = TypePattern::Kind::kDecimal;
  family.Add("array_generate", "", "", "",
             {Resolving(Partial({decimal, decimal}, TypePattern::Kind::kAnyList, DecimalSeries), ResolveDecimalSeries),
              Resolving(Partial({decimal, decimal, decimal}, TypePattern::Kind::kAnyList, DecimalSeries),
                        ResolveDecimalSeries)});
  constexpr TypePattern::Kind kList = TypePattern::Kind::kAnyList;
  family.Add("generate_subscripts", "The subscripts of a dimension of a list, in FROM as rows.",
             "generate_subscripts(ARRAY['a', 'b'], 1)", "{1,2}",
             {Total({kList, kInt}, Type::List(kInt), Subscripts),
              Total({kList, kInt, TypeKind::kBoolean}, Type::List(kInt), Subscripts)});
  family.Add("array_dims", "The bounds of a list's dimensions; NULL when empty.", "array_dims(ARRAY[[1, 2], [3, 4]])",
             "[1:2][1:2]", {Total({kList}, TypeKind::kVarchar, Dimensions)});
}

}  // namespace weir
