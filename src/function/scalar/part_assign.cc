// Values with another one in the place of a part: what UPDATE t SET a[1] = x, s.f = x, j['k'] = x writes.
#include <algorithm>
#include <charconv>

#include "base/json_text.h"
#include "function/scalar/json_kernel.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kList = TypePattern::Kind::kAnyList;
constexpr TypePattern::Kind kElement = TypePattern::Kind::kAnyElement;
// Of what a subscript far beyond the end would make.
constexpr int64_t kElementsMax = 134217727;

Error OutOfRange() {
  return Error::User(sqlstate::kArraySubscriptError, "array subscript out of range");
}

int64_t Place(const ColumnView& places, size_t row) {
  if (places.IsNull(row)) {
    throw Error::User(sqlstate::kNullValueNotAllowed, "array subscript in assignment must not be null");
  }
  const int64_t place = places.At<int64_t>(row);
  if (place > kElementsMax) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "array size exceeds the maximum allowed ({})", kElementsMax);
  }
  return place;
}

// (list, place, element): lists begin at 1, and grow with NULLs.
ColumnPtr WithElement(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView places(*args.columns[1]), values(*args.columns[2]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const int64_t place = Place(places, row);
    if (place < 1) throw OutOfRange();
    const ListEntry entry = lists.IsNull(row) ? ListEntry{} : lists.At(row);
    const int64_t length = std::max<int64_t>(entry.length, place);
    for (int64_t i = 1; i <= length; ++i) {
      if (i == place) {
        out.child(0).AppendRow(values.base(), values.Index(row));
      } else if (i <= static_cast<int64_t>(entry.length)) {
        lists.AppendElement(out.child(0), entry.offset + static_cast<uint32_t>(i - 1));
      } else {
        out.child(0).AppendNull();
      }
    }
    out.CloseRow();
  });
}

// (list, low, high, elements, low given, high given)
ColumnPtr WithSlice(const KernelArgs& args) {
  const ListView lists(*args.columns[0]), values(*args.columns[3]);
  const ColumnView lows(*args.columns[1]), highs(*args.columns[2]), has_low(*args.columns[4]),
      has_high(*args.columns[5]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.IsNull(row) ? ListEntry{} : lists.At(row);
    const bool from_low = has_low.At<uint8_t>(row) != 0, to_high = has_high.At<uint8_t>(row) != 0;
    const int64_t low = from_low ? Place(lows, row) : 1;
    const int64_t high = to_high ? Place(highs, row) : entry.length;
    if (values.IsNull(row)) {  // nothing to put there
      if (lists.IsNull(row)) return out.AppendNull();
      lists.AppendAll(out.child(0), row);
      return out.CloseRow();
    }
    if (entry.length == 0 && (!from_low || !to_high)) {
      throw Error(Error::User(sqlstate::kArraySubscriptError, "array slice subscript must provide both boundaries"))
          .WithDetail("When assigning to a slice of an empty array value, slice boundaries must be fully specified.");
    }
    if (low > high) {
      throw Error::User(sqlstate::kArraySubscriptError, "upper bound cannot be less than lower bound");
    }
    if (low < 1) throw OutOfRange();
    const ListEntry source = values.At(row);
    if (source.length < high - low + 1) throw Error::User(sqlstate::kArraySubscriptError, "source array too small");
    const int64_t length = std::max<int64_t>(entry.length, high);
    for (int64_t i = 1; i <= length; ++i) {
      if (i >= low && i <= high) {
        values.AppendElement(out.child(0), source.offset + static_cast<uint32_t>(i - low));
      } else if (i <= static_cast<int64_t>(entry.length)) {
        lists.AppendElement(out.child(0), entry.offset + static_cast<uint32_t>(i - 1));
      } else {
        out.child(0).AppendNull();
      }
    }
    out.CloseRow();
  });
}

size_t FieldNamed(const Type& type, const std::optional<Value>& name) {
  const auto fields = type.fields();
  for (size_t i = 0; i < fields.size() && name.has_value(); ++i) {
    if (fields[i].name == name->bytes()) return i;
  }
  throw Error::User(sqlstate::kUndefinedColumn, "no such field of {}", type.ToString());
}

// (struct, constant name, value): the other fields of a NULL are NULL.
ColumnPtr WithField(const KernelArgs& args) {
  const ColumnView rows(*args.columns[0]), names(*args.columns[1]), values(*args.columns[2]);
  if (args.size == 0) return Column::Empty(args.result_type);
  const size_t field = FieldNamed(args.result_type, names.base().GetValue(names.Index(0)));
  std::vector<ColumnView> fields;
  for (size_t i = 0; i < args.result_type.child_count(); ++i) fields.emplace_back(*rows.base().child(i));
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i == field) {
        out.child(i).AppendRow(values.base(), values.Index(row));
      } else if (rows.IsNull(row)) {
        out.child(i).AppendNull();
      } else {
        out.child(i).AppendRow(fields[i].base(), fields[i].Index(rows.Index(row)));
      }
    }
    out.CloseRow();
  });
}

