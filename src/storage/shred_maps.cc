#include "storage/shred_maps.h"

#include <algorithm>
#include <cstring>

#include "column/builder.h"

namespace weir {

namespace {

// The keys of one map, by length: most keys of a row are told apart by that alone.
struct Wanted {
  StringRef key;
  size_t column;  // in the chunk
  std::unique_ptr<FlatWriter<StringRef>> values;
};

// A flat map column's entries, each as a column of as many rows.
std::vector<ColumnPtr> ShredFlat(const Column& maps, std::vector<Wanted>& wanted) {
  const size_t size = maps.size();
  const ColumnView keys(*maps.child(0)), values(*maps.child(1));
  const Type& type = maps.type().value();
  uint64_t lengths = 0;  // bit n: some key has n characters
  for (const Wanted& each : wanted) lengths |= uint64_t{1} << (each.key.size() & 63);
  const auto* entries = maps.values<ListEntry>();
  for (size_t row = 0; row < size; ++row) {
    if (maps.validity() != nullptr && !GetBit(maps.validity(), row)) continue;
    for (uint32_t i = entries[row].offset; i < entries[row].offset + entries[row].length; ++i) {
      const StringRef key = keys.At<StringRef>(i);
      if ((lengths >> (key.size() & 63) & 1) == 0 || values.IsNull(i)) continue;
      for (Wanted& each : wanted) {
        if (!(each.key == key)) continue;
        if (each.values == nullptr) {
          each.values = std::make_unique<FlatWriter<StringRef>>(type, size);
          std::memset(each.values->EnsureValidity(), 0, WordsForBits(size) * sizeof(uint64_t));
        }
        SetBit(each.values->EnsureValidity(), row);
        each.values->Set(row, values.At<StringRef>(i));
      }
    }
  }
  std::vector<ColumnPtr> out;
  for (Wanted& each : wanted) {
    if (each.values == nullptr) {
      out.push_back(nullptr);
      continue;
    }
    each.values->AddOwners(values.base().owners());
    out.push_back(each.values->Finish());
  }
  return out;
}

}  // namespace

Chunk ShredMaps(const std::vector<ShreddedColumn>& shredded, const Chunk& chunk) {
  if (shredded.empty() || chunk.size() == 0) return chunk;
  std::vector<ColumnPtr> columns = chunk.columns();
  for (size_t first = 0; first < shredded.size();) {
    const ColumnPtr& map = chunk.column(shredded[first].map);
    std::vector<Wanted> wanted;
    size_t next = first;
    for (; next < shredded.size() && shredded[next].map == shredded[first].map; ++next) {
      wanted.push_back({StringRef(shredded[next].key), shredded[next].column, nullptr});
    }
    // Encoded maps have few different values: those of the base are enough.
    const ColumnPtr& flat = map->is_flat() ? map : map->base();
    std::vector<ColumnPtr> found = ShredFlat(*flat, wanted);
    for (size_t i = 0; i < wanted.size(); ++i) {
      ColumnPtr& out = columns[wanted[i].column];
      if (found[i] == nullptr) {
        out = Column::ConstantNull(map->type().value(), chunk.size());
      } else if (map->is_constant()) {
        out = Column::ConstantOf(found[i], 0, chunk.size());
      } else if (map->is_dictionary()) {
        out = Column::Dictionary(found[i], map->indices_buffer(), chunk.size());
      } else {
        out = std::move(found[i]);
      }
    }
    first = next;
  }
  return chunk.WithColumns(std::move(columns));
}

}  // namespace weir
