#include "server/system/catalog_functions.h"

#include <map>
#include <mutex>

#include "expr/row_adapter.h"
#include "server/engine.h"
#include "server/system/definition.h"
#include "server/system/pg_types.h"
#include "server/system/procedures.h"
#include "server/system/system_table.h"
#include "server/system/user_types.h"
#include "sql/binder/bind_type.h"
#include "sql/parser/parser.h"
#include "sql/parser/to_sql.h"
#include "storage/snapshot.h"

namespace weir {

namespace {

constexpr TypeKind kText = TypeKind::kVarchar;
constexpr TypeKind kInt = TypeKind::kInt32;
constexpr TypeKind kBig = TypeKind::kInt64;
constexpr TypeKind kBool = TypeKind::kBoolean;

// Which engine works with which registry. Tests run several engines in one process.
class Engines {
 public:
  void Set(const Registry* registry, Engine* engine) {
    const std::lock_guard lock(mutex_);
    engines_[registry] = engine;
  }
  void Remove(const Registry* registry, const Engine* engine) {
    const std::lock_guard lock(mutex_);
    const auto found = engines_.find(registry);
    if (found != engines_.end() && found->second == engine) engines_.erase(found);
  }
  Engine* Find(const Registry* registry) {
    const std::lock_guard lock(mutex_);
    const auto found = engines_.find(registry);
    return found == engines_.end() ? nullptr : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<const Registry*, Engine*> engines_;
};

Engines& AllEngines() {
  static Engines engines;
  return engines;
}

// The relations of the session's database, by id and by name.
class Relations {
 public:
  Relations(Engine* engine, const StatementContext& statement) : engine_(engine), statement_(statement) {
    if (engine == nullptr) return;
    catalog_ = engine->CatalogOf(statement.session_id);
    all_ = RelationsOf(*catalog_, statement.database);
  }
  Engine* engine() const { return engine_; }
  const Catalog* catalog() const { return catalog_.get(); }
  std::vector<UserType> user_types() const {
    return catalog_ == nullptr ? std::vector<UserType>() : UserTypesOf(*catalog_, statement_.database);
  }
  const RelationInfo* Find(int64_t oid) const {
    if (by_oid_.empty()) {
      for (const RelationInfo& relation : all_) by_oid_.emplace(static_cast<int64_t>(relation.oid), &relation);
    }
    const auto found = by_oid_.find(oid);
    return found == by_oid_.end() ? nullptr : found->second;
  }
  // Whether its name alone leads to it.
  bool IsVisible(const RelationInfo& relation) const { return Find(QuoteName(relation.name)) == &relation; }
  // By the search path when the name has no schema.
  const RelationInfo* Find(std::string_view text) const {
    const std::vector<std::string> parts = SplitName(text);
    if (parts.empty()) return nullptr;
    if (parts.size() > 1) return Find(parts[parts.size() - 2], parts.back());
    if (const RelationInfo* found = Find("pg_catalog", parts[0])) return found;
    for (const std::string& schema : statement_.search_path) {
      if (const RelationInfo* found = Find(schema, parts[0])) return found;
    }
    return nullptr;
  }
  // The name as regclass prints it: with its schema where the search path does not lead to it.
  std::string NameOf(const RelationInfo& relation) const {
    const RelationInfo* shown = Find(QuoteName(relation.name));
    if (shown == &relation) return QuoteName(relation.name);
    return QuoteName(relation.schema) + "." + QuoteName(relation.name);
  }
  int64_t SizeOf(const RelationInfo& relation) const {
    if (relation.table == nullptr || engine_->storage() == nullptr) return 0;
    return static_cast<int64_t>(TableBytes(*engine_->storage()->snapshot(), relation.table->id));
  }

