#include "meta/state.h"

#include <algorithm>

#include "base/hash.h"
#include "catalog/serialize.h"

namespace weir {

namespace {

constexpr uint32_t kMagic = 0x54415357;  // "WSAT"
constexpr uint8_t kFormat = 1;

Error Conflict(std::string_view what, PartId id, TableId table) {
  return Error::Operational(sqlstate::kSerializationFailure, "{}: part {} of table {}", what, id, table)
      .WithHint("retry the statement")
      .WithRetryable();
}

void AddSums(TableState& table, const SegmentRef& ref, int64_t sign) {
  table.live_rows += static_cast<uint64_t>(sign * static_cast<int64_t>(ref.live_rows()));
  table.deleted_rows += static_cast<uint64_t>(sign * static_cast<int64_t>(DeletedRows(ref.deletes)));
  table.segment_bytes += static_cast<uint64_t>(sign * static_cast<int64_t>(ref.info->bytes));
}

void AddSums(TableState& table, const InlineRef& ref, int64_t sign) {
  table.live_rows += static_cast<uint64_t>(sign * static_cast<int64_t>(ref.live_rows()));
  table.deleted_rows += static_cast<uint64_t>(sign * static_cast<int64_t>(DeletedRows(ref.deletes)));
  table.inline_rows += static_cast<uint64_t>(sign * static_cast<int64_t>(ref.batch->rows.size()));
  table.inline_bytes += static_cast<uint64_t>(sign * static_cast<int64_t>(ref.batch->bytes));
}

// Deletes rows of a part: they must exist and be there still.
template <typename Ref>
void DeleteFrom(TableState& table, PartList<Ref>& parts, const Ref& ref, uint64_t rows,
                const DeletedPositions& deleted) {
  if (deleted.positions->max() >= rows) {
    throw Error::Internal("delete past the end of a part: {} of {}", deleted.positions->max(), rows);
  }
  if (DeleteVector::Intersects(ref.deletes, deleted.positions)) {
    throw Conflict("rows were deleted by another commit", deleted.id, table.table);
  }
  Ref after = ref;
  after.deletes = DeleteVector::Union(ref.deletes, deleted.positions);
  AddSums(table, ref, -1);
  AddSums(table, after, 1);
  parts.Replace(std::move(after));
}

// The id that a part of the delta itself has got.
PartId RealPart(const TableDelta& delta, PartId id) {
  if (!IsProvisional(id)) return id;
  const bool is_inline = (id.value() >> 62 & 1) != 0;
  const uint64_t index = id.value() & ((uint64_t{1} << 62) - 1);
  if (index >= (is_inline ? delta.inline_rows.size() : delta.added.size())) {
    throw Error::Internal("delete from a part that is not there: {} of table {}", index, delta.table);
  }
  return is_inline ? delta.inline_rows[index]->id : delta.added[index]->id;
}

void ApplyDelta(TableState& table, TableDelta& delta, Version version, uint64_t& next_part) {
  if (delta.truncate) {
    table.segments.Clear();
    table.inline_batches.Clear();
    table.live_rows = table.deleted_rows = table.segment_bytes = table.inline_rows = table.inline_bytes = 0;
  }
  std::unordered_set<PartId> removed;
  for (const RemovedPart& part : delta.removed) {
    const SegmentRef* segment = table.segments.Find(part.id);
    const InlineRef* batch = segment == nullptr ? table.inline_batches.Find(part.id) : nullptr;
    if ((segment == nullptr && batch == nullptr) || !removed.insert(part.id).second) {
      throw Conflict("a part was replaced by another commit", part.id, table.table);
    }
    if (DeletedRows(segment != nullptr ? segment->deletes : batch->deletes) != part.deleted_seen) {
      throw Conflict("rows of a part were deleted by another commit", part.id, table.table);
    }
    if (segment != nullptr) AddSums(table, *segment, -1);
    if (batch != nullptr) AddSums(table, *batch, -1);
  }
  table.segments.Remove(removed);
  table.inline_batches.Remove(removed);
  for (const std::shared_ptr<SegmentInfo>& segment : delta.added) {
    if (!segment->id) {
      segment->id = PartId(next_part);
      segment->created = version;
    }
    next_part = std::max(next_part, segment->id.value() + 1);
    SegmentRef ref{segment, nullptr};
    AddSums(table, ref, 1);
    table.segments.Append(std::move(ref));
  }
  for (const std::shared_ptr<InlineBatch>& batch : delta.inline_rows) {
    if (!batch->id) {
      batch->id = PartId(next_part);
      batch->created = version;
    }
    next_part = std::max(next_part, batch->id.value() + 1);
    InlineRef ref{batch, nullptr};
    AddSums(table, ref, 1);
    table.inline_batches.Append(std::move(ref));
  }
  for (DeletedPositions& deleted : delta.deletes) {
    if (deleted.positions == nullptr) continue;
    deleted.id = RealPart(delta, deleted.id);
    if (const SegmentRef* segment = table.segments.Find(deleted.id)) {
      DeleteFrom(table, table.segments, SegmentRef(*segment), segment->info->rows, deleted);
    } else if (const InlineRef* batch = table.inline_batches.Find(deleted.id)) {
      DeleteFrom(table, table.inline_batches, InlineRef(*batch), batch->batch->rows.size(), deleted);
    } else {
      throw Conflict("a part was replaced by another commit", deleted.id, table.table);
    }
  }
}

void SerializeTable(const TableState& table, ByteWriter& out) {
  WriteId(table.table, out);
  WriteId(table.changed, out);
  WriteId(table.content_changed, out);
  const auto deletes = [&](const DeleteVectorPtr& positions) {
    out.PutString(positions == nullptr ? std::string() : positions->Serialize());
  };
  out.PutVarint(table.segments.size());
  table.segments.ForEach([&](const SegmentRef& ref) {
    ref.info->Serialize(out);
    deletes(ref.deletes);
  });
  out.PutVarint(table.inline_batches.size());
  table.inline_batches.ForEach([&](const InlineRef& ref) {
    ref.batch->Serialize(out);
    deletes(ref.deletes);
  });
}

TableStatePtr DeserializeTable(ByteReader& in) {
  auto table = std::make_shared<TableState>();
  table->table = ReadId<TableId>(in);
  table->changed = ReadId<Version>(in);
  table->content_changed = ReadId<Version>(in);
  const auto deletes = [&] {
    const std::string_view bytes = in.GetString();
    return bytes.empty() ? nullptr : DeleteVector::Deserialize(bytes);
  };
  const uint64_t segments = in.GetVarint();
  for (uint64_t i = 0; i < segments; ++i) {
    SegmentRef ref;
    ref.info = std::make_shared<const SegmentInfo>(SegmentInfo::Deserialize(in));
    ref.deletes = deletes();
    AddSums(*table, ref, 1);
    table->segments.Append(std::move(ref));
  }
  const uint64_t batches = in.GetVarint();
  for (uint64_t i = 0; i < batches; ++i) {
    InlineRef ref;
    ref.batch = std::make_shared<const InlineBatch>(InlineBatch::Deserialize(in));
    ref.deletes = deletes();
    AddSums(*table, ref, 1);
    table->inline_batches.Append(std::move(ref));
  }
  return table;
}

std::string Seal(std::string_view body) {
  ByteWriter out;
  out.Put(kMagic);
  out.Put(kFormat);
  out.Put(HashString(body));
  out.PutRaw(body);
  return out.Take();
}

std::string_view Unseal(std::string_view part) {
  ByteReader in(part);
  if (in.Get<uint32_t>() != kMagic) throw Error::Operational(sqlstate::kDataCorrupted, "not a snapshot record");
  const auto format = in.Get<uint8_t>();
  if (format != kFormat) {
    throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                             "snapshot was written by a newer version: format {}", format);
  }
  const auto checksum = in.Get<uint64_t>();
  const std::string_view body = part.substr(part.size() - in.remaining());
  if (HashString(body) != checksum) {
    throw Error::Operational(sqlstate::kDataCorrupted,
                             "snapshot record of the metadata is damaged: its checksum differs")
        .WithHint("Restore the data folder from a backup.");
  }
  return body;
}

}  // namespace

