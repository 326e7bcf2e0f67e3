#include <charconv>
#include <string>

#include "function/scalar/cast.h"
#include "function/scalar/kernel.h"
#include "types/jsonb.h"
#include "types/text.h"

// Casts to and from text, by the text input and output of each type.

namespace weir {

namespace {

// The first `characters` of UTF-8 text.
std::string_view Prefix(std::string_view text, size_t characters) {
  if (text.size() <= characters) return text;
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (seen++ == characters) return text.substr(0, i);
  }
  return text;
}

StringRef PrefixRef(const StringRef& text, size_t characters) {
  if (characters == 0 || text.size() <= characters) return text;
  return StringRef(Prefix(text.view(), characters));
}

// Slices of the source's strings, which stay alive with the result.
ColumnPtr CutText(const KernelArgs& args) {
  const size_t characters = args.result_type.max_length();
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  writer.AddOwners(view.base().owners());
  args.rows.ForEach([&](size_t row) { writer.Set(row, PrefixRef(view.At<StringRef>(row), characters)); });
  return writer.Finish();
}

ColumnPtr TextOf(const KernelArgs& args) {
  const size_t characters = args.result_type.max_length();
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  const TextOptions options = TextOptionsOf(args.context.statement());
  std::string text;
  args.rows.ForEach([&](size_t row) {
    text.clear();
    AppendColumnText(view, row, options, text);
    writer.SetString(row, characters == 0 ? std::string_view(text) : Prefix(text, characters));
  });
  return writer.Finish();
}

template <typename T>
ColumnPtr IntegerText(const KernelArgs& args) {
  const size_t characters = args.result_type.max_length();
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  args.rows.ForEach([&](size_t row) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof(digits), view.At<T>(row)).ptr;
    const std::string_view text(digits, static_cast<size_t>(end - digits));
    writer.SetString(row, characters == 0 ? text : Prefix(text, characters));
  });
  return writer.Finish();
}

ColumnPtr BooleanText(const KernelArgs& args) {
  const size_t characters = args.result_type.max_length();
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  // The cast spells it out, unlike the output of a boolean.
  args.rows.ForEach([&](size_t row) {
    const std::string_view text = view.At<uint8_t>(row) != 0 ? "true" : "false";
    writer.SetString(row, characters == 0 ? text : Prefix(text, characters));
  });
  return writer.Finish();
}

// parse(text, options) gives the value of one row, or throws.
template <typename R, typename Parse>
CastKernel Parsing(Parse parse) {
  return [parse](const KernelArgs& args) {
    FlatWriter<R> writer(args.result_type, args.size);
    const ColumnView view(*args.columns[0]);
    const TextOptions options = TextOptionsOf(args.context.statement());
    args.rows.ForEach([&](size_t row) { writer.Set(row, R{}); });
    ForEachRow(args,
               [&](size_t row) { writer.Set(row, static_cast<R>(parse(view.At<StringRef>(row).view(), options))); });
    return writer.Finish();
  };
}

CastKernel ParsingInteger(const Type& to) {
  const auto parse = [to](std::string_view text, const TextOptions&) { return ParseInteger(text, to); };
  switch (to.kind()) {
    case TypeKind::kInt8:
      return Parsing<int8_t>(parse);
    case TypeKind::kInt16:
      return Parsing<int16_t>(parse);
    case TypeKind::kInt32:
      return Parsing<int32_t>(parse);
    case TypeKind::kInt64:
      return Parsing<int64_t>(parse);
    default:
      return Parsing<int128_t>(parse);
  }
}

ColumnPtr ParseBytes(const KernelArgs& args) {
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  ForEachRow(args, [&](size_t row) { writer.SetString(row, ParseBytea(view.At<StringRef>(row).view())); });
  return writer.Finish();
}

ColumnPtr ParseJson(const KernelArgs& args) {
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  writer.AddOwners(view.base().owners());
  ForEachRow(args, [&](size_t row) {
    const StringRef text = view.At<StringRef>(row);
    if (args.result_type.is_jsonb()) {
      writer.SetString(row, NormalizeJsonb(text.view()));
      return;
    }
    ValidateJson(text.view());
    writer.Set(row, text);
  });
  return writer.Finish();
}

// Between json and jsonb.
CastKernel JsonToJson(const Type&, const Type& to) {
  if (to.is_jsonb()) return ParseJson;
  return [](const KernelArgs& args) { return Column::Reinterpret(args.columns[0], args.result_type); };
}

ColumnPtr ParseAny(const KernelArgs& args) {
  const ColumnView view(*args.columns[0]);
  const TextOptions options = TextOptionsOf(args.context.statement());
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    out.AppendValue(ParseValue(args.result_type, view.At<StringRef>(row).view(), options));
  });
}

