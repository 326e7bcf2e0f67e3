// Lists: access, search, change, sets and joining.

#include <algorithm>
#include <numeric>

#include "expr/cast_rules.h"
#include "expr/comparison.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kList = TypePattern::Kind::kAnyList;
constexpr TypePattern::Kind kElement = TypePattern::Kind::kAnyElement;

// ---- length and access

template <typename F>
ScalarKernel IntOfList(F f) {
  return [f](const KernelArgs& args) {
    const ListView lists(*args.columns[0]);
    FlatWriter<int32_t> out(args.result_type, args.size);
    args.rows.ForEach([&](size_t row) {
      const std::optional<int32_t> value = f(lists, row);
      out.Set(row, value.value_or(0));
      if (!value.has_value()) out.SetNull(row);
    });
    return out.Finish();
  };
}

// The elements of a list, and of the lists in it, in order: f(column, slot).
template <typename F>
void ForEachElement(const ListView& lists, size_t row, const F& f) {
  const ListEntry entry = lists.At(row);
  const bool nested = lists.elements().base().type().is(TypeKind::kList);
  for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    if (nested && !lists.IsNullElement(i)) {
      ForEachElement(ListView(lists.elements().base()), lists.elements().Index(i), f);
    } else {
      f(lists, i);
    }
  }
}

int CountDimensions(const Type& type) {
  return type.is(TypeKind::kList) ? 1 + CountDimensions(type.element()) : 0;
}

// Length of dimension n of a list of lists, by its first elements; empty when there is none.
std::optional<int32_t> DimensionLength(const Column& column, size_t slot, int64_t dimension) {
  if (dimension < 1 || !column.type().is(TypeKind::kList)) return std::nullopt;
  const ColumnView view(column);
  if (view.IsNull(slot)) return std::nullopt;
  const auto entry = view.At<ListEntry>(slot);
  if (entry.length == 0) return std::nullopt;
  if (dimension == 1) return static_cast<int32_t>(entry.length);
  return DimensionLength(*view.base().child(0), entry.offset, dimension - 1);
}

// (list, dimension): PostgreSQL's array_length and array_upper.
ColumnPtr LengthOfDimension(const KernelArgs& args) {
  const ColumnView dimensions(*args.columns[1]);
  FlatWriter<int32_t> out(args.result_type, args.size);
  if (dimensions.is_constant() && !dimensions.IsNull(0) && dimensions.At<int32_t>(0) == 1) {
    const ColumnView lists(*args.columns[0]);
    args.rows.ForEach([&](size_t row) {
      const auto length = static_cast<int32_t>(lists.At<ListEntry>(row).length);
      out.Set(row, length);
      if (length == 0) out.SetNull(row);
    });
    return out.Finish();
  }
  args.rows.ForEach([&](size_t row) {
    const std::optional<int32_t> length = DimensionLength(*args.columns[0], row, dimensions.At<int32_t>(row));
    out.Set(row, length.value_or(0));
    if (!length.has_value()) out.SetNull(row);
  });
  return out.Finish();
}

ColumnPtr LowerBound(const KernelArgs& args) {
  const ColumnView dimensions(*args.columns[1]);
  FlatWriter<int32_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    out.Set(row, 1);
    if (!DimensionLength(*args.columns[0], row, dimensions.At<int32_t>(row)).has_value()) out.SetNull(row);
  });
  return out.Finish();
}

// list[i], from 1; out of range is NULL. element_at also counts from the end with negative i.
template <bool kFromEnd>
ColumnPtr Subscript(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView indices(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    int64_t index = indices.At<int64_t>(row);
    if (kFromEnd && index < 0) index += static_cast<int64_t>(entry.length) + 1;
    if (index < 1 || index > static_cast<int64_t>(entry.length))
      out.AppendNull();
    else
      lists.AppendElement(out, entry.offset + static_cast<uint32_t>(index - 1));
  });
}

