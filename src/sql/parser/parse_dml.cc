// INSERT, UPDATE, DELETE, MERGE, TRUNCATE and COPY.
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

// INSERT, UPDATE, DELETE or MERGE, whose WITH clause has been read.
const ast::Statement* Parser::ParseChangeAfterWith(const ast::With* with, uint32_t offset) {
  if (At(Keyword::kInsert)) return ParseInsert(with, offset);
  if (At(Keyword::kUpdate)) return ParseUpdate(with, offset);
  if (At(Keyword::kDelete)) return ParseDelete(with, offset);
  if (AtWord("merge")) return ParseMerge(with, offset);
  SyntaxError();
}

ast::List<ast::SelectItem> Parser::TryReturning() {
  if (!Accept(Keyword::kReturning)) return {};
  return ParseSelectItems();
}

// INSERT [OR REPLACE | IGNORE | OVERWRITE] [INTO] table | FILES(...) [AS alias] [PARTITION (p)] [WITH LABEL l]
// [(columns)] ...; also REPLACE INTO.
const ast::Statement* Parser::ParseInsert(const ast::With* with, uint32_t offset) {
  auto* insert = New<ast::Insert>(offset);
  insert->with = with;
  auto* conflict = New<ast::OnConflict>(token_.offset);
  bool ignore = false;
  if (AcceptWord("replace")) {
    insert->replace = true;
  } else {
    Expect(Keyword::kInsert);
    if (AcceptWords("or", "replace")) {
      insert->replace = true;
    } else if (AcceptWords("or", "ignore") || (is_mysql() && AcceptWord("ignore"))) {
      ignore = true;
    } else if (AcceptWord("overwrite")) {
      insert->overwrite = true;
    }
  }
  if (!Accept(Keyword::kInto)) {
    if (!insert->overwrite && !is_mysql()) SyntaxError();
  }
  Accept(Keyword::kTable);
  if (AtWord("files") && PeekIs(1, TokenKind::kLeftParen)) {
    insert->table_function = ParseTableFunctionCall();
  } else {
    insert->table = ParseQualifiedName();
  }
  if (Accept(Keyword::kAs)) insert->alias = ParseColumnName();
  AcceptWord("temporary");
  if (At(Keyword::kPartition)) {
    Advance();
    insert->partitions = ParseParenthesizedNames();
  }
  const auto try_label = [&] {
    if (!At(Keyword::kWith) || !PeekIsWord(1, "label")) return;
    Advance();
    Advance();
    insert->label = ParseNameOrString();
  };
  try_label();
  if (AcceptWords("by", "name")) {
    insert->by_name = true;
  } else {
    AcceptWords("by", "position");
  }
  if (At(TokenKind::kLeftParen)) {
    const Token& next = Peek(1);
    const bool is_query = next.is(TokenKind::kLeftParen) || next.is(Keyword::kSelect) || next.is(Keyword::kWith) ||
                          (next.is(Keyword::kValues) && PeekIs(2, TokenKind::kLeftParen)) || next.is(Keyword::kTable) ||
                          next.is(Keyword::kFrom);
    if (!is_query) {
      insert->columns = ParseParenthesizedList<ast::QualifiedName>([&] { return ParseQualifiedName(); });
    }
  }
  try_label();
  if (AcceptWord("overriding")) {
    insert->overriding_system = AcceptWord("system");
    if (!insert->overriding_system) Expect(Keyword::kUser);
    ExpectWord("value");
  }
  if (At(Keyword::kDefault) && PeekIs(1, Keyword::kValues)) {
    Advance();
    Advance();
    insert->default_values = true;
  } else {
    insert->query = ParseQuery();
  }
  if (At(Keyword::kOn) && PeekIsWord(1, "conflict")) {
    insert->on_conflict = ParseOnConflict();
  } else if (At(Keyword::kOn) && PeekIsWord(1, "duplicate")) {
    conflict->offset = token_.offset;
    Advance();
    Advance();
    ExpectWord("key");
    Expect(Keyword::kUpdate);
    conflict->action = ast::ConflictAction::kDoUpdate;
    conflict->assignments = ParseAssignments();
    insert->on_conflict = conflict;
  } else if (ignore) {
    insert->on_conflict = conflict;
  }
  insert->returning = TryReturning();
  return insert;
}

