// Functions over enums, and their casts from and to text.

#include "function/scalar/cast.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

ColumnPtr FromText(const KernelArgs& args) {
  const Type& type = args.result_type;
  FlatWriter<int32_t> writer(type, args.size);
  const ColumnView view(*args.columns[0]);
  args.rows.ForEach([&](size_t row) { writer.Set(row, 0); });
  ForEachRow(args, [&](size_t row) { writer.Set(row, ParseEnum(view.At<StringRef>(row).view(), type)); });
  return writer.Finish();
}

ColumnPtr ToText(const KernelArgs& args) {
  const auto labels = args.columns[0]->type().labels();
  const size_t characters = args.result_type.max_length();
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  args.rows.ForEach([&](size_t row) {
    const std::string& label = labels[static_cast<size_t>(view.At<int32_t>(row))].text;
    writer.SetString(row, characters == 0 ? std::string_view(label)
                                          : std::string_view(label).substr(0, OffsetOfCharacter(label, characters)));
  });
  return writer.Finish();
}

// enum_first and enum_last: only the type of the argument counts.
template <bool kLast>
ColumnPtr Extreme(const KernelArgs& args) {
  const auto labels = args.result_type.labels();
  if (labels.empty()) {
    throw Error::User(sqlstate::kObjectNotInPrerequisiteState, "enum {} contains no values",
                      args.result_type.enum_name());
  }
  const auto position = kLast ? static_cast<int64_t>(labels.size()) - 1 : 0;
  return Column::Constant(Value::Integer(args.result_type, position), args.size);
}

Value Range(const Type& list, int64_t first, int64_t last) {
  std::vector<Value> parts;
  for (int64_t i = first; i <= last; ++i) parts.push_back(Value::Integer(list.element(), i));
  return Value::Nested(list, std::move(parts));
}

ColumnPtr WholeRange(const KernelArgs& args) {
  const auto count = static_cast<int64_t>(args.result_type.element().labels().size());
  return Column::Constant(Range(args.result_type, 0, count - 1), args.size);
}

// A NULL leaves its side open.
ColumnPtr RangeBetween(const KernelArgs& args) {
  const ColumnView from(*args.columns[0]), to(*args.columns[1]);
  const auto count = static_cast<int64_t>(args.result_type.element().labels().size());
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const int64_t first = from.IsNull(row) ? 0 : from.At<int32_t>(row);
    const int64_t last = to.IsNull(row) ? count - 1 : to.At<int32_t>(row);
    out.AppendValue(Range(args.result_type, first, last));
  });
}

}  // namespace

void RegisterEnumFunctions(Registry& registry) {
  registry.AddCast(TypeKind::kVarchar, TypeKind::kEnum, CastRule::kExplicit,
                   [](const Type&, const Type&) { return CastKernel(FromText); });
  registry.AddCast(TypeKind::kEnum, TypeKind::kVarchar, CastRule::kAssignment,
                   [](const Type&, const Type&) { return CastKernel(ToText); });
  Family family(registry, "enum");
  constexpr auto kEnum = TypePattern::Kind::kAnyEnum;
  constexpr auto kElement = TypePattern::Kind::kAnyElement;
  const TypeResolver to_list = ResultOf([](std::span<const Type> types) { return Type::List(types[0]); });
  family.Add("enum_first", "The first value of the argument's enum.", "", "",
             {SeesNulls(Partial({kEnum}, kElement, Extreme<false>))});
  family.Add("enum_last", "The last value of the argument's enum.", "", "",
             {SeesNulls(Partial({kEnum}, kElement, Extreme<true>))});
  family.Add(
      "enum_range",
      "All values of the argument's enum in order, or those from the first to the second argument; NULL is open.", "",
      "",
      {SeesNulls(Resolving(Total({kEnum}, TypePattern::Kind::kAnyList, WholeRange), to_list)),
       SeesNulls(Resolving(Total({kEnum, kEnum}, TypePattern::Kind::kAnyList, RangeBetween), to_list))});
}

}  // namespace weir
