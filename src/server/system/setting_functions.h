#pragma once

#include "expr/registry.h"

namespace weir {

// current_setting and set_config: the session's settings as values.
void RegisterSettingFunctions(Registry& registry);

}  // namespace weir