  // Functions, looked up once per call of a kernel.
  const std::vector<Procedure>& procedures() const {
    if (procedures_ == nullptr) {
      procedures_ = std::make_unique<std::vector<Procedure>>();
      if (engine_ != nullptr) *procedures_ = ProceduresOf(*engine_, *catalog_, statement_.database);
      for (const Procedure& each : *procedures_) procedures_by_oid_.emplace(each.oid, &each);
    }
    return *procedures_;
  }
  const Procedure* FindProcedure(int64_t oid) const {
    procedures();
    const auto found = procedures_by_oid_.find(oid);
    return found == procedures_by_oid_.end() ? nullptr : found->second;
  }
  // Those that a name means: of the first schema on the way that has any.
  std::vector<const Procedure*> FindProcedures(std::string_view text) const {
    const std::vector<std::string> parts = SplitName(text);
    std::vector<std::string> schemas = statement_.search_path;
    schemas.insert(schemas.begin(), "pg_catalog");
    if (parts.size() > 1) schemas = {parts[parts.size() - 2]};
    std::vector<const Procedure*> out;
    for (const std::string& schema : schemas) {
      for (const Procedure& each : procedures()) {
        if (each.schema == schema && each.name == parts.back()) out.push_back(&each);
      }
      if (!out.empty()) break;
    }
    return out;
  }

  static uint64_t TableBytes(const Snapshot& snapshot, TableId table);

  // a.b."C d" into its parts, folded where they are not quoted.
  static std::vector<std::string> SplitName(std::string_view text) {
    std::vector<std::string> parts(1);
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '"') {
        if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
          parts.back() += c;
          ++i;
        } else {
          quoted = !quoted;
        }
      } else if (c == '.' && !quoted) {
        parts.emplace_back();
      } else {
        parts.back() += quoted || c < 'A' || c > 'Z' ? c : static_cast<char>(c - 'A' + 'a');
      }
    }
    return parts;
  }

 private:
  const RelationInfo* Find(std::string_view schema, std::string_view name) const {
    if (by_name_.empty()) {
      for (const RelationInfo& relation : all_) by_name_.emplace(std::pair(relation.schema, relation.name), &relation);
    }
    const auto found = by_name_.find(std::pair(std::string(schema), std::string(name)));
    return found == by_name_.end() ? nullptr : found->second;
  }

  Engine* engine_;
  const StatementContext& statement_;
  CatalogPtr catalog_;
  std::vector<RelationInfo> all_;
  // Made when they are first asked.
  mutable std::map<int64_t, const RelationInfo*> by_oid_;
  mutable std::map<std::pair<std::string, std::string>, const RelationInfo*> by_name_;
  mutable std::unique_ptr<std::vector<Procedure>> procedures_;
  mutable std::map<int64_t, const Procedure*> procedures_by_oid_;
};

uint64_t Relations::TableBytes(const Snapshot& snapshot, TableId table) {
  const auto statistics = snapshot.Statistics(table);
  return statistics == nullptr ? 0 : statistics->bytes;
}

// One row's answer from its arguments; nullopt is NULL.
using RowFunction = std::function<std::optional<Value>(const Relations& relations, const KernelArgs& args, size_t row)>;

class Functions {
 public:
  explicit Functions(Registry& registry) : registry_(registry) {}

  void Add(std::string name, std::string description, std::string example, std::string result,
           std::vector<std::vector<TypePattern>> signatures, const Type& type, const RowFunction& answer,
           Volatility volatility = Volatility::kStable) {
    FunctionSpec spec;
    spec.name = std::move(name);
    spec.family = "system";
    spec.description = std::move(description);
    spec.example = std::move(example);
    spec.example_result = std::move(result);
    for (auto& parameters : signatures) {
      FunctionOverload overload;
      overload.parameters = std::move(parameters);
      overload.result = type;
      overload.kernel = [answer, registry = &registry_](const KernelArgs& args) {
        const Relations relations(AllEngines().Find(registry), args.context.statement());
        ColumnBuilder out(args.result_type, args.size);
        size_t next = 0;
        args.rows.ForEach([&](size_t row) {
          for (; next < row; ++next) out.AppendNull();
          ++next;
          const std::optional<Value> value = answer(relations, args, row);
          if (value.has_value()) {
            out.AppendValue(*value);
          } else {
            out.AppendNull();
          }
        });
        for (; next < args.size; ++next) out.AppendNull();
        return out.Finish();
      };
      overload.volatility = volatility;
      spec.overloads.push_back(std::move(overload));
    }
    registry_.Add(std::move(spec));
  }

