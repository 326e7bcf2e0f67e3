#pragma once

#include <string>
#include <string_view>

#include "sql/parser/ast.h"

namespace weir {

// Canonical SQL text, in the PostgreSQL dialect whatever the node was parsed from: parsing it gives the same tree
// (ast::Dump) again. For view definitions, SHOW CREATE, and the names of columns and functions in messages.
// Parentheses stand only where the precedence needs them.
std::string ToSql(const ast::Expr& expr);
std::string ToSql(const ast::TypeName& type);
std::string ToSql(const ast::Query& query);
std::string ToSql(const ast::Statement& statement);
std::string ToSql(const ast::QualifiedName& name);

// "name" in quotes if it needs them.
std::string QuoteName(std::string_view name);
// 'text' with its quotes doubled.
std::string QuoteString(std::string_view text);

// The name of a result column that has no alias, by PostgreSQL's rules: a column's own name, a function's, a cast's
// type, "case", "exists" ..., or "?column?".
std::string ResultColumnName(const ast::Expr& expr);

}  // namespace weir
