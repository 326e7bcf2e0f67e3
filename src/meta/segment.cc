#include "meta/segment.h"

#include "catalog/serialize.h"
#include "column/serialize.h"

namespace weir {

namespace {

constexpr uint8_t kSegmentFormat = 1;
constexpr uint8_t kInlineFormat = 1;

void CheckFormat(uint8_t found, uint8_t known, std::string_view what) {
  if (found == known) return;
  throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState, "{} was written by a newer version: format {}",
                           what, found);
}

}  // namespace

void SegmentInfo::Serialize(ByteWriter& out) const {
  out.Put(kSegmentFormat);
  WriteId(id, out);
  WriteId(created, out);
  WriteId(table, out);
  out.PutString(path);
  out.PutString(partition);
  WriteList(partition_values, out, [&](const Value& value) { value.Serialize(out); });
  out.PutVarint(bucket);
  out.PutVarint(level);
  out.PutVarint(rows);
  out.PutVarint(bytes);
  WriteList(row_group_rows, out, [&](uint64_t count) { out.PutVarint(count); });
  out.Put<uint8_t>(sorted ? 1 : 0);
  out.PutZigzag(written);
  out.PutVarint(columns.size());
  for (const auto& [field, stats] : columns) {
    WriteId(field, out);
    stats.Serialize(out);
  }
}

SegmentInfo SegmentInfo::Deserialize(ByteReader& in) {
  CheckFormat(in.Get<uint8_t>(), kSegmentFormat, "segment entry");
  SegmentInfo info;
  info.id = ReadId<PartId>(in);
  info.created = ReadId<Version>(in);
  info.table = ReadId<TableId>(in);
  info.path = in.GetString();
  info.partition = in.GetString();
  info.partition_values = ReadList<Value>(in, [&] { return Value::Deserialize(in); });
  info.bucket = static_cast<uint32_t>(in.GetVarint());
  info.level = static_cast<uint32_t>(in.GetVarint());
  info.rows = in.GetVarint();
  info.bytes = in.GetVarint();
  info.row_group_rows = ReadList<uint64_t>(in, [&] { return in.GetVarint(); });
  info.sorted = in.Get<uint8_t>() != 0;
  info.written = in.GetZigzag();
  const uint64_t columns = in.GetVarint();
  for (uint64_t i = 0; i < columns; ++i) {
    const auto field = ReadId<FieldId>(in);
    info.columns.emplace_hint(info.columns.end(), field, ColumnStatistics::Deserialize(in));
  }
  return info;
}

void InlineBatch::Serialize(ByteWriter& out) const {
  out.Put(kInlineFormat);
  WriteId(id, out);
  WriteId(created, out);
  out.PutZigzag(written);
  WriteList(fields, out, [&](FieldId field) { WriteId(field, out); });
  out.PutString(SerializeChunk(rows));
}

InlineBatch InlineBatch::Deserialize(ByteReader& in) {
  CheckFormat(in.Get<uint8_t>(), kInlineFormat, "inline batch");
  InlineBatch batch;
  batch.id = ReadId<PartId>(in);
  batch.created = ReadId<Version>(in);
  batch.written = in.GetZigzag();
  batch.fields = ReadList<FieldId>(in, [&] { return ReadId<FieldId>(in); });
  batch.rows = DeserializeChunk(in.GetString());
  if (batch.rows.column_count() != batch.fields.size()) {
    throw Error::Operational(sqlstate::kDataCorrupted, "inline batch has {} columns for {} fields",
                             batch.rows.column_count(), batch.fields.size());
  }
  batch.bytes = batch.rows.MemoryBytes();
  return batch;
}

}  // namespace weir