ResolvedCall ResolveWithField(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  return {{types[0], types[1], types[0].child(FieldNamed(types[0], constants[1]))}, types[0]};
}

// The place of an array that a key means, from the end when negative.
int64_t PlaceOf(std::string_view key, uint32_t count) {
  int64_t place = 0;
  const auto [end, failure] = std::from_chars(key.data(), key.data() + key.size(), place);
  if (failure != std::errc() || end != key.data() + key.size()) {
    throw Error::User(sqlstate::kInvalidTextRepresentation, "path element at position 1 is not an integer: \"{}\"",
                      key);
  }
  if (place < 0) place += count;
  if (place < 0) {
    throw Error::User(sqlstate::kInvalidParameterValue, "path element at position 1 is out of range: {}", key);
  }
  if (place > kElementsMax) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "array size exceeds the maximum allowed ({})", kElementsMax);
  }
  return place;
}

// (jsonb, key, value, whether the key is a number): what is not there is made, an array filled up with nulls.
ColumnPtr WithJsonPart(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), keys(*args.columns[1]), values(*args.columns[2]), indices(*args.columns[3]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    if (keys.IsNull(row)) {
      throw Error::User(sqlstate::kNullValueNotAllowed, "jsonb subscript in assignment must not be null");
    }
    const std::string_view key = TextAt(keys, row);
    const std::string value = values.IsNull(row) ? "null" : std::string(TextAt(values, row));
    const bool is_index = indices.At<uint8_t>(row) != 0;
    const JsonDocument document(texts.IsNull(row) ? (is_index ? "[]" : "{}") : TextAt(texts, row));
    const JsonDocument::Node& root = document.root();
    if (!root.is_container()) {
      throw Error(Error::User(sqlstate::kInvalidParameterValue, "cannot replace existing key"))
          .WithDetail("The path assumes key is a composite object, but it is a scalar value.");
    }
    const bool is_array = root.kind == JsonDocument::Kind::kArray;
    std::string text(1, is_array ? '[' : '{');
    const auto begin = [&] {
      if (text.size() > 1) text += ", ";
    };
    if (is_array) {
      const int64_t place = PlaceOf(key, root.count);
      int64_t i = 0;
      document.ForEachElement(root, [&](const JsonDocument::Node& child) {
        begin();
        text += i++ == place ? std::string_view(value) : child.text;
      });
      for (; i <= place; ++i) {
        begin();
        text += i == place ? value : "null";
      }
    } else {
      document.ForEachField(root, [&](const JsonDocument::Node& name, const JsonDocument::Node& child) {
        begin();
        text += name.text;
        text += ": ";
        text += child.text;
      });
      // Of equal keys the last one counts.
      begin();
      AppendJsonString(key, text);
      text += ": ";
      text += value;
    }
    text += is_array ? ']' : '}';
    out.SetString(row, NormalizeJsonb(text));
  });
  return out.Finish();
}

}  // namespace

void RegisterPartAssignment(Registry& registry) {
  Family lists(registry, "list");
  lists.Add("array_with", "The list with an element at a place, filled up with NULL: UPDATE t SET a[i] = x.",
            "array_with(ARRAY[1, 2], 4, 9)", "{1,2,NULL,9}",
            {SeesNulls(Partial({kList, kLong, kElement}, kList, WithElement))});
  lists.Add(
      "array_with_slice",
      "The list with elements from a place to another one: UPDATE t SET a[i:j] = b. The last arguments say whether "
      "the places are given.",
      "array_with_slice(ARRAY[1, 2, 3], 2, 3, ARRAY[8, 9], true, true)", "{1,8,9}",
      {SeesNulls(Partial({kList, kLong, kLong, kList, kBool, kBool}, kList, WithSlice))});
  Family structs(registry, "struct");
  FunctionOverload field =
      SeesNulls(Total({TypePattern::Kind::kAnyStruct, kText, TypePattern::Kind::kAny}, TypeKind::kUnknown, WithField));
  field.resolve = ResolveWithField;
  structs.Add("struct_with", "The struct with another value of a field: UPDATE t SET s.f = x.",
              "struct_with(named_struct('a', 1, 'b', 2), 'b', 3)", "(1,3)", {std::move(field)});
  Family json(registry, "json");
  json.Add("jsonb_with",
           "The value with another one at a key or place, made where nothing is: UPDATE t SET j['k'] = x.",
           "jsonb_with('{\"a\": 1}', 'b', '2', false)", "{\"a\": 1, \"b\": 2}",
           {SeesNulls(Partial({Type::Jsonb(), kText, Type::Jsonb(), kBool}, Type::Jsonb(), WithJsonPart))});
}

}  // namespace weir
