#include "storage/partition.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "algo/key_hash.h"
#include "column/builder.h"

namespace weir {

namespace {

int64_t FloorDiv(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

int64_t TruncateDay(PartitionTransform transform, int64_t day) {
  using std::chrono::days;
  const std::chrono::sys_days at{days(day)};
  const std::chrono::year_month_day date{at};
  switch (transform) {
    case PartitionTransform::kWeek:  // Monday, as in ISO 8601; 1970-01-01 was a Thursday
      return FloorDiv(day + 3, 7) * 7 - 3;
    case PartitionTransform::kMonth:
      return std::chrono::sys_days(date.year() / date.month() / 1).time_since_epoch().count();
    case PartitionTransform::kYear:
      return std::chrono::sys_days(date.year() / 1 / 1).time_since_epoch().count();
    default:
      return day;
  }
}

// chrono's calendar ends at the year 32767; what is further away is its own partition.
constexpr int64_t kCalendarDays = 11'000'000;

Value PartitionValue(const PartitionField& field, const Type& type, const Value& value) {
  if (value.is_null() || field.transform == PartitionTransform::kIdentity) return value;
  return Value::Integer(type, TruncateTime(field.transform, type, value.integer()));
}

// Folder names hold letters, digits and a few marks; everything else is escaped as %XX.
void AppendEscaped(std::string_view text, std::string& out) {
  constexpr std::string_view kPlain = "-_.:+ ";
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       kPlain.find(c) != std::string_view::npos;
    if (plain) {
      out += c == ' ' ? 'T' : c;
    } else {
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
}

std::string ValueText(PartitionTransform transform, const Value& value) {
  if (value.is_null()) return "__null__";
  std::string text = value.ToString();
  // Of timestamps as much as the transform leaves: 2024-01-31, 2024-01-31 05.
  if (value.type().is_timestamp() && transform != PartitionTransform::kIdentity && text.size() > 19 - 6) {
    const size_t keep = transform == PartitionTransform::kHour ? 13 : 10;
    if (text[0] >= '0' && text[0] <= '9' && text.size() > keep && text.find("BC") == std::string::npos)
      text.resize(keep);
  }
  if (text.size() > 100) text = fmt::format("{}~{:016x}", text.substr(0, 80), value.Hash());
  if (text.empty()) text = "__empty__";
  if (text == "." || text == "..") text = "__dots__" + text;
  return text;
}

std::string ExpressionName(const TableDef& table, const std::vector<Value>& values) {
  std::string name;
  for (size_t i = 0; i < values.size(); ++i) {
    const PartitionField& field = table.partition.fields[i];
    if (i != 0) name += '/';
    AppendEscaped(table.FindColumn(field.column)->name, name);
    name += '=';
    AppendEscaped(ValueText(field.transform, values[i]), name);
  }
  return name;
}

const PartitionDef* FindNamed(const PartitionSpec& spec, const Value& value) {
  for (const PartitionDef& def : spec.partitions) {
    if (spec.kind == PartitionKind::kList) {
      for (const Value& each : def.values) {
        if (value.is_null() ? each.is_null() : !each.is_null() && Value::Compare(value, each) == 0) return &def;
      }
      continue;
    }
    // NULL sorts below everything, so it goes where the range is open downwards.
    if (value.is_null() ? def.lower.has_value() : def.lower.has_value() && Value::Compare(value, *def.lower) < 0) {
      continue;
    }
    if (!value.is_null() && def.upper.has_value() && Value::Compare(value, *def.upper) >= 0) continue;
    return &def;
  }
  return nullptr;
}

struct ValuesLess {
  bool operator()(const std::vector<Value>& a, const std::vector<Value>& b) const {
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].is_null() != b[i].is_null()) return a[i].is_null();
      if (a[i].is_null()) continue;
      const int order = Value::Compare(a[i], b[i]);
      if (order != 0) return order < 0;
    }
    return false;
  }
};

std::vector<uint32_t> BucketsOf(const TableDef& table, const std::vector<ColumnPtr>& keys, const RowSet& rows) {
  std::vector<uint64_t> hashes(rows.count());
  KeyHasher().Hash(keys, rows, hashes.data());
  std::vector<uint32_t> buckets(rows.count());
  for (size_t i = 0; i < hashes.size(); ++i) {
    buckets[i] = static_cast<uint32_t>((hashes[i] >> 32) % table.distribution.buckets);
  }
  return buckets;
}

}  // namespace

int64_t TruncateTime(PartitionTransform transform, const Type& type, int64_t value) {
  if (type.is(TypeKind::kDate)) {
    if (transform == PartitionTransform::kHour || std::abs(value) > kCalendarDays) return value;
    return TruncateDay(transform, value);
  }
  if (!type.is_timestamp() || value == kTimestampInfinity || value == kTimestampMinusInfinity) return value;
  const int64_t second = type.is_timestamp_ns() ? 1'000'000'000 : 1'000'000;
  if (transform == PartitionTransform::kHour) return FloorDiv(value, 3600 * second) * 3600 * second;
  const int64_t day = FloorDiv(value, 86400 * second);
  if (std::abs(day) > kCalendarDays) return value;
  return TruncateDay(transform, day) * 86400 * second;
}

