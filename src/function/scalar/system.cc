// What a statement can say about itself and its session, and the catalog functions that PostgreSQL's clients call.

#include <array>
#include <charconv>

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "types/text_scan.h"

namespace weir {

namespace {

constexpr TypePattern::Kind kAny = TypePattern::Kind::kAny;

// A value of the statement for all rows.
template <typename F>
FunctionOverload OfStatement(TypePattern type, F f) {
  return Stable(Total({}, std::move(type), [f](const KernelArgs& args) {
    return Column::Constant(f(args.context.statement()).WithType(args.result_type), args.size);
  }));
}

// The same value whatever the arguments are.
FunctionOverload Always(std::vector<TypePattern> parameters, Value value) {
  const Type type = value.type();
  return SeesNulls(Stable(Total(std::move(parameters), type,
                                [value](const KernelArgs& args) { return Column::Constant(value, args.size); })));
}

Value TextList(const std::vector<std::string>& texts) {
  std::vector<Value> parts;
  for (const std::string& text : texts) parts.push_back(Value::String(text));
  return Value::Nested(Type::List(kText), std::move(parts));
}

void AddSession(Family& family) {
  family.Add(
      "version", "The version of the server.", "", "",
      {OfStatement(kText, [](const StatementContext&) { return Value::String("PostgreSQL 15.0 (Weir 0.1.0)"); })});
  family.Add({"current_user", {"session_user", "user", "current_role"}}, "The user of the session.", "current_user()",
             "weir", {OfStatement(kText, [](const StatementContext& s) { return Value::String(s.user); })});
  family.Add({"current_database", {"database", "current_catalog"}}, "The database of the session.",
             "current_database()", "weir",
             {OfStatement(kText, [](const StatementContext& s) { return Value::String(s.database); })});
  family.Add({"current_schema", {"schema"}}, "The schema that new objects go to.", "current_schema()", "public",
             {OfStatement(kText, [](const StatementContext& s) {
               return s.schema.empty() ? Value::Null(kText) : Value::String(s.schema);
             })});
  family.Add("current_schemas", "The schemas that names are looked up in, with pg_catalog when asked for.",
             "current_schemas(true)", "{pg_catalog,public}",
             {Stable(Total({kBool}, Type::List(kText), [](const KernelArgs& args) {
               const std::vector<std::string>& path = args.context.statement().search_path;
               std::vector<std::string> with_catalog = {"pg_catalog"};
               with_catalog.insert(with_catalog.end(), path.begin(), path.end());
               std::vector<std::string> lasting = path;
               std::erase_if(lasting, [](const std::string& schema) { return schema.starts_with("pg_temp_"); });
               const Value plain = TextList(lasting), full = TextList(with_catalog);
               const ColumnView implicit(*args.columns[0]);
               return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
                 out.AppendValue(implicit.At<uint8_t>(row) != 0 ? full : plain);
               });
             }))});
  family.Add({"pg_backend_pid", {"connection_id"}}, "The number of the session.", "pg_backend_pid()", "0",
             {OfStatement(kInt, [](const StatementContext& s) { return Value::Int32(s.session_id); })});
}

constexpr int64_t kNextUnitFrom = 10'240;

// As PostgreSQL: the next unit from 10240 on, rounded half up.
std::string PrettySize(int64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  const bool negative = bytes < 0;
  uint64_t value = negative ? uint64_t{0} - static_cast<uint64_t>(bytes) : static_cast<uint64_t>(bytes);
  size_t unit = 0;
  bool half = false;
  while (unit + 1 < kUnits.size() && value + (half ? 1 : 0) >= static_cast<uint64_t>(kNextUnitFrom)) {
    half = (value >> 9 & 1) != 0;
    value >>= 10;
    ++unit;
  }
  if (half) ++value;
  return fmt::format("{}{} {}", negative ? "-" : "", value, kUnits[unit]);
}