const ast::OnConflict* Parser::ParseOnConflict() {
  auto* conflict = New<ast::OnConflict>(token_.offset);
  Expect(Keyword::kOn);
  ExpectWord("conflict");
  if (At(Keyword::kOn)) {
    Advance();
    Expect(Keyword::kConstraint);
    conflict->constraint = ParseColumnName();
  } else if (At(TokenKind::kLeftParen)) {
    conflict->target = ParseParenthesizedExprs();
    if (Accept(Keyword::kWhere)) conflict->target_where = ParseExpr();
  }
  Expect(Keyword::kDo);
  if (AcceptWord("nothing")) return conflict;
  Expect(Keyword::kUpdate);
  Expect(Keyword::kSet);
  conflict->action = ast::ConflictAction::kDoUpdate;
  conflict->assignments = ParseAssignments();
  if (Accept(Keyword::kWhere)) conflict->where = ParseExpr();
  return conflict;
}

ast::List<ast::Assignment> Parser::ParseAssignments() {
  return ParseCommaList<ast::Assignment>([&] { return ParseAssignment(); });
}

// a = v, t.a = v, a[1] = v, (a, b) = (v, w) | ROW(v, w) | (SELECT ...)
ast::Assignment Parser::ParseAssignment() {
  ast::Assignment assignment;
  assignment.offset = token_.offset;
  const auto parse_target = [&] {
    const uint32_t offset = token_.offset;
    auto* column = New<ast::ColumnRef>(offset);
    column->parts = ParseQualifiedName().parts;
    const Expr* target = column;
    while (At(TokenKind::kLeftBracket) || At(TokenKind::kDot)) {
      if (At(TokenKind::kLeftBracket)) {
        target = ParseSubscript(target);
        continue;
      }
      Advance();
      auto* field = New<ast::FieldAccess>(token_.offset);
      field->base = target;
      field->field = ParseAnyName();
      target = field;
    }
    return target;
  };
  const bool parenthesized = Accept(TokenKind::kLeftParen);
  if (parenthesized) {
    assignment.targets = ParseCommaList<const Expr*>(parse_target);
    Expect(TokenKind::kRightParen);
  } else {
    const Expr* target = parse_target();
    assignment.targets = arena_.CopyList(std::span<const Expr* const>(&target, 1));
  }
  if (!At(TokenKind::kColonEquals)) {
    Expect(Operator::kEquals);
  } else {
    Advance();
  }
  const Token first = token_;
  assignment.value = ParseExpr();
  // (a) = ROW(v)
  if (const auto* row = assignment.value->TryAs<ast::RowExpr>();
      parenthesized && assignment.targets.size() == 1 && row != nullptr && row->fields.size() == 1) {
    assignment.value = row->fields[0];
  }
  if (assignment.targets.size() > 1) {
    const auto* row = assignment.value->TryAs<ast::RowExpr>();
    if (row != nullptr && row->fields.size() != assignment.targets.size()) {
      throw Error::User(sqlstate::kSyntaxError, "number of columns does not match number of values")
          .WithPosition(first.offset);
    }
    if (row == nullptr && assignment.value->kind != ast::ExprKind::kSubqueryExpr) {
      throw Error::User(sqlstate::kFeatureNotSupported,
                        "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression")
          .WithPosition(first.offset);
    }
  }
  return assignment;
}

// The name and the alias of the table that UPDATE, DELETE and MERGE change.
void Parser::ParseChangeTarget(ast::QualifiedName& table, ast::Name& alias) {
  Accept(Keyword::kOnly);
  table = ParseQualifiedName();
  if (At(Operator::kStar)) Advance();
  if (Accept(Keyword::kAs)) {
    alias = ParseColumnName();
  } else if (IsColumnName(token_) && !At(Keyword::kSet) && !At(Keyword::kPartition)) {
    alias = ParseColumnName();
  }
}

const Expr* Parser::ParseWhereOrCurrentOf() {
  if (At(Keyword::kCurrent) && PeekIs(1, Keyword::kOf)) {
    auto* node = New<ast::CurrentOfExpr>(token_.offset);
    Advance();
    Advance();
    node->cursor = ParseColumnName();
    return node;
  }
  return ParseExpr();
}