  void Constant(std::string name, std::string description, std::string example, std::string result,
                std::vector<std::vector<TypePattern>> signatures, const Value& value) {
    Add(std::move(name), std::move(description), std::move(example), std::move(result), std::move(signatures),
        value.type(), [value](const Relations&, const KernelArgs&, size_t) -> std::optional<Value> {
          if (value.is_null()) return std::nullopt;
          return value;
        });
  }

 private:
  Registry& registry_;
};

int64_t IntAt(const KernelArgs& args, size_t argument, size_t row) {
  return ColumnView(*args.columns[argument]).At<int64_t>(row);
}
std::string TextAt(const KernelArgs& args, size_t argument, size_t row) {
  return std::string(ColumnView(*args.columns[argument]).At<StringRef>(row).view());
}
std::optional<Value> TextOrNull(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return Value::String(text);
}
// The first argument names a relation: by id or by text.
const RelationInfo* RelationAt(const Relations& relations, const KernelArgs& args, size_t row) {
  if (args.columns[0]->type().is(kText)) return relations.Find(TextAt(args, 0, row));
  return relations.Find(IntAt(args, 0, row));
}

void AddComments(Functions& functions) {
  functions.Add(
      "obj_description", "The comment on a table, view, type or function", "obj_description(1, 'pg_class')", "NULL",
      {{kBig, kText}, {kBig}}, kText,
      [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
        const std::string catalog = args.columns.size() > 1 ? TextAt(args, 1, row) : "pg_class";
        if (catalog == "pg_proc") {
          const Procedure* procedure = relations.FindProcedure(IntAt(args, 0, row));
          return procedure == nullptr ? std::nullopt : TextOrNull(procedure->description);
        }
        if (catalog == "pg_type") {
          for (const UserType& type : relations.user_types()) {
            if (UserTypeOid(type.id) == IntAt(args, 0, row)) return TextOrNull(type.comment);
          }
          return std::nullopt;
        }
        if (catalog == "pg_namespace") {
          const std::string& database = args.context.statement().database;
          for (const std::string& schema : SchemasOf(*relations.catalog(), database)) {
            if (static_cast<int64_t>(SchemaOid(*relations.catalog(), database, schema)) != IntAt(args, 0, row)) {
              continue;
            }
            const std::string* comment =
                relations.catalog()->FindObject(kSchemaCommentKind, SchemaCommentName(database, schema));
            return comment == nullptr ? std::nullopt : TextOrNull(*comment);
          }
          return std::nullopt;
        }
        if (catalog != "pg_class") return std::nullopt;
        const RelationInfo* relation = relations.Find(IntAt(args, 0, row));
        return relation == nullptr ? std::nullopt : TextOrNull(relation->comment);
      });
  functions.Add("col_description", "The comment on a column, by the table's id and the column's number",
                "col_description(1, 1)", "NULL", {{kBig, kBig}}, kText,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const RelationInfo* relation = relations.Find(IntAt(args, 0, row));
                  const int64_t number = IntAt(args, 1, row);
                  if (relation == nullptr || number < 1 || number > static_cast<int64_t>(relation->columns.size())) {
                    return std::nullopt;
                  }
                  return TextOrNull(relation->columns[static_cast<size_t>(number) - 1].comment);
                });
  const std::vector<std::vector<TypePattern>> view_signatures = {
      {kBig}, {kBig, kBool}, {kBig, kBig}, {kText}, {kText, kBool}};
  functions.Add("pg_get_viewdef", "The query of a view", "pg_get_viewdef(1)", "NULL", view_signatures, kText,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const RelationInfo* relation = RelationAt(relations, args, row);
                  if (relation == nullptr || relation->view == nullptr) return std::nullopt;
                  return Value::String(" " + relation->view->sql + ";");
                });
}

