#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "catalog/virtual_table.h"
#include "env/clock.h"
#include "meta/commit.h"
#include "meta/sql_store.h"
#include "meta/state.h"
#include "obs/metrics.h"
#include "runtime/condition_variable.h"
#include "runtime/io_pool.h"
#include "runtime/task.h"

namespace weir {

struct CommitLogOptions {
  int64_t snapshot_commits = 10'000;  // a snapshot is due after so many commits ...
  int64_t snapshot_bytes = 64 << 20;  // ... or so many bytes of payload
  int64_t keep_commits = 100'000;     // entries that stay readable though a snapshot covers them
  int64_t label_keep_nanos = 3 * 24 * 3600 * kNanosPerSecond;
  size_t group_commits_max = 1024;  // in one durable append
  size_t queued_max = 100'000;      // requests that wait; beyond, they are refused with a retryable 53400
  size_t summaries_max = 10'000;    // of Recent()
  std::string holder = "local";     // who holds the lease, for people to read
};

struct CommitResult {
  Version version;
  bool duplicate = false;  // the label was there already: `version` is the first commit's
  UnixNanos time = 0;
  StatePtr state;  // at or after `version`
};

// A commit without its rows, for weir_catalog.commits.
struct CommitSummary {
  Version version;
  CommitKind kind;
  std::string label;
  DatabaseId database;
  UnixNanos time;
  uint64_t inserted_rows = 0;
  uint64_t deleted_rows = 0;
  uint32_t segments_added = 0;
  uint32_t parts_removed = 0;
  uint64_t payload_bytes = 0;
  std::string description;  // DDL as text; tables touched otherwise
};

// The one ordered, durable list of what happened. Appending waits for the metadata store's fsync; all requests that
// wait at the same time share one (group commit). The state after each commit is published in order.
//
//   requests -> queue -> [one committer at a time: label, validate, apply, write, fsync] -> publish
//
// The committer is whoever waits in Append, or a thread of the I/O pool, so that blocked callers cannot starve it.
// Ownership: the process has one, inside Storage. Threads: all methods from any thread. Callbacks and subscribers run
// on the committer: they must be quick, must not throw, and must not wait for a commit. Lifecycle: Open replays
// snapshot and tail; Stop() refuses new requests and waits for those in flight.
class CommitLog {
 public:
  // Takes the lease: a log that another process opened before can write no more. Throws 55000 when the store was
  // written by a newer version of Weir.
  static std::unique_ptr<CommitLog> Open(std::unique_ptr<SqlStore> store,
                                         std::shared_ptr<const VirtualTables> virtual_tables, const Clock& clock,
                                         IoPool& io, obs::MetricsRegistry& metrics, CommitLogOptions options = {});
  ~CommitLog();
  CommitLog(const CommitLog&) = delete;
  CommitLog& operator=(const CommitLog&) = delete;

  // Blocks until the commit is durable and published; throws when it is refused (nothing has happened then).
  // Not from workers or event loops.
  CommitResult Append(CommitRequest request);
  // The same without blocking: `done` gets either, on a thread of the I/O pool or of another caller. Throws, and does
  // not call `done`, when the request is refused at once (stopping, too many in the queue).
  using Done = std::move_only_function<void(std::unique_ptr<Error> error, CommitResult result)>;
  void AppendAsync(CommitRequest request, Done done);
  Task<CommitResult> AppendTask(CommitRequest request);

  // The newest published state. Cheap.
  StatePtr state() const;
  // Called after each published commit, in order. Unsubscribe waits for a running call.
  using Subscriber = std::function<void(const CommitPtr& commit, const StatePtr& after)>;
  uint64_t Subscribe(Subscriber subscriber);
  void Unsubscribe(uint64_t id);
  // Blocks until `version` is published; false when the log stops before.
  bool WaitFor(Version version);

  // Full commits in (after, upto], read back from the store; throws 55000 when they were truncated away.
  std::vector<CommitPtr> Read(Version after, Version upto) const;
  // The newest `count` summaries, oldest first.
  std::vector<CommitSummary> Recent(size_t count) const;
  std::optional<Version> FindLabel(DatabaseId database, std::string_view label) const;

  // Serialises the newest state and drops entries and labels that are no longer needed. Blocks.
  void WriteSnapshot();
  bool snapshot_due() const;
  Version snapshot_version() const;
  uint64_t epoch() const { return epoch_; }
  // Set once when the store has failed so that this log cannot go on (fenced, corrupted).
  std::optional<Error> fatal_error() const;

  void SetVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables);
  void Stop();

 private:
  struct Pending;
  struct Group;
  struct Awaiter;
  CommitLog(std::unique_ptr<SqlStore> store, const Clock& clock, IoPool& io, obs::MetricsRegistry& metrics,
            CommitLogOptions options);
  void OpenStore();
  void Replay(std::shared_ptr<const VirtualTables> virtual_tables);
  void LoadLabels();
  void Enqueue(std::unique_ptr<Pending> pending, bool schedule);
  // Commits what is queued; returns when the queue is empty or `until` (if given) is done.
  void RunCommitter(const bool* until) noexcept;
  void CommitGroup(std::vector<std::unique_ptr<Pending>> requests) noexcept;
  void PrepareOne(Pending& pending, Group& group);
  void WriteGroup(Group& group);
  // Nothing when the store does not answer.
  std::optional<bool> StoreHas(Version version) noexcept;
  void Schedule() noexcept;
  void PublishGroup(Group& group);
  void CheckEpoch();
  void Remember(CommitSummary summary);
  void DropCovered(Version snapshot);

  const Clock& clock_;
  IoPool& io_;
  const CommitLogOptions options_;
  obs::Counter& commits_total_;
  obs::Counter& groups_total_;
  obs::Counter& refused_total_;
  obs::Counter& failures_total_;
  obs::Histogram& write_seconds_;

  mutable std::mutex store_mutex_;  // guards store_; held while it is used
  std::unique_ptr<SqlStore> store_;
  mutable std::mutex reader_mutex_;   // guards reader_; held while it is used
  std::unique_ptr<SqlStore> reader_;  // null: the store has one connection only
  uint64_t epoch_ = 0;
  std::mutex snapshot_mutex_;  // one snapshot at a time

  mutable std::mutex mutex_;  // guards all below; leaf
  ConditionVariable changed_;
  std::deque<std::unique_ptr<Pending>> queue_;
  bool committing_ = false;  // somebody is the committer
  size_t scheduled_ = 0;     // calls of RunCommitter that the I/O pool has not begun
  bool stopping_ = false;
  StatePtr state_;
  std::optional<Error> fatal_;
  struct LabelKey {
    uint64_t database;
    std::string label;
    friend bool operator==(const LabelKey&, const LabelKey&) = default;
  };
  struct LabelHash {
    size_t operator()(const LabelKey& key) const noexcept;
  };
  std::unordered_map<LabelKey, std::pair<Version, UnixNanos>, LabelHash> labels_;
  std::deque<CommitSummary> recent_;
  Version snapshot_version_;
  int64_t commits_since_snapshot_ = 0;
  int64_t bytes_since_snapshot_ = 0;

  mutable std::mutex subscribers_mutex_;  // held while subscribers run
  std::vector<std::pair<uint64_t, Subscriber>> subscribers_;
  uint64_t next_subscriber_ = 1;
};

}  // namespace weir
