// Maps and structs.

#include <algorithm>
#include <bit>

#include "expr/comparison.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;
constexpr TypePattern::Kind kAnyList = TypePattern::Kind::kAnyList;
constexpr TypePattern::Kind kAnyMap = TypePattern::Kind::kAnyMap;
constexpr TypePattern::Kind kAnyStruct = TypePattern::Kind::kAnyStruct;
constexpr TypePattern::Kind kKey = TypePattern::Kind::kAnyElement;
constexpr TypePattern::Kind kValue = TypePattern::Kind::kAnyValue;

// A map column of any encoding: entries are slots of its key and value columns.
class MapView {
 public:
  explicit MapView(const Column& column)
      : maps_(column), keys_(*maps_.base().child(0)), values_(*maps_.base().child(1)) {}
  bool IsNull(size_t row) const { return maps_.IsNull(row); }
  ListEntry At(size_t row) const { return maps_.At<ListEntry>(row); }
  const ColumnView& keys() const { return keys_; }
  const ColumnView& values() const { return values_; }

  // The slot of a key equal to that of another column, or none.
  std::optional<uint32_t> Find(size_t row, const ColumnView& keys, size_t key_row) const {
    if (keys.IsNull(key_row)) return std::nullopt;
    const ListEntry entry = At(row);
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (keys_.IsValid(i) && CompareSlots(keys_.base(), keys_.Index(i), keys.base(), keys.Index(key_row)) == 0) {
        return i;
      }
    }
    return std::nullopt;
  }

 private:
  ColumnView maps_, keys_, values_;
};

void AppendSlot(ColumnBuilder& out, const ColumnView& view, size_t slot) {
  out.AppendRow(view.base(), view.Index(slot));
}

[[noreturn]] void ThrowDuplicateKey() {
  throw Error::User(sqlstate::kInvalidParameterValue, "map keys must be unique");
}

// map(keys, values)
ColumnPtr MakeMap(const KernelArgs& args) {
  const ListView keys(*args.columns[0]);
  const ListView values(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (keys.IsNull(row) || values.IsNull(row)) return out.AppendNull();
    const ListEntry key = keys.At(row), value = values.At(row);
    if (key.length != value.length) {
      throw Error::User(sqlstate::kInvalidParameterValue, "a map needs as many keys as values: {} and {}", key.length,
                        value.length);
    }
    for (uint32_t i = 0; i < key.length; ++i) {
      if (keys.IsNullElement(key.offset + i))
        throw Error::User(sqlstate::kNullValueNotAllowed, "map keys must not be NULL");
      for (uint32_t j = 0; j < i; ++j) {
        if (keys.Compare(key.offset + i, keys, key.offset + j) == 0) ThrowDuplicateKey();
      }
    }
    for (uint32_t i = 0; i < key.length; ++i) {
      keys.AppendElement(out.child(0), key.offset + i);
      values.AppendElement(out.child(1), value.offset + i);
    }
    out.CloseRow();
  });
}

// map(key, value, key, value, ...)
ColumnPtr MakeMapOfPairs(const KernelArgs& args) {
  std::vector<ColumnView> in;
  for (const ColumnPtr& column : args.columns) in.emplace_back(*column);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    for (size_t i = 0; i < in.size(); i += 2) {
      if (in[i].IsNull(row)) throw Error::User(sqlstate::kNullValueNotAllowed, "map keys must not be NULL");
      for (size_t j = 0; j < i; j += 2) {
        if (CompareSlots(in[i].base(), in[i].Index(row), in[j].base(), in[j].Index(row)) == 0) ThrowDuplicateKey();
      }
    }
    for (size_t i = 0; i < in.size(); i += 2) {
      AppendSlot(out.child(0), in[i], row);
      AppendSlot(out.child(1), in[i + 1], row);
    }
    out.CloseRow();
  });
}

// map_from_entries(list of structs of two fields)
ColumnPtr MapFromEntries(const KernelArgs& args) {
  const ListView entries(*args.columns[0]);
  const Column& structs = entries.elements().base();
  const ColumnView keys(*structs.child(0)), values(*structs.child(1));
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = entries.At(row);
    std::vector<size_t> slots;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (entries.IsNullElement(i)) continue;
      const size_t slot = entries.elements().Index(i);
      if (keys.IsNull(slot)) throw Error::User(sqlstate::kNullValueNotAllowed, "map keys must not be NULL");
      for (const size_t other : slots) {
        if (CompareSlots(keys.base(), keys.Index(slot), keys.base(), keys.Index(other)) == 0) ThrowDuplicateKey();
      }
      slots.push_back(slot);
    }
    for (const size_t slot : slots) {
      AppendSlot(out.child(0), keys, slot);
      AppendSlot(out.child(1), values, slot);
    }
    out.CloseRow();
  });
}