// list[low:high], both from 1 and inclusive; NULL bounds are open.
ColumnPtr SliceBounds(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView lows(*args.columns[1]), highs(*args.columns[2]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    const int64_t low = std::max<int64_t>(lows.At<int64_t>(row), 1);
    const int64_t high = std::min<int64_t>(highs.At<int64_t>(row), entry.length);
    for (int64_t i = low; i <= high; ++i)
      lists.AppendElement(out.child(0), entry.offset + static_cast<uint32_t>(i - 1));
    out.CloseRow();
  });
}

// DuckDB's list_slice(list, first, last): both inclusive, negative ones from the end.
ColumnPtr SliceTo(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView firsts(*args.columns[1]), lasts(*args.columns[2]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    const auto length = static_cast<int64_t>(entry.length);
    const auto from_begin = [&](int64_t position) { return position < 0 ? position + length + 1 : position; };
    const int64_t first = std::max<int64_t>(from_begin(firsts.At<int64_t>(row)), 1);
    const int64_t last = std::min(from_begin(lasts.At<int64_t>(row)), length);
    for (int64_t i = first; i <= last; ++i)
      lists.AppendElement(out.child(0), entry.offset + static_cast<uint32_t>(i - 1));
    out.CloseRow();
  });
}

// array_slice(list, first [, count]): negative positions count from the end.
ColumnPtr SliceCount(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView firsts(*args.columns[1]);
  const ColumnView counts = args.columns.size() > 2 ? ColumnView(*args.columns[2]) : ColumnView();
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    int64_t first = firsts.At<int64_t>(row);
    if (first < 0) first = std::max<int64_t>(first + entry.length + 1, 1);
    const int64_t count = args.columns.size() > 2 ? counts.At<int64_t>(row) : entry.length;
    for (int64_t i = 0; first > 0 && i < count && first + i <= static_cast<int64_t>(entry.length); ++i) {
      lists.AppendElement(out.child(0), entry.offset + static_cast<uint32_t>(first + i - 1));
    }
    out.CloseRow();
  });
}

void AddAccess(Family& family) {
  const auto length = IntOfList([](const ListView& lists, size_t row) -> std::optional<int32_t> {
    return static_cast<int32_t>(lists.At(row).length);
  });
  const auto all = IntOfList([](const ListView& lists, size_t row) -> std::optional<int32_t> {
    int32_t count = 0;
    ForEachElement(lists, row, [&](const ListView&, uint32_t) { ++count; });
    return count;
  });
  family.Add("cardinality", "Number of elements of a list, of the lists in it together.",
             "cardinality(ARRAY[[1, 2], [3, 4]])", "4", {Total({kList}, kInt, all)});
  family.Add({"array_size", {"list_length"}}, "Number of elements of a list.", "array_size(ARRAY[1, 2, 3])", "3",
             {Total({kList}, kInt, length)});
  family.Add("length", "", "", "", {Total({kList}, kInt, length)});
  family.Add("array_length",
             "Length of a dimension of a list (NULL when empty); without a dimension the number of elements.",
             "array_length(ARRAY[1, 2, 3], 1)", "3",
             {Total({kList, kInt}, kInt, LengthOfDimension), Total({kList}, kInt, length)});
  family.Add("array_upper", "Upper bound of a dimension of a list; NULL when empty.",
             "array_upper(ARRAY[1, 8, 3, 7], 1)", "4", {Total({kList, kInt}, kInt, LengthOfDimension)});
  family.Add("array_lower", "Lower bound of a dimension of a list, always 1; NULL when empty.",
             "array_lower(ARRAY[1, 2], 1)", "1", {Total({kList, kInt}, kInt, LowerBound)});
  family.Add("array_ndims", "Number of dimensions; NULL when empty.", "array_ndims(ARRAY[[1, 2], [3, 4]])", "2",
             {Total({kList}, kInt, [](const KernelArgs& args) {
               const ListView lists(*args.columns[0]);
               const int dimensions = CountDimensions(args.columns[0]->type());
               FlatWriter<int32_t> out(args.result_type, args.size);
               args.rows.ForEach([&](size_t row) {
                 out.Set(row, dimensions);
                 if (lists.At(row).length == 0) out.SetNull(row);
               });
               return out.Finish();
             })});
  family.Add({"[]", {"array_get", "list_extract"}}, "Element i of a list, from 1; NULL out of range.",
             "(ARRAY[1, 2, 3])[2]", "2", {Total({kList, kLong}, kElement, Subscript<false>)});
  family.Add("element_at",
             "Element i of a list, from 1, or from the end with negative i; or the value of a key of a map.",
             "element_at(ARRAY[1, 2, 3], -1)", "3", {Total({kList, kLong}, kElement, Subscript<true>)});
  family.Add("[:]", "Elements low to high of a list.", "(ARRAY[1, 2, 3, 4])[2:3]", "{2,3}",
             {Total({kList, kLong, kLong}, kList, SliceBounds)});
  family.Add("list_slice", "Elements from one position to another, both inclusive; negative ones count from the end.",
             "list_slice(ARRAY[1, 2, 3, 4], 2, -1)", "{2,3,4}", {Total({kList, kLong, kLong}, kList, SliceTo)});
  family.Add("array_slice",
             "Elements from a position on, at most as many as said; negative positions count from the end.",
             "array_slice(ARRAY[1, 2, 3, 4], 2, 2)", "{2,3}",
             {Total({kList, kLong}, kList, SliceCount), Total({kList, kLong, kLong}, kList, SliceCount)});
}

