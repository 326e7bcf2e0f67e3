// CREATE, DROP, ALTER and COMMENT ON of functions and macros.
#include <algorithm>

#include "catalog/sql_function.h"
#include "server/statement/dependents.h"
#include "server/statement/statement.h"
#include "sql/binder/bind_type.h"
#include "sql/binder/catalog_name.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

using Mode = SqlFunction::Parameter::Mode;

constexpr std::string_view kInvalidFunctionDefinition = "42P13";

bool IsNamed(const ast::TypeName& type, std::string_view name) {
  return type.name.size() == 1 && type.name[0] == name && type.dimensions.empty();
}

void RefuseWhatIsNotThere(const ast::CreateFunction& create) {
  std::string language(create.language);
  std::ranges::transform(language, language.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (!language.empty() && language != "sql") {
    throw Error::Unsupported("Write it in SQL: LANGUAGE SQL.", "functions in this language are not available: {}",
                             create.language)
        .WithPosition(create.offset);
  }
  if (create.body.has_value() && create.language.empty()) {
    throw Error::User(kInvalidFunctionDefinition, "no language specified").WithPosition(create.offset);
  }
  if (create.is_aggregate || create.link_symbol.has_value() || !create.options.empty()) {
    throw Error::Unsupported("Write a function of one query.",
                             "aggregates and functions from libraries are not available")
        .WithPosition(create.offset);
  }
  if (!create.body.has_value() && create.expr == nullptr && create.query == nullptr) {
    throw Error::User(kInvalidFunctionDefinition, "no function body specified").WithPosition(create.offset);
  }
}

Type ResolveIn(Session& session, const ast::TypeName& type) {
  const CatalogPtr catalog = session.ReadCatalog();
  const NameScope scope = session.name_scope();
  return ResolveTypeName(type, {catalog.get(), &scope});
}

class FunctionMaker {
 public:
  FunctionMaker(Session& session, const ast::CreateFunction& create) : session_(session), create_(create) {}

  // Goes before the function: its schema, where the session has had nothing temporary so far.
  std::vector<CatalogChange> TakeBefore() { return std::move(before_); }

  SqlFunction Make() {
    RefuseWhatIsNotThere(create_);
    const NameScope scope = session_.name_scope();
    SetPlace(ToCatalogName(create_.name));
    out_.search_path = scope.search_path;
    out_.is_macro = create_.is_macro;
    out_.strict = create_.strict;
    constexpr SqlFunction::Volatility kVolatilities[] = {
        SqlFunction::Volatility::kVolatile, SqlFunction::Volatility::kImmutable, SqlFunction::Volatility::kStable,
        SqlFunction::Volatility::kVolatile};
    out_.volatility = kVolatilities[static_cast<size_t>(create_.volatility)];
    for (const ast::FunctionParameter& parameter : create_.parameters) AddParameter(parameter);
    SetResult();
    SetBody();
    Check();
    return std::move(out_);
  }

 private:
  void SetPlace(const weir::QualifiedName& name) {
    out_.name = name.name;
    if (!create_.temporary && !session_.IsTemporary(name.schema)) {
      const auto [database, schema] = session_.ReadCatalog()->GetCreationSchema(name, session_.creation_scope());
      out_.database = database->name;
      out_.schema = schema->name;
      return;
    }
    if (!name.schema.empty() && !session_.IsTemporary(name.schema)) {
      throw Error::User(kInvalidFunctionDefinition, "cannot create temporary function in non-temporary schema: {}",
                        name.schema)
          .WithPosition(create_.name.offset);
    }
    out_.database = session_.database();
    out_.schema = session_.temporary_schema();
    if (session_.ReadCatalog()->FindSchema(out_.database, out_.schema) == nullptr) {
      before_.emplace_back(weir::CreateSchema{out_.database, out_.schema, true});
    }
  }

  Type TypeOf(const ast::TypeName& type) {
    for (const char* name : {"anyelement", "anyarray", "anynonarray", "anycompatible", "record", "void", "trigger"}) {
      if (!IsNamed(type, name)) continue;
      throw Error::Unsupported("Name a type; a macro takes any.", "this type is not available in functions: {}", name)
          .WithPosition(type.offset);
    }
    return ResolveIn(session_, type);
  }

  void AddParameter(const ast::FunctionParameter& parameter) {
    if (parameter.mode == ast::ParameterMode::kVariadic) {
      throw Error::Unsupported("Take a list.", "VARIADIC parameters are not available").WithPosition(parameter.offset);
    }
    SqlFunction::Parameter made;
    made.mode = parameter.mode == ast::ParameterMode::kOut     ? Mode::kOut
                : parameter.mode == ast::ParameterMode::kInOut ? Mode::kInOut
                                                               : Mode::kIn;
    made.name = std::string(parameter.name);
    CheckName(made.name, parameter.offset);
    if (parameter.type != nullptr) made.type = TypeOf(*parameter.type);
    if (parameter.default_value != nullptr) {
      if (!made.is_input()) {
        throw Error::User(kInvalidFunctionDefinition, "only input parameters can have default values")
            .WithPosition(parameter.offset);
      }
      BindContext context = session_.MakeBindContext();
      const StatementContext statement = session_.MakeStatementContext();
      context.statement = &statement;
      const ExprPtr value = Binder(context).BindStandalone(*parameter.default_value);
      if (!made.type.is(TypeKind::kUnknown)) {
        session_.engine().registry().BindCast(value, made.type, CastRule::kAssignment, parameter.default_value->offset);
      }
      made.default_sql = ToSql(*parameter.default_value);
      defaults_ = true;
    } else if (defaults_ && made.is_input()) {
      throw Error::User(kInvalidFunctionDefinition,
                        "input parameters after one with a default value must also have defaults")
          .WithPosition(parameter.offset);
    }
    out_.parameters.push_back(std::move(made));
  }

  void CheckName(const std::string& name, int64_t position) const {
    if (name.empty()) return;
    for (const SqlFunction::Parameter& known : out_.parameters) {
      if (known.name != name) continue;
      throw Error::User(kInvalidFunctionDefinition, "parameter name \"{}\" used more than once", name)
          .WithPosition(position);
    }
  }

  void SetResult() {
    if (create_.is_macro) {
      out_.returns_set = create_.query != nullptr;
      return;
    }
    const std::vector<const SqlFunction::Parameter*> outs = out_.columns();
    for (const ast::FunctionParameter& column : create_.returns_table) {
      if (!outs.empty()) {
        throw Error::User(kInvalidFunctionDefinition, "OUT and INOUT arguments aren't allowed in TABLE functions")
            .WithPosition(column.offset);
      }
      CheckName(std::string(column.name), column.offset);
      out_.parameters.push_back({Mode::kColumn, std::string(column.name), TypeOf(*column.type), ""});
      out_.returns_set = true;
    }
    if (out_.returns_set) return;
    if (create_.returns == nullptr) {
      if (outs.empty()) {
        throw Error::User(kInvalidFunctionDefinition, "function result type must be specified")
            .WithPosition(create_.offset);
      }
      RequireOneOut(outs);
      out_.result = outs[0]->type;
      return;
    }
    const ast::TypeName& type = *create_.returns;
    out_.returns_set = type.set_of;
    if (IsNamed(type, "record") && !outs.empty()) {
      if (!type.set_of) RequireOneOut(outs);
      return;
    }
    if (type.set_of && IsRelation(type)) return AddRowType(type);
    out_.result = TypeOf(type);
    if (outs.size() == 1 && !(outs[0]->type == out_.result)) {
      throw Error::User(kInvalidFunctionDefinition, "function result type must be {} because of OUT parameters",
                        outs[0]->type.ToString())
          .WithPosition(type.offset);
    }
    if (outs.size() > 1) {
      throw Error::User(kInvalidFunctionDefinition, "function result type must be record because of OUT parameters")
          .WithPosition(type.offset);
    }
  }

  void RequireOneOut(const std::vector<const SqlFunction::Parameter*>& outs) const {
    if (outs.size() == 1) return;
    throw Error::Unsupported("Use RETURNS TABLE (...), or RETURNS SETOF record.",
                             "several OUT parameters of a function that returns one row are not available")
        .WithPosition(create_.offset);
  }

  bool IsRelation(const ast::TypeName& type) const {
    if (!type.modifiers.empty() || !type.arguments.empty() || !type.dimensions.empty()) return false;
    return session_.ReadCatalog()->FindRelation(RelationName(type), session_.name_scope()).has_value();
  }
  static weir::QualifiedName RelationName(const ast::TypeName& type) {
    weir::QualifiedName name;
    name.name = std::string(type.name.back());
    if (type.name.size() > 1) name.schema = std::string(type.name[type.name.size() - 2]);
    return name;
  }
  // SETOF a table or a view: its columns as they are now.
  void AddRowType(const ast::TypeName& type) {
    const Relation relation =
        session_.ReadCatalog()->GetRelation(RelationName(type), session_.name_scope(), type.offset);
    Schema columns;
    if (relation.table() != nullptr) {
      columns = (*relation.table())->RowType();
    } else {
      columns = relation.view() != nullptr ? (*relation.view())->columns : (*relation.virtual_table())->schema();
    }
    for (const Field& field : columns) out_.parameters.push_back({Mode::kColumn, field.name, field.type, ""});
    out_.result_name = "SETOF " + QuoteName(relation.name);
  }

  void SetBody() {
    if (create_.expr != nullptr) {
      out_.body = ToSql(*create_.expr);
      out_.is_expression = true;
      body_at_ = create_.expr->offset;
      return;
    }
    if (create_.query != nullptr) {
      out_.body = ToSql(*create_.query);
      body_at_ = create_.query->offset;
      return;
    }
    out_.body = std::string(*create_.body);
    out_.is_quoted = true;
    // Where the text stands as it is, positions in it are positions in the statement.
    const size_t at = create_.text.find(*create_.body);
    body_at_ = at == std::string_view::npos ? create_.offset : static_cast<int64_t>(at);
    exact_ = at != std::string_view::npos;
    RunAtBody([&] {
      const auto statements = ParseStatements(out_.body);
      if (statements.size() != 1 || statements[0]->kind != ast::StatementKind::kQueryStatement) {
        throw Error::Unsupported("Put what it does into one query, with WITH.",
                                 "a function body that is not one query is not available");
      }
    });
  }

  void Check() {
    // A macro's parameters have no types before it is called.
    if (out_.is_macro) return;
    BindContext context = session_.MakeBindContext();
    const StatementContext statement = session_.MakeStatementContext();
    context.statement = &statement;
    RunAtBody([&] { Binder(context).CheckSqlFunction(out_); });
  }

  template <typename F>
  void RunAtBody(F&& check) const {
    try {
      check();
    } catch (Error& error) {
      const int64_t inside = exact_ ? std::max<int64_t>(error.position(), 0) : 0;
      throw std::move(error).WithPosition(body_at_ + inside);
    }
  }

  Session& session_;
  const ast::CreateFunction& create_;
  SqlFunction out_;
  std::vector<CatalogChange> before_;
  bool defaults_ = false;
  int64_t body_at_ = 0;
  bool exact_ = false;
};

// What `f(types)` means; null when there is none. Without types the name must be that of one function only.
const SqlFunction* FindFunction(const SqlFunctions& functions, Session& session, const ast::QualifiedName& name,
                                ast::List<const ast::TypeName*> types, bool has_types) {
  const auto candidates = functions.Find(ToCatalogName(name), session.name_scope());
  if (!has_types) {
    if (candidates.size() > 1) {
      throw Error::User(sqlstate::kAmbiguousFunction, "function name \"{}\" is not unique", name.last())
          .WithHint("Specify the argument list to select the function unambiguously.")
          .WithPosition(name.offset);
    }
    return candidates.empty() ? nullptr : candidates[0];
  }
  std::vector<Type> wanted;
  for (const ast::TypeName* type : types) wanted.push_back(ResolveIn(session, *type));
  for (const SqlFunction* candidate : candidates) {
    const auto inputs = candidate->inputs();
    bool same = inputs.size() == wanted.size();
    for (size_t i = 0; same && i < wanted.size(); ++i) {
      same = candidate->is_macro || inputs[i]->type == wanted[i] || inputs[i]->type.kind() == wanted[i].kind();
    }
    if (same) return candidate;
  }
  return nullptr;
}

[[noreturn]] void ThrowNoFunction(Session& session, const ast::QualifiedName& name,
                                  ast::List<const ast::TypeName*> types, bool has_types) {
  if (!has_types) {
    throw Error::User(sqlstate::kUndefinedFunction, "could not find a function named \"{}\"", name.last())
        .WithPosition(name.offset);
  }
  std::string list;
  for (const ast::TypeName* type : types) list += (list.empty() ? "" : ", ") + ResolveIn(session, *type).ToString();
  throw Error::User(sqlstate::kUndefinedFunction, "function {}({}) does not exist", name.last(), list)
      .WithPosition(name.offset);
}

PutObject Put(const SqlFunction& function) {
  return {std::string(kSqlFunctionKind), function.key(), function.Serialize(), false};
}

}  // namespace

