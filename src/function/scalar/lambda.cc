// Functions of lists and maps that take a lambda. The binder makes their calls (sql/binder/bind_lambda.cc):
//
//   f(collection..., lambda, captured...)
//
// where the lambda is a constant of type varbinary, its text and its serialised body, whose inputs are the lambda's
// parameters followed by what it captured from around it. The body is evaluated over all elements of a chunk's rows at
// once.

#include <algorithm>
#include <numeric>
#include <optional>

#include "function/scalar/lambda_body.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kList = TypePattern::Kind::kAnyList;
constexpr TypePattern::Kind kMap = TypePattern::Kind::kAnyMap;
constexpr TypePattern::Kind kLambda = TypePattern::Kind::kLambda;
constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;

// The first collection of one call: its rows, and the elements of those asked for, one after the other.
class Elements {
 public:
  // `lists` are the collections that are walked through together.
  Elements(const KernelArgs& args, size_t lists) : args_(args), lists_(lists) {
    for (size_t i = 0; i < args.columns.size(); ++i) views_.emplace_back(*args.columns[i]);
  }

  bool IsNull(size_t row) const {
    return std::any_of(views_.begin(), views_.begin() + static_cast<std::ptrdiff_t>(lists_),
                       [&](const ColumnView& view) { return view.IsNull(row); });
  }
  ListEntry At(size_t row) const { return views_[0].At<ListEntry>(row); }
  const ColumnView& view(size_t i) const { return views_[i]; }

  // The lambda's results for the elements of `rows`, in order; first[k] is where those of the k-th row begin.
  ColumnPtr Apply(const Lambda& lambda, const std::vector<uint32_t>& rows, std::vector<uint32_t>& first) const {
    first.clear();
    size_t size = 0;
    for (const uint32_t row : rows) {
      first.push_back(static_cast<uint32_t>(size));
      size += At(row).length;
    }
    std::vector<ColumnPtr> inputs;
    for (size_t i = 0; i < lists_; ++i) AddElements(i, rows, size, inputs);
    if (args_.columns.size() > lists_ + 1) {
      const auto origins = Buffer::Allocate(size * sizeof(uint32_t));
      auto* origin = origins->as<uint32_t>();
      for (const uint32_t row : rows) origin = std::fill_n(origin, At(row).length, row);
      for (size_t i = lists_ + 1; i < args_.columns.size(); ++i) {
        inputs.push_back(Column::Take(args_.columns[i], origins, size));
      }
    }
    if (size == 0) return Column::Empty(lambda.type());
    return lambda.Evaluate(Chunk(std::move(inputs), size), args_.context.statement());
  }

 private:
  // The elements, `size` in all, that the rows have in collection `i`.
  void AddElements(size_t i, const std::vector<uint32_t>& rows, size_t size, std::vector<ColumnPtr>& out) const {
    const auto& children = views_[i].base().children();
    // Most often the rows have all of them, one after the other.
    bool whole = size == children[0]->size();
    size_t next = 0;
    for (const uint32_t row : rows) {
      const auto entry = views_[i].At<ListEntry>(row);
      if (i > 0 && entry.length != At(row).length) {
        throw Error::User(sqlstate::kArraySubscriptError, "lists of different lengths: {} and {}", At(row).length,
                          entry.length);
      }
      whole = whole && (entry.offset == next || entry.length == 0);
      next += entry.length;
    }
    if (whole) {
      out.insert(out.end(), children.begin(), children.end());
      return;
    }
    const auto slots = Buffer::Allocate(size * sizeof(uint32_t));
    auto* slot = slots->as<uint32_t>();
    for (const uint32_t row : rows) {
      const auto entry = views_[i].At<ListEntry>(row);
      for (uint32_t k = 0; k < entry.length; ++k) *slot++ = entry.offset + k;
    }
    for (const ColumnPtr& child : children) out.push_back(Column::Take(child, slots, size));
  }

  const KernelArgs& args_;
  size_t lists_;
  std::vector<ColumnView> views_;
};

