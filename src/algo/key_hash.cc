#include "algo/key_hash.h"

#include <cmath>

#include "base/hash.h"

namespace weir {

namespace {

template <typename T>
uint64_t HashOne(const T& value) {
  if constexpr (std::is_same_v<T, StringRef>) {
    return value.Hash();
  } else if constexpr (std::is_same_v<T, Interval>) {
    return HashInt128(value.NormalizedMicros());
  } else if constexpr (std::is_same_v<T, int128_t>) {
    return HashInt128(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return HashDouble(value);
  } else {
    return HashInt(static_cast<uint64_t>(static_cast<int64_t>(value)));
  }
}

// Lists, structs and maps, value by value.
uint64_t HashNested(const Column& column, size_t row) {
  const ColumnView view(column);
  if (view.IsNull(row)) return kNullHash;
  const size_t at = view.Index(row);
  const Column& base = view.base();
  switch (column.type().physical()) {
    case PhysicalType::kStruct: {
      uint64_t hash = base.children().size();
      for (const ColumnPtr& child : base.children()) hash = HashCombine(hash, HashNested(*child, at));
      return hash;
    }
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      const ListEntry entry = base.values<ListEntry>()[at];
      uint64_t hash = entry.length;
      for (size_t i = entry.offset; i < size_t{entry.offset} + entry.length; ++i) {
        for (const ColumnPtr& child : base.children()) hash = HashCombine(hash, HashNested(*child, i));
      }
      return hash;
    }
    default:
      return VisitPhysical(column.type().physical(), [&]<typename T>() -> uint64_t {
        if constexpr (std::is_same_v<T, ListEntry>) {
          return 0;
        } else {
          return HashOne(base.values<T>()[at]);
        }
      });
  }
}

template <bool kCombine>
inline void Put(uint64_t& to, uint64_t hash) {
  if constexpr (kCombine) {
    to = HashCombine(to, hash);
  } else {
    to = hash;
  }
}

template <typename T, bool kCombine>
void HashValues(const ColumnView& view, const RowSet& rows, uint64_t* out) {
  const size_t count = rows.count();
  const T* values = view.values<T>();
  if (!view.may_have_nulls()) {
    if (view.is_identity() && rows.is_dense()) {
      for (size_t i = 0; i < count; ++i) Put<kCombine>(out[i], HashOne(values[i]));
    } else if (view.is_identity()) {
      for (size_t i = 0; i < count; ++i) Put<kCombine>(out[i], HashOne(values[rows.rows()[i]]));
    } else {
      for (size_t i = 0; i < count; ++i) Put<kCombine>(out[i], HashOne(values[view.Index(rows[i])]));
    }
    return;
  }
  for (size_t i = 0; i < count; ++i) {
    const size_t at = view.Index(rows[i]);
    Put<kCombine>(out[i], GetBit(view.validity(), at) ? HashOne(values[at]) : kNullHash);
  }
}

template <bool kCombine>
void HashAny(const Column& column, const RowSet& rows, uint64_t* out) {
  const ColumnView view(column);
  if (view.is_constant() && rows.count() > 1) {
    uint64_t hash;
    HashColumn(view.base(), RowSet::All(1), false, &hash);
    for (size_t i = 0; i < rows.count(); ++i) Put<kCombine>(out[i], hash);
    return;
  }
  if (column.type().is_nested()) {
    for (size_t i = 0; i < rows.count(); ++i) Put<kCombine>(out[i], HashNested(column, rows[i]));
    return;
  }
  VisitPhysical(column.type().physical(), [&]<typename T>() {
    if constexpr (!std::is_same_v<T, ListEntry>) HashValues<T, kCombine>(view, rows, out);
  });
}

}  // namespace

void HashColumn(const Column& column, const RowSet& rows, bool combine, uint64_t* hashes) {
  if (combine) {
    HashAny<true>(column, rows, hashes);
  } else {
    HashAny<false>(column, rows, hashes);
  }
}

void KeyHasher::Hash(std::span<const ColumnPtr> keys, const RowSet& rows, uint64_t* hashes) {
  if (keys.empty()) {
    std::fill_n(hashes, rows.count(), 0);
    return;
  }
  if (caches_.size() < keys.size()) caches_.resize(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) HashKey(i, keys[i], rows, i != 0, hashes);
}

void KeyHasher::HashKey(size_t key, const ColumnPtr& column, const RowSet& rows, bool combine, uint64_t* hashes) {
  const bool cheap = column->type().physical() != PhysicalType::kString && !column->type().is_nested();
  if (!column->is_dictionary() || (cheap && column->base()->size() > rows.count())) {
    HashColumn(*column, rows, combine, hashes);
    return;
  }
  const ColumnPtr& base = column->base();
  Cache& cache = caches_[key];
  if (cache.base != base) {
    cache.base = base;
    cache.hashes.clear();
    cache.rows_seen = 0;
  }
  if (cache.hashes.empty()) {
    // A large dictionary of which few rows are asked for is not worth hashing as a whole, until they add up.
    cache.rows_seen += rows.count();
    if (base->size() > cache.rows_seen) {
      HashColumn(*column, rows, combine, hashes);
      return;
    }
    cache.hashes.resize(base->size());
    HashColumn(*base, RowSet::All(base->size()), false, cache.hashes.data());
  }
  const uint32_t* indices = column->indices();
  const uint64_t* from = cache.hashes.data();
  const size_t count = rows.count();
  if (combine) {
    for (size_t i = 0; i < count; ++i) hashes[i] = HashCombine(hashes[i], from[indices[rows[i]]]);
  } else {
    for (size_t i = 0; i < count; ++i) hashes[i] = from[indices[rows[i]]];
  }
}

namespace {

void AppendBigEndian(uint64_t value, size_t bytes, std::string& out) {
  for (size_t i = bytes; i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

void AppendInt128BigEndian(int128_t value, std::string& out) {
  const auto flipped = static_cast<uint128_t>(value) ^ (static_cast<uint128_t>(1) << 127);
  AppendBigEndian(static_cast<uint64_t>(flipped >> 64), 8, out);
  AppendBigEndian(static_cast<uint64_t>(flipped), 8, out);
}

constexpr char kValidMark = 1;
constexpr char kNullMark = 2;
constexpr char kEndMark = 0;
constexpr char kElementMark = 1;

}  // namespace

void AppendMemcomparable(const Column& column, size_t row, std::string& out) {
  const ColumnView view(column);
  if (view.IsNull(row)) {
    out.push_back(kNullMark);
    return;
  }
  out.push_back(kValidMark);
  const size_t at = view.Index(row);
  const Column& base = view.base();
  switch (column.type().physical()) {
    case PhysicalType::kStruct:
      for (const ColumnPtr& child : base.children()) AppendMemcomparable(*child, at, out);
      return;
    case PhysicalType::kList:
    case PhysicalType::kMap: {
      const ListEntry entry = base.values<ListEntry>()[at];
      for (size_t i = entry.offset; i < size_t{entry.offset} + entry.length; ++i) {
        out.push_back(kElementMark);
        for (const ColumnPtr& child : base.children()) AppendMemcomparable(*child, i, out);
      }
      out.push_back(kEndMark);
      return;
    }
    case PhysicalType::kString:
      // Zero bytes are escaped, so that the terminator is smaller than any continuation.
      for (const char c : base.values<StringRef>()[at].view()) {
        out.push_back(c);
        if (c == 0) out.push_back(static_cast<char>(0xFF));
      }
      out.append(2, '\0');
      return;
    case PhysicalType::kInt128:
      AppendInt128BigEndian(base.values<int128_t>()[at], out);
      return;
    case PhysicalType::kInterval:
      AppendInt128BigEndian(base.values<Interval>()[at].NormalizedMicros(), out);
      return;
    case PhysicalType::kFloat:
    case PhysicalType::kDouble: {
      const double value =
          column.type().physical() == PhysicalType::kFloat ? base.values<float>()[at] : base.values<double>()[at];
      AppendBigEndian(OrderedDoubleBits(value), 8, out);
      return;
    }
    default:
      VisitPhysical(column.type().physical(), [&]<typename T>() {
        if constexpr (std::is_integral_v<T> && sizeof(T) <= 8) {
          AppendBigEndian(static_cast<uint64_t>(static_cast<int64_t>(base.values<T>()[at])) ^ (uint64_t{1} << 63), 8,
                          out);
        }
      });
  }
}

}  // namespace weir