template <bool kKeys>
ColumnPtr MapParts(const KernelArgs& args) {
  const MapView maps(*args.columns[0]);
  const ColumnView& parts = kKeys ? maps.keys() : maps.values();
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = maps.At(row);
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) AppendSlot(out.child(0), parts, i);
    out.CloseRow();
  });
}

ColumnPtr MapGet(const KernelArgs& args) {
  const MapView maps(*args.columns[0]);
  const ColumnView keys(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const std::optional<uint32_t> slot = maps.Find(row, keys, row);
    if (slot.has_value())
      AppendSlot(out, maps.values(), *slot);
    else
      out.AppendNull();
  });
}

ColumnPtr MapEntries(const KernelArgs& args) {
  const MapView maps(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = maps.At(row);
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      AppendSlot(out.child(0).child(0), maps.keys(), i);
      AppendSlot(out.child(0).child(1), maps.values(), i);
      out.child(0).CloseRow();
    }
    out.CloseRow();
  });
}

// Later maps win.
ColumnPtr MapConcat(const KernelArgs& args) {
  std::vector<MapView> maps;
  for (const ColumnPtr& column : args.columns) maps.emplace_back(*column);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    for (size_t m = 0; m < maps.size(); ++m) {
      const ListEntry entry = maps[m].At(row);
      for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        bool first = true;
        for (size_t earlier = 0; earlier < m && first; ++earlier) first = !maps[earlier].Find(row, maps[m].keys(), i);
        if (!first) continue;
        const ColumnView* values = &maps[m].values();
        uint32_t slot = i;
        for (size_t later = m + 1; later < maps.size(); ++later) {
          if (const auto found = maps[later].Find(row, maps[m].keys(), i)) {
            values = &maps[later].values();
            slot = *found;
          }
        }
        AppendSlot(out.child(0), maps[m].keys(), i);
        AppendSlot(out.child(1), *values, slot);
      }
    }
    out.CloseRow();
  });
}