CastKernel FromText(const Type&, const Type& to) {
  switch (to.kind()) {
    case TypeKind::kBoolean:
      return Parsing<uint8_t>([](std::string_view text, const TextOptions&) { return ParseBoolean(text); });
    case TypeKind::kFloat:
      return Parsing<float>([to](std::string_view text, const TextOptions&) { return ParseDouble(text, to); });
    case TypeKind::kDouble:
      return Parsing<double>([to](std::string_view text, const TextOptions&) { return ParseDouble(text, to); });
    case TypeKind::kDecimal: {
      const auto parse = [to](std::string_view text, const TextOptions&) {
        return ParseDecimal(text, to.precision(), to.scale());
      };
      return to.physical() == PhysicalType::kInt64 ? Parsing<int64_t>(parse) : Parsing<int128_t>(parse);
    }
    case TypeKind::kDate:
      return Parsing<int32_t>([](std::string_view text, const TextOptions& o) { return ParseDate(text, o); });
    case TypeKind::kTime:
      return Parsing<int64_t>([](std::string_view text, const TextOptions& o) { return ParseTime(text, o); });
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
      return Parsing<int64_t>([nanos = to.is_timestamp_ns()](std::string_view text, const TextOptions& o) {
        return ParseTimestamp(text, nanos, o);
      });
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampTzNs:
      return Parsing<int64_t>([nanos = to.is_timestamp_ns()](std::string_view text, const TextOptions& o) {
        return ParseTimestampTz(text, nanos, o);
      });
    case TypeKind::kInterval:
      return Parsing<Interval>([](std::string_view text, const TextOptions&) { return ParseInterval(text); });
    case TypeKind::kUuid:
      return Parsing<int128_t>([](std::string_view text, const TextOptions&) { return ParseUuid(text); });
    case TypeKind::kVarbinary:
      return ParseBytes;
    case TypeKind::kJson:
      return ParseJson;
    case TypeKind::kVarchar:
      return CutText;
    case TypeKind::kList:
    case TypeKind::kStruct:
    case TypeKind::kMap:
      return ParseAny;
    default:
      return ParsingInteger(to);
  }
}

CastKernel ToText(const Type& from, const Type&) {
  switch (from.kind()) {
    case TypeKind::kBoolean:
      return BooleanText;
    case TypeKind::kJson:
      return CutText;
    case TypeKind::kInt8:
      return IntegerText<int8_t>;
    case TypeKind::kInt16:
      return IntegerText<int16_t>;
    case TypeKind::kInt32:
      return IntegerText<int32_t>;
    case TypeKind::kInt64:
      return IntegerText<int64_t>;
    default:
      return TextOf;
  }
}

// Storing into varchar(n): too long is an error, but spaces past the end are dropped.
ColumnPtr CheckLength(const KernelArgs& args) {
  const size_t characters = args.result_type.max_length();
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  writer.AddOwners(view.base().owners());
  args.rows.ForEach([&](size_t row) {
    const StringRef text = view.At<StringRef>(row);
    const StringRef cut = PrefixRef(text, characters);
    writer.Set(row, cut);
    if (text.view().find_first_not_of(' ', cut.size()) != std::string_view::npos) {
      args.context.Fail(row, Error::User(sqlstate::kStringDataRightTruncation, "value too long for type {}",
                                         args.result_type.ToString()));
    }
  });
  return writer.Finish();
}

}  // namespace

void RegisterTextCasts(Registry& registry) {
  for (const TypeKind kind :
       {TypeKind::kBoolean,     TypeKind::kInt8,        TypeKind::kInt16,         TypeKind::kInt32,
        TypeKind::kInt64,       TypeKind::kInt128,      TypeKind::kFloat,         TypeKind::kDouble,
        TypeKind::kDecimal,     TypeKind::kDate,        TypeKind::kTime,          TypeKind::kTimestamp,
        TypeKind::kTimestampTz, TypeKind::kTimestampNs, TypeKind::kTimestampTzNs, TypeKind::kInterval,
        TypeKind::kVarbinary,   TypeKind::kUuid,        TypeKind::kJson,          TypeKind::kList,
        TypeKind::kStruct,      TypeKind::kMap}) {
    registry.AddCast(kind, TypeKind::kVarchar, CastRule::kAssignment, ToText);
    registry.AddCast(TypeKind::kVarchar, kind, CastRule::kExplicit, FromText);
  }
  registry.AddCast(TypeKind::kVarchar, TypeKind::kVarchar, CastRule::kImplicit, FromText);
  registry.AddCast(TypeKind::kJson, TypeKind::kJson, CastRule::kImplicit, JsonToJson);
  Family family(registry, "string");
  family.Add("check_varchar_length",
             "The text, unless it is longer than a column of type varchar(n) takes; what INSERT applies.",
             "check_varchar_length('abc', 5)", "abc",
             {Partial({TypeKind::kVarchar, TypeKind::kInt64}, TypeKind::kVarchar, CheckLength)});
}

}  // namespace weir