std::string CreateFunctionStatement(Session& session, const ast::CreateFunction& create) {
  FunctionMaker maker(session, create);
  SqlFunction made = maker.Make();
  const std::string_view tag = create.is_macro ? "CREATE MACRO" : "CREATE FUNCTION";
  const SqlFunctions functions(*session.ReadCatalog());
  for (const SqlFunction& known : functions.all()) {
    if (known.key() != made.key()) continue;
    if (create.if_not_exists) {
      session.AddNotice(
          {"NOTICE", "42723", fmt::format("function \"{}\" already exists, skipping", made.signature()), ""});
      return std::string(tag);
    }
    if (!create.or_replace) {
      throw Error::User("42723", "function \"{}\" already exists with same argument types", made.name)
          .WithPosition(create.name.offset);
    }
    const auto same_columns = [](const SqlFunction& a, const SqlFunction& b) {
      return std::ranges::equal(a.columns(), b.columns(),
                                [](const auto* x, const auto* y) { return x->type == y->type && x->name == y->name; });
    };
    if (!made.is_macro &&
        (!(known.result == made.result) || known.returns_set != made.returns_set || !same_columns(known, made))) {
      throw Error::User(kInvalidFunctionDefinition, "cannot change return type of existing function")
          .WithHint(fmt::format("Use DROP FUNCTION {} first.", made.signature()))
          .WithPosition(create.name.offset);
    }
    made.comment = known.comment;
  }
  std::vector<CatalogChange> changes = maker.TakeBefore();
  changes.emplace_back(Put(made));
  session.ApplyDdl(std::move(changes));
  if (made.schema == session.temporary_schema()) session.NoteTemporary("", false);
  return std::string(tag);
}