// ---- building and changing

ColumnPtr MakeList(const KernelArgs& args) {
  std::vector<ColumnView> views;
  for (const ColumnPtr& column : args.columns) views.emplace_back(*column);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    for (const ColumnView& view : views) out.child(0).AppendRow(view.base(), view.Index(row));
    out.CloseRow();
  });
}

// A NULL list counts as empty.
template <bool kAtFront>
ColumnPtr AddElement(const KernelArgs& args) {
  const ListView lists(*args.columns[kAtFront ? 1 : 0]);
  const ColumnView elements(*args.columns[kAtFront ? 0 : 1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (kAtFront) out.child(0).AppendRow(elements.base(), elements.Index(row));
    if (!lists.IsNull(row)) lists.AppendAll(out.child(0), row);
    if (!kAtFront) out.child(0).AppendRow(elements.base(), elements.Index(row));
    out.CloseRow();
  });
}

ColumnPtr Concatenate(const KernelArgs& args) {
  std::vector<ListView> lists;
  for (const ColumnPtr& column : args.columns) lists.emplace_back(*column);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    bool any = false;
    for (const ListView& list : lists) {
      if (list.IsNull(row)) continue;
      any = true;
      list.AppendAll(out.child(0), row);
    }
    if (any)
      out.CloseRow();
    else
      out.AppendNull();
  });
}

// Keeps the elements for which f(list, slot) holds.
template <typename F>
void AppendIf(const ListView& lists, size_t row, ColumnBuilder& out, F&& keep) {
  const ListEntry entry = lists.At(row);
  for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    if (keep(i)) lists.AppendElement(out.child(0), i);
  }
  out.CloseRow();
}

ColumnPtr RemoveElement(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView elements(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (lists.IsNull(row)) {
      out.AppendNull();
      return;
    }
    AppendIf(lists, row, out, [&](uint32_t i) { return !lists.ElementEquals(i, elements, row); });
  });
}

ColumnPtr ReplaceElement(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView from(*args.columns[1]), to(*args.columns[2]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (lists.IsNull(row)) {
      out.AppendNull();
      return;
    }
    const ListEntry entry = lists.At(row);
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      if (lists.ElementEquals(i, from, row))
        out.child(0).AppendRow(to.base(), to.Index(row));
      else
        lists.AppendElement(out.child(0), i);
    }
    out.CloseRow();
  });
}

// Slots of a row's elements in ascending order, NULLs last.
std::vector<uint32_t> SortedSlots(const ListView& lists, size_t row) {
  const ListEntry entry = lists.At(row);
  std::vector<uint32_t> slots(entry.length);
  std::iota(slots.begin(), slots.end(), entry.offset);
  std::stable_sort(slots.begin(), slots.end(), [&](uint32_t a, uint32_t b) { return lists.Compare(a, lists, b) < 0; });
  return slots;
}

