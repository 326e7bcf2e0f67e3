#include "storage/exact_bounds.h"

#include "storage/page_pruning.h"

namespace weir {

namespace {

// Of which the bounds in statistics are values that occur.
bool KeepsBounds(const Type& type) {
  return type.is_integer() || type.is(TypeKind::kDecimal) || type.is(TypeKind::kDate) || type.is_timestamp();
}

bool IsExact(const ColumnStatistics& statistics, uint64_t rows, const Type& type) {
  if (statistics.null_count == rows) return true;
  return statistics.null_count < rows && KeepsBounds(type) && statistics.min.has_value() &&
         statistics.max.has_value() && statistics.min->type() == type && statistics.max->type() == type;
}

bool IsExact(const parquet::ColumnBounds& raw, const Type& type) {
  if (!raw.null_count.has_value()) return false;
  if (raw.all_null()) return true;
  const auto bounds = BoundsAs(raw, type);
  if (!bounds.has_value() || !bounds->min.has_value() || !bounds->max.has_value()) return false;
  if (type.is(TypeKind::kVarchar)) return raw.min_is_exact && raw.max_is_exact;
  return KeepsBounds(type);
}

}  // namespace

std::vector<bool> ExactBounds(const TableDef& def, const TableState& table) {
  constexpr uint64_t kInlineRowsMax = 20'000;  // more are not looked at for statistics
  std::vector<bool> out(def.columns.size(), table.deleted_rows == 0 && table.inline_rows <= kInlineRowsMax);
  table.segments.ForEach([&](const SegmentRef& ref) {
    for (size_t i = 0; i < out.size(); ++i) {
      const auto part = ref.info->columns.find(def.columns[i].id);
      out[i] = out[i] && part != ref.info->columns.end() && IsExact(part->second, ref.info->rows, def.columns[i].type);
    }
  });
  table.inline_batches.ForEach([&](const InlineRef& ref) {
    const InlineBatch& batch = *ref.batch;
    for (size_t i = 0; i < out.size(); ++i) {
      bool known = false;
      for (size_t k = 0; k < batch.fields.size(); ++k) {
        known = known || (batch.fields[k] == def.columns[i].id && batch.rows.column(k)->type() == def.columns[i].type);
      }
      out[i] = out[i] && known && KeepsBounds(def.columns[i].type);
    }
  });
  return out;
}

std::vector<bool> ExactBounds(FileSystem& files, FooterCache& footers, const std::vector<std::string>& paths,
                              const Schema& schema) {
  std::vector<bool> out(schema.size(), true);
  for (const std::string& path : paths) {
    for (const FileInfo& info : files.Glob(path)) {
      const auto file = footers.OpenFile(files, info);
      for (size_t i = 0; i < schema.size(); ++i) {
        if (!out[i]) continue;
        const auto at = file->footer()->FindColumn(schema[i].name);
        if (!at.has_value() || file->columns()[*at].kind != parquet::SchemaNode::Kind::kLeaf) {
          out[i] = false;
          continue;
        }
        for (size_t group = 0; group < file->row_group_count() && out[i]; ++group) {
          out[i] = IsExact(file->Bounds(group, *at), schema[i].type);
        }
      }
    }
  }
  return out;
}

}  // namespace weir
