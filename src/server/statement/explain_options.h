#pragma once

#include <optional>

#include "sql/parser/ast.h"

namespace weir {

// What EXPLAIN shows: PostgreSQL's options, and ours (LOGICAL, OPTIMIZER).
struct ExplainOptions {
  bool analyze = false;
  bool verbose = false;
  bool costs = true;            // estimates
  bool timing = true;           // of operators, with ANALYZE
  bool buffers = true;          // memory and what was read, with ANALYZE
  std::optional<bool> summary;  // times of the whole; default: with ANALYZE
  bool logical = false;
  bool optimizer = false;
  bool json = false;

  bool shows_summary() const { return summary.value_or(analyze); }
};

// Throws what PostgreSQL says of options that are unknown, no booleans or need ANALYZE.
ExplainOptions ExplainOptionsOf(const ast::Explain& explain);

}  // namespace weir
