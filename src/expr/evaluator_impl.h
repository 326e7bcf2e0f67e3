#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "column/chunk.h"
#include "expr/comparison.h"
#include "expr/evaluator.h"
#include "expr/expr.h"
#include "expr/function.h"
#include "expr/registry.h"

namespace weir {

// A list of rows from the evaluator's pool.
class ScratchRows {
 public:
  ScratchRows(std::vector<Selection>& pool, size_t size);
  ~ScratchRows() { pool_.push_back(std::move(rows_)); }
  ScratchRows(const ScratchRows&) = delete;
  ScratchRows& operator=(const ScratchRows&) = delete;
  uint32_t* data() { return rows_.data(); }
  RowSet Set(size_t count) const { return RowSet::Of({rows_.data(), count}); }

 private:
  std::vector<Selection>& pool_;
  Selection rows_;
};

// How a node is computed.
enum class NodeKind : uint8_t {
  kInput,
  kConstant,  // a literal
  kKernel,    // calls, casts, NOT, IS NULL, IN: argument columns in, one column out
  kAnd,
  kOr,
  kCase,
  kCoalesce,
  kTry,
};

// What a node computed on a dictionary, kept while the same dictionary keeps coming.
struct DictionaryMemo {
  std::vector<ColumnPtr> bases;  // of the non-constant arguments; held, so that addresses are not reused
  ColumnPtr result;              // per slot of the base; null while only counting
  std::vector<uint64_t> failed;  // bits: slots that have no result; empty when all have one
  size_t rows_seen = 0;          // rows asked for over these bases before it was worth computing
  std::vector<uint8_t> passes;   // boolean results: slot is true, slot is false; for filters
  std::vector<uint8_t> passes_negated;
};

// A compiled expression node; nodes that compute the same thing are one.
struct EvalNode {
  const Expr* expr = nullptr;
  NodeKind kind = NodeKind::kKernel;
  std::vector<EvalNode*> children;

  // kKernel
  ScalarKernel kernel;
  NullBehavior nulls = NullBehavior::kPropagate;
  bool can_fail = false;
  bool optimistic = false;       // can fail, but may be tried over rows that nobody asked for
  bool deterministic = true;     // same arguments, same result within the statement
  bool fixed_width = false;      // arguments and result: may run over rows that nobody asked for
  bool failure_is_null = false;  // TRY_CAST
  std::optional<CompareOp> compare;
  std::shared_ptr<const void> state;
  bool prepared = false;
  DictionaryMemo dictionary;

  // Set once the node is known to have one value: a flat column of one row.
  ColumnPtr constant;
  // kCase with constant branches only: those, as a dictionary's base.
  ColumnPtr branches;

  size_t uses = 0;
  uint64_t memo_generation = 0;
  ColumnPtr memo;
};

// The workings of Evaluator. Internal to expr/.
class EvaluatorImpl {
 public:
  EvaluatorImpl(std::vector<ExprPtr> exprs, const Registry& registry, const StatementContext& statement);

  size_t size() const { return roots_.size(); }
  ColumnPtr Evaluate(size_t i, const Chunk& chunk);
  Chunk EvaluateAll(const Chunk& chunk);
  SelectionPtr Filter(size_t i, const Chunk& chunk);

 private:
  // Rows of the chunk that failed inside the innermost try().
  struct TryFrame {
    std::vector<uint64_t> failed;
    bool any = false;
  };
  struct NodeKey {
    const Expr* expr;
    uint64_t scope;  // nodes inside a try() are not shared with others: they fail differently
    friend bool operator==(const NodeKey& a, const NodeKey& b) { return a.scope == b.scope && a.expr->Equals(*b.expr); }
  };
  struct NodeKeyHash {
    size_t operator()(const NodeKey& key) const { return key.expr->Hash() ^ key.scope; }
  };

  // evaluator_compile.cc
  EvalNode* Compile(const ExprPtr& expr, uint64_t scope);
  void CompileKernel(EvalNode& node);

  // evaluator.cc
  void Begin(const Chunk& chunk);
  void End();
  ColumnPtr Eval(EvalNode& node, const RowSet& rows);
  ColumnPtr EvalLogical(EvalNode& node, const RowSet& rows);
  ColumnPtr EvalCase(EvalNode& node, const RowSet& rows);
  ColumnPtr EvalCoalesce(EvalNode& node, const RowSet& rows);
  ColumnPtr EvalTry(EvalNode& node, const RowSet& rows);

  // evaluator_kernel.cc
  ColumnPtr EvalKernel(EvalNode& node, const RowSet& rows);
  ColumnPtr EvalConstantCall(EvalNode& node, std::vector<ColumnPtr> args, const RowSet& rows);
  ColumnPtr EvalOverDictionary(EvalNode& node, const std::vector<ColumnPtr>& args, const RowSet& rows);
  ColumnPtr RunKernel(EvalNode& node, std::span<const ColumnPtr> args, size_t size, const RowSet& rows);
  void ReportFailures(EvalNode& node, const std::vector<uint32_t>& rows, std::optional<Error> error);
  void Prepare(EvalNode& node);

  // evaluator_filter.cc
  size_t Select(EvalNode& node, const RowSet& rows, bool want, uint32_t* out);
  size_t SelectUnion(EvalNode& node, const RowSet& rows, bool want, uint32_t* out);
  size_t SelectComparison(EvalNode& node, const RowSet& rows, bool want, uint32_t* out);
  size_t SelectByDictionary(EvalNode& node, const Column& column, const RowSet& rows, bool want, uint32_t* out);

  const Registry& registry_;
  const StatementContext& statement_;
  EvalContext context_;
  std::vector<ExprPtr> exprs_;
  std::vector<std::unique_ptr<EvalNode>> nodes_;
  std::unordered_map<NodeKey, EvalNode*, NodeKeyHash> shared_;
  std::vector<ExprPtr> kept_;  // expressions made during compilation
  std::vector<EvalNode*> roots_;
  uint64_t next_scope_ = 0;

  // While a chunk is evaluated.
  const Chunk* chunk_ = nullptr;
  const uint32_t* top_rows_ = nullptr;
  size_t top_count_ = 0;
  uint64_t generation_ = 0;
  std::vector<EvalNode*> memoized_;
  TryFrame* try_frame_ = nullptr;
  std::vector<Selection> scratch_;
  std::vector<uint8_t> mask_;
};

}  // namespace weir
