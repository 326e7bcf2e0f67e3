#include "exec/operator/filter.h"

#include "expr/evaluator.h"

namespace weir {

namespace {

class FilterOperator final : public TransformOperator {
 public:
  FilterOperator(const ExprPtr& predicate, const QueryContext& query)
      : evaluator_({predicate}, query.registry(), query.statement) {}

  Step Push(DriverContext& /*context*/, Chunk input, Chunk& out) override {
    SelectionPtr selection = evaluator_.Filter(0, input);
    if (selection == nullptr) {
      out = std::move(input);
      return Step::kHasOutput;
    }
    if (selection->empty()) return Step::kNeedInput;
    out = input.WithSelection(std::move(selection));
    return Step::kHasOutput;
  }

 private:
  Evaluator evaluator_;
};

}  // namespace

std::unique_ptr<TransformOperator> FilterFactory::Make(DriverContext& context) {
  return std::make_unique<FilterOperator>(predicate_, context.query);
}

}  // namespace weir
