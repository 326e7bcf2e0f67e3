#include "exec/shared_exprs.h"

#include "exec/testing/engine_fixture.h"

namespace weir::exec_test {

class SharedExprsTest : public EngineTest {
 protected:
  ExprPtr a_ = In(0, TypeKind::kInt64);
  ExprPtr b_ = In(1, TypeKind::kInt64);
  ExprPtr Plus(ExprPtr x, ExprPtr y) { return Call("+", {std::move(x), std::move(y)}); }
};

TEST_F(SharedExprsTest, TakesOutTheLargestPartsFirst) {
  // ab = a + b occurs three times, ab + 1 twice.
  const ExprPtr ab = Plus(a_, b_);
  const ExprPtr ab1 = Plus(ab, Int(1));
  const SharedExprs shared({Plus(ab1, a_), Plus(ab1, b_), ab}, {true, true, true}, 2);
  ASSERT_EQ(shared.parts().size(), 2u);
  EXPECT_TRUE(shared.parts()[0]->Equals(*ab));
  EXPECT_TRUE(shared.parts()[1]->Equals(*Plus(In(2, TypeKind::kInt64), Int(1))));
  EXPECT_TRUE(shared.exprs()[0]->Equals(*Plus(In(3, TypeKind::kInt64), a_)));
  EXPECT_TRUE(shared.exprs()[2]->Equals(*In(2, TypeKind::kInt64)));
}

TEST_F(SharedExprsTest, LeavesAloneWhatOccursOnce) {
  const SharedExprs shared({Plus(a_, b_), Plus(b_, a_), a_, a_}, {true, true, true, true}, 2);
  EXPECT_TRUE(shared.parts().empty());
}

TEST_F(SharedExprsTest, ConditionalPartsDoNotCount) {
  const ExprPtr quotient = Call("/", {a_, b_});
  const ExprPtr guarded = Expr::Case({Call(">", {b_, Int(0)}), quotient, Int(0)}, TypeKind::kInt64);
  EXPECT_TRUE(SharedExprs({guarded, Plus(guarded, Int(1)), quotient}, {true, true, false}, 2).parts().size() == 1);
  // The whole CASE is shared, the division in it stays where it is.
  const SharedExprs shared({guarded, Plus(guarded, Int(1))}, {true, true}, 2);
  ASSERT_EQ(shared.parts().size(), 1u);
  EXPECT_TRUE(shared.parts()[0]->Equals(*guarded));
}

TEST_F(SharedExprsTest, ResultsAreTheSame) {
  const PhysicalPtr table = RandomTable(1000, 91);
  const ExprPtr kv = Plus(In(table, 0), In(table, 1));
  const ExprPtr kv1 = Plus(kv, Int(1));
  Check(Project(table, {Plus(kv1, kv1), kv, kv1, In(table, 2)}));
  AggregateCall filtered = Agg("sum", {Call("/", {Int(1000), kv})});
  filtered.filter = Call(">", {kv, Int(0)});
  Check(Aggregate(table, {Call("%", {kv, Int(5)})}, {Agg("sum", {kv1}), Agg("min", {kv}), filtered}));
}

}  // namespace weir::exec_test
