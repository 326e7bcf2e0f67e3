// FROM: tables, functions, subqueries, joins, PIVOT and UNPIVOT.
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

ast::List<const ast::TableRef*> Parser::ParseFrom() {
  return ParseCommaList<const ast::TableRef*>([&] { return ParseTableRef(); });
}

const ast::TableRef* Parser::ParseTableRef() {
  const Nesting nesting(*this);
  return ParseJoins(ParseTablePrimary());
}

bool Parser::AtJoin() {
  switch (token_.keyword) {
    case Keyword::kJoin:
    case Keyword::kInner:
    case Keyword::kLeft:
    case Keyword::kRight:
    case Keyword::kFull:
    case Keyword::kCross:
    case Keyword::kNatural:
      return true;
    case Keyword::kAsof:
      return PeekIs(1, Keyword::kJoin) || PeekIs(1, Keyword::kLeft) || PeekIs(1, Keyword::kRight) ||
             PeekIs(1, Keyword::kInner) || PeekIs(1, Keyword::kFull);
    case Keyword::kSemi:
    case Keyword::kAnti:
    case Keyword::kPositional:
      return PeekIs(1, Keyword::kJoin);
    default:
      return false;
  }
}

const ast::TableRef* Parser::ParseJoins(const ast::TableRef* left) {
  while (AtJoin()) left = ParseOneJoin(left);
  return left;
}

const ast::TableRef* Parser::ParseOneJoin(const ast::TableRef* left) {
  const Nesting nesting(*this);
  auto* join = New<ast::JoinedTable>(token_.offset);
  join->left = left;
  join->natural = Accept(Keyword::kNatural);
  if (At(Keyword::kAsof)) {
    Advance();
    join->asof = true;
  }
  const auto sided = [&](ast::JoinType outer, ast::JoinType semi, ast::JoinType anti) {
    Advance();
    join->type = outer;
    if (At(Keyword::kSemi)) {
      Advance();
      join->type = semi;
    } else if (At(Keyword::kAnti)) {
      Advance();
      join->type = anti;
    } else {
      Accept(Keyword::kOuter);
    }
  };
  switch (token_.keyword) {
    case Keyword::kInner:
      Advance();
      break;
    case Keyword::kLeft:
      sided(ast::JoinType::kLeft, ast::JoinType::kLeftSemi, ast::JoinType::kLeftAnti);
      break;
    case Keyword::kRight:
      sided(ast::JoinType::kRight, ast::JoinType::kRightSemi, ast::JoinType::kRightAnti);
      break;
    case Keyword::kFull:
      Advance();
      join->type = ast::JoinType::kFull;
      Accept(Keyword::kOuter);
      break;
    case Keyword::kCross:
      Advance();
      join->type = ast::JoinType::kCross;
      break;
    case Keyword::kSemi:
      Advance();
      join->type = ast::JoinType::kLeftSemi;
      break;
    case Keyword::kAnti:
      Advance();
      join->type = ast::JoinType::kLeftAnti;
      break;
    case Keyword::kPositional:
      Advance();
      join->type = ast::JoinType::kPositional;
      break;
    default:
      break;
  }
  Expect(Keyword::kJoin);
  if (At(TokenKind::kLeftBracket) && IsAnyName(Peek(1)) && PeekIs(2, TokenKind::kRightBracket)) {
    Advance();
    join->hint = Lower(ParseAnyName());
    Advance();
  }
  join->right = ParseTablePrimary();
  // The nearest row needs a condition that says what near is.
  if (join->asof && (join->natural || join->type == ast::JoinType::kCross || join->type == ast::JoinType::kPositional))
    SyntaxError();
  const bool has_condition =
      !join->natural && join->type != ast::JoinType::kCross && join->type != ast::JoinType::kPositional;
  if (!has_condition) return join;
  // a JOIN b JOIN c ON ... ON ...: the inner join comes first.
  while (AtJoin() && !is_mysql()) join->right = ParseOneJoin(join->right);
  if (Accept(Keyword::kOn)) {
    join->on = ParseExpr();
  } else if (Accept(Keyword::kUsing)) {
    join->using_columns = ParseParenthesizedNames();
    if (Accept(Keyword::kAs)) join->using_alias = ParseColumnName();
  } else if (is_mysql() && join->type == ast::JoinType::kInner && !join->asof) {
    join->type = ast::JoinType::kCross;
  } else {
    SyntaxError();
  }
  return join;
}

