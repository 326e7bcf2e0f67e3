#pragma once

#include <string>

#include "sql/parser/ast.h"

namespace weir::ast {

// The tree without offsets, one line: (BinaryExpr "+" (NumberLiteral "1" true) ...). Every field of every node is in
// it, so two trees are the same if and only if their dumps are. For tests and for debugging.
std::string Dump(const Expr& expr);
std::string Dump(const TypeName& type);
std::string Dump(const Query& query);
std::string Dump(const Statement& statement);

}  // namespace weir::ast
