#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Quantiles that are exact at the ends and close in between, from clusters of neighbouring values: a merging t-digest
// (Dunning, "Computing Extremely Accurate Quantiles Using t-Digests", 2019). The pieces that work on plain arrays, for
// states that live in an arena.
struct Centroid {
  double mean;
  double weight;
};

// Sorts centroids and merges neighbours until about `compression` are left; returns how many.
size_t CompressCentroids(Centroid* centroids, size_t count, double compression);
// Of compressed centroids, not none of them.
double QuantileOfCentroids(const Centroid* centroids, size_t count, double fraction);

}  // namespace weir