const ast::TableRef* Parser::ParseTablePrimary() {
  const bool lateral = Accept(Keyword::kLateral);
  if (At(TokenKind::kLeftParen)) return ParseParenthesizedTable(lateral);
  const bool rows_from = At(Keyword::kRows) && PeekIs(1, Keyword::kFrom) && PeekIs(2, TokenKind::kLeftParen);
  const bool table_call = At(Keyword::kTable) && PeekIs(1, TokenKind::kLeftParen);
  if (rows_from || table_call) return ParseTableFunction(lateral);
  if (AtWord("json_table") && PeekIs(1, TokenKind::kLeftParen)) return ParseJsonTable();
  if (IsFunctionName(token_)) {
    // A name, perhaps qualified, before a parenthesis is a function.
    bool is_call = PeekIs(1, TokenKind::kLeftParen) && !At(Keyword::kOnly);
    if (PeekIs(1, TokenKind::kDot)) {
      const Mark mark = Here();
      Advance();
      while (Accept(TokenKind::kDot)) {
        if (IsAnyName(token_)) Advance();
      }
      is_call = At(TokenKind::kLeftParen);
      Rewind(mark);
    }
    if (is_call) return ParseTableFunction(lateral);
  } else if (At(Keyword::kCurrentDate) || At(Keyword::kCurrentTimestamp) || At(Keyword::kCurrentUser) ||
             At(Keyword::kCurrentSchema) || At(Keyword::kSessionUser)) {
    return ParseTableFunction(lateral);  // PostgreSQL's SELECT * FROM current_user
  }
  if (lateral) SyntaxError();
  return ParseNamedTable();
}

// Behind the table itself: sample, alias, PIVOT.
const ast::TableRef* Parser::ParseTableSuffixes(ast::TableRef* table) {
  const auto parse_sample = [&] {
    if (!At(Keyword::kTablesample)) return;
    const uint32_t offset = token_.offset;
    Advance();
    table->sample = ParseSampleAmount(offset);
  };
  ParseTableAlias(table, table->kind == ast::TableRefKind::kTableFunction);
  if (table->sample == nullptr) parse_sample();
  const ast::TableRef* result = table;
  while (true) {
    if (At(Keyword::kPivot) && PeekIs(1, TokenKind::kLeftParen)) {
      result = ParsePivot(result);
    } else if (At(Keyword::kUnpivot) && (PeekIs(1, TokenKind::kLeftParen) || PeekIsWord(2, "nulls"))) {
      result = ParseUnpivot(result);
    } else {
      return result;
    }
  }
}

// A subquery, or joins in parentheses.
const ast::TableRef* Parser::ParseParenthesizedTable(bool lateral) {
  const Nesting nesting(*this);
  const uint32_t offset = token_.offset;
  Expect(TokenKind::kLeftParen);
  const auto derived = [&](const ast::Query* query) {
    Expect(TokenKind::kRightParen);
    auto* table = New<ast::DerivedTable>(offset);
    table->query = query;
    table->lateral = lateral;
    return ParseTableSuffixes(table);
  };
  if (AtQueryStart()) return derived(ParseQuery());
  const bool parenthesized = At(TokenKind::kLeftParen);
  const ast::TableRef* inner = ParseTablePrimary();
  if (parenthesized) {
    // ((SELECT ...)), ((SELECT ...) UNION ...): what looked like a table was the head of a query.
    const auto* table = inner->TryAs<ast::DerivedTable>();
    if (table != nullptr && table->alias.empty() && table->sample == nullptr && !table->lateral &&
        (At(TokenKind::kRightParen) || AtQueryTail())) {
      return derived(ContinueQuery(table->query));
    }
  }
  inner = ParseJoins(inner);
  Expect(TokenKind::kRightParen);
  if (lateral) SyntaxError();
  // (a JOIN b ON ...) AS j: joins take an alias, too.
  if (const auto* join = inner->TryAs<ast::JoinedTable>();
      join != nullptr && join->alias.empty() &&
      (At(Keyword::kAs) || At(Keyword::kPivot) || At(Keyword::kUnpivot) || IsImplicitTableAlias())) {
    return ParseTableSuffixes(arena_.New<ast::JoinedTable>(*join));
  }
  return inner;
}

