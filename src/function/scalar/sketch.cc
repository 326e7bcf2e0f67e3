// Sketches as values of type varbinary: HyperLogLog for distinct counts, DDSketch for quantiles.

#include <cmath>

#include "algo/dd_sketch.h"
#include "algo/hyper_log_log.h"
#include "algo/key_hash.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypeKind kBytes = TypeKind::kVarbinary;
constexpr TypeKind kLong = TypeKind::kInt64;
constexpr TypeKind kDouble = TypeKind::kDouble;

HyperLogLog ReadHll(std::string_view bytes) {
  if (bytes.empty()) return {};
  try {
    return HyperLogLog::Deserialize(bytes);
  } catch (const Error& error) {
    throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid hll: {}", error.message());
  }
}

ColumnPtr HashToHll(const KernelArgs& args) {
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::vector<uint64_t> hashes(args.rows.count());
  HashColumn(*args.columns[0], args.rows, false, hashes.data());
  size_t at = 0;
  args.rows.ForEach([&](size_t row) {
    HyperLogLog sketch;
    sketch.Add(hashes[at++]);
    out.SetString(row, sketch.Serialize());
  });
  return out.Finish();
}

ColumnPtr Quantile(const KernelArgs& args) {
  const ColumnView sketches(*args.columns[0]), fractions(*args.columns[1]);
  FlatWriter<double> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const double fraction = fractions.At<double>(row);
    if (!(fraction >= 0 && fraction <= 1)) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "fraction is not between 0 and 1: {}", fraction);
    }
    const std::optional<double> value = DdSketch::Deserialize(sketches.At<StringRef>(row)).Quantile(fraction);
    if (value.has_value())
      out.Set(row, *value);
    else
      out.SetNull(row);
  });
  return out.Finish();
}

}  // namespace

void RegisterSketchFunctions(Registry& registry) {
  Family family(registry, "sketch");
  family.Add("hll_hash", "The HyperLogLog sketch of one value.", "hll_cardinality(hll_hash('a'))", "1",
             {Total({TypePattern::Kind::kAny}, kBytes, HashToHll)});
  family.Add("hll_empty", "The HyperLogLog sketch of no values.", "hll_cardinality(hll_empty())", "0",
             {Total({}, kBytes, [](const KernelArgs& args) {
               FlatWriter<StringRef> out(args.result_type, args.size);
               const std::string empty = HyperLogLog().Serialize();
               args.rows.ForEach([&](size_t row) { out.SetString(row, empty); });
               return out.Finish();
             })});
  family.Add({"hll_cardinality", {"hll_count"}}, "Number of distinct values in a HyperLogLog sketch, about.",
             "hll_cardinality(hll_hash(1))", "1",
             {Partial({kBytes}, kLong, RowKernelWith<int64_t, StringRef>([](RowOut<int64_t>& out, StringRef bytes) {
                        Guard(out, [&] { out.Set(static_cast<int64_t>(ReadHll(bytes).Count())); });
                      }))});
  family.Add("ddsketch_quantile", "The value at a fraction of those in a quantile sketch; see ddsketch().", "", "",
             {Partial({kBytes, kDouble}, kDouble, Quantile)});
  family.Add("ddsketch_count", "Number of values in a quantile sketch.", "", "",
             {Partial({kBytes}, kLong, RowKernelWith<int64_t, StringRef>([](RowOut<int64_t>& out, StringRef bytes) {
                        Guard(out, [&] { out.Set(static_cast<int64_t>(DdSketch::Deserialize(bytes).count())); });
                      }))});
}

}  // namespace weir
