#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "column/chunk.h"
#include "expr/expr.h"
#include "expr/registry.h"
#include "types/text_style.h"

namespace weir {

// What a statement's expressions share: session settings and the statement's start time. One per statement;
// read-only while it runs.
struct StatementContext {
  int64_t statement_time_us = 0;  // now(): UTC microseconds
  std::string time_zone = "UTC";
  std::string user = "weir";
  std::string database = "weir";
  std::string schema = "public";
  std::vector<std::string> search_path = {"public"};
  std::string application_name;
  uint64_t random_seed = 0;
  int32_t session_id = 0;
  TextStyle text_style;
};

// Per-evaluation state handed to kernels; belongs to one thread.
class EvalContext {
 public:
  explicit EvalContext(const StatementContext& statement) : statement_(statement) {}

  const StatementContext& statement() const { return statement_; }
  // A row that has no result. Outside try the first failure (lowest row) is thrown by the evaluator when the kernel
  // has returned; inside try the row becomes NULL.
  void Fail(size_t row, Error error);
  bool has_failures() const { return !failed_rows_.empty(); }
  // For whoever runs kernels: the rows that failed, and the error of the lowest of them, since the last call.
  std::vector<uint32_t> TakeFailures(std::optional<Error>* first_error);

 private:
  const StatementContext& statement_;
  std::vector<uint32_t> failed_rows_;
  size_t first_failed_row_ = SIZE_MAX;
  std::optional<Error> first_error_;
};

// Computes expressions over chunks. Holds prepared state (compiled patterns) per node, so make one per driver and
// expression list and use it for all its chunks. Borrows registry and statement. Not thread-safe. Input references
// only: kColumn nodes are resolved to kInput by the physical planner.
class Evaluator {
 public:
  Evaluator(std::vector<ExprPtr> exprs, const Registry& registry, const StatementContext& statement);
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;

  size_t size() const;
  // Expression i at chunk.rows(); the column has chunk.size() physical rows. Inputs that pass through unchanged are
  // returned as they are; constants come back constant; deterministic functions of one dictionary column are computed
  // on the dictionary, once for all chunks that share it, and come back as a dictionary.
  ColumnPtr Evaluate(size_t i, const Chunk& chunk);
  // All expressions, as a chunk with the input's selection. Subexpressions that several of them share are computed
  // once.
  Chunk EvaluateAll(const Chunk& chunk);
  // Boolean expression i as a filter: the rows of the chunk where it is true. Null when all of chunk.rows() pass.
  SelectionPtr Filter(size_t i, const Chunk& chunk);

 private:
  std::unique_ptr<class EvaluatorImpl> impl_;
};

// The value of a foldable expression (or of a stable one, for this statement).
Value EvaluateConstant(const ExprPtr& expr, const Registry& registry, const StatementContext& statement);

}  // namespace weir
