// JSON_TABLE(document, path [PASSING ...] COLUMNS (...)) becomes a subquery over rows that sql_json_table makes: lists
// of texts, one per column, which the select items cast.
#include <set>
#include <string>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

namespace {

constexpr std::string_view kRow = "json_table_row";

// What JSON_QUERY is for: everything else is one scalar.
bool HoldsJson(const ast::TypeName& type) {
  if (!type.dimensions.empty() || !type.arguments.empty()) return true;
  return type.name.size() == 1 && (type.name[0] == "json" || type.name[0] == "jsonb");
}

}  // namespace

// The columns so far: select items of the subquery, and how to make their texts as arguments of sql_json_table.
struct Parser::JsonTable {
  explicit JsonTable(ast::Arena& arena) : items(arena), program(arena) {}

  ListBuilder<ast::SelectItem> items;
  ListBuilder<const Expr*> program;
  std::set<std::string, std::less<>> names;
};

const ast::TableRef* Parser::ParseJsonTable() {
  const uint32_t offset = token_.offset;
  Advance();
  Expect(TokenKind::kLeftParen);
  const Expr* document = ParseExpr();
  SkipJsonFormat();
  Expect(TokenKind::kComma);
  const Expr* path = ParseExpr();
  JsonTable table(arena_);
  if (Accept(Keyword::kAs)) AddJsonTableName(table, ParseColumnName(), offset);
  const Expr* variables = ParsePassing(offset);
  ParseJsonTableColumns(table);
  std::string_view on_error = "empty";
  if (!At(TokenKind::kRightParen)) {
    const uint32_t behavior_offset = token_.offset;
    const Expr* value = nullptr;
    const std::string_view behavior = ParseJsonBehavior(value);
    if (behavior.empty()) SyntaxError();
    if (behavior != "error" && behavior != "empty array") {
      throw Error::User(sqlstate::kSyntaxError, "invalid ON ERROR behavior")
          .WithDetail("Only EMPTY [ ARRAY ] or ERROR is allowed in the top-level ON ERROR clause.")
          .WithPosition(behavior_offset);
    }
    on_error = behavior == "error" ? "error" : "empty";
    Expect(Keyword::kOn);
    ExpectWord("error");
  }
  Expect(TokenKind::kRightParen);
  ListBuilder<const Expr*> args(arena_);
  for (const Expr* arg : {document, path, variables, NewString(on_error, offset)}) args.Add(arg);
  for (const Expr* word : table.program.items()) args.Add(word);
  auto* rows = New<ast::FunctionCall>(offset);
  rows->name.offset = offset;
  rows->name.parts = OneName("sql_json_table");
  rows->args = args.Finish();
  auto* source = New<ast::TableFunction>(offset);
  const Expr* unnest = MakeCall("unnest", {rows}, offset);
  source->calls = arena_.CopyList(std::span<const Expr* const>(&unnest, 1));
  source->alias.name = kRow;
  const ast::TableRef* from = source;
  auto* select = New<ast::Select>(offset);
  select->items = table.items.Finish();
  select->from = arena_.CopyList(std::span<const ast::TableRef* const>(&from, 1));
  auto* query = New<ast::Query>(offset);
  query->body = select;
  auto* derived = New<ast::DerivedTable>(offset);
  derived->query = query;
  derived->lateral = true;
  ParseTableAlias(derived, false);
  if (derived->alias.name.empty()) derived->alias.name = "json_table";
  return ParseTableSuffixes(derived);
}

void Parser::AddJsonTableName(JsonTable& table, Name name, uint32_t offset) {
  if (table.names.emplace(name).second) return;
  throw Error::User(sqlstate::kDuplicateAlias, "duplicate JSON_TABLE column or path name: {}", name)
      .WithPosition(offset);
}

void Parser::ParseJsonTableColumns(JsonTable& table) {
  const Nesting nesting(*this);
  ExpectWord("columns");
  Expect(TokenKind::kLeftParen);
  do {
    ParseJsonTableColumn(table);
  } while (Accept(TokenKind::kComma));
  Expect(TokenKind::kRightParen);
}

