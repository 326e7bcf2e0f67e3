#pragma once

namespace weir {

class Registry;

// + - * / % ^ abs and the bitwise operators over all number types.
void RegisterArithmeticFunctions(Registry& registry);

}  // namespace weir
