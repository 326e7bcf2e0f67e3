// Users, roles and privileges.
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

// name | 'name' [@ 'host' | host]
ast::RoleName Parser::ParseRoleName() {
  ast::RoleName role;
  role.offset = token_.offset;
  role.name = At(TokenKind::kString) ? ParseString() : ParseAnyName();
  if (At(Operator::kAt)) {
    Advance();
    role.host = At(TokenKind::kString) ? ParseString() : ParseAnyName();
  }
  return role;
}

// [WITH] SUPERUSER | NOLOGIN | PASSWORD 'p' | IDENTIFIED BY 'p' | DEFAULT ROLE r ...
ast::List<ast::Option> Parser::ParseRoleOptions() {
  static constexpr auto kFlags = std::to_array<std::string_view>(
      {"superuser", "createdb", "createrole", "createuser", "inherit", "login", "replication", "bypassrls"});
  ListBuilder<ast::Option> options(arena_);
  const auto add = [&](Name name, const Expr* value, uint32_t offset) {
    ast::Option option;
    option.offset = offset;
    option.name = name;
    option.value = value;
    options.Add(option);
  };
  const auto string = [&](uint32_t offset) -> const Expr* {
    if (At(Keyword::kNull)) {
      Advance();
      return New<ast::NullLiteral>(offset);
    }
    if (!At(TokenKind::kString)) SyntaxError();
    return NewString(ParseString(), offset);
  };
  const auto role_list = [&](uint32_t offset) -> const Expr* {
    auto* row = New<ast::RowExpr>(offset);
    row->fields = ParseCommaList<const Expr*>([&] {
      const ast::RoleName role = ParseRoleName();
      return NewString(role.name, role.offset);
    });
    return row;
  };
  Accept(Keyword::kWith);
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) {
    const uint32_t offset = token_.offset;
    bool is_flag = false;
    for (const std::string_view flag : kFlags) {
      if (AcceptWord(flag)) {
        add(flag, NewBool(true, offset), offset);
        is_flag = true;
      } else if (const Name word = token_.kind == TokenKind::kWord ? Lower(token_.text) : Name();
                 word.starts_with("no") && word.substr(2) == flag) {
        Advance();
        add(flag, NewBool(false, offset), offset);
        is_flag = true;
      }
      if (is_flag) break;
    }
    if (is_flag) continue;
    if (AcceptWord("encrypted") || AcceptWord("password")) {
      AcceptWord("password");
      add("password", string(offset), offset);
    } else if (AcceptWord("identified")) {
      if (Accept(Keyword::kWith)) {
        add("auth_plugin", NewString(ParseWordOrString(), offset), offset);
        if (Accept(Keyword::kBy) || Accept(Keyword::kAs)) add("password", string(offset), offset);
      } else {
        Expect(Keyword::kBy);
        AcceptWord("password");
        add("password", string(offset), offset);
      }
    } else if (AcceptWords("valid", "until")) {
      add("valid_until", string(offset), offset);
    } else if (AcceptWords("connection", "limit")) {
      add("connection_limit", ParseOptionValue(), offset);
    } else if (AcceptWords("default", "role")) {
      add("default_role", role_list(offset), offset);
    } else if (AcceptWords("in", "role") || AcceptWords("in", "group")) {
      add("in_role", role_list(offset), offset);
    } else if (AcceptWord("role") || AcceptWord("user")) {
      add("role", role_list(offset), offset);
    } else if (AcceptWord("admin")) {
      add("admin", role_list(offset), offset);
    } else if (AcceptWord("sysid")) {
      add("sysid", ParseOptionValue(), offset);
    } else if (AtWord("comment")) {
      add("comment", NewString(*TryComment(), offset), offset);
    } else if (AtWord("properties")) {
      for (const ast::Option& option : TryProperties()) options.Add(option);
    } else {
      break;
    }
  }
  return options.Finish();
}

const ast::Statement* Parser::ParseCreateRole(const CreatePrefix& prefix) {
  auto* create = New<ast::CreateRole>(prefix.offset);
  create->is_user = AtWord("user");
  Advance();
  create->if_not_exists = AcceptIfNotExists();
  create->names = ParseCommaList<ast::RoleName>([&] { return ParseRoleName(); });
  create->options = ParseRoleOptions();
  return create;
}

// Behind ALTER.
const ast::Statement* Parser::ParseAlterRole(uint32_t offset) {
  auto* alter = New<ast::AlterRole>(offset);
  alter->is_user = AtWord("user");
  Advance();
  alter->if_exists = AcceptIfExists();
  alter->role = ParseRoleName();
  if (AcceptWords("rename", "to")) {
    alter->rename_to = ParseAnyName();
  } else if (AtWord("set")) {
    Advance();
    auto* item = New<ast::SetItem>(token_.offset);
    *item = ParseSetItem(ast::SetScope::kDefault);
    alter->set = item;
  } else if (AcceptWord("reset")) {
    alter->reset = ParseOptionName();
  } else {
    alter->options = ParseRoleOptions();
    if (alter->options.empty()) SyntaxError();
  }
  return alter;
}

// ---- GRANT and REVOKE

