#include <cmath>

#include "server/engine.h"
#include "server/roles.h"
#include "server/scan_details.h"
#include "server/settings.h"
#include "server/system/pg_types.h"
#include "server/system/procedures.h"
#include "server/system/standard_columns.h"
#include "server/system/system_table.h"
#include "server/system/user_types.h"
#include "sql/parser/keywords.h"
#include "storage/snapshot.h"

namespace weir {

namespace {

const Type kText = TypeKind::kVarchar;
const Type kOid = TypeKind::kInt64;
const Type kInt = TypeKind::kInt32;
const Type kShort = TypeKind::kInt16;
const Type kBool = TypeKind::kBoolean;
const Type kReal = TypeKind::kFloat;
const Type kTime = TypeKind::kTimestampTz;

constexpr int64_t kOwner = 10;

Type ListOf(TypeKind kind) {
  return Type::List(kind);
}

void FillNamespace(const SystemTableInput& input, RowWriter& out) {
  for (const std::string& schema : SchemasOf(input.catalog, input.statement.database)) {
    out.Int(static_cast<int64_t>(SchemaOid(input.catalog, input.statement.database, schema)))
        .Text(schema)
        .Int(kOwner)
        .EndRow();
  }
}

void FillDatabase(const SystemTableInput& input, RowWriter& out) {
  for (const auto& [name, database] : input.catalog.databases()) {
    out.Int(static_cast<int64_t>(database->id.value()) + 16384)
        .Text(name)
        .Int(kOwner)
        .Int(6)
        .Text("c")
        .Bool(false)
        .Bool(true);
    out.Int(-1).Int(1663).Text("C").Text("C").EndRow();
  }
}

void FillClass(const SystemTableInput& input, RowWriter& out) {
  Engine& engine = input.engine;
  const SnapshotPtr snapshot = engine.storage() == nullptr ? nullptr : engine.storage()->snapshot();
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    const auto rows = relation.table == nullptr || snapshot == nullptr
                          ? -1.0F
                          : static_cast<float>(snapshot->RowCount(relation.table->id));
    out.Int(static_cast<int64_t>(relation.oid)).Text(relation.name);
    out.Int(static_cast<int64_t>(SchemaOid(input.catalog, input.statement.database, relation.schema)));
    out.Int(0)
        .Int(0)
        .Int(kOwner)
        .Int(relation.kind == 'r' ? 2 : 0)
        .Int(static_cast<int64_t>(relation.oid))
        .Int(0)
        .Int(0);
    out.Cell(Value::Floating(kReal, static_cast<double>(rows))).Int(0).Int(0).Bool(false).Bool(false);
    out.Text(relation.schema.starts_with("pg_temp_") ? "t" : "p");
    out.Text(std::string(1, relation.kind))
        .Int(static_cast<int64_t>(relation.columns.size()))
        .Int(0)
        .Bool(false)
        .Bool(false);
    out.Bool(false).Bool(false).Bool(false).Bool(true).Text("d").Bool(false).EndRow();
  }
}

void FillAttribute(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    int64_t number = 0;
    for (const auto& column : relation.columns) {
      const PgType type = PgTypeOf(column.type);
      out.Int(static_cast<int64_t>(relation.oid))
          .Text(column.name)
          .Int(type.oid)
          .Int(-1)
          .Int(type.length)
          .Int(++number);
      out.Int(column.type.is(TypeKind::kList) ? 1 : 0).Int(PgTypeModifier(column.type)).Bool(!column.nullable);
      out.Bool(!column.default_sql.empty()).Text("").Text("").Bool(false).Bool(true).Int(0);
      out.Int(CollationOid(input.catalog, input.statement.database, column.type));
      out.Text(type.length > 0 ? "p" : "x").Text("").EndRow();
    }
  }
}

void FillAttrdef(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    int64_t number = 0;
    for (const auto& column : relation.columns) {
      ++number;
      if (column.default_sql.empty()) continue;
      out.Int(static_cast<int64_t>(relation.oid) * 2000 + number).Int(static_cast<int64_t>(relation.oid)).Int(number);
      out.Text(column.default_sql).EndRow();
    }
  }
}

void FillDescription(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    int64_t number = 0;
    if (!relation.comment.empty())
      out.Int(static_cast<int64_t>(relation.oid)).Int(1259).Int(0).Text(relation.comment).EndRow();
    for (const auto& column : relation.columns) {
      ++number;
      if (!column.comment.empty())
        out.Int(static_cast<int64_t>(relation.oid)).Int(1259).Int(number).Text(column.comment).EndRow();
    }
  }
}