const ast::Statement* Parser::ParseUpdate(const ast::With* with, uint32_t offset) {
  auto* update = New<ast::Update>(offset);
  update->with = with;
  Expect(Keyword::kUpdate);
  ParseChangeTarget(update->table, update->alias);
  Expect(Keyword::kSet);
  update->assignments = ParseAssignments();
  if (Accept(Keyword::kFrom)) update->from = ParseFrom();
  if (Accept(Keyword::kWhere)) update->where = ParseWhereOrCurrentOf();
  if (At(Keyword::kOrder) || At(Keyword::kLimit)) {
    Unsupported(token_.offset, "ORDER BY and LIMIT in UPDATE", "Choose the rows with a subquery in WHERE.");
  }
  update->returning = TryReturning();
  return update;
}

const ast::Statement* Parser::ParseDelete(const ast::With* with, uint32_t offset) {
  auto* node = New<ast::Delete>(offset);
  node->with = with;
  Expect(Keyword::kDelete);
  Expect(Keyword::kFrom);
  ParseChangeTarget(node->table, node->alias);
  if (At(Keyword::kPartition)) {
    Advance();
    node->partitions = At(TokenKind::kLeftParen) ? ParseParenthesizedNames() : OneName(ParseColumnName());
  }
  if (Accept(Keyword::kUsing)) node->using_tables = ParseFrom();
  if (Accept(Keyword::kWhere)) node->where = ParseWhereOrCurrentOf();
  if (At(Keyword::kOrder) || At(Keyword::kLimit)) {
    Unsupported(token_.offset, "ORDER BY and LIMIT in DELETE", "Choose the rows with a subquery in WHERE.");
  }
  node->returning = TryReturning();
  return node;
}

const ast::Statement* Parser::ParseMerge(const ast::With* with, uint32_t offset) {
  auto* merge = New<ast::Merge>(offset);
  merge->with = with;
  ExpectWord("merge");
  Expect(Keyword::kInto);
  ParseChangeTarget(merge->table, merge->alias);
  Expect(Keyword::kUsing);
  merge->source = ParseTableRef();
  Expect(Keyword::kOn);
  merge->on = ParseExpr();
  ListBuilder<ast::MergeClause> clauses(arena_);
  if (!At(Keyword::kWhen)) SyntaxError();
  while (At(Keyword::kWhen)) {
    ast::MergeClause clause;
    clause.offset = token_.offset;
    Advance();
    const bool negated = Accept(Keyword::kNot);
    ExpectWord("matched");
    if (negated) {
      clause.match = ast::MergeMatch::kNotMatchedByTarget;
      if (AcceptWords("by", "source")) {
        clause.match = ast::MergeMatch::kNotMatchedBySource;
      } else {
        AcceptWords("by", "target");
      }
    }
    if (Accept(Keyword::kAnd)) clause.condition = ParseExpr();
    Expect(Keyword::kThen);
    if (Accept(Keyword::kUpdate)) {
      Expect(Keyword::kSet);
      clause.action = ast::MergeActionKind::kUpdate;
      clause.assignments = ParseAssignments();
    } else if (Accept(Keyword::kDelete)) {
      clause.action = ast::MergeActionKind::kDelete;
    } else if (Accept(Keyword::kInsert)) {
      clause.action = ast::MergeActionKind::kInsert;
      if (At(TokenKind::kLeftParen)) clause.columns = ParseParenthesizedNames();
      if (At(Keyword::kDefault)) {
        Advance();
        Expect(Keyword::kValues);
        clause.default_values = true;
      } else {
        Expect(Keyword::kValues);
        clause.values = ParseParenthesizedExprs();
      }
    } else {
      Expect(Keyword::kDo);
      ExpectWord("nothing");
    }
    clauses.Add(clause);
  }
  merge->clauses = clauses.Finish();
  merge->returning = TryReturning();
  return merge;
}

const ast::Statement* Parser::ParseTruncate() {
  auto* node = New<ast::Truncate>(token_.offset);
  Advance();
  Accept(Keyword::kTable);
  Accept(Keyword::kOnly);
  node->tables = ParseQualifiedNameList();
  if (At(Keyword::kPartition)) {
    Advance();
    node->partitions = ParseParenthesizedNames();
  }
  if (AcceptWords("restart", "identity")) {
    node->restart_identity = true;
  } else {
    AcceptWords("continue", "identity");
  }
  node->cascade = ParseDropBehavior() == ast::DropBehavior::kCascade;
  return node;
}