void AddSizes(Functions& functions) {
  for (const char* name : {"pg_table_size", "pg_relation_size", "pg_total_relation_size"}) {
    functions.Add(name, "Bytes of a table's segments", fmt::format("{}(1)", name), "NULL",
                  {{kBig}, {kText}, {kBig, kText}}, kBig,
                  [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                    const RelationInfo* relation = RelationAt(relations, args, row);
                    if (relation == nullptr) return std::nullopt;
                    return Value::Int64(relations.SizeOf(*relation));
                  });
  }
  functions.Constant("pg_indexes_size", "Bytes of a table's indexes: there are none", "pg_indexes_size(1)", "0",
                     {{kBig}, {kText}}, Value::Int64(0));
  functions.Constant("pg_tablespace_size", "Bytes of a tablespace; unknown", "pg_tablespace_size(1663)", "NULL",
                     {{kBig}, {kText}}, Value::Null(kBig));
  functions.Add("pg_database_size", "Bytes of the segments of a database", "pg_database_size('weir') >= 0", "NULL",
                {{kText}, {kBig}}, kBig,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  if (relations.catalog() == nullptr || relations.engine()->storage() == nullptr) return std::nullopt;
                  const bool by_name = args.columns[0]->type().is(kText);
                  for (const auto& [name, database] : relations.catalog()->databases()) {
                    const bool wanted = by_name
                                            ? name == TextAt(args, 0, row)
                                            : static_cast<int64_t>(database->id.value()) + 16384 == IntAt(args, 0, row);
                    if (!wanted) continue;
                    uint64_t bytes = 0;
                    const SnapshotPtr snapshot = relations.engine()->storage()->snapshot();
                    for (const auto& [schema, content] : database->schemas) {
                      for (const auto& [table_name, table] : content->tables) {
                        bytes += Relations::TableBytes(*snapshot, table->id);
                      }
                    }
                    return Value::Int64(static_cast<int64_t>(bytes));
                  }
                  return std::nullopt;
                });
}

// The id of a type by its name or one of its spellings; 0: none.
int64_t TypeOid(std::string name, const Relations& relations, const StatementContext& statement) {
  if (relations.catalog() != nullptr) {
    std::string_view written = name;
    const bool array = written.ends_with("[]");
    if (array) written.remove_suffix(2);
    const std::vector<std::string> parts = Relations::SplitName(written);
    QualifiedName qualified;
    qualified.name = parts.back();
    if (parts.size() > 1) qualified.schema = parts[parts.size() - 2];
    NameScope scope;
    scope.database = statement.database;
    scope.search_path = statement.search_path;
    if (const auto type = FindUserType(*relations.catalog(), qualified, scope)) {
      return array ? UserArrayOid(type->id) : UserTypeOid(type->id);
    }
  }
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (name.starts_with("pg_catalog.")) name.erase(0, 11);
  for (const PgType& type : PgTypes()) {
    if (type.name == name || FormatPgType(type.oid, -1) == name) return type.oid;
  }
  if (name == "int") return 23;
  // Types of functions alone.
  constexpr std::pair<std::string_view, int64_t> kPseudo[] = {
      {"record", 2249},  {"cstring", 2275},  {"any", 2276},        {"anyarray", 2277},     {"void", 2278},
      {"trigger", 2279}, {"internal", 2281}, {"anyelement", 2283}, {"event_trigger", 3838}};
  for (const auto& [pseudo, oid] : kPseudo) {
    if (pseudo == name) return oid;
  }
  if (name == "decimal") return 1700;
  return 0;
}

