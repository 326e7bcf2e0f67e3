// Sketches: HyperLogLog for distinct counts (hll), t-digest for quantiles (percentile), DDSketch as bytea.

#include <cmath>

#include "algo/dd_sketch.h"
#include "algo/hyper_log_log.h"
#include "algo/key_hash.h"
#include "algo/t_digest.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypeKind kHll = TypeKind::kHll;

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

// ---- percentile: the centroids of a t-digest

constexpr double kCompression = 1000;

std::vector<Centroid> ReadCentroids(std::string_view bytes) {
  if (bytes.size() % sizeof(Centroid) != 0) {
    throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid percentile: {} bytes", bytes.size());
  }
  std::vector<Centroid> centroids(bytes.size() / sizeof(Centroid));
  if (!bytes.empty()) std::memcpy(centroids.data(), bytes.data(), bytes.size());
  for (const Centroid& centroid : centroids) {
    if (std::isnan(centroid.mean) || !(centroid.weight > 0)) {
      throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid percentile: weight {}", centroid.weight);
    }
  }
  return centroids;
}

void HashPercentile(RowOut<StringRef>& out, double value) {
  if (std::isnan(value)) return out.SetString({});
  const Centroid centroid{value, 1};
  out.SetString({reinterpret_cast<const char*>(&centroid), sizeof(centroid)});
}

void QuantileOfPercentile(RowOut<double>& out, StringRef bytes, double fraction) {
  Guard(out, [&] {
    out.Set(0);
    if (!(fraction >= 0 && fraction <= 1)) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "fraction is not between 0 and 1: {}", fraction);
    }
    std::vector<Centroid> centroids = ReadCentroids(bytes);
    if (centroids.empty()) return out.SetNull();
    const size_t count = CompressCentroids(centroids.data(), centroids.size(), kCompression);
    out.Set(QuantileOfCentroids(centroids.data(), count, fraction));
  });
}

void RegisterPercentileFunctions(Registry& registry) {
  constexpr TypeKind kPercentile = TypeKind::kPercentile;
  Family family(registry, "sketch");
  family.Add("percentile_hash", "The quantile sketch (percentile) of one number.",
             "percentile_approx_raw(percentile_hash(5), 0.5)", "5",
             {Total({kDouble}, kPercentile, RowKernelWith<StringRef, double>(HashPercentile))});
  family.Add("percentile_empty", "The quantile sketch (percentile) of no numbers.",
             "percentile_approx_raw(percentile_empty(), 0.5)", "NULL",
             {Total({}, kPercentile, [](const KernelArgs& args) {
               return FlatWriter<StringRef>(args.result_type, args.size).Finish();
             })});
  family.Add(
      "percentile_approx_raw", "The value at a fraction of those in a quantile sketch, about; NULL of none.",
      "percentile_approx_raw(percentile_hash(5), 0.5)", "5",
      {Partial({kPercentile, kDouble}, kDouble, RowKernelWith<double, StringRef, double>(QuantileOfPercentile))});
}

}  // namespace

void RegisterSketchFunctions(Registry& registry) {
  // Their bytes can be taken out and put in, on purpose only.
  for (const TypeKind kind : {TypeKind::kHll, TypeKind::kBitmap, TypeKind::kPercentile}) {
    const CastFactory relabel = [](const Type&, const Type&) {
      return CastKernel([](const KernelArgs& args) { return Column::Reinterpret(args.columns[0], args.result_type); });
    };
    registry.AddCast(kind, kBytes, CastRule::kExplicit, relabel);
    registry.AddCast(kBytes, kind, CastRule::kExplicit, relabel);
  }
  RegisterPercentileFunctions(registry);
  Family family(registry, "sketch");
  family.Add("hll_hash", "The HyperLogLog sketch of one value.", "hll_cardinality(hll_hash('a'))", "1",
             {Total({TypePattern::Kind::kAny}, kHll, HashToHll)});
  family.Add("hll_empty", "The HyperLogLog sketch of no values.", "hll_cardinality(hll_empty())", "0",
             {Total({}, kHll, [](const KernelArgs& args) {
               FlatWriter<StringRef> out(args.result_type, args.size);
               const std::string empty = HyperLogLog().Serialize();
               args.rows.ForEach([&](size_t row) { out.SetString(row, empty); });
               return out.Finish();
             })});
  family.Add({"hll_cardinality", {"hll_count"}}, "Number of distinct values in a HyperLogLog sketch, about.",
             "hll_cardinality(hll_hash(1))", "1",
             {Partial({kHll}, kLong, RowKernelWith<int64_t, StringRef>([](RowOut<int64_t>& out, StringRef bytes) {
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
