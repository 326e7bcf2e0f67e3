#include "exec/cache/scan_fragment.h"

#include <algorithm>

#include "base/bytes.h"
#include "exec/cache/statement_constants.h"
#include "plan/plan_codec.h"

namespace weir {

namespace {

constexpr size_t kFiltersMax = 64;  // bits of a mask

Schema Nameless(Schema schema) {
  for (Field& field : schema) field.name.clear();
  return schema;
}

bool FixAll(std::vector<ExprPtr>& exprs, StatementConstants& constants) {
  for (ExprPtr& expr : exprs) {
    expr = constants.Fix(expr);
    if (expr == nullptr) return false;
  }
  return true;
}

bool FixCall(AggregateCall& call, StatementConstants& constants) {
  if (call.overload == nullptr || call.distinct || !call.order_by.empty() || call.overload->order_sensitive)
    return false;
  if (call.filter != nullptr) {
    call.filter = constants.Fix(call.filter);
    if (call.filter == nullptr) return false;
  }
  return FixAll(call.args, constants);
}

// The node over another child; names are left out.
PhysicalPtr Over(const PhysicalPtr& node, PhysicalPtr child) {
  if (node->kind() == PhysicalKind::kFilter) {
    return std::make_shared<PhysicalFilter>(std::move(child), node->as<PhysicalFilter>().predicate);
  }
  const auto& project = node->as<PhysicalProject>();
  return std::make_shared<PhysicalProject>(std::move(child), project.exprs, project.schema());
}

// Of which bounds in statistics are bounds by comparison, too.
bool HasPlainOrder(const Type& type) {
  return type.is_integer() || type.is(TypeKind::kDecimal) || type.is(TypeKind::kDate) || type.is_timestamp();
}

}  // namespace

std::unique_ptr<ScanFragment> ScanFragment::Of(const PhysicalHashAggregate& node, const QueryContext& query) {
  const PhysicalNode* at = node.child().get();
  std::vector<const PhysicalNode*> chain;
  while (at->kind() == PhysicalKind::kFilter || at->kind() == PhysicalKind::kProject) {
    chain.push_back(at);
    at = at->child().get();
  }
  if (at->kind() != PhysicalKind::kScan || query.snapshot == nullptr) return nullptr;
  const auto& scan = at->as<PhysicalScan>();
  const auto* table = std::get_if<TableSource>(&scan.source);
  if (table == nullptr || scan.columns.size() != table->column_ordinals.size()) return nullptr;
  const TablePtr def = query.snapshot->catalog()->FindTable(TableId(table->table_id));
  if (def == nullptr || scan.filters.size() > kFiltersMax) return nullptr;

  std::unique_ptr<ScanFragment> out(new ScanFragment());
  out->scan_ = &scan;
  TableSource source{table->table_id, {}, {}};
  for (const size_t ordinal : table->column_ordinals) {
    source.column_ordinals.push_back(def->columns.at(ordinal).id.value());
  }
  out->source_ = std::move(source);
  StatementConstants constants(query.registry(), query.statement);
  out->filters_ = scan.filters;
  if (!FixAll(out->filters_, constants)) return nullptr;
  for (auto above = chain.rbegin(); above != chain.rend(); ++above) {
    if ((*above)->kind() == PhysicalKind::kFilter) {
      ExprPtr predicate = constants.Fix((*above)->as<PhysicalFilter>().predicate);
      if (predicate == nullptr) return nullptr;
      out->above_.push_back(std::make_shared<PhysicalFilter>((*above)->child(), std::move(predicate)));
    } else {
      std::vector<ExprPtr> exprs = (*above)->as<PhysicalProject>().exprs;
      if (!FixAll(exprs, constants)) return nullptr;
      out->above_.push_back(
          std::make_shared<PhysicalProject>((*above)->child(), std::move(exprs), Nameless((*above)->schema())));
    }
  }
  std::vector<ExprPtr> groups = node.groups;
  std::vector<AggregateCall> calls = node.aggregates;
  if (!FixAll(groups, constants)) return nullptr;
  for (AggregateCall& call : calls) {
    if (!FixCall(call, constants)) return nullptr;
  }
  out->aggregate_ = std::make_shared<PhysicalHashAggregate>(node.child(), std::move(groups), std::move(calls),
                                                            Nameless(node.schema()));
  ByteWriter suffix;
  suffix.Put(def->changed_version.value());
  StatementConstants::AddStatement(query.statement, suffix);
  out->suffix_ = suffix.Take();
  for (size_t i = 0; i < out->filters_.size(); ++i) out->AddRange(i, *def);
  return out;
}

void ScanFragment::AddRange(size_t filter, const TableDef& def) {
  const Expr& expr = *filters_[filter];
  if (!expr.is(ExprKind::kCall) || expr.children().size() != 2) return;
  std::optional<CompareOp> op = CompareOpByName(expr.name());
  if (!op.has_value()) return;
  const Expr* left = expr.child(0).get();
  const Expr* right = expr.child(1).get();
  if (left->is(ExprKind::kLiteral)) {
    std::swap(left, right);
    op = SwapCompareOp(*op);
  }
  if (!left->is(ExprKind::kInput) || !right->is(ExprKind::kLiteral) || right->literal().is_null()) return;
  if (!HasPlainOrder(left->type()) || !(left->type() == right->type())) return;
  const auto& source = std::get<TableSource>(scan_->source);
  const ColumnDef& column = def.columns.at(source.column_ordinals.at(left->input_index()));
  if (!(column.type == left->type())) return;
  ranges_.push_back({filter, column.id, column.type, *op, right->literal()});
  droppable_ |= uint64_t{1} << filter;
}

bool ScanFragment::Range::Covers(const SegmentInfo& segment) const {
  const auto found = segment.columns.find(field);
  if (found == segment.columns.end()) return false;
  const ColumnStatistics& statistics = found->second;
  if (statistics.null_count != 0 || !statistics.min.has_value() || !statistics.max.has_value()) return false;
  if (!(statistics.min->type() == type) || !(statistics.max->type() == type)) return false;
  const int min = Value::Compare(*statistics.min, value);
  const int max = Value::Compare(*statistics.max, value);
  switch (op) {
    case CompareOp::kEqual:
      return min == 0 && max == 0;
    case CompareOp::kNotEqual:
      return min > 0 || max < 0;
    case CompareOp::kLess:
      return max < 0;
    case CompareOp::kLessEqual:
      return max <= 0;
    case CompareOp::kGreater:
      return min > 0;
    case CompareOp::kGreaterEqual:
      return min >= 0;
  }
  return false;
}

CacheTextPtr ScanFragment::TextFor(const SegmentInfo& segment, QueryCache& cache) {
  uint64_t left_out = 0;
  for (const Range& range : ranges_) {
    if (range.Covers(segment)) left_out |= uint64_t{1} << range.filter;
  }
  return TextWithout(left_out, cache);
}

CacheTextPtr ScanFragment::TextWithout(uint64_t left_out, QueryCache& cache) {
  CacheTextPtr& text = texts_[left_out];
  if (text != nullptr) return text;
  std::vector<ExprPtr> filters;
  for (size_t i = 0; i < filters_.size(); ++i) {
    if ((left_out >> i & 1) == 0) filters.push_back(filters_[i]);
  }
  PhysicalPtr plan =
      std::make_shared<PhysicalScan>(source_, Nameless(scan_->columns), std::move(filters),
                                     std::vector<ColumnPredicate>(), scan_->output, std::vector<RuntimeFilterTarget>());
  for (const PhysicalPtr& node : above_) plan = Over(node, std::move(plan));
  const auto& aggregate = aggregate_->as<PhysicalHashAggregate>();
  plan = std::make_shared<PhysicalHashAggregate>(std::move(plan), aggregate.groups, aggregate.aggregates,
                                                 aggregate.schema());
  return text = cache.Intern(PlanIdentity(plan) + suffix_);
}

}  // namespace weir
