#include "algo/t_digest.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace weir {

namespace {

// The k1 scale function: clusters may span one unit of it, so they are small at both ends.
double Scale(double fraction, double compression) {
  return compression / (2 * std::numbers::pi) * std::asin(2 * std::clamp(fraction, 0.0, 1.0) - 1);
}

}  // namespace

size_t CompressCentroids(Centroid* centroids, size_t count, double compression) {
  if (count == 0) return 0;
  std::sort(centroids, centroids + count, [](const Centroid& a, const Centroid& b) { return a.mean < b.mean; });
  double total = 0;
  for (size_t i = 0; i < count; ++i) total += centroids[i].weight;
  size_t kept = 0;
  double before = 0;
  double limit = Scale(0, compression) + 1;
  for (size_t i = 1; i < count; ++i) {
    Centroid& last = centroids[kept];
    const double weight = last.weight + centroids[i].weight;
    // The first and the last stay alone, so that the smallest and the largest value are kept.
    const bool is_end = kept == 0 || i + 1 == count;
    if (!is_end && Scale((before + weight) / total, compression) <= limit) {
      // Weighted by steps, which keeps infinities and equal means as they are.
      if (centroids[i].mean != last.mean) last.mean += (centroids[i].mean - last.mean) * centroids[i].weight / weight;
      last.weight = weight;
    } else {
      before += last.weight;
      limit = Scale(before / total, compression) + 1;
      centroids[++kept] = centroids[i];
    }
  }
  return kept + 1;
}

double QuantileOfCentroids(const Centroid* centroids, size_t count, double fraction) {
  double total = 0;
  for (size_t i = 0; i < count; ++i) total += centroids[i].weight;
  if (count == 1) return centroids[0].mean;
  // A cluster's mean stands in the middle of its weight; between two middles the value is interpolated.
  const double position = fraction * (total - 1) + 0.5;
  double middle = centroids[0].weight / 2;
  if (position <= middle) return centroids[0].mean;
  for (size_t i = 1; i < count; ++i) {
    const double next = middle + (centroids[i - 1].weight + centroids[i].weight) / 2;
    if (position <= next) {
      const double part = (position - middle) / (next - middle);
      return centroids[i - 1].mean + (centroids[i].mean - centroids[i - 1].mean) * part;
    }
    middle = next;
  }
  return centroids[count - 1].mean;
}

}  // namespace weir
