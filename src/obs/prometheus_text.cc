#include "obs/prometheus_text.h"

#include <cmath>

#include <fmt/format.h>

namespace weir::obs {
namespace {

void AppendEscaped(std::string& out, std::string_view text, bool quote) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quote) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

// `bound` is the le label of a bucket, empty for other lines.
void AppendLine(std::string& out, const MetricSample& sample, std::string_view suffix, std::string_view bound,
                double value) {
  out += sample.name;
  out += suffix;
  if (!sample.labels.empty() || !bound.empty()) {
    out += '{';
    bool first = true;
    for (const auto& [name, text] : sample.labels) {
      if (!first) out += ',';
      first = false;
      out += name;
      out += "=\"";
      AppendEscaped(out, text, true);
      out += '"';
    }
    if (!bound.empty()) out += fmt::format("{}le=\"{}\"", first ? "" : ",", bound);
    out += '}';
  }
  out += ' ';
  out += NumberText(value);
  out += '\n';
}

}  // namespace

std::string PrometheusText(std::span<const MetricSample> samples) {
  std::string out;
  std::string_view last_name;
  for (const MetricSample& sample : samples) {
    if (sample.name != last_name) {
      last_name = sample.name;
      out += fmt::format("# HELP {} ", sample.name);
      AppendEscaped(out, sample.help, false);
      out += fmt::format("\n# TYPE {} {}\n", sample.name, MetricKindName(sample.kind));
    }
    if (sample.kind != MetricKind::kHistogram) {
      AppendLine(out, sample, "", "", sample.value);
      continue;
    }
    double below = 0;
    for (size_t i = 0; i < sample.bucket_counts.size(); ++i) {
      below += static_cast<double>(sample.bucket_counts[i]);
      const std::string bound = i < sample.bucket_bounds.size() ? NumberText(sample.bucket_bounds[i]) : "+Inf";
      AppendLine(out, sample, "_bucket", bound, below);
    }
    AppendLine(out, sample, "_sum", "", sample.sum);
    AppendLine(out, sample, "_count", "", below);
  }
  return out;
}

}  // namespace weir::obs
