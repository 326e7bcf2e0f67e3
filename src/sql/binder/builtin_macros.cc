#include "sql/binder/builtin_macros.h"

#include <algorithm>

namespace weir {

namespace {

constexpr BuiltinMacro kMacros[] = {
    // ---- lists
    {"list", "array_push_front", "list, element", "array_prepend({1}, {0})", "The list with an element at its start.",
     "array_push_front(ARRAY[2, 3], 1)", "{1,2,3}"},
    {"list", "array_pop_back", "list", "({0})[1:cardinality({0}) - 1]", "The list without its last element.",
     "array_pop_back(ARRAY[1, 2, 3])", "{1,2}"},
    {"list", "array_pop_front", "list", "({0})[2:]", "The list without its first element.",
     "array_pop_front(ARRAY[1, 2, 3])", "{2,3}"},
    {"list", "list_count", "list", "cardinality(array_remove({0}, NULL))::bigint", "Elements that are not NULL.",
     "list_count(ARRAY[1, NULL, 2])", "2"},
    {"list", "list_unique", "list", "cardinality(array_distinct(array_remove({0}, NULL)))::bigint",
     "Different elements that are not NULL.", "list_unique(ARRAY[1, 1, 2])", "2"},
    {"list", "list_any_value", "list", "(array_remove({0}, NULL))[1]", "The first element that is not NULL.",
     "list_any_value(ARRAY[NULL, 3, 4])", "3"},
    {"list", "list_first", "list", "({0})[1]", "The first element.", "list_first(ARRAY[1, 2])", "1"},
    {"list", "list_last", "list", "({0})[cardinality({0})]", "The last element.", "list_last(ARRAY[1, 2])", "2"},
    {"list", "list_reverse_sort", "list", "array_sort({0}, 'desc', 'nulls last')",
     "The list in descending order, NULLs last.", "list_reverse_sort(ARRAY[1, 3, 2])", "{3,2,1}"},
    {"list", "array_reverse_sort", "list", "array_sort({0}, 'desc', 'nulls last')",
     "The list in descending order, NULLs last.", "array_reverse_sort(ARRAY[1, 3, 2])", "{3,2,1}"},
    {"list", "list_select", "list, indices", "array_map(_i -> ({0})[_i], {1})", "The elements at the given places.",
     "list_select(ARRAY[10, 20, 30], ARRAY[3, 1])", "{30,10}"},
    {"list", "list_where", "list, mask", "array_filter({0}, {1})", "The elements where the second list is true.",
     "list_where(ARRAY[10, 20, 30], ARRAY[true, false, true])", "{10,30}"},
    {"list", "array_union", "list, list", "array_distinct(array_cat({0}, {1}))",
     "The different elements of both lists.", "array_union(ARRAY[1, 2], ARRAY[2, 3])", "{1,2,3}"},
    {"list", "array_top_n", "list, n", "(array_reverse(array_sort({0})))[1:{1}]", "The n largest elements.",
     "array_top_n(ARRAY[1, 5, 3], 2)", "{5,3}"},
    {"list", "range", "stop", "CASE WHEN ({0}) > 0 THEN array_generate(0, ({0}) - 1) ELSE '{}'::bigint[] END",
     "The numbers from 0 to below a bound.", "range(3)", "{0,1,2}"},
    {"list", "range", "start, stop",
     "CASE WHEN ({1}) > ({0}) THEN array_generate({0}, ({1}) - 1) ELSE '{}'::bigint[] END",
     "The numbers from a bound to below another.", "range(2, 5)", "{2,3,4}"},
    // ---- maps and structs
    {"map", "map_contains_value", "map, value", "array_contains(map_values({0}), {1})", "Whether a map has a value.",
     "map_contains_value(map('a', 1), 1)", "t"},
    {"map", "map_contains_entry", "map, key, value", "coalesce(element_at({0}, {1}) = ({2}), false)",
     "Whether a map has a key with a value.", "map_contains_entry(map('a', 1), 'a', 1)", "t"},
    {"map", "map_extract_value", "map, key", "element_at({0}, {1})", "The value of a key, or NULL.",
     "map_extract_value(map('a', 1), 'a')", "1"},
    {"map", "distinct_map_keys", "map", "map_from_arrays(map_keys({0}), map_values({0}))",
     "The map with each key once.", "distinct_map_keys(map('a', 1))", "{a=1}"},
    {"map", "str_to_map", "text, delimiter, map_delimiter",
     "map_from_arrays(array_map(_p -> split_part(_p, {2}, 1), split({0}, {1})), array_map(_p -> split_part(_p, {2}, "
     "2), "
     "split({0}, {1})))",
     "A text of entries as a map.", "str_to_map('a:1|b:2', '|', ':')", "{a=1, b=2}"},
    {"map", "str_to_map", "text", "str_to_map({0}, ',', ':')", "A text of entries, a:1,b:2, as a map.",
     "str_to_map('a:1,b:2')", "{a=1, b=2}"},
    // ---- dates
    {"date/time", "century", "date", "extract(century from {0})::bigint", "The century.", "century(date '2024-02-29')",
     "21"},
    {"date/time", "decade", "date", "extract(decade from {0})::bigint", "The year divided by 10.",
     "decade(date '2024-02-29')", "202"},
    {"date/time", "millennium", "date", "extract(millennium from {0})::bigint", "The millennium.",
     "millennium(date '2024-02-29')", "3"},
    {"date/time", "era", "date", "CASE WHEN extract(year from {0}) > 0 THEN 1 ELSE 0 END", "1 after Christ, 0 before.",
     "era(date '2024-02-29')", "1"},
    {"date/time", "isodow", "date", "extract(isodow from {0})::bigint", "Monday is 1, Sunday 7.",
     "isodow(date '2024-02-29')", "4"},
    {"date/time", "day_of_week_iso", "date", "extract(isodow from {0})::integer", "Monday is 1, Sunday 7.",
     "day_of_week_iso(date '2024-02-29')", "4"},
    {"date/time", "isoyear", "date", "extract(isoyear from {0})::bigint", "The year that ISO weeks belong to.",
     "isoyear(date '2006-01-01')", "2005"},
    {"date/time", "julian", "date", "extract(julian from {0})::double precision", "Days since 4713 BC.",
     "julian(date '2006-01-01')", "2453737"},
    {"date/time", "epoch", "date", "extract(epoch from {0})::double precision",
     "Seconds since 1970, or of an interval.", "epoch(timestamp '1970-01-01 00:01:00')", "60"},
    {"date/time", "timezone_hour", "timestamptz", "extract(timezone_hour from {0})::bigint",
     "Hours of the time zone's offset.", "timezone_hour(timestamptz '2024-01-01 00:00+00') = 0", "t"},
    {"date/time", "timezone_minute", "timestamptz", "extract(timezone_minute from {0})::bigint",
     "Minutes of the time zone's offset.", "timezone_minute(timestamptz '2024-01-01 00:00+00') = 0", "t"},
    {"date/time", "hour_from_unixtime", "seconds", "extract(hour from to_timestamp({0}))::integer",
     "The hour that clocks show that many seconds after 1970.", "hour_from_unixtime(7200) >= 0", "t"},
    {"date/time", "next_day", "date, weekday",
     "(({0})::date + (array_position(ARRAY['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'], lower(left({1}, 2))) - 1 - "
     "extract(dow from {0})::integer + 13) % 7 + 1)",
     "The first day after a date that is the given day of the week.", "next_day(date '2024-02-29', 'Monday')",
     "2024-03-04"},
    {"date/time", "previous_day", "date, weekday",
     "(({0})::date - ((extract(dow from {0})::integer - array_position(ARRAY['su', 'mo', 'tu', 'we', 'th', 'fr', "
     "'sa'], "
     "lower(left({1}, 2))) + 1 + 13) % 7 + 1))",
     "The last day before a date that is the given day of the week.", "previous_day(date '2024-02-29', 'Monday')",
     "2024-02-26"},
    {"date/time", "to_iso8601", "date",
     "CASE WHEN pg_typeof({0}) = 'date' THEN to_char({0}, 'YYYY-MM-DD') ELSE to_char({0}, "
     "'YYYY-MM-DD\"T\"HH24:MI:SS.US') END",
     "The date or timestamp as ISO 8601 writes it.", "to_iso8601(timestamp '2024-01-02 03:04:05')",
     "2024-01-02T03:04:05.000000"},
    {"date/time", "time_format", "time, pattern", "date_format(date '1970-01-01' + ({0})::time, {1})",
     "The time by a pattern of MySQL.", "time_format(time '10:20:30', '%H:%i')", "10:20"},
    {"date/time", "utc_time", "", "utc_timestamp()::time", "The time of day in UTC.", "utc_time() IS NOT NULL", "t"},
    {"date/time", "to_millennia", "n", "(({0}) * interval '1000 years')", "An interval of so many millennia.",
     "to_millennia(1)", "1000 years"},
    {"date/time", "to_centuries", "n", "(({0}) * interval '100 years')", "An interval of so many centuries.",
     "to_centuries(1)", "100 years"},
    {"date/time", "to_decades", "n", "(({0}) * interval '10 years')", "An interval of so many decades.",
     "to_decades(1)", "10 years"},
    {"date/time", "to_years", "n", "(({0}) * interval '1 year')", "An interval of so many years.", "to_years(2)",
     "2 years"},
    {"date/time", "to_quarters", "n", "(({0}) * interval '3 months')", "An interval of so many quarters.",
     "to_quarters(2)", "6 mons"},
    {"date/time", "to_months", "n", "(({0}) * interval '1 month')", "An interval of so many months.", "to_months(2)",
     "2 mons"},
    {"date/time", "to_weeks", "n", "(({0}) * interval '7 days')", "An interval of so many weeks.", "to_weeks(2)",
     "14 days"},
    {"date/time", "to_hours", "n", "(({0}) * interval '1 hour')", "An interval of so many hours.", "to_hours(2)",
     "02:00:00"},
    {"date/time", "to_minutes", "n", "(({0}) * interval '1 minute')", "An interval of so many minutes.",
     "to_minutes(2)", "00:02:00"},
    {"date/time", "to_seconds", "n", "(({0}) * interval '1 second')", "An interval of so many seconds.",
     "to_seconds(2)", "00:00:02"},
    {"date/time", "to_milliseconds", "n", "(({0}) * interval '1 millisecond')", "An interval of so many milliseconds.",
     "to_milliseconds(2)", "00:00:00.002"},
    {"date/time", "to_microseconds", "n", "(({0}) * interval '1 microsecond')", "An interval of so many microseconds.",
     "to_microseconds(2)", "00:00:00.000002"},
    {"date/time", "make_timestamp_ms", "n", "(to_timestamp(({0}) / 1000.0) AT TIME ZONE 'UTC')",
     "The timestamp so many milliseconds after 1970.", "make_timestamp_ms(1500)", "1970-01-01 00:00:01.5"},
    {"date/time", "timeofday", "", "to_char(clock_timestamp(), 'Dy Mon DD HH24:MI:SS.US YYYY TZ')",
     "The time on the clock, as text.", "timeofday() IS NOT NULL", "t"},
    {"date/time", "from_unixtime_ms", "milliseconds", "from_unixtime(floor(({0}) / 1000.0)::bigint)",
     "Milliseconds since 1970 as local time.", "from_unixtime_ms(1500) IS NOT NULL", "t"},
    {"date/time", "from_unixtime_ms", "milliseconds, pattern", "from_unixtime(floor(({0}) / 1000.0)::bigint, {1})",
     "Milliseconds since 1970 as local time, by a pattern of MySQL.", "from_unixtime_ms(1500, '%i:%s')", "00:01"},
    {"date/time", "to_datetime", "seconds", "to_timestamp(({0})::double precision)::timestamp",
     "The local time so many seconds after 1970.", "to_datetime(1700000000)", "2023-11-14 22:13:20"},
    {"date/time", "to_datetime", "n, scale",
     "to_timestamp(({0})::double precision / 10::double precision ^ ({1}))::timestamp",
     "The local time after 1970 by a number of seconds with so many decimals.", "to_datetime(1700000000123, 3)",
     "2023-11-14 22:13:20.123"},
    {"date/time", "to_datetime_ntz", "seconds", "(to_timestamp(({0})::double precision) AT TIME ZONE 'UTC')",
     "The time in UTC so many seconds after 1970.", "to_datetime_ntz(1700000000)", "2023-11-14 22:13:20"},
    {"date/time", "to_datetime_ntz", "n, scale",
     "(to_timestamp(({0})::double precision / 10::double precision ^ ({1})) AT TIME ZONE 'UTC')",
     "The time in UTC after 1970 by a number of seconds with so many decimals.", "to_datetime_ntz(1700000000123, 3)",
     "2023-11-14 22:13:20.123"},
    // ---- text
    {"string", "suffix", "text, end", "ends_with({0}, {1})", "Whether the text ends with another.",
     "suffix('abc', 'bc')", "t"},
    {"string", "substring_index", "text, delimiter, n",
     "CASE WHEN ({2}) >= 0 THEN array_to_string((string_to_array({0}, {1}))[1:{2}], {1}) ELSE "
     "array_to_string((string_to_array({0}, {1}))[greatest(cardinality(string_to_array({0}, {1})) + ({2}) + 1, 1):], "
     "{1}) "
     "END",
     "What is before the nth delimiter, or with negative n behind the nth from the end.",
     "substring_index('www.example.com', '.', 2)", "www.example"},
    {"string", "field", "value, ...", "coalesce(array_position(ARRAY[{1*}], {0}), 0)",
     "Which of the other arguments equals the first, from 1; 0 for none.", "field('b', 'a', 'b')", "2"},
    {"string", "parse_filename", "path", "regexp_replace({0}, '^.*[/\\\\]', '')", "What is behind the last slash.",
     "parse_filename('path/to/file.csv')", "file.csv"},
    {"string", "parse_dirpath", "path", "regexp_replace({0}, '[/\\\\]?[^/\\\\]*$', '')",
     "What is before the last slash.", "parse_dirpath('path/to/file.csv')", "path/to"},
    {"string", "parse_dirname", "path", "split_part(replace({0}, '\\', '/'), '/', 1)",
     "What is before the first slash.", "parse_dirname('path/to/file.csv')", "path"},
    {"string", "regexp_full_match", "text, pattern", "(({0}) ~ ('^(?:' || ({1}) || ')$'))",
     "Whether the whole text matches the regular expression.", "regexp_full_match('abc', 'a.c')", "t"},
    {"string", "regexp_escape", "text", "regexp_replace({0}, '([^a-zA-Z0-9_ ])', '\\\\\\1', 'g')",
     "The text as a regular expression that matches it only.", "regexp_escape('a.b')", "a\\.b"},
    {"string", "strip_accents", "text", "regexp_replace(normalize({0}, 'NFD'), '[\xCC\x80-\xCD\xAF]', '', 'g')",
     "The text without accents.", "strip_accents('m\xC3\xBChle')", "muhle"},
    {"string", "url_extract_parameter", "url, name", "parse_url({0}, 'QUERY', {1})", "A parameter of a URL.",
     "url_extract_parameter('https://a.org/?k=v', 'k')", "v"},
    {"string", "inet_ntoa", "n",
     "(((({0})::bigint >> 24) & 255)::text || '.' || ((({0})::bigint >> 16) & 255)::text || '.' || ((({0})::bigint >> "
     "8) & "
     "255)::text || '.' || (({0})::bigint & 255)::text)",
     "An IPv4 address of its number.", "inet_ntoa(3232235777)", "192.168.1.1"},
    {"string", "inet_aton", "text",
     "CASE WHEN ({0}) ~ '^[0-9]{1,3}(\\.[0-9]{1,3}){3}$' THEN split_part({0}, '.', 1)::bigint * 16777216 + "
     "split_part({0}, "
     "'.', 2)::bigint * 65536 + split_part({0}, '.', 3)::bigint * 256 + split_part({0}, '.', 4)::bigint END",
     "The number of an IPv4 address, or NULL.", "inet_aton('192.168.1.1')", "3232235777"},
    {"binary", "to_binary", "text", "decode({0}, 'hex')", "The bytes that hexadecimal digits say.",
     "to_binary('616263')", "\\x616263"},
    {"binary", "to_binary", "text, format",
     "CASE lower({1}) WHEN 'hex' THEN decode({0}, 'hex') WHEN 'encode64' THEN decode({0}, 'base64') ELSE "
     "convert_to({0}, 'UTF8') END",
     "The bytes of a text: hex, encode64 or utf8.", "to_binary('abc', 'utf8')", "\\x616263"},
    {"binary", "from_binary", "bytea", "upper(encode({0}, 'hex'))", "The bytes as hexadecimal digits.",
     "from_binary('abc'::bytea)", "616263"},
    {"binary", "from_binary", "bytea, format",
     "CASE lower({1}) WHEN 'hex' THEN upper(encode({0}, 'hex')) WHEN 'encode64' THEN encode({0}, 'base64') ELSE "
     "convert_from({0}, 'UTF8') END",
     "The bytes as text: hex, encode64 or utf8.", "from_binary('abc'::bytea, 'utf8')", "abc"},
    {"binary", "base64_decode_binary", "text", "decode({0}, 'base64')", "The bytes given in base64.",
     "base64_decode_binary('YWJj')", "\\x616263"},
    {"string", "base64_decode", "text", "convert_from(decode({0}, 'base64'), 'UTF8')", "The text given in base64.",
     "base64_decode('YWJj')", "abc"},
    {"json", "json_string", "json", "({0})::json::text", "The value as text.", "json_string('{\"a\": 1}')",
     "{\"a\": 1}"},
    // ---- numbers
    {"math", "e", "", "2.718281828459045::double precision", "Euler's number.", "e()", "2.718281828459045"},
    {"math", "int_divide", "a, b", "div({0}, {1})", "Quotient of two numbers, cut to an integer.", "int_divide(7, 2)",
     "3"},
    {"math", "fdiv", "a, b", "floor(({0})::double precision / ({1}))", "Quotient of two numbers, rounded down.",
     "fdiv(-7, 2)", "-4"},
    {"math", "pmod", "a, b", "(((({0}) % ({1})) + ({1})) % ({1}))", "The remainder with the divisor's sign.",
     "pmod(-7, 3)", "2"},
    {"math", "even", "x", "(sign({0}) * ceil(abs({0}) / 2.0) * 2)::double precision",
     "The next even number away from zero.", "even(2.9)", "4"},
    {"math", "signbit", "x", "(({0}) < 0)", "Whether the number is negative.", "signbit(-1.5)", "t"},
    {"bit", "bit_shift_right_logical", "x, n",
     "CASE WHEN ({1}) = 0 THEN ({0})::bigint ELSE (({0})::bigint >> ({1})) & ((1::bigint << (64 - ({1})::integer)) - "
     "1) END",
     "The bits shifted to the right, with zeros from the left.", "bit_shift_right_logical(-1, 60)", "15"},
    // ---- conditions
    {"conditional", "isnull", "x", "(({0}) IS NULL)", "Whether the value is NULL.", "isnull(NULL)", "t"},
    {"conditional", "is_null", "x", "(({0}) IS NULL)", "Whether the value is NULL.", "is_null(1)", "f"},
    {"conditional", "isnotnull", "x", "(({0}) IS NOT NULL)", "Whether the value is not NULL.", "isnotnull(1)", "t"},
    {"conditional", "constant_or_null", "value, x", "CASE WHEN ({1}) IS NOT NULL THEN {0} END",
     "The first value where the second is not NULL.", "constant_or_null(42, 1)", "42"},
    {"conditional", "assert_true", "condition", "CASE WHEN {0} THEN true ELSE error('assert_true failed')::boolean END",
     "True, or an error.", "assert_true(1 < 2)", "t"},
    {"conditional", "assert_true", "condition, message", "CASE WHEN {0} THEN true ELSE error({1})::boolean END",
     "True, or an error of that text.", "assert_true(1 < 2, 'no')", "t"},
    // ---- aggregates
    {"aggregate", "map_agg", "key, value", "map_from_arrays(array_agg({0}), array_agg({1}))",
     "A map of keys and values.", "map_agg(k, v) FROM (VALUES ('a', 1)) t(k, v)", "{a=1}"},
    {"aggregate", "array_unique_agg", "list", "array_distinct(array_flatten(array_agg({0})))",
     "The different elements of all lists.", "array_unique_agg(x) FROM (VALUES (ARRAY[1, 2]), (ARRAY[2])) t(x)",
     "{1,2}"},
    {"aggregate", "min_n", "x, n", "(array_sort(array_remove(array_agg({0}), NULL)))[1:{1}]", "The n smallest values.",
     "min_n(x, 2) FROM (VALUES (3), (1), (2)) t(x)", "{1,2}"},
    {"aggregate", "max_n", "x, n", "(array_reverse(array_sort(array_remove(array_agg({0}), NULL))))[1:{1}]",
     "The n largest values.", "max_n(x, 2) FROM (VALUES (3), (1), (2)) t(x)", "{3,2}"},
    {"aggregate", "approx_top_k", "x, k",
     "let(h -> (array_sortby(e -> -e.count, array_map((item, count) -> named_struct('item', item, 'count', count), "
     "map_keys(h), map_values(h))))[1:{1}], histogram({0}))",
     "The k most frequent values and how often each comes.",
     "approx_top_k(x, 1) FROM (VALUES ('a'), ('b'), ('b')) t(x)", "{\"(b,2)\"}"},
    {"aggregate", "approx_top_k", "x",
     "let(h -> (array_sortby(e -> -e.count, array_map((item, count) -> named_struct('item', item, 'count', count), "
     "map_keys(h), map_values(h))))[1:5], histogram({0}))",
     "The five most frequent values and how often each comes.", "approx_top_k(x) FROM (VALUES ('b'), ('b')) t(x)",
     "{\"(b,2)\"}"},
    // ---- bitmaps and sketches
    {"bitmap", "bitmap_to_binary", "bitmap", "({0})::bytea", "The bitmap as bytes.",
     "bitmap_to_string(bitmap_from_binary(bitmap_to_binary(to_bitmap(7))))", "7"},
    {"bitmap", "bitmap_from_binary", "bytes", "({0})::bytea::bitmap",
     "The bitmap that the bytes are; an error where they are none.",
     "bitmap_to_string(bitmap_from_binary(bitmap_to_binary(to_bitmap(7))))", "7"},
    {"bitmap", "bitmap_hash64", "text", "to_bitmap(xx_hash3_64({0}) & 9223372036854775807)",
     "The bitmap of the 64-bit hash of a text.", "bitmap_count(bitmap_hash64('hello'))", "1"},
    {"bitmap", "bitmap_subset_limit", "bitmap, start, n",
     "CASE WHEN ({2}) >= 0 THEN sub_bitmap(bitmap_subset_in_range({0}, {1}, 9223372036854775807), 0, {2}) ELSE "
     "sub_bitmap(bitmap_subset_in_range({0}, 0, ({1}) + 1), {2}, -({2})) END",
     "The first n elements from a start on, or with negative n the last up to it.",
     "bitmap_to_string(bitmap_subset_limit(bitmap_from_string('1,3,5,7'), 2, 2))", "3,5"},
    {"hll", "hll_serialize", "hll", "({0})::bytea", "The sketch as bytes.",
     "hll_cardinality(hll_deserialize(hll_serialize(hll_hash('a'))))", "1"},
    {"hll", "hll_deserialize", "bytes", "({0})::bytea::hll", "The sketch that the bytes are.",
     "hll_cardinality(hll_deserialize(hll_serialize(hll_hash('a'))))", "1"},
    // ---- system
    {"system", "current_version", "", "version()", "What the server says it is.", "current_version() = version()", "t"},
};

}  // namespace

size_t BuiltinMacro::parameter_count() const {
  if (parameters.empty()) return 0;
  return static_cast<size_t>(std::count(parameters.begin(), parameters.end(), ',')) + 1;
}

std::span<const BuiltinMacro> BuiltinMacros() {
  return kMacros;
}

const BuiltinMacro* FindBuiltinMacro(std::string_view name, size_t arguments) {
  for (const BuiltinMacro& macro : kMacros) {
    if (macro.name != name) continue;
    if (macro.is_variadic() ? arguments >= macro.parameter_count() : arguments == macro.parameter_count())
      return &macro;
  }
  return nullptr;
}

std::string BuiltinMacro::Body(std::span<const std::string> arguments) const {
  std::string out;
  for (size_t i = 0; i < body.size(); ++i) {
    const bool is_mark = body[i] == '{' && i + 2 < body.size() && body[i + 1] >= '0' && body[i + 1] <= '9' &&
                         (body[i + 2] == '}' || body.substr(i + 2, 2) == "*}");
    if (!is_mark || static_cast<size_t>(body[i + 1] - '0') >= arguments.size()) {
      out += body[i];
      continue;
    }
    const auto first = static_cast<size_t>(body[i + 1] - '0');
    const bool rest = body[i + 2] == '*';
    for (size_t k = first; k < (rest ? arguments.size() : first + 1); ++k) {
      if (k > first) out += ", ";
      out += arguments[k];
    }
    i += rest ? 3 : 2;
  }
  return out;
}

}  // namespace weir
