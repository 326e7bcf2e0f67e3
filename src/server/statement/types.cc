// CREATE, ALTER and DROP of types, domains and collations.
#include <algorithm>

#include "catalog/sql_function.h"
#include "catalog/user_type.h"
#include "server/statement/statement.h"
#include "sql/binder/bind_type.h"
#include "sql/binder/catalog_name.h"
#include "sql/parser/to_sql.h"
#include "types/collation.h"

namespace weir {

namespace {

// What definitions are bound with.
class Definer {
 public:
  explicit Definer(Session& session)
      : session_(session), context_(session.MakeBindContext()), statement_(session.MakeStatementContext()) {
    context_.statement = &statement_;
  }
  Session& session() const { return session_; }
  const BindContext& context() const { return context_; }
  const Catalog& catalog() const { return *context_.catalog; }
  Binder MakeBinder() const { return Binder(context_); }

  // Where a new object of the name goes.
  template <typename Def>
  void Place(const ast::QualifiedName& written, Def& def) const {
    const weir::QualifiedName name = ToCatalogName(written);
    const auto [database, schema] = catalog().GetCreationSchema(name, context_.names);
    def.database = database->name;
    def.schema = schema->name;
    def.name = name.name;
  }
  std::optional<UserType> Find(const ast::QualifiedName& name) const {
    return FindUserType(catalog(), ToCatalogName(name), context_.names);
  }
  UserType Get(const ast::QualifiedName& name) const {
    if (std::optional<UserType> found = Find(name)) return std::move(*found);
    throw Error::User(sqlstate::kUndefinedObject, "type \"{}\" does not exist", ToCatalogName(name).ToString())
        .WithPosition(name.offset);
  }
  std::string DefaultText(const ast::Expr& expr, const Type& type) const {
    context_.registry->BindCast(MakeBinder().BindStandalone(expr), type, CastRule::kAssignment, expr.offset);
    return ToSql(expr);
  }
  void Skip(std::string_view kind, std::string_view name, bool exists) const {
    session_.AddNotice({"NOTICE", std::string(exists ? sqlstate::kDuplicateObject : sqlstate::kSuccessfulCompletion),
                        fmt::format("{} \"{}\" {}, skipping", kind, name, exists ? "already exists" : "does not exist"),
                        ""});
  }

