#include "exec/subfield_use.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "expr/expr_codec.h"

namespace weir {
namespace {

class SubfieldUseTest : public ::testing::Test {
 protected:
  SubfieldUseTest() {
    extract_.name = "struct_extract";
    FunctionOverload& field = extract_.overloads.emplace_back();
    field.parameters = {TypePattern::Kind::kAny, TypePattern::Kind::kAny};
    field.resolve = [](std::span<const Type> types, std::span<const std::optional<Value>> constants) {
      const auto fields = types[0].fields();
      const auto found = std::ranges::find(fields, constants[1]->bytes(), &weir::Field::name);
      return ResolvedCall{{types.begin(), types.end()}, found->type};
    };
    other_.name = "length";
    other_.overloads.emplace_back();
    registry_.Add(extract_);
  }
  ExprPtr Field(ExprPtr of, size_t field) const {
    const Type type = of->type();
    return Expr::Call(extract_, extract_.overloads[0], type.child(field),
                      {std::move(of), Expr::Literal(Value::String(type.fields()[field].name))});
  }
  ExprPtr Length(ExprPtr of) const {
    return Expr::Call(other_, other_.overloads[0], TypeKind::kInt64, {std::move(of)});
  }
  PhysicalPtr Scan(std::vector<ExprPtr> filters = {}) const {
    return std::make_shared<PhysicalScan>(TableSource{1, "t", {0, 1}}, Schema{{"s", type_}, {"t", type_}},
                                          std::move(filters), std::vector<ColumnPredicate>(), std::vector<size_t>{1, 0},
                                          std::vector<RuntimeFilterTarget>());
  }
  // Input 0 is column t, input 1 is column s.
  ExprPtr S() const { return Expr::Input(1, type_); }
  ExprPtr T() const { return Expr::Input(0, type_); }
  static PhysicalPtr Project(PhysicalPtr child, std::vector<ExprPtr> exprs) {
    Schema schema;
    for (const ExprPtr& expr : exprs) schema.push_back({"c", expr->type()});
    return std::make_shared<PhysicalProject>(std::move(child), std::move(exprs), std::move(schema));
  }
  // name(args..., lambda, captured...)
  static ExprPtr WithLambda(const FunctionSpec& spec, Type type, std::vector<ExprPtr> args, const ExprPtr& body,
                            const std::vector<ExprPtr>& captured = {}) {
    ByteWriter bytes;
    bytes.PutString("text");
    bytes.PutString(SerializeExpr(body));
    args.push_back(Expr::Literal(Value::Bytes(TypeKind::kVarbinary, bytes.Take())));
    args.insert(args.end(), captured.begin(), captured.end());
    return Expr::Call(spec, spec.overloads[0], std::move(type), std::move(args));
  }
  static FunctionSpec Named(std::string name) {
    FunctionSpec spec;
    spec.name = std::move(name);
    spec.overloads.emplace_back();
    return spec;
  }
  std::vector<SubfieldPaths> Use(const PhysicalPtr& plan) const {
    auto found = FindSubfieldUse(*plan, registry_);
    EXPECT_EQ(found.size(), 1U);
    for (SubfieldPaths& paths : found.begin()->second) {
      std::ranges::sort(paths);
      paths.erase(std::ranges::unique(paths).begin(), paths.end());
    }
    return found.begin()->second;
  }

