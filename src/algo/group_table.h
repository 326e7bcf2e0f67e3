#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "algo/group_codes.h"
#include "algo/hyper_log_log.h"
#include "algo/key_hash.h"
#include "algo/partitioned_rows.h"
#include "algo/row_blocks.h"
#include "algo/row_bound.h"
#include "algo/row_layout.h"
#include "base/bytes.h"
#include "base/hash.h"
#include "column/chunk.h"
#include "expr/aggregate.h"
#include "runtime/memory_tracker.h"

namespace weir {

// Hash of a key packed into 64-bit words.
inline uint64_t HashPackedKey(const void* words, size_t count) {
  uint64_t hash = HashInt(LoadUnaligned<uint64_t>(words));
  for (size_t i = 1; i < count; ++i) {
    hash = HashCombine(hash, LoadUnaligned<uint64_t>(static_cast<const uint8_t*>(words) + 8 * i));
  }
  return hash;
}

struct GroupTableOptions {
  // Pre-aggregation: how many groups are kept findable while growing further is not worth it; beyond, the table
  // forgets them (their rows stay, to be merged later) and starts over in cache, with new rows laid out by partition.
  // 0: never, every group has exactly one row. Only tables that go through GroupMerge may forget.
  size_t cached_groups_max = 0;
  // But tables that are expected to take no more than so many bytes are kept whole where groups are not clustered.
  size_t whole_bytes_max = 0;
  // How many groups the plan expects; 0: it does not say.
  double groups_estimated = 0;
  // Shared by all tables of an aggregation that is to have them; null: none.
  std::shared_ptr<GroupCodes> codes = nullptr;
};

class GroupPositions;
class PositionRuns;

// What the rows of one or several group tables look like and live in; see GroupTable.
class GroupLayout {
 public:
  // `codes`: per key whose rows hold codes instead of texts; empty: none do. Only beside keys that are not packed.
  GroupLayout(std::vector<Type> key_types, std::vector<std::shared_ptr<const AggregateOps>> aggregates,
              std::vector<std::shared_ptr<KeyCodes>> codes = {});

  const std::vector<Type>& key_types() const { return key_types_; }
  KeyCodes* codes(size_t key) const { return codes_.empty() ? nullptr : codes_[key].get(); }
  bool has_codes() const { return !codes_.empty(); }
  const std::vector<std::shared_ptr<const AggregateOps>>& aggregates() const { return aggregates_; }
  size_t state_offset(size_t aggregate) const { return state_offsets_[aggregate]; }
  size_t row_bytes() const { return row_bytes_; }
  size_t states_offset() const { return states_offset_; }

  // 64-bit words of a key that is compared as plain words; 0 when keys need comparing by type.
  size_t packed_words() const { return packed_words_; }
  // One packed key without room for a NULL flag; its NULL group is a row of its own.
  bool packed_single() const { return packed_single_; }

  void InitStates(uint8_t* row) const {
    if (!zero_states_) return CallInits(row);
    // A few words as a rule: no call pays.
    for (size_t at = states_offset_; at < row_bytes_; at += 8) StoreUnaligned<uint64_t>(row + at, 0);
  }
  // The keys of rows as a column; rows from `nulls_from` on are NULL rows of a packed_single() layout.
  ColumnPtr GatherKey(size_t key, const uint8_t* const* rows, size_t count, size_t nulls_from,
                      const Owners& owners) const;
  ColumnPtr FinalizeAggregate(size_t aggregate, uint8_t* const* rows, size_t count) const;
  ColumnPtr SerializeAggregate(size_t aggregate, uint8_t* const* rows, size_t count) const;
  // Of a row that is no NULL row.
  uint64_t HashOf(const uint8_t* row) const;
  bool SameKey(const uint8_t* a, const uint8_t* b) const;

 private:
  friend class GroupTable;
  void CallInits(uint8_t* row) const;
  struct PackedKey {
    uint32_t offset = 0;     // in the packed bytes
    uint32_t null_byte = 0;  // 0: it has no NULL flag
    uint8_t null_bit = 0;
  };
  std::vector<Type> key_types_;
  std::vector<std::shared_ptr<const AggregateOps>> aggregates_;
  std::vector<std::shared_ptr<KeyCodes>> codes_;
  std::vector<PackedKey> packed_;
  size_t packed_words_ = 0;
  bool packed_single_ = false;
  RowLayout rows_;  // keys that are not packed; the header is the hash
  std::vector<size_t> state_offsets_;
  size_t states_offset_ = 0;
  size_t row_bytes_ = 0;
  bool zero_states_ = true;
};

// The memory behind the groups of one table, kept alive by whatever still refers to it.
struct GroupStorage {
  GroupStorage(size_t row_bytes, std::shared_ptr<MemoryTracker> tracker);
  // Reserves what heap and arena have grown by.
  void AccountVariableBytes();
  size_t bytes() const {
    return rows.bytes() + (parts == nullptr ? 0 : parts->bytes()) + null_rows.bytes() + heap.bytes() + arena.bytes();
  }

