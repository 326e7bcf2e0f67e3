#include "exec/operator/project.h"

#include "expr/evaluator.h"

namespace weir {

namespace {

class ProjectOperator final : public TransformOperator {
 public:
  ProjectOperator(const std::vector<ExprPtr>& exprs, const QueryContext& query)
      : evaluator_(exprs, query.registry(), query.statement) {}

  Step Push(DriverContext& /*context*/, Chunk input, Chunk& out) override {
    out = evaluator_.EvaluateAll(input);
    return Step::kHasOutput;
  }

 private:
  Evaluator evaluator_;
};

}  // namespace

std::unique_ptr<TransformOperator> ProjectFactory::Make(DriverContext& context) {
  return std::make_unique<ProjectOperator>(exprs_, context.query);
}

}  // namespace weir