void FillType(const SystemTableInput& input, RowWriter& out) {
  for (const PgType& type : PgTypes()) {
    TypeRow row;
    row.oid = type.oid;
    row.name = type.name;
    row.length = type.length;
    row.kind = type.category == 'P' ? 'p' : 'b';
    row.category = type.category;
    row.element_oid = type.element_oid;
    row.array_oid = type.array_oid;
    row.io = row.output = &TypeIoOf(type.name);
    row.collation = type.category == 'S' ? (type.name == "name" ? 950 : 100) : 0;
    row.Write(out);
  }
  WriteUserTypes(input, out);
}

void FillRoles(const SystemTableInput& input, RowWriter& out) {
  out.Int(kOwner).Text("weir").Bool(true).Bool(true).Bool(true).Bool(true).Bool(true).Bool(false).Int(-1).EndRow();
  int64_t oid = kOwner;
  for (const auto& [name, verifier] : input.catalog.ObjectsOf("user")) {
    ++oid;
    if (name == "weir") continue;
    out.Int(oid)
        .Text(name)
        .Bool(IsSuperuser(input.catalog, name))
        .Bool(true)
        .Bool(true)
        .Bool(true)
        .Bool(true)
        .Bool(false)
        .Int(-1)
        .EndRow();
  }
}

// PostgreSQL spells a few names with capitals.
std::string_view ShownName(std::string_view name) {
  if (name == "timezone") return "TimeZone";
  if (name == "datestyle") return "DateStyle";
  if (name == "intervalstyle") return "IntervalStyle";
  return name;
}

std::string_view KindName(SettingDef::Kind kind) {
  switch (kind) {
    case SettingDef::Kind::kBool:
      return "bool";
    case SettingDef::Kind::kInteger:
      return "integer";
    default:
      return "string";
  }
}

void FillSettings(const SystemTableInput& input, RowWriter& out) {
  const auto settings = input.engine.SettingsOf(input.statement.session_id);
  for (const SettingDef& def : SettingDefs()) {
    const std::string value = settings == nullptr ? std::string(def.fallback) : settings->Get(def.name);
    const std::string reset = settings == nullptr ? value : settings->ResetValue(def.name);
    out.Text(ShownName(def.name)).Text(value).Null().Text("Weir").Text(def.description);
    out.Text(def.read_only ? "internal" : "user").Text(KindName(def.kind)).Text(value == reset ? "default" : "session");
    out.Text(def.fallback).Text(reset).Bool(false).EndRow();
  }
}

void FillActivity(const SystemTableInput& input, RowWriter& out) {
  for (const SessionInfo& session : input.engine.sessions()) {
    out.Int(16384).Text(session.database).Int(session.id).Int(kOwner).Text(session.user).Text(session.application_name);
    out.Text(session.client_address).Int(session.started / 1000).Int(session.query_started / 1000).Text(session.state);
    out.Text(session.query).Text("client backend").EndRow();
  }
}

// What ANALYZE has found, as PostgreSQL shows it.
void FillStats(const SystemTableInput& input, RowWriter& out) {
  if (input.engine.storage() == nullptr) return;
  const SnapshotDetails details(input.engine, input.engine.storage()->snapshot());
  const auto real = [](double value) { return Value::Floating(kReal, value); };
  const auto values = [&](const std::vector<Value>& list) {
    if (list.empty()) {
      out.Null();
    } else {
      out.Text(Value::Nested(Type::List(list[0].type()), list).ToString());
    }
  };
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    if (relation.table == nullptr) continue;
    const std::vector<ColumnDistributionPtr> known =
        details.Distributions(TableSource{relation.table->id.value(), relation.name, {}});
    for (size_t i = 0; i < known.size(); ++i) {
      if (known[i] == nullptr) continue;
      const ColumnDistribution& of = *known[i];
      out.Text(relation.schema).Text(relation.name).Text(relation.table->columns[i].name).Bool(false);
      out.Cell(real(of.null_fraction)).Int(std::llround(of.width)).Cell(real(of.distinct));
      values(of.common);
      if (of.frequencies.empty()) {
        out.Null();
      } else {
        std::vector<Value> frequencies;
        for (const double share : of.frequencies) frequencies.push_back(real(share));
        out.Cell(Value::Nested(Type::List(kReal), std::move(frequencies)));
      }
      values(of.bounds);
      out.EndRow();
    }
  }
}