void AddMaps(Family& family) {
  // Keys and values have types of their own, which one anyelement could not say.
  FunctionOverload of_lists = SeesNulls(Partial({kAny, kAny}, kAnyMap, MakeMap));
  of_lists.resolve = [](std::span<const Type> types, std::span<const std::optional<Value>>) {
    if (types[0].is(TypeKind::kList) && types[1].is(TypeKind::kList)) {
      return ResolvedCall{{types.begin(), types.end()}, Type::Map(types[0].element(), types[1].element())};
    }
    return ResolvedCall{{types.begin(), types.end()}, Type::Map(types[0], types[1])};
  };
  of_lists.kernel = [](const KernelArgs& args) {
    const bool lists = args.columns[0]->type().is(TypeKind::kList) && args.columns[1]->type().is(TypeKind::kList) &&
                       args.result_type.key() == args.columns[0]->type().element();
    return lists ? MakeMap(args) : MakeMapOfPairs(args);
  };
  FunctionOverload of_pairs = Variadic(SeesNulls(Partial({kAny, kAny, kAny, kAny}, kAnyMap, MakeMapOfPairs)));
  of_pairs.resolve = [](std::span<const Type> types, std::span<const std::optional<Value>>) {
    if (types.size() % 2 != 0) {
      throw Error::User(sqlstate::kInvalidParameterValue, "map needs a value for each key: {} arguments", types.size());
    }
    ResolvedCall call;
    for (size_t i = 0; i < types.size(); ++i) call.argument_types.push_back(types[i % 2]);
    call.result_type = Type::Map(types[0], types[1]);
    return call;
  };
  family.Add({"map", {"map_from_arrays"}},
             "A map of a list of keys and a list of values, or of keys and values in turn.",
             "map(ARRAY['a', 'b'], ARRAY[1, 2])", "{a=1, b=2}", {std::move(of_lists), std::move(of_pairs)});
  family.Add(
      "map_from_entries", "A map of a list of structs (key, value).", "map_from_entries(ARRAY[row('a', 1)])", "{a=1}",
      {Resolving(Partial({kAnyList}, kAnyMap, MapFromEntries),
                 [](std::span<const Type> types, std::span<const std::optional<Value>>) {
                   const Type& element = types[0].element();
                   if (!element.is(TypeKind::kStruct) || element.child_count() != 2) {
                     throw Error::User(sqlstate::kDatatypeMismatch, "map_from_entries needs structs of two fields: {}",
                                       types[0].ToString());
                   }
                   return ResolvedCall{{types.begin(), types.end()}, Type::Map(element.child(0), element.child(1))};
                 })});
  family.Add("element_at", "", "", "", {Total({kAnyMap, kKey}, kValue, MapGet)});
  family.Add("[]", "", "", "", {Total({kAnyMap, kKey}, kValue, MapGet)});
  family.Add({"map_keys"}, "The keys of a map as a list.", "map_keys(map('a', 1))", "{a}",
             {Total({kAnyMap}, kAnyList, MapParts<true>)});
  family.Add("map_values", "The values of a map as a list.", "map_values(map('a', 1))", "{1}",
             {Resolving(Total({kAnyMap}, kAnyList, MapParts<false>),
                        ResultOf([](std::span<const Type> types) { return Type::List(types[0].value()); }))});
  family.Add(
      "map_entries", "The entries of a map as a list of structs.", "map_entries(map('a', 1))", "{\"(a,1)\"}",
      {Resolving(Total({kAnyMap}, kAnyList, MapEntries), ResultOf([](std::span<const Type> types) {
                   return Type::List(Type::Struct({{"key", types[0].key(), false}, {"value", types[0].value()}}));
                 }))});
  const ScalarKernel size = [](const KernelArgs& args) {
    const MapView maps(*args.columns[0]);
    FlatWriter<int32_t> out(args.result_type, args.size);
    args.rows.ForEach([&](size_t row) { out.Set(row, static_cast<int32_t>(maps.At(row).length)); });
    return out.Finish();
  };
  family.Add("map_size", "Number of entries of a map.", "map_size(map('a', 1))", "1", {Total({kAnyMap}, kInt, size)});
  family.Add("cardinality", "", "", "", {Total({kAnyMap}, kInt, size)});
  family.Add({"map_contains_key", {"map_contains"}}, "Whether a map has a key.", "map_contains_key(map('a', 1), 'a')",
             "t", {Total({kAnyMap, kKey}, TypeKind::kBoolean, [](const KernelArgs& args) {
               const MapView maps(*args.columns[0]);
               const ColumnView keys(*args.columns[1]);
               FlatWriter<uint8_t> out(args.result_type, args.size);
               args.rows.ForEach([&](size_t row) { out.Set(row, maps.Find(row, keys, row).has_value() ? 1 : 0); });
               return out.Finish();
             })});
  family.Add("map_concat", "The entries of all maps; for a key in several the last one counts.",
             "map_concat(map('a', 1), map('a', 2, 'b', 3))", "{a=2, b=3}",
             {Variadic(Total({kAnyMap, kAnyMap}, kAnyMap, MapConcat))});
}

// ---- structs

ColumnPtr MakeStruct(const KernelArgs& args, size_t first, size_t step) {
  std::vector<ColumnPtr> children;
  for (size_t i = first; i < args.columns.size(); i += step) children.push_back(Column::Flatten(args.columns[i]));
  return Column::Struct(args.result_type, args.size, std::move(children));
}

// row(a, b, ...): fields f1, f2, ...
Type RowType(std::span<const Type> types) {
  std::vector<Field> fields;
  for (size_t i = 0; i < types.size(); ++i) fields.push_back({fmt::format("f{}", i + 1), types[i]});
  return Type::Struct(std::move(fields));
}

// named_struct('a', 1, 'b', 2)
ResolvedCall ResolveNamedStruct(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  if (types.size() % 2 != 0) {
    throw Error::User(sqlstate::kInvalidParameterValue, "named_struct needs a value for each name: {} arguments",
                      types.size());
  }
  std::vector<Field> fields;
  for (size_t i = 0; i < types.size(); i += 2) {
    if (!constants[i].has_value() || constants[i]->is_null() || !constants[i]->type().is_string()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "a field's name must be a constant text");
    }
    fields.push_back({constants[i]->bytes(), types[i + 1]});
  }
  return {{types.begin(), types.end()}, Type::Struct(std::move(fields))};
}