void AddNames(Functions& functions) {
  const auto id_of_relation = [](bool required) {
    return [required](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
      const std::string name = TextAt(args, 0, row);
      const RelationInfo* relation = relations.Find(name);
      if (relation != nullptr) return Value::Int64(static_cast<int64_t>(relation->oid));
      const bool digits = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
      if (digits && name.size() < 19) return Value::Int64(std::stoll(name));
      if (required) throw Error::User(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name);
      return std::nullopt;
    };
  };
  functions.Add("pg_table_is_visible", "Whether a table or view is found without its schema",
                "pg_table_is_visible(1259)", "t", {{kBig}}, kBool,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const RelationInfo* relation = relations.Find(IntAt(args, 0, row));
                  if (relation == nullptr) return std::nullopt;
                  return Value::Boolean(relations.IsVisible(*relation));
                });
  functions.Add("to_regclass", "The id of a table or view by its name; NULL when there is none",
                "to_regclass('no.such')", "NULL", {{kText}}, kBig, id_of_relation(false));
  functions.Add("regclassin", "What a cast from text to regclass does", "regclassin('1')", "1", {{kText}}, kBig,
                id_of_relation(true));
  functions.Add("regclassout", "What a cast from an id to regclass does: the name", "regclassout(1)", "1", {{kBig}},
                kText, [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const int64_t oid = IntAt(args, 0, row);
                  if (oid == 0) return Value::String("-");
                  const RelationInfo* relation = relations.Find(oid);
                  return Value::String(relation == nullptr ? std::to_string(oid) : relations.NameOf(*relation));
                });
  const auto id_of_schema = [](bool required) {
    return [required](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
      const std::string name = Relations::SplitName(TextAt(args, 0, row)).back();
      if (relations.catalog() != nullptr) {
        const std::string& database = args.context.statement().database;
        for (const std::string& schema : SchemasOf(*relations.catalog(), database)) {
          if (schema == name) {
            return Value::Int64(static_cast<int64_t>(SchemaOid(*relations.catalog(), database, schema)));
          }
        }
      }
      if (required) throw Error::User(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name);
      return std::nullopt;
    };
  };
  functions.Add("to_regnamespace", "The id of a schema by its name; NULL when there is none",
                "to_regnamespace('no_such')", "NULL", {{kText}}, kBig, id_of_schema(false));
  functions.Add("regnamespacein", "What a cast from text to regnamespace does", "regnamespacein('pg_catalog')", "11",
                {{kText}}, kBig, id_of_schema(true));
  functions.Add("regnamespaceout", "What a cast from an id to regnamespace does: the name", "regnamespaceout(11)",
                "pg_catalog", {{kBig}}, kText,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const int64_t oid = IntAt(args, 0, row);
                  if (relations.catalog() != nullptr) {
                    const std::string& database = args.context.statement().database;
                    for (const std::string& schema : SchemasOf(*relations.catalog(), database)) {
                      if (static_cast<int64_t>(SchemaOid(*relations.catalog(), database, schema)) == oid) {
                        return Value::String(QuoteName(schema));
                      }
                    }
                  }
                  return Value::String(std::to_string(oid));
                });
  functions.Add("to_regtype", "The id of a type by its name; NULL when there is none", "to_regtype('integer')", "23",
                {{kText}}, kBig,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const int64_t oid = TypeOid(TextAt(args, 0, row), relations, args.context.statement());
                  if (oid == 0) return std::nullopt;
                  return Value::Int64(oid);
                });
  functions.Add("regtypein", "What a cast from text to regtype does", "regtypein('integer')", "23", {{kText}}, kBig,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const std::string name = TextAt(args, 0, row);
                  const int64_t oid = TypeOid(name, relations, args.context.statement());
                  if (oid == 0) throw Error::User(sqlstate::kUndefinedObject, "type \"{}\" does not exist", name);
                  return Value::Int64(oid);
                });
  functions.Add("regtypeout", "What a cast from an id to regtype does: the name", "regtypeout(23)", "integer", {{kBig}},
                kText, [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const int64_t oid = IntAt(args, 0, row);
                  if (oid == 0) return Value::String("-");
                  const std::string name = FormatPgType(oid, -1, relations.user_types());
                  return Value::String(name == "???" ? std::to_string(oid) : name);
                });
}

// "f(integer, text)" into the name and the types, as they are written; without parentheses there are no types.
std::pair<std::string, std::optional<std::vector<std::string>>> SplitSignature(const std::string& text) {
  const size_t open = text.find('(');
  if (open == std::string::npos) return {text, std::nullopt};
  std::vector<std::string> types;
  int depth = 0;
  std::string type;
  for (size_t i = open + 1; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == ',' && depth == 0) || (c == ')' && depth == 0)) {
      if (type.find_first_not_of(' ') != std::string::npos) types.push_back(type);
      type.clear();
      if (c == ')') break;
      continue;
    }
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    type += c;
  }
  return {text.substr(0, open), std::move(types)};
}