Placement PlaceRows(const TableDef& table, const Chunk& chunk, bool any_partition) {
  Placement placement;
  const RowSet rows = chunk.rows();
  placement.partition_of.resize(rows.count());
  const PartitionSpec& spec = table.partition;
  if (spec.kind == PartitionKind::kNone || spec.fields.empty()) {
    placement.partitions.emplace_back();
  } else {
    std::vector<ColumnPtr> columns;
    std::vector<Type> types;
    for (const PartitionField& field : spec.fields) {
      columns.push_back(chunk.column(table.ColumnIndex(field.column)));
      types.push_back(columns.back()->type());
    }
    std::map<std::vector<Value>, uint32_t, ValuesLess> known;
    std::map<const PartitionDef*, uint32_t> known_named;
    std::vector<Value> before;
    uint32_t before_index = 0;
    for (size_t i = 0; i < rows.count(); ++i) {
      std::vector<Value> values;
      values.reserve(columns.size());
      for (size_t k = 0; k < columns.size(); ++k) {
        values.push_back(PartitionValue(spec.fields[k], types[k], columns[k]->GetValue(rows[i])));
      }
      // Rows come in runs of one partition more often than not.
      if (i != 0 && !ValuesLess()(values, before) && !ValuesLess()(before, values)) {
        placement.partition_of[i] = before_index;
        continue;
      }
      uint32_t index = static_cast<uint32_t>(placement.partitions.size());
      if (spec.kind == PartitionKind::kExpression) {
        const auto [at, is_new] = known.try_emplace(values, index);
        index = at->second;
        if (is_new) placement.partitions.push_back({ExpressionName(table, values), values});
      } else {
        const PartitionDef* def = FindNamed(spec, values[0]);
        if (def == nullptr && !any_partition) {
          throw Error::User(sqlstate::kCheckViolation, "no partition of the table takes the row: {}, value {}",
                            table.name, values[0].ToString())
              .WithHint("add a partition with ALTER TABLE ... ADD PARTITION");
        }
        const auto [at, is_new] = known_named.try_emplace(def, index);
        index = at->second;
        if (is_new) {
          std::string name;
          AppendEscaped(def == nullptr ? "__dropped__" : def->name, name);
          placement.partitions.push_back({std::move(name), {}});
        }
      }
      placement.partition_of[i] = index;
      before = std::move(values);
      before_index = index;
    }
  }
  if (table.distribution.buckets > 1 && !table.distribution.hash_columns.empty() && rows.count() != 0) {
    std::vector<ColumnPtr> keys;
    for (const FieldId id : table.distribution.hash_columns) keys.push_back(chunk.column(table.ColumnIndex(id)));
    placement.bucket_of = BucketsOf(table, keys, rows);
  }
  return placement;
}

std::vector<bool> BucketsThatMayMatch(const TableDef& table, const std::vector<ScanPredicate>& predicates) {
  const Distribution& distribution = table.distribution;
  if (distribution.buckets <= 1 || distribution.hash_columns.empty()) return {};
  // Every combination of the values that the columns of the key may have.
  constexpr size_t kCombinationsMax = 256;
  std::vector<const std::vector<Value>*> values;
  size_t combinations = 1;
  for (const FieldId id : distribution.hash_columns) {
    const Type& type = table.FindColumn(id)->type;
    const std::vector<Value>* best = nullptr;
    for (const ScanPredicate& predicate : predicates) {
      const bool fixes = predicate.compare == ScanCompare::kEqual || predicate.compare == ScanCompare::kIn;
      if (predicate.field != id || !fixes || predicate.values.empty()) continue;
      const bool of_type = std::all_of(predicate.values.begin(), predicate.values.end(),
                                       [&](const Value& value) { return value.type() == type; });
      if (of_type && (best == nullptr || predicate.values.size() < best->size())) best = &predicate.values;
    }
    if (best == nullptr) return {};
    combinations *= best->size();
    if (combinations > kCombinationsMax) return {};
    values.push_back(best);
  }
  std::vector<ColumnPtr> keys;
  size_t repeat = combinations;
  for (size_t k = 0; k < values.size(); ++k) {
    repeat /= values[k]->size();
    ColumnBuilder builder(table.FindColumn(distribution.hash_columns[k])->type, combinations);
    for (size_t i = 0; i < combinations; ++i) builder.AppendValue((*values[k])[i / repeat % values[k]->size()]);
    keys.push_back(builder.Finish());
  }
  std::vector<bool> out(distribution.buckets);
  for (const uint32_t bucket : BucketsOf(table, keys, RowSet::All(combinations))) out[bucket] = true;
  return out;
}

}  // namespace weir