void AddTypes(Family& family) {
  const auto name_of = [](const KernelArgs& args) {
    return Column::Constant(Value::String(args.columns[0]->type().Name()), args.size);
  };
  const auto type_of = [](const KernelArgs& args) {
    return Column::Constant(Value::String(args.columns[0]->type().ToString()), args.size);
  };
  family.Add("pg_typeof", "The name of the argument's type.", "pg_typeof(1.5)", "numeric",
             {SeesNulls(Total({kAny}, kText, name_of))});
  family.Add("typeof", "The argument's type with its precision, scale or length.", "typeof(1.5)", "numeric(2,1)",
             {SeesNulls(Total({kAny}, kText, type_of))});
  const ScalarKernel of_numeric = [](const KernelArgs& args) {
    FlatWriter<StringRef> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      const std::string text = args.columns[0]->GetValue(row).ToString();
      int64_t whole = 0;
      const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), whole);
      if (failure != std::errc()) whole = text[0] == '-' ? INT64_MIN : INT64_MAX;
      // Columns have a scale, sizes have none.
      std::string shown = text;
      if (shown.find('.') != std::string::npos) shown.erase(shown.find_last_not_of('0') + 1);
      if (shown.ends_with('.')) shown.pop_back();
      out.SetString(row, whole > -kNextUnitFrom && whole < kNextUnitFrom ? shown + " bytes" : PrettySize(whole));
    });
    return out.Finish();
  };
  family.Add("pg_size_pretty", "A number of bytes for people.", "pg_size_pretty(1234567)", "1206 kB",
             {Total({kLong}, kText, RowKernelWith<StringRef, int64_t>([](RowOut<StringRef>& out, int64_t bytes) {
                      out.SetString(PrettySize(bytes));
                    })),
              Total({TypePattern::Kind::kDecimal}, kText, of_numeric)});
}

void AddCatalog(Family& family) {
  const Value yes = Value::Boolean(true), no = Value::Boolean(false), no_text = Value::Null(kText);
  for (const char* name : {"has_schema_privilege", "has_table_privilege", "has_database_privilege",
                           "has_column_privilege", "has_function_privilege"}) {
    family.Add(name, "Whether a user may do something; always true, since statements check rights themselves.",
               fmt::format("{}('public', 'USAGE')", name), "t",
               {Always({kAny, kAny}, yes), Always({kAny, kAny, kAny}, yes), Always({kAny, kAny, kAny, kAny}, yes)});
  }
  for (const char* name : {"pg_type_is_visible", "pg_function_is_visible"}) {
    family.Add(name, "Whether an object can be named without its schema; always true.", fmt::format("{}(1)", name), "t",
               {Always({kLong}, yes)});
  }
  family.Add("pg_is_in_recovery", "Whether the server only replays; never.", "pg_is_in_recovery()", "f",
             {Always({}, no)});
  for (const char* name : {"obj_description", "col_description", "shobj_description", "pg_get_expr",
                           "pg_get_constraintdef", "pg_get_indexdef"}) {
    family.Add(name, "Nothing: for clients that ask for comments and definitions.", fmt::format("{}(1, 2)", name),
               "NULL", {Always({kAny}, no_text), Always({kAny, kAny}, no_text), Always({kAny, kAny, kAny}, no_text)});
  }
  family.Add("pg_get_userbyid", "The name of a user.", "pg_get_userbyid(10)", "weir",
             {Stable(Total({kLong}, kText, [](const KernelArgs& args) {
               return Column::Constant(Value::String(args.context.statement().user), args.size);
             }))});
  family.Add("pg_encoding_to_char", "The name of an encoding.", "pg_encoding_to_char(6)", "UTF8",
             {Total({kInt}, kText,
                    [](const KernelArgs& args) { return Column::Constant(Value::String("UTF8"), args.size); })});
}

}  // namespace

void RegisterSystemFunctions(Registry& registry) {
  Family family(registry, "system");
  AddSession(family);
  AddTypes(family);
  AddCatalog(family);
}

}  // namespace weir