Value ProcedureNamed(const Relations& relations, const std::string& text) {
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) return Value::Int64(std::stoll(text));
  const auto [name, types] = SplitSignature(text);
  std::vector<const Procedure*> found = relations.FindProcedures(name);
  if (types.has_value()) {
    std::vector<std::string> wanted;
    for (const std::string& type : *types) {
      wanted.push_back(FormatPgType(PgTypeOf(ResolveTypeName(*ParseTypeName(type), {})).oid, -1));
    }
    std::erase_if(found, [&](const Procedure* each) {
      std::vector<std::string> inputs;
      for (const Procedure::Argument& argument : each->arguments) {
        if (argument.is_input()) inputs.push_back(argument.type);
      }
      return inputs != wanted;
    });
  }
  if (found.empty()) throw Error::User(sqlstate::kUndefinedFunction, "function \"{}\" does not exist", text);
  if (found.size() > 1) throw Error::User(sqlstate::kAmbiguousFunction, "more than one function named \"{}\"", text);
  return Value::Int64(found[0]->oid);
}

void AddProcedures(Functions& functions) {
  const auto text = [&](std::string name, std::string description, std::string example, const auto& text_of) {
    functions.Add(std::move(name), std::move(description), std::move(example), "NULL", {{kBig}}, kText,
                  [text_of](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                    const Procedure* procedure = relations.FindProcedure(IntAt(args, 0, row));
                    return procedure == nullptr ? std::nullopt
                                                : std::optional<Value>(Value::String(text_of(*procedure)));
                  });
  };
  text("pg_get_function_arguments", "A function's parameters with their defaults", "pg_get_function_arguments(1)",
       [](const Procedure& procedure) { return procedure.ArgumentsText(false); });
  text("pg_get_function_identity_arguments", "A function's parameters, as DROP FUNCTION takes them",
       "pg_get_function_identity_arguments(1)",
       [](const Procedure& procedure) { return procedure.ArgumentsText(true); });
  text("pg_get_function_result", "What a function returns", "pg_get_function_result(1)",
       [](const Procedure& procedure) { return procedure.ResultText(); });
  functions.Add("pg_get_functiondef", "The statement that makes a user's function", "pg_get_functiondef(1)", "NULL",
                {{kBig}}, kText,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  const Procedure* procedure = relations.FindProcedure(IntAt(args, 0, row));
                  return procedure == nullptr ? std::nullopt : TextOrNull(procedure->DefinitionText());
                });
  for (const std::string reg : {"regproc", "regprocedure"}) {
    functions.Add(reg + "in", "What a cast from text to " + reg + " does: the function's id", reg + "in('0')", "0",
                  {{kText}}, kBig,
                  [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                    return ProcedureNamed(relations, TextAt(args, 0, row));
                  });
    const bool with_types = reg == "regprocedure";
    functions.Add(reg + "out", "What a cast from an id to " + reg + " does: the name", reg + "out(0)", "-", {{kBig}},
                  kText,
                  [with_types](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                    const int64_t oid = IntAt(args, 0, row);
                    if (oid == 0) return Value::String("-");
                    const Procedure* procedure = relations.FindProcedure(oid);
                    if (procedure == nullptr) return Value::String(std::to_string(oid));
                    std::string types;
                    for (const Procedure::Argument& argument : procedure->arguments) {
                      if (argument.is_input()) types += (types.empty() ? "" : ",") + argument.type;
                    }
                    return Value::String(procedure->name + (with_types ? "(" + types + ")" : ""));
                  });
  }
}

// The modifier may be NULL.
void AddFormatType(Registry& registry) {
  FunctionSpec spec;
  spec.name = "format_type";
  spec.family = "system";
  spec.description = "A type's name from its id and modifier";
  spec.example = "format_type(1700, 1002)";
  spec.example_result = "numeric(0,998)";
  FunctionOverload overload;
  overload.parameters = {kBig, kInt};
  overload.result = kText;
  overload.volatility = Volatility::kStable;
  overload.nulls = NullBehavior::kSpecial;
  overload.can_fail = false;
  overload.kernel = [registry = &registry](const KernelArgs& args) {
    const Relations relations(AllEngines().Find(registry), args.context.statement());
    const std::vector<UserType> user_types = relations.user_types();
    FlatWriter<StringRef> writer(kText, args.size);
    const ColumnView oid(*args.columns[0]), modifier(*args.columns[1]);
    args.rows.ForEach([&](size_t row) {
      if (oid.IsNull(row)) return writer.SetNull(row);
      const int64_t of = modifier.IsNull(row) ? -1 : modifier.At<int32_t>(row);
      writer.SetString(row, FormatPgType(oid.At<int64_t>(row), of, user_types));
    });
    return writer.Finish();
  };
  spec.overloads = {std::move(overload)};
  registry.Add(std::move(spec));
}