// The collections come before the lambda, which is of type varbinary.
size_t CollectionCount(const KernelArgs& args) {
  size_t count = 0;
  while (args.columns[count]->type().is_nested()) ++count;
  return count;
}

// The lambda's values for the elements of all rows whose collections are not NULL.
struct LambdaResults {
  std::vector<uint32_t> rows;
  std::vector<uint32_t> first;  // of each of them: where its values begin
  ColumnPtr values;             // null: an error came up, which belongs to one of the rows
};

LambdaResults ApplyToAll(const KernelArgs& args, const Elements& elements) {
  LambdaResults out;
  args.rows.ForEach([&](size_t row) {
    if (!elements.IsNull(row)) out.rows.push_back(static_cast<uint32_t>(row));
  });
  try {
    out.values = elements.Apply(*static_cast<const Lambda*>(args.state), out.rows, out.first);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
  }
  return out;
}

// Runs `build(elements, row, values, from, out)` for each row; NULL collections give NULL. Without results for all
// rows the lambda is computed row by row.
template <typename Build>
ColumnPtr BuildCollections(const KernelArgs& args, const Elements& elements, const LambdaResults& results,
                           Build&& build) {
  std::optional<ColumnView> all;
  if (results.values != nullptr) all.emplace(*results.values);
  size_t next = 0;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (elements.IsNull(row)) {
      out.AppendNull();
      return;
    }
    if (all.has_value()) {
      build(elements, row, *all, results.first[next++], out);
      return;
    }
    std::vector<uint32_t> own;
    const ColumnPtr values = elements.Apply(*static_cast<const Lambda*>(args.state), {static_cast<uint32_t>(row)}, own);
    build(elements, row, ColumnView(*values), 0, out);
  });
}

template <typename Build>
ColumnPtr ForEachCollection(const KernelArgs& args, Build&& build) {
  const Elements elements(args, CollectionCount(args));
  return BuildCollections(args, elements, ApplyToAll(args, elements), build);
}

// Lists or maps of rows in ascending order, whose elements lie one after the other; the other rows are NULL.
class CollectionWriter {
 public:
  explicit CollectionWriter(size_t size)
      : size_(size),
        entries_(Buffer::AllocateZeroed(size * sizeof(ListEntry))),
        validity_(Buffer::AllocateZeroed(WordsForBits(size) * sizeof(uint64_t))) {}

  void Set(size_t row, uint32_t begin, uint32_t end) {
    entries_->as<ListEntry>()[row] = {begin, end - begin};
    SetBit(validity_->as<uint64_t>(), row);
  }
  ColumnPtr Finish(const Type& type, std::vector<ColumnPtr> children) {
    return Column::Flat(type, size_, std::move(entries_), std::move(validity_), {}, std::move(children));
  }

 private:
  size_t size_;
  MutableBufferPtr entries_;
  MutableBufferPtr validity_;
};

bool IsTrue(const ColumnView& results, size_t at) {
  return results.IsValid(at) && results.At<uint8_t>(at) != 0;
}

void AppendOf(const ColumnView& view, size_t at, ColumnBuilder& out) {
  out.AppendRow(view.base(), view.Index(at));
}

ColumnPtr MapElements(const KernelArgs& args) {
  const Elements elements(args, CollectionCount(args));
  const LambdaResults results = ApplyToAll(args, elements);
  if (results.values != nullptr) {
    CollectionWriter out(args.size);
    for (size_t i = 0; i < results.rows.size(); ++i) {
      const uint32_t row = results.rows[i];
      out.Set(row, results.first[i], results.first[i] + elements.At(row).length);
    }
    const bool is_constant = results.values->is_constant();
    return out.Finish(args.result_type, {is_constant ? Column::Flatten(results.values) : results.values});
  }
  return BuildCollections(
      args, elements, results,
      [](const Elements& each, size_t row, const ColumnView& values, uint32_t from, ColumnBuilder& out) {
        const uint32_t length = each.At(row).length;
        for (uint32_t k = 0; k < length; ++k) AppendOf(values, from + k, out.child(0));
        out.CloseRow();
      });
}

