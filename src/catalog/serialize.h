#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "catalog/table.h"

// The small forms that all records of catalog and commit log are made of.
namespace weir {

template <typename Id>
void WriteId(Id id, ByteWriter& out) {
  out.PutVarint(id.value());
}
template <typename Id>
Id ReadId(ByteReader& in) {
  return Id(static_cast<typename Id::rep>(in.GetVarint()));
}

template <typename T, typename F>
void WriteList(const std::vector<T>& list, ByteWriter& out, F&& write) {
  out.PutVarint(list.size());
  for (const T& item : list) write(item);
}
template <typename T, typename F>
std::vector<T> ReadList(ByteReader& in, F&& read) {
  const uint64_t count = in.GetVarint();
  // Every item takes a byte at least, so a damaged count cannot ask for much memory.
  if (count > in.remaining()) throw Error::Operational(sqlstate::kDataCorrupted, "list is longer than its record");
  std::vector<T> list;
  list.reserve(count);
  for (uint64_t i = 0; i < count; ++i) list.push_back(read());
  return list;
}

template <typename T, typename F>
void WriteOptional(const std::optional<T>& value, ByteWriter& out, F&& write) {
  out.Put<uint8_t>(value.has_value() ? 1 : 0);
  if (value.has_value()) write(*value);
}
template <typename T, typename F>
std::optional<T> ReadOptional(ByteReader& in, F&& read) {
  if (in.Get<uint8_t>() == 0) return std::nullopt;
  return read();
}

template <typename E>
E ReadEnum(ByteReader& in, E last) {
  const auto value = in.Get<std::underlying_type_t<E>>();
  if (value > static_cast<std::underlying_type_t<E>>(last)) {
    throw Error::Operational(sqlstate::kDataCorrupted, "record has an unknown kind: {}", value);
  }
  return static_cast<E>(value);
}

void SerializePartitionDef(const PartitionDef& def, ByteWriter& out);
PartitionDef DeserializePartitionDef(ByteReader& in);

}  // namespace weir
