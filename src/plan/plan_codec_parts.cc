#include "plan/plan_codec_parts.h"

#include <algorithm>

namespace weir {

namespace {

// Bounds for what a few damaged bytes may describe: plans are walked recursively, and as trees.
constexpr uint32_t kDepthMax = 4000;
constexpr uint64_t kTreeNodesMax = uint64_t{1} << 22;

}  // namespace

// --- writing

uint64_t PlanWriter::Add(const PhysicalPtr& node) {
  if (const auto known = numbers_.find(node.get()); known != numbers_.end()) return known->second;
  std::vector<uint64_t> children;
  children.reserve(node->children().size());
  for (const PhysicalPtr& child : node->children()) children.push_back(Add(child));
  PutEnum(node->kind());
  nodes_.Put(identity_ ? -1.0 : node->estimated_rows());
  PutList(children, [&](uint64_t child) { nodes_.PutVarint(child); });
  WriteNode(*node, *this);
  return numbers_.emplace(node.get(), numbers_.size()).first->second;
}

std::string PlanWriter::Finish() {
  ByteWriter out;
  exprs_.Finish(out);
  out.PutVarint(numbers_.size());
  out.PutRaw(nodes_.buffer());
  return out.Take();
}

void PlanWriter::Put(const Schema& schema) {
  PutList(schema, [&](const Field& field) {
    nodes_.PutString(field.name);
    Put(field.type);
    PutBool(field.nullable);
  });
}

void PlanWriter::Put(const std::vector<SortKey>& keys) {
  PutList(keys, [&](const SortKey& key) {
    Put(key.expr);
    PutBool(key.descending);
    PutBool(key.nulls_first);
  });
}

// --- reading

void PlanReader::ThrowDamaged(std::string_view what) {
  throw Error::Operational(sqlstate::kDataCorrupted, "damaged plan: {}", what);
}

PhysicalPtr PlanReader::ReadAll() {
  for (uint64_t left = in_.GetVarint(); left > 0; --left) {
    const auto kind = in_.Get<uint8_t>();
    const auto estimated_rows = in_.Get<double>();
    Entry entry{.node = nullptr, .depth = 1, .nodes = 1};
    std::vector<PhysicalPtr> children;
    for (uint64_t child = in_.GetVarint(); child > 0; --child) {
      const Entry& known = nodes_[GetPosition(nodes_.size())];
      children.push_back(known.node);
      entry.depth = std::max(entry.depth, known.depth + 1);
      entry.nodes += known.nodes;
      Need(entry.depth <= kDepthMax && entry.nodes <= kTreeNodesMax, "size");
    }
    entry.node = ReadNode(static_cast<PhysicalKind>(kind), *this, children);
    // Nobody else has seen the node yet.
    const_cast<PhysicalNode&>(*entry.node).estimated_rows_ = estimated_rows;
    nodes_.push_back(std::move(entry));
  }
  Need(!nodes_.empty(), "no nodes");
  return nodes_.back().node;
}

ExprPtr PlanReader::GetExpr(const std::vector<Type>& inputs) {
  ExprPtr expr = exprs_.expr(in_.GetVarint());
  CheckInputs(*expr, inputs);
  return expr;
}

ExprPtr PlanReader::GetCondition(const std::vector<Type>& inputs) {
  ExprPtr expr = GetExpr(inputs);
  Need(expr->type().physical() == PhysicalType::kBool, "condition");
  return expr;
}

Schema PlanReader::GetSchema() {
  return GetList([&] {
    Field field;
    field.name = in_.GetString();
    field.type = GetType();
    field.nullable = GetBool();
    return field;
  });
}

bool PlanReader::GetBool() {
  const auto value = in_.Get<uint8_t>();
  Need(value <= 1, "boolean");
  return value == 1;
}

size_t PlanReader::GetPosition(size_t bound) {
  const uint64_t position = in_.GetVarint();
  Need(position < bound, "position");
  return position;
}

std::vector<SortKey> PlanReader::GetSortKeys(const std::vector<Type>& inputs) {
  return GetList([&] {
    SortKey key;
    key.expr = GetExpr(inputs);
    key.descending = GetBool();
    key.nulls_first = GetBool();
    return key;
  });
}

void PlanReader::NeedTypes(const Schema& schema, const std::vector<Type>& types) {
  Need(schema.size() == types.size(), "number of columns");
  for (size_t i = 0; i < types.size(); ++i) Need(IsSameForm(schema[i].type, types[i]), "type of a column");
}

std::vector<Type> TypesOf(const std::vector<ExprPtr>& exprs) {
  std::vector<Type> types;
  types.reserve(exprs.size());
  for (const ExprPtr& expr : exprs) types.push_back(expr->type());
  return types;
}

std::vector<Type> Concatenated(std::vector<Type> left, const std::vector<Type>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace weir