// f(...), TABLE(f(...)), ROWS FROM (f(...), g(...)), [WITH ORDINALITY]
const ast::TableRef* Parser::ParseTableFunction(bool lateral) {
  auto* table = New<ast::TableFunction>(token_.offset);
  table->lateral = lateral;
  if (At(Keyword::kRows)) {
    Advance();
    Advance();
    table->rows_from = true;
    table->calls = ParseParenthesizedList<const Expr*>([&] { return ParseTableFunctionCall(); });
  } else {
    const bool wrapped = Accept(Keyword::kTable);
    if (wrapped) Expect(TokenKind::kLeftParen);
    const Expr* call = ParseTableFunctionCall();
    if (wrapped) Expect(TokenKind::kRightParen);
    table->calls = arena_.CopyList(std::span<const Expr* const>(&call, 1));
  }
  if (At(Keyword::kWith) && PeekIs(1, Keyword::kOrdinality)) {
    Advance();
    Advance();
    table->with_ordinality = true;
  }
  return ParseTableSuffixes(table);
}

const Expr* Parser::ParseTableFunctionCall() {
  if (!IsFunctionName(token_)) {
    const Expr* call = ParsePrimary();
    if (call->kind != ast::ExprKind::kFunctionCall) SyntaxError();
    return call;
  }
  ast::QualifiedName name;
  name.offset = token_.offset;
  ListBuilder<Name> parts(arena_);
  parts.Add(ParseFunctionName());
  while (Accept(TokenKind::kDot)) parts.Add(ParseAnyName());
  name.parts = parts.Finish();
  return ParseTableFunctionArguments(name);
}

// Arguments of table functions may be named by `=` as well: FILES('path' = 'x'), read_csv('x', header = true).
const Expr* Parser::ParseTableFunctionArguments(const ast::QualifiedName& name) {
  const Expr* expr = ParseCall(name);
  const auto& call = expr->As<ast::FunctionCall>();
  bool has_equals = false;
  const auto as_named = [&](const Expr* argument) -> const Expr* {
    const auto* equals = argument->TryAs<ast::BinaryExpr>();
    if (equals == nullptr || equals->op != "=") return argument;
    Name key;
    if (const auto* string = equals->left->TryAs<ast::StringLiteral>()) {
      key = string->value;
    } else if (const auto* column = equals->left->TryAs<ast::ColumnRef>();
               column != nullptr && column->parts.size() == 1) {
      key = column->last();
    } else {
      return argument;
    }
    if (key.empty()) return argument;
    has_equals = true;
    auto* named = New<ast::NamedArgument>(argument->offset);
    named->name = key;
    named->value = equals->right;
    // In the PostgreSQL dialect "x" is a name; StarRocks' users mean a string.
    if (const auto* value = equals->right->TryAs<ast::ColumnRef>();
        value != nullptr && value->parts.size() == 1 && lexer_.text()[value->offset] == '"') {
      named->value = NewString(value->last(), value->offset);
    }
    return named;
  };
  ListBuilder<const Expr*> args(arena_);
  for (const Expr* argument : call.args) args.Add(as_named(argument));
  if (!has_equals) return expr;
  auto* copy = New<ast::FunctionCall>(call.offset);
  copy->name = call.name;
  copy->args = args.Finish();
  return copy;
}