StatePtr State::Initial(CatalogPtr catalog) {
  std::shared_ptr<State> state(new State());
  state->catalog_ = std::move(catalog);
  for (auto& shard : state->tables_) shard = std::make_shared<const Shard>();
  state->offsets_ = std::make_shared<const std::map<std::string, std::string>>();
  return state;
}

StatePtr State::Apply(Commit& commit) const {
  std::shared_ptr<State> after(new State(*this));
  if (!commit.version) commit.version = version_.next();
  after->version_ = commit.version;
  for (const CatalogChange& change : commit.ddl) after->catalog_ = after->catalog_->Apply(change, commit.version);
  for (TableDelta& delta : commit.tables) {
    if (after->catalog_->FindTable(delta.table) == nullptr) {
      throw Error::User(sqlstate::kUndefinedTable, "table does not exist any more: id {}", delta.table);
    }
    auto shard = std::make_shared<Shard>(*after->tables_[delta.table.value() % kShards]);
    TableStatePtr& slot = (*shard)[delta.table];
    auto table = slot == nullptr ? std::make_shared<TableState>() : std::make_shared<TableState>(*slot);
    table->table = delta.table;
    ApplyDelta(*table, delta, commit.version, after->next_part_);
    table->changed = commit.version;
    if (!KeepsContent(commit.kind)) table->content_changed = commit.version;
    slot = std::move(table);
    after->tables_[delta.table.value() % kShards] = std::move(shard);
  }
  if (!commit.ddl.empty()) {
    // Parts of dropped tables go with them.
    for (auto& shard : after->tables_) {
      std::shared_ptr<Shard> changed;
      for (const auto& [id, table] : *shard) {
        if (after->catalog_->FindTable(id) != nullptr) continue;
        if (changed == nullptr) changed = std::make_shared<Shard>(*shard);
        changed->erase(id);
      }
      if (changed != nullptr) shard = std::move(changed);
    }
  }
  if (!commit.offsets.empty()) {
    auto offsets = std::make_shared<std::map<std::string, std::string>>(*offsets_);
    for (const SourceOffset& offset : commit.offsets) (*offsets)[offset.source] = offset.offset;
    after->offsets_ = std::move(offsets);
  }
  return after;
}

