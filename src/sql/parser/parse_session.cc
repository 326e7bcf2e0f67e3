// Sessions: transactions, settings, SHOW, prepared statements, cursors.
#include <array>
#include <string>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;
using ast::TransactionAction;

// ---- transactions

// ISOLATION LEVEL ... | READ ONLY | READ WRITE | [NOT] DEFERRABLE, with or without commas
void Parser::ParseTransactionModes(TransactionModes& modes) {
  while (true) {
    if (AcceptWords("isolation", "level")) {
      if (AcceptWord("serializable")) {
        modes.isolation = ast::IsolationLevel::kSerializable;
      } else if (AcceptWords("repeatable", "read")) {
        modes.isolation = ast::IsolationLevel::kRepeatableRead;
      } else if (AcceptWords("read", "committed")) {
        modes.isolation = ast::IsolationLevel::kReadCommitted;
      } else {
        ExpectWords("read", "uncommitted");
        modes.isolation = ast::IsolationLevel::kReadUncommitted;
      }
    } else if (AcceptWords("read", "only")) {
      modes.read_only = true;
    } else if (AcceptWords("read", "write")) {
      modes.read_only = false;
    } else if (AcceptWords("not", "deferrable")) {
      modes.deferrable = false;
    } else if (AcceptWord("deferrable")) {
      modes.deferrable = true;
    } else if (!AcceptWords("with", "consistent", "snapshot")) {  // MySQL; every transaction has one
      return;
    }
    Accept(TokenKind::kComma);
  }
}

const ast::Statement* Parser::ParseTransaction() {
  auto* node = New<ast::Transaction>(token_.offset);
  const auto chain = [&] {
    if (AcceptWords("and", "no", "chain")) return;
    node->chain = AcceptWords("and", "chain");
  };
  const auto work = [&] {
    if (!AcceptWord("work")) AcceptWord("transaction");
  };
  const auto modes = [&] {
    TransactionModes parsed;
    ParseTransactionModes(parsed);
    node->isolation = parsed.isolation;
    node->read_only = parsed.read_only;
    node->deferrable = parsed.deferrable;
  };
  if (AcceptWord("begin")) {
    work();
    if (AcceptWords("with", "label")) node->label = ParseNameOrString();
    modes();
  } else if (AcceptWord("start")) {
    ExpectWord("transaction");
    node->is_start = true;
    modes();
  } else if (AcceptWord("commit") || AtWord("end")) {
    node->action = TransactionAction::kCommit;
    AcceptWord("end");
    if (AcceptWord("prepared")) {
      node->action = TransactionAction::kCommitPrepared;
      node->name = ParseString();
      return node;
    }
    work();
    chain();
  } else if (AcceptWord("rollback") || AtWord("abort")) {
    node->action = TransactionAction::kRollback;
    AcceptWord("abort");
    if (AcceptWord("prepared")) {
      node->action = TransactionAction::kRollbackPrepared;
      node->name = ParseString();
      return node;
    }
    work();
    if (Accept(Keyword::kTo)) {
      AcceptWord("savepoint");
      node->action = TransactionAction::kRollbackToSavepoint;
      node->name = ParseColumnName();
    } else {
      chain();
    }
  } else if (AcceptWord("savepoint")) {
    node->action = TransactionAction::kSavepoint;
    node->name = ParseColumnName();
  } else {
    ExpectWord("release");
    AcceptWord("savepoint");
    node->action = TransactionAction::kReleaseSavepoint;
    node->name = ParseColumnName();
  }
  return node;
}

// ---- settings

// A setting's value: bare words are strings.
const Expr* Parser::ParseSetValue() {
  const uint32_t offset = token_.offset;
  const bool is_word = At(TokenKind::kWord) || At(TokenKind::kQuotedName) || At(TokenKind::kKeyword);
  if (is_word && !PeekIs(1, TokenKind::kLeftParen) && Peek(1).kind != TokenKind::kOperator && !At(Keyword::kInterval) &&
      !At(Keyword::kNull) && !At(Keyword::kCase) && !At(Keyword::kNot) && !PeekIs(1, TokenKind::kString)) {
    std::string text(token_.text);
    Advance();
    while (At(TokenKind::kDot)) {
      Advance();
      text += '.';
      text += ParseAnyName();
    }
    return NewString(arena_.CopyText(text), offset);
  }
  return ParseExpr();
}

