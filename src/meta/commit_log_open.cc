// Opening, replaying, reading back and snapshotting of the commit log: everything that is not appending.
#include "meta/commit_log.h"
#include "obs/log.h"

namespace weir {

namespace {

constexpr int64_t kMetaFormat = 1;
constexpr size_t kSnapshotTransactionBytes = 4 << 20;
constexpr int64_t kDeletesPerTransaction = 2000;

// Documented in docs/formats/meta.md.
constexpr const char* kTables[] = {
    "CREATE TABLE IF NOT EXISTS weir_format (name TEXT PRIMARY KEY, version INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS lease (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, holder TEXT NOT NULL, "
    "acquired_unix_nanos INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS edit_log (version INTEGER PRIMARY KEY, kind INTEGER NOT NULL, label TEXT NOT NULL, "
    "database_id INTEGER NOT NULL, time_unix_nanos INTEGER NOT NULL, inserted_rows INTEGER NOT NULL, "
    "deleted_rows INTEGER NOT NULL, segments_added INTEGER NOT NULL, parts_removed INTEGER NOT NULL, "
    "description TEXT NOT NULL, payload BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS labels (database_id INTEGER NOT NULL, label TEXT NOT NULL, version INTEGER NOT NULL, "
    "time_unix_nanos INTEGER NOT NULL, PRIMARY KEY (database_id, label))",
    "CREATE TABLE IF NOT EXISTS snapshots (version INTEGER PRIMARY KEY, parts INTEGER NOT NULL, "
    "time_unix_nanos INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS snapshot_parts (version INTEGER NOT NULL, part INTEGER NOT NULL, "
    "payload BLOB NOT NULL, PRIMARY KEY (version, part))",
};

// Runs `body` in a transaction of its own.
template <typename Body>
void Transact(SqlStore& store, Body&& body) {
  store.Begin();
  try {
    body();
    store.Commit();
  } catch (...) {
    store.Rollback();
    throw;
  }
}

}  // namespace

std::unique_ptr<CommitLog> CommitLog::Open(std::unique_ptr<SqlStore> store,
                                           std::shared_ptr<const VirtualTables> virtual_tables, const Clock& clock,
                                           IoPool& io, obs::MetricsRegistry& metrics, CommitLogOptions options) {
  std::unique_ptr<CommitLog> log(new CommitLog(std::move(store), clock, io, metrics, std::move(options)));
  log->OpenStore();
  log->Replay(std::move(virtual_tables));
  log->LoadLabels();
  try {
    log->reader_ = log->store_->Connect();
  } catch (const Error&) {
    // A store with one connection: reading takes turns with writing.
  }
  return log;
}

void CommitLog::OpenStore() {
  Transact(*store_, [&] {
    store_->Execute(kTables[0]);
    int64_t format = 0;
    store_->Query("SELECT version FROM weir_format WHERE name = 'meta'", {},
                  [&](const SqlRow& row) { format = row.integer(0); });
    if (format > kMetaFormat) {
      throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                               "metadata was written by a newer version of weir: format {}, known up to {}", format,
                               kMetaFormat)
          .WithHint("start the version that wrote it, or a later one");
    }
    for (const char* table : kTables) store_->Execute(table);
    if (format == 0) store_->Execute("INSERT INTO weir_format (name, version) VALUES ('meta', ?1)", {kMetaFormat});
    int64_t epoch = 0;
    store_->Query("SELECT epoch FROM lease WHERE id = 1", {}, [&](const SqlRow& row) { epoch = row.integer(0); });
    if (epoch == 0) store_->Execute("INSERT INTO lease VALUES (1, 0, '', 0)");
    ++epoch;
    store_->Execute("UPDATE lease SET epoch = ?1, holder = ?2, acquired_unix_nanos = ?3 WHERE id = 1",
                    {epoch, std::string_view(options_.holder), clock_.Now()});
    epoch_ = static_cast<uint64_t>(epoch);
  });
}

