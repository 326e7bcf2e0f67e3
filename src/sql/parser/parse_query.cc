// Queries: WITH, SELECT, set operations, VALUES, ORDER BY and LIMIT. FROM is in parse_from.cc.
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

namespace {

// As many as clients can be told of.
constexpr size_t kSelectItemsMax = 65535;

}  // namespace

bool Parser::AtQueryStart() const {
  switch (token_.keyword) {
    case Keyword::kSelect:
    case Keyword::kWith:
    case Keyword::kValues:
    case Keyword::kTable:
    case Keyword::kFrom:
      return true;
    default:
      return false;
  }
}

// What may follow a parenthesised query within a larger one.
bool Parser::AtQueryTail() const {
  switch (token_.keyword) {
    case Keyword::kUnion:
    case Keyword::kIntersect:
    case Keyword::kExcept:
    case Keyword::kMinus:
    case Keyword::kOrder:
    case Keyword::kLimit:
    case Keyword::kOffset:
    case Keyword::kFetch:
      return true;
    default:
      return false;
  }
}

const ast::Query* Parser::ParseQuery() {
  const Nesting nesting(*this);
  const uint32_t offset = token_.offset;
  const ast::With* with = At(Keyword::kWith) ? ParseWith() : nullptr;
  return ParseQueryAfterWith(with, offset);
}

const ast::Query* Parser::ParseQueryAfterWith(const ast::With* with, uint32_t offset) {
  auto* query = New<ast::Query>(offset);
  query->with = with;
  query->body = ParseSetOperations(ParseQueryTerm(), 0);
  ParseQueryTail(query);
  // ((SELECT 1 LIMIT 1)) is its inner query.
  if (const auto* nested = query->body->TryAs<ast::NestedQuery>(); nested != nullptr && with == nullptr &&
                                                                   query->order_by.empty() && query->limit == nullptr &&
                                                                   query->offset_rows == nullptr) {
    return nested->query;
  }
  return query;
}

const ast::Query* Parser::ParseParenthesizedQuery() {
  Expect(TokenKind::kLeftParen);
  if (!AtQueryStart() && !At(TokenKind::kLeftParen)) SyntaxError();
  const ast::Query* query = ParseQuery();
  Expect(TokenKind::kRightParen);
  return query;
}

const ast::Query* Parser::ContinueQuery(const ast::Query* first) {
  if (!AtQueryTail()) return first;
  auto* query = New<ast::Query>(first->offset);
  query->body = ParseSetOperations(BodyOf(first, first->offset), 0);
  ParseQueryTail(query);
  return query;
}

// A parenthesised query as a term of a larger one: without clauses of its own its body alone.
const ast::QueryBody* Parser::BodyOf(const ast::Query* query, uint32_t offset) {
  if (query->with == nullptr && query->order_by.empty() && query->limit == nullptr && query->offset_rows == nullptr) {
    return query->body;
  }
  auto* nested = New<ast::NestedQuery>(offset);
  nested->query = query;
  return nested;
}

// UNION and EXCEPT bind alike, INTERSECT tighter; all to the left.
const ast::QueryBody* Parser::ParseSetOperations(const ast::QueryBody* left, int min) {
  while (true) {
    ast::SetOperator op;
    int precedence = 1;
    if (At(Keyword::kUnion)) {
      op = ast::SetOperator::kUnion;
    } else if (At(Keyword::kExcept) ||
               (At(Keyword::kMinus) && (PeekIs(1, Keyword::kSelect) || PeekIs(1, TokenKind::kLeftParen)))) {
      op = ast::SetOperator::kExcept;
    } else if (At(Keyword::kIntersect)) {
      op = ast::SetOperator::kIntersect;
      precedence = 2;
    } else {
      return left;
    }
    if (precedence < min) return left;
    auto* node = New<ast::SetOperation>(token_.offset);
    Advance();
    node->op = op;
    if (Accept(Keyword::kAll)) {
      node->all = true;
    } else {
      Accept(Keyword::kDistinct);
    }
    if (At(Keyword::kBy) && PeekIsWord(1, "name")) {
      Advance();
      Advance();
      node->by_name = true;
    }
    node->left = left;
    const ast::QueryBody* right = ParseQueryTerm();
    // Only INTERSECT can bind tighter, so this recursion is one deep.
    node->right = precedence == 1 && At(Keyword::kIntersect) ? ParseSetOperations(right, 2) : right;
    left = node;
  }
}

