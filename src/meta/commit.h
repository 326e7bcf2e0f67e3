#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "catalog/catalog_change.h"
#include "catalog/ids.h"
#include "env/clock.h"
#include "meta/delete_vector.h"
#include "meta/segment.h"

namespace weir {

class State;

enum class CommitKind : uint8_t {  // serialised: append only
  kLoad = 0,
  kInsert = 1,
  kDelete = 2,
  kUpdate = 3,
  kTruncate = 4,
  kFlush = 5,       // inline rows became segments; the content is the same
  kCompaction = 6,  // segments became others; the content is the same
  kDdl = 7,
  kCheckpoint = 8,  // of a streaming job
};
std::string_view CommitKindName(CommitKind kind);  // "insert"
// Streams skip such commits, and caches by content survive them.
inline bool KeepsContent(CommitKind kind) {
  return kind == CommitKind::kFlush || kind == CommitKind::kCompaction;
}

// A part that goes away. `deleted_seen` is how many of its rows were deleted in the snapshot that its replacement was
// made from: when more are by the time of the commit, that is a conflict.
struct RemovedPart {
  PartId id;
  uint64_t deleted_seen = 0;
};

// Rows of one part that get deleted, which must all be there still. The part may be one that the same delta adds
// (ProvisionalPart).
struct DeletedPositions {
  PartId id;
  DeleteVectorPtr positions;
};

// New files that belong to nobody until their commit succeeds; destroying the last reference before that removes them.
class PendingFiles {
 public:
  virtual ~PendingFiles() = default;
  virtual void Committed() noexcept = 0;
};

// What a commit does to one table. Applied in the order of the members.
struct TableDelta {
  TableId table;
  bool truncate = false;
  std::vector<RemovedPart> removed;
  std::vector<std::shared_ptr<SegmentInfo>> added;
  std::vector<std::shared_ptr<InlineBatch>> inline_rows;
  std::vector<DeletedPositions> deletes;
  uint64_t inserted_rows = 0;  // as the user counts them
  uint64_t deleted_rows = 0;
  std::shared_ptr<PendingFiles> files;  // not serialised

  bool empty() const { return !truncate && removed.empty() && deletes.empty() && added.empty() && inline_rows.empty(); }
  // Adds what `other`, of the same table and made after this one, does.
  void Append(TableDelta other);
};

// How far a source was read when the rows of the commit were made; opaque to all but the source.
struct SourceOffset {
  std::string source;
  std::string offset;
};

// What somebody wants committed. All of it or nothing.
struct CommitRequest {
  CommitKind kind = CommitKind::kInsert;
  // A commit whose label its database has already is not made again: the answer is the first one's.
  std::string label;
  DatabaseId database;             // of the label; whose label-less commits may leave it 0
  std::vector<CatalogChange> ddl;  // applied before the tables
  std::vector<TableDelta> tables;
  std::vector<SourceOffset> offsets;
  // Catalog::version() that the request was made from. A request with rows for tables that its own ddl creates needs
  // it: their ids hold only as long as nobody else changes definitions in between (40001 otherwise).
  Version catalog_seen;
  // Called in commit order with the state just before; throws to refuse. It must be quick.
  std::function<void(const State& before)> validate;
};

// A commit as it is in the log.
struct Commit {
  Version version;
  CommitKind kind = CommitKind::kInsert;
  std::string label;
  DatabaseId database;
  UnixNanos time = 0;
  std::vector<CatalogChange> ddl;
  std::vector<TableDelta> tables;
  std::vector<SourceOffset> offsets;

  // Versioned and with a checksum; see docs/formats/meta.md.
  std::string Serialize() const;
  static Commit Deserialize(std::string_view payload);
};
using CommitPtr = std::shared_ptr<const Commit>;

}  // namespace weir