// Lists and maps alike.
ColumnPtr FilterElements(const KernelArgs& args) {
  const Elements elements(args, CollectionCount(args));
  const LambdaResults results = ApplyToAll(args, elements);
  if (results.values != nullptr) {
    const ColumnView values(*results.values);
    CollectionWriter out(args.size);
    std::vector<uint32_t> kept;
    for (size_t i = 0; i < results.rows.size(); ++i) {
      const ListEntry entry = elements.At(results.rows[i]);
      const auto begin = static_cast<uint32_t>(kept.size());
      for (uint32_t k = 0; k < entry.length; ++k) {
        if (IsTrue(values, results.first[i] + k)) kept.push_back(entry.offset + k);
      }
      out.Set(results.rows[i], begin, static_cast<uint32_t>(kept.size()));
    }
    std::vector<ColumnPtr> children;
    const BufferPtr slots = IndexBuffer(kept);
    for (const ColumnPtr& child : elements.view(0).base().children()) {
      children.push_back(child->is_constant() ? Column::Gather(child, kept) : Column::Take(child, slots, kept.size()));
    }
    return out.Finish(args.result_type, std::move(children));
  }
  return BuildCollections(
      args, elements, results,
      [](const Elements& each, size_t row, const ColumnView& values, uint32_t from, ColumnBuilder& out) {
        const ListEntry entry = each.At(row);
        const auto& children = each.view(0).base().children();
        for (uint32_t k = 0; k < entry.length; ++k) {
          if (!IsTrue(values, from + k)) continue;
          for (size_t i = 0; i < children.size(); ++i) out.child(i).AppendRow(*children[i], entry.offset + k);
        }
        out.CloseRow();
      });
}

// SQL's three-valued OR and AND over the elements.
template <bool kAll>
void Match(const ColumnView& results, uint32_t from, uint32_t length, ColumnBuilder& out) {
  bool unknown = false;
  for (uint32_t k = from; k < from + length; ++k) {
    if (results.IsNull(k)) {
      unknown = true;
    } else if ((results.At<uint8_t>(k) != 0) != kAll) {
      out.Append<uint8_t>(kAll ? 0 : 1);
      return;
    }
  }
  if (unknown) {
    out.AppendNull();
  } else {
    out.Append<uint8_t>(kAll ? 1 : 0);
  }
}

template <bool kAll>
ColumnPtr MatchElements(const KernelArgs& args) {
  return ForEachCollection(args, [](const Elements& elements, size_t row, const ColumnView& results, uint32_t from,
                                    ColumnBuilder& out) { Match<kAll>(results, from, elements.At(row).length, out); });
}

template <bool kAll>
ColumnPtr MatchList(const KernelArgs& args) {
  const ListView lists(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    Match<kAll>(lists.elements(), lists.At(row).offset, lists.At(row).length, out);
  });
}

// Elements of a row in the order of keys[from...], NULL keys last.
void AppendSorted(const Column& elements, ListEntry entry, const ColumnView& keys, uint32_t from, ColumnBuilder& out) {
  std::vector<uint32_t> order(entry.length);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const bool null_a = keys.IsNull(from + a), null_b = keys.IsNull(from + b);
    if (null_a || null_b) return !null_a && null_b;
    return CompareSlots(keys.base(), keys.Index(from + a), keys.base(), keys.Index(from + b)) < 0;
  });
  for (const uint32_t k : order) out.child(0).AppendRow(elements, entry.offset + k);
  out.CloseRow();
}

ColumnPtr SortByLambda(const KernelArgs& args) {
  return ForEachCollection(
      args, [](const Elements& elements, size_t row, const ColumnView& results, uint32_t from, ColumnBuilder& out) {
        AppendSorted(*elements.view(0).base().child(0), elements.At(row), results, from, out);
      });
}