const TableState* State::FindTable(TableId table) const {
  const Shard& shard = *tables_[table.value() % kShards];
  const auto at = shard.find(table);
  return at == shard.end() ? nullptr : at->second.get();
}

TableStatePtr State::FindTableShared(TableId table) const {
  const Shard& shard = *tables_[table.value() % kShards];
  const auto at = shard.find(table);
  return at == shard.end() ? nullptr : at->second;
}

std::vector<TableStatePtr> State::AllTables() const {
  std::vector<TableStatePtr> out;
  for (const auto& shard : tables_) {
    for (const auto& [id, table] : *shard) out.push_back(table);
  }
  std::sort(out.begin(), out.end(), [](const TableStatePtr& a, const TableStatePtr& b) { return a->table < b->table; });
  return out;
}

const std::string* State::FindOffset(const std::string& source) const {
  const auto at = offsets_->find(source);
  return at == offsets_->end() ? nullptr : &at->second;
}

std::vector<std::function<std::string()>> State::SerializeParts() const {
  std::vector<std::function<std::string()>> parts;
  parts.emplace_back([this] {
    ByteWriter out;
    WriteId(version_, out);
    out.PutVarint(next_part_);
    catalog_->Serialize(out);
    out.PutVarint(offsets_->size());
    for (const auto& [source, offset] : *offsets_) {
      out.PutString(source);
      out.PutString(offset);
    }
    return Seal(out.buffer());
  });
  for (const TableStatePtr& table : AllTables()) {
    parts.emplace_back([table] {
      ByteWriter out;
      SerializeTable(*table, out);
      return Seal(out.buffer());
    });
  }
  return parts;
}

StatePtr State::Deserialize(const std::vector<std::string>& parts,
                            std::shared_ptr<const VirtualTables> virtual_tables) {
  if (parts.empty()) throw Error::Operational(sqlstate::kDataCorrupted, "snapshot is empty");
  std::shared_ptr<State> state(new State());
  ByteReader in(Unseal(parts[0]));
  state->version_ = ReadId<Version>(in);
  state->next_part_ = in.GetVarint();
  state->catalog_ = Catalog::Deserialize(in, std::move(virtual_tables));
  auto offsets = std::make_shared<std::map<std::string, std::string>>();
  const uint64_t offset_count = in.GetVarint();
  for (uint64_t i = 0; i < offset_count; ++i) {
    std::string source(in.GetString());
    (*offsets)[std::move(source)] = in.GetString();
  }
  state->offsets_ = std::move(offsets);
  std::array<std::shared_ptr<Shard>, kShards> shards;
  for (auto& shard : shards) shard = std::make_shared<Shard>();
  for (size_t i = 1; i < parts.size(); ++i) {
    ByteReader table_in(Unseal(parts[i]));
    TableStatePtr table = DeserializeTable(table_in);
    const TableId id = table->table;
    (*shards[id.value() % kShards])[id] = std::move(table);
  }
  for (size_t i = 0; i < kShards; ++i) state->tables_[i] = std::move(shards[i]);
  return state;
}

StatePtr State::WithVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables) const {
  std::shared_ptr<State> copy(new State(*this));
  copy->catalog_ = catalog_->WithVirtualTables(std::move(virtual_tables));
  return copy;
}

}  // namespace weir
