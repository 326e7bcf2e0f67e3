#include "format/parquet/prune.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "format/parquet/bloom_filter.h"
#include "format/parquet/convert.h"
#include "format/parquet/corrupt.h"
#include "format/parquet/statistics.h"

namespace weir::parquet {
namespace {

// Whether the values have one order, and then which comes first.
std::optional<int> Compare(const Value& a, const Value& b) {
  const Type& x = a.type();
  const Type& y = b.type();
  if (x.is_integer() && y.is_integer()) return a.wide() < b.wide() ? -1 : a.wide() > b.wide() ? 1 : 0;
  if (x.is(TypeKind::kDecimal) && y.is(TypeKind::kDecimal)) {
    if (x.scale() != y.scale()) return std::nullopt;
    return a.wide() < b.wide() ? -1 : a.wide() > b.wide() ? 1 : 0;
  }
  const bool strings = x.physical() == PhysicalType::kString && y.physical() == PhysicalType::kString;
  if (x.kind() != y.kind() && !strings) return std::nullopt;
  return Value::Compare(a, b);
}

bool IsNan(const Value& value) {
  return value.type().is_floating() && std::isnan(value.floating());
}

bool EqualMayMatch(const Value& value, const ColumnBounds& bounds) {
  if (value.is_null()) return false;
  if (bounds.min.has_value() && Compare(value, *bounds.min).value_or(0) < 0) return false;
  // Bounds do not count NaN.
  if (bounds.max.has_value() && !IsNan(value) && Compare(value, *bounds.max).value_or(0) > 0) return false;
  return true;
}

bool PrefixMayMatch(const Value& value, const ColumnBounds& bounds) {
  if (value.is_null() || value.type().physical() != PhysicalType::kString) return !value.is_null();
  const std::string& prefix = value.bytes();
  const auto is_string = [](const std::optional<Value>& bound) {
    return bound.has_value() && bound->type().physical() == PhysicalType::kString;
  };
  if (is_string(bounds.max) && bounds.max->bytes() < prefix) return false;
  return !(is_string(bounds.min) && bounds.min->bytes().compare(0, prefix.size(), prefix) > 0);
}

const Leaf* LeafOf(const ParquetFile& file, const Predicate& predicate) {
  const SchemaNode& node = file.columns()[predicate.column];
  return node.kind == SchemaNode::Kind::kLeaf ? &node.leaf : nullptr;
}

}  // namespace

bool MayMatch(const Predicate& predicate, const ColumnBounds& bounds, bool column_is_nullable) {
  const bool all_null = bounds.value_count > 0 && bounds.all_null();
  if (predicate.op == CompareOp::kIsNull) {
    return column_is_nullable && !(bounds.null_count.has_value() && *bounds.null_count == 0);
  }
  if (all_null) return false;
  if (predicate.op == CompareOp::kNotNull) return true;
  if (predicate.op == CompareOp::kIn) {
    return std::ranges::any_of(predicate.values, [&](const Value& value) { return EqualMayMatch(value, bounds); });
  }
  if (predicate.values.empty()) return true;
  const Value& value = predicate.values[0];
  if (value.is_null()) return false;
  // A NaN among the rows is above any bound.
  const bool has_max = bounds.max.has_value() && !bounds.max->type().is_floating();
  switch (predicate.op) {
    case CompareOp::kEqual:
      return EqualMayMatch(value, bounds);
    case CompareOp::kLess:
      return !bounds.min.has_value() || Compare(*bounds.min, value).value_or(-1) < 0;
    case CompareOp::kLessEqual:
      return !bounds.min.has_value() || Compare(*bounds.min, value).value_or(-1) <= 0;
    case CompareOp::kGreater:
      return !has_max || Compare(*bounds.max, value).value_or(1) > 0;
    case CompareOp::kGreaterEqual:
      return !has_max || Compare(*bounds.max, value).value_or(1) >= 0;
    case CompareOp::kPrefix:
      return PrefixMayMatch(value, bounds);
    default:
      return true;
  }
}

bool RowGroupMayMatch(const ParquetFile& file, size_t row_group, std::span<const Predicate> predicates) {
  if (file.row_group_rows(row_group) == 0) return false;
  return std::ranges::all_of(predicates, [&](const Predicate& predicate) {
    const Leaf* leaf = LeafOf(file, predicate);
    if (leaf == nullptr || leaf->repetition_max > 0) return true;
    return MayMatch(predicate, file.Bounds(row_group, predicate.column), file.columns()[predicate.column].nullable);
  });
}

namespace {

// The filter's header, and where its blocks begin; none when there is no filter that we know.
struct BloomLocation {
  uint64_t offset = 0;
  size_t blocks = 0;
};

std::optional<BloomLocation> FindBloom(const ParquetFile& file, const ColumnMetaData& chunk) {
  const int64_t offset = chunk.bloom_filter_offset.value_or(0);
  const auto file_size = static_cast<int64_t>(file.file().size());
  if (offset <= 0) return std::nullopt;
  if (offset >= file_size) throw Corrupt("bloom filter lies outside of the file: offset {}", offset);
  constexpr int64_t kHeaderBytes = 64;
  const auto peek = static_cast<uint64_t>(std::min(kHeaderBytes, file_size - offset));
  BloomFilterHeader header;
  size_t consumed = 0;
  ReadMetadata(AsBytes(file.file().ReadString(static_cast<uint64_t>(offset), peek)), header, &consumed);
  if (!header.split_block || !header.xxhash || !header.uncompressed) return std::nullopt;
  const int64_t bytes = header.num_bytes;
  if (bytes <= 0 || bytes % static_cast<int64_t>(kBloomBlockBytes) != 0 ||
      bytes > file_size - offset - static_cast<int64_t>(consumed)) {
    throw Corrupt("size of the bloom filter is invalid: {}", bytes);
  }
  return BloomLocation{static_cast<uint64_t>(offset) + consumed, static_cast<size_t>(bytes) / kBloomBlockBytes};
}

bool BloomMayContain(const ParquetFile& file, const BloomLocation& bloom, const Leaf& leaf, const Value& value) {
  if (value.is_null()) return false;
  // A literal of another type may equal a value that is stored differently.
  std::string plain;
  if (!(value.type() == leaf.type) && value.type().kind() != leaf.type.kind()) return true;
  if (leaf.type.is(TypeKind::kDecimal) && value.type().scale() != leaf.type.scale()) return true;
  if (!ToPlain(leaf, value, plain)) return true;
  const uint64_t hash = BloomHash(plain);
  std::array<uint8_t, kBloomBlockBytes> block;
  file.file().ReadExactly(bloom.offset + BloomBlock(hash, bloom.blocks) * kBloomBlockBytes, block);
  return BloomBlockMayContain(block.data(), hash);
}

}  // namespace

bool BloomMayMatch(const ParquetFile& file, size_t row_group, std::span<const Predicate> predicates) {
  for (const Predicate& predicate : predicates) {
    const Leaf* leaf = LeafOf(file, predicate);
    if (leaf == nullptr || (predicate.op != CompareOp::kEqual && predicate.op != CompareOp::kIn)) continue;
    // More values than this are likely to hit, and cost a read each.
    constexpr size_t kValuesMax = 32;
    if (predicate.values.size() > kValuesMax) continue;
    try {
      const auto bloom = FindBloom(file, file.ChunkMetadata(row_group, leaf->index));
      if (!bloom.has_value()) continue;
      const auto may_contain = [&](const Value& value) { return BloomMayContain(file, *bloom, *leaf, value); };
      if (std::ranges::none_of(predicate.values, may_contain)) return false;
    } catch (Error& error) {
      throw std::move(error).WithContext(fmt::format("{}: column {}", file.file().path(), leaf->path));
    }
  }
  return true;
}

RowRanges MatchingRows(const ParquetFile& file, size_t row_group, std::span<const Predicate> predicates) {
  const uint64_t rows = file.row_group_rows(row_group);
  RowRanges out;
  AppendRange(out, {0, rows});
  struct Index {
    std::shared_ptr<const OffsetIndex> offsets;
    std::shared_ptr<const ColumnIndex> bounds;
  };
  std::map<int, Index> indexes;
  for (const Predicate& predicate : predicates) {
    const Leaf* leaf = LeafOf(file, predicate);
    if (leaf == nullptr || out.empty()) continue;
    try {
      auto [at, is_new] = indexes.try_emplace(leaf->index);
      Index& index = at->second;
      if (is_new) {
        index.offsets = file.ReadOffsetIndex(row_group, leaf->index);
        if (index.offsets != nullptr) {
          index.bounds = file.ReadColumnIndex(row_group, leaf->index, *index.offsets);
        }
      }
      if (index.bounds == nullptr) continue;
      const auto& pages = index.offsets->page_locations;
      const ColumnOrder order = OrderOf(file.metadata(), leaf->index);
      const bool nullable = file.columns()[predicate.column].nullable;
      RowRanges kept;
      for (size_t i = 0; i < pages.size(); ++i) {
        const auto begin = static_cast<uint64_t>(pages[i].first_row_index);
        const uint64_t end = i + 1 < pages.size() ? static_cast<uint64_t>(pages[i + 1].first_row_index) : rows;
        ColumnBounds bounds;
        bounds.value_count = end - begin;
        FillPageBounds(*leaf, *index.bounds, i, order, bounds);
        if (MayMatch(predicate, bounds, nullable)) AppendRange(kept, {begin, end});
      }
      out = IntersectRanges(out, kept);
    } catch (Error& error) {
      throw std::move(error).WithContext(fmt::format("{}: column {}", file.file().path(), leaf->path));
    }
  }
  return out;
}

}  // namespace weir::parquet
