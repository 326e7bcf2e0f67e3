#include "plan/change.h"

namespace weir {

std::string_view ChangeKindName(ChangeKind kind) {
  constexpr std::string_view kNames[] = {"Changes in WITH", "Insert into", "Update", "Delete from", "Merge into"};
  return kNames[static_cast<size_t>(kind)];
}

std::string RowChange::ToString() const {
  std::string out(ChangeKindName(kind));
  if (kind == ChangeKind::kQuery) return out;
  out += ' ';
  out += table_name;
  if (returning) out += " returning";
  return out;
}

}  // namespace weir