// The field that a constant name (any case) or 1-based position means.
size_t FieldIndex(const Type& type, const std::optional<Value>& which) {
  if (!which.has_value() || which->is_null()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "a field must be given as a constant");
  }
  const auto fields = type.fields();
  if (!which->type().is_string()) {
    const int64_t index = which->integer();
    if (index < 1 || index > static_cast<int64_t>(fields.size())) {
      throw Error::User(sqlstate::kUndefinedColumn, "no such field: {} of {}", index, type.ToString());
    }
    return static_cast<size_t>(index - 1);
  }
  const std::string& name = which->bytes();
  const auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
      return lower(x) == lower(y);
    });
  };
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if (same(fields[i].name, name)) return i;
  }
  throw Error::User(sqlstate::kUndefinedColumn, "no such field: \"{}\" of {}", name, type.ToString());
}

// Whether the field has a value in a row where the struct, which may have NULLs, has none.
bool HasValuesUnderNull(const Column& structs, const ColumnView& field) {
  const uint64_t* valid = structs.validity();
  if (field.is_identity() && !field.may_have_nulls()) return true;
  for (size_t word = 0; word < WordsForBits(structs.size()); ++word) {
    const size_t rows = std::min<size_t>(64, structs.size() - word * 64);
    uint64_t nulls = ~valid[word] & (~uint64_t{0} >> (64 - rows));
    if (field.is_identity()) {
      if ((nulls & field.validity()[word]) != 0) return true;
      continue;
    }
    for (; nulls != 0; nulls &= nulls - 1) {
      if (field.IsValid(word * 64 + static_cast<size_t>(std::countr_zero(nulls)))) return true;
    }
  }
  return false;
}

// The field of a flat column of structs, NULL where the struct is. In files it is already, so its encoding stays.
ColumnPtr FieldOf(const Column& structs, const ColumnPtr& field) {
  if (structs.validity() == nullptr || !HasValuesUnderNull(structs, ColumnView(*field))) return field;
  const ColumnPtr flat = Column::Flatten(field);
  if (flat->validity() == nullptr) return Column::WithValidity(flat, structs.validity_buffer());
  const size_t words = WordsForBits(structs.size());
  auto both = Buffer::Allocate(words * sizeof(uint64_t));
  for (size_t i = 0; i < words; ++i) both->as<uint64_t>()[i] = structs.validity()[i] & flat->validity()[i];
  return Column::WithValidity(flat, std::move(both));
}

// The kernel looks the field up in the constant again, since preparation sees no types.
ColumnPtr ExtractKernel(const KernelArgs& args) {
  const ColumnPtr& column = args.columns[0];
  const ColumnView which(*args.columns[1]);
  if (args.size == 0) return Column::Empty(args.result_type);
  const size_t index = FieldIndex(column->type(), which.base().GetValue(which.Index(0)));
  const Column& structs = column->is_flat() ? *column : *column->base();
  const ColumnPtr field = FieldOf(structs, structs.child(index));
  if (column->is_flat()) return field;
  if (column->is_constant()) return Column::ConstantOf(field, 0, args.size);
  return Column::Take(field, column->indices_buffer(), args.size);
}

void AddStructs(Family& family) {
  FunctionOverload row =
      Variadic(SeesNulls(Total({kAny}, kAnyStruct, [](const KernelArgs& args) { return MakeStruct(args, 0, 1); })));
  row.resolve = ResultOf(RowType);
  family.Add({"row", {"struct_of"}}, "A struct with fields f1, f2, ...", "row(1, 'a')", "(1,a)", {std::move(row)});
  FunctionOverload named = Variadic(
      SeesNulls(Total({kText, kAny}, kAnyStruct, [](const KernelArgs& args) { return MakeStruct(args, 1, 2); })));
  named.parameters = {kAny};
  named.resolve = ResolveNamedStruct;
  family.Add({"named_struct", {"struct_pack"}}, "A struct of names and values in turn.",
             "named_struct('a', 1, 'b', 'x')", "(1,x)", {std::move(named)});
  std::vector<FunctionOverload> extract;
  for (const TypeKind which : {kText, kInt}) {
    FunctionOverload overload = SeesNulls(Total({kAnyStruct, which}, TypeKind::kUnknown, ExtractKernel));
    overload.resolve = [](std::span<const Type> types, std::span<const std::optional<Value>> constants) {
      return ResolvedCall{{types.begin(), types.end()}, types[0].child(FieldIndex(types[0], constants[1]))};
    };
    extract.push_back(std::move(overload));
  }
  family.Add("struct_extract", "A field of a struct, by its constant name or position.",
             "struct_extract(named_struct('a', 1, 'b', 'x'), 'b')", "x", std::move(extract));
}

}  // namespace

void RegisterMapAndStructFunctions(Registry& registry) {
  Family maps(registry, "map");
  AddMaps(maps);
  Family structs(registry, "struct");
  AddStructs(structs);
}

}  // namespace weir