  const Type inner_ = Type::Struct({{"x", TypeKind::kInt64}, {"y", TypeKind::kVarchar}});
  const Type type_ = Type::Struct({{"a", TypeKind::kVarchar}, {"b", inner_}});
  FunctionSpec extract_, other_;
  Registry registry_;
};

TEST_F(SubfieldUseTest, FieldsOfFields) {
  const SubfieldPaths all;
  EXPECT_EQ(Use(Scan()), (std::vector{all, all}));
  EXPECT_EQ(Use(Project(Scan(), {Field(S(), 0)})), (std::vector{SubfieldPaths{{0}}, all}));
  EXPECT_EQ(Use(Project(Scan(), {Length(Field(Field(S(), 1), 1)), Field(T(), 1)})),
            (std::vector{SubfieldPaths{{1, 1}}, SubfieldPaths{{1}}}));
  EXPECT_EQ(Use(Project(Scan(), {Field(S(), 0), S()})), (std::vector{all, all})) << "the whole value, too";
  EXPECT_EQ(Use(Project(Scan(), {Field(S(), 0), Expr::IsNull(S())})),
            (std::vector{SubfieldPaths{{0}, {kShapeOfSubfield}}, all}));
}

TEST_F(SubfieldUseTest, ThroughProjectionsAndFilters) {
  const SubfieldPaths all;
  // The scan's own filter is over its columns: 0 is s.
  const ExprPtr own = Expr::IsNull(Field(Expr::Input(0, type_), 0));
  EXPECT_EQ(Use(Project(Scan({own}), {Field(Field(S(), 1), 0)})), (std::vector{SubfieldPaths{{0}, {1, 0}}, all}));
  const PhysicalPtr filter = std::make_shared<PhysicalFilter>(Scan(), Expr::IsNull(Field(T(), 0)));
  const PhysicalPtr below = Project(filter, {Field(S(), 1), T()});
  const PhysicalPtr above = Project(below, {Field(Expr::Input(0, inner_), 1)});
  EXPECT_EQ(Use(above), (std::vector{SubfieldPaths{{1, 1}}, SubfieldPaths{{0}}}));
  const PhysicalPtr limit = std::make_shared<PhysicalLimit>(Scan(), 5, 0);
  EXPECT_EQ(Use(Project(limit, {Field(S(), 0), Field(T(), 0)})), (std::vector{SubfieldPaths{{0}}, SubfieldPaths{{0}}}));
}

TEST_F(SubfieldUseTest, ListsAndTheirLengths) {
  using Found = std::vector<SubfieldPaths>;
  constexpr size_t kShape = kShapeOfSubfield;
  const Type list = Type::List(type_);
  const auto scan = [&] {
    return std::make_shared<PhysicalScan>(TableSource{1, "t", {0}}, Schema{{"l", list}}, std::vector<ExprPtr>(),
                                          std::vector<ColumnPredicate>(), std::vector<size_t>{0},
                                          std::vector<RuntimeFilterTarget>());
  };
  const ExprPtr l = Expr::Input(0, list);
  const SubfieldPaths all, shape{{kShape}};
  EXPECT_EQ(Use(Project(scan(), {Length(l)})), Found{shape});
  EXPECT_EQ(Use(Project(scan(), {Expr::Not(Expr::IsNull(l))})), Found{shape});
  EXPECT_EQ(Use(Project(scan(), {Length(l), l})), Found{all});
  EXPECT_EQ(Use(Project(Project(scan(), {l}), {Length(l)})), Found{shape});
  EXPECT_EQ(Use(Project(Scan(), {Length(Field(S(), 0))})), (std::vector{SubfieldPaths{{0}}, all})) << "of a text";
  // Column 0 is the list, column 1 its elements.
  const ExprPtr element = Expr::Input(1, type_);
  const PhysicalPtr unnest =
      std::make_shared<PhysicalUnnest>(scan(), std::vector{l}, false, Schema{{"l", list}, {"e", type_}});
  EXPECT_EQ(Use(Project(unnest, {Field(Field(element, 1), 0)})), (Found{{{0, 1, 0}, {kShape}}}));
  EXPECT_EQ(Use(Project(unnest, {Expr::Literal(Value::Int32(1))})), Found{shape});
  EXPECT_EQ(Use(Project(unnest, {element})), Found{all});
  EXPECT_EQ(Use(Project(unnest, {Expr::IsNull(element)})), (Found{{{0, kShape}, {kShape}}}));
}

TEST_F(SubfieldUseTest, LambdasOverLists) {
  using Found = std::vector<SubfieldPaths>;
  constexpr size_t kShape = kShapeOfSubfield;
  const Type list = Type::List(type_);
  const auto scan = [&] {
    return std::make_shared<PhysicalScan>(TableSource{1, "t", {0, 1}}, Schema{{"l", list}, {"s", type_}},
                                          std::vector<ExprPtr>(), std::vector<ColumnPredicate>(),
                                          std::vector<size_t>{0, 1}, std::vector<RuntimeFilterTarget>());
  };
  const ExprPtr l = Expr::Input(0, list), s = Expr::Input(1, type_);
  const ExprPtr element = Expr::Input(0, type_);
  const ExprPtr is_b = Expr::IsNull(Field(Field(element, 1), 0));
  const SubfieldPaths all;

  const FunctionSpec filter = Named("array_filter"), map = Named("array_map"), any = Named("any_match");
  const ExprPtr filtered = WithLambda(filter, list, {l}, is_b);
  EXPECT_EQ(Use(Project(scan(), {Length(filtered)})), (Found{{{0, 1, 0}, {kShape}}, all}));
  EXPECT_EQ(Use(Project(scan(), {filtered})), (Found{all, all})) << "the elements come out";
  EXPECT_EQ(Use(Project(scan(), {WithLambda(any, TypeKind::kBoolean, {l}, is_b)})),
            (Found{{{0, 1, 0}, {kShape}}, all}));
  const Type texts = Type::List(TypeKind::kVarchar);
  const ExprPtr mapped = WithLambda(map, texts, {l}, Field(element, 0));
  EXPECT_EQ(Use(Project(scan(), {mapped})), (Found{{{0, 0}, {kShape}}, all}));
  EXPECT_EQ(Use(Project(scan(), {Length(mapped)})), (Found{{{kShape}}, all}));
  EXPECT_EQ(Use(Project(scan(), {WithLambda(map, list, {l}, element)})), (Found{all, all}));
  EXPECT_EQ(Use(Project(scan(), {WithLambda(map, texts, {filtered}, Field(element, 0))})),
            (Found{{{0, 0}, {0, 1, 0}, {kShape}}, all}))
      << "one within another";
  // The second input is captured.
  const ExprPtr captured = Field(Expr::Input(1, type_), 0);
  EXPECT_EQ(Use(Project(scan(), {WithLambda(map, texts, {l}, captured, {s})})), (Found{{{kShape}}, {{0}}}));
  const FunctionSpec at = Named("[]");
  const ExprPtr first = Expr::Call(at, at.overloads[0], type_, {l, Expr::Literal(Value::Int64(1))});
  EXPECT_EQ(Use(Project(scan(), {Field(first, 0)})), (Found{{{0, 0}, {kShape}}, all}));
}

TEST_F(SubfieldUseTest, SharedScansAreUsedByAll) {
  const PhysicalPtr scan = Scan();
  const std::vector<PhysicalPtr> children{Project(scan, {Field(S(), 0)}), Project(scan, {Field(Field(S(), 1), 1)})};
  const PhysicalPtr plan = std::make_shared<PhysicalUnionAll>(children, children[0]->schema());
  EXPECT_EQ(Use(plan)[0], (SubfieldPaths{{0}, {1, 1}}));
}

}  // namespace
}  // namespace weir