void AddBackends(Functions& functions) {
  for (const bool terminate : {false, true}) {
    functions.Add(
        terminate ? "pg_terminate_backend" : "pg_cancel_backend",
        terminate ? "Ends a session by its number" : "Cancels what a session runs, by its number",
        terminate ? "pg_terminate_backend(0)" : "pg_cancel_backend(0)", "NULL", {{kInt}}, kBool,
        [terminate](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
          if (relations.engine() == nullptr) return std::nullopt;
          const int32_t id = ColumnView(*args.columns[0]).At<int32_t>(row);
          return Value::Boolean(relations.engine()->CancelSession(id, terminate));
        },
        Volatility::kVolatile);
  }
}

// Rows in a list: read as tables, FROM pg_options_to_table(...).
void AddRows(Functions& functions) {
  const Type option = Type::Struct({{"option_name", kText}, {"option_value", kText}});
  functions.Add("pg_options_to_table", "Options as name=value, apart", "pg_options_to_table(array['a=b'])", "(a,b)",
                {{Type::List(kText)}}, Type::List(option),
                [option](const Relations&, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  std::vector<Value> rows;
                  const Value options = args.columns[0]->GetValue(row);
                  for (const Value& entry : options.parts()) {
                    if (entry.is_null()) continue;
                    const std::string& text = entry.bytes();
                    const size_t equals = text.find('=');
                    const Value value =
                        equals == std::string::npos ? Value::Null(kText) : Value::String(text.substr(equals + 1));
                    rows.push_back(Value::Nested(option, {Value::String(text.substr(0, equals)), value}));
                  }
                  return Value::Nested(Type::List(option), std::move(rows));
                });
  const auto none = [](const Type& fields) { return Value::Nested(Type::List(fields), {}); };
  functions.Constant("pg_partition_tree", "The parts of a table: tables are not made of parts", "pg_partition_tree(1)",
                     "{}", {{kBig}, {kText}},
                     none(Type::Struct({{"relid", kBig}, {"parentrelid", kBig}, {"isleaf", kBool}, {"level", kInt}})));
  functions.Constant("pg_partition_ancestors", "The tables that a table is a part of: none",
                     "pg_partition_ancestors(1)", "{}", {{kBig}, {kText}}, none(Type::Struct({{"relid", kBig}})));
  functions.Constant(
      "aclexplode", "Privileges in rows: there are none but the owner's", "aclexplode(array['x'])", "{}",
      {{Type::List(kText)}},
      none(Type::Struct({{"grantor", kBig}, {"grantee", kBig}, {"privilege_type", kText}, {"is_grantable", kBool}})));
}