std::string DropFunctionStatement(Session& session, const ast::Drop& drop) {
  if (drop.object != ast::ObjectKind::kFunction) {
    throw Error::Unsupported("Weir has functions and macros in SQL.", "aggregates and procedures are not available")
        .WithPosition(drop.offset);
  }
  const SqlFunctions functions(*session.ReadCatalog());
  const ast::QualifiedName& name = drop.names[0];
  const SqlFunction* found = FindFunction(functions, session, name, drop.argument_types, drop.has_arguments);
  if (found == nullptr) {
    if (!drop.if_exists) ThrowNoFunction(session, name, drop.argument_types, drop.has_arguments);
    session.AddNotice({"NOTICE", "00000", fmt::format("function {}() does not exist, skipping", name.last()), ""});
    return "DROP FUNCTION";
  }
  std::vector<CatalogChange> changes =
      DropDependents(session, DependentsOf(session, *found), "function " + found->signature(),
                     drop.behavior == ast::DropBehavior::kCascade);
  changes.emplace_back(weir::DropObject{std::string(kSqlFunctionKind), found->key(), false});
  session.ApplyDdl(std::move(changes));
  return "DROP FUNCTION";
}

std::vector<CatalogChange> DropFunctionsOf(const Catalog& catalog, std::string_view database, std::string_view schema) {
  std::vector<CatalogChange> out;
  const SqlFunctions functions(catalog);
  for (const SqlFunction& function : functions.all()) {
    if (function.database != database || (!schema.empty() && function.schema != schema)) continue;
    out.emplace_back(weir::DropObject{std::string(kSqlFunctionKind), function.key(), true});
  }
  return out;
}

