// Whole texts, and which parser a statement's first words belong to.
#include <array>
#include <string>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

std::vector<const ast::Statement*> Parser::ParseAll() {
  std::vector<const ast::Statement*> statements;
  while (true) {
    while (Accept(TokenKind::kSemicolon)) {
    }
    if (At(TokenKind::kEnd)) return statements;
    question_marks_ = 0;
    statements.push_back(ParseStatement());
    if (!At(TokenKind::kSemicolon) && !At(TokenKind::kEnd)) SyntaxError();
  }
}

const ast::Expr* Parser::ParseWholeExpression() {
  const ast::Expr* expr = ParseExpr();
  if (!At(TokenKind::kEnd)) SyntaxError();
  return expr;
}

const ast::TypeName* Parser::ParseWholeTypeName() {
  const ast::TypeName* type = ParseTypeName();
  if (!At(TokenKind::kEnd)) SyntaxError();
  return type;
}

const ast::Statement* Parser::ParseStatement() {
  const Nesting nesting(*this);
  const uint32_t begin = token_.offset;
  const ast::Statement* statement = ParseStatementBody();
  // Parsers return their nodes as constant; the text is known only here.
  auto* node = const_cast<ast::Statement*>(statement);
  node->offset = begin;
  node->text = lexer_.text().substr(begin, previous_end_ - begin);
  return statement;
}

const ast::Statement* Parser::ParseQueryStatement() {
  auto* node = New<ast::QueryStatement>(token_.offset);
  node->query = ParseQuery();
  return node;
}

const ast::Statement* Parser::ParseWithStatement() {
  const uint32_t offset = token_.offset;
  const ast::With* with = ParseWith();
  if (AtQueryStart() || At(TokenKind::kLeftParen)) {
    auto* node = New<ast::QueryStatement>(offset);
    node->query = ParseQueryAfterWith(with, offset);
    return node;
  }
  return ParseChangeAfterWith(with, offset);
}

const ast::Statement* Parser::ParseStatementBody() {
  switch (token_.keyword) {
    case Keyword::kSelect:
    case Keyword::kValues:
    case Keyword::kTable:
    case Keyword::kFrom:
      return ParseQueryStatement();
    case Keyword::kWith:
      return ParseWithStatement();
    case Keyword::kDelete:
      if (PeekIsWord(1, "sqlblacklist")) return ParseAdminCommand();
      return ParseChangeAfterWith(nullptr, token_.offset);
    case Keyword::kInsert:
    case Keyword::kUpdate:
      return ParseChangeAfterWith(nullptr, token_.offset);
    case Keyword::kCopy:
      return ParseCopy();
    case Keyword::kCreate:
      return ParseCreate();
    case Keyword::kDrop:
      return ParseDrop();
    default:
      break;
  }
  if (At(TokenKind::kLeftParen)) return ParseQueryStatement();
  return ParseOtherStatement();
}

// Statements that are known by their first word's text.
const ast::Statement* Parser::ParseOtherStatement() {
  struct Entry {
    std::string_view word;
    const ast::Statement* (Parser::*parse)();
  };
  static constexpr auto kEntries = std::to_array<Entry>({
      {"abort", &Parser::ParseTransaction},
      {"add", &Parser::ParseAdminCommand},
      {"admin", &Parser::ParseAdminCommand},
      {"alter", &Parser::ParseAlter},
      {"analyse", &Parser::ParseAnalyze},
      {"analyze", &Parser::ParseAnalyze},
      {"backup", &Parser::ParseBackup},
      {"begin", &Parser::ParseTransaction},
      {"call", &Parser::ParseCallStatement},
      {"cancel", &Parser::ParseCancel},
      {"checkpoint", &Parser::ParseCheckpoint},
      {"close", &Parser::ParseClose},
      {"comment", &Parser::ParseCommentOn},
      {"commit", &Parser::ParseTransaction},
      {"deallocate", &Parser::ParseDeallocate},
      {"declare", &Parser::ParseDeclare},
      {"desc", &Parser::ParseDescribe},
      {"describe", &Parser::ParseDescribe},
      {"discard", &Parser::ParseDiscard},
      {"end", &Parser::ParseTransaction},
      {"execute", &Parser::ParseExecute},
      {"explain", &Parser::ParseExplain},
      {"export", &Parser::ParseExport},
      {"fetch", &Parser::ParseFetch},
      {"flush", &Parser::ParseFlush},
      {"grant", &Parser::ParseGrant},
      {"install", &Parser::ParseAdminCommand},
      {"kill", &Parser::ParseKill},
      {"load", &Parser::ParseBrokerLoad},
      {"move", &Parser::ParseFetch},
      {"pause", &Parser::ParsePauseResumeStop},
      {"prepare", &Parser::ParsePrepare},
      {"recover", &Parser::ParseRecover},
      {"refresh", &Parser::ParseRefresh},
      {"release", &Parser::ParseTransaction},
      {"reset", &Parser::ParseReset},
      {"restore", &Parser::ParseBackup},
      {"resume", &Parser::ParsePauseResumeStop},
      {"revoke", &Parser::ParseGrant},
      {"rollback", &Parser::ParseTransaction},
      {"savepoint", &Parser::ParseTransaction},
      {"set", &Parser::ParseSet},
      {"show", &Parser::ParseShow},
      {"start", &Parser::ParseTransaction},
      {"stop", &Parser::ParsePauseResumeStop},
      {"submit", &Parser::ParseSubmitTask},
      {"summarize", &Parser::ParseSummarize},
      {"truncate", &Parser::ParseTruncate},
      {"uninstall", &Parser::ParseAdminCommand},
      {"unlisten", &Parser::ParseDiscard},
      {"use", &Parser::ParseUse},
      {"vacuum", &Parser::ParseVacuum},
  });
  struct Missing {
    std::string_view word;
    std::string_view hint;
  };
  static constexpr auto kMissing = std::to_array<Missing>({
      {"attach", "Use CREATE CATALOG to reach other systems."},
      {"cluster", "Give the table an ORDER BY (columns) in CREATE TABLE."},
      {"detach", "Use DROP CATALOG."},
      {"do", "Run the statements one by one."},
      {"import", "Use CREATE CATALOG to reach other systems."},
      {"listen", "Poll, or read the changes of a table with a subscription cursor."},
      {"lock", "Readers see a snapshot and need no locks."},
      {"notify", "Insert into a table that the listener reads."},
      {"pivot", "Write it behind the table: FROM t PIVOT (...)."},
      {"reassign", "Use ALTER ... OWNER TO for each object."},
      {"reindex", "Indexes are kept up to date by every commit."},
      {"security", "There are no security labels; use GRANT."},
      {"unpivot", "Write it behind the table: FROM t UNPIVOT (...)."},
  });
  if (token_.kind != TokenKind::kWord && token_.kind != TokenKind::kKeyword) SyntaxError();
  if (AtWord("merge")) return ParseChangeAfterWith(nullptr, token_.offset);
  if (AtWords("replace", "into")) return ParseInsert(nullptr, token_.offset);
  for (const Entry& entry : kEntries) {
    if (AtWord(entry.word)) return (this->*entry.parse)();
  }
  for (const Missing& missing : kMissing) {
    if (AtWord(missing.word)) {
      std::string name(missing.word);
      for (char& c : name) c = static_cast<char>(c - 32);
      Unsupported(token_.offset, name, std::string(missing.hint));
    }
  }
  SyntaxError();
}

const ast::Statement* Parser::ParseCheckpoint() {
  const uint32_t offset = token_.offset;
  Advance();
  return New<ast::Checkpoint>(offset);
}

}  // namespace weir
