#include "exec/operator/project.h"

#include "expr/evaluator.h"

namespace weir {

namespace {

class ProjectOperator final : public TransformOperator {
 public:
  ProjectOperator(const SharedExprs& exprs, const QueryContext& query)
      : add_parts_(exprs, query.registry(), query.statement),
        evaluator_(exprs.exprs(), query.registry(), query.statement) {}

  Step Push(DriverContext& /*context*/, Chunk input, Chunk& out) override {
    out = evaluator_.EvaluateAll(add_parts_(input));
    return Step::kHasOutput;
  }

 private:
  SharedPartEvaluator add_parts_;
  Evaluator evaluator_;
};

}  // namespace

std::unique_ptr<TransformOperator> ProjectFactory::Make(DriverContext& context) {
  return std::make_unique<ProjectOperator>(exprs_, context.query);
}

}  // namespace weir