void CommitLog::Replay(std::shared_ptr<const VirtualTables> virtual_tables) {
  int64_t version = -1;
  int64_t part_count = 0;
  store_->Query("SELECT version, parts FROM snapshots ORDER BY version DESC LIMIT 1", {}, [&](const SqlRow& row) {
    version = row.integer(0);
    part_count = row.integer(1);
  });
  StatePtr state;
  if (version < 0) {
    state = State::Initial(Catalog::Initial(std::move(virtual_tables)));
  } else {
    std::vector<std::string> parts;
    store_->Query("SELECT payload FROM snapshot_parts WHERE version = ?1 ORDER BY part", {version},
                  [&](const SqlRow& row) { parts.emplace_back(row.text(0)); });
    if (static_cast<int64_t>(parts.size()) != part_count) {
      throw Error::Operational(sqlstate::kDataCorrupted, "snapshot {} of the metadata is incomplete: {} of {} parts",
                               version, parts.size(), part_count);
    }
    state = State::Deserialize(parts, std::move(virtual_tables));
    snapshot_version_ = Version(static_cast<uint64_t>(version));
  }
  store_->Query("SELECT version, payload FROM edit_log WHERE version > ?1 ORDER BY version",
                {static_cast<int64_t>(state->version().value())}, [&](const SqlRow& row) {
                  const Version next(static_cast<uint64_t>(row.integer(0)));
                  if (next != state->version().next()) {
                    throw Error::Operational(sqlstate::kDataCorrupted, "commit log has a gap: {} follows {}", next,
                                             state->version());
                  }
                  Commit commit = Commit::Deserialize(row.text(1));
                  state = state->Apply(commit);
                  ++commits_since_snapshot_;
                  bytes_since_snapshot_ += static_cast<int64_t>(row.text(1).size());
                });
  state_ = std::move(state);
  std::vector<CommitSummary> summaries;
  store_->Query(
      "SELECT version, kind, label, database_id, time_unix_nanos, inserted_rows, deleted_rows, segments_added, "
      "parts_removed, description, length(payload) FROM edit_log ORDER BY version DESC LIMIT ?1",
      {static_cast<int64_t>(options_.summaries_max)}, [&](const SqlRow& row) {
        CommitSummary& summary = summaries.emplace_back();
        summary.version = Version(static_cast<uint64_t>(row.integer(0)));
        summary.kind = static_cast<CommitKind>(row.integer(1));
        summary.label = row.text(2);
        summary.database = DatabaseId(static_cast<uint64_t>(row.integer(3)));
        summary.time = row.integer(4);
        summary.inserted_rows = static_cast<uint64_t>(row.integer(5));
        summary.deleted_rows = static_cast<uint64_t>(row.integer(6));
        summary.segments_added = static_cast<uint32_t>(row.integer(7));
        summary.parts_removed = static_cast<uint32_t>(row.integer(8));
        summary.description = row.text(9);
        summary.payload_bytes = static_cast<uint64_t>(row.integer(10));
      });
  recent_.assign(std::make_move_iterator(summaries.rbegin()), std::make_move_iterator(summaries.rend()));
}

void CommitLog::LoadLabels() {
  store_->Query("SELECT database_id, label, version, time_unix_nanos FROM labels", {}, [&](const SqlRow& row) {
    labels_[{static_cast<uint64_t>(row.integer(0)), std::string(row.text(1))}] = {
        Version(static_cast<uint64_t>(row.integer(2))), row.integer(3)};
  });
}

std::vector<CommitPtr> CommitLog::Read(Version after, Version upto) const {
  std::vector<CommitPtr> commits;
  upto = std::min(upto, state()->version());
  if (upto <= after) return commits;
  const std::scoped_lock lock(reader_ == nullptr ? store_mutex_ : reader_mutex_);
  SqlStore& store = reader_ == nullptr ? *store_ : *reader_;
  store.Query("SELECT payload FROM edit_log WHERE version > ?1 AND version <= ?2 ORDER BY version",
              {static_cast<int64_t>(after.value()), static_cast<int64_t>(upto.value())}, [&](const SqlRow& row) {
                commits.push_back(std::make_shared<const Commit>(Commit::Deserialize(row.text(0))));
              });
  if (commits.size() != upto.value() - after.value()) {
    throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                             "commits are no longer in the log: after {}, {} of {} are left", after, commits.size(),
                             upto.value() - after.value());
  }
  return commits;
}