ColumnPtr Distinct(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    // The first of equal elements stays, in the order of the list.
    std::vector<uint32_t> kept = SortedSlots(lists, row);
    kept.erase(
        std::unique(kept.begin(), kept.end(), [&](uint32_t a, uint32_t b) { return lists.Compare(a, lists, b) == 0; }),
        kept.end());
    std::sort(kept.begin(), kept.end());
    for (const uint32_t slot : kept) lists.AppendElement(out.child(0), slot);
    out.CloseRow();
  });
}

// array_sort(list [, 'asc' | 'desc' [, 'nulls first' | 'nulls last']])
ColumnPtr Sort(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  std::vector<ColumnView> options;
  for (size_t i = 1; i < args.columns.size(); ++i) options.emplace_back(*args.columns[i]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    bool descending = false;
    std::optional<bool> nulls_first;
    for (const ColumnView& option : options) {
      std::string word(option.values<StringRef>()[option.Index(row)].view());
      for (char& c : word) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
      if (word == "desc")
        descending = true;
      else if (word == "nulls first")
        nulls_first = true;
      else if (word == "nulls last")
        nulls_first = false;
      else if (word != "asc")
        throw Error::User(sqlstate::kInvalidParameterValue, "unknown order: \"{}\"", word);
    }
    std::vector<uint32_t> slots = SortedSlots(lists, row);
    const auto nulls =
        std::find_if(slots.begin(), slots.end(), [&](uint32_t slot) { return lists.IsNullElement(slot); });
    if (descending) std::reverse(slots.begin(), nulls);
    if (nulls_first.value_or(false)) std::rotate(slots.begin(), nulls, slots.end());
    for (const uint32_t slot : slots) lists.AppendElement(out.child(0), slot);
    out.CloseRow();
  });
}

ColumnPtr ReverseList(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    for (uint32_t i = entry.length; i > 0; --i) lists.AppendElement(out.child(0), entry.offset + i - 1);
    out.CloseRow();
  });
}

ColumnPtr TrimArray(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView counts(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ListEntry entry = lists.At(row);
    const int32_t count = counts.At<int32_t>(row);
    if (count < 0 || static_cast<uint32_t>(count) > entry.length) {
      throw Error::User(sqlstate::kArraySubscriptError, "number of elements to trim must be between 0 and {}",
                        entry.length);
    }
    for (uint32_t i = 0; i < entry.length - static_cast<uint32_t>(count); ++i) {
      lists.AppendElement(out.child(0), entry.offset + i);
    }
    out.CloseRow();
  });
}

// array_repeat(element, count), array_fill(element, {count})
ColumnPtr Fill(const KernelArgs& args) {
  const ColumnView elements(*args.columns[0]);
  const ColumnView counts(*args.columns[1]);
  const bool by_list = args.columns[1]->type().is(TypeKind::kList);
  constexpr int64_t kFillMax = 10'000'000;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    int64_t count = 0;
    if (counts.IsNull(row)) throw Error::User(sqlstate::kNullValueNotAllowed, "dimension values cannot be null");
    if (by_list) {
      const auto entry = counts.At<ListEntry>(row);
      if (entry.length != 1) {
        throw Error::Unsupported("fill one dimension and nest the calls", "array_fill with {} dimensions",
                                 entry.length);
      }
      count = ColumnView(*counts.base().child(0)).At<int32_t>(entry.offset);
    } else {
      count = counts.At<int32_t>(row);
    }
    if (count < 0 || count > kFillMax) {
      throw Error::User(sqlstate::kProgramLimitExceeded, "array size out of range: {}", count);
    }
    for (int64_t i = 0; i < count; ++i) out.child(0).AppendRow(elements.base(), elements.Index(row));
    out.CloseRow();
  });
}

