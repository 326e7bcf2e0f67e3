#include "meta/commit.h"

#include "base/hash.h"
#include "catalog/serialize.h"

namespace weir {

namespace {

// A commit's payload: u32 magic "WCOM" | u8 format | u64 XXH3 of the rest | the rest.
constexpr uint32_t kMagic = 0x4D4F4357;
constexpr uint8_t kFormat = 1;

void WriteDelta(const TableDelta& delta, ByteWriter& out) {
  WriteId(delta.table, out);
  out.Put<uint8_t>(delta.truncate ? 1 : 0);
  WriteList(delta.removed, out, [&](const RemovedPart& part) {
    WriteId(part.id, out);
    out.PutVarint(part.deleted_seen);
  });
  WriteList(delta.added, out, [&](const std::shared_ptr<SegmentInfo>& segment) { segment->Serialize(out); });
  WriteList(delta.inline_rows, out, [&](const std::shared_ptr<InlineBatch>& batch) { batch->Serialize(out); });
  WriteList(delta.deletes, out, [&](const DeletedPositions& deleted) {
    WriteId(deleted.id, out);
    out.PutString(deleted.positions->Serialize());
  });
  out.PutVarint(delta.inserted_rows);
  out.PutVarint(delta.deleted_rows);
}

TableDelta ReadDelta(ByteReader& in) {
  TableDelta delta;
  delta.table = ReadId<TableId>(in);
  delta.truncate = in.Get<uint8_t>() != 0;
  delta.removed = ReadList<RemovedPart>(in, [&] {
    RemovedPart part;
    part.id = ReadId<PartId>(in);
    part.deleted_seen = in.GetVarint();
    return part;
  });
  delta.added = ReadList<std::shared_ptr<SegmentInfo>>(
      in, [&] { return std::make_shared<SegmentInfo>(SegmentInfo::Deserialize(in)); });
  delta.inline_rows = ReadList<std::shared_ptr<InlineBatch>>(
      in, [&] { return std::make_shared<InlineBatch>(InlineBatch::Deserialize(in)); });
  delta.deletes = ReadList<DeletedPositions>(in, [&] {
    DeletedPositions deleted;
    deleted.id = ReadId<PartId>(in);
    deleted.positions = DeleteVector::Deserialize(in.GetString());
    return deleted;
  });
  delta.inserted_rows = in.GetVarint();
  delta.deleted_rows = in.GetVarint();
  return delta;
}

// Keeps the files of both until both are committed or given up.
class JoinedFiles : public PendingFiles {
 public:
  JoinedFiles(std::shared_ptr<PendingFiles> a, std::shared_ptr<PendingFiles> b) : a_(std::move(a)), b_(std::move(b)) {}
  void Committed() noexcept override {
    a_->Committed();
    b_->Committed();
  }

 private:
  const std::shared_ptr<PendingFiles> a_;
  const std::shared_ptr<PendingFiles> b_;
};

template <typename T>
void MoveTo(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  from.clear();
}

}  // namespace

std::string_view CommitKindName(CommitKind kind) {
  switch (kind) {
    case CommitKind::kLoad:
      return "load";
    case CommitKind::kInsert:
      return "insert";
    case CommitKind::kDelete:
      return "delete";
    case CommitKind::kUpdate:
      return "update";
    case CommitKind::kTruncate:
      return "truncate";
    case CommitKind::kFlush:
      return "flush";
    case CommitKind::kCompaction:
      return "compaction";
    case CommitKind::kDdl:
      return "ddl";
    case CommitKind::kCheckpoint:
      return "checkpoint";
  }
  return "?";
}

void TableDelta::Append(TableDelta other) {
  if (other.truncate) {
    // What was done before is gone with all else.
    *this = std::move(other);
    return;
  }
  MoveTo(removed, other.removed);
  MoveTo(deletes, other.deletes);
  MoveTo(added, other.added);
  MoveTo(inline_rows, other.inline_rows);
  inserted_rows += other.inserted_rows;
  deleted_rows += other.deleted_rows;
  if (files == nullptr) {
    files = std::move(other.files);
  } else if (other.files != nullptr) {
    files = std::make_shared<JoinedFiles>(std::move(files), std::move(other.files));
  }
}

std::string Commit::Serialize() const {
  ByteWriter body;
  WriteId(version, body);
  body.Put(kind);
  body.PutString(label);
  WriteId(database, body);
  body.PutZigzag(time);
  WriteList(ddl, body, [&](const CatalogChange& change) { SerializeChange(change, body); });
  WriteList(tables, body, [&](const TableDelta& delta) { WriteDelta(delta, body); });
  WriteList(offsets, body, [&](const SourceOffset& offset) {
    body.PutString(offset.source);
    body.PutString(offset.offset);
  });
  ByteWriter out;
  out.Put(kMagic);
  out.Put(kFormat);
  out.Put(HashString(body.buffer()));
  out.PutRaw(body.buffer());
  return out.Take();
}

Commit Commit::Deserialize(std::string_view payload) {
  ByteReader in(payload);
  if (in.Get<uint32_t>() != kMagic) throw Error::Operational(sqlstate::kDataCorrupted, "not a commit record");
  const auto format = in.Get<uint8_t>();
  if (format != kFormat) {
    throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                             "commit was written by a newer version: format {}", format);
  }
  const auto checksum = in.Get<uint64_t>();
  if (HashString(payload.substr(payload.size() - in.remaining())) != checksum) {
    throw Error::Operational(sqlstate::kDataCorrupted, "commit record of the metadata is damaged: its checksum differs")
        .WithHint("Restore the data folder from a backup.");
  }
  Commit commit;
  commit.version = ReadId<Version>(in);
  commit.kind = ReadEnum<CommitKind>(in, CommitKind::kCheckpoint);
  commit.label = in.GetString();
  commit.database = ReadId<DatabaseId>(in);
  commit.time = in.GetZigzag();
  commit.ddl = ReadList<CatalogChange>(in, [&] { return DeserializeChange(in); });
  commit.tables = ReadList<TableDelta>(in, [&] { return ReadDelta(in); });
  commit.offsets = ReadList<SourceOffset>(in, [&] {
    SourceOffset offset;
    offset.source = in.GetString();
    offset.offset = in.GetString();
    return offset;
  });
  return commit;
}

}  // namespace weir
