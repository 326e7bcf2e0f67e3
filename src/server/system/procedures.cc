#include "server/system/procedures.h"

#include <algorithm>

#include "base/hash.h"
#include "server/engine.h"
#include "server/system/pg_types.h"
#include "server/system/type_io.h"
#include "sql/parser/to_sql.h"

namespace weir {

namespace {

const Type kText = TypeKind::kVarchar;
const Type kOid = TypeKind::kInt64;
const Type kInt = TypeKind::kInt32;
const Type kShort = TypeKind::kInt16;
const Type kBool = TypeKind::kBoolean;
const Type kReal = TypeKind::kFloat;

constexpr std::string_view kWindowFunctionNames[] = {"cume_dist",    "dense_rank", "first_value", "lag",
                                                     "last_value",   "lead",       "nth_value",   "ntile",
                                                     "percent_rank", "rank",       "row_number"};

constexpr int64_t kAnyOid = 2276;
constexpr int64_t kAnyElementOid = 2283;
constexpr int64_t kAnyArrayOid = 2277;
constexpr int64_t kAnyEnumOid = 3500;
constexpr int64_t kRecordOid = 2249;
constexpr int64_t kNumericOid = 1700;
constexpr int64_t kSqlLanguage = 14;
constexpr int64_t kInternalLanguage = 12;

Procedure::Argument ArgumentOf(const Type& type) {
  Procedure::Argument out;
  out.type_oid = PgTypeOf(type).oid;
  // Built-in ids say all; types that users made are known by name.
  out.type = out.type_oid >= UserTypeOid(0) ? type.ToString() : FormatPgType(out.type_oid, -1);
  return out;
}

Procedure::Argument ArgumentOf(const TypePattern& pattern) {
  using Kind = TypePattern::Kind;
  const auto named = [](std::string name, int64_t oid) {
    Procedure::Argument out;
    out.type = std::move(name);
    out.type_oid = oid;
    return out;
  };
  switch (pattern.kind()) {
    case Kind::kExact:
      return pattern.type().is(TypeKind::kUnknown) ? named("anyelement", kAnyElementOid) : ArgumentOf(pattern.type());
    case Kind::kAny:
      return named("\"any\"", kAnyOid);
    case Kind::kAnyElement:
    case Kind::kAnyValue:
      return named("anyelement", kAnyElementOid);
    case Kind::kAnyList:
      return named("anyarray", kAnyArrayOid);
    case Kind::kDecimal:
      return named("numeric", kNumericOid);
    case Kind::kAnyEnum:
      return named("anyenum", kAnyEnumOid);
    case Kind::kAnyStruct:
      return named("record", kRecordOid);
    case Kind::kAnyMap:
    case Kind::kLambda:
      break;
  }
  return named(pattern.ToString(), kAnyOid);
}

// Above the ids of tables, below those of users' functions.
int64_t SystemOid(const Procedure& procedure) {
  constexpr uint64_t kFirst = uint64_t{1} << 29;
  return static_cast<int64_t>(kFirst |
                              (HashString(procedure.name + "(" + procedure.ArgumentsText(true) + ")") & (kFirst - 1)));
}

template <typename Overload>
Procedure FromOverload(const std::string& name, char kind, const Overload& overload, const std::string& description) {
  Procedure out;
  out.schema = "pg_catalog";
  out.name = name;
  out.kind = kind;
  out.description = description;
  for (size_t i = 0; i < overload.parameters.size(); ++i) {
    out.arguments.push_back(ArgumentOf(overload.parameters[i]));
    if (overload.variadic && i + 1 == overload.parameters.size()) out.arguments.back().mode = 'v';
  }
  Procedure::Argument result = ArgumentOf(overload.result);
  if (overload.resolve) result = ArgumentOf(TypePattern(TypePattern::Kind::kAnyElement));
  out.result = result.type;
  out.result_oid = result.type_oid;
  out.oid = SystemOid(out);
  return out;
}

Procedure FromSqlFunction(const SqlFunction& function) {
  Procedure out;
  out.function = std::make_shared<const SqlFunction>(function);
  out.oid = function.oid();
  out.schema = function.schema;
  out.name = function.name;
  out.returns_set = function.returns_set;
  out.volatility = "isv"[static_cast<size_t>(function.volatility)];
  out.strict = function.strict;
  out.description = function.comment;
  for (const SqlFunction::Parameter& parameter : function.parameters) {
    Procedure::Argument argument =
        parameter.type.is(TypeKind::kUnknown) ? ArgumentOf(TypePattern::Kind::kAnyElement) : ArgumentOf(parameter.type);
    argument.name = parameter.name;
    argument.mode = "iobt"[static_cast<size_t>(parameter.mode)];
    argument.default_sql = parameter.default_sql;
    out.arguments.push_back(std::move(argument));
  }
  Procedure::Argument result = ArgumentOf(TypePattern(TypePattern::Kind::kAnyElement));
  if (!function.result.is(TypeKind::kUnknown)) {
    result = ArgumentOf(function.result);
  } else if (function.returns_set) {
    result.type = "record";
    result.type_oid = kRecordOid;
  }
  out.result = result.type;
  out.result_oid = result.type_oid;
  return out;
}

// A quote for the body that does not occur in it: $function$, $function1$ ...
std::string DollarQuote(const std::string& body) {
  for (int i = 0;; ++i) {
    std::string quote = fmt::format("$function{}$", i == 0 ? "" : std::to_string(i));
    if (body.find(quote) == std::string::npos) return quote;
  }
}

Value OidList(const std::vector<int64_t>& oids) {
  std::vector<Value> items;
  items.reserve(oids.size());
  for (const int64_t oid : oids) items.push_back(Value::Int64(oid));
  return Value::Nested(Type::List(TypeKind::kInt64), std::move(items));
}

void FillProc(const SystemTableInput& input, RowWriter& out) {
  for (const Procedure& each : ProceduresOf(input.engine, input.catalog, input.statement.database)) {
    std::vector<int64_t> inputs, all;
    std::vector<Value> modes, names;
    bool only_in = true, has_names = false;
    int64_t defaults = 0;
    std::string default_text;
    for (const Procedure::Argument& argument : each.arguments) {
      if (argument.is_input()) inputs.push_back(argument.type_oid);
      all.push_back(argument.type_oid);
      modes.push_back(Value::String(std::string(1, argument.mode)));
      names.push_back(Value::String(argument.name));
      only_in = only_in && argument.mode == 'i';
      has_names = has_names || !argument.name.empty();
      if (argument.default_sql.empty()) continue;
      ++defaults;
      default_text += (default_text.empty() ? "" : ", ") + argument.default_sql;
    }
    const bool variadic = !each.arguments.empty() && each.arguments.back().mode == 'v';
    out.Int(each.oid).Text(each.name);
    out.Int(static_cast<int64_t>(SchemaOid(input.catalog, input.statement.database, each.schema))).Int(10);
    out.Int(each.function == nullptr ? kInternalLanguage : kSqlLanguage);
    out.Cell(Value::Floating(kReal, each.function == nullptr ? 1 : 100));
    out.Cell(Value::Floating(kReal, each.returns_set ? 1000 : 0));
    out.Int(variadic ? each.arguments.back().type_oid : 0).Int(0).Text(std::string(1, each.kind));
    out.Bool(false).Bool(false).Bool(each.strict).Bool(each.returns_set).Text(std::string(1, each.volatility));
    out.Text(each.function == nullptr ? "s" : "u").Int(static_cast<int64_t>(inputs.size())).Int(defaults);
    out.Int(each.result_oid).Cell(OidList(inputs));
    const Type texts = Type::List(TypeKind::kVarchar);
    if (only_in) {
      out.Null().Null();
    } else {
      out.Cell(OidList(all)).Cell(Value::Nested(texts, std::move(modes)));
    }
    if (has_names) {
      out.Cell(Value::Nested(texts, std::move(names)));
    } else {
      out.Null();
    }
    if (defaults == 0) {
      out.Null();
    } else {
      out.Text(default_text);
    }
    const bool quoted = each.function != nullptr && each.function->is_quoted;
    out.Null().Text(each.function == nullptr ? each.name : quoted ? each.function->body : "").Null();
    if (each.function == nullptr || quoted) {
      out.Null();
    } else {
      out.Text(each.function->body);
    }
    out.EndRow();
  }
}

void FillAggregate(const SystemTableInput& input, RowWriter& out) {
  for (const Procedure& each : ProceduresOf(input.engine, input.catalog, input.statement.database)) {
    if (each.kind != 'a') continue;
    out.Int(each.oid).Text("n").Int(0).Int(0).Int(0).Int(0).Int(0).Int(0).Int(0).Int(0).Int(0);
    out.Bool(false).Bool(false).Text("r").Text("r").Int(0).Int(each.result_oid).Int(0).Int(0).Int(0).EndRow();
  }
}

std::string SpecificName(const Procedure& procedure) {
  return fmt::format("{}_{}", procedure.name, procedure.oid);
}

void FillRoutines(const SystemTableInput& input, RowWriter& out) {
  for (const Procedure& each : ProceduresOf(input.engine, input.catalog, input.statement.database)) {
    const std::string& database = input.statement.database;
    out.Text(database).Text(each.schema).Text(SpecificName(each)).Text(database).Text(each.schema).Text(each.name);
    if (each.kind == 'f') {
      out.Text("FUNCTION");
    } else {
      out.Null();
    }
    out.Text(each.result).Text(each.result).Text(each.function == nullptr ? "EXTERNAL" : "SQL");
    if (each.function == nullptr) {
      out.Null().Text("INTERNAL");
    } else {
      out.Text(each.function->body).Text("SQL");
    }
    out.Text(each.volatility == 'i' ? "YES" : "NO").Text("MODIFIES").Text("YES").Text("INVOKER").EndRow();
  }
}

void FillParameters(const SystemTableInput& input, RowWriter& out) {
  for (const Procedure& each : ProceduresOf(input.engine, input.catalog, input.statement.database)) {
    int64_t position = 0;
    for (const Procedure::Argument& argument : each.arguments) {
      out.Text(input.statement.database).Text(each.schema).Text(SpecificName(each)).Int(++position);
      out.Text(argument.mode == 'b' ? "INOUT" : argument.is_input() ? "IN" : "OUT").Text("NO").Text("NO");
      if (argument.name.empty()) {
        out.Null();
      } else {
        out.Text(argument.name);
      }
      out.Text(argument.type).Text(argument.type);
      if (argument.default_sql.empty()) {
        out.Null();
      } else {
        out.Text(argument.default_sql);
      }
      out.EndRow();
    }
  }
}

}  // namespace

std::string Procedure::ArgumentsText(bool identity) const {
  std::string out;
  for (const Argument& argument : arguments) {
    if (argument.mode == 't' || (identity && argument.mode == 'o')) continue;
    if (!out.empty()) out += ", ";
    if (argument.mode == 'o') out += "OUT ";
    if (argument.mode == 'b') out += "INOUT ";
    if (argument.mode == 'v') out += "VARIADIC ";
    if (!argument.name.empty()) out += QuoteName(argument.name) + " ";
    out += argument.type;
    if (!identity && !argument.default_sql.empty()) out += " DEFAULT " + argument.default_sql;
  }
  return out;
}

std::string Procedure::ResultText() const {
  if (function != nullptr && !function->result_name.empty()) return function->result_name;
  std::string columns;
  for (const Argument& argument : arguments) {
    if (argument.mode != 't') continue;
    columns += (columns.empty() ? "" : ", ") + QuoteName(argument.name) + " " + argument.type;
  }
  if (!columns.empty()) return "TABLE(" + columns + ")";
  return (returns_set ? "SETOF " : "") + result;
}

std::string Procedure::DefinitionText() const {
  if (function == nullptr) return {};
  const std::string qualified = QuoteName(schema) + "." + QuoteName(name);
  if (function->is_macro) {
    std::string names;
    for (const Argument& argument : arguments) {
      names += (names.empty() ? "" : ", ") + QuoteName(argument.name);
      if (!argument.default_sql.empty()) names += " := " + argument.default_sql;
    }
    return fmt::format("CREATE OR REPLACE MACRO {}({}) AS {}{}\n", qualified, names, returns_set ? "TABLE " : "",
                       function->body);
  }
  std::string out = fmt::format("CREATE OR REPLACE FUNCTION {}({})\n RETURNS {}\n LANGUAGE sql\n", qualified,
                                ArgumentsText(false), ResultText());
  std::string flags;
  if (volatility != 'v') flags += volatility == 'i' ? " IMMUTABLE" : " STABLE";
  if (strict) flags += " STRICT";
  if (!flags.empty()) out += flags + "\n";
  if (function->is_quoted) {
    const std::string quote = DollarQuote(function->body);
    return out + "AS " + quote + function->body + quote + "\n";
  }
  if (function->is_expression) return out + "RETURN " + function->body + "\n";
  return out + "BEGIN ATOMIC\n " + function->body + ";\nEND\n";
}

namespace {

void AddTypeIo(const TypeIo& io, std::vector<Procedure>& out) {
  constexpr int64_t kCstring = 2275, kInternal = 2281, kBytea = 17, kInteger = 23;
  Procedure::Argument own = {"", "\"any\"", kAnyOid, 'i', ""};
  if (io.type == "array") own = {"", "anyarray", kAnyArrayOid, 'i', ""};
  if (io.type == "record") own = {"", "record", kRecordOid, 'i', ""};
  for (const PgType& type : PgTypes()) {
    if (type.name == io.type) own = {"", FormatPgType(type.oid, -1), type.oid, 'i', ""};
  }
  const Procedure::Argument text = {"", "cstring", kCstring, 'i', ""}, internal = {"", "internal", kInternal, 'i', ""};
  const Procedure::Argument bytes = {"", "bytea", kBytea, 'i', ""}, number = {"", "integer", kInteger, 'i', ""};
  const auto add = [&](int64_t oid, std::string name, const Procedure::Argument& from, const Procedure::Argument& to) {
    if (oid == 0) return;
    Procedure made;
    made.oid = oid;
    made.schema = "pg_catalog";
    made.name = std::move(name);
    made.strict = true;
    made.arguments = {from};
    made.result = to.type;
    made.result_oid = to.type_oid;
    made.description = "I/O";
    out.push_back(std::move(made));
  };
  const std::string prefix(io.prefix);
  std::string bare = prefix;
  if (bare.ends_with('_')) bare.pop_back();
  add(io.input, prefix + "in", text, own);
  add(io.output, prefix + "out", own, text);
  add(io.receive, prefix + "recv", internal, own);
  add(io.send, prefix + "send", own, bytes);
  add(io.modifier_input, bare + "typmodin", {"", "cstring[]", 1263, 'i', ""}, number);
  add(io.modifier_output, bare + "typmodout", number, text);
}

}  // namespace

std::vector<Procedure> ProceduresOf(const Engine& engine, const Catalog& catalog, std::string_view database) {
  std::vector<Procedure> out;
  const auto add = [&](const std::string& name, const std::vector<std::string>& aliases, char kind,
                       const auto& overloads, const std::string& description) {
    // Operators and their other names are functions here, but not in PostgreSQL's list.
    const char first = name.empty() ? ' ' : name[0];
    if (!((first >= 'a' && first <= 'z') || first == '_')) return;
    std::vector<std::string> names = {name};
    for (const std::string& alias : aliases) {
      if (alias[0] >= 'a' && alias[0] <= 'z') names.push_back(alias);
    }
    for (const std::string& each : names) {
      for (const auto& overload : overloads) out.push_back(FromOverload(each, kind, overload, description));
    }
  };
  for (const FunctionSpec* spec : engine.registry().functions()) {
    const size_t first = out.size();
    add(spec->name, spec->aliases, 'f', spec->overloads, spec->description);
    for (size_t i = first; i < out.size(); ++i) {
      const FunctionOverload& overload = spec->overloads[(i - first) % spec->overloads.size()];
      out[i].volatility = "isv"[static_cast<size_t>(overload.volatility)];
      out[i].strict = overload.nulls == NullBehavior::kPropagate;
    }
  }
  for (const AggregateSpec* spec : engine.registry().aggregates()) {
    add(spec->name, spec->aliases, 'a', spec->overloads, spec->description);
  }
  for (const std::string_view name : kWindowFunctionNames) {
    Procedure window;
    window.schema = "pg_catalog";
    window.name = std::string(name);
    window.kind = 'w';
    const bool counts = name.find("rank") != std::string_view::npos || name == "row_number" || name == "ntile";
    const bool part = name == "percent_rank" || name == "cume_dist";
    const Procedure::Argument element = ArgumentOf(TypePattern(TypePattern::Kind::kAnyElement));
    const Procedure::Argument result = part ? ArgumentOf(Type(TypeKind::kDouble))
                                       : counts
                                           ? ArgumentOf(Type(name == "ntile" ? TypeKind::kInt32 : TypeKind::kInt64))
                                           : element;
    if (name == "ntile") window.arguments.push_back(ArgumentOf(Type(TypeKind::kInt32)));
    if (!counts && !part) window.arguments.push_back(element);
    if (name == "nth_value") window.arguments.push_back(ArgumentOf(Type(TypeKind::kInt32)));
    window.result = result.type;
    window.result_oid = result.type_oid;
    window.oid = SystemOid(window);
    out.push_back(std::move(window));
  }
  const SqlFunctions functions(catalog);
  for (const SqlFunction& function : functions.all()) {
    if (function.database == database) out.push_back(FromSqlFunction(function));
  }
  for (const TypeIo& io : TypeIos()) AddTypeIo(io, out);
  // Signatures that differ in what PostgreSQL has no type for are one.
  std::ranges::sort(out, {}, [](const Procedure& each) { return std::tie(each.schema, each.name, each.oid); });
  const auto same = [](const Procedure& a, const Procedure& b) { return a.oid == b.oid; };
  out.erase(std::unique(out.begin(), out.end(), same), out.end());
  return out;
}

std::vector<SystemTableDef> ProcedureTables() {
  const Type oids = Type::List(TypeKind::kInt64), texts = Type::List(TypeKind::kVarchar);
  return {
      {"pg_proc",
       {{"oid", kOid},          {"proname", kText},     {"pronamespace", kOid},
        {"proowner", kOid},     {"prolang", kOid},      {"procost", kReal},
        {"prorows", kReal},     {"provariadic", kOid},  {"prosupport", kOid},
        {"prokind", kText},     {"prosecdef", kBool},   {"proleakproof", kBool},
        {"proisstrict", kBool}, {"proretset", kBool},   {"provolatile", kText},
        {"proparallel", kText}, {"pronargs", kShort},   {"pronargdefaults", kShort},
        {"prorettype", kOid},   {"proargtypes", oids},  {"proallargtypes", oids},
        {"proargmodes", texts}, {"proargnames", texts}, {"proargdefaults", kText},
        {"protrftypes", oids},  {"prosrc", kText},      {"probin", kText},
        {"prosqlbody", kText}},
       "Functions",
       FillProc},
      {"pg_aggregate",
       {{"aggfnoid", kOid},        {"aggkind", kText},        {"aggnumdirectargs", kShort}, {"aggtransfn", kOid},
        {"aggfinalfn", kOid},      {"aggcombinefn", kOid},    {"aggserialfn", kOid},        {"aggdeserialfn", kOid},
        {"aggmtransfn", kOid},     {"aggminvtransfn", kOid},  {"aggmfinalfn", kOid},        {"aggfinalextra", kBool},
        {"aggmfinalextra", kBool}, {"aggfinalmodify", kText}, {"aggmfinalmodify", kText},   {"aggsortop", kOid},
        {"aggtranstype", kOid},    {"aggtransspace", kInt},   {"aggmtranstype", kOid},      {"aggmtransspace", kInt}},
       "Aggregates",
       FillAggregate}};
}

std::vector<SystemTableDef> RoutineTables() {
  return {{"routines",
           {{"specific_catalog", kText},
            {"specific_schema", kText},
            {"specific_name", kText},
            {"routine_catalog", kText},
            {"routine_schema", kText},
            {"routine_name", kText},
            {"routine_type", kText},
            {"data_type", kText},
            {"type_udt_name", kText},
            {"routine_body", kText},
            {"routine_definition", kText},
            {"external_language", kText},
            {"is_deterministic", kText},
            {"sql_data_access", kText},
            {"schema_level_routine", kText},
            {"security_type", kText}},
           "Functions",
           FillRoutines},
          {"parameters",
           {{"specific_catalog", kText},
            {"specific_schema", kText},
            {"specific_name", kText},
            {"ordinal_position", kInt},
            {"parameter_mode", kText},
            {"is_result", kText},
            {"as_locator", kText},
            {"parameter_name", kText},
            {"data_type", kText},
            {"udt_name", kText},
            {"parameter_default", kText}},
           "Parameters of functions",
           FillParameters}};
}

}  // namespace weir
