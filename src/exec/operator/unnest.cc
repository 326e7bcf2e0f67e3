#include "exec/operator/unnest.h"

#include <algorithm>
#include <utility>

#include "column/builder.h"
#include "expr/evaluator.h"

namespace weir {

namespace {

class Unnester final : public TransformOperator {
 public:
  Unnester(const std::vector<ExprPtr>& lists, bool with_ordinality, const QueryContext& query)
      : exprs_(lists, query.registry(), query.statement), with_ordinality_(with_ordinality) {}

  Step Push(DriverContext& context, Chunk input, Chunk& out) override {
    input_ = std::move(input);
    lists_.clear();
    for (size_t i = 0; i < exprs_.size(); ++i) lists_.push_back(exprs_.Evaluate(i, input_));
    row_ = 0;
    element_ = 0;
    return Pull(context, out);
  }

  Step Pull(DriverContext& context, Chunk& out) override {
    const size_t rows_max = context.query.chunk_rows();
    std::vector<ColumnView> views;
    for (const ColumnPtr& list : lists_) views.emplace_back(*list);
    std::vector<uint32_t> parents;
    std::vector<int64_t> ordinals;
    const RowSet rows = input_.rows();
    while (row_ < rows.count() && parents.size() < rows_max) {
      const size_t row = rows[row_];
      size_t length = 0;
      for (const ColumnView& view : views) {
        if (!view.IsNull(row)) length = std::max<size_t>(length, view.At<ListEntry>(row).length);
      }
      const size_t count = std::min(length - element_, rows_max - parents.size());
      for (size_t i = 0; i < count; ++i) {
        parents.push_back(static_cast<uint32_t>(row));
        ordinals.push_back(static_cast<int64_t>(element_ + i) + 1);
      }
      element_ += count;
      if (element_ == length) {
        ++row_;
        element_ = 0;
      }
    }
    if (parents.empty()) {
      input_ = Chunk();
      lists_.clear();
      return Step::kNeedInput;
    }
    out = Rows(views, parents, ordinals);
    return Step::kHasOutput;
  }

 private:
  Chunk Rows(const std::vector<ColumnView>& views, const std::vector<uint32_t>& parents,
             const std::vector<int64_t>& ordinals) const {
    const size_t count = parents.size();
    auto indices = Buffer::Allocate(count * sizeof(uint32_t));
    std::memcpy(indices->data(), parents.data(), count * sizeof(uint32_t));
    std::vector<ColumnPtr> columns;
    for (const ColumnPtr& column : input_.columns()) columns.push_back(Column::Take(column, indices, count));
    for (const ColumnView& view : views) columns.push_back(Elements(view, parents, ordinals));
    if (with_ordinality_) {
      auto values = Buffer::Allocate(count * sizeof(int64_t));
      std::memcpy(values->data(), ordinals.data(), count * sizeof(int64_t));
      columns.push_back(Column::Flat(TypeKind::kInt64, count, std::move(values)));
    }
    return {std::move(columns), count};
  }

  static ColumnPtr Elements(const ColumnView& view, const std::vector<uint32_t>& parents,
                            const std::vector<int64_t>& ordinals) {
    const size_t count = parents.size();
    const ColumnPtr& elements = view.base().child(0);
    auto at = Buffer::Allocate(count * sizeof(uint32_t));
    bool complete = true;
    for (size_t i = 0; i < count && complete; ++i) {
      complete = !view.IsNull(parents[i]);
      if (!complete) break;
      const ListEntry entry = view.At<ListEntry>(parents[i]);
      complete = ordinals[i] <= entry.length;
      at->as<uint32_t>()[i] = entry.offset + static_cast<uint32_t>(ordinals[i] - 1);
    }
    if (complete) return Column::Take(elements, std::move(at), count);
    ColumnBuilder builder(elements->type(), count);
    for (size_t i = 0; i < count; ++i) {
      if (view.IsNull(parents[i]) || ordinals[i] > view.At<ListEntry>(parents[i]).length) {
        builder.AppendNull();
      } else {
        builder.AppendRow(*elements, view.At<ListEntry>(parents[i]).offset + static_cast<size_t>(ordinals[i] - 1));
      }
    }
    return builder.Finish();
  }

  Evaluator exprs_;
  const bool with_ordinality_;
  Chunk input_;
  std::vector<ColumnPtr> lists_;
  size_t row_ = 0;      // among the selected rows
  size_t element_ = 0;  // of that row's lists
};

}  // namespace

UnnestFactory::UnnestFactory(std::vector<ExprPtr> lists, bool with_ordinality)
    : lists_(std::move(lists)), with_ordinality_(with_ordinality) {
  for (const ExprPtr& list : lists_) {
    if (!list->type().is(TypeKind::kList)) {
      throw Error::Unsupported("use map_keys() and map_values()", "unnest of a value that is no list: {}",
                               list->type().ToString());
    }
  }
}

std::unique_ptr<TransformOperator> UnnestFactory::Make(DriverContext& context) {
  return std::make_unique<Unnester>(lists_, with_ordinality_, context.query);
}

}  // namespace weir
