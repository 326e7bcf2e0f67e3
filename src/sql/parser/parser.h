#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "sql/parser/ast.h"

namespace weir {

namespace ast {
// Keep the whole tree alive; copies are cheap. Statements of one text share their arena.
using StatementPtr = std::shared_ptr<const Statement>;
using ExprPtr = std::shared_ptr<const Expr>;
using TypeNamePtr = std::shared_ptr<const TypeName>;
}  // namespace ast

enum class Dialect : uint8_t {
  kPostgres,
  // "double quotes" are strings, backslashes escape, || is OR, && is AND, # begins a comment, ? is a parameter.
  kMySql,
};

struct ParseOptions {
  Dialect dialect = Dialect::kPostgres;
  // Names without quotes to lower case; off, they stay as they are written.
  bool fold_names = true;
  // Nesting of parentheses, subqueries and prefix operators beyond which a statement is refused (54001).
  uint32_t nesting_max = 1000;
};

// All the statements of `sql`, separated by semicolons; none for blanks and comments. The text is copied. Throws
// weir::Error with the position in `sql`: 42601 for a syntax error in PostgreSQL's words, 22021 for invalid UTF-8,
// 54001 for too much nesting, 0A000 for what Weir has no use for. Safe to call from any thread.
std::vector<ast::StatementPtr> ParseStatements(std::string_view sql, const ParseOptions& options = {});

// Exactly one expression: generated columns, defaults and checks that were stored as text.
ast::ExprPtr ParseExpression(std::string_view sql, const ParseOptions& options = {});

// Exactly one type: 'numeric(10,2)', 'ARRAY<INT>'.
ast::TypeNamePtr ParseTypeName(std::string_view sql, const ParseOptions& options = {});

}  // namespace weir