std::string AlterFunctionStatement(Session& session, const ast::AlterObject& alter) {
  const SqlFunctions functions(*session.ReadCatalog());
  const SqlFunction* found = FindFunction(functions, session, alter.name, alter.argument_types, alter.has_arguments);
  if (found == nullptr) ThrowNoFunction(session, alter.name, alter.argument_types, alter.has_arguments);
  SqlFunction renamed = *found;
  for (const ast::AlterAction& action : alter.actions) {
    if (action.kind != ast::AlterActionKind::kRenameTo) {
      throw Error::Unsupported("Use CREATE OR REPLACE FUNCTION.", "this ALTER FUNCTION action is not available")
          .WithPosition(action.offset);
    }
    renamed.name = std::string(action.target.last());
  }
  if (const auto dependents = DependentsOf(session, *found); !dependents.empty()) {
    throw Error::Unsupported("Drop it and make it anew under the new name.",
                             "a function that is named by others cannot be renamed: {}", dependents[0].what)
        .WithPosition(alter.offset);
  }
  for (const SqlFunction& known : functions.all()) {
    if (known.key() != renamed.key()) continue;
    throw Error::User("42723", "function {} already exists in schema \"{}\"", renamed.signature(), renamed.schema)
        .WithPosition(alter.offset);
  }
  session.ApplyDdl({weir::DropObject{std::string(kSqlFunctionKind), found->key(), false}, Put(renamed)});
  return "ALTER FUNCTION";
}

std::string CommentOnFunction(Session& session, const ast::CommentOn& comment) {
  const SqlFunctions functions(*session.ReadCatalog());
  const SqlFunction* found =
      FindFunction(functions, session, comment.name, comment.argument_types, comment.has_arguments);
  if (found == nullptr) ThrowNoFunction(session, comment.name, comment.argument_types, comment.has_arguments);
  SqlFunction changed = *found;
  changed.comment = std::string(comment.comment.value_or(""));
  session.ApplyDdl({Put(changed)});
  return "COMMENT";
}

}  // namespace weir
