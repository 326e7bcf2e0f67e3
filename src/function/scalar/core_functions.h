#pragma once

namespace weir {

class Registry;

// Operators, conditionals and casts: what every statement may need, without the families of strings, dates and so on.
void RegisterCoreFunctions(Registry& registry);

}  // namespace weir