void AddChanges(Family& family) {
  family.Add("array", "A list of the arguments.", "ARRAY[1, 2, 3]", "{1,2,3}",
             {Variadic(SeesNulls(Total({kElement}, kList, MakeList)))});
  family.Add({"list_value", {"list_pack"}}, "A list of the arguments.", "list_value(1, 2)", "{1,2}",
             {Variadic(SeesNulls(Total({kElement}, kList, MakeList)))});
  family.Add({"array_append", {"list_append"}}, "The list with an element at its end.", "array_append(ARRAY[1, 2], 3)",
             "{1,2,3}", {SeesNulls(Total({kList, kElement}, kList, AddElement<false>))});
  family.Add({"array_prepend", {"list_prepend"}}, "The list with an element at its start.",
             "array_prepend(1, ARRAY[2, 3])", "{1,2,3}",
             {SeesNulls(Total({kElement, kList}, kList, AddElement<true>))});
  family.Add({"array_cat", {"array_concat", "list_concat"}}, "The elements of all lists.",
             "array_cat(ARRAY[1, 2, 3], ARRAY[4, 5])", "{1,2,3,4,5}",
             {Variadic(SeesNulls(Total({kList, kList}, kList, Concatenate)))});
  family.Add("array_remove", "The list without the elements equal to a value.", "array_remove(ARRAY[1, 2, 3, 2], 2)",
             "{1,3}", {SeesNulls(Total({kList, kElement}, kList, RemoveElement))});
  family.Add("array_replace", "The list with elements equal to a value replaced.",
             "array_replace(ARRAY[1, 2, 5, 4], 5, 3)", "{1,2,3,4}",
             {SeesNulls(Total({kList, kElement, kElement}, kList, ReplaceElement))});
  family.Add({"array_distinct", {"list_distinct"}}, "The list without repeated elements.",
             "array_distinct(ARRAY[2, 1, 2, NULL, NULL])", "{2,1,NULL}", {Total({kList}, kList, Distinct)});
  family.Add(
      {"array_sort", {"list_sort"}}, "The list in ascending order, NULLs last; or by 'asc', 'desc', 'nulls first'.",
      "array_sort(ARRAY[3, 1, NULL, 2])", "{1,2,3,NULL}",
      {Total({kList}, kList, Sort), Partial({kList, kText}, kList, Sort), Partial({kList, kText, kText}, kList, Sort)});
  family.Add("reverse", "", "", "", {Total({kList}, kList, ReverseList)});
  family.Add("array_reverse", "The list in reverse order.", "array_reverse(ARRAY[1, 2, 3])", "{3,2,1}",
             {Total({kList}, kList, ReverseList)});
  family.Add("trim_array", "The list without its last n elements.", "trim_array(ARRAY[1, 2, 3, 4], 2)", "{1,2}",
             {Partial({kList, kInt}, kList, TrimArray)});
  family.Add("array_repeat", "A list of n times the same element.", "array_repeat(7, 3)", "{7,7,7}",
             {SeesNulls(Partial({kElement, kInt}, kList, Fill))});
  family.Add("array_fill", "A list of n times the same element; n is given as a list.", "array_fill(7, ARRAY[3])",
             "{7,7,7}",
             {SeesNulls(Resolving(Partial({TypePattern::Kind::kAny, Type::List(kInt)}, kList, Fill),
                                  ResultOf([](std::span<const Type> types) { return Type::List(types[0]); })))});
}

// ---- searching

// Element slots that equal the value of the row; a NULL value looks for NULLs.
template <typename F>
void FindElements(const ListView& lists, const ColumnView& elements, size_t row, F&& found) {
  const ListEntry entry = lists.At(row);
  for (uint32_t i = 0; i < entry.length; ++i) {
    if (lists.ElementEquals(entry.offset + i, elements, row) && !found(i + 1)) return;
  }
}

ColumnPtr ContainsElement(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView elements(*args.columns[1]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    out.Set(row, 0);
    if (lists.IsNull(row)) {
      out.SetNull(row);
      return;
    }
    FindElements(lists, elements, row, [&](uint32_t) { return out.Set(row, 1), false; });
  });
  return out.Finish();
}

