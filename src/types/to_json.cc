#include "types/to_json.h"

#include <cmath>

#include "base/json_text.h"
#include "types/calendar.h"

namespace weir {

void AppendJson(const Value& value, const TextOptions& session, std::string& out) {
  // Dates in JSON are ISO's, whatever the session's style.
  TextOptions options = session;
  options.dates = TextStyle::Dates::kIso;
  if (value.is_null()) {
    out += "null";
    return;
  }
  const Type& type = value.type();
  switch (type.kind()) {
    case TypeKind::kBoolean:
      out += value.boolean() ? "true" : "false";
      return;
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kInt128:
    case TypeKind::kDecimal:
    case TypeKind::kJson:
      AppendValue(value, out, options);
      return;
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      if (std::isfinite(value.floating())) {
        AppendValue(value, out, options);
        return;
      }
      break;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampNs:
    case TypeKind::kTimestampTzNs: {
      std::string text = FormatValue(value, options);
      if (const size_t space = text.find(' '); space != std::string::npos && !IsInfiniteTimestamp(value.integer())) {
        text[space] = 'T';
      }
      // Offsets have minutes there.
      if (type.has_time_zone() && !IsInfiniteTimestamp(value.integer()) && text.size() > 3 &&
          (text[text.size() - 3] == '+' || text[text.size() - 3] == '-')) {
        text += ":00";
      }
      AppendJsonString(text, out);
      return;
    }
    case TypeKind::kList:
      out += '[';
      for (size_t i = 0; i < value.parts().size(); ++i) {
        if (i > 0) out += ',';
        AppendJson(value.parts()[i], options, out);
      }
      out += ']';
      return;
    case TypeKind::kStruct:
      out += '{';
      for (size_t i = 0; i < value.parts().size(); ++i) {
        if (i > 0) out += ',';
        AppendJsonString(type.fields()[i].name, out);
        out += ':';
        AppendJson(value.parts()[i], options, out);
      }
      out += '}';
      return;
    case TypeKind::kMap:
      out += '{';
      for (size_t i = 0; i + 1 < value.parts().size(); i += 2) {
        if (i > 0) out += ',';
        AppendJsonString(FormatValue(value.parts()[i], options), out);
        out += ':';
        AppendJson(value.parts()[i + 1], options, out);
      }
      out += '}';
      return;
    default:
      break;
  }
  AppendJsonString(FormatValue(value, options), out);
}

}  // namespace weir