const ast::QueryBody* Parser::ParseQueryTerm() {
  const uint32_t offset = token_.offset;
  switch (token_.kind) {
    case TokenKind::kLeftParen: {
      const Nesting nesting(*this);
      Advance();
      if (!AtQueryStart() && !At(TokenKind::kLeftParen)) SyntaxError();
      const ast::Query* query = ParseQuery();
      Expect(TokenKind::kRightParen);
      return BodyOf(query, offset);
    }
    case TokenKind::kKeyword:
      if (At(Keyword::kSelect) || At(Keyword::kFrom)) return ParseSelect();
      if (At(Keyword::kValues)) return ParseValues();
      if (At(Keyword::kTable)) {
        // TABLE t: SELECT * FROM t.
        Advance();
        auto* select = New<ast::Select>(offset);
        ast::SelectItem star;
        star.offset = offset;
        star.expr = New<ast::StarExpr>(offset);
        select->items = arena_.CopyList(std::span<const ast::SelectItem>(&star, 1));
        auto* table = New<ast::NamedTable>(token_.offset);
        table->only = Accept(Keyword::kOnly);
        table->name = ParseQualifiedName();
        const ast::TableRef* from = table;
        select->from = arena_.CopyList(std::span<const ast::TableRef* const>(&from, 1));
        return select;
      }
      SyntaxError();
    default:
      SyntaxError();
  }
}

const ast::QueryBody* Parser::ParseSelect() {
  auto* select = New<ast::Select>(token_.offset);
  if (At(Keyword::kFrom)) {
    // FROM t [SELECT items] ...
    Advance();
    select->from = ParseFrom();
    if (!At(Keyword::kSelect)) {
      ast::SelectItem star;
      star.offset = select->offset;
      star.expr = New<ast::StarExpr>(select->offset);
      select->items = arena_.CopyList(std::span<const ast::SelectItem>(&star, 1));
      ParseSelectClauses(select);
      return select;
    }
  }
  Expect(Keyword::kSelect);
  if (Accept(Keyword::kDistinct)) {
    select->distinct = true;
    if (Accept(Keyword::kOn)) select->distinct_on = ParseParenthesizedExprs();
  } else {
    Accept(Keyword::kAll);
  }
  if (!AtClauseEnd() || At(Keyword::kMinus)) select->items = ParseSelectItems();
  if (At(Keyword::kInto)) {
    Unsupported(token_.offset, "SELECT ... INTO", "Use CREATE TABLE name AS SELECT ...");
  }
  if (select->from.empty() && Accept(Keyword::kFrom)) select->from = ParseFrom();
  ParseSelectClauses(select);
  return select;
}

// From WHERE on.
void Parser::ParseSelectClauses(ast::Select* select) {
  if (Accept(Keyword::kWhere)) select->where = ParseExpr();
  if (Accept(Keyword::kGroup)) {
    Expect(Keyword::kBy);
    ParseGroupBy(select);
  }
  if (Accept(Keyword::kHaving)) select->having = ParseExpr();
  const auto parse_windows = [&] {
    if (!Accept(Keyword::kWindow)) return;
    select->windows = ParseCommaList<ast::NamedWindow>([&] {
      ast::NamedWindow window;
      window.offset = token_.offset;
      window.name = ParseColumnName();
      Expect(Keyword::kAs);
      window.spec = ParseWindowSpec();
      return window;
    });
  };
  parse_windows();
  if (At(Keyword::kQualify)) {
    Advance();
    select->qualify = ParseExpr();
    if (select->windows.empty()) parse_windows();
  }
  if (At(Keyword::kUsing) && PeekIsWord(1, "sample")) {
    const uint32_t offset = token_.offset;
    Advance();
    Advance();
    select->sample = ParseSampleAmount(offset);
  }
}