// ---- COPY

const ast::Statement* Parser::ParseCopy() {
  auto* copy = New<ast::Copy>(token_.offset);
  Expect(Keyword::kCopy);
  if (At(TokenKind::kLeftParen)) {
    copy->query = ParseParenthesizedQuery();
  } else {
    AcceptWord("binary");
    copy->table = ParseQualifiedName();
    if (At(TokenKind::kLeftParen)) copy->columns = ParseParenthesizedNames();
  }
  if (Accept(Keyword::kFrom)) {
    copy->is_from = true;
    if (copy->query != nullptr) {
      throw Error::User(sqlstate::kSyntaxError, "COPY query must not be read into; use INSERT")
          .WithPosition(copy->offset);
    }
  } else {
    Expect(Keyword::kTo);
  }
  if (AcceptWord("program")) {
    copy->peer = ast::CopyPeer::kProgram;
    copy->path = ParseString();
  } else if (At(TokenKind::kString)) {
    copy->peer = ast::CopyPeer::kFile;
    copy->path = ParseString();
  } else if (AcceptWord("stdin")) {
    if (!copy->is_from) copy->is_from = false;  // PostgreSQL takes either word for either direction
  } else {
    ExpectWord("stdout");
  }
  AcceptWords("using", "delimiters");
  Accept(Keyword::kWith);
  if (At(TokenKind::kLeftParen)) {
    copy->options = ParseParenthesizedOptions();
  } else {
    copy->options = ParseLegacyCopyOptions();
  }
  if (Accept(Keyword::kWhere)) {
    if (!copy->is_from) SyntaxError();
    copy->where = ParseExpr();
  }
  return copy;
}

// CSV HEADER DELIMITER ',' NULL '' ...: PostgreSQL's syntax before version 9.
ast::List<ast::Option> Parser::ParseLegacyCopyOptions() {
  ListBuilder<ast::Option> options(arena_);
  const auto add = [&](Name name, const Expr* value, uint32_t offset) {
    ast::Option option;
    option.offset = offset;
    option.name = name;
    option.value = value;
    options.Add(option);
  };
  const auto columns = [&]() -> const Expr* {
    if (At(Operator::kStar)) {
      auto* star = New<ast::StarExpr>(token_.offset);
      Advance();
      return star;
    }
    auto* row = New<ast::RowExpr>(token_.offset);
    row->fields = ParseCommaList<const Expr*>([&] {
      const uint32_t offset = token_.offset;
      return NewString(ParseColumnName(), offset);
    });
    return row;
  };
  const auto string = [&] {
    Accept(Keyword::kAs);
    const uint32_t offset = token_.offset;
    if (!At(TokenKind::kString)) SyntaxError();
    return NewString(ParseString(), offset);
  };
  while (true) {
    const uint32_t offset = token_.offset;
    if (AcceptWord("csv") || AcceptWord("binary") || AcceptWord("parquet") || AcceptWord("json")) {
      const size_t size = previous_end_ - offset;
      add("format", NewString(Lower(lexer_.text().substr(offset, size)), offset), offset);
    } else if (AcceptWord("header")) {
      add("header", nullptr, offset);
    } else if (AcceptWord("freeze")) {
      add("freeze", nullptr, offset);
    } else if (AcceptWord("delimiter")) {
      add("delimiter", string(), offset);
    } else if (At(Keyword::kNull)) {
      Advance();
      add("null", string(), offset);
    } else if (AcceptWord("quote")) {
      add("quote", string(), offset);
    } else if (AcceptWord("escape")) {
      add("escape", string(), offset);
    } else if (AcceptWord("encoding")) {
      add("encoding", string(), offset);
    } else if (AcceptWords("force", "quote")) {
      add("force_quote", columns(), offset);
    } else if (AcceptWords("force", "not", "null")) {
      add("force_not_null", columns(), offset);
    } else if (AcceptWords("force", "null")) {
      add("force_null", columns(), offset);
    } else {
      return options.Finish();
    }
  }
}

}  // namespace weir
