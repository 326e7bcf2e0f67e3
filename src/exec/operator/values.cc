#include "exec/operator/values.h"

#include <algorithm>

#include "column/builder.h"
#include "expr/evaluator.h"

namespace weir {

namespace {

class ValuesReader final : public SourceOperator {
 public:
  ValuesReader(const std::vector<std::vector<ExprPtr>>& rows, const std::vector<Type>& types)
      : rows_(rows), types_(types) {}

  Step Pull(DriverContext& context, Chunk& out) override {
    if (at_ == rows_.size()) return Step::kFinished;
    const QueryContext& query = context.query;
    const size_t count = std::min(query.chunk_rows(), rows_.size() - at_);
    std::vector<ColumnPtr> columns;
    for (size_t i = 0; i < types_.size(); ++i) {
      ColumnBuilder builder(types_[i], count);
      for (size_t row = at_; row < at_ + count; ++row) {
        const ExprPtr& expr = rows_[row][i];
        if (expr->is(ExprKind::kLiteral)) {
          // A bare NULL may have kept its unknown type.
          if (expr->literal().is_null()) {
            builder.AppendNull();
          } else {
            builder.AppendValue(expr->literal());
          }
          continue;
        }
        Evaluator evaluator({expr}, query.registry(), query.statement);
        builder.AppendRow(*evaluator.Evaluate(0, Chunk({}, 1)), 0);
      }
      columns.push_back(builder.Finish());
    }
    at_ += count;
    out = Chunk(std::move(columns), count);
    return Step::kHasOutput;
  }

 private:
  const std::vector<std::vector<ExprPtr>>& rows_;
  const std::vector<Type>& types_;
  size_t at_ = 0;
};

}  // namespace

std::unique_ptr<SourceOperator> ValuesSource::Make(DriverContext& /*context*/) {
  return std::make_unique<ValuesReader>(rows_, types_);
}

}  // namespace weir
