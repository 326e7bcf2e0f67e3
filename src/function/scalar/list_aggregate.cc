// list_aggregate(list, 'sum', arguments...): any aggregate over the elements of a list.

#include <cstddef>

#include "expr/aggregate.h"
#include "function/scalar/lambda_body.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

// The aggregate over elements of a type, the further arguments being constants.
AggregateCall BindOver(const Registry& registry, const Type& element, std::span<const std::optional<Value>> constants) {
  if (!constants[1].has_value() || constants[1]->is_null()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "the name of the aggregate must be a constant");
  }
  const std::string name(constants[1]->bytes());
  if (registry.FindAggregate(name) == nullptr) {
    throw Error::User(sqlstate::kUndefinedFunction, "aggregate function does not exist: {}", name);
  }
  std::vector<ExprPtr> args = {Expr::Column(ColumnId(0), element, "element")};
  for (const std::optional<Value>& constant : constants.subspan(2)) {
    if (!constant.has_value()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "further arguments of the aggregate must be constants: {}",
                        name);
    }
    args.push_back(Expr::Literal(*constant));
  }
  return registry.BindAggregate(name, std::move(args));
}

// Prepared once per call. One thread uses it at a time.
class ListAggregate {
 public:
  ListAggregate(const Registry& registry, std::vector<std::optional<Value>> constants)
      : registry_(registry), constants_(std::move(constants)) {}

  // One result per row of `rows`, in order.
  ColumnPtr Run(const ColumnView& lists, const std::vector<uint32_t>& rows) const {
    const ColumnPtr& child = lists.base().child(0);
    if (call_.ops == nullptr) call_ = BindOver(registry_, child->type(), constants_);
    const AggregateOps& ops = *call_.ops;
    std::vector<uint32_t> slots;
    std::vector<uint32_t> places;
    for (size_t k = 0; k < rows.size(); ++k) {
      const auto entry = lists.At<ListEntry>(rows[k]);
      for (uint32_t i = 0; i < entry.length; ++i) slots.push_back(entry.offset + i);
      places.insert(places.end(), entry.length, static_cast<uint32_t>(k));
    }
    const size_t stride = (ops.state_size() + alignof(std::max_align_t) - 1) & ~(alignof(std::max_align_t) - 1);
    std::vector<std::max_align_t> memory(stride * rows.size() / sizeof(std::max_align_t) + 1);
    auto* const base = reinterpret_cast<uint8_t*>(memory.data());
    std::vector<uint8_t*> states;
    for (size_t k = 0; k < rows.size(); ++k) {
      states.push_back(base + k * stride);
      ops.Init(states.back());
    }
    std::vector<uint8_t*> of_element;
    of_element.reserve(places.size());
    for (const uint32_t place : places) of_element.push_back(states[place]);
    StateArena arena;
    std::vector<ColumnPtr> columns = {Column::Gather(child, slots)};
    for (size_t i = 1; i < call_.args.size(); ++i) {
      columns.push_back(Column::Constant(call_.args[i]->literal(), slots.size()));
    }
    Selection known;
    if (call_.overload->skip_nulls) {
      const ColumnView values(*columns[0]);
      for (size_t i = 0; i < slots.size(); ++i) {
        if (values.IsValid(i)) known.push_back(static_cast<uint32_t>(i));
      }
    }
    const bool some = call_.overload->skip_nulls && known.size() < slots.size();
    ops.Update({columns, some ? RowSet::Of(known) : RowSet::All(slots.size()), arena}, of_element.data());
    ColumnBuilder out(ops.result_type(), rows.size());
    ops.Finalize(states.data(), states.size(), out);
    return out.Finish();
  }

 private:
  const Registry& registry_;
  const std::vector<std::optional<Value>> constants_;
  mutable AggregateCall call_;
};

ColumnPtr AggregateLists(const KernelArgs& args) {
  const auto& aggregate = *static_cast<const ListAggregate*>(args.state);
  const ColumnView lists(*args.columns[0]);
  std::vector<uint32_t> rows;
  args.rows.ForEach([&](size_t row) { rows.push_back(static_cast<uint32_t>(row)); });
  ColumnPtr all;
  try {
    all = aggregate.Run(lists, rows);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
  }
  size_t next = 0;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const ColumnPtr own = all != nullptr ? all : aggregate.Run(lists, {static_cast<uint32_t>(row)});
    out.AppendRow(*own, all != nullptr ? next++ : 0);
  });
}

}  // namespace

void RegisterListAggregate(Registry& registry) {
  Family family(registry, "list");
  constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;
  FunctionOverload overload =
      Variadic(Partial({TypePattern::Kind::kAnyList, TypeKind::kVarchar, kAny}, kAny, AggregateLists));
  overload.optional_parameters = 1;
  overload.resolve = [&registry](std::span<const Type> types, std::span<const std::optional<Value>> constants) {
    const AggregateCall call = BindOver(registry, types[0].element(), constants);
    ResolvedCall out{{Type::List(call.args[0]->type()), types[1]}, call.type};
    for (size_t i = 2; i < types.size(); ++i) out.argument_types.push_back(call.args[i - 1]->type());
    return out;
  };
  overload.prepare = [&registry](std::span<const std::optional<Value>> constants) -> std::shared_ptr<const void> {
    return std::make_shared<const ListAggregate>(registry,
                                                 std::vector<std::optional<Value>>(constants.begin(), constants.end()));
  };
  family.Add({"list_aggregate", {"list_aggr", "array_aggregate", "array_aggr", "aggregate"}},
             "An aggregate over the elements of a list; list_sum(list) is short for list_aggregate(list, 'sum').",
             "list_aggregate(ARRAY[1, 2, 3], 'sum')", "6", {std::move(overload)});
}

}  // namespace weir
