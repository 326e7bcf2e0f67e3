#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

// Quantiles of numbers within a relative error, from counts in buckets whose bounds grow by a constant factor (Masson,
// Rim, Lee: "DDSketch", 2019). Sketches of one accuracy merge without loss. A value type.
class DdSketch {
 public:
  static constexpr double kAccuracyDefault = 0.01;

  // Throws kInvalidParameterValue unless 0 < accuracy < 1.
  explicit DdSketch(double accuracy = kAccuracyDefault);
  // Throws kInvalidBinaryRepresentation.
  static DdSketch Deserialize(std::string_view bytes);
  std::string Serialize() const;

  // The bucket of a value: negative ones below 0, which is the bucket of zero. NaN has none.
  static std::optional<int32_t> BucketOf(double value, double accuracy);
  void Add(int32_t bucket, uint64_t count) {
    buckets_[bucket] += count;
    count_ += count;
  }
  // Throws kInvalidParameterValue when the accuracies differ.
  void Merge(const DdSketch& other);
  double accuracy() const { return accuracy_; }
  uint64_t count() const { return count_; }
  const std::map<int32_t, uint64_t>& buckets() const { return buckets_; }
  // Empty for an empty sketch. 0 <= fraction <= 1.
  std::optional<double> Quantile(double fraction) const;

 private:
  double accuracy_;
  uint64_t count_ = 0;
  std::map<int32_t, uint64_t> buckets_;
};

}  // namespace weir