  RowBlocks rows;
  std::unique_ptr<PartitionedRows> parts;  // of a table that has forgotten: rows made since
  RowBlocks null_rows;                     // the NULL group of a packed_single() layout: at most one row
  RowHeap heap;
  StateArena arena;
  ScopedReservation variable_bytes;
};

// Hash table of GROUP BY and DISTINCT: from key rows to rows of [key | aggregate states].
//
// Use per chunk: FindOrInsert(keys, rows), then Update(i, ...) for each aggregate. At the end either Scan one table
// or hand all drivers' tables to a GroupMerge (algo/group_merge.h). NULL keys are equal to each other. Without keys
// there is one group, which exists from the start.
//
// Open addressing over 8-byte slots (16 bits of hash, 48 of row address), probed in batches with prefetching.
// A table that may forget stays in the second-level cache: where larger ones would not find enough more, groups that
// are full are forgotten, further rows lie by partition of their hash, and while groups hardly repeat rows go there
// without being looked up at all. GroupMerge then finds each partition's groups in cache.
// Keys of fixed width up to 32 bytes are packed and compared as words. Keys that come as dictionaries, constants or
// integers of a narrow range are first looked up by position in a small array, and when few groups are hit,
// aggregates run over each group's rows at a time. Texts that few groups differ in become codes (GroupCodes) when a
// table grows large.
//
// One thread at a time. Memory is reserved with the tracker (may be null) as it grows. After an error the table can
// only be destroyed.
class GroupTable {
 public:
  GroupTable(std::vector<Type> key_types, std::vector<std::shared_ptr<const AggregateOps>> aggregates,
             std::shared_ptr<MemoryTracker> tracker, GroupTableOptions options = {});
  GroupTable(std::shared_ptr<const GroupLayout> layout, std::shared_ptr<MemoryTracker> tracker,
             GroupTableOptions options = {});
  ~GroupTable();

  // Finds the group of every row, making those that are missing. The columns are of the key types and any encoding.
  void FindOrInsert(std::span<const ColumnPtr> keys, const RowSet& rows);
  // groups()[row]: the group row of physical row `row` of the last FindOrInsert, for the rows given to it, which must
  // still be there, as for the calls below.
  uint8_t* const* groups();
  // Rows of the last FindOrInsert that made a new group, ascending: what DISTINCT passes on.
  const Selection& new_rows() const { return new_rows_; }

  // Takes `rows` (all or, with FILTER, some of those of the last FindOrInsert) into an aggregate.
  void Update(size_t aggregate, std::span<const ColumnPtr> args, const RowSet& rows);
  void Retract(size_t aggregate, std::span<const ColumnPtr> args, const RowSet& rows);
  // The same from serialised states (column of the aggregate's intermediate_type).
  void MergeSerialized(size_t aggregate, const Column& states, const RowSet& rows);

  // Group rows: with forgetting, a group may have several.
  size_t group_count() const {
    const size_t in_parts = storage_->parts == nullptr ? 0 : storage_->parts->size();
    return storage_->rows.size() + in_parts + storage_->null_rows.size();
  }
  bool has_forgotten() const { return storage_->parts != nullptr; }
  uint64_t rows_seen() const { return rows_seen_; }
  // Rows taken in per group row made: near 1 says that pre-aggregating is useless here.
  double Reduction() const;
  size_t MemoryBytes() const;

  // Brings the rows into the plain or coded layout of the codes that this table shares. False when there are too many
  // texts, which ends the codes; nothing has changed then.
  bool Relayout(const std::shared_ptr<const GroupLayout>& layout);
  const std::shared_ptr<GroupCodes>& codes() const { return options_.codes; }

  // Forgets all groups and their memory; for flushing pre-aggregated rows downstream.
  void Reset();

  const std::shared_ptr<const GroupLayout>& layout() const { return layout_; }
  const std::shared_ptr<GroupStorage>& storage() const { return storage_; }

 private:
  friend class GroupMerge;

