#include "algo/dd_sketch.h"

#include <cmath>

#include "base/bytes.h"
#include "base/error.h"

namespace weir {

namespace {

constexpr uint8_t kVersion = 1;
// Magnitudes below count as zero.
constexpr double kSmallest = 1e-300;
// The bucket of magnitude 1 is kMiddle above (below) that of zero.
constexpr int32_t kMiddle = 1 << 29;

double LogGamma(double accuracy) {
  return std::log1p(2 * accuracy / (1 - accuracy));
}

}  // namespace

DdSketch::DdSketch(double accuracy) : accuracy_(accuracy) {
  // Finer ones would run out of bucket numbers.
  if (!(accuracy >= 1e-5 && accuracy < 1)) {
    throw Error::User(sqlstate::kInvalidParameterValue, "accuracy of a sketch must be from 0.00001 to below 1: {}",
                      accuracy);
  }
}

std::optional<int32_t> DdSketch::BucketOf(double value, double accuracy) {
  if (std::isnan(value)) return std::nullopt;
  double magnitude = std::fabs(value);
  if (magnitude < kSmallest) return 0;
  magnitude = std::fmin(magnitude, 1.7e308);
  const auto bucket = kMiddle + static_cast<int32_t>(std::ceil(std::log(magnitude) / LogGamma(accuracy)));
  return value < 0 ? -bucket : bucket;
}

void DdSketch::Merge(const DdSketch& other) {
  if (other.count_ == 0) return;
  if (count_ == 0) accuracy_ = other.accuracy_;
  if (accuracy_ != other.accuracy_) {
    throw Error::User(sqlstate::kInvalidParameterValue, "sketches of different accuracies: {} and {}", accuracy_,
                      other.accuracy_);
  }
  for (const auto& [bucket, count] : other.buckets_) Add(bucket, count);
}

std::optional<double> DdSketch::Quantile(double fraction) const {
  if (count_ == 0) return std::nullopt;
  const double rank = fraction * static_cast<double>(count_ - 1);
  uint64_t before = 0;
  int32_t bucket = 0;
  for (const auto& [at, count] : buckets_) {
    bucket = at;
    before += count;
    if (static_cast<double>(before) > rank) break;
  }
  if (bucket == 0) return 0;
  const double gamma = (1 + accuracy_) / (1 - accuracy_);
  const double magnitude = std::exp((std::abs(bucket) - kMiddle) * LogGamma(accuracy_)) * 2 / (gamma + 1);
  return bucket < 0 ? -magnitude : magnitude;
}

std::string DdSketch::Serialize() const {
  ByteWriter out;
  out.Put(kVersion);
  out.Put(accuracy_);
  out.PutVarint(buckets_.size());
  int64_t last = 0;
  for (const auto& [bucket, count] : buckets_) {
    out.PutZigzag(bucket - last);
    out.PutVarint(count);
    last = bucket;
  }
  return out.Take();
}

DdSketch DdSketch::Deserialize(std::string_view bytes) {
  try {
    ByteReader in(bytes);
    if (in.Get<uint8_t>() != kVersion) throw Error::Operational(sqlstate::kDataCorrupted, "version");
    DdSketch out(in.Get<double>());
    int64_t bucket = 0;
    for (uint64_t left = in.GetVarint(); left > 0; --left) {
      bucket = static_cast<int64_t>(static_cast<uint64_t>(bucket) + static_cast<uint64_t>(in.GetZigzag()));
      if (bucket < INT32_MIN || bucket > INT32_MAX) throw Error::Operational(sqlstate::kDataCorrupted, "bucket");
      out.Add(static_cast<int32_t>(bucket), in.GetVarint());
    }
    if (!in.empty()) throw Error::Operational(sqlstate::kDataCorrupted, "bytes left over");
    return out;
  } catch (const Error& error) {
    throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid quantile sketch: {}", error.message());
  }
}

}  // namespace weir