 private:
  Session& session_;
  BindContext context_;
  StatementContext statement_;
};

// ---- enums

constexpr size_t kLabelBytesMax = 63;

void CheckLabel(std::string_view label) {
  if (label.size() > kLabelBytesMax) {
    throw Error::User("42602", "invalid enum label \"{}\"", label)
        .WithDetail(fmt::format("Labels must be {} bytes or less.", kLabelBytesMax));
  }
}

// What files hold for a new label: the label, unless that stands for another that was renamed.
std::string StoredText(const std::vector<EnumLabel>& labels, std::string_view label) {
  std::string stored(label);
  for (int i = 2;; ++i) {
    const bool taken =
        std::any_of(labels.begin(), labels.end(), [&](const EnumLabel& l) { return l.stored == stored; });
    if (!taken) return stored;
    stored = fmt::format("{}~{}", label, i);
  }
}

size_t PositionOf(const std::vector<EnumLabel>& labels, std::string_view text) {
  const auto at = std::find_if(labels.begin(), labels.end(), [&](const EnumLabel& l) { return l.text == text; });
  return static_cast<size_t>(at - labels.begin());
}

std::string CreateTypeStatement(const Definer& definer, const ast::CreateType& create) {
  PutType change;
  change.if_not_exists = create.if_not_exists;
  UserType& def = change.def;
  definer.Place(create.name, def);
  if (create.if_not_exists && definer.Find(create.name).has_value()) {
    definer.Skip("type", def.name, true);
    return "CREATE TYPE";
  }
  switch (create.definition) {
    case ast::TypeDefinitionKind::kEnum: {
      std::vector<EnumLabel> labels;
      for (const ast::Name label : create.labels) {
        CheckLabel(label);
        if (PositionOf(labels, label) != labels.size()) {
          throw Error::User(sqlstate::kUniqueViolation,
                            "duplicate key value violates unique constraint \"pg_enum_typid_label_index\"")
              .WithDetail(fmt::format("Label \"{}\" is there more than once.", label));
        }
        labels.push_back({std::string(label), std::string(label)});
      }
      def.kind = UserType::Kind::kEnum;
      def.type = Type::Enum(def.display_name(), 0, std::move(labels));
      break;
    }
    case ast::TypeDefinitionKind::kComposite: {
      def.kind = UserType::Kind::kComposite;
      std::vector<Field> fields;
      for (const ast::TypeArgument& field : create.fields) {
        fields.push_back({std::string(field.name), definer.MakeBinder().ResolveType(*field.type)});
      }
      def.type = Type::Struct(std::move(fields));
      break;
    }
    case ast::TypeDefinitionKind::kAlias:
      def.kind = UserType::Kind::kAlias;
      def.type = definer.MakeBinder().ResolveType(*create.alias);
      break;
  }
  definer.session().ApplyDdl({std::move(change)});
  return "CREATE TYPE";
}

// False: there is nothing to change.
bool AddLabel(const Definer& definer, const ast::AlterAction& action, std::vector<EnumLabel>& labels) {
  CheckLabel(action.name);
  if (PositionOf(labels, action.name) != labels.size()) {
    if (!action.if_not_exists) {
      throw Error::User(sqlstate::kDuplicateObject, "enum label \"{}\" already exists", action.name);
    }
    definer.session().AddNotice({"NOTICE", std::string(sqlstate::kDuplicateObject),
                                 fmt::format("enum label \"{}\" already exists, skipping", action.name), ""});
    return false;
  }
  size_t at = labels.size();
  if (action.position == ast::ColumnPosition::kBefore || action.position == ast::ColumnPosition::kAfter) {
    at = PositionOf(labels, action.position_name);
    if (at == labels.size()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "\"{}\" is not an existing enum label", action.position_name);
    }
    if (action.position == ast::ColumnPosition::kAfter) ++at;
  }
  EnumLabel label{std::string(action.name), StoredText(labels, action.name)};
  labels.insert(labels.begin() + static_cast<std::ptrdiff_t>(at), std::move(label));
  return true;
}

void RenameLabel(const ast::AlterAction& action, std::vector<EnumLabel>& labels) {
  const size_t at = PositionOf(labels, action.name);
  if (at == labels.size()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "\"{}\" is not an existing enum label", action.name);
  }
  if (PositionOf(labels, action.new_name) != labels.size()) {
    throw Error::User(sqlstate::kDuplicateObject, "enum label \"{}\" already exists", action.new_name);
  }
  CheckLabel(action.new_name);
  labels[at].text = std::string(action.new_name);
}

// ---- domains

bool IsDomain(const UserType& type) {
  return type.kind == UserType::Kind::kDomain;
}

std::string NewCheckName(const UserType& domain) {
  for (int i = 0;; ++i) {
    std::string name = domain.name + "_check" + (i == 0 ? "" : std::to_string(i));
    const bool taken =
        std::any_of(domain.checks.begin(), domain.checks.end(), [&](const auto& check) { return check.name == name; });
    if (!taken) return name;
  }
}

void AddCheck(const ast::Constraint& constraint, UserType& domain) {
  if (constraint.kind != ast::ConstraintKind::kCheck) {
    throw Error::User(sqlstate::kSyntaxError, "only CHECK constraints are possible for domains")
        .WithPosition(constraint.offset);
  }
  const std::string name = constraint.name.empty() ? NewCheckName(domain) : std::string(constraint.name);
  for (const UserType::Check& check : domain.checks) {
    if (check.name != name) continue;
    throw Error::User(sqlstate::kDuplicateObject, "constraint \"{}\" for domain {} already exists", name,
                      domain.display_name());
  }
  domain.checks.push_back({name, ToSql(*constraint.check)});
}

std::string CreateDomainStatement(const Definer& definer, const ast::CreateDomain& create) {
  PutType change;
  UserType& def = change.def;
  definer.Place(create.name, def);
  def.kind = UserType::Kind::kDomain;
  def.search_path = definer.context().names.search_path;
  const Binder binder = definer.MakeBinder();
  def.type = binder.CollatedType(binder.ResolveType(*create.type), create.collation);
  def.not_null = create.nullability == ast::Nullability::kNotNull;
  if (create.default_value != nullptr) def.default_sql = definer.DefaultText(*create.default_value, def.type);
  for (const ast::Constraint* check : create.checks) AddCheck(*check, def);
  definer.MakeBinder().CheckDomainDefinition(def);
  definer.session().ApplyDdl({std::move(change)});
  return "CREATE DOMAIN";
}

