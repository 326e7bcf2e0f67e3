#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/virtual_table.h"
#include "plan/plan_codec.h"

namespace weir::plan_test {

class Numbers final : public VirtualTable {
 public:
  const Schema& schema() const override { return schema_; }
  std::vector<Chunk> Scan(const StatementContext& /*statement*/, const Catalog& /*catalog*/) const override {
    return {};
  }

 private:
  const Schema schema_{{"n", TypeKind::kInt64}};
};

// A registry, a table 7 (k bigint, s text, l bigint[]) and a virtual table "test.numbers" (n bigint).
class SampleResolver final : public PlanResolver {
 public:
  // `functions` fills the registry.
  explicit SampleResolver(void (*functions)(Registry&)) { functions(registry_); }
  const Registry& registry() const override { return registry_; }
  Schema TableColumns(uint64_t table_id) override {
    if (table_id != 7) throw Error::Operational(sqlstate::kUndefinedTable, "no table: {}", table_id);
    return {{"k", TypeKind::kInt64}, {"s", TypeKind::kVarchar}, {"l", Type::List(TypeKind::kInt64)}};
  }
  std::shared_ptr<const VirtualTable> FindVirtualTable(std::string_view name) override {
    if (name != "test.numbers") throw Error::Operational(sqlstate::kUndefinedTable, "no virtual table: {}", name);
    return numbers_;
  }

