#pragma once

namespace weir {

class Registry;

// One function per family file; RegisterScalarFunctions calls them all.
void RegisterScalarFunctions(Registry& registry);

void RegisterStringFunctions(Registry& registry);
void RegisterStringSearchFunctions(Registry& registry);
void RegisterStringConcatFunctions(Registry& registry);
void RegisterEncodingFunctions(Registry& registry);
void RegisterLikeFunctions(Registry& registry);
void RegisterRegexpFunctions(Registry& registry);
void RegisterDateTimeFieldFunctions(Registry& registry);
void RegisterDateTimeTruncFunctions(Registry& registry);
void RegisterDateTimeBinFunctions(Registry& registry);
void RegisterDateTimeArithmeticFunctions(Registry& registry);
void RegisterDateTimeMakeFunctions(Registry& registry);
void RegisterMysqlDateTimeFunctions(Registry& registry);
void RegisterMathFunctions(Registry& registry);
void RegisterDecimalPowers(Registry& registry);
void RegisterRoundingFunctions(Registry& registry);
void RegisterListFunctions(Registry& registry);
void RegisterNumberListFunctions(Registry& registry);
void RegisterMapAndStructFunctions(Registry& registry);
void RegisterSystemFunctions(Registry& registry);
void RegisterTemplateFunctions(Registry& registry);
void RegisterJsonFunctions(Registry& registry);
void RegisterJsonPartsFunctions(Registry& registry);
void RegisterNormalizeFunctions(Registry& registry);
void RegisterOverlaps(Registry& registry);
void RegisterLambdaFunctions(Registry& registry);
void RegisterLetFunctions(Registry& registry);
void RegisterListAggregate(Registry& registry);
void RegisterBitmapFunctions(Registry& registry);
void RegisterJsonChangeFunctions(Registry& registry);
void RegisterJsonBuildFunctions(Registry& registry);
void RegisterDigestFunctions(Registry& registry);
void RegisterTextDistanceFunctions(Registry& registry);
void RegisterSpecialMathFunctions(Registry& registry);
void RegisterIdentifierTextFunctions(Registry& registry);
void RegisterListShapeFunctions(Registry& registry);
void RegisterGeographyFunctions(Registry& registry);
void RegisterStrftimeFunctions(Registry& registry);
void RegisterFunctionAliases(Registry& registry);
void RegisterJsonConvertFunctions(Registry& registry);
void RegisterByteFunctions(Registry& registry);
void RegisterSeriesFunctions(Registry& registry);
void RegisterSketchFunctions(Registry& registry);
void RegisterPartAssignment(Registry& registry);
void RegisterEnumFunctions(Registry& registry);
void RegisterBitStringFunctions(Registry& registry);
void RegisterCollationFunctions(Registry& registry);
void RegisterDomainFunctions(Registry& registry);

}  // namespace weir
