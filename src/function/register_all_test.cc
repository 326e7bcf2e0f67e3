#include "function/register_all.h"

#include <gtest/gtest.h>

#include <set>

#include "expr/evaluator.h"
#include "expr/registry.h"

namespace weir {
namespace {

const Registry& All() {
  static const Registry& registry = *[] {
    auto* out = new Registry();
    RegisterAllFunctions(*out);
    return out;
  }();
  return registry;
}

TEST(RegisterAllTest, SpecsAreComplete) {
  std::set<std::string> names;
  for (const FunctionSpec* spec : All().functions()) {
    SCOPED_TRACE(spec->name);
    EXPECT_TRUE(names.insert(spec->name).second);
    EXPECT_FALSE(spec->description.empty());
    EXPECT_FALSE(spec->overloads.empty());
    EXPECT_EQ(All().FindFunction(spec->name), spec);
    for (const FunctionOverload& overload : spec->overloads) {
      EXPECT_NE(overload.kernel, nullptr);
      EXPECT_TRUE(overload.resolve || overload.result.kind() != TypePattern::Kind::kExact ||
                  !overload.result.type().is(TypeKind::kUnknown));
      EXPECT_TRUE(!overload.variadic || !overload.parameters.empty());
      EXPECT_LE(overload.optional_parameters, overload.parameters.size());
    }
  }
  EXPECT_GT(names.size(), 100u);
  for (const AggregateSpec* spec : All().aggregates()) {
    EXPECT_EQ(All().FindFunction(spec->name), nullptr) << spec->name;
    for (const AggregateOverload& overload : spec->overloads) EXPECT_NE(overload.make, nullptr) << spec->name;
  }
}

TEST(RegisterAllTest, OperatorsFindTheirTypes) {
  const auto type = [](std::string_view name, std::vector<Type> types) -> std::string {
    std::vector<ExprPtr> args;
    for (const Type& t : types) {
      args.push_back(t.is(TypeKind::kUnknown) ? Expr::Literal(Value::Null()) : Expr::Input(args.size(), t));
    }
    try {
      return All().BindCall(name, args)->type().ToString();
    } catch (const Error& error) {
      return error.message();
    }
  };
  // The number operators and those of dates do not get into each other's way.
  EXPECT_EQ(type("+", {TypeKind::kInt32, TypeKind::kInt32}), "integer");
  EXPECT_EQ(type("+", {TypeKind::kDate, TypeKind::kInt32}), "date");
  EXPECT_EQ(type("+", {TypeKind::kDate, TypeKind::kInterval}), "timestamp without time zone");
  EXPECT_EQ(type("-", {TypeKind::kDate, TypeKind::kDate}), "integer");
  EXPECT_EQ(type("-", {TypeKind::kDate, TypeKind::kUnknown}), "integer");
  EXPECT_EQ(type("-", {TypeKind::kTimestamp, TypeKind::kTimestamp}), "interval");
  EXPECT_EQ(type("*", {TypeKind::kInterval, TypeKind::kInt32}), "interval");
  EXPECT_EQ(type("+", {TypeKind::kInt32, TypeKind::kVarchar}), "operator does not exist: integer + text");
  EXPECT_EQ(type("||", {TypeKind::kVarchar, TypeKind::kInt32}), "text");
  EXPECT_EQ(type("||", {TypeKind::kUnknown, TypeKind::kVarchar}), "text");
  EXPECT_EQ(type("=", {TypeKind::kDate, TypeKind::kTimestampTz}), "boolean");
  EXPECT_EQ(type("abs", {TypeKind::kInt16}), "smallint");
  EXPECT_EQ(type("mod", {TypeKind::kInt64, TypeKind::kInt32}), "bigint");
  EXPECT_EQ(type("~~", {TypeKind::kVarchar, TypeKind::kUnknown}), "boolean");
  EXPECT_EQ(type("round", {TypeKind::kDouble}), "double precision");
  EXPECT_EQ(type("sqrt", {TypeKind::kInt32}), "double precision");
}

// Names that statements written for StarRocks use; the binder knows grouping, grouping_id and unnest.
TEST(RegisterAllTest, NamesOfStarRocksAreThere) {
  const char* const names[] = {
      "array_agg",
      "avg",
      "any_value",
      "approx_count_distinct",
      "bitmap",
      "bitmap_agg",
      "count",
      "hll_empty",
      "hll_hash",
      "hll_raw_agg",
      "hll_union",
      "hll_union_agg",
      "max",
      "max_by",
      "min",
      "multi_distinct_sum",
      "multi_distinct_count",
      "percentile_approx",
      "percentile_cont",
      "percentile_disc",
      "retention",
      "stddev",
      "stddev_samp",
      "sum",
      "variance",
      "variance_pop",
      "var_pop",
      "var_samp",
      "window_funnel",
      "array_append",
      "array_avg",
      "array_concat",
      "array_contains",
      "array_contains_all",
      "array_cum_sum",
      "array_difference",
      "array_distinct",
      "array_filter",
      "array_intersect",
      "array_join",
      "array_length",
      "array_map",
      "array_max",
      "array_min",
      "array_position",
      "array_remove",
      "array_slice",
      "array_sort",
      "array_sortby",
      "array_sum",
      "arrays_overlap",
      "array_to_bitmap",
      "cardinality",
      "element_at",
      "reverse",
      "base64_to_bitmap",
      "bitmap_and",
      "bitmap_andnot",
      "bitmap_contains",
      "bitmap_count",
      "bitmap_from_string",
      "bitmap_empty",
      "bitmap_has_any",
      "bitmap_hash",
      "bitmap_intersect",
      "bitmap_max",
      "bitmap_min",
      "bitmap_or",
      "bitmap_remove",
      "bitmap_to_array",
      "bitmap_to_base64",
      "bitmap_to_string",
      "bitmap_union",
      "bitmap_union_count",
      "bitmap_union_int",
      "bitmap_xor",
      "intersect_count",
      "sub_bitmap",
      "to_bitmap",
      "add_months",
      "adddate",
      "convert_tz",
      "current_date",
      "current_time",
      "current_timestamp",
      "date",
      "date_add",
      "date_format",
      "date_slice",
      "date_sub",
      "subdate",
      "date_trunc",
      "datediff",
      "day",
      "dayname",
      "dayofmonth",
      "dayofweek",
      "dayofyear",
      "days_add",
      "days_diff",
      "days_sub",
      "from_days",
      "from_unixtime",
      "hour",
      "hours_add",
      "hours_diff",
      "hours_sub",
      "microseconds_add",
      "microseconds_sub",
      "minute",
      "minutes_add",
      "minutes_diff",
      "minutes_sub",
      "month",
      "monthname",
      "months_add",
      "months_diff",
      "months_sub",
      "now",
      "quarter",
      "second",
      "seconds_add",
      "seconds_diff",
      "seconds_sub",
      "str_to_date",
      "str2date",
      "time_slice",
      "time_to_sec",
      "timediff",
      "timestamp",
      "timestampadd",
      "timestampdiff",
      "to_date",
      "to_days",
      "unix_timestamp",
      "utc_timestamp",
      "week",
      "week_iso",
      "weekofyear",
      "weeks_add",
      "weeks_diff",
      "weeks_sub",
      "year",
      "years_add",
      "years_diff",
      "years_sub",
      "append_trailing_char_if_absent",
      "ascii",
      "char",
      "char_length",
      "character_length",
      "concat",
      "concat_ws",
      "ends_with",
      "find_in_set",
      "group_concat",
      "hex",
      "hex_decode_binary",
      "hex_decode_string",
      "instr",
      "lcase",
      "left",
      "length",
      "locate",
      "lower",
      "lpad",
      "ltrim",
      "money_format",
      "null_or_empty",
      "parse_url",
      "repeat",
      "replace",
      "right",
      "rpad",
      "rtrim",
      "space",
      "split",
      "split_part",
      "starts_with",
      "strleft",
      "strright",
      "substring",
      "trim",
      "ucase",
      "unhex",
      "upper",
  };
  for (const char* name : names) {
    EXPECT_TRUE(All().FindFunction(name) != nullptr || All().FindAggregate(name) != nullptr) << name;
  }
}

}  // namespace
}  // namespace weir