const ast::Statement* Parser::ParseGrant() {
  auto* grant = New<ast::GrantPrivileges>(token_.offset);
  grant->is_revoke = AtWord("revoke");
  Advance();
  if (grant->is_revoke) {
    if (AcceptWords("grant", "option") || AcceptWords("admin", "option")) {
      Expect(Keyword::kFor);
      grant->with_grant_option = true;
    }
  }
  const Keyword direction = grant->is_revoke ? Keyword::kFrom : Keyword::kTo;
  // A privilege may be several words: CREATE TABLE, ALL PRIVILEGES.
  grant->privileges = ParseCommaList<ast::Privilege>([&] {
    ast::Privilege privilege;
    if (At(TokenKind::kString) || At(TokenKind::kQuotedName)) {
      privilege.name = token_.text;
      Advance();
      return privilege;
    }
    std::string words;
    while (IsAnyName(token_) && !At(Keyword::kOn) && !At(direction)) {
      if (!words.empty()) words += ' ';
      words += Lower(token_.text);
      Advance();
    }
    if (words.empty()) SyntaxError();
    if (words == "all privileges") words = "all";
    privilege.name = arena_.CopyText(words);
    if (At(TokenKind::kLeftParen)) privilege.columns = ParseParenthesizedNames();
    return privilege;
  });
  if (Accept(Keyword::kOn)) {
    grant->has_object = true;
    ParseGrantObject(grant);
  }
  Expect(direction);
  grant->grantees = ParseCommaList<ast::RoleName>([&] {
    if ((AtWord("role") || AtWord("user") || At(Keyword::kGroup)) &&
        (IsAnyName(Peek(1)) || PeekIs(1, TokenKind::kString))) {
      Advance();
    }
    return ParseRoleName();
  });
  if (AcceptWords("with", "grant", "option") || AcceptWords("with", "admin", "option")) grant->with_grant_option = true;
  if (AcceptWords("granted", "by")) ParseRoleName();
  grant->cascade = ParseDropBehavior() == ast::DropBehavior::kCascade;
  return grant;
}

// [TABLE | SCHEMA | ...] names, ALL TABLES IN SCHEMA s, *.*, db.*
void Parser::ParseGrantObject(ast::GrantPrivileges* grant) {
  struct Plural {
    std::string_view words;
    ast::ObjectKind kind;
  };
  static constexpr auto kPlurals = std::to_array<Plural>({
      {"tables", ast::ObjectKind::kTable},
      {"views", ast::ObjectKind::kView},
      {"materialized views", ast::ObjectKind::kMaterializedView},
      {"sequences", ast::ObjectKind::kSequence},
      {"functions", ast::ObjectKind::kFunction},
      {"databases", ast::ObjectKind::kDatabase},
      {"schemas", ast::ObjectKind::kSchema},
      {"catalogs", ast::ObjectKind::kCatalog},
      {"users", ast::ObjectKind::kUser},
      {"resources", ast::ObjectKind::kResource},
      {"resource groups", ast::ObjectKind::kResourceGroup},
      {"sources", ast::ObjectKind::kSource},
      {"sinks", ast::ObjectKind::kSink},
  });
  const auto parse_name = [&] {
    ast::QualifiedName name;
    name.offset = token_.offset;
    ListBuilder<Name> parts(arena_);
    do {
      if (At(Operator::kStar)) {
        parts.Add("*");
        Advance();
      } else {
        parts.Add(At(TokenKind::kString) ? ParseString() : ParseAnyName());
      }
    } while (Accept(TokenKind::kDot));
    name.parts = parts.Finish();
    return name;
  };
  if (Accept(Keyword::kAll)) {
    grant->all_in_schema = true;
    bool known = false;
    for (const Plural& plural : kPlurals) {
      if (!AcceptPhrase(plural.words)) continue;
      grant->object = plural.kind;
      known = true;
      break;
    }
    if (!known) SyntaxError();
    if (!Accept(Keyword::kIn)) return;
    if (Accept(Keyword::kAll)) {
      Advance();
      return;
    }
    if (!AcceptWord("schema")) ExpectWord("database");
    grant->names = ParseCommaList<ast::QualifiedName>(parse_name);
    return;
  }
  if (IsAnyName(Peek(1)) || PeekIs(1, Operator::kStar) || PeekIs(1, TokenKind::kString)) {
    if (!PeekIs(1, Keyword::kTo) && !PeekIs(1, Keyword::kFrom)) {
      if (const std::optional<ast::ObjectKind> kind = TryObjectKind()) grant->object = *kind;
    }
  }
  if (AcceptWord("system")) {
    grant->object = ast::ObjectKind::kDatabase;
    return;
  }
  grant->names = ParseCommaList<ast::QualifiedName>([&] {
    const ast::QualifiedName name = parse_name();
    if (At(TokenKind::kLeftParen)) {  // FUNCTION f(int)
      Advance();
      if (!At(TokenKind::kRightParen)) {
        ParseCommaList<const ast::TypeName*>([&] { return ParseFunctionParameter(false).type; });
      }
      Expect(TokenKind::kRightParen);
    }
    return name;
  });
}

}  // namespace weir
