#include <algorithm>

#include "base/hash.h"
#include "expr/overload.h"
#include "plan/plan_codec_parts.h"

namespace weir {

namespace {

constexpr uint8_t kNoFunction = 0;  // a window function of the engine's own
constexpr uint8_t kFunction = 1;

// As FunctionOverload's in expr_codec.cc: overloads are found again when others have been added.
uint32_t Signature(const AggregateOverload& overload) {
  std::string text;
  for (const TypePattern& parameter : overload.parameters) text += parameter.ToString() + ",";
  text += overload.variadic ? "..." : "";
  return static_cast<uint32_t>(HashString(text));
}

std::vector<std::optional<Value>> ConstantsOf(const std::vector<ExprPtr>& args, const Registry& registry) {
  std::vector<std::optional<Value>> constants;
  constants.reserve(args.size());
  for (const ExprPtr& arg : args) constants.push_back(ConstantOf(arg, registry));
  return constants;
}

void WriteBound(const WindowFrame::Bound& bound, PlanWriter& out) {
  out.PutEnum(bound.edge);
  out.PutOptional(bound.distance);
  out.PutOptional(bound.value);
}

WindowFrame::Bound ReadBound(PlanReader& in, const std::vector<Type>& inputs) {
  WindowFrame::Bound bound;
  bound.edge = in.GetEnum(FrameEdge::kUnboundedFollowing);
  bound.distance = in.GetOptionalExpr(inputs);
  bound.value = in.GetOptionalExpr(inputs);
  const bool has_distance = bound.edge == FrameEdge::kPreceding || bound.edge == FrameEdge::kFollowing;
  PlanReader::Need(!has_distance || bound.distance != nullptr, "frame without a distance");
  return bound;
}

void WriteFrame(const WindowFrame& frame, PlanWriter& out) {
  out.PutEnum(frame.unit);
  WriteBound(frame.start, out);
  WriteBound(frame.end, out);
  out.PutEnum(frame.exclusion);
  out.PutOptional(frame.range_key);
  out.PutBool(frame.range_descending);
  out.PutBool(frame.range_nulls_first);
}

WindowFrame ReadFrame(PlanReader& in, const std::vector<Type>& inputs) {
  WindowFrame frame;
  frame.unit = in.GetEnum(FrameUnit::kGroups);
  frame.start = ReadBound(in, inputs);
  frame.end = ReadBound(in, inputs);
  frame.exclusion = in.GetEnum(FrameExclusion::kTies);
  frame.range_key = in.GetOptionalExpr(inputs);
  frame.range_descending = in.GetBool();
  frame.range_nulls_first = in.GetBool();
  for (const WindowFrame::Bound* bound : {&frame.start, &frame.end}) {
    if (frame.unit != FrameUnit::kRange) {
      PlanReader::Need(bound->distance == nullptr || bound->distance->type().physical() == PhysicalType::kInt64,
                       "type of a frame's distance");
    } else if (bound->value != nullptr) {
      PlanReader::Need(frame.range_key != nullptr && IsSameForm(bound->value->type(), frame.range_key->type()),
                       "type of a frame's bound");
    } else {
      PlanReader::Need(bound->distance == nullptr, "frame's bound without a value");
    }
  }
  return frame;
}

}  // namespace

void WriteAggregateCall(const AggregateCall& call, PlanWriter& out) {
  out.out().PutString(call.name);
  out.Put(call.args);
  out.PutOptional(call.filter);
  out.PutBool(call.distinct);
  out.PutList(call.order_by, [&](const AggregateCall::Order& order) {
    out.Put(order.expr);
    out.PutBool(order.descending);
    out.PutBool(order.nulls_first);
  });
  out.Put(call.type);
  out.out().Put(call.spec == nullptr ? kNoFunction : kFunction);
  if (call.spec == nullptr) return;
  out.out().PutString(call.spec->name);
  out.out().PutVarint(static_cast<uint64_t>(call.overload - call.spec->overloads.data()));
  out.out().Put(Signature(*call.overload));
}

AggregateCall ReadAggregateCall(PlanReader& in, const std::vector<Type>& inputs) {
  AggregateCall call;
  call.name = in.in().GetString();
  call.args = in.GetExprs(inputs);
  if (in.GetBool()) call.filter = in.GetCondition(inputs);
  call.distinct = in.GetBool();
  call.order_by = in.GetList([&] {
    AggregateCall::Order order;
    order.expr = in.GetExpr(inputs);
    order.descending = in.GetBool();
    order.nulls_first = in.GetBool();
    return order;
  });
  call.type = in.GetType();
  if (!in.GetBool()) return call;

  const std::string function(in.in().GetString());
  const uint64_t index = in.in().GetVarint();
  const auto signature = in.in().Get<uint32_t>();
  const Registry& registry = in.resolver().registry();
  call.spec = registry.FindAggregate(function);
  if (call.spec == nullptr) {
    throw Error::Operational(sqlstate::kUndefinedFunction, "no aggregate function here: {}", function);
  }
  const auto& overloads = call.spec->overloads;
  if (index < overloads.size() && Signature(overloads[index]) == signature) {
    call.overload = &overloads[index];
  } else {
    for (const AggregateOverload& overload : overloads) {
      if (call.overload == nullptr && Signature(overload) == signature) call.overload = &overload;
    }
  }
  if (call.overload == nullptr) {
    throw Error::Operational(sqlstate::kUndefinedFunction, "aggregate has no such overload here: {}", function);
  }
  const size_t parameters = call.overload->parameters.size();
  PlanReader::Need(call.args.size() == parameters || (call.overload->variadic && call.args.size() >= parameters),
                   "number of an aggregate's arguments");
  for (size_t i = 0; i < call.args.size() && !call.overload->resolve; ++i) {
    const TypePattern& pattern = call.overload->parameters[std::min(i, parameters - 1)];
    if (pattern.kind() != TypePattern::Kind::kExact || pattern.type().is(TypeKind::kDecimal)) continue;
    PlanReader::Need(IsSameForm(call.args[i]->type(), pattern.type()), "type of an aggregate's argument");
  }
  call.ops = call.overload->make(TypesOf(call.args), call.type, ConstantsOf(call.args, registry));
  PlanReader::Need(call.ops != nullptr && IsSameForm(call.ops->result_type(), call.type), "type of an aggregate");
  return call;
}

void WriteAggregate(const PhysicalHashAggregate& aggregate, PlanWriter& out) {
  out.Put(aggregate.schema());
  out.Put(aggregate.groups);
  out.PutList(aggregate.aggregates, [&](const AggregateCall& call) { WriteAggregateCall(call, out); });
}

PhysicalPtr ReadAggregate(PlanReader& in, const PhysicalPtr& child) {
  const std::vector<Type> inputs = child->types();
  Schema schema = in.GetSchema();
  std::vector<ExprPtr> groups = in.GetExprs(inputs);
  std::vector<AggregateCall> calls = in.GetList([&] { return ReadAggregateCall(in, inputs); });
  std::vector<Type> types = TypesOf(groups);
  for (const AggregateCall& call : calls) {
    PlanReader::Need(call.ops != nullptr, "aggregate without a function");
    types.push_back(call.type);
  }
  PlanReader::NeedTypes(schema, types);
  return std::make_shared<PhysicalHashAggregate>(child, std::move(groups), std::move(calls), std::move(schema));
}

void WriteWindow(const PhysicalWindow& window, PlanWriter& out) {
  out.Put(window.schema());
  out.PutList(window.keys, [&](const PhysicalWindow::Key& key) {
    out.out().PutVarint(key.column);
    out.PutBool(key.descending);
    out.PutBool(key.nulls_first);
  });
  out.out().PutVarint(window.hash_keys);
  out.PutList(window.calls, [&](const PhysicalWindow::Call& call) {
    out.PutEnum(call.window.function);
    WriteAggregateCall(call.window.call, out);
    out.PutBool(call.window.ignore_nulls);
    WriteFrame(call.window.frame, out);
    out.out().PutVarint(call.partition_keys);
    out.out().PutVarint(call.order_keys);
  });
  out.Put(window.output);
  out.PutBool(window.limit.has_value());
  if (window.limit.has_value()) {
    out.out().PutVarint(window.limit->call);
    out.out().PutVarint(window.limit->rows);
  }
}

PhysicalPtr ReadWindow(PlanReader& in, const PhysicalPtr& child) {
  const std::vector<Type> inputs = child->types();
  Schema schema = in.GetSchema();
  std::vector<PhysicalWindow::Key> keys = in.GetList([&] {
    PhysicalWindow::Key key;
    key.column = in.GetPosition(inputs.size());
    key.descending = in.GetBool();
    key.nulls_first = in.GetBool();
    return key;
  });
  const size_t hash_keys = in.GetPosition(keys.size() + 1);
  std::vector<PhysicalWindow::Call> calls = in.GetList([&] {
    PhysicalWindow::Call call;
    call.window.function = in.GetEnum(WindowFunction::kNthValue);
    call.window.call = ReadAggregateCall(in, inputs);
    call.window.ignore_nulls = in.GetBool();
    call.window.frame = ReadFrame(in, inputs);
    call.partition_keys = in.GetPosition(keys.size() + 1);
    call.order_keys = in.GetPosition(keys.size() + 1);
    const bool is_aggregate = call.window.function == WindowFunction::kAggregate;
    PlanReader::Need(is_aggregate == (call.window.call.ops != nullptr), "function of a window");
    PlanReader::Need(hash_keys <= call.partition_keys && call.partition_keys <= call.order_keys, "keys of a window");
    if (TakesValues(call.window.function)) {
      PlanReader::Need(
          !call.window.call.args.empty() && IsSameForm(call.window.call.args[0]->type(), call.window.call.type),
          "type of a window function");
    }
    return call;
  });
  std::vector<size_t> output = in.GetPositions(inputs.size());
  std::vector<Type> types;
  types.reserve(output.size() + calls.size());
  for (const size_t column : output) types.push_back(inputs[column]);
  for (const PhysicalWindow::Call& call : calls) types.push_back(call.window.call.type);
  PlanReader::NeedTypes(schema, types);
  std::optional<WindowLimit> limit;
  if (in.GetBool()) {
    limit.emplace();
    limit->call = in.GetPosition(calls.size());
    limit->rows = in.in().GetVarint();
  }
  return std::make_shared<PhysicalWindow>(child, std::move(keys), hash_keys, std::move(calls), std::move(output), limit,
                                          std::move(schema));
}

}  // namespace weir