// The rows that are there already must satisfy what is added.
void CheckRows(const Definer& definer, const UserType& domain, const std::string& violation, std::string_view what) {
  for (const TablePtr& table : definer.catalog().AllTables()) {
    for (const ColumnDef& column : table->columns) {
      if (column.type.domain_id() != domain.id) continue;
      const std::string sql = fmt::format("SELECT 1 FROM (SELECT {} AS value FROM {}) t WHERE {} LIMIT 1",
                                          QuoteName(column.name), definer.catalog().PathOf(*table), violation);
      const auto execution = ExecuteText(definer.session(), sql, {});
      while (std::optional<Chunk> chunk = execution->Next()) {
        if (chunk->row_count() == 0) continue;
        throw Error::User(what == "null" ? sqlstate::kNotNullViolation : sqlstate::kCheckViolation,
                          "column \"{}\" of table \"{}\" contains {}", column.name, table->name,
                          what == "null" ? "null values" : "values that violate the new constraint");
      }
    }
  }
}

void AlterDomain(const Definer& definer, const ast::AlterAction& action, UserType& def) {
  using Kind = ast::AlterActionKind;
  switch (action.kind) {
    case Kind::kSetDefault:
      def.default_sql = definer.DefaultText(*action.expr, def.type);
      return;
    case Kind::kDropDefault:
      def.default_sql.clear();
      return;
    case Kind::kSetNotNull:
      CheckRows(definer, def, "value IS NULL", "null");
      def.not_null = true;
      return;
    case Kind::kDropNotNull:
      def.not_null = false;
      return;
    case Kind::kAddConstraint:
      AddCheck(*action.constraint, def);
      definer.MakeBinder().CheckDomainDefinition(def);
      if (!action.constraint->not_enforced) {
        CheckRows(definer, def, fmt::format("NOT ({})", def.checks.back().sql), "check");
      }
      return;
    case Kind::kDropConstraint: {
      const auto at = std::find_if(def.checks.begin(), def.checks.end(),
                                   [&](const UserType::Check& check) { return check.name == action.name; });
      if (at != def.checks.end()) {
        def.checks.erase(at);
        return;
      }
      const std::string missing =
          fmt::format("constraint \"{}\" of domain \"{}\" does not exist", action.name, def.name);
      if (!action.if_exists) throw Error::User(sqlstate::kUndefinedObject, "{}", missing);
      definer.session().AddNotice({"NOTICE", "00000", missing + ", skipping", ""});
      return;
    }
    case Kind::kRenameConstraint:
      for (UserType::Check& check : def.checks) {
        if (check.name != action.name) continue;
        check.name = std::string(action.new_name);
        return;
      }
      throw Error::User(sqlstate::kUndefinedObject, "constraint \"{}\" of domain \"{}\" does not exist", action.name,
                        def.name);
    default:
      throw Error::Unsupported("Drop it and create it anew.", "this ALTER DOMAIN action is not available")
          .WithPosition(action.offset);
  }
}

// ---- ALTER and DROP

std::string AlterTypeStatement(const Definer& definer, const ast::AlterObject& alter) {
  const bool domain = alter.object == ast::ObjectKind::kDomain;
  const std::string tag = domain ? "ALTER DOMAIN" : "ALTER TYPE";
  PutType change;
  change.replaces = true;
  change.def = definer.Get(alter.name);
  UserType& def = change.def;
  if (domain && !IsDomain(def)) {
    throw Error::User(sqlstate::kWrongObjectType, "{} is not a domain", def.display_name())
        .WithPosition(alter.name.offset);
  }
  bool changed = false;
  for (const ast::AlterAction& action : alter.actions) {
    if (action.kind == ast::AlterActionKind::kRenameTo) {
      def.name = std::string(action.target.last());
      changed = true;
      continue;
    }
    if (IsDomain(def)) {
      AlterDomain(definer, action, def);
      changed = true;
      continue;
    }
    const bool labels =
        action.kind == ast::AlterActionKind::kAddEnumLabel || action.kind == ast::AlterActionKind::kRenameEnumLabel;
    if (!labels) {
      throw Error::Unsupported("Drop it and create it anew.", "this ALTER TYPE action is not available")
          .WithPosition(action.offset);
    }
    if (def.kind != UserType::Kind::kEnum) {
      throw Error::User(sqlstate::kWrongObjectType, "{} is not an enum", def.display_name())
          .WithPosition(alter.name.offset);
    }
    std::vector<EnumLabel> list(def.type.labels().begin(), def.type.labels().end());
    if (action.kind == ast::AlterActionKind::kAddEnumLabel) {
      changed = AddLabel(definer, action, list) || changed;
    } else {
      RenameLabel(action, list);
      changed = true;
    }
    def.type = Type::Enum(def.display_name(), def.id, std::move(list));
  }
  if (changed) definer.session().ApplyDdl({std::move(change)});
  return tag;
}