void FillTables(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    if (relation.kind != 'r') continue;
    out.Text(relation.schema)
        .Text(relation.name)
        .Text("weir")
        .Null()
        .Bool(false)
        .Bool(false)
        .Bool(false)
        .Bool(false)
        .EndRow();
  }
}

void FillViews(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    if (relation.kind != 'v') continue;
    out.Text(relation.schema).Text(relation.name).Text("weir");
    out.Text(relation.view == nullptr ? "" : relation.view->sql).EndRow();
  }
}

void FillKeywords(const SystemTableInput&, RowWriter& out) {
  const auto add = [&](std::string_view word, KeywordClass kind) {
    out.Text(word);
    switch (kind) {
      case KeywordClass::kUnreserved:
        out.Text("U").Bool(true).Text("unreserved");
        break;
      case KeywordClass::kColumnName:
        out.Text("C").Bool(true).Text("unreserved (cannot be function or type name)");
        break;
      case KeywordClass::kTypeOrFunctionName:
        out.Text("T").Bool(true).Text("reserved (can be function or type name)");
        break;
      case KeywordClass::kReserved:
        out.Text("R").Bool(false).Text("reserved");
        break;
    }
    out.EndRow();
  };
#define X(word, enumerator, kind, bare_label) add(#word, KeywordClass::kind);
  WEIR_SQL_KEYWORDS(X)
#undef X
}

}  // namespace

