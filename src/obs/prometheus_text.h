#pragma once

#include <span>
#include <string>
#include <string_view>

#include "obs/metrics.h"

namespace weir::obs {

// The Content-Type that goes with it.
inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

// A snapshot in Prometheus' text exposition format.
std::string PrometheusText(std::span<const MetricSample> samples);

}  // namespace weir::obs
