#include "server/cell_text.h"

#include <array>
#include <charconv>

#include "base/json_text.h"
#include "catalog/system_type.h"
#include "types/to_json.h"

namespace weir {

namespace {

template <typename T>
void AppendInteger(T value, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<size_t>(end - digits.data()));
}

// Numbers with spaces between them.
void AppendVector(const ColumnView& view, const Type& type, size_t row, const TextOptions& text, std::string& out) {
  const ListEntry entry = view.At<ListEntry>(row);
  const ColumnView items(*view.base().child(0));
  for (uint32_t i = 0; i < entry.length; ++i) {
    if (i != 0) out += ' ';
    AppendCellText(items, type.element(), entry.offset + i, text, out);
  }
}

}  // namespace

void AppendCellText(const ColumnView& view, const Type& type, size_t row, const TextOptions& text, std::string& out) {
  switch (type.kind()) {
    case TypeKind::kBoolean:
      out += view.At<uint8_t>(row) != 0 ? 't' : 'f';
      return;
    case TypeKind::kInt8:
      return AppendInteger(static_cast<int>(view.At<int8_t>(row)), out);
    case TypeKind::kInt16:
      return AppendInteger(view.At<int16_t>(row), out);
    case TypeKind::kInt32:
      return AppendInteger(view.At<int32_t>(row), out);
    case TypeKind::kInt64:
      return AppendInteger(view.At<int64_t>(row), out);
    case TypeKind::kInt128:
      return AppendInt128(view.At<int128_t>(row), out);
    case TypeKind::kFloat:
      return AppendFloat(view.At<float>(row), text.extra_float_digits, out);
    case TypeKind::kDouble:
      return AppendDouble(view.At<double>(row), text.extra_float_digits, out);
    case TypeKind::kDecimal:
      return AppendDecimal(type.physical() == PhysicalType::kInt64 ? view.At<int64_t>(row) : view.At<int128_t>(row),
                           type, out);
    case TypeKind::kDate:
      return AppendDate(view.At<int32_t>(row), text, out);
    case TypeKind::kTime:
      return AppendTime(view.At<int64_t>(row), out);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNs:
      return AppendTimestamp(view.At<int64_t>(row), type.is_timestamp_ns(), text, out);
    case TypeKind::kTimestampTz:
    case TypeKind::kTimestampTzNs:
      return AppendTimestampTz(view.At<int64_t>(row), type.is_timestamp_ns(), text, out);
    case TypeKind::kVarchar:
    case TypeKind::kJson:
    case TypeKind::kUnknown:
      out += view.At<StringRef>(row).view();
      return;
    case TypeKind::kList:
      if (IsSystemVector(type)) return AppendVector(view, type, row, text, out);
      return AppendValue(view.base().GetValue(view.Index(row)), out, text);
    case TypeKind::kVarbinary:
      return AppendBytea(view.At<StringRef>(row).view(), text.bytea_escaped, out);
    default:
      AppendValue(view.base().GetValue(view.Index(row)), out, text);
  }
}

void AppendCellJson(const ColumnView& view, const Type& type, size_t row, const TextOptions& text, std::string& out) {
  if (view.IsNull(row)) {
    out += "null";
    return;
  }
  switch (type.kind()) {
    case TypeKind::kInt8:
    case TypeKind::kInt16:
    case TypeKind::kInt32:
    case TypeKind::kInt64:
    case TypeKind::kInt128:
      return AppendCellText(view, type, row, text, out);
    case TypeKind::kVarchar:
      return AppendJsonString(view.At<StringRef>(row).view(), out);
    case TypeKind::kTime:
      out += '"';
      AppendCellText(view, type, row, text, out);
      out += '"';
      return;
    default:
      return AppendJson(view.base().GetValue(view.Index(row)), text, out);
  }
}

}  // namespace weir