// The columns and functions that have the type go with it.
void DropUsers(const Definer& definer, const UserType& type, std::vector<CatalogChange>& changes) {
  for (const UserType& other : UserTypesOf(definer.catalog(), {})) {
    if (other.id == type.id || !UsesType(other.type, type.id)) continue;
    DropUsers(definer, other, changes);
    changes.emplace_back(weir::DropType{other.database, other.schema, other.name, true});
  }
  for (const TablePtr& table : definer.catalog().AllTables()) {
    for (const ColumnDef& column : table->columns) {
      if (!UsesType(column.type, type.id)) continue;
      changes.emplace_back(weir::DropColumn{table->id, column.name, true});
      definer.session().AddNotice(
          {"NOTICE", "00000", fmt::format("drop cascades to column {} of table {}", column.name, table->name), ""});
    }
  }
  const SqlFunctions functions(definer.catalog());
  for (const SqlFunction* function : functions.Using(type.id)) {
    changes.emplace_back(weir::DropObject{std::string(kSqlFunctionKind), function->key(), true});
    definer.session().AddNotice(
        {"NOTICE", "00000", fmt::format("drop cascades to function {}", function->signature()), ""});
  }
}

std::string DropTypeStatement(const Definer& definer, const ast::Drop& drop) {
  const bool domain = drop.object == ast::ObjectKind::kDomain;
  std::vector<CatalogChange> changes;
  for (const ast::QualifiedName& name : drop.names) {
    const std::optional<UserType> type = definer.Find(name);
    if (!type.has_value()) {
      if (!drop.if_exists) definer.Get(name);
      definer.Skip("type", ToCatalogName(name).ToString(), false);
      continue;
    }
    if (domain && !IsDomain(*type)) {
      throw Error::User(sqlstate::kWrongObjectType, "\"{}\" is not a domain", type->name).WithPosition(name.offset);
    }
    if (drop.behavior == ast::DropBehavior::kCascade) DropUsers(definer, *type, changes);
    changes.emplace_back(weir::DropType{type->database, type->schema, type->name, false});
  }
  if (!changes.empty()) definer.session().ApplyDdl(std::move(changes));
  return domain ? "DROP DOMAIN" : "DROP TYPE";
}

// ---- collations

std::string OptionText(const ast::Option& option) {
  if (option.value == nullptr) return "";
  if (const auto* text = option.value->TryAs<ast::StringLiteral>()) return std::string(text->value);
  if (const auto* flag = option.value->TryAs<ast::BoolLiteral>()) return flag->value ? "true" : "false";
  return ToSql(*option.value);
}

std::string CreateCollationStatement(const Definer& definer, const ast::CreateNamed& create) {
  PutCollation change;
  change.if_not_exists = create.if_not_exists;
  UserCollation& def = change.def;
  definer.Place(create.name, def);
  if (FindUserCollation(definer.catalog(), ToCatalogName(create.name), definer.context().names).has_value()) {
    if (!create.if_not_exists) {
      throw Error::User(sqlstate::kDuplicateObject, "collation \"{}\" already exists", def.name);
    }
    definer.Skip("collation", def.name, true);
    return "CREATE COLLATION";
  }
  if (!create.from.empty()) {
    def.collation = definer.MakeBinder().FindCollation(create.from);
  } else {
    std::string provider = "libc";
    for (const ast::Option& option : create.options) {
      const std::string value = OptionText(option);
      if (option.name == "provider") {
        provider = value;
      } else if (option.name == "locale" || option.name == "lc_collate") {
        def.collation.locale = value;
      } else if (option.name == "deterministic") {
        def.collation.deterministic = value != "false" && value != "off" && value != "no";
      } else if (option.name != "lc_ctype" && option.name != "version") {
        throw Error::User(sqlstate::kSyntaxError, "collation attribute \"{}\" not recognized", option.name)
            .WithPosition(option.offset);
      }
    }
    if (provider != "icu" && provider != "libc") {
      throw Error::User(sqlstate::kInvalidObjectDefinition, "unrecognized collation provider: {}", provider);
    }
    if (def.collation.locale.empty()) {
      throw Error::User(sqlstate::kInvalidObjectDefinition, "parameter \"locale\" must be specified");
    }
    if (provider == "libc") {
      if (def.collation.locale != "C" && def.collation.locale != "POSIX") {
        throw Error::Unsupported("Use provider = icu.", "collations of the C library are not available: {}",
                                 def.collation.locale);
      }
      if (!def.collation.deterministic) {
        throw Error::Unsupported("Use provider = icu.", "nondeterministic collations not supported with this provider");
      }
      def.collation.locale.clear();
    } else if (!IsIcuLocale(def.collation.locale)) {
      throw Error::User(sqlstate::kInvalidParameterValue, "could not open collator for locale \"{}\"",
                        def.collation.locale)
          .WithHint("Name a language that ICU knows, as in 'de', 'en-US' or 'und-u-ks-level2'.");
    }
  }
  def.collation.name = def.name;
  definer.session().ApplyDdl({std::move(change)});
  return "CREATE COLLATION";
}