std::vector<SystemTableDef> PgCatalogTables() {
  std::vector<SystemTableDef> out;
  out.push_back({"pg_namespace",
                 {{"oid", kOid}, {"nspname", kText}, {"nspowner", kOid}, {"nspacl", ListOf(TypeKind::kVarchar)}},
                 "Schemas",
                 FillNamespace});
  out.push_back({"pg_database",
                 {{"oid", kOid},
                  {"datname", kText},
                  {"datdba", kOid},
                  {"encoding", kInt},
                  {"datlocprovider", kText},
                  {"datistemplate", kBool},
                  {"datallowconn", kBool},
                  {"datconnlimit", kInt},
                  {"dattablespace", kOid},
                  {"datcollate", kText},
                  {"datctype", kText},
                  {"daticulocale", kText},
                  {"datcollversion", kText},
                  {"datacl", ListOf(TypeKind::kVarchar)}},
                 "Databases",
                 FillDatabase});
  out.push_back({"pg_class",
                 {{"oid", kOid},
                  {"relname", kText},
                  {"relnamespace", kOid},
                  {"reltype", kOid},
                  {"reloftype", kOid},
                  {"relowner", kOid},
                  {"relam", kOid},
                  {"relfilenode", kOid},
                  {"reltablespace", kOid},
                  {"relpages", kInt},
                  {"reltuples", kReal},
                  {"relallvisible", kInt},
                  {"reltoastrelid", kOid},
                  {"relhasindex", kBool},
                  {"relisshared", kBool},
                  {"relpersistence", kText},
                  {"relkind", kText},
                  {"relnatts", kShort},
                  {"relchecks", kShort},
                  {"relhasrules", kBool},
                  {"relhastriggers", kBool},
                  {"relhassubclass", kBool},
                  {"relrowsecurity", kBool},
                  {"relforcerowsecurity", kBool},
                  {"relispopulated", kBool},
                  {"relreplident", kText},
                  {"relispartition", kBool},
                  {"relacl", ListOf(TypeKind::kVarchar)},
                  {"reloptions", ListOf(TypeKind::kVarchar)},
                  {"relpartbound", kText}},
                 "Tables and views",
                 FillClass});
  out.push_back({"pg_attribute",
                 {{"attrelid", kOid},
                  {"attname", kText},
                  {"atttypid", kOid},
                  {"attstattarget", kInt},
                  {"attlen", kShort},
                  {"attnum", kShort},
                  {"attndims", kInt},
                  {"atttypmod", kInt},
                  {"attnotnull", kBool},
                  {"atthasdef", kBool},
                  {"attidentity", kText},
                  {"attgenerated", kText},
                  {"attisdropped", kBool},
                  {"attislocal", kBool},
                  {"attinhcount", kInt},
                  {"attcollation", kOid},
                  {"attstorage", kText},
                  {"attcompression", kText},
                  {"attacl", ListOf(TypeKind::kVarchar)},
                  {"attoptions", ListOf(TypeKind::kVarchar)}},
                 "Columns",
                 FillAttribute});
  out.push_back({"pg_attrdef",
                 {{"oid", kOid}, {"adrelid", kOid}, {"adnum", kShort}, {"adbin", kText}},
                 "Defaults of columns",
                 FillAttrdef});
  out.push_back({"pg_description",
                 {{"objoid", kOid}, {"classoid", kOid}, {"objsubid", kInt}, {"description", kText}},
                 "Comments",
                 FillDescription});
  out.push_back({"pg_type", StandardColumns(PgCatalogStandard(), "pg_type"), "Types", FillType});
  const Schema roles = {{"oid", kOid},          {"rolname", kText},        {"rolsuper", kBool},
                        {"rolinherit", kBool},  {"rolcreaterole", kBool},  {"rolcreatedb", kBool},
                        {"rolcanlogin", kBool}, {"rolreplication", kBool}, {"rolconnlimit", kInt},
                        {"rolpassword", kText}, {"rolvaliduntil", kTime},  {"rolbypassrls", kBool}};
  out.push_back({"pg_roles", roles, "Users", FillRoles});
  out.push_back({"pg_authid", roles, "Users", FillRoles});
  out.push_back(
      {"pg_am",
       {{"oid", kOid}, {"amname", kText}, {"amhandler", kOid}, {"amtype", kText}},
       "Access methods",
       [](const SystemTableInput&, RowWriter& rows) { rows.Int(2).Text("segments").Int(0).Text("t").EndRow(); }});
  out.push_back(
      {"pg_tablespace",
       {{"oid", kOid}, {"spcname", kText}, {"spcowner", kOid}},
       "Tablespaces",
       [](const SystemTableInput&, RowWriter& rows) { rows.Int(1663).Text("pg_default").Int(kOwner).EndRow(); }});
  AddUserTypeTables(out);
  out.push_back(
      {"pg_language", {{"oid", kOid}, {"lanname", kText}}, "Languages", [](const SystemTableInput&, RowWriter& rows) {
         rows.Int(12).Text("internal").EndRow();
         rows.Int(14).Text("sql").EndRow();
       }});
  out.push_back({"pg_settings",
                 {{"name", kText},
                  {"setting", kText},
                  {"unit", kText},
                  {"category", kText},
                  {"short_desc", kText},
                  {"context", kText},
                  {"vartype", kText},
                  {"source", kText},
                  {"boot_val", kText},
                  {"reset_val", kText},
                  {"pending_restart", kBool}},
                 "Settings",
                 FillSettings});
  out.push_back({"pg_stat_activity",
                 {{"datid", kOid},
                  {"datname", kText},
                  {"pid", kInt},
                  {"usesysid", kOid},
                  {"usename", kText},
                  {"application_name", kText},
                  {"client_addr", kText},
                  {"backend_start", kTime},
                  {"query_start", kTime},
                  {"state", kText},
                  {"query", kText},
                  {"backend_type", kText}},
                 "Sessions",
                 FillActivity});
  out.push_back({"pg_stats",
                 {{"schemaname", kText},
                  {"tablename", kText},
                  {"attname", kText},
                  {"inherited", kBool},
                  {"null_frac", kReal},
                  {"avg_width", kInt},
                  {"n_distinct", kReal},
                  {"most_common_vals", kText},
                  {"most_common_freqs", ListOf(TypeKind::kFloat)},
                  {"histogram_bounds", kText}},
                 "What ANALYZE has found of the columns' values",
                 FillStats});
  out.push_back({"pg_tables",
                 {{"schemaname", kText},
                  {"tablename", kText},
                  {"tableowner", kText},
                  {"tablespace", kText},
                  {"hasindexes", kBool},
                  {"hasrules", kBool},
                  {"hastriggers", kBool},
                  {"rowsecurity", kBool}},
                 "Tables",
                 FillTables});
  out.push_back({"pg_views",
                 {{"schemaname", kText}, {"viewname", kText}, {"viewowner", kText}, {"definition", kText}},
                 "Views",
                 FillViews});
  for (SystemTableDef& table : ProcedureTables()) out.push_back(std::move(table));
  AddStandardTables(PgCatalogStandard(), out);
  out.push_back({"pg_get_keywords",
                 {{"word", kText}, {"catcode", kText}, {"barelabel", kBool}, {"catdesc", kText}},
                 "Words of the language; a function in PostgreSQL",
                 FillKeywords});
  return out;
}

}  // namespace weir
