// Other names of functions that other families have, for those who come from other dialects.

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"

namespace weir {

void RegisterFunctionAliases(Registry& registry) {
  struct Alias {
    const char* name;
    std::vector<std::string> aliases;
  };
  const Alias aliases[] = {
      // Operators.
      {"+", {"add"}},
      {"-", {"subtract"}},
      {"*", {"multiply"}},
      {"/", {"divide"}},
      {"?", {"jsonb_exists"}},
      {"?|", {"jsonb_exists_any"}},
      {"?&", {"jsonb_exists_all"}},
      {"@>", {"jsonb_contains"}},
      {"<@", {"jsonb_contained"}},
      {"&&", {"array_has_any"}},
      {"->", {"json_object_field", "jsonb_object_field", "json_array_element", "jsonb_array_element"}},
      {"->>",
       {"json_object_field_text", "jsonb_object_field_text", "json_array_element_text", "jsonb_array_element_text"}},
      // Lists.
      {"array_append", {"array_push_back"}},
      {"array_cat", {"list_cat"}},
      {"array_contains", {"list_has"}},
      {"array_position", {"list_indexof", "array_indexof"}},
      {"array_reverse", {"list_reverse"}},
      {"array_sortby", {"array_sort_lambda"}},
      {"[]", {"list_element", "array_extract", "map_extract"}},
      // Texts.
      {"octet_length", {"strlen"}},
      {"length", {"textlen"}},
      {"ascii", {"ord", "unicode"}},
      {"starts_with", {"prefix"}},
      {"split", {"split_by_string"}},
      {"regexp_split_to_array", {"str_split_regex", "string_split_regex"}},
      {"regexp_instr", {"regexp_position"}},
      {"normalize", {"nfc_normalize"}},
      {"to_base64", {"base64"}},
      {"bin", {"to_bin"}},
      // Numbers.
      {"trunc", {"dtrunc"}},
      {"%", {"fmod"}},
      {"gcd", {"greatest_common_divisor"}},
      {"lcm", {"least_common_multiple"}},
      // Dates.
      {"date_part", {"datepart"}},
      {"date_trunc", {"datetrunc"}},
      {"timestampdiff", {"datesub"}},
      {"current_time", {"get_current_time", "current_localtime"}},
      {"now", {"get_current_timestamp"}},
      {"localtimestamp", {"current_localtimestamp"}},
      // System.
      {"error", {"raise_error"}},
      {"current_user", {"getpgusername"}},
      {"gen_random_uuid", {"uuidv4"}},
      {"current_database", {"catalog"}},
  };
  Family family(registry, "");
  for (const Alias& alias : aliases) {
    if (registry.FindFunction(alias.name) == nullptr) throw Error::Internal("alias of no function: {}", alias.name);
    family.Add({alias.name, alias.aliases}, "", "", "", {});
  }
}

}  // namespace weir