// name {TO | =} value, ...; TIME ZONE v; NAMES v and the rest of its kin. Behind SET and its scope.
ast::SetItem Parser::ParseSetItem(ast::SetScope scope) {
  ast::SetItem item;
  item.offset = token_.offset;
  item.scope = scope;
  const auto single = [&](Name name) {
    item.name = name;
    if (Accept(Keyword::kDefault) || AcceptWord("local")) return;
    const Expr* value = ParseSetValue();
    item.values = arena_.CopyList(std::span<const Expr* const>(&value, 1));
  };
  if (AcceptWords("time", "zone")) {
    single("timezone");
    return item;
  }
  if (AcceptWord("names")) {
    single("names");
    if (Accept(Keyword::kCollate)) ParseWordOrString();
    return item;
  }
  if (AcceptWords("character", "set") ||
      (AtWord("charset") && !PeekIs(1, Operator::kEquals) && AcceptWord("charset"))) {
    single("names");
    return item;
  }
  if (AtWord("schema") && PeekIs(1, TokenKind::kString)) {
    Advance();
    single("search_path");
    return item;
  }
  if (AtWord("catalog") && !PeekIs(1, Operator::kEquals) && !PeekIs(1, Keyword::kTo)) {
    Advance();
    single("catalog");
    return item;
  }
  if ((AtWord("role") || AtWords("default", "role")) && !PeekIs(1, Operator::kEquals) && !PeekIs(1, Keyword::kTo)) {
    item.name = AtWord("role") ? "role" : "default_role";
    AcceptWord("default");
    Advance();
    const auto role = [&] {
      const ast::RoleName parsed = ParseRoleName();
      return NewString(parsed.name, parsed.offset);
    };
    item.values = ParseCommaList<const Expr*>(role);
    return item;
  }
  if (AcceptWords("session", "authorization")) {
    single("session_authorization");
    return item;
  }
  if (At(TokenKind::kUserVariable)) {
    item.is_user_variable = true;
    item.name = token_.text;
    Advance();
  } else if (At(TokenKind::kSystemVariable)) {
    std::string_view name = token_.text;
    const auto strip = [&](std::string_view prefix, ast::SetScope with) {
      if (!name.starts_with(prefix)) return;
      name.remove_prefix(prefix.size());
      item.scope = with;
    };
    strip("session.", ast::SetScope::kSession);
    strip("global.", ast::SetScope::kGlobal);
    strip("local.", ast::SetScope::kLocal);
    item.name = name;
    Advance();
  } else {
    item.name = ParseOptionName();
  }
  // DuckDB's SET VARIABLE name = value is the same.
  if (!item.is_user_variable && item.name == "variable" && !At(Operator::kEquals) && !At(Keyword::kTo)) {
    item.is_user_variable = true;
    item.name = ParseOptionName();
  }
  if (item.is_user_variable) {
    if (!Accept(TokenKind::kColonEquals)) Expect(Operator::kEquals);
    const Expr* value = ParseExpr();
    item.values = arena_.CopyList(std::span<const Expr* const>(&value, 1));
    return item;
  }
  if (!Accept(Keyword::kTo) && !Accept(TokenKind::kColonEquals)) {
    if (!At(Operator::kEquals)) SyntaxError();
    Advance();
  }
  if (Accept(Keyword::kDefault)) return item;
  ListBuilder<const Expr*> values(arena_);
  while (true) {
    values.Add(ParseSetValue());
    if (!At(TokenKind::kComma)) break;
    // `, name =` and `, @x =` begin the next item.
    const Token& next = Peek(1);
    const bool is_item = next.is(TokenKind::kUserVariable) || next.is(TokenKind::kSystemVariable) ||
                         PeekIs(2, Operator::kEquals) || PeekIs(2, TokenKind::kColonEquals) || IsWord(next, "global") ||
                         (IsWord(next, "session") && !PeekIs(2, TokenKind::kComma));
    if (is_item) break;
    Advance();
  }
  item.values = values.Finish();
  return item;
}

