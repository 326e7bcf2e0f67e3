#pragma once

namespace weir {

class Registry;

// Adds all aggregate functions. Their operations skip rows with NULL arguments by themselves where the SQL function
// does, so callers need not filter such rows out.
void RegisterAggregates(Registry& registry);

}  // namespace weir