// x = ANY (list): NULL when it is not found but might hide behind a NULL.
ColumnPtr ContainsNullable(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView elements(*args.columns[1]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    out.Set(row, 0);
    if (lists.IsNull(row)) {
      out.SetNull(row);
      return;
    }
    const ListEntry entry = lists.At(row);
    bool unknown = entry.length > 0 && elements.IsNull(row);
    if (!unknown) {
      for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        if (lists.IsNullElement(i)) {
          unknown = true;
        } else if (lists.ElementEquals(i, elements, row)) {
          out.Set(row, 1);
          return;
        }
      }
    }
    if (unknown) out.SetNull(row);
  });
  return out.Finish();
}

// (list, element [, start])
ColumnPtr PositionOf(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView elements(*args.columns[1]);
  const ColumnView starts = args.columns.size() > 2 ? ColumnView(*args.columns[2]) : ColumnView();
  FlatWriter<int32_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    out.Set(row, 0);
    bool any = false;
    if (!lists.IsNull(row)) {
      const int32_t start = args.columns.size() > 2 ? starts.At<int32_t>(row) : 1;
      FindElements(lists, elements, row, [&](uint32_t position) {
        if (static_cast<int32_t>(position) < start) return true;
        out.Set(row, static_cast<int32_t>(position));
        any = true;
        return false;
      });
    }
    if (!any) out.SetNull(row);
  });
  return out.Finish();
}

ColumnPtr PositionsOf(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView elements(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (lists.IsNull(row)) {
      out.AppendNull();
      return;
    }
    FindElements(lists, elements, row, [&](uint32_t position) {
      out.child(0).Append(static_cast<int32_t>(position));
      return true;
    });
    out.CloseRow();
  });
}

// Whether `slot` of `needle` is among the elements of a row; NULLs never are.
bool HasElement(const ListView& lists, size_t row, const ListView& needles, uint32_t slot) {
  if (needles.IsNullElement(slot)) return false;
  const ListEntry entry = lists.At(row);
  for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    if (!lists.IsNullElement(i) && lists.Compare(i, needles, slot) == 0) return true;
  }
  return false;
}

template <size_t kContainer, bool kAll, bool kPassesNulls = false>
ColumnPtr CompareSets(const KernelArgs& args) {
  const ListView container(*args.columns[kContainer]);
  const ListView parts(*args.columns[1 - kContainer]);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  args.rows.ForEach([&](size_t row) {
    const ListEntry entry = parts.At(row);
    bool result = kAll;
    for (uint32_t i = entry.offset; i < entry.offset + entry.length && result == kAll; ++i) {
      result = (kPassesNulls && parts.IsNullElement(i)) || HasElement(container, row, parts, i);
    }
    out.Set(row, result ? 1 : 0);
  });
  return out.Finish();
}

// Of those that see NULLs a list that is NULL has no elements, but for the first.
ColumnPtr Intersect(const KernelArgs& args) {
  std::vector<ListView> lists;
  for (const ColumnPtr& column : args.columns) lists.emplace_back(*column);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (lists[0].IsNull(row)) {
      out.AppendNull();
      return;
    }
    if (std::ranges::any_of(lists, [&](const ListView& list) { return list.IsNull(row); })) {
      out.CloseRow();
      return;
    }
    const ListEntry entry = lists[0].At(row);
    for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      bool keep = true;
      for (size_t j = 1; j < lists.size() && keep; ++j) keep = HasElement(lists[j], row, lists[0], i);
      // Each common element once.
      for (uint32_t k = entry.offset; k < i && keep; ++k) keep = lists[0].Compare(k, lists[0], i) != 0;
      if (keep) lists[0].AppendElement(out.child(0), i);
    }
    out.CloseRow();
  });
}