const ast::Statement* Parser::ParseSet() {
  const uint32_t offset = token_.offset;
  auto* set = New<ast::SetVariable>(offset);
  ExpectWord("set");
  const auto transaction = [&](ast::SetScope scope) {
    ast::SetItem item;
    item.offset = token_.offset;
    item.scope = scope;
    item.name = "transaction";
    set->items = arena_.CopyList(std::span<const ast::SetItem>(&item, 1));
    TransactionModes modes;
    ParseTransactionModes(modes);
    set->isolation = modes.isolation;
    set->read_only = modes.read_only;
    set->deferrable = modes.deferrable;
    return set;
  };
  if (AcceptWord("constraints")) {
    Unsupported(offset, "SET CONSTRAINTS", "Constraints are checked by each statement.");
  }
  if (AtWord("password") && !PeekIs(1, TokenKind::kDot)) {
    // SET PASSWORD [FOR user] = PASSWORD('p') | 'p'
    Advance();
    auto* alter = New<ast::AlterRole>(offset);
    alter->is_user = true;
    if (Accept(Keyword::kFor)) alter->role = ParseRoleName();
    Expect(Operator::kEquals);
    ast::Option option;
    option.offset = token_.offset;
    option.name = "password";
    const bool is_call = AcceptWord("password");
    if (is_call) Expect(TokenKind::kLeftParen);
    if (!At(TokenKind::kString)) SyntaxError();
    option.value = NewString(ParseString(), option.offset);
    if (is_call) Expect(TokenKind::kRightParen);
    alter->options = arena_.CopyList(std::span<const ast::Option>(&option, 1));
    return alter;
  }
  if (AcceptWords("session", "characteristics", "as")) {
    ExpectWord("transaction");
    return transaction(ast::SetScope::kSession);
  }
  ListBuilder<ast::SetItem> items(arena_);
  do {
    ast::SetScope scope = ast::SetScope::kDefault;
    if (!PeekIs(1, Operator::kEquals) && !PeekIs(1, Keyword::kTo)) {
      if (AtWord("session") && !PeekIsWord(1, "authorization")) {
        Advance();
        scope = ast::SetScope::kSession;
      } else if (AcceptWord("local")) {
        scope = ast::SetScope::kLocal;
      } else if (AcceptWord("global") || AcceptWord("persist")) {
        scope = ast::SetScope::kGlobal;
      }
    }
    if (AcceptWord("transaction")) return transaction(scope);
    items.Add(ParseSetItem(scope));
  } while (Accept(TokenKind::kComma));
  set->items = items.Finish();
  return set;
}

const ast::Statement* Parser::ParseReset() {
  auto* reset = New<ast::ResetVariable>(token_.offset);
  ExpectWord("reset");
  if (AcceptWords("time", "zone")) {
    reset->name = "timezone";
  } else if (AcceptWords("session", "authorization")) {
    reset->name = "session_authorization";
  } else if (AcceptWords("transaction", "isolation", "level")) {
    reset->name = "transaction_isolation";
  } else if (AtWord("variable") && !PeekIs(1, TokenKind::kEnd) && !PeekIs(1, TokenKind::kSemicolon)) {
    // A variable's name has its @ here, to tell it from a setting's.
    Advance();
    reset->name = arena_.CopyText("@" + std::string(ParseOptionName()));
  } else {
    reset->name = ParseOptionName();
  }
  return reset;
}

// ---- prepared statements

const ast::Statement* Parser::ParsePrepare() {
  const uint32_t offset = token_.offset;
  ExpectWord("prepare");
  if (AtWord("transaction") && PeekIs(1, TokenKind::kString)) {
    Advance();
    auto* node = New<ast::Transaction>(offset);
    node->action = TransactionAction::kPrepareTransaction;
    node->name = ParseString();
    return node;
  }
  auto* prepare = New<ast::Prepare>(offset);
  prepare->name = ParseColumnName();
  if (Accept(Keyword::kFrom)) {
    prepare->source = ParsePrimary();
    return prepare;
  }
  if (At(TokenKind::kLeftParen)) {
    prepare->types = ParseParenthesizedList<const ast::TypeName*>([&] { return ParseTypeName(); });
  }
  Expect(Keyword::kAs);
  prepare->statement = ParseStatement();
  return prepare;
}

