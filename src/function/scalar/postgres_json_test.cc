#include "function/scalar/answers_testing.h"

namespace weir {
namespace {

// What PostgreSQL 15 answers; "error" and the SQLSTATE where it refuses.
constexpr Answer kAnswers[] = {
    {R"(json '{"a":{"b":1,"c":[1,"x",null,true,1.50]}}'->'a')", R"({"b":1,"c":[1,"x",null,true,1.50]})"},
    {R"(json '{"a":{"b":"q"}}'->'a'->>'b')", "q"},
    {"json '[1,2,3]'->1", "2"},
    {"json '[1,2,3]'->-1", "3"},
    {"json '[1,null]'->>1", "NULL"},
    {"json '[1,2]'->5", "NULL"},
    {R"(json '{"a":{"b":["foo","bar"]}}'#>'{a,b,1}')", R"("bar")"},
    {R"(json '{"a":{"b":["foo","bar"]}}'#>>'{a,b,1}')", "bar"},
    {R"(json '{"a":1,"a":2}'->'a')", "2"},
    {R"(json '"\u00e9\n\ud83d\ude00"'#>>'{}')", R"(é
😀)"},
    {R"(json '{"a":"x\ty\u0041"}'->>'a')", "x	yA"},
    {R"(json '{"a": [1, 2 ] }'->>'a')", "[1, 2 ]"},
    {"json_typeof('-123.4')", "number"},
    {"json_typeof('null')", "null"},
    {R"(json_array_length('[1,2,3,{"f1":1}]'))", "4"},
    {"json_array_length('{}')", "error 22023"},
    {R"(to_json('Fred said "Hi."'::text))", R"("Fred said \"Hi.\"")"},
    {"to_json(array[1,2])", "[1,2]"},
    {"to_json(timestamp '2024-01-01 10:00')", R"("2024-01-01T10:00:00")"},
    {"to_json(timestamptz '2024-01-01 10:00+00')", R"("2024-01-01T10:00:00+00:00")"},
    {"to_json(date '2024-01-01')", R"("2024-01-01")"},
    {"to_json(1.50)", "1.50"},
    {"to_json(true)", "true"},
    {"to_json(1.5::float8)", "1.5"},
    {"to_json('nan'::float8)", R"("NaN")"},
    {"json_build_array(1,2,'foo',4)", R"([1, 2, "foo", 4])"},
    {"json_build_object('foo',1,'bar',NULL)", R"({"foo" : 1, "bar" : null})"},
    {"json_build_object('a',1,'b')", "error 22023"},
    {"json_build_object('b',array[true,false])", R"({"b" : [true,false]})"},
    {R"(json_extract_path('{"f2":{"f3":1},"f4":{"f5":99}}','f4','f5'))", "99"},
    {R"(json_extract_path_text('{"f4":{"f6":"foo"}}','f4','f6'))", "foo"},
    {R"(jsonb '{"a":1,"b":2}' @> '{"b":2}')", "t"},
    {"jsonb '[1,2,[1,3]]' @> '[1,3]'", "f"},
    {"jsonb '[1,2,[1,3]]' @> '[[1,3]]'", "t"},
    {R"(jsonb '["foo","bar"]' @> '"bar"')", "t"},
    {R"(jsonb '{"a":{"b":1,"c":2}}' @> '{"a":{"b":1}}')", "t"},
    {R"(jsonb '{"a":[1,2]}' @> '{"a":[2]}')", "t"},
    {"jsonb '[1,[2]]' @> '[2]'", "f"},
    {R"(jsonb '{"b":2}' <@ '{"a":1,"b":2}')", "t"},
    {R"(jsonb '["a","b"]' ? 'b')", "t"},
    {R"(jsonb '{"a":1}' ? 'a')", "t"},
    {R"(jsonb '{"a":1}' ? 'b')", "f"},
    {R"(jsonb '"a"' ? 'a')", "t"},
    {"current_schema()", "public"},
    {"current_schemas(true)", "{pg_catalog,public}"},
    {"pg_typeof(1)", "integer"},
    {"pg_typeof(array[1])", "integer[]"},
    {"pg_typeof(1.5::float8)", "double precision"},
    {"pg_typeof(timestamp '2024-01-01')", "timestamp without time zone"},
    {"pg_size_pretty(1234567::bigint)", "1206 kB"},
    {"pg_size_pretty(10::bigint)", "10 bytes"},
    {"pg_size_pretty(10240::bigint)", "10 kB"},
    {"pg_size_pretty(1099511627776::bigint)", "1024 GB"},
};

TEST(PostgresTest, Json) {
  ExpectAnswers(kAnswers);
}

}  // namespace
}  // namespace weir
