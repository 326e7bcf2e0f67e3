#include "server/system/function_table.h"

#include "expr/example.h"
#include "server/engine.h"
#include "server/system/system_table.h"
#include "sql/binder/builtin_macros.h"

namespace weir {

namespace {

std::string Signature(std::string_view name, const std::vector<TypePattern>& parameters, size_t optional, bool variadic,
                      const std::string& result) {
  std::string out = std::string(name) + "(";
  for (size_t i = 0; i < parameters.size(); ++i) {
    if (i != 0) out += ", ";
    const bool open = i + optional >= parameters.size();
    out += (open ? "[" : "") + parameters[i].ToString() + (open ? "]" : "");
  }
  if (variadic) out += ", ...";
  return out + ") -> " + result;
}

// What the grammar or the binder knows by itself.
struct SpecialForm {
  std::string_view kind, family, name, signature, description, example, example_result;
};
constexpr SpecialForm kSpecialForms[] = {
    {"special", "conditional", "coalesce", "coalesce(anyelement, ...) -> anyelement",
     "The first argument that is not NULL.", "coalesce(NULL, 1)", "1"},
    {"special", "conditional", "case", "CASE WHEN condition THEN value ... ELSE value END",
     "The value of the first condition that is true.", "CASE WHEN 1 < 2 THEN 'a' ELSE 'b' END", "a"},
    {"special", "conversion", "cast", "CAST(value AS type)", "The value as another type.", "CAST('1' AS integer)", "1"},
    {"special", "conversion", "try_cast", "TRY_CAST(value AS type)",
     "The value as another type; NULL where it cannot be.", "TRY_CAST('x' AS integer)", "NULL"},
    {"special", "table", "unnest", "unnest(anyarray, ...) -> rows", "A row for each element of a list.",
     "x FROM unnest(ARRAY[7]) t(x)", "7"},
    {"special", "table", "generate_series", "generate_series(start, stop [, step]) -> rows",
     "Numbers or timestamps from start to stop.", "x FROM generate_series(3, 3) t(x)", "3"},
    {"special", "aggregate", "grouping", "grouping(expression, ...) -> integer",
     "Which expressions a row of GROUPING SETS is not grouped by, as bits.",
     "grouping(x) FROM (VALUES (1)) t(x) GROUP BY x", "0"},
    {"special", "aggregate", "grouping_id", "grouping_id(expression, ...) -> bigint", "The same as grouping.",
     "grouping_id(x) FROM (VALUES (1)) t(x) GROUP BY x", "0"},
    {"special", "aggregate", "mode", "mode() WITHIN GROUP (ORDER BY x)", "The value that comes most often.",
     "mode() WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (1), (2)) t(x)", "1"},
    {"special", "aggregate", "percentile_cont", "percentile_cont(fraction) WITHIN GROUP (ORDER BY x)",
     "The value at a part of the sorted values, between two where needed.",
     "percentile_cont(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (2)) t(x)", "1.5"},
    {"special", "aggregate", "percentile_disc", "percentile_disc(fraction) WITHIN GROUP (ORDER BY x)",
     "The first value at or behind a part of the sorted values.",
     "percentile_disc(0.5) WITHIN GROUP (ORDER BY x) FROM (VALUES (1), (2)) t(x)", "1"},
    {"window", "window", "row_number", "row_number() OVER (...) -> bigint", "The number of the row.",
     "row_number() OVER () FROM (VALUES (1)) t(x)", "1"},
    {"window", "window", "rank", "rank() OVER (...) -> bigint", "The number of the first row equal to this one.",
     "rank() OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "1"},
    {"window", "window", "dense_rank", "dense_rank() OVER (...) -> bigint", "How many different values came so far.",
     "dense_rank() OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "1"},
    {"window", "window", "percent_rank", "percent_rank() OVER (...) -> double precision", "(rank - 1) / (rows - 1).",
     "percent_rank() OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "0"},
    {"window", "window", "cume_dist", "cume_dist() OVER (...) -> double precision",
     "Which part of the rows comes before or with this one.", "cume_dist() OVER (ORDER BY x) FROM (VALUES (1)) t(x)",
     "1"},
    {"window", "window", "ntile", "ntile(n) OVER (...) -> integer", "Which of n parts of equal size the row is in.",
     "ntile(1) OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "1"},
    {"window", "window", "lag", "lag(x [, n [, default]]) OVER (...)", "The value of the row n before.",
     "lag(x, 1, 9) OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "9"},
    {"window", "window", "lead", "lead(x [, n [, default]]) OVER (...)", "The value of the row n behind.",
     "lead(x, 1, 9) OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "9"},
    {"window", "window", "first_value", "first_value(x) OVER (...)", "The value of the frame's first row.",
     "first_value(x) OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "1"},
    {"window", "window", "last_value", "last_value(x) OVER (...)", "The value of the frame's last row.",
     "last_value(x) OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "1"},
    {"window", "window", "nth_value", "nth_value(x, n) OVER (...)", "The value of the frame's nth row.",
     "nth_value(x, 1) OVER (ORDER BY x) FROM (VALUES (1)) t(x)", "1"},
};

void FillFunctions(const SystemTableInput& input, RowWriter& out) {
  const auto fill = [&](const auto& spec, std::string_view kind, std::string_view family, auto&& optional) {
    std::vector<std::string> names = {spec.name};
    names.insert(names.end(), spec.aliases.begin(), spec.aliases.end());
    for (const std::string& name : names) {
      const bool is_alias = name != spec.name;
      const std::string example = is_alias ? ExampleByAlias(spec.example, spec.name, name) : spec.example;
      for (const auto& overload : spec.overloads) {
        out.Text(name).Text(kind);
        out.Text(Signature(name, overload.parameters, optional(overload), overload.variadic,
                           overload.resolve ? "depends on the arguments" : overload.result.ToString()));
        out.Text(spec.description).Text(example).Text(spec.example_result).Text(family);
        if (is_alias) {
          out.Text(spec.name);
        } else {
          out.Null();
        }
        out.EndRow();
      }
    }
  };
  for (const FunctionSpec* spec : input.engine.registry().functions()) {
    fill(*spec, "scalar", spec->family, [](const FunctionOverload& overload) { return overload.optional_parameters; });
  }
  for (const AggregateSpec* spec : input.engine.registry().aggregates()) {
    fill(*spec, "aggregate", "aggregate", [](const AggregateOverload&) { return size_t{0}; });
  }
  for (const BuiltinMacro& macro : BuiltinMacros()) {
    out.Text(macro.name).Text("macro").Text(fmt::format("{}({})", macro.name, macro.parameters));
    out.Text(macro.description).Text(macro.example).Text(macro.example_result).Text(macro.family).Null().EndRow();
  }
  for (const SpecialForm& form : kSpecialForms) {
    out.Text(form.name).Text(form.kind).Text(form.signature).Text(form.description).Text(form.example);
    out.Text(form.example_result).Text(form.family).Null().EndRow();
  }
}

}  // namespace

SystemTableDef FunctionTable() {
  const Type text = TypeKind::kVarchar;
  return {"functions",
          {{"name", text},
           {"kind", text},
           {"signature", text},
           {"description", text},
           {"example", text},
           {"example_result", text},
           {"family", text},
           {"alias_of", text}},
          "Functions, aggregates, macros and special forms, a row per name and signature",
          FillFunctions};
}

}  // namespace weir
