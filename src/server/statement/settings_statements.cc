#include <algorithm>

#include "server/roles.h"
#include "server/statement/statement.h"

namespace weir {

namespace {

std::string TextOf(Session& session, const ast::Expr& expr) {
  if (const auto* text = expr.TryAs<ast::StringLiteral>()) return std::string(text->value);
  if (const auto* number = expr.TryAs<ast::NumberLiteral>()) return std::string(number->text);
  if (const auto* flag = expr.TryAs<ast::BoolLiteral>()) return flag->value ? "on" : "off";
  if (const auto* column = expr.TryAs<ast::ColumnRef>()) return std::string(column->last());
  BindContext context = session.MakeBindContext();
  const StatementContext statement = session.MakeStatementContext();
  context.statement = &statement;
  return Binder(context).BindConstant(expr, {}).ToString();
}

// A name as it would have to be written.
std::string QuotedName(const std::string& name) {
  bool plain = !name.empty() && (name[0] < '0' || name[0] > '9');
  for (const char c : name) plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  return plain ? name : "\"" + name + "\"";
}

void SetTransaction(Session& session, const ast::SetVariable& set, bool for_session) {
  if (!for_session && session.transaction_status() == TransactionStatus::kIdle) {
    session.AddNotice({"WARNING", std::string(sqlstate::kNoActiveSqlTransaction),
                       "SET TRANSACTION can only be used in transaction blocks", ""});
    return;
  }
  if (!set.read_only.has_value()) return;
  const std::string_view name = for_session ? "default_transaction_read_only" : "transaction_read_only";
  session.settings().Set(name, *set.read_only ? "on" : "off", !for_session);
}

// A session stays its user's.
void SetRole(Session& session, const ast::SetItem& item) {
  const std::string name = item.values.empty() ? "none" : TextOf(session, *item.values[0]);
  if (name == session.user() || (name == "none" && item.name == "role") || item.values.empty()) return;
  if (!RoleExists(*session.ReadCatalog(), name)) {
    throw Error::User(sqlstate::kInvalidParameterValue, "role \"{}\" does not exist", name);
  }
  throw Error::Unsupported("Connect as that user.", "changing the session's user is not available");
}

bool TakesList(std::string_view name) {
  constexpr std::string_view kLists[] = {"search_path", "datestyle", "temp_tablespaces", "optimizer_disabled"};
  return std::ranges::find(kLists, name) != std::end(kLists);
}

void ApplySet(Session& session, const ast::SetVariable& set) {
  for (const ast::SetItem& item : set.items) {
    const bool local = item.scope == ast::SetScope::kLocal;
    if (item.is_user_variable) {
      Value value =
          item.values.empty() ? Value::Null(TypeKind::kVarchar) : EvaluateExpression(session, *item.values[0]);
      session.variables().insert_or_assign(std::string(item.name), std::move(value));
      continue;
    }
    if (item.name == "transaction") {
      SetTransaction(session, set, item.scope == ast::SetScope::kSession);
      continue;
    }
    if (item.name == "names") continue;  // the encoding is UTF8 already
    if (item.name == "role" || item.name == "session authorization" || item.name == "session_authorization") {
      SetRole(session, item);
      continue;
    }
    if (item.name == "catalog") {
      session.UseDatabase(TextOf(session, *item.values[0]));
      continue;
    }
    if (item.values.size() > 1 && !TakesList(item.name)) {
      throw Error::User(sqlstate::kInvalidParameterValue, "SET {} takes only one argument", item.name)
          .WithPosition(item.offset);
    }
    if (item.values.empty() && !local) {
      session.settings().Reset(item.name);
      continue;
    }
    std::string value = item.values.empty() ? session.settings().ResetValue(item.name) : "";
    for (const ast::Expr* part : item.values) {
      if (!value.empty()) value += ", ";
      value += item.name == "search_path" ? QuotedName(TextOf(session, *part)) : TextOf(session, *part);
    }
    if (local && session.transaction_status() == TransactionStatus::kIdle) {
      session.AddNotice({"WARNING", std::string(sqlstate::kNoActiveSqlTransaction),
                         "SET LOCAL can only be used in transaction blocks", ""});
      continue;
    }
    session.settings().Set(item.name, std::move(value), local);
  }
}

// SHOW's column is named as the setting is.
std::string SettingName(std::string_view name) {
  const SettingDef* def = FindSetting(name);
  if (def != nullptr && def->name == "timezone") return "TimeZone";
  if (def != nullptr && def->name == "datestyle") return "DateStyle";
  return std::string(name);
}

}  // namespace

Value EvaluateExpression(Session& session, const ast::Expr& expr) {
  ast::Arena arena;
  auto* select = arena.New<ast::Select>();
  select->items = arena.CopyList(std::vector<ast::SelectItem>{{expr.offset, &expr, ""}});
  auto* query = arena.New<ast::Query>();
  query->body = select;
  auto* statement = arena.New<ast::QueryStatement>();
  statement->query = query;
  // Done before the arena goes.
  const ast::StatementPtr borrowed(std::shared_ptr<void>(), statement);
  const auto execution = ExecuteRows(session, borrowed, {});
  if (execution->columns()->size() != 1) {
    throw Error::User(sqlstate::kSyntaxError, "one value is wanted here").WithPosition(expr.offset);
  }
  Value value = Value::Null((*execution->columns())[0].type);
  uint64_t rows = 0;
  while (const std::optional<Chunk> chunk = execution->Next()) {
    if (rows == 0 && !chunk->empty()) value = chunk->column(0)->GetValue(chunk->rows()[0]);
    rows += chunk->row_count();
  }
  return value;
}

bool IsSettings(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kSetVariable:
    case ast::StatementKind::kShowVariable:
    case ast::StatementKind::kResetVariable:
    case ast::StatementKind::kUse:
    case ast::StatementKind::kDiscard:
      return true;
    default:
      return false;
  }
}