const ast::Statement* Parser::ParseExecute() {
  auto* execute = New<ast::Execute>(token_.offset);
  ExpectWord("execute");
  execute->name = ParseColumnName();
  if (At(TokenKind::kLeftParen)) {
    execute->args = ParseParenthesizedExprs();
  } else if (Accept(Keyword::kUsing)) {
    execute->args = ParseExprList();
  }
  return execute;
}

const ast::Statement* Parser::ParseDeallocate() {
  auto* node = New<ast::Deallocate>(token_.offset);
  ExpectWord("deallocate");
  if (AtWord("prepare") && IsAnyName(Peek(1))) Advance();
  if (!Accept(Keyword::kAll)) node->name = ParseColumnName();
  return node;
}

// ---- cursors

const ast::Statement* Parser::ParseDeclare() {
  auto* cursor = New<ast::DeclareCursor>(token_.offset);
  ExpectWord("declare");
  cursor->name = ParseColumnName();
  while (!AtWord("cursor")) {
    if (AcceptWord("binary")) {
      cursor->binary = true;
    } else if (AcceptWord("insensitive")) {
      cursor->insensitive = true;
    } else if (AcceptWord("asensitive")) {
      cursor->insensitive = false;
    } else if (AcceptWords("no", "scroll")) {
      cursor->scroll = false;
    } else if (AcceptWord("scroll")) {
      cursor->scroll = true;
    } else if (AcceptWords("subscription", "cursor")) {
      Expect(Keyword::kFor);
      cursor->subscription = ParseColumnName();
      return cursor;
    } else {
      SyntaxError();
    }
  }
  Advance();
  if (AcceptWords("with", "hold")) {
    cursor->with_hold = true;
  } else {
    AcceptWords("without", "hold");
  }
  Expect(Keyword::kFor);
  cursor->query = ParseQuery();
  return cursor;
}

const ast::Statement* Parser::ParseFetch() {
  auto* fetch = New<ast::FetchCursor>(token_.offset);
  fetch->is_move = AtWord("move");
  Advance();
  using Direction = ast::FetchDirection;
  const auto count = [&] {
    if (Accept(Keyword::kAll)) return ast::FetchCursor::kAll;
    if (At(TokenKind::kInteger) || At(Operator::kMinus) || At(Operator::kPlus)) return ParseInteger();
    return int64_t{1};
  };
  const auto set = [&](Direction direction, int64_t n) {
    fetch->direction = direction;
    fetch->count = n;
  };
  // A cursor may have any of these names.
  const bool is_last_word = PeekIs(1, TokenKind::kEnd) || PeekIs(1, TokenKind::kSemicolon);
  if (is_last_word) {
    // FETCH c
  } else if (AcceptWord("next")) {
    set(Direction::kForward, 1);
  } else if (AcceptWord("prior")) {
    set(Direction::kBackward, 1);
  } else if (AcceptWord("first")) {
    set(Direction::kAbsolute, 1);
  } else if (AcceptWord("last")) {
    set(Direction::kAbsolute, -1);
  } else if (AcceptWord("absolute")) {
    set(Direction::kAbsolute, ParseInteger());
  } else if (AcceptWord("relative")) {
    set(Direction::kRelative, ParseInteger());
  } else if (AcceptWord("forward")) {
    set(Direction::kForward, count());
  } else if (AcceptWord("backward")) {
    set(Direction::kBackward, count());
  } else if (At(Keyword::kAll) || At(TokenKind::kInteger) || At(Operator::kMinus)) {
    set(Direction::kForward, count());
  }
  if (!Accept(Keyword::kFrom)) Accept(Keyword::kIn);
  fetch->name = ParseColumnName();
  return fetch;
}

const ast::Statement* Parser::ParseClose() {
  auto* close = New<ast::CloseCursor>(token_.offset);
  ExpectWord("close");
  if (!Accept(Keyword::kAll)) close->name = ParseColumnName();
  return close;
}

}  // namespace weir
