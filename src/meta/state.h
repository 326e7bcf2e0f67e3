#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "catalog/catalog.h"
#include "meta/commit.h"
#include "meta/part_list.h"
#include "meta/segment.h"

namespace weir {

// The parts of one table at one version. Immutable once in a State.
struct TableState {
  TableId table;
  PartList<SegmentRef> segments;
  PartList<InlineRef> inline_batches;
  Version changed;          // of the last commit that touched it
  Version content_changed;  // of the last one that changed its rows

  // Sums over the parts.
  uint64_t live_rows = 0;
  uint64_t deleted_rows = 0;
  uint64_t segment_bytes = 0;
  uint64_t inline_rows = 0;
  uint64_t inline_bytes = 0;
};
using TableStatePtr = std::shared_ptr<const TableState>;

// Everything that the commit log says up to one version: definitions and the parts of all tables. An immutable
// value; the next one shares what did not change.
class State {
 public:
  static std::shared_ptr<const State> Initial(CatalogPtr catalog);

  // The state after the commit, which has been checked or was in the log. Throws a user error when its DDL or its
  // parts do not fit (40001 when that is for somebody else's commit in between, 42P01 for a dropped table).
  // What `commit` has not got yet is given here and written into it: its version, and ids of parts.
  std::shared_ptr<const State> Apply(Commit& commit) const;

  Version version() const { return version_; }
  const CatalogPtr& catalog() const { return catalog_; }
  // nullptr when it has no rows and never had.
  const TableState* FindTable(TableId table) const;
  TableStatePtr FindTableShared(TableId table) const;
  std::vector<TableStatePtr> AllTables() const;
  const std::string* FindOffset(const std::string& source) const;
  const std::map<std::string, std::string>& offsets() const { return *offsets_; }

  // The state in pieces (part 0: all but tables; then one per table), for snapshots. The functions borrow this state.
  std::vector<std::function<std::string()>> SerializeParts() const;
  static std::shared_ptr<const State> Deserialize(const std::vector<std::string>& parts,
                                                  std::shared_ptr<const VirtualTables> virtual_tables);
  // With another catalog of the same definitions (other virtual tables).
  std::shared_ptr<const State> WithVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables) const;

 private:
  static constexpr size_t kShards = 64;
  using Shard = std::map<TableId, TableStatePtr>;
  State() = default;

  Version version_;
  uint64_t next_part_ = 1;
  CatalogPtr catalog_;
  std::array<std::shared_ptr<const Shard>, kShards> tables_;
  std::shared_ptr<const std::map<std::string, std::string>> offsets_;
};
using StatePtr = std::shared_ptr<const State>;

}  // namespace weir
