// Lists of lists, lists side by side, and places in lists.

#include <algorithm>
#include <numeric>

#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kList = TypePattern::Kind::kAnyList;
constexpr TypePattern::Kind kElement = TypePattern::Kind::kAnyElement;

ColumnPtr Flatten(const KernelArgs& args) {
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    std::vector<Value> parts;
    const Value lists = args.columns[0]->GetValue(row);
    for (const Value& inner : lists.parts()) {
      if (!inner.is_null()) parts.insert(parts.end(), inner.parts().begin(), inner.parts().end());
    }
    out.AppendValue(Value::Nested(args.result_type, std::move(parts)));
  });
}

ResolvedCall ResolveFlatten(std::span<const Type> types, std::span<const std::optional<Value>>) {
  if (!types[0].is(TypeKind::kList) || !types[0].element().is(TypeKind::kList)) {
    throw Error::User(sqlstate::kDatatypeMismatch, "array_flatten takes a list of lists, not {}", types[0].ToString());
  }
  return {{types[0]}, types[0].element()};
}

// Lists of one length or not: what a shorter one lacks is NULL.
ColumnPtr Zip(const KernelArgs& args) {
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    std::vector<Value> lists;
    size_t longest = 0;
    for (const ColumnPtr& column : args.columns) {
      lists.push_back(column->GetValue(row));
      longest = std::max(longest, lists.back().parts().size());
    }
    const Type& record = args.result_type.element();
    std::vector<Value> rows;
    for (size_t i = 0; i < longest; ++i) {
      std::vector<Value> fields;
      fields.reserve(lists.size());
      for (size_t k = 0; k < lists.size(); ++k) {
        fields.push_back(i < lists[k].parts().size() ? lists[k].parts()[i] : Value::Null(record.fields()[k].type));
      }
      rows.push_back(Value::Nested(record, std::move(fields)));
    }
    out.AppendValue(Value::Nested(args.result_type, std::move(rows)));
  });
}

ResolvedCall ResolveZip(std::span<const Type> types, std::span<const std::optional<Value>>) {
  std::vector<Field> fields;
  for (size_t i = 0; i < types.size(); ++i) {
    if (!types[i].is(TypeKind::kList)) {
      throw Error::User(sqlstate::kDatatypeMismatch, "arrays_zip takes lists, not {}", types[i].ToString());
    }
    fields.push_back({fmt::format("f{}", i + 1), types[i].element()});
  }
  return {{types.begin(), types.end()}, Type::List(Type::Struct(std::move(fields)))};
}

// Where a value is in a sorted list, from 1; 0 when it is not.
ColumnPtr BinarySearch(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView values(*args.columns[1]);
  FlatWriter<int32_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const ListEntry entry = lists.At(row);
    uint32_t low = 0, high = entry.length;
    const auto order = [&](uint32_t i) {
      if (lists.IsNullElement(entry.offset + i)) return 1;
      return CompareSlots(lists.elements().base(), lists.elements().Index(entry.offset + i), values.base(),
                          values.Index(row));
    };
    while (low < high) {
      const uint32_t middle = low + (high - low) / 2;
      if (order(middle) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    out.Set(row, low < entry.length && order(low) == 0 ? static_cast<int32_t>(low + 1) : 0);
  });
  return out.Finish();
}

// Whether the second list is in the first, its elements one after the other.
ColumnPtr ContainsSequence(const KernelArgs& args) {
  const ListView lists(*args.columns[0]), parts(*args.columns[1]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const ListEntry list = lists.At(row), part = parts.At(row);
    bool found = part.length == 0;
    for (uint32_t i = 0; !found && i + part.length <= list.length; ++i) {
      uint32_t k = 0;
      while (k < part.length && lists.Compare(list.offset + i + k, parts, part.offset + k) == 0) ++k;
      found = k == part.length;
    }
    out.Set(row, found ? 1 : 0);
  });
  return out.Finish();
}

// Cut or filled up to a length, with NULL or a value.
ColumnPtr Resize(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView sizes(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (lists.IsNull(row) || sizes.IsNull(row)) {
      out.AppendNull();
      return;
    }
    constexpr int64_t kElementsMax = 10'000'000;
    const int64_t size = sizes.At<int64_t>(row);
    if (size < 0 || size > kElementsMax) {
      throw Error::User(sqlstate::kInvalidParameterValue, "a list cannot be resized to {} elements", size);
    }
    std::vector<Value> parts = args.columns[0]->GetValue(row).parts();
    const Type& element = args.result_type.element();
    parts.resize(static_cast<size_t>(size),
                 args.columns.size() > 2 ? args.columns[2]->GetValue(row) : Value::Null(element));
    out.AppendValue(Value::Nested(args.result_type, std::move(parts)));
  });
}

// The places of the elements in the order of their values.
ColumnPtr GradeUp(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    std::vector<uint32_t> places(entry.length);
    std::iota(places.begin(), places.end(), uint32_t{0});
    std::sort(places.begin(), places.end(), [&](uint32_t a, uint32_t b) {
      const int order = lists.Compare(entry.offset + a, lists, entry.offset + b);
      return order != 0 ? order < 0 : a < b;
    });
    for (const uint32_t place : places) out.child(0).AppendValue(Value::Int64(place + 1));
    out.CloseRow();
  });
}

}  // namespace

void RegisterListShapeFunctions(Registry& registry) {
  Family family(registry, "list");
  family.Add({"array_flatten", {"flatten"}}, "The elements of the lists in a list.",
             "array_flatten(ARRAY[ARRAY[1, 2], ARRAY[3]])", "{1,2,3}",
             {Resolving(Total({TypePattern::Kind::kAny}, kLong, Flatten), ResolveFlatten)});
  family.Add({"arrays_zip", {"list_zip", "array_zip"}}, "The elements of lists side by side, as structs.",
             "arrays_zip(ARRAY[1, 2], ARRAY['a', 'b'])", "{\"(1,a)\",\"(2,b)\"}",
             {Variadic(Resolving(Total({TypePattern::Kind::kAny}, kLong, Zip), ResolveZip))});
  family.Add("array_binary_search", "Where a value is in a sorted list, from 1; 0 when it is not.",
             "array_binary_search(ARRAY[1, 3, 5], 3)", "2", {Total({kList, kElement}, kInt, BinarySearch)});
  family.Add("array_contains_seq", "Whether the second list is a part of the first.",
             "array_contains_seq(ARRAY[1, 2, 3], ARRAY[2, 3])", "t",
             {Total({kList, kList}, TypeKind::kBoolean, ContainsSequence)});
  family.Add(
      {"list_resize", {"array_resize"}}, "The list cut or filled up to a length, with NULL or a value.",
      "list_resize(ARRAY[1, 2, 3], 5, 0)", "{1,2,3,0,0}",
      {SeesNulls(Partial({kList, kLong}, kList, Resize)), SeesNulls(Partial({kList, kLong, kElement}, kList, Resize))});
  family.Add({"list_grade_up", {"array_grade_up"}}, "The places of the elements in the order of their values.",
             "list_grade_up(ARRAY[30, 10, 20])", "{2,3,1}", {Total({kList}, Type::List(kLong), GradeUp)});
}

}  // namespace weir