void AddConstants(Functions& functions) {
  const Value yes = Value::Boolean(true), no_text = Value::Null(kText);
  for (const char* name : {"pg_collation_is_visible", "pg_conversion_is_visible", "pg_operator_is_visible",
                           "pg_opfamily_is_visible", "pg_statistics_obj_is_visible", "pg_ts_config_is_visible",
                           "pg_ts_dict_is_visible", "pg_ts_parser_is_visible", "pg_ts_template_is_visible"}) {
    functions.Constant(name, "Whether the object is found without a schema: all are", fmt::format("{}(1)", name), "t",
                       {{kBig}}, yes);
  }
  for (const char* name :
       {"has_sequence_privilege", "has_tablespace_privilege", "has_type_privilege", "has_language_privilege",
        "has_foreign_data_wrapper_privilege", "has_server_privilege", "has_parameter_privilege"}) {
    functions.Constant(name, "Whether the user may: every user may everything", fmt::format("{}('x', 'usage')", name),
                       "t", {{kText, kText}, {kBig, kText}, {kText, kText, kText}, {kText, kBig, kText}}, yes);
  }
  for (const char* name : {"pg_get_function_sqlbody", "pg_get_function_arg_default", "pg_get_statisticsobjdef"}) {
    functions.Constant(name, "A definition as text; NULL, since Weir has no such object by this id",
                       fmt::format("{}(1)", name), "NULL", {{kBig}, {kBig, kInt}}, no_text);
  }
  // Of the keys of indexes; there are none.
  functions.Constant("_pg_expandarray", "NULL: for queries over indexes, of which there are none",
                     "_pg_expandarray(array[1]).n", "NULL", {{TypePattern::Kind::kAny}},
                     Value::Null(Type::Struct({{"x", kBig}, {"n", kInt}})));
  for (const char* name : {"pg_stat_get_numscans", "pg_stat_get_tuples_returned", "pg_stat_get_tuples_fetched",
                           "pg_stat_get_live_tuples", "pg_stat_get_dead_tuples"}) {
    functions.Constant(name, "What PostgreSQL counts of a table or index; 0, see weir_catalog",
                       fmt::format("{}(1)", name), "0", {{kBig}}, Value::Int64(0));
  }
  functions.Constant("pg_char_to_encoding", "An encoding's number; -1 for those that there are not",
                     "pg_char_to_encoding('UTF8')", "6", {{kText}}, Value::Int32(6));
  functions.Constant("getdatabaseencoding", "The name of the encoding", "getdatabaseencoding()", "UTF8", {{}},
                     Value::String("UTF8"));
  functions.Constant("pg_advisory_unlock_all", "Gives up the session's advisory locks: there are none",
                     "pg_advisory_unlock_all()", "", {{}}, Value::String(""));
  functions.Constant("pg_my_temp_schema", "The schema of temporary tables: 0, none", "pg_my_temp_schema()", "0", {{}},
                     Value::Int64(0));
  functions.Constant("pg_is_other_temp_schema", "Whether a schema is another session's: none is",
                     "pg_is_other_temp_schema(1)", "f", {{kBig}}, Value::Boolean(false));
  functions.Constant("pg_relation_is_updatable", "The kinds of changes that a view takes, as bits: none",
                     "pg_relation_is_updatable(1, false)", "0", {{kBig, kBool}}, Value::Int32(0));
  functions.Constant("pg_is_wal_replay_paused", "Whether replay is paused: there is none", "pg_is_wal_replay_paused()",
                     "f", {{}}, Value::Boolean(false));
  functions.Constant("inet_server_addr", "The server's address; unknown", "inet_server_addr()", "NULL", {{}}, no_text);
  functions.Constant("inet_server_port", "The server's port; unknown", "inet_server_port()", "NULL", {{}},
                     Value::Null(kInt));
  functions.Constant("inet_client_addr", "The client's address; see pg_stat_activity", "inet_client_addr()", "NULL",
                     {{}}, no_text);
  functions.Constant("pg_backup_start_time", "When the running backup began: there is none", "pg_backup_start_time()",
                     "NULL", {{}}, Value::Null(TypeKind::kTimestampTz));
}

}  // namespace

void RegisterCatalogFunctions(Registry& registry) {
  Functions functions(registry);
  AddComments(functions);
  AddSizes(functions);
  AddNames(functions);
  AddProcedures(functions);
  AddFormatType(registry);
  functions.Add("pg_get_constraintdef", "The definition of a domain's constraint by its id; tables have none",
                "pg_get_constraintdef(1)", "NULL", {{kBig}, {kBig, kBool}}, kText,
                [](const Relations& relations, const KernelArgs& args, size_t row) -> std::optional<Value> {
                  for (const UserType& type : relations.user_types()) {
                    for (size_t i = 0; i < type.checks.size(); ++i) {
                      if (DomainCheckOid(type, i) != IntAt(args, 0, row)) continue;
                      return Value::String(fmt::format("CHECK ({})", type.checks[i].sql));
                    }
                  }
                  return std::nullopt;
                });
  AddBackends(functions);
  AddRows(functions);
  AddConstants(functions);
}

Engine* EngineOf(const Registry* registry) {
  return AllEngines().Find(registry);
}

void AttachCatalogFunctions(Engine& engine) {
  AllEngines().Set(&engine.registry(), &engine);
}

void DetachCatalogFunctions(const Registry* registry, const Engine* engine) {
  AllEngines().Remove(registry, engine);
}

}  // namespace weir