// n [PERCENT | % | ROWS] [(method [, seed])], method(n [PERCENT | % | ROWS]) [REPEATABLE (seed)]
const ast::TableSample* Parser::ParseSampleAmount(uint32_t offset) {
  auto* sample = New<ast::TableSample>(offset);
  const auto parse_amount = [&](bool default_percent) {
    sample->is_percent = default_percent;
    sample->amount = At(TokenKind::kInteger) || At(TokenKind::kDecimal) ? ParseNumber() : ParseExpr(Precedence::kUnary);
    if (Accept(Operator::kPercent) || AcceptWord("percent")) {
      sample->is_percent = true;
    } else if (AcceptWord("rows")) {
      sample->is_percent = false;
    }
  };
  if (At(TokenKind::kWord) || At(TokenKind::kQuotedName) || At(TokenKind::kKeyword)) {
    sample->method = Lower(ParseFunctionName());
    Expect(TokenKind::kLeftParen);
    parse_amount(true);
    Expect(TokenKind::kRightParen);
  } else {
    const bool parenthesized = Accept(TokenKind::kLeftParen);
    parse_amount(false);
    if (parenthesized) Expect(TokenKind::kRightParen);
    if (Accept(TokenKind::kLeftParen)) {
      sample->method = Lower(ParseFunctionName());
      if (Accept(TokenKind::kComma)) sample->seed = ParseExpr();
      Expect(TokenKind::kRightParen);
    }
  }
  if (AcceptWord("repeatable")) {
    Expect(TokenKind::kLeftParen);
    sample->seed = ParseExpr();
    Expect(TokenKind::kRightParen);
  }
  return sample;
}

ast::List<ast::SelectItem> Parser::ParseSelectItems() {
  size_t count = 0;
  return ParseCommaList<ast::SelectItem>([&] {
    if (++count > kSelectItemsMax) {
      throw Error::User(sqlstate::kTooManyColumns, "target lists can have at most {} entries", kSelectItemsMax)
          .WithPosition(token_.offset);
    }
    return ParseSelectItem();
  });
}

ast::SelectItem Parser::ParseSelectItem() {
  ast::SelectItem item;
  item.offset = token_.offset;
  if (At(Operator::kStar)) {
    Advance();
    item.expr = ParseStar({}, nullptr, item.offset);
    return item;
  }
  item.expr = ParseExpr();
  if (Accept(Keyword::kAs)) {
    item.alias = At(TokenKind::kString) ? ParseString() : ParseAnyName();
    return item;
  }
  switch (token_.kind) {
    case TokenKind::kWord:
    case TokenKind::kQuotedName:
      break;
    case TokenKind::kString:
      if (!is_mysql()) return item;
      break;
    case TokenKind::kKeyword:
      if (!InfoOf(token_.keyword).is_bare_label) return item;
      if (At(Keyword::kQualify)) return item;
      if (At(Keyword::kMinus) && (PeekIs(1, Keyword::kSelect) || PeekIs(1, TokenKind::kLeftParen))) return item;
      break;
    default:
      return item;
  }
  item.alias = token_.text;
  Advance();
  return item;
}

void Parser::ParseGroupBy(ast::Select* select) {
  if (At(Keyword::kAll)) {
    Advance();
    if (AtClauseEnd() || At(Keyword::kQualify)) {
      select->group_by_all = true;
      return;
    }
  } else if (Accept(Keyword::kDistinct)) {
    select->group_by_distinct = true;
  }
  select->group_by = ParseCommaList<const ast::GroupItem*>([&] { return ParseGroupItem(); });
  if (At(Keyword::kWith) && PeekIs(1, Keyword::kRollup)) {  // MySQL
    auto* rollup = New<ast::GroupItem>(token_.offset);
    Advance();
    Advance();
    rollup->kind = ast::GroupItemKind::kRollup;
    rollup->items = select->group_by;
    const ast::GroupItem* only = rollup;
    select->group_by = arena_.CopyList(std::span<const ast::GroupItem* const>(&only, 1));
  }
}