void CommitLog::WriteSnapshot() {
  const std::scoped_lock one(snapshot_mutex_);
  const StatePtr state = this->state();
  const auto version = static_cast<int64_t>(state->version().value());
  int64_t commits_before = 0;
  int64_t bytes_before = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (snapshot_version_ == state->version()) return;
    commits_before = commits_since_snapshot_;
    bytes_before = bytes_since_snapshot_;
  }
  const auto parts = state->SerializeParts();
  {
    // What a crash has left of earlier attempts.
    const std::scoped_lock lock(store_mutex_);
    Transact(*store_, [&] {
      CheckEpoch();
      store_->Execute("DELETE FROM snapshot_parts WHERE version NOT IN (SELECT version FROM snapshots)");
    });
  }
  // Commits get their turn between the transactions.
  for (size_t i = 0; i < parts.size();) {
    std::vector<std::string> payloads;
    const size_t first = i;
    for (size_t bytes = 0; i < parts.size() && bytes < kSnapshotTransactionBytes; ++i) {
      payloads.push_back(parts[i]());
      bytes += payloads.back().size();
    }
    const std::scoped_lock lock(store_mutex_);
    Transact(*store_, [&] {
      CheckEpoch();
      for (size_t k = 0; k < payloads.size(); ++k) {
        store_->Execute("INSERT INTO snapshot_parts (version, part, payload) VALUES (?1, ?2, ?3)",
                        {version, static_cast<int64_t>(first + k), SqlBlob{payloads[k]}});
      }
    });
  }
  {
    const std::scoped_lock lock(store_mutex_);
    Transact(*store_, [&] {
      CheckEpoch();
      store_->Execute("INSERT INTO snapshots (version, parts, time_unix_nanos) VALUES (?1, ?2, ?3)",
                      {version, static_cast<int64_t>(parts.size()), clock_.Now()});
      store_->Execute("DELETE FROM snapshots WHERE version < ?1", {version});
      store_->Execute("DELETE FROM snapshot_parts WHERE version < ?1", {version});
    });
  }
  {
    const std::scoped_lock lock(mutex_);
    snapshot_version_ = state->version();
    commits_since_snapshot_ -= commits_before;
    bytes_since_snapshot_ -= bytes_before;
  }
  DropCovered(state->version());
}

// Deletes log entries and labels that nobody needs any more, a few at a time.
void CommitLog::DropCovered(Version snapshot) {
  const auto last = static_cast<int64_t>(snapshot.value()) - options_.keep_commits;
  const int64_t labels_before = clock_.Now() - options_.label_keep_nanos;
  for (int64_t deleted = kDeletesPerTransaction; last > 0 && deleted == kDeletesPerTransaction;) {
    const std::scoped_lock lock(store_mutex_);
    Transact(*store_, [&] {
      CheckEpoch();
      deleted = store_->Execute(
          "DELETE FROM edit_log WHERE version IN "
          "(SELECT version FROM edit_log WHERE version <= ?1 ORDER BY version LIMIT ?2)",
          {last, kDeletesPerTransaction});
    });
  }
  {
    const std::scoped_lock lock(store_mutex_);
    Transact(*store_, [&] {
      CheckEpoch();
      store_->Execute("DELETE FROM labels WHERE time_unix_nanos < ?1", {labels_before});
    });
  }
  const std::scoped_lock lock(mutex_);
  std::erase_if(labels_, [&](const auto& entry) { return entry.second.second < labels_before; });
}

}  // namespace weir