// Lists beside a list of as many keys or conditions.
template <typename F>
ColumnPtr WithSecondList(const KernelArgs& args, F&& f) {
  const ColumnView lists(*args.columns[0]);
  const ListView others(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const auto entry = lists.At<ListEntry>(row);
    const ListEntry other = others.At(row);
    if (entry.length != other.length) {
      throw Error::User(sqlstate::kArraySubscriptError, "lists of different lengths: {} and {}", entry.length,
                        other.length);
    }
    f(*lists.base().child(0), entry, others.elements(), other.offset, out);
  });
}

ColumnPtr SortByList(const KernelArgs& args) {
  return WithSecondList(args, AppendSorted);
}

ColumnPtr FilterByList(const KernelArgs& args) {
  return WithSecondList(
      args, [](const Column& elements, ListEntry entry, const ColumnView& keep, uint32_t from, ColumnBuilder& out) {
        for (uint32_t k = 0; k < entry.length; ++k) {
          if (IsTrue(keep, from + k)) out.child(0).AppendRow(elements, entry.offset + k);
        }
        out.CloseRow();
      });
}

// The entries of a map with keys that may have become equal: the last of them stays.
template <typename AppendEntry>
void AppendEntries(const ColumnView& keys, uint32_t from, uint32_t length, ColumnBuilder& out, AppendEntry&& append) {
  std::vector<uint32_t> order(length);
  std::iota(order.begin(), order.end(), 0);
  for (const uint32_t k : order) {
    if (keys.IsNull(from + k)) throw Error::User(sqlstate::kNullValueNotAllowed, "map key cannot be NULL");
  }
  const auto compare = [&](uint32_t a, uint32_t b) {
    return CompareSlots(keys.base(), keys.Index(from + a), keys.base(), keys.Index(from + b));
  };
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return compare(a, b) < 0; });
  std::vector<bool> hidden(length, false);
  for (size_t i = 0; i + 1 < order.size(); ++i) hidden[order[i]] = compare(order[i], order[i + 1]) == 0;
  for (uint32_t k = 0; k < length; ++k) {
    if (!hidden[k]) append(k);
  }
  out.CloseRow();
}

ColumnPtr TransformKeys(const KernelArgs& args) {
  return ForEachCollection(
      args, [](const Elements& elements, size_t row, const ColumnView& results, uint32_t from, ColumnBuilder& out) {
        const ListEntry entry = elements.At(row);
        const Column& values = *elements.view(0).base().child(1);
        AppendEntries(results, from, entry.length, out, [&](uint32_t k) {
          AppendOf(results, from + k, out.child(0));
          out.child(1).AppendRow(values, entry.offset + k);
        });
      });
}

ColumnPtr TransformValues(const KernelArgs& args) {
  return ForEachCollection(
      args, [](const Elements& elements, size_t row, const ColumnView& results, uint32_t from, ColumnBuilder& out) {
        const ListEntry entry = elements.At(row);
        for (uint32_t k = 0; k < entry.length; ++k) {
          out.child(0).AppendRow(*elements.view(0).base().child(0), entry.offset + k);
          AppendOf(results, from + k, out.child(1));
        }
        out.CloseRow();
      });
}

// The body gives rows of a key and a value.
ColumnPtr MapEntries(const KernelArgs& args) {
  return ForEachCollection(
      args, [](const Elements& elements, size_t row, const ColumnView& results, uint32_t from, ColumnBuilder& out) {
        const uint32_t length = elements.At(row).length;
        if (length == 0) return out.CloseRow();
        // Both through the struct's flat base, by positions there.
        const Column& keys = *results.base().child(0);
        const Column& values = *results.base().child(1);
        std::vector<uint32_t> at(length);
        for (uint32_t k = 0; k < length; ++k) at[k] = static_cast<uint32_t>(results.Index(from + k));
        const ColumnPtr own_keys = Column::Gather(results.base().child(0), at);
        AppendEntries(ColumnView(*own_keys), 0, length, out, [&](uint32_t k) {
          out.child(0).AppendRow(keys, at[k]);
          out.child(1).AppendRow(values, at[k]);
        });
      });
}

