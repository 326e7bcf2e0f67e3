#include "function/scalar/register.h"

namespace weir {

void RegisterScalarFunctions(Registry& registry) {
  RegisterStringFunctions(registry);
  RegisterStringSearchFunctions(registry);
  RegisterStringConcatFunctions(registry);
  RegisterEncodingFunctions(registry);
  RegisterLikeFunctions(registry);
  RegisterRegexpFunctions(registry);
  RegisterDateTimeFieldFunctions(registry);
  RegisterDateTimeTruncFunctions(registry);
  RegisterDateTimeBinFunctions(registry);
  RegisterDateTimeArithmeticFunctions(registry);
  RegisterDateTimeMakeFunctions(registry);
  RegisterMysqlDateTimeFunctions(registry);
  RegisterMathFunctions(registry);
  RegisterDecimalPowers(registry);
  RegisterRoundingFunctions(registry);
  RegisterListFunctions(registry);
  RegisterNumberListFunctions(registry);
  RegisterMapAndStructFunctions(registry);
  RegisterSystemFunctions(registry);
  RegisterTemplateFunctions(registry);
  RegisterJsonFunctions(registry);
  RegisterJsonPartsFunctions(registry);
  RegisterNormalizeFunctions(registry);
  RegisterOverlaps(registry);
  RegisterLambdaFunctions(registry);
  RegisterLetFunctions(registry);
  RegisterListAggregate(registry);
  RegisterBitmapFunctions(registry);
  RegisterJsonChangeFunctions(registry);
  RegisterJsonBuildFunctions(registry);
  RegisterDigestFunctions(registry);
  RegisterTextDistanceFunctions(registry);
  RegisterSpecialMathFunctions(registry);
  RegisterIdentifierTextFunctions(registry);
  RegisterListShapeFunctions(registry);
  RegisterGeographyFunctions(registry);
  RegisterStrftimeFunctions(registry);
  RegisterJsonConvertFunctions(registry);
  RegisterByteFunctions(registry);
  RegisterSeriesFunctions(registry);
  RegisterSketchFunctions(registry);
  RegisterPartAssignment(registry);
  RegisterEnumFunctions(registry);
  RegisterBitStringFunctions(registry);
  RegisterCollationFunctions(registry);
  RegisterDomainFunctions(registry);
  // Last: it names what the others have.
  RegisterFunctionAliases(registry);
}

}  // namespace weir