const ast::TableRef* Parser::ParseNamedTable() {
  auto* table = New<ast::NamedTable>(token_.offset);
  if (At(TokenKind::kString)) {
    table->is_path = true;
    table->name.offset = token_.offset;
    table->name.parts = OneName(token_.text);
    Advance();
  } else if (At(Keyword::kOnly)) {
    Advance();
    table->only = true;
    const bool parenthesized = Accept(TokenKind::kLeftParen);
    table->name = ParseQualifiedName();
    if (parenthesized) Expect(TokenKind::kRightParen);
  } else {
    table->name = ParseQualifiedName();
    if (At(Operator::kStar)) Advance();  // PostgreSQL's explicit `t *`, the opposite of ONLY
  }
  if (At(Keyword::kPartition) && PeekIs(1, TokenKind::kLeftParen)) {
    Advance();
    table->partitions = ParseParenthesizedNames();
  }
  if (At(Keyword::kFor) && (PeekIsWord(1, "version") || PeekIsWord(1, "timestamp") || PeekIsWord(1, "system_time"))) {
    Advance();
    table->as_of_kind = AtWord("version")     ? ast::AsOfKind::kVersion
                        : AtWord("timestamp") ? ast::AsOfKind::kTimestamp
                                              : ast::AsOfKind::kSystemTime;
    Advance();
    Expect(Keyword::kAs);
    Expect(Keyword::kOf);
    table->as_of = ParseExpr(Tighter(Precedence::kComparison));
  }
  return ParseTableSuffixes(table);
}

// Whether the current token is an alias though no AS stands before it.
bool Parser::IsImplicitTableAlias() {
  if (!IsColumnName(token_)) return false;
  if (token_.kind != TokenKind::kKeyword) return true;
  switch (token_.keyword) {
    case Keyword::kQualify:
      return false;
    case Keyword::kSemi:
    case Keyword::kAnti:
    case Keyword::kAsof:
    case Keyword::kPositional:
      return !AtJoin();
    case Keyword::kPivot:
      return !PeekIs(1, TokenKind::kLeftParen);
    case Keyword::kUnpivot:
      return !PeekIs(1, TokenKind::kLeftParen) && !PeekIsWord(2, "nulls");
    case Keyword::kMinus:
      return !PeekIs(1, Keyword::kSelect) && !PeekIs(1, TokenKind::kLeftParen);
    case Keyword::kEmit:
      return !PeekIs(1, Keyword::kOn);
    case Keyword::kSet:  // UPDATE t SET
      return false;
    default:
      return true;
  }
}

// [AS] name [(a, b)]; of functions also [AS] name (a type, b type) and AS (a type).
void Parser::ParseTableAlias(ast::TableRef* table, bool is_function) {
  const bool explicit_as = Accept(Keyword::kAs);
  if (explicit_as && is_function && At(TokenKind::kLeftParen)) {
    // AS (a int, b text)
  } else if (explicit_as) {
    table->alias.name = At(TokenKind::kString) && is_mysql() ? ParseString() : ParseColumnName();
  } else if (IsImplicitTableAlias()) {
    table->alias.name = ParseColumnName();
  } else {
    return;
  }
  if (!At(TokenKind::kLeftParen)) return;
  Advance();
  ListBuilder<Name> columns(arena_);
  ListBuilder<const ast::TypeName*> types(arena_);
  do {
    columns.Add(ParseColumnName());
    if (is_function && !At(TokenKind::kComma) && !At(TokenKind::kRightParen)) {
      types.Add(ParseTypeName());
      if (types.size() != columns.size()) SyntaxError();
    }
  } while (Accept(TokenKind::kComma));
  if (!types.empty() && types.size() != columns.size()) SyntaxError();
  Expect(TokenKind::kRightParen);
  table->alias.columns = columns.Finish();
  table->alias.types = types.Finish();
}

