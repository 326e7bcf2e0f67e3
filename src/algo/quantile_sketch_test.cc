#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "algo/dd_sketch.h"
#include "algo/t_digest.h"
#include "base/error.h"

namespace weir {
namespace {

std::vector<double> Samples(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::lognormal_distribution<double> values(0, 3);
  std::vector<double> out(count);
  for (double& value : out) value = values(random) * (random() % 4 == 0 ? -1 : 1);
  return out;
}

DdSketch SketchOf(const std::vector<double>& values, double accuracy) {
  DdSketch sketch(accuracy);
  for (const double value : values) sketch.Add(*DdSketch::BucketOf(value, accuracy), 1);
  return sketch;
}

TEST(DdSketch, IsWithinItsAccuracyAlsoWhenMerged) {
  std::vector<double> values = Samples(50'000, 3);
  const std::vector<double> more = Samples(20'000, 4);
  for (const double accuracy : {0.1, 0.01, 0.001}) {
    DdSketch sketch = SketchOf(values, accuracy);
    sketch.Merge(DdSketch::Deserialize(SketchOf(more, accuracy).Serialize()));
    std::vector<double> sorted = values;
    sorted.insert(sorted.end(), more.begin(), more.end());
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sketch.count(), sorted.size());
    for (const double fraction : {0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0}) {
      const double exact = sorted[static_cast<size_t>(fraction * static_cast<double>(sorted.size() - 1))];
      EXPECT_NEAR(*sketch.Quantile(fraction), exact, std::fabs(exact) * accuracy * 1.001) << fraction;
    }
  }
}

TEST(DdSketch, Corners) {
  EXPECT_FALSE(DdSketch().Quantile(0.5).has_value());
  EXPECT_FALSE(DdSketch::BucketOf(NAN, 0.01).has_value());
  EXPECT_EQ(DdSketch::BucketOf(0, 0.01), 0);
  const DdSketch far = SketchOf({INFINITY, -INFINITY, 1e-310}, 0.01);
  EXPECT_LT(*far.Quantile(0), -1e307);
  EXPECT_EQ(*far.Quantile(0.5), 0);
  EXPECT_GT(*far.Quantile(1), 1e307);
  EXPECT_THROW(DdSketch(0), Error);
  EXPECT_THROW(DdSketch::Deserialize("\1"), Error);
  DdSketch coarse = SketchOf({1}, 0.1);
  EXPECT_THROW(coarse.Merge(SketchOf({1}, 0.01)), Error);
}

TEST(TDigest, IsCloseInTheMiddleAndExactAtTheEnds) {
  std::vector<double> values = Samples(100'000, 5);
  std::vector<Centroid> centroids;
  for (const double value : values) {
    centroids.push_back({value, 1});
    if (centroids.size() == 4000) centroids.resize(CompressCentroids(centroids.data(), centroids.size(), 500));
  }
  centroids.resize(CompressCentroids(centroids.data(), centroids.size(), 500));
  EXPECT_LT(centroids.size(), 600U);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(QuantileOfCentroids(centroids.data(), centroids.size(), 0), values.front());
  EXPECT_EQ(QuantileOfCentroids(centroids.data(), centroids.size(), 1), values.back());
  for (const double fraction : {0.001, 0.1, 0.5, 0.9, 0.999}) {
    const double found = QuantileOfCentroids(centroids.data(), centroids.size(), fraction);
    const auto rank = static_cast<double>(std::lower_bound(values.begin(), values.end(), found) - values.begin());
    EXPECT_NEAR(rank / static_cast<double>(values.size()), fraction, 0.002) << fraction;
  }
}

}  // namespace
}  // namespace weir
