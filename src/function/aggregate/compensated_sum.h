#pragma once

#include <cmath>

namespace weir {

// A sum of doubles that keeps what each addition rounds away (Kahan's, as Neumaier improved it). Zeroed is empty.
struct CompensatedSum {
  double sum;
  double lost;

  void Add(double value) {
    const double total = sum + value;
    lost += std::abs(sum) >= std::abs(value) ? (sum - total) + value : (value - total) + sum;
    sum = total;
  }
  void Add(const CompensatedSum& other) {
    Add(other.sum);
    lost += other.lost;
  }
  // Of infinite sums nothing is known to be lost.
  double value() const { return std::isfinite(sum) ? sum + lost : sum; }
};

}  // namespace weir
