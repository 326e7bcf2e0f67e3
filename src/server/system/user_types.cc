#include "server/system/user_types.h"

#include <algorithm>

#include "server/system/pg_types.h"
#include "types/collation.h"

namespace weir {

namespace {

const Type kText = TypeKind::kVarchar;
const Type kOid = TypeKind::kInt64;
const Type kInt = TypeKind::kInt32;
const Type kBool = TypeKind::kBoolean;
const Type kReal = TypeKind::kFloat;

constexpr int64_t kOwner = 10;
constexpr int64_t kDefaultCollation = 100;

bool IsDomain(const UserType& type) {
  return type.kind == UserType::Kind::kDomain || type.kind == UserType::Kind::kAlias;
}

// Types of a collation's name: those that every database has keep PostgreSQL's ids where it fixes them.
std::vector<std::pair<Collation, int64_t>> BuiltinWithOids() {
  std::vector<std::pair<Collation, int64_t>> out;
  constexpr int64_t kIcuBase = 12000;
  int64_t next = kIcuBase;
  for (Collation& collation : BuiltinCollations()) {
    int64_t oid = 0;
    if (collation.name == "default") {
      oid = kDefaultCollation;
    } else if (collation.name == "C") {
      oid = 950;
    } else if (collation.name == "POSIX") {
      oid = 951;
    } else {
      oid = next++;
    }
    out.emplace_back(std::move(collation), oid);
  }
  return out;
}

void WriteCollation(const Collation& collation, int64_t oid, int64_t schema, RowWriter& out) {
  out.Int(oid).Text(collation.name).Int(schema).Int(kOwner);
  const bool icu = !collation.locale.empty();
  out.Text(collation.name == "default" ? "d" : icu ? "i" : "c").Bool(collation.deterministic).Int(icu ? -1 : 6);
  if (icu) {
    out.Null().Null().Text(collation.locale).Text(IcuVersion());
  } else if (collation.name != "default") {
    out.Text("C").Text("C").Null().Null();
  }
  out.EndRow();
}

void FillCollations(const SystemTableInput& input, RowWriter& out) {
  constexpr int64_t kPgCatalog = 11;
  for (const auto& [collation, oid] : BuiltinWithOids()) WriteCollation(collation, oid, kPgCatalog, out);
  for (const UserCollation& user : UserCollationsOf(input.catalog, input.statement.database)) {
    WriteCollation(user.collation, UserTypeOid(user.id),
                   static_cast<int64_t>(SchemaOid(input.catalog, user.database, user.schema)), out);
  }
}

void FillEnums(const SystemTableInput& input, RowWriter& out) {
  for (const UserType& type : UserTypesOf(input.catalog, input.statement.database)) {
    if (type.kind != UserType::Kind::kEnum) continue;
    const auto labels = type.type.labels();
    for (size_t i = 0; i < labels.size(); ++i) {
      constexpr int64_t kLabelBase = 0x20000000;
      out.Int(kLabelBase + static_cast<int64_t>(type.id) * 1000 + static_cast<int64_t>(i)).Int(UserTypeOid(type.id));
      out.Cell(Value::Floating(kReal, static_cast<double>(i + 1))).Text(labels[i].text).EndRow();
    }
  }
}

void FillConstraints(const SystemTableInput& input, RowWriter& out) {
  for (const UserType& type : UserTypesOf(input.catalog, input.statement.database)) {
    const auto schema = static_cast<int64_t>(SchemaOid(input.catalog, type.database, type.schema));
    for (size_t i = 0; i < type.checks.size(); ++i) {
      out.Int(DomainCheckOid(type, i)).Text(type.checks[i].name).Int(schema).Text("c").Int(0);
      out.Int(UserTypeOid(type.id)).Bool(false).Bool(false).Bool(true).EndRow();
    }
  }
}

void WriteRow(const SystemTableInput& input, const UserType& type, bool array, RowWriter& out) {
  const Type shown = type.kind == UserType::Kind::kEnum ? type.type : type.type.WithDomain("", 0);
  const PgType base = PgTypeOf(type.type);
  const bool domain = IsDomain(type);
  const bool is_enum = type.kind == UserType::Kind::kEnum;
  TypeRow row;
  row.oid = array ? UserArrayOid(type.id) : UserTypeOid(type.id);
  row.name = array ? "_" + type.name : type.name;
  row.schema_oid = static_cast<int64_t>(SchemaOid(input.catalog, type.database, type.schema));
  row.length = array ? int16_t{-1} : is_enum ? int16_t{4} : PgTypeOf(shown).length;
  row.kind = array ? 'b' : is_enum ? 'e' : domain ? 'd' : 'c';
  row.category = array ? 'A' : is_enum ? 'E' : domain ? PgTypeOf(shown).category : 'C';
  row.element_oid = array ? UserTypeOid(type.id) : 0;
  row.array_oid = array ? 0 : UserArrayOid(type.id);
  row.io = &TypeIoOf(array ? "array" : is_enum ? "enum" : domain ? "domain" : "record");
  row.output = array || !domain ? row.io : &TypeIoOf(type.type.is(TypeKind::kEnum) ? "enum" : base.name);
  if (!array) {
    row.not_null = type.not_null;
    row.default_sql = type.default_sql;
    if (domain) {
      row.base_oid = base.oid;
      row.modifier = PgTypeModifier(shown);
      row.collation = CollationOid(input.catalog, type.database, type.type);
    }
  }
  row.Write(out);
}

void FillDomains(const SystemTableInput& input, RowWriter& out) {
  for (const UserType& type : UserTypesOf(input.catalog, input.statement.database)) {
    if (!IsDomain(type)) continue;
    const Type base = type.type.WithDomain("", 0);
    out.Text(type.database).Text(type.schema).Text(type.name);
    out.Text(type.type.domain_id() != 0                   ? "USER-DEFINED"
             : base.is(TypeKind::kDecimal)                ? "numeric"
             : base.is_string() && base.max_length() != 0 ? "character varying"
             : base.is(TypeKind::kList)                   ? "ARRAY"
             : base.is(TypeKind::kEnum)                   ? "USER-DEFINED"
                                                          : base.ToString());
    if (base.is_string() && base.max_length() != 0) {
      out.Int(base.max_length());
    } else {
      out.Null();
    }
    if (base.is(TypeKind::kDecimal)) {
      out.Int(base.precision()).Int(base.scale());
    } else {
      out.Null().Null();
    }
    if (type.default_sql.empty()) {
      out.Null();
    } else {
      out.Text(type.default_sql);
    }
    out.Text(type.database).Text("pg_catalog").Text(PgTypeOf(base).name).EndRow();
  }
}

void FillDomainConstraints(const SystemTableInput& input, RowWriter& out) {
  for (const UserType& type : UserTypesOf(input.catalog, input.statement.database)) {
    for (const UserType::Check& check : type.checks) {
      out.Text(type.database).Text(type.schema).Text(check.name);
      out.Text(type.database).Text(type.schema).Text(type.name).Text("NO").Text("NO").EndRow();
    }
  }
}

void FillCheckConstraints(const SystemTableInput& input, RowWriter& out) {
  for (const UserType& type : UserTypesOf(input.catalog, input.statement.database)) {
    for (const UserType::Check& check : type.checks) {
      out.Text(type.database).Text(type.schema).Text(check.name).Text(check.sql).EndRow();
    }
  }
}

void FillCollationNames(const SystemTableInput& input, RowWriter& out) {
  const std::string& database = input.statement.database;
  for (const Collation& collation : BuiltinCollations()) {
    out.Text(database).Text("pg_catalog").Text(collation.name).Text("NO PAD").EndRow();
  }
  for (const UserCollation& user : UserCollationsOf(input.catalog, database)) {
    out.Text(database).Text(user.schema).Text(user.name).Text("NO PAD").EndRow();
  }
}

}  // namespace

void TypeRow::Write(RowWriter& out) const {
  const bool by_value = length > 0 && length <= 8;
  constexpr std::string_view kPreferred[] = {"bool", "float8", "inet",        "interval",
                                             "oid",  "text",   "timestamptz", "varbit"};
  out.Int(oid).Text(name).Int(schema_oid).Int(10).Int(length).Bool(by_value);
  out.Text(std::string(1, kind)).Text(std::string(1, category));
  out.Bool(kind == 'b' && std::ranges::find(kPreferred, name) != std::end(kPreferred)).Bool(true).Text(",").Int(0);
  out.Int(io->type == "array" ? 6179 : 0).Int(element_oid).Int(array_oid);
  out.Int(io->input).Int(output->output).Int(io->receive).Int(output->send);
  out.Int(io->modifier_input).Int(io->modifier_output).Int(0);
  out.Text(length == 1 ? "c" : length == 2 ? "s" : length == 8 ? "d" : "i");
  out.Text(length > 0 || length == -2 ? "p" : name == "numeric" ? "m" : "x");
  out.Bool(not_null).Int(base_oid).Int(modifier).Int(0).Int(collation).Null();
  if (default_sql.empty()) {
    out.Null();
  } else {
    out.Text(default_sql);
  }
  out.Null().EndRow();
}

std::string SchemaOfType(const Catalog& catalog, uint32_t id) {
  const std::optional<UserType> type = FindUserType(catalog, id);
  return type.has_value() ? type->schema : "pg_catalog";
}

int64_t CollationOid(const Catalog& catalog, std::string_view database, const Type& type) {
  const Collation* collation = type.collation();
  if (collation == nullptr) return 0;
  for (const auto& [builtin, oid] : BuiltinWithOids()) {
    if (builtin.name == collation->name) return oid;
  }
  for (const UserCollation& user : UserCollationsOf(catalog, database)) {
    if (user.collation.name == collation->name) return UserTypeOid(user.id);
  }
  return 0;
}

int64_t DomainCheckOid(const UserType& domain, size_t check) {
  constexpr int64_t kCheckBase = 0x30000000;
  return kCheckBase + static_cast<int64_t>(domain.id) * 100 + static_cast<int64_t>(check);
}

void WriteUserTypes(const SystemTableInput& input, RowWriter& out) {
  for (const UserType& type : UserTypesOf(input.catalog, input.statement.database)) {
    WriteRow(input, type, false, out);
    WriteRow(input, type, true, out);
  }
}

void AddUserTypeTables(std::vector<SystemTableDef>& out) {
  out.push_back({"pg_enum",
                 {{"oid", kOid}, {"enumtypid", kOid}, {"enumsortorder", kReal}, {"enumlabel", kText}},
                 "Labels of enums",
                 FillEnums});
  out.push_back({"pg_collation",
                 {{"oid", kOid},
                  {"collname", kText},
                  {"collnamespace", kOid},
                  {"collowner", kOid},
                  {"collprovider", kText},
                  {"collisdeterministic", kBool},
                  {"collencoding", kInt},
                  {"collcollate", kText},
                  {"collctype", kText},
                  {"colliculocale", kText},
                  {"collversion", kText}},
                 "Collations",
                 FillCollations});
  out.push_back({"pg_constraint",
                 {{"oid", kOid},
                  {"conname", kText},
                  {"connamespace", kOid},
                  {"contype", kText},
                  {"conrelid", kOid},
                  {"contypid", kOid},
                  {"condeferrable", kBool},
                  {"condeferred", kBool},
                  {"convalidated", kBool}},
                 "Constraints: those of domains",
                 FillConstraints});
}

void AddDomainTables(std::vector<SystemTableDef>& out) {
  out.push_back({"domains",
                 {{"domain_catalog", kText},
                  {"domain_schema", kText},
                  {"domain_name", kText},
                  {"data_type", kText},
                  {"character_maximum_length", kInt},
                  {"numeric_precision", kInt},
                  {"numeric_scale", kInt},
                  {"domain_default", kText},
                  {"udt_catalog", kText},
                  {"udt_schema", kText},
                  {"udt_name", kText}},
                 "Domains",
                 FillDomains});
  out.push_back({"domain_constraints",
                 {{"constraint_catalog", kText},
                  {"constraint_schema", kText},
                  {"constraint_name", kText},
                  {"domain_catalog", kText},
                  {"domain_schema", kText},
                  {"domain_name", kText},
                  {"is_deferrable", kText},
                  {"initially_deferred", kText}},
                 "Constraints of domains",
                 FillDomainConstraints});
  out.push_back({"check_constraints",
                 {{"constraint_catalog", kText},
                  {"constraint_schema", kText},
                  {"constraint_name", kText},
                  {"check_clause", kText}},
                 "Conditions of constraints",
                 FillCheckConstraints});
  out.push_back(
      {"collations",
       {{"collation_catalog", kText}, {"collation_schema", kText}, {"collation_name", kText}, {"pad_attribute", kText}},
       "Collations",
       FillCollationNames});
}

}  // namespace weir