void Parser::ParseJsonTableColumn(JsonTable& table) {
  const uint32_t offset = token_.offset;
  const auto word = [&](std::string_view text) { table.program.Add(NewString(text, offset)); };
  if (AtWord("nested") && (PeekIsWord(1, "path") || Peek(1).is(TokenKind::kString))) {
    Advance();
    AcceptWord("path");
    word("nested");
    table.program.Add(NewString(ParseString(), offset));
    if (Accept(Keyword::kAs)) AddJsonTableName(table, ParseColumnName(), offset);
    ParseJsonTableColumns(table);
    word("end");
    return;
  }
  const Name name = ParseColumnName();
  AddJsonTableName(table, name, offset);
  // The column's text in the rows of sql_json_table.
  auto* cell = New<ast::SubscriptExpr>(offset);
  auto* row = New<ast::ColumnRef>(offset);
  row->parts = OneName(kRow);
  cell->base = row;
  auto* number = New<ast::NumberLiteral>(offset);
  number->text = arena_.CopyText(std::to_string(table.items.size() + 1));
  number->is_integer = true;
  cell->index = number;
  ast::SelectItem item;
  item.offset = offset;
  item.alias = name;
  const auto cast = [&](const Expr* value, const ast::TypeName* type, bool is_try) {
    return WithReturning(value, type, is_try);
  };
  const auto named_type = [&](std::string_view type_name) {
    auto* type = New<ast::TypeName>(offset);
    type->name = OneName(type_name);
    return type;
  };
  if (Accept(Keyword::kFor)) {
    Expect(Keyword::kOrdinality);
    word("ordinality");
    item.expr = cast(cell, named_type("int"), false);
    table.items.Add(item);
    return;
  }
  const ast::TypeName* type = ParseTypeName();
  const bool exists = Accept(Keyword::kExists);
  bool is_query = HoldsJson(*type);
  if (AtWords("format", "json")) {
    SkipJsonFormat();
    if (AcceptWord("encoding")) ExpectWord("utf8");
    is_query = true;
  }
  Name path;
  if (AcceptWord("path")) {
    path = ParseString();
  } else {
    // The member of the column's name.
    std::string own = "$.\"";
    for (const char c : name) {
      if (c == '"' || c == '\\') own += '\\';
      own += c;
    }
    own += '"';
    path = arena_.CopyText(own);
  }
  const bool shaped = AtWord("with") || At(Keyword::kWith) || AtWord("without") || AtWord("keep") || AtWord("omit");
  if (shaped && exists) SyntaxError();
  is_query = is_query || shaped;
  const JsonClauses clauses = ParseJsonClauses(exists ? "false" : "null");
  if (exists) {
    if (clauses.has_on_empty || clauses.on_error == "default" || clauses.on_error.starts_with("empty")) {
      throw Error::User(sqlstate::kSyntaxError, "invalid ON ERROR behavior for column \"{}\"", name)
          .WithDetail("Only ERROR, TRUE, FALSE, or UNKNOWN is allowed in ON ERROR for EXISTS columns.")
          .WithPosition(offset);
    }
    word("exists");
    word(path);
    word(clauses.on_error);
    item.expr = cast(cast(cell, named_type("boolean"), false), type, false);
    table.items.Add(item);
    return;
  }
  const auto text = [&](const Expr* value) { return JsonDefault(value, type, offset); };
  word(is_query ? "query" : "value");
  word(path);
  word(clauses.on_empty);
  word(clauses.on_error);
  table.program.Add(text(clauses.empty_value));
  table.program.Add(text(clauses.error_value));
  if (is_query) {
    word(clauses.wrapper);
    word(clauses.keeps_quotes ? "keep" : "omit");
  }
  item.expr = JsonResult(cell, type, HoldsJson(*type), clauses);
  table.items.Add(item);
}

}  // namespace weir