// PIVOT (sum(x) [AS a], ... FOR c IN (v [AS n], ...) ... [GROUP BY g, ...]) [alias]
const ast::TableRef* Parser::ParsePivot(const ast::TableRef* source) {
  auto* pivot = New<ast::PivotTable>(token_.offset);
  pivot->source = source;
  Advance();
  Expect(TokenKind::kLeftParen);
  const auto aliased = [&](Precedence min) {
    ast::SelectItem item;
    item.offset = token_.offset;
    item.expr = ParseExpr(min);
    if (Accept(Keyword::kAs)) {
      item.alias = ParseAnyName();
    } else if (At(TokenKind::kWord) || At(TokenKind::kQuotedName)) {
      item.alias = ParseColumnName();
    }
    return item;
  };
  pivot->aggregates = ParseCommaList<ast::SelectItem>([&] { return aliased(Precedence::kLowest); });
  Expect(Keyword::kFor);
  ListBuilder<ast::PivotColumn> columns(arena_);
  do {
    ast::PivotColumn column;
    // Not the whole expression: IN belongs to PIVOT.
    const Expr* target = ParseExpr(Tighter(Precedence::kBetween));
    if (const auto* row = target->TryAs<ast::RowExpr>()) {
      column.columns = row->fields;
    } else {
      column.columns = arena_.CopyList(std::span<const Expr* const>(&target, 1));
    }
    Expect(Keyword::kIn);
    Expect(TokenKind::kLeftParen);
    if (AtQueryStart()) {
      column.query = ParseQuery();
    } else if (!Accept(Keyword::kAny)) {
      column.values = ParseCommaList<ast::SelectItem>([&] { return aliased(Precedence::kLowest); });
    }
    Expect(TokenKind::kRightParen);
    columns.Add(column);
  } while (Accept(Keyword::kFor) || (!At(Keyword::kGroup) && !At(TokenKind::kRightParen)));
  pivot->columns = columns.Finish();
  if (Accept(Keyword::kGroup)) {
    Expect(Keyword::kBy);
    pivot->group_by = ParseExprList();
  }
  Expect(TokenKind::kRightParen);
  ParseTableAlias(pivot, false);
  return pivot;
}

// UNPIVOT [INCLUDE | EXCLUDE NULLS] (v | (v, w) FOR n IN (a [AS x], (b, c) ...)) [alias]
const ast::TableRef* Parser::ParseUnpivot(const ast::TableRef* source) {
  auto* unpivot = New<ast::UnpivotTable>(token_.offset);
  unpivot->source = source;
  Advance();
  if (AcceptWords("include", "nulls")) {
    unpivot->include_nulls = true;
  } else {
    AcceptWords("exclude", "nulls");
  }
  Expect(TokenKind::kLeftParen);
  unpivot->value_names = At(TokenKind::kLeftParen) ? ParseParenthesizedNames() : OneName(ParseColumnName());
  Expect(Keyword::kFor);
  unpivot->name_column = ParseColumnName();
  Expect(Keyword::kIn);
  unpivot->groups = ParseParenthesizedList<ast::UnpivotGroup>([&] {
    const uint32_t offset = token_.offset;
    ast::UnpivotGroup group;
    const Expr* columns = ParseExpr();
    if (const auto* row = columns->TryAs<ast::RowExpr>()) {
      group.columns = row->fields;
    } else {
      group.columns = arena_.CopyList(std::span<const Expr* const>(&columns, 1));
    }
    if (group.columns.size() != unpivot->value_names.size()) {
      throw Error::User(sqlstate::kSyntaxError, "UNPIVOT needs as many columns as values: {} instead of {}",
                        group.columns.size(), unpivot->value_names.size())
          .WithPosition(offset);
    }
    if (Accept(Keyword::kAs)) group.alias = At(TokenKind::kString) ? ParseString() : ParseAnyName();
    return group;
  });
  Expect(TokenKind::kRightParen);
  ParseTableAlias(unpivot, false);
  return unpivot;
}

}  // namespace weir