void AddSearch(Family& family) {
  family.Add({"array_contains", {"list_contains", "array_has"}}, "Whether the list has an element equal to a value.",
             "array_contains(ARRAY[1, 2, 3], 2)", "t", {SeesNulls(Total({kList, kElement}, kBool, ContainsElement))});
  family.Add("array_contains_nullable", "x = ANY (list): NULL when x is not found but the list has NULLs.",
             "array_contains_nullable(ARRAY[1, NULL], 2)", "NULL",
             {SeesNulls(Total({kList, kElement}, kBool, ContainsNullable))});
  family.Add({"array_position", {"list_position"}}, "Where a value first is in the list, from 1; NULL when it is not.",
             "array_position(ARRAY['sun', 'mon', 'tue'], 'mon')", "2",
             {SeesNulls(Total({kList, kElement}, kInt, PositionOf)),
              SeesNulls(Total({kList, kElement, kInt}, kInt, PositionOf))});
  family.Add("array_positions", "All places of a value in the list.", "array_positions(ARRAY['A', 'A', 'B', 'A'], 'A')",
             "{1,2,4}", {SeesNulls(Total({kList, kElement}, Type::List(kInt), PositionsOf))});
  family.Add({"@>", {"array_contains_all"}},
             "Whether the first list has all elements of the second; for json, whether it contains it.",
             "ARRAY[1, 4, 3] @> ARRAY[3, 1, 3]", "t", {Total({kList, kList}, kBool, CompareSets<0, true>)});
  family.Add("<@", "Whether the second list has all elements of the first.", "ARRAY[2, 2, 7] <@ ARRAY[1, 7, 4, 2, 6]",
             "t", {Total({kList, kList}, kBool, CompareSets<1, true>)});
  family.Add({"&&", {"arrays_overlap", "list_has_any"}}, "Whether the lists have an element in common.",
             "ARRAY[1, 4, 3] && ARRAY[2, 1]", "t", {Total({kList, kList}, kBool, CompareSets<0, false>)});
  family.Add({"list_has_all", {"array_has_all"}},
             "Whether the first list has all elements of the second that are not NULL.",
             "list_has_all(ARRAY[1, 4, 3], ARRAY[3, NULL, 1])", "t",
             {Total({kList, kList}, kBool, CompareSets<0, true, true>)});
  family.Add("array_intersect", "The elements that all lists have.", "array_intersect(ARRAY[1, 2, 3], ARRAY[3, 2])",
             "{2,3}", {Variadic(Total({kList, kList}, kList, Intersect))});
  family.Add("list_intersect", "The elements that both lists have; none when the second is NULL.",
             "list_intersect(ARRAY[1, 2, 3], NULL)", "{}", {SeesNulls(Total({kList, kList}, kList, Intersect))});
}

// ---- to and from text

ColumnPtr ToText(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  const ColumnView delimiters(*args.columns[1]);
  const ColumnView nulls = args.columns.size() > 2 ? ColumnView(*args.columns[2]) : ColumnView();
  const TextOptions options = TextOptionsOf(args.context.statement());
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::string text;
  args.rows.ForEach([&](size_t row) {
    if (lists.IsNull(row) || delimiters.IsNull(row)) {
      out.SetNull(row);
      return;
    }
    text.clear();
    bool first = true;
    ForEachElement(lists, row, [&](const ListView& list, uint32_t i) {
      const bool null = list.IsNullElement(i);
      if (null && (args.columns.size() < 3 || nulls.IsNull(row))) return;
      if (!first) text += delimiters.values<StringRef>()[delimiters.Index(row)].view();
      first = false;
      if (null)
        text += nulls.values<StringRef>()[nulls.Index(row)].view();
      else
        AppendColumnText(list.elements(), i, options, text);
    });
    out.SetString(row, text);
  });
  return out.Finish();
}

}  // namespace

void RegisterListFunctions(Registry& registry) {
  Family family(registry, "list");
  AddAccess(family);
  AddChanges(family);
  AddSearch(family);
  family.Add({"array_to_string", {"array_join"}},
             "The elements as text with a delimiter between them; NULLs are left out or become a third text.",
             "array_to_string(ARRAY[1, 2, 3, NULL, 5], ',', '*')", "1,2,3,*,5",
             {SeesNulls(Total({kList, kText}, kText, ToText)), SeesNulls(Total({kList, kText, kText}, kText, ToText))});
}

}  // namespace weir