ColumnPtr FilterMapByList(const KernelArgs& args) {
  const ColumnView maps(*args.columns[0]);
  const ListView conditions(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const auto entry = maps.At<ListEntry>(row);
    const ListEntry other = conditions.At(row);
    for (uint32_t k = 0; k < std::min(entry.length, other.length); ++k) {
      if (!IsTrue(conditions.elements(), other.offset + k)) continue;
      out.child(0).AppendRow(*maps.base().child(0), entry.offset + k);
      out.child(1).AppendRow(*maps.base().child(1), entry.offset + k);
    }
    out.CloseRow();
  });
}

}  // namespace

void RegisterLambdaFunctions(Registry& registry) {
  Family family(registry, "lambda");
  const auto overloads = [&registry](const TypePattern& collection, const TypePattern& result,
                                     const ScalarKernel& kernel, std::vector<FunctionOverload> more = {}) {
    std::vector<FunctionOverload> out = LambdaOverloads(registry, {collection, kLambda, kAny}, result, kernel);
    for (FunctionOverload& overload : more) out.push_back(std::move(overload));
    return out;
  };
  const Type conditions = Type::List(kBool);
  family.Add({"array_map", {"transform", "array_transform", "list_transform", "list_apply", "array_apply", "apply"}},
             "The lambda's value for each element of a list, or for the elements of several lists of one length.",
             "array_map(x -> x + 1, ARRAY[1, 2, NULL])", "{2,3,NULL}", overloads(kList, kList, MapElements));
  family.Add({"array_filter", {"list_filter", "filter"}},
             "The elements for which the lambda, or the element of a second list, is true.",
             "array_filter(x -> x > 1, ARRAY[1, 2, 3])", "{2,3}",
             overloads(kList, kList, FilterElements, {Partial({kList, conditions}, kList, FilterByList)}));
  family.Add("array_sortby", "The list in the order of the lambda's values, or of a second list; NULLs last.",
             "array_sortby(x -> -x, ARRAY[1, 3, 2])", "{3,2,1}",
             overloads(kList, kList, SortByLambda,
                       {Partial({kList, kList}, kList, SortByList),
                        Resolving(Partial({kList, kAny}, kList, SortByList), [](std::span<const Type> types, auto) {
                          if (!types[1].is(TypeKind::kList)) {
                            throw Error::User(sqlstate::kDatatypeMismatch, "sort keys must be a list");
                          }
                          return ResolvedCall{{types[0], types[1]}, types[0]};
                        })}));
  family.Add("any_match", "Whether the lambda is true for any element; without a lambda, whether any element is.",
             "any_match(x -> x > 2, ARRAY[1, 2, 3])", "t",
             overloads(kList, kBool, MatchElements<false>, {Total({conditions}, kBool, MatchList<false>)}));
  family.Add("all_match", "Whether the lambda is true for all elements; without a lambda, whether all elements are.",
             "all_match(x -> x > 2, ARRAY[1, 2, 3])", "f",
             overloads(kList, kBool, MatchElements<true>, {Total({conditions}, kBool, MatchList<true>)}));
  family.Add("map_filter", "The entries for which the lambda of key and value, or the element of a list, is true.",
             "map_filter((k, v) -> v > 1, map('a', 1, 'b', 2))", "{b=2}",
             overloads(kMap, kMap, FilterElements, {Total({kMap, conditions}, kMap, FilterMapByList)}));
  family.Add("transform_keys", "The map with the lambda of key and value as keys; of equal ones the last stays.",
             "transform_keys((k, v) -> upper(k), map('a', 1))", "{A=1}", overloads(kMap, kMap, TransformKeys));
  family.Add("transform_values", "The map with the lambda of key and value as values.",
             "transform_values((k, v) -> v * 2, map('a', 1))", "{a=2}", overloads(kMap, kMap, TransformValues));
  family.Add("map_apply", "The map of the rows (key, value) that the lambda makes of each key and value.",
             "map_apply((k, v) -> (k || '!', v + 1), map('a', 1))", "{a!=2}", overloads(kMap, kMap, MapEntries));
}

}  // namespace weir