const ast::GroupItem* Parser::ParseGroupItem() {
  const Nesting nesting(*this);
  auto* item = New<ast::GroupItem>(token_.offset);
  const auto parse_items = [&](ast::GroupItemKind kind) {
    item->kind = kind;
    item->items = ParseParenthesizedList<const ast::GroupItem*>([&] { return ParseGroupItem(); });
  };
  if (At(Keyword::kRollup) && PeekIs(1, TokenKind::kLeftParen)) {
    Advance();
    parse_items(ast::GroupItemKind::kRollup);
  } else if (At(Keyword::kCube) && PeekIs(1, TokenKind::kLeftParen)) {
    Advance();
    parse_items(ast::GroupItemKind::kCube);
  } else if (At(Keyword::kGrouping) && PeekIs(1, Keyword::kSets)) {
    Advance();
    Advance();
    parse_items(ast::GroupItemKind::kGroupingSets);
  } else if (At(TokenKind::kLeftParen) && PeekIs(1, TokenKind::kRightParen)) {
    Advance();
    Advance();
    item->kind = ast::GroupItemKind::kSet;
  } else {
    const bool parenthesized = At(TokenKind::kLeftParen);
    const Expr* expr = ParseExpr();
    if (const auto* row = expr->TryAs<ast::RowExpr>(); parenthesized && row != nullptr) {
      item->kind = ast::GroupItemKind::kSet;
      item->exprs = row->fields;
    } else {
      item->exprs = arena_.CopyList(std::span<const Expr* const>(&expr, 1));
    }
  }
  return item;
}

const ast::QueryBody* Parser::ParseValues() {
  auto* values = New<ast::Values>(token_.offset);
  Expect(Keyword::kValues);
  ListBuilder<List<const Expr*>> rows(arena_);
  do {
    AcceptWord("row");  // MySQL: VALUES ROW(1, 2)
    const uint32_t offset = Peek(1).offset;
    const List<const Expr*> row = ParseParenthesizedExprs();
    if (!rows.empty() && row.size() != rows.items()[0].size()) {
      throw Error::User(sqlstate::kSyntaxError, "VALUES lists must all be the same length").WithPosition(offset);
    }
    rows.Add(row);
  } while (Accept(TokenKind::kComma));
  values->rows = rows.Finish();
  return values;
}

const ast::With* Parser::ParseWith() {
  auto* with = New<ast::With>(token_.offset);
  Expect(Keyword::kWith);
  with->recursive = Accept(Keyword::kRecursive);
  with->ctes = ParseCommaList<ast::CommonTableExpr>([&] {
    ast::CommonTableExpr cte;
    cte.offset = token_.offset;
    cte.name = ParseColumnName();
    if (At(TokenKind::kLeftParen)) cte.columns = ParseParenthesizedNames();
    Expect(Keyword::kAs);
    if (At(Keyword::kNot)) {
      Advance();
      Expect(Keyword::kMaterialized);
      cte.materialization = ast::Materialization::kNotMaterialized;
    } else if (Accept(Keyword::kMaterialized)) {
      cte.materialization = ast::Materialization::kMaterialized;
    }
    Expect(TokenKind::kLeftParen);
    if (AtQueryStart() || At(TokenKind::kLeftParen)) {
      const Mark mark = Here();
      // WITH ... INSERT is a statement as well.
      if (At(Keyword::kWith)) {
        const Nesting nesting(*this);
        const uint32_t offset = token_.offset;
        const ast::With* inner = ParseWith();
        if (AtQueryStart() || At(TokenKind::kLeftParen)) {
          cte.query = ParseQueryAfterWith(inner, offset);
        } else {
          cte.statement = ParseChangeAfterWith(inner, mark.token.offset);
        }
      } else {
        cte.query = ParseQuery();
      }
    } else {
      cte.statement = ParseChangeAfterWith(nullptr, token_.offset);
    }
    Expect(TokenKind::kRightParen);
    if (At(Keyword::kSearch)) {
      auto* search = New<ast::SearchClause>(token_.offset);
      Advance();
      search->breadth_first = AcceptWord("breadth");
      if (!search->breadth_first) ExpectWord("depth");
      ExpectWord("first");
      Expect(Keyword::kBy);
      search->columns = ParseNameList();
      Expect(Keyword::kSet);
      search->sequence = ParseColumnName();
      cte.search = search;
    }
    if (At(Keyword::kCycle)) {
      auto* cycle = New<ast::CycleClause>(token_.offset);
      Advance();
      cycle->columns = ParseNameList();
      Expect(Keyword::kSet);
      cycle->mark = ParseColumnName();
      if (Accept(Keyword::kTo)) {
        cycle->value = ParseExpr();
        Expect(Keyword::kDefault);
        cycle->otherwise = ParseExpr();
      }
      Expect(Keyword::kUsing);
      cycle->path = ParseColumnName();
      cte.cycle = cycle;
    }
    return cte;
  });
  return with;
}

