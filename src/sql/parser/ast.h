#pragma once

// The whole abstract syntax tree.
#include "sql/parser/ast_admin.h"      // IWYU pragma: export
#include "sql/parser/ast_ddl.h"        // IWYU pragma: export
#include "sql/parser/ast_expr.h"       // IWYU pragma: export
#include "sql/parser/ast_query.h"      // IWYU pragma: export
#include "sql/parser/ast_statement.h"  // IWYU pragma: export