std::string DropCollationStatement(const Definer& definer, const ast::Drop& drop) {
  std::vector<CatalogChange> changes;
  for (const ast::QualifiedName& name : drop.names) {
    const auto found = FindUserCollation(definer.catalog(), ToCatalogName(name), definer.context().names);
    if (found.has_value()) {
      changes.emplace_back(weir::DropCollation{found->database, found->schema, found->name, false});
    } else if (drop.if_exists) {
      definer.Skip("collation", ToCatalogName(name).ToString(), false);
    } else {
      throw Error::User(sqlstate::kUndefinedObject, "collation \"{}\" for encoding \"UTF8\" does not exist",
                        ToCatalogName(name).ToString())
          .WithPosition(name.offset);
    }
  }
  if (!changes.empty()) definer.session().ApplyDdl(std::move(changes));
  return "DROP COLLATION";
}

std::string CommentStatement(const Definer& definer, const ast::CommentOn& comment) {
  PutType change;
  change.replaces = true;
  change.def = definer.Get(comment.name);
  change.def.comment = std::string(comment.comment.value_or(""));
  definer.session().ApplyDdl({std::move(change)});
  return "COMMENT";
}

bool IsTypeObject(ast::ObjectKind kind) {
  return kind == ast::ObjectKind::kType || kind == ast::ObjectKind::kDomain || kind == ast::ObjectKind::kCollation;
}

}  // namespace

bool IsTypeDdl(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kCreateType:
    case ast::StatementKind::kCreateDomain:
      return true;
    case ast::StatementKind::kCreateNamed:
      return statement.As<ast::CreateNamed>().object == ast::ObjectKind::kCollation;
    case ast::StatementKind::kAlterObject:
      return IsTypeObject(statement.As<ast::AlterObject>().object) &&
             statement.As<ast::AlterObject>().object != ast::ObjectKind::kCollation;
    case ast::StatementKind::kDrop:
      return IsTypeObject(statement.As<ast::Drop>().object);
    case ast::StatementKind::kCommentOn:
      return IsTypeObject(statement.As<ast::CommentOn>().object) &&
             statement.As<ast::CommentOn>().object != ast::ObjectKind::kCollation;
    default:
      return false;
  }
}

std::string ExecuteTypeDdl(Session& session, const ast::Statement& statement) {
  const Definer definer(session);
  switch (statement.kind) {
    case ast::StatementKind::kCreateType:
      return CreateTypeStatement(definer, statement.As<ast::CreateType>());
    case ast::StatementKind::kCreateDomain:
      return CreateDomainStatement(definer, statement.As<ast::CreateDomain>());
    case ast::StatementKind::kCreateNamed:
      return CreateCollationStatement(definer, statement.As<ast::CreateNamed>());
    case ast::StatementKind::kAlterObject:
      return AlterTypeStatement(definer, statement.As<ast::AlterObject>());
    case ast::StatementKind::kCommentOn:
      return CommentStatement(definer, statement.As<ast::CommentOn>());
    default: {
      const auto& drop = statement.As<ast::Drop>();
      if (drop.object == ast::ObjectKind::kCollation) return DropCollationStatement(definer, drop);
      return DropTypeStatement(definer, drop);
    }
  }
}

}  // namespace weir
