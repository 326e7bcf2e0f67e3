// SHOW: PostgreSQL's settings and the family of MySQL and StarRocks.
#include <algorithm>
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

namespace {

// What SHOW may be followed by, at most four words.
constexpr auto kShows = std::to_array<std::string_view>({
    "alter materialized view",
    "alter table",
    "alter table column",
    "alter table optimize",
    "alter table rollup",
    "analyze job",
    "analyze status",
    "authentication",
    "backends",
    "backup",
    "broker",
    "catalogs",
    "character set",
    "charset",
    "cluster",
    "collation",
    "columns",
    "compute nodes",
    "connections",
    "create catalog",
    "create database",
    "create external catalog",
    "create flow",
    "create function",
    "create index",
    "create materialized view",
    "create routine load",
    "create schema",
    "create sink",
    "create source",
    "create table",
    "create view",
    "data",
    "databases",
    "delete",
    "dynamic partition tables",
    "engines",
    "errors",
    "events",
    "export",
    "fields",
    "file",
    "flows",
    "frontends",
    "function status",
    "functions",
    "grants",
    "histogram meta",
    "index",
    "indexes",
    "indices",
    "jobs",
    "keys",
    "load",
    "load warnings",
    "materialized views",
    "meta",
    "open tables",
    "partitions",
    "plugins",
    "privileges",
    "proc",
    "procedure status",
    "processlist",
    "profilelist",
    "property",
    "repositories",
    "resource group",
    "resource groups",
    "resources",
    "restore",
    "roles",
    "routine load",
    "routine load task",
    "running queries",
    "schemas",
    "secrets",
    "sinks",
    "snapshot",
    "sources",
    "sqlblacklist",
    "stats meta",
    "status",
    "storage engines",
    "storage volumes",
    "stream load",
    "subscriptions",
    "table status",
    "tables",
    "tablet",
    "tasks",
    "temporary partitions",
    "transaction",
    "triggers",
    "user property",
    "users",
    "variables",
    "views",
    "warnings",
});

}  // namespace

const ast::Statement* Parser::ParseShow() {
  const uint32_t offset = token_.offset;
  ExpectWord("show");
  auto* show = New<ast::ShowCommand>(offset);
  const Mark mark = Here();
  while (true) {
    if (AcceptWord("full")) {
      show->full = true;
    } else if (AcceptWord("global")) {
      show->global = true;
    } else if (AcceptWord("session") || AcceptWord("builtin")) {
      // the default of variables, and all functions there are
    } else if (AtWord("all") && (PeekIsWord(1, "routine") || PeekIsWord(1, "grants") || PeekIsWord(1, "backends") ||
                                 PeekIsWord(1, "properties") || PeekIsWord(1, "resource"))) {
      Advance();
      show->all = true;
    } else {
      break;
    }
  }
  std::string_view what;
  for (const std::string_view candidate : kShows) {
    if (candidate.size() <= what.size()) continue;
    const Mark before = Here();
    if (!AcceptPhrase(candidate)) continue;
    what = candidate;
    Rewind(before);
  }
  // SHOW transaction isolation level is PostgreSQL's; SHOW TRANSACTION WHERE ... StarRocks'.
  const bool is_variable = what.empty() || (what == "transaction" && PeekIsWord(1, "isolation"));
  if (is_variable) {
    Rewind(mark);
    return ParseShowVariable(offset);
  }
  AcceptPhrase(what);
  show->what = what;
  ParseShowClauses(show);
  return show;
}

const ast::Statement* Parser::ParseShowVariable(uint32_t offset) {
  auto* show = New<ast::ShowVariable>(offset);
  if (AcceptWords("time", "zone")) {
    show->name = "timezone";
  } else if (AcceptWords("transaction", "isolation", "level")) {
    show->name = "transaction_isolation";
  } else if (AcceptWords("session", "authorization")) {
    show->name = "session_authorization";
  } else {
    show->name = ParseOptionName();
  }
  return show;
}

// [name] [FROM | IN t [FROM db]] [FOR | ON name] [LIKE 'p'] [WHERE e] [ORDER BY ...] [LIMIT n]
void Parser::ParseShowClauses(ast::ShowCommand* show) {
  const auto parse_name = [&] {
    if (!At(TokenKind::kString)) return ParseQualifiedName();
    ast::QualifiedName name;
    name.offset = token_.offset;
    name.parts = OneName(ParseString());
    if (At(Operator::kAt)) {  // 'user'@'host'
      Advance();
      ParseWordOrString();
    }
    return name;
  };
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    if (At(Keyword::kFrom) || At(Keyword::kIn)) {
      Advance();
      const ast::QualifiedName name = parse_name();
      if (show->from.empty()) {
        show->from = name;
      } else {  // FROM t FROM db is db.t
        ListBuilder<Name> parts(arena_);
        for (const Name part : name.parts) parts.Add(part);
        for (const Name part : show->from.parts) parts.Add(part);
        show->from.parts = parts.Finish();
      }
    } else if (At(Keyword::kFor) || At(Keyword::kOn)) {
      Advance();
      AcceptWord("role");
      show->name = parse_name();
    } else if (At(Keyword::kLike)) {
      Advance();
      show->like = ParsePrimary();
    } else if (Accept(Keyword::kWhere)) {
      show->where = ParseExpr();
    } else if (Accept(Keyword::kOrder)) {
      Expect(Keyword::kBy);
      show->order_by = ParseSortItems();
    } else if (Accept(Keyword::kLimit)) {
      show->limit = ParseExpr();
      if (Accept(TokenKind::kComma)) {
        show->offset_rows = show->limit;
        show->limit = ParseExpr();
      }
    } else if (Accept(Keyword::kOffset)) {
      show->offset_rows = ParseExpr();
    } else if (show->what == "proc" && At(TokenKind::kString)) {
      show->path = ParseString();
    } else if (show->what == "resource groups" && Accept(Keyword::kAll)) {
      show->all = true;
    } else if (show->what == "tablet" && At(TokenKind::kInteger)) {
      show->name.offset = token_.offset;
      show->name.parts = OneName(token_.text);
      Advance();
    } else if (show->name.empty() && (IsColumnName(token_) || At(TokenKind::kString))) {
      AcceptIfNotExists();
      show->name = parse_name();
    } else {
      SyntaxError();
    }
  }
}

}  // namespace weir
