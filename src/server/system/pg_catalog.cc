#include "server/engine.h"
#include "server/settings.h"
#include "server/system/pg_types.h"
#include "server/system/system_table.h"
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
    out.Cell(Value::Floating(kReal, static_cast<double>(rows))).Int(0).Int(0).Bool(false).Bool(false).Text("p");
    out.Text(std::string(1, relation.kind))
        .Int(static_cast<int64_t>(relation.columns.size()))
        .Int(0)
        .Bool(false)
        .Bool(false);
    out.Bool(false).Bool(false).Bool(false).Bool(true).Text("n").Bool(false).EndRow();
  }
}

void FillAttribute(const SystemTableInput& input, RowWriter& out) {
  for (const RelationInfo& relation : RelationsOf(input.catalog, input.statement.database)) {
    int64_t number = 0;
    for (const auto& column : relation.columns) {
      const PgType& type = PgTypeOf(column.type);
      out.Int(static_cast<int64_t>(relation.oid))
          .Text(column.name)
          .Int(type.oid)
          .Int(-1)
          .Int(type.length)
          .Int(++number);
      out.Int(column.type.is(TypeKind::kList) ? 1 : 0).Int(PgTypeModifier(column.type)).Bool(!column.nullable);
      out.Bool(!column.default_sql.empty()).Text("").Text("").Bool(false).Bool(true).Int(0).Int(0).EndRow();
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

void FillType(const SystemTableInput&, RowWriter& out) {
  for (const PgType& type : PgTypes()) {
    const bool array = type.element_oid != 0;
    out.Int(type.oid).Text(type.name).Int(11).Int(kOwner).Int(type.length).Bool(type.length > 0 && type.length <= 8);
    out.Text("b")
        .Text(array ? "A" : std::string(1, type.category))
        .Bool(false)
        .Bool(true)
        .Text(",")
        .Int(0)
        .Int(type.element_oid);
    out.Int(type.array_oid).Text(array ? "array_in" : type.name + "in").Text(array ? "array_out" : type.name + "out");
    out.Text("-").Bool(false).Int(0).Int(-1).Int(0).Int(0).EndRow();
  }
}

void FillRoles(const SystemTableInput& input, RowWriter& out) {
  out.Int(kOwner).Text("weir").Bool(true).Bool(true).Bool(true).Bool(true).Bool(true).Bool(false).Int(-1).EndRow();
  int64_t oid = kOwner;
  for (const auto& [name, verifier] : input.catalog.ObjectsOf("user")) {
    ++oid;
    if (name == "weir") continue;
    out.Int(oid).Text(name).Bool(true).Bool(true).Bool(true).Bool(true).Bool(true).Bool(false).Int(-1).EndRow();
  }
}

void FillSettings(const SystemTableInput&, RowWriter& out) {
  for (const SettingDef& def : SettingDefs()) {
    out.Text(def.name).Text(def.fallback).Null().Text("Weir").Text(def.description);
    out.Text(def.read_only ? "internal" : "user").Text("string").Text("default").EndRow();
  }
}

void FillActivity(const SystemTableInput& input, RowWriter& out) {
  for (const SessionInfo& session : input.engine.sessions()) {
    out.Int(16384).Text(session.database).Int(session.id).Int(kOwner).Text(session.user).Text(session.application_name);
    out.Text(session.client_address).Int(session.started / 1000).Int(session.query_started / 1000).Text(session.state);
    out.Text(session.query).Text("client backend").EndRow();
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

// Things that PostgreSQL has and Weir has none of: tools ask and get no rows.
SystemTableDef Empty(std::string name, Schema columns) {
  return {std::move(name), std::move(columns), "Empty: there are no such objects",
          [](const SystemTableInput&, RowWriter&) {}};
}

std::vector<SystemTableDef> EmptyTables() {
  const Type oids = ListOf(TypeKind::kInt64), shorts = ListOf(TypeKind::kInt16), chars = ListOf(TypeKind::kVarchar);
  return {
      Empty("pg_index", {{"indexrelid", kOid},
                         {"indrelid", kOid},
                         {"indnatts", kShort},
                         {"indnkeyatts", kShort},
                         {"indisunique", kBool},
                         {"indisprimary", kBool},
                         {"indisexclusion", kBool},
                         {"indimmediate", kBool},
                         {"indisclustered", kBool},
                         {"indisvalid", kBool},
                         {"indisready", kBool},
                         {"indislive", kBool},
                         {"indisreplident", kBool},
                         {"indkey", shorts},
                         {"indcollation", oids},
                         {"indclass", oids},
                         {"indoption", shorts},
                         {"indexprs", kText},
                         {"indpred", kText}}),
      Empty("pg_constraint", {{"oid", kOid},           {"conname", kText},       {"connamespace", kOid},
                              {"contype", kText},      {"condeferrable", kBool}, {"condeferred", kBool},
                              {"convalidated", kBool}, {"conrelid", kOid},       {"contypid", kOid},
                              {"conindid", kOid},      {"conparentid", kOid},    {"confrelid", kOid},
                              {"confupdtype", kText},  {"confdeltype", kText},   {"confmatchtype", kText},
                              {"conislocal", kBool},   {"coninhcount", kInt},    {"connoinherit", kBool},
                              {"conkey", shorts},      {"confkey", shorts},      {"conbin", kText}}),
      Empty("pg_inherits", {{"inhrelid", kOid}, {"inhparent", kOid}, {"inhseqno", kInt}, {"inhdetachpending", kBool}}),
      Empty("pg_policy", {{"oid", kOid},
                          {"polname", kText},
                          {"polrelid", kOid},
                          {"polcmd", kText},
                          {"polpermissive", kBool},
                          {"polroles", oids},
                          {"polqual", kText},
                          {"polwithcheck", kText}}),
      Empty("pg_statistic_ext", {{"oid", kOid},
                                 {"stxrelid", kOid},
                                 {"stxname", kText},
                                 {"stxnamespace", kOid},
                                 {"stxowner", kOid},
                                 {"stxstattarget", kInt},
                                 {"stxkeys", shorts},
                                 {"stxkind", chars},
                                 {"stxexprs", kText}}),
      Empty("pg_publication", {{"oid", kOid},
                               {"pubname", kText},
                               {"pubowner", kOid},
                               {"puballtables", kBool},
                               {"pubinsert", kBool},
                               {"pubupdate", kBool},
                               {"pubdelete", kBool},
                               {"pubtruncate", kBool},
                               {"pubviaroot", kBool}}),
      Empty("pg_publication_rel",
            {{"oid", kOid}, {"prpubid", kOid}, {"prrelid", kOid}, {"prqual", kText}, {"prattrs", shorts}}),
      Empty("pg_publication_namespace", {{"oid", kOid}, {"pnpubid", kOid}, {"pnnspid", kOid}}),
      Empty("pg_subscription", {{"oid", kOid}, {"subname", kText}, {"subdbid", kOid}}),
      Empty("pg_trigger", {{"oid", kOid},
                           {"tgrelid", kOid},
                           {"tgparentid", kOid},
                           {"tgname", kText},
                           {"tgfoid", kOid},
                           {"tgtype", kShort},
                           {"tgenabled", kText},
                           {"tgisinternal", kBool},
                           {"tgconstraint", kOid},
                           {"tgdeferrable", kBool},
                           {"tginitdeferred", kBool},
                           {"tgnargs", kShort},
                           {"tgattr", shorts}}),
      Empty("pg_rewrite", {{"oid", kOid},
                           {"rulename", kText},
                           {"ev_class", kOid},
                           {"ev_type", kText},
                           {"ev_enabled", kText},
                           {"is_instead", kBool}}),
      Empty("pg_foreign_table", {{"ftrelid", kOid}, {"ftserver", kOid}, {"ftoptions", chars}}),
      Empty("pg_foreign_server", {{"oid", kOid},
                                  {"srvname", kText},
                                  {"srvowner", kOid},
                                  {"srvfdw", kOid},
                                  {"srvtype", kText},
                                  {"srvversion", kText},
                                  {"srvoptions", chars}}),
      Empty("pg_foreign_data_wrapper", {{"oid", kOid}, {"fdwname", kText}, {"fdwowner", kOid}}),
      Empty("pg_enum", {{"oid", kOid}, {"enumtypid", kOid}, {"enumsortorder", kReal}, {"enumlabel", kText}}),
      Empty("pg_range", {{"rngtypid", kOid}, {"rngsubtype", kOid}}),
      Empty("pg_sequence", {{"seqrelid", kOid},
                            {"seqtypid", kOid},
                            {"seqstart", kOid},
                            {"seqincrement", kOid},
                            {"seqmax", kOid},
                            {"seqmin", kOid},
                            {"seqcache", kOid},
                            {"seqcycle", kBool}}),
      Empty("pg_depend", {{"classid", kOid},
                          {"objid", kOid},
                          {"objsubid", kInt},
                          {"refclassid", kOid},
                          {"refobjid", kOid},
                          {"refobjsubid", kInt},
                          {"deptype", kText}}),
      Empty("pg_extension", {{"oid", kOid},
                             {"extname", kText},
                             {"extowner", kOid},
                             {"extnamespace", kOid},
                             {"extrelocatable", kBool},
                             {"extversion", kText}}),
      Empty("pg_proc", {{"oid", kOid},
                        {"proname", kText},
                        {"pronamespace", kOid},
                        {"proowner", kOid},
                        {"prolang", kOid},
                        {"prokind", kText},
                        {"prorettype", kOid},
                        {"proargtypes", oids},
                        {"pronargs", kShort},
                        {"proretset", kBool},
                        {"prosrc", kText}}),
      Empty("pg_auth_members", {{"roleid", kOid}, {"member", kOid}, {"grantor", kOid}, {"admin_option", kBool}}),
      Empty("pg_shdescription", {{"objoid", kOid}, {"classoid", kOid}, {"description", kText}}),
      Empty("pg_partitioned_table",
            {{"partrelid", kOid}, {"partstrat", kText}, {"partnatts", kShort}, {"partdefid", kOid}}),
      Empty("pg_event_trigger", {{"oid", kOid}, {"evtname", kText}}),
      Empty("pg_matviews",
            {{"schemaname", kText}, {"matviewname", kText}, {"matviewowner", kText}, {"definition", kText}}),
      Empty("pg_locks", {{"locktype", kText},
                         {"database", kOid},
                         {"relation", kOid},
                         {"pid", kInt},
                         {"mode", kText},
                         {"granted", kBool}}),
  };
}

}  // namespace

std::vector<SystemTableDef> PgCatalogTables() {
  std::vector<SystemTableDef> out = EmptyTables();
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
  out.push_back({"pg_type",
                 {{"oid", kOid},           {"typname", kText},     {"typnamespace", kOid},
                  {"typowner", kOid},      {"typlen", kShort},     {"typbyval", kBool},
                  {"typtype", kText},      {"typcategory", kText}, {"typispreferred", kBool},
                  {"typisdefined", kBool}, {"typdelim", kText},    {"typrelid", kOid},
                  {"typelem", kOid},       {"typarray", kOid},     {"typinput", kText},
                  {"typoutput", kText},    {"typreceive", kText},  {"typnotnull", kBool},
                  {"typbasetype", kOid},   {"typtypmod", kInt},    {"typndims", kInt},
                  {"typcollation", kOid}},
                 "Types",
                 FillType});
  const Schema roles = {{"oid", kOid},          {"rolname", kText},        {"rolsuper", kBool},
                        {"rolinherit", kBool},  {"rolcreaterole", kBool},  {"rolcreatedb", kBool},
                        {"rolcanlogin", kBool}, {"rolreplication", kBool}, {"rolconnlimit", kInt},
                        {"rolpassword", kText}, {"rolvaliduntil", kTime},  {"rolbypassrls", kBool}};
  out.push_back({"pg_roles", roles, "Users", FillRoles});
  out.push_back({"pg_authid", roles, "Users", FillRoles});
  out.push_back(
      {"pg_am",
       {{"oid", kOid}, {"amname", kText}, {"amhandler", kText}, {"amtype", kText}},
       "Access methods",
       [](const SystemTableInput&, RowWriter& rows) { rows.Int(2).Text("segments").Text("-").Text("t").EndRow(); }});
  out.push_back(
      {"pg_tablespace",
       {{"oid", kOid}, {"spcname", kText}, {"spcowner", kOid}},
       "Tablespaces",
       [](const SystemTableInput&, RowWriter& rows) { rows.Int(1663).Text("pg_default").Int(kOwner).EndRow(); }});
  out.push_back({"pg_collation",
                 {{"oid", kOid}, {"collname", kText}, {"collnamespace", kOid}},
                 "Collations",
                 [](const SystemTableInput&, RowWriter& rows) { rows.Int(950).Text("C").Int(11).EndRow(); }});
  out.push_back(
      {"pg_language", {{"oid", kOid}, {"lanname", kText}}, "Languages", [](const SystemTableInput&, RowWriter& rows) {
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
                  {"source", kText}},
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
  return out;
}

}  // namespace weir