  void EnsureSlots(size_t more_groups);
  void Rehash(size_t slot_count);
  uint8_t* NewRow(uint64_t hash);
  uint8_t* NullRow();
  void NoteHash(uint64_t hash);
  void MaybeForget();
  void ForgetGroups();
  void MaybeEncode();
  bool EncodeKeys(std::span<const ColumnPtr> keys, const RowSet& rows);
  // The keys as rows hold them.
  std::span<const ColumnPtr> StoredKeys(std::span<const ColumnPtr> keys) const {
    return layout_->has_codes() ? std::span<const ColumnPtr>(stored_keys_) : keys;
  }
  size_t EncoderBytes() const;
  bool CopyRows(std::span<uint8_t* const> from, uint8_t* const* to, const GroupLayout& layout, GroupStorage& storage);
  double ExpectedGroups(double groups) const;
  bool IsWorthGrowing(double here) const;
  bool HasLongStrings() const;
  void FindByHash(std::span<const ColumnPtr> keys, const RowSet& rows);
  bool FindByPosition(std::span<const ColumnPtr> keys, const RowSet& rows);
  void PackKeys(std::span<const ColumnPtr> keys, const RowSet& rows);
  template <size_t kWords>
  void FindPacked(const RowSet& rows);
  template <size_t kWords>
  void PassPacked(const RowSet& rows);
  void PassGeneric(std::span<const ColumnPtr> keys, const RowSet& rows);
  void NotePassed(size_t rows);
  void FindString(const ColumnPtr& key, const RowSet& rows);
  void FindGeneric(std::span<const ColumnPtr> keys, const RowSet& rows);
  void Prefetch(const uint64_t* hashes, size_t count) const;
  bool TakeRuns(size_t row_count);
  uint8_t* const* StatePointers(size_t aggregate, const RowSet& rows);

  std::shared_ptr<const GroupLayout> layout_;
  std::shared_ptr<MemoryTracker> tracker_;
  GroupTableOptions options_;
  std::shared_ptr<GroupStorage> storage_;

  BigArray slots_;
  size_t slot_mask_ = 0;
  size_t findable_ = 0;  // groups in the slots
  size_t grow_at_ = 0;
  uint64_t rows_seen_ = 0;
  uint64_t rows_seen_at_forget_ = 0;
  size_t forget_at_ = 0;
  size_t pass_rows_ = 0;  // how many rows may come yet that get rows of their own without being looked up
  HyperLogLog distinct_;  // a part of the hashes

  KeyHasher hasher_;
  std::vector<KeyEncoder> encoders_;    // by key
  std::vector<ColumnPtr> stored_keys_;  // of the last FindOrInsert, with codes
  std::unique_ptr<GroupPositions> positions_;
  std::vector<uint8_t*> groups_;
  std::optional<RowSet> groups_due_;  // rows whose groups_ are those of their positions, and filled in when asked for
  std::vector<uint8_t*> states_;
  Selection new_rows_;
  // Scratch of one call, by position in the row set.
  std::vector<uint64_t> hashes_;
  std::vector<uint64_t> packed_;
  std::vector<uint32_t> packed_rows_;  // physical rows that packed_ holds, when some keys are NULL
  std::vector<uint64_t> at_;
  std::vector<const uint8_t*> found_;
  std::vector<uint32_t> pending_, candidates_, rejected_, fresh_;
  std::vector<uint8_t*> fresh_rows_;
  // Rows by group of the last call when few groups were hit: aggregates then run group by group.
  struct Run {
    uint8_t* group;
    uint32_t begin, count;
  };
  std::vector<Run> runs_;
  std::unique_ptr<PositionRuns> position_runs_;  // the rows of runs_
  size_t run_row_count_ = 0;                     // rows of the set that runs_ covers; 0 = not valid
};

enum class GroupOutput : uint8_t {
  kFinal,   // keys, then results
  kStates,  // keys, then states of intermediate types: for exchanges and spilling; read back by MergeSerialized
};

// Reads groups out as chunks: keys first, then one column per aggregate. Strings point into the storages, which the
// chunks keep alive. Single-threaded; several scans may read one table at the same time.
class GroupScan {
 public:
  // All rows of a table that is not changed meanwhile.
  GroupScan(const GroupTable& table, GroupOutput output);
  // Rows from `nulls_from` on are NULL rows of a packed_single() layout.
  GroupScan(std::shared_ptr<const GroupLayout> layout, std::vector<uint8_t*> rows, size_t nulls_from,
            std::vector<std::shared_ptr<GroupStorage>> storages, GroupOutput output);

  size_t row_count() const { return rows_.size(); }
  // Empty (no columns) at the end.
  std::optional<Chunk> Next(size_t max_rows = kChunkRowsDefault);
  // The same without groups beyond the bound, whose keys are columns of the output: of most of them only what the first
  // keys need is read.
  std::optional<Chunk> NextWithin(const RowBound& bound, size_t max_rows = kChunkRowsDefault);

 private:
  ColumnPtr ColumnOf(size_t column, uint8_t* const* rows, size_t count, size_t nulls_from) const;
  Chunk ChunkOf(uint8_t* const* rows, size_t count, size_t nulls_from) const;
  void Prefetch(size_t count) const;

  std::shared_ptr<const GroupLayout> layout_;
  std::vector<uint8_t*> rows_;
  size_t nulls_from_ = 0;
  std::vector<std::shared_ptr<GroupStorage>> storages_;
  Owners owners_;
  GroupOutput output_;
  size_t at_ = 0;
};

}  // namespace weir