std::optional<Schema> DescribeSettings(Session&, const ast::Statement& statement) {
  const auto* show = statement.TryAs<ast::ShowVariable>();
  if (show == nullptr) return std::nullopt;
  if (show->name == "all") {
    return Schema{{"name", TypeKind::kVarchar}, {"setting", TypeKind::kVarchar}, {"description", TypeKind::kVarchar}};
  }
  return Schema{{SettingName(show->name), TypeKind::kVarchar}};
}

std::unique_ptr<StatementExecution> ExecuteSettings(Session& session, const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kSetVariable:
      ApplySet(session, statement.As<ast::SetVariable>());
      return MakeCommandExecution("SET");
    case ast::StatementKind::kResetVariable: {
      const ast::Name name = statement.As<ast::ResetVariable>().name;
      if (name.starts_with('@')) {
        session.variables().erase(std::string(name.substr(1)));
      } else if (name == "all") {
        session.settings().ResetAll();
      } else if (name == "session_authorization") {
        // Nobody else has taken the session over.
      } else {
        session.settings().Reset(name);
      }
      return MakeCommandExecution("RESET");
    }
    case ast::StatementKind::kShowVariable: {
      const ast::Name name = statement.As<ast::ShowVariable>().name;
      if (name != "all") return MakeTextExecution({SettingName(name)}, {{session.settings().Get(name)}}, "SHOW");
      std::vector<std::vector<std::string>> rows;
      for (const auto& [key, value] : session.settings().All()) {
        const SettingDef* def = FindSetting(key);
        rows.push_back({key, value, def == nullptr ? "" : std::string(def->description)});
      }
      return MakeTextExecution({"name", "setting", "description"}, rows, "SHOW");
    }
    case ast::StatementKind::kUse:
      session.UseDatabase(std::string(statement.As<ast::Use>().name.last()));
      return MakeCommandExecution("USE");
    default: {
      const ast::Name what = statement.As<ast::Discard>().what;
      if (what == "listen") return MakeCommandExecution("UNLISTEN");  // there is no LISTEN, so nothing to undo
      if (what == "plans") return MakeCommandExecution("DISCARD PLANS");
      if (what == "sequences") return MakeCommandExecution("DISCARD SEQUENCES");
      if (what != "all") {
        session.DropTemporary();
        return MakeCommandExecution("DISCARD TEMP");
      }
      if (session.transaction_status() != TransactionStatus::kIdle && !session.in_implicit_transaction()) {
        throw Error::User(sqlstate::kActiveSqlTransaction, "DISCARD ALL cannot run inside a transaction block");
      }
      session.settings().ResetAll();
      session.DropTemporary();
      session.named_statements().clear();
      session.cursors().clear();
      session.variables().clear();
      return MakeCommandExecution("DISCARD ALL");
    }
  }
}

}  // namespace weir
