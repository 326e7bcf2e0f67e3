#pragma once

namespace weir {

class Registry;

// nullif, greatest, least, if, ifnull, try and their kin. CASE and COALESCE are nodes of their own; `if` and `ifnull`
// become such nodes when they are evaluated, so that branches not taken are not computed.
void RegisterConditionalFunctions(Registry& registry);

}  // namespace weir
