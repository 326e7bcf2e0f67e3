// The keys that collations order texts by.

#include "types/collation.h"

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

ColumnPtr Keys(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), locales(*args.columns[1]), deterministic(*args.columns[2]);
  FlatWriter<StringRef> writer(args.result_type, args.size);
  std::string key;
  std::string locale;
  ForEachRow(args, [&](size_t row) {
    key.clear();
    locale = locales.At<StringRef>(row).view();
    AppendCollationKey(texts.At<StringRef>(row).view(), locale, deterministic.At<uint8_t>(row) != 0, key);
    writer.SetString(row, key);
  });
  return writer.Finish();
}

}  // namespace

void RegisterCollationFunctions(Registry& registry) {
  Family family(registry, "collation");
  family.Add("collation_key",
             "Bytes that compare as texts do by an ICU locale; with true, texts that compare equal follow by their "
             "bytes. What ORDER BY ... COLLATE sorts by.",
             "collation_key('a', 'de', true) < collation_key('B', 'de', true)", "t",
             {Partial({TypeKind::kVarchar, TypeKind::kVarchar, TypeKind::kBoolean}, TypeKind::kVarbinary, Keys)});
}

}  // namespace weir