 private:
  Registry registry_;
  const std::shared_ptr<const VirtualTable> numbers_ = std::make_shared<Numbers>();
};

inline ExprPtr In(const PhysicalPtr& plan, size_t column) {
  return Expr::Input(column, plan->schema()[column].type);
}

inline ExprPtr Int(int64_t value) {
  return Expr::Literal(Value::Int64(value));
}

inline ExprPtr Text(std::string value) {
  return Expr::Literal(Value::String(std::move(value)));
}

inline Schema SchemaOf(const std::vector<ExprPtr>& exprs) {
  Schema schema;
  for (const ExprPtr& expr : exprs) schema.push_back({"c" + std::to_string(schema.size()), expr->type()});
  return schema;
}

inline PhysicalPtr Project(PhysicalPtr child, std::vector<ExprPtr> exprs) {
  Schema schema = SchemaOf(exprs);
  return std::make_shared<PhysicalProject>(std::move(child), std::move(exprs), std::move(schema));
}

inline Schema Both(const PhysicalPtr& left, const PhysicalPtr& right) {
  Schema schema = left->schema();
  schema.insert(schema.end(), right->schema().begin(), right->schema().end());
  return schema;
}

inline Schema Count() {
  return {{"count", TypeKind::kInt64}};
}

inline PhysicalPtr TableScan(SampleResolver& resolver) {
  Schema columns = resolver.TableColumns(7);
  const ExprPtr k = Expr::Input(0, TypeKind::kInt64);
  std::vector<ExprPtr> filters = {resolver.registry().BindCall(">", {k, Int(3)}), Expr::In(k, {Value::Int64(4)})};
  std::vector<ColumnPredicate> predicates = {{0, ColumnPredicate::Op::kGreater, {Value::Int64(3)}},
                                             {0, ColumnPredicate::Op::kIn, {Value::Int64(4), Value::Int64(INT64_MIN)}},
                                             {1, ColumnPredicate::Op::kPrefix, {Value::String("a")}},
                                             {1, ColumnPredicate::Op::kIsNotNull, {}}};
  auto scan = std::make_shared<PhysicalScan>(TableSource{7, "public.t", {0, 1, 2}}, std::move(columns),
                                             std::move(filters), std::move(predicates), std::vector<size_t>{1, 0, 2},
                                             std::vector<RuntimeFilterTarget>{{RuntimeFilterId(3), 0}});
  scan->estimated_rows_ = 12.5;
  return scan;
}

inline PhysicalPtr FileScan() {
  const Type list = Type::List(TypeKind::kVarchar);
  FileSource files;
  files.format = FileSource::Format::kCsv;
  files.paths = {"a.csv", "b.csv"};
  files.schema = {{"x", TypeKind::kInt32}, {"y", list}};
  files.column_ordinals = {1, 0};
  files.filename_column = 1;
  files.options = {{"header", Value::Boolean(true)},
                   {"nullstr", Value::Nested(list, {Value::String("NA"), Value::Null(TypeKind::kVarchar)})}};
  return std::make_shared<PhysicalScan>(std::move(files), Schema{{"y", list}, {"filename", TypeKind::kVarchar}},
                                        std::vector<ExprPtr>{}, std::vector<ColumnPredicate>{},
                                        std::vector<size_t>{0, 1}, std::vector<RuntimeFilterTarget>{});
}

inline PhysicalPtr VirtualScan(SampleResolver& resolver) {
  const VirtualSource source{resolver.FindVirtualTable("test.numbers"), "test.numbers", {0}};
  return std::make_shared<PhysicalScan>(source, Schema{{"n", TypeKind::kInt64}}, std::vector<ExprPtr>{},
                                        std::vector<ColumnPredicate>{}, std::vector<size_t>{0},
                                        std::vector<RuntimeFilterTarget>{});
}

inline PhysicalPtr Values() {
  const Type pair = Type::Struct({{"a", TypeKind::kInt32}, {"b", Type::Map(TypeKind::kVarchar, TypeKind::kDouble)}});
  const Value map =
      Value::Nested(Type::Map(TypeKind::kVarchar, TypeKind::kDouble), {Value::String("x"), Value::Double(-0.0)});
  std::vector<ExprPtr> row = {
      Expr::Literal(Value::Integer(Type::Decimal(12, 2), 1234)),
      Expr::Literal(Value::Wide(Type::Decimal(38, 0), (int128_t{1} << 100) + 7)),
      Expr::Literal(Value::OfInterval({1, 2, 3})),
      Expr::Literal(Value::Nested(pair, {Value::Integer(TypeKind::kInt32, -1), map})),
      Expr::Literal(Value::Null(TypeKind::kUuid)),
      Expr::Cast(Text("12"), TypeKind::kInt16, true),
  };
  Schema schema = SchemaOf(row);
  return std::make_shared<PhysicalValues>(std::vector<std::vector<ExprPtr>>{row, row}, std::move(schema));
}

// Every kind of expression, one of them twice.
inline PhysicalPtr Expressions(SampleResolver& resolver, const PhysicalPtr& child) {
  const Registry& registry = resolver.registry();
  const ExprPtr k = In(child, 1);
  const ExprPtr random = registry.BindCall("random", {});
  const ExprPtr positive = registry.BindCall(">", {k, Int(0)});
  return Project(child, {Expr::And({positive, Expr::Not(Expr::IsNull(k))}), Expr::Or({positive, positive}),
                         Expr::Case({positive, Int(1), Int(2)}, TypeKind::kInt64), Expr::Coalesce({k, Int(0)}), random,
                         random, Expr::WithPosition(registry.BindCall("/", {Int(1), k}), 17),
                         registry.BindCall("upper", {In(child, 0)}), In(child, 2)});
}

inline PhysicalPtr Window(SampleResolver& resolver, const PhysicalPtr& child) {
  PhysicalWindow::Call rank;
  rank.window.function = WindowFunction::kRank;
  rank.window.call.name = "rank";
  rank.window.call.type = TypeKind::kInt64;
  rank.partition_keys = 1;
  rank.order_keys = 2;
  PhysicalWindow::Call sum;
  sum.window.call = resolver.registry().BindAggregate("sum", {In(child, 1)});
  sum.window.frame.unit = FrameUnit::kRows;
  sum.window.frame.start = {.edge = FrameEdge::kPreceding, .distance = Int(2), .value = nullptr};
  sum.window.frame.exclusion = FrameExclusion::kTies;
  sum.partition_keys = 1;
  sum.order_keys = 2;
  PhysicalWindow::Call lag;
  lag.window.function = WindowFunction::kLag;
  lag.window.call.name = "lag";
  lag.window.call.type = TypeKind::kVarchar;
  lag.window.call.args = {In(child, 0), Int(1)};
  lag.window.ignore_nulls = true;
  lag.partition_keys = 1;
  lag.order_keys = 2;
  Schema schema = {
      child->schema()[1], {"rank", TypeKind::kInt64}, {"sum", sum.window.call.type}, {"lag", TypeKind::kVarchar}};
  return std::make_shared<PhysicalWindow>(child, std::vector<PhysicalWindow::Key>{{0}, {1, true, true}}, 1,
                                          std::vector<PhysicalWindow::Call>{rank, sum, lag}, std::vector<size_t>{1},
                                          WindowLimit{0, 10}, std::move(schema));
}

inline PhysicalPtr Aggregate(SampleResolver& resolver, const PhysicalPtr& child) {
  const Registry& registry = resolver.registry();
  AggregateCall count = registry.BindAggregate("count", {In(child, 1)});
  count.distinct = true;
  count.filter = registry.BindCall("<", {In(child, 1), Int(9)});
  AggregateCall text = registry.BindAggregate("string_agg", {In(child, 0), Text(",")});
  text.order_by.push_back({In(child, 1), true, true});
  Schema schema = {{"g", TypeKind::kVarchar}, {"count", count.type}, {"text", text.type}};
  return std::make_shared<PhysicalHashAggregate>(child, std::vector<ExprPtr>{In(child, 0)},
                                                 std::vector<AggregateCall>{count, text}, std::move(schema));
}

// Plans that have every kind of node, source and expression between them.
inline std::vector<PhysicalPtr> SamplePlans(SampleResolver& resolver) {
  const PhysicalPtr table = TableScan(resolver);
  const PhysicalPtr numbers = VirtualScan(resolver);
  const std::vector<SortKey> keys = {{In(table, 1), true, true}, {In(table, 0)}};
  std::vector<PhysicalPtr> plans = {FileScan(), Values(), Expressions(resolver, table), Window(resolver, table),
                                    Aggregate(resolver, table)};
  plans.push_back(std::make_shared<PhysicalTopN>(std::make_shared<PhysicalSort>(table, keys), keys, 10, 2));
  plans.push_back(std::make_shared<PhysicalLimit>(
      std::make_shared<PhysicalFilter>(table, resolver.registry().BindCall("=", {In(table, 1), Int(1)})), std::nullopt,
      5));
  plans.push_back(std::make_shared<PhysicalHashJoin>(
      HashJoinKind::kMark, numbers, table, std::vector<ExprPtr>{In(numbers, 0)}, std::vector<ExprPtr>{In(table, 1)},
      std::vector<bool>{true}, resolver.registry().BindCall("<", {In(numbers, 0), Expr::Input(2, TypeKind::kInt64)}),
      true, std::vector<size_t>{0}, std::vector<size_t>{},
      std::vector<std::pair<RuntimeFilterId, size_t>>{{RuntimeFilterId(3), 0}},
      Schema{{"n", TypeKind::kInt64}, {"mark", TypeKind::kBoolean}}));
  plans.push_back(std::make_shared<PhysicalNestedLoopJoin>(
      JoinKind::kLeft, numbers, numbers, Expr::Literal(Value::Boolean(true)), false, Both(numbers, numbers)));
  plans.push_back(std::make_shared<PhysicalAsofJoin>(
      JoinKind::kFull, numbers, table,
      AsofCondition{{In(numbers, 0)}, {In(table, 1)}, {true}, In(numbers, 0), In(table, 1), AsofNearest::kAfter},
      std::vector<size_t>{0}, std::vector<size_t>{2}, Schema{numbers->schema()[0], table->schema()[2]}));
  plans.push_back(std::make_shared<PhysicalSetOperation>(
      SetOperationKind::kExceptAll,
      std::make_shared<PhysicalUnionAll>(std::vector<PhysicalPtr>{numbers, numbers, numbers}, numbers->schema()),
      numbers, numbers->schema()));
  const CteId id(4);
  const PhysicalPtr cte_scan =
      std::make_shared<PhysicalCteScan>(id, std::vector<size_t>{2, 1}, Schema{table->schema()[2], table->schema()[1]});
  Schema unnested = cte_scan->schema();
  unnested.push_back({"element", TypeKind::kInt64});
  unnested.push_back({"ordinality", TypeKind::kInt64});
  plans.push_back(std::make_shared<PhysicalCte>(
      id, table,
      std::make_shared<PhysicalUnnest>(cte_scan, std::vector<ExprPtr>{In(cte_scan, 0)}, true, std::move(unnested))));
  plans.push_back(std::make_shared<PhysicalRecursion>(
      CteId(5), numbers, std::make_shared<PhysicalCteScan>(CteId(5), std::vector<size_t>{0}, numbers->schema()), true,
      numbers->schema()));
  const PhysicalPtr in_order = Project(table, {In(table, 1), In(table, 0), In(table, 2)});
  plans.push_back(std::make_shared<PhysicalChange>(
      in_order, RowChange{ChangeKind::kInsert, 7, "public.t", "label", 3, false, true}, Count()));
  Schema with_ids = table->as<PhysicalScan>().columns;
  with_ids.push_back({"$part", TypeKind::kInt64});
  with_ids.push_back({"$position", TypeKind::kInt64});
  const PhysicalPtr scan = std::make_shared<PhysicalScan>(
      table->as<PhysicalScan>().source, with_ids, std::vector<ExprPtr>(), std::vector<ColumnPredicate>(),
      std::vector<size_t>{3, 4, 0, 1, 2}, std::vector<RuntimeFilterTarget>());
  const PhysicalPtr ids = Project(scan, {In(scan, 0), In(scan, 1)});
  plans.push_back(std::make_shared<PhysicalChange>(
      ids, RowChange{ChangeKind::kDelete, 7, "public.t", "", 0, false, true}, Count()));
  plans.push_back(std::make_shared<PhysicalChange>(
      scan, RowChange{ChangeKind::kUpdate, 7, "public.t", "", 3, false, false}, Count()));
  const PhysicalPtr merged = Project(scan, {Expr::Literal(Value::Int32(2)), In(scan, 0), In(scan, 1), In(scan, 2),
                                            In(scan, 3), In(scan, 4), In(scan, 2), In(scan, 4)});
  plans.push_back(std::make_shared<PhysicalChange>(merged,
                                                   RowChange{ChangeKind::kMerge, 7, "public.t", "", 3, true, true},
                                                   Schema{merged->schema()[6], merged->schema()[7]}));
  return plans;
}

}  // namespace weir::plan_test
