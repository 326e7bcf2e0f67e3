#include "plan/window.h"

#include <fmt/format.h>

namespace weir {

namespace {

bool Same(const ExprPtr& a, const ExprPtr& b) {
  return a == nullptr || b == nullptr ? a == b : a->Equals(*b);
}

std::string EdgeText(const WindowFrame::Bound& bound) {
  switch (bound.edge) {
    case FrameEdge::kUnboundedPreceding:
      return "unbounded preceding";
    case FrameEdge::kPreceding:
      return bound.distance->ToString() + " preceding";
    case FrameEdge::kCurrentRow:
      return "current row";
    case FrameEdge::kFollowing:
      return bound.distance->ToString() + " following";
    case FrameEdge::kUnboundedFollowing:
      return "unbounded following";
  }
  return "?";
}

}  // namespace

bool WindowFrame::Equals(const WindowFrame& other) const {
  const auto same_bound = [](const Bound& a, const Bound& b) {
    return a.edge == b.edge && Same(a.distance, b.distance) && Same(a.value, b.value);
  };
  return unit == other.unit && exclusion == other.exclusion && same_bound(start, other.start) &&
         same_bound(end, other.end) && Same(range_key, other.range_key) && range_descending == other.range_descending &&
         range_nulls_first == other.range_nulls_first;
}

std::string WindowFrame::ToString() const {
  constexpr std::string_view kUnits[] = {"rows", "range", "groups"};
  constexpr std::string_view kExclusions[] = {"", " exclude current row", " exclude group", " exclude ties"};
  if (unit == FrameUnit::kRange && start.edge == FrameEdge::kUnboundedPreceding && end.edge == FrameEdge::kCurrentRow &&
      exclusion == FrameExclusion::kNoOthers) {
    return "";
  }
  return fmt::format("{} between {} and {}{}", kUnits[static_cast<size_t>(unit)], EdgeText(start), EdgeText(end),
                     kExclusions[static_cast<size_t>(exclusion)]);
}

bool WindowCall::Equals(const WindowCall& other) const {
  if (function != other.function || call.name != other.call.name || call.overload != other.call.overload ||
      ignore_nulls != other.ignore_nulls || call.args.size() != other.call.args.size() ||
      !Same(call.filter, other.call.filter) || !frame.Equals(other.frame)) {
    return false;
  }
  for (size_t i = 0; i < call.args.size(); ++i) {
    if (!call.args[i]->Equals(*other.call.args[i])) return false;
  }
  return true;
}

std::string WindowCall::ToString() const {
  std::string out = call.ToString();
  if (call.args.empty() && function != WindowFunction::kAggregate) out = call.name + "()";
  if (ignore_nulls) out += " ignore nulls";
  const std::string frame_text = frame.ToString();
  if (!frame_text.empty()) out += " " + frame_text;
  return out;
}

}  // namespace weir