void Parser::ParseQueryTail(ast::Query* query) {
  if (Accept(Keyword::kOrder)) {
    Expect(Keyword::kBy);
    if (At(Keyword::kAll)) {
      Advance();
      query->order_by_all = true;
      ast::SortItem item;
      ParseSortSuffix(item);
      query->order_by = arena_.CopyList(std::span<const ast::SortItem>(&item, 1));
    } else {
      query->order_by = ParseSortItems();
    }
  }
  bool has_limit = false;
  while (true) {
    const Token first = token_;
    if (At(Keyword::kLimit) || At(Keyword::kFetch)) {
      if (has_limit) SyntaxError();
      has_limit = true;
      At(Keyword::kLimit) ? ParseLimit(query) : ParseFetchFirst(query);
    } else if (At(Keyword::kOffset)) {
      if (query->offset_rows != nullptr) SyntaxError();
      Advance();
      query->offset_rows = ParseExpr();
      if (!Accept(Keyword::kRow)) Accept(Keyword::kRows);
    } else if (At(Keyword::kFor) && (PeekIs(1, Keyword::kUpdate) || PeekIs(1, Keyword::kShare) ||
                                     PeekIs(1, Keyword::kNo) || PeekIs(1, Keyword::kKey) || PeekIsWord(1, "read"))) {
      Unsupported(first.offset, "row locks (FOR UPDATE, FOR SHARE)",
                  "Readers see a snapshot and need no locks; remove the clause.");
    } else {
      return;
    }
  }
}

void Parser::ParseLimit(ast::Query* query) {
  Expect(Keyword::kLimit);
  if (Accept(Keyword::kAll)) return;
  if (At(Keyword::kNull)) {
    Advance();
    return;
  }
  const Expr* first = nullptr;
  if ((At(TokenKind::kInteger) || At(TokenKind::kDecimal)) && PeekIs(1, Operator::kPercent) &&
      !StartsOperand(Peek(2))) {
    first = ParseNumber();
    Advance();
    query->limit_percent = true;
  } else {
    first = ParseExpr();
    if (AcceptWord("percent")) query->limit_percent = true;
  }
  query->limit = first;
  if (At(TokenKind::kComma) && query->offset_rows == nullptr && !query->limit_percent) {  // LIMIT skip, count
    Advance();
    query->offset_rows = first;
    query->limit = ParseExpr();
  }
}

// FETCH FIRST | NEXT [n [PERCENT]] ROW | ROWS ONLY | WITH TIES
void Parser::ParseFetchFirst(ast::Query* query) {
  const uint32_t offset = token_.offset;
  Expect(Keyword::kFetch);
  if (!AcceptWord("first")) ExpectWord("next");
  if (At(Keyword::kRow) || At(Keyword::kRows)) {
    auto* one = New<ast::NumberLiteral>(offset);
    one->text = "1";
    one->is_integer = true;
    query->limit = one;
  } else {
    query->limit = ParseExpr(Precedence::kAdd);
    if (AcceptWord("percent")) query->limit_percent = true;
  }
  if (!Accept(Keyword::kRow)) Expect(Keyword::kRows);
  if (Accept(Keyword::kWith)) {
    ExpectWord("ties");
    query->limit_with_ties = true;
  } else {
    Expect(Keyword::kOnly);
  }
}

}  // namespace weir
