#include "function/scalar/answers_testing.h"

namespace weir {
namespace {

// What PostgreSQL 15 answers; "error" and the SQLSTATE where it refuses.
constexpr Answer kAnswers[] = {
    {"array_position(array['sun','mon','tue','wed','thu','fri','sat'],'mon')", "2"},
    {"array_position(array[1,2,1],1,2)", "3"},
    {"array_positions(array['A','A','B','A'],'A')", "{1,2,4}"},
    {"array_remove(array[1,2,3,2],2)", "{1,3}"},
    {"array_remove(array[1,NULL,3],NULL)", "{1,3}"},
    {"array_replace(array[1,2,5,4],5,3)", "{1,2,3,4}"},
    {"array_to_string(array[1,2,3,null,5],',','*')", "1,2,3,*,5"},
    {"array_to_string(array[1,2,3,null,5],',')", "1,2,3,5"},
    {"array_append(null::int[],3)", "{3}"},
    {"array_append(array[1],null)", "{1,NULL}"},
    {"array_prepend(1,array[2])", "{1,2}"},
    {"array_cat(null::int[],array[1])", "{1}"},
    {"array_length(array[1,2,3],1)", "3"},
    {"array_length(array[1,2,3],2)", "NULL"},
    {"array_length('{}'::int[],1)", "NULL"},
    {"cardinality('{}'::int[])", "0"},
    {"array_ndims(array[[1,2],[3,4]])", "2"},
    {"array_lower(array[1,2],1)", "1"},
    {"array_upper(array[1,2,3],1)", "3"},
    {"(array[1,2,3])[2]", "2"},
    {"(array[1,2,3])[5]", "NULL"},
    {"(array[1,2,3])[0]", "NULL"},
    {"(array[1,2,3,4])[2:3]", "{2,3}"},
    {"(array[1,2,3])[0:9]", "{1,2,3}"},
    {"(array[1,2,3])[2:]", "{2,3}"},
    {"(array[1,2,3])[:2]", "{1,2}"},
    {"array[1,4,3]@>array[3,1,3]", "t"},
    {"array[2,2,7]<@array[1,7,4,2,6]", "t"},
    {"array[1,4,3]&&array[2,1]", "t"},
    {"array[1,null]@>array[null]::int[]", "f"},
    {"trim_array(array[1,2,3,4],2)", "{1,2}"},
    {"trim_array(array[1,2,3,4],9)", "error 2202E"},
    {"array[1,2] = array[1,2]", "t"},
    {"array[1,2] < array[1,3]", "t"},
};

TEST(PostgresTest, Lists) {
  ExpectAnswers(kAnswers);
}

}  // namespace
}  // namespace weir
