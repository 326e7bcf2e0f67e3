// to_char, to_timestamp, to_date and to_number with PostgreSQL's template patterns.

#include <memory>

#include "function/scalar/datetime_template.h"
#include "function/scalar/number_template.h"
#include "function/scalar/register.h"
#include "types/decimal.h"

namespace weir {

namespace {

// The compiled pattern of a row: kept as long as it stays the same.
template <typename T>
class TemplateCache {
 public:
  const T& Get(std::string_view pattern) {
    if (compiled_ == nullptr || pattern != pattern_) {
      compiled_.reset();
      compiled_ = std::make_unique<T>(pattern);
      pattern_ = pattern;
    }
    return *compiled_;
  }

 private:
  std::unique_ptr<T> compiled_;
  std::string pattern_;
};

std::string_view TextAt(const ColumnView& view, size_t row) {
  return view.values<StringRef>()[view.Index(row)].view();
}

ColumnPtr InstantToChar(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]), patterns(*args.columns[1]);
  MomentCodec codec(args.columns[0]->type(), args.context.statement());
  TemplateCache<DateTimeTemplate> cache;
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  ForEachRow(args, [&](size_t row) {
    const int64_t value = InstantAt(values, row);
    const std::string_view pattern = TextAt(patterns, row);
    if (codec.is_infinite(value) || pattern.empty()) {
      out.SetNull(row);
      return;
    }
    DateTimeTemplate::Parts parts = DateTimeTemplate::PartsOf(codec.Read(value));
    if (codec.zone() != nullptr) {
      parts.has_zone = true;
      parts.zone = codec.zone()->AbbreviationAt(FloorDiv(value, codec.is_nanos() ? kNanosPerSecond : kMicrosPerSecond));
    }
    text.clear();
    cache.Get(pattern).Append(parts, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

ColumnPtr IntervalToChar(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]), patterns(*args.columns[1]);
  const bool is_time = args.columns[0]->type().is(TypeKind::kTime);
  TemplateCache<DateTimeTemplate> cache;
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  ForEachRow(args, [&](size_t row) {
    const Interval interval = is_time ? Interval{0, 0, values.At<int64_t>(row)} : values.At<Interval>(row);
    text.clear();
    cache.Get(TextAt(patterns, row)).Append(DateTimeTemplate::PartsOf(interval), text);
    out.SetString(row, text);
  });
  return out.Finish();
}

template <typename DigitsOf>
ColumnPtr NumberToChar(const KernelArgs& args, DigitsOf digits_of) {
  const ColumnView patterns(*args.columns[1]);
  TemplateCache<NumberTemplate> cache;
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  ForEachRow(args, [&](size_t row) {
    const NumberTemplate& pattern = cache.Get(TextAt(patterns, row));
    text.clear();
    pattern.Append(digits_of(pattern, row), text);
    out.SetString(row, text);
  });
  return out.Finish();
}

ColumnPtr IntegerToChar(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  return NumberToChar(args, [&](const NumberTemplate& pattern, size_t row) {
    return pattern.DigitsOf(static_cast<int128_t>(values.At<int64_t>(row)), 0);
  });
}

ColumnPtr DecimalToChar(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  const Type& type = args.columns[0]->type();
  const bool small = type.physical() == PhysicalType::kInt64;
  return NumberToChar(args, [&](const NumberTemplate& pattern, size_t row) {
    return pattern.DigitsOf(small ? values.At<int64_t>(row) : values.At<int128_t>(row), type.scale());
  });
}

ColumnPtr DoubleToChar(const KernelArgs& args) {
  const ColumnView values(*args.columns[0]);
  return NumberToChar(
      args, [&](const NumberTemplate& pattern, size_t row) { return pattern.DigitsOf(values.At<double>(row)); });
}

// to_timestamp(text, pattern), to_date(text, pattern)
ColumnPtr TextToInstant(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), patterns(*args.columns[1]);
  MomentCodec codec(args.result_type, args.context.statement());
  TemplateCache<DateTimeTemplate> cache;
  InstantWriter out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    bool has_offset = false;
    const Moment moment = cache.Get(TextAt(patterns, row)).Parse(TextAt(texts, row), has_offset);
    out.Set(row, has_offset && !codec.is_date() ? codec.WriteAtOffset(moment) : codec.Write(moment));
  });
  return out.Finish();
}

ColumnPtr ToNumber(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), patterns(*args.columns[1]);
  const int scale = args.result_type.scale();
  TemplateCache<NumberTemplate> cache;
  FlatWriter<int128_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const NumberTemplate& pattern = cache.Get(TextAt(patterns, row));
    const std::optional<int128_t> value =
        DecimalRescale(pattern.Parse(TextAt(texts, row)), pattern.fraction_digits(), scale);
    if (!value.has_value()) throw Error::User(sqlstate::kNumericValueOutOfRange, "numeric field overflow");
    out.Set(row, *value);
  });
  return out.Finish();
}

// As many decimals as the constant pattern has.
ResolvedCall ResolveToNumber(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  constexpr int kScaleOfUnknown = 10;
  int scale = kScaleOfUnknown;
  if (constants[1].has_value() && !constants[1]->is_null()) {
    scale = std::min(NumberTemplate(constants[1]->bytes()).fraction_digits(), Type::kDecimalPrecisionMax);
  }
  return {{types.begin(), types.end()}, Type::Decimal(Type::kDecimalPrecisionMax, scale)};
}

}  // namespace

void RegisterTemplateFunctions(Registry& registry) {
  Family family(registry, "formatting");
  std::vector<FunctionOverload> to_char;
  for (const TypeKind kind : kTimestampKinds)
    to_char.push_back(ByZone(kind, Partial({kind, kText}, kText, InstantToChar)));
  to_char.push_back(Partial({TypeKind::kDate, kText}, kText, InstantToChar));
  to_char.push_back(Partial({TypeKind::kInterval, kText}, kText, IntervalToChar));
  to_char.push_back(Partial({TypeKind::kTime, kText}, kText, IntervalToChar));
  to_char.push_back(Partial({TypeKind::kInt64, kText}, kText, IntegerToChar));
  to_char.push_back(Partial({TypePattern::Kind::kDecimal, kText}, kText, DecimalToChar));
  to_char.push_back(Partial({TypeKind::kDouble, kText}, kText, DoubleToChar));
  family.Add("to_char", "A date, timestamp, interval or number as text by a template pattern.",
             "to_char(timestamp '2002-04-20 17:31:12.66', 'HH12:MI:SS')", "05:31:12", std::move(to_char));
  family.Add("to_timestamp", "", "", "", {Stable(Partial({kText, kText}, TypeKind::kTimestampTz, TextToInstant))});
  family.Add("to_date", "", "", "", {Partial({kText, kText}, TypeKind::kDate, TextToInstant)});
  family.Add("to_number", "The number that a text says by a template pattern.", "to_number('12,454.8-', '99G999D9S')",
             "-12454.8", {Resolving(Partial({kText, kText}, Type::Decimal(38, 10), ToNumber), ResolveToNumber)});
}

}  // namespace weir
