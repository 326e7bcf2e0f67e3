#include "exec/chunk_disguise.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "column/builder.h"

namespace weir {

namespace {

// More rows than this are not compared one by one to see whether they are alike.
constexpr size_t kAlikeRowsMax = 64;

// Values that no query asked for, so that computing with them shows: they overflow, divide by zero, are too long.
// Those of the type's own kind only; none for types whose values obey rules of their own.
std::vector<Value> ExtremeValues(const Type& type) {
  const auto integers = [&](int64_t low, int64_t high) {
    return std::vector<Value>{Value::Integer(type, 0), Value::Integer(type, low), Value::Integer(type, high)};
  };
  switch (type.kind()) {
    case TypeKind::kBoolean:
      return {Value::Integer(type, 0), Value::Integer(type, 1)};
    case TypeKind::kInt8:
      return integers(INT8_MIN, INT8_MAX);
    case TypeKind::kInt16:
      return integers(INT16_MIN, INT16_MAX);
    case TypeKind::kInt32:
      return integers(INT32_MIN, INT32_MAX);
    case TypeKind::kInt64:
      return integers(INT64_MIN, INT64_MAX);
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return {Value::Floating(type, 0.0), Value::Floating(type, -0.0),
              Value::Floating(type, std::numeric_limits<double>::infinity()),
              Value::Floating(type, std::numeric_limits<double>::quiet_NaN())};
    case TypeKind::kVarchar:
      return {Value::Bytes(type, ""), Value::Bytes(type, "a text that no row of the query has in it")};
    case TypeKind::kVarbinary:
      return {Value::Bytes(type, "")};
    case TypeKind::kList:
    case TypeKind::kMap:
      return {Value::Nested(type, {})};
    default:
      return {};
  }
}

// As text: values that compare equal (0 and -0, 30 days and a month) are not all alike.
bool AllAlike(const Column& column, const std::vector<uint32_t>& rows) {
  std::optional<std::pair<bool, std::string>> first;
  for (const uint32_t row : rows) {
    if (row >= column.size()) continue;
    std::pair<bool, std::string> value{column.IsNull(row), column.GetValue(row).ToString()};
    if (!first.has_value()) {
      first = std::move(value);
    } else if (*first != value) {
      return false;
    }
  }
  return first.has_value();
}

}  // namespace

Chunk ChunkDisguise::operator()(const Chunk& chunk) {
  if (chunk.empty()) return chunk;
  std::vector<uint32_t> rows;
  std::shared_ptr<Selection> selected;
  if (random_.Chance(0.3)) selected = std::make_shared<Selection>();
  chunk.rows().ForEach([&](size_t row) {
    if (selected != nullptr) {
      while (random_.Chance(0.3)) rows.push_back(kNobody);
      selected->push_back(static_cast<uint32_t>(rows.size()));
    }
    rows.push_back(static_cast<uint32_t>(row));
  });
  std::vector<ColumnPtr> columns;
  columns.reserve(chunk.column_count());
  for (const ColumnPtr& column : chunk.columns()) columns.push_back(Dress(column, rows));
  return {std::move(columns), rows.size(), std::move(selected)};
}

ColumnPtr ChunkDisguise::Dress(const ColumnPtr& column, const std::vector<uint32_t>& rows) {
  if (rows.size() <= kAlikeRowsMax && random_.Chance(0.5) && AllAlike(*column, rows)) {
    const uint32_t row = *std::ranges::find_if(rows, [](uint32_t each) { return each != kNobody; });
    return Column::ConstantOf(column, row, rows.size());
  }
  const ColumnPtr dictionary = Dictionary(column, rows);
  return random_.Chance(0.25) ? Column::Flatten(dictionary) : dictionary;
}

ColumnPtr ChunkDisguise::Dictionary(const ColumnPtr& column, const std::vector<uint32_t>& rows) {
  // What the dictionary's entries are, in an order of their own: rows, some twice, and some of nobody's.
  std::vector<uint32_t> entries;
  for (const uint32_t row : rows) {
    if (row == kNobody) continue;
    entries.push_back(row);
    if (random_.Chance(0.2)) entries.push_back(row);
  }
  std::vector<Value> extremes = ExtremeValues(column->type());
  if (random_.Chance(0.5)) extremes.push_back(Value::Null(column->type()));
  const auto first_extreme = static_cast<uint32_t>(column->size());
  for (uint32_t i = 0; i < extremes.size(); ++i) {
    if (random_.Chance(0.5)) entries.push_back(first_extreme + i);
  }
  for (size_t i = entries.size(); i > 1; --i) std::swap(entries[i - 1], entries[random_.Below(i)]);

  ColumnBuilder builder(column->type(), entries.size());
  std::vector<uint32_t> entry_of(column->size());  // the last one of those that a row has
  for (uint32_t i = 0; i < entries.size(); ++i) {
    if (entries[i] < first_extreme) {
      builder.AppendRow(*column, entries[i]);
      entry_of[entries[i]] = i;
    } else if (const Value& value = extremes[entries[i] - first_extreme]; value.is_null()) {
      builder.AppendNull();
    } else {
      builder.AppendValue(value);
    }
  }
  auto indices = Buffer::Allocate(rows.size() * sizeof(uint32_t));
  auto* out = indices->as<uint32_t>();
  for (size_t i = 0; i < rows.size(); ++i) {
    out[i] = rows[i] == kNobody ? static_cast<uint32_t>(random_.Below(entries.size())) : entry_of[rows[i]];
  }
  return Column::Dictionary(DressParts(builder.Finish()), std::move(indices), rows.size());
}

ColumnPtr ChunkDisguise::DressParts(const ColumnPtr& flat) {
  if (flat->children().empty() || random_.Chance(0.5)) return flat;
  std::vector<ColumnPtr> children;
  for (const ColumnPtr& child : flat->children()) {
    std::vector<uint32_t> rows(child->size());
    for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<uint32_t>(i);
    children.push_back(rows.empty() ? child : Dress(child, rows));
  }
  if (flat->type().physical() == PhysicalType::kStruct) {
    return Column::Struct(flat->type(), flat->size(), std::move(children), flat->validity_buffer());
  }
  const auto* values = flat->values<ListEntry>();
  auto entries = Buffer::Allocate(flat->size() * sizeof(ListEntry));
  std::copy_n(values, flat->size(), entries->as<ListEntry>());
  return Column::Flat(flat->type(), flat->size(), std::move(entries), flat->validity_buffer(), flat->owners(),
                      std::move(children));
}

}  // namespace weir
