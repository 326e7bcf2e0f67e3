#include "meta/commit_log.h"

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/hash.h"
#include "obs/log.h"

namespace weir {

namespace {

constexpr obs::CounterDef kCommits{"weir_commit_log_commits_total", "1", "Commits made durable"};
constexpr obs::CounterDef kGroups{"weir_commit_log_groups_total", "1", "Durable appends, each of one or more commits"};
constexpr obs::CounterDef kRefused{"weir_commit_log_refused_total", "1", "Requests refused by conflicts or checks"};
constexpr obs::CounterDef kFailures{"weir_commit_log_failures_total", "1", "Appends that the metadata store failed"};
constexpr obs::HistogramDef kWriteSeconds{{"weir_commit_log_write_seconds", "seconds", "Time of one durable append"}};

constexpr size_t kDescriptionBytesMax = 1000;

std::string Describe(const Commit& commit) {
  std::string out;
  for (const CatalogChange& change : commit.ddl) {
    if (!out.empty()) out += "; ";
    out += DescribeChange(change);
    if (out.size() > kDescriptionBytesMax) break;
  }
  for (const TableDelta& delta : commit.tables) {
    if (out.size() > kDescriptionBytesMax) break;
    if (!out.empty()) out += "; ";
    out += fmt::format("table {}", delta.table);
  }
  if (out.size() > kDescriptionBytesMax) out.resize(kDescriptionBytesMax);
  return out;
}

CommitSummary Summarize(const Commit& commit, uint64_t payload_bytes) {
  CommitSummary summary;
  summary.version = commit.version;
  summary.kind = commit.kind;
  summary.label = commit.label;
  summary.database = commit.database;
  summary.time = commit.time;
  summary.payload_bytes = payload_bytes;
  for (const TableDelta& delta : commit.tables) {
    summary.inserted_rows += delta.inserted_rows;
    summary.deleted_rows += delta.deleted_rows;
    summary.segments_added += static_cast<uint32_t>(delta.added.size());
    summary.parts_removed += static_cast<uint32_t>(delta.removed.size());
  }
  summary.description = Describe(commit);
  return summary;
}

void KeepFiles(const Commit& commit) noexcept {
  for (const TableDelta& delta : commit.tables) {
    if (delta.files != nullptr) delta.files->Committed();
  }
}

Error Stopped() {
  return Error::Operational(sqlstate::kAdminShutdown, "the server is stopping").WithRetryable();
}

}  // namespace

// A request in the queue.
struct CommitLog::Pending {
  CommitRequest request;
  Done done;
};

struct CommitLog::Group {
  struct Item {
    std::unique_ptr<Pending> pending;
    std::unique_ptr<Error> error;
    CommitResult result;
    // Of those that are committed now; null for refused and duplicate ones.
    CommitPtr commit;
    StatePtr after;
    std::string payload;
  };
  StatePtr state;
  UnixNanos time = 0;
  std::vector<Item> items;
  std::map<std::pair<uint64_t, std::string>, Version> labels;
  bool writes = false;
  bool outcome_unknown = false;  // the store failed and cannot say whether it has them
};

// Forwarded to by AppendTask; lives in the coroutine's frame.
struct CommitLog::Awaiter {
  CommitLog& log;
  CommitRequest request;
  std::unique_ptr<Error> error{};
  CommitResult result{};

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    log.AppendAsync(std::move(request), [this, handle](std::unique_ptr<Error> failed, CommitResult made) {
      error = std::move(failed);
      result = std::move(made);
      handle.resume();
    });
  }
  void await_resume() const noexcept {}
};

size_t CommitLog::LabelHash::operator()(const LabelKey& key) const noexcept {
  return HashCombine(HashInt(key.database), HashString(key.label));
}

CommitLog::CommitLog(std::unique_ptr<SqlStore> store, const Clock& clock, IoPool& io, obs::MetricsRegistry& metrics,
                     CommitLogOptions options)
    : clock_(clock),
      io_(io),
      options_(std::move(options)),
      commits_total_(metrics.Get(kCommits)),
      groups_total_(metrics.Get(kGroups)),
      refused_total_(metrics.Get(kRefused)),
      failures_total_(metrics.Get(kFailures)),
      write_seconds_(metrics.Get(kWriteSeconds)),
      store_(std::move(store)) {}

CommitLog::~CommitLog() {
  Stop();
}

CommitResult CommitLog::Append(CommitRequest request) {
  struct Answer {
    bool finished = false;
    std::unique_ptr<Error> error;
    CommitResult result;
  } answer;
  auto pending = std::make_unique<Pending>();
  pending->request = std::move(request);
  pending->done = [this, &answer](std::unique_ptr<Error> error, CommitResult result) {
    const std::scoped_lock lock(mutex_);
    answer.error = std::move(error);
    answer.result = std::move(result);
    answer.finished = true;
    changed_.notify_all();
  };
  Enqueue(std::move(pending), false);
  std::unique_lock lock(mutex_);
  while (!answer.finished) {
    if (committing_) {
      changed_.wait(lock);
      continue;
    }
    lock.unlock();
    RunCommitter(&answer.finished);
    lock.lock();
  }
  if (answer.error != nullptr) throw *answer.error;
  return std::move(answer.result);
}

void CommitLog::AppendAsync(CommitRequest request, Done done) {
  auto pending = std::make_unique<Pending>();
  pending->request = std::move(request);
  pending->done = std::move(done);
  Enqueue(std::move(pending), true);
}

Task<CommitResult> CommitLog::AppendTask(CommitRequest request) {
  Awaiter awaiter{*this, std::move(request)};
  co_await awaiter;
  if (awaiter.error != nullptr) throw *awaiter.error;
  co_return std::move(awaiter.result);
}

void CommitLog::Enqueue(std::unique_ptr<Pending> pending, bool schedule) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) throw Stopped();
    if (fatal_.has_value()) throw *fatal_;
    if (queue_.size() >= options_.queued_max) {
      throw Error::Operational(sqlstate::kConfigurationLimitExceeded, "too many commits wait: {}", queue_.size())
          .WithRetryable();
    }
    queue_.push_back(std::move(pending));
    // Whoever commits now looks at the queue again before it leaves.
    if (!schedule || committing_ || scheduled_ != 0) return;
    ++scheduled_;
  }
  Schedule();
}

void CommitLog::Schedule() noexcept {
  // With a pool that takes no more work, this thread does it.
  if (CatchError([&] { io_.Submit([this] { RunCommitter(nullptr); }); }) != nullptr) RunCommitter(nullptr);
}

void CommitLog::RunCommitter(const bool* until) noexcept {
  std::unique_lock lock(mutex_);
  if (until == nullptr) --scheduled_;
  if (committing_) {
    changed_.notify_all();
    return;
  }
  committing_ = true;
  while (!queue_.empty() && (until == nullptr || !*until)) {
    std::vector<std::unique_ptr<Pending>> requests;
    while (!queue_.empty() && requests.size() < options_.group_commits_max) {
      requests.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    lock.unlock();
    CommitGroup(std::move(requests));
    lock.lock();
  }
  committing_ = false;
  // A caller that has its answer does not go on working for others; waiting callers take over, but for requests
  // without one somebody must come.
  const bool hand_over = !queue_.empty() && scheduled_ == 0;
  if (hand_over) ++scheduled_;
  changed_.notify_all();
  lock.unlock();
  if (hand_over) Schedule();
}

void CommitLog::CommitGroup(std::vector<std::unique_ptr<Pending>> requests) noexcept {
  Group group;
  {
    const std::scoped_lock lock(mutex_);
    group.state = state_;
    group.time = recent_.empty() ? 0 : recent_.back().time;
  }
  // Commit times follow the order of versions, whatever the clock does.
  group.time = std::max(group.time, clock_.Now());
  for (auto& pending : requests) {
    Group::Item& item = group.items.emplace_back();
    item.pending = std::move(pending);
    try {
      PrepareOne(*item.pending, group);
    } catch (...) {
      item.error = std::make_unique<Error>(Error::FromCurrentException());
      refused_total_.Add();
    }
  }
  if (group.writes) {
    auto error = CatchError([&] { WriteGroup(group); });
    if (error != nullptr) {
      failures_total_.Add();
      obs::Log(obs::Severity::kError, "meta", "commits failed", {{"error", error->ToString()}});
      // Everything that was to be new has not happened; duplicates of what was there before stand.
      for (Group::Item& item : group.items) {
        if (group.outcome_unknown && item.commit != nullptr) KeepFiles(*item.commit);
        if (item.error != nullptr) continue;
        if (item.commit != nullptr || item.result.version > state()->version()) {
          item.error = std::make_unique<Error>(*error);
        }
      }
    } else {
      PublishGroup(group);
    }
  }
  const StatePtr newest = state();
  for (Group::Item& item : group.items) {
    if (item.error == nullptr) item.result.state = newest;
    auto failed = CatchError([&] { item.pending->done(std::move(item.error), std::move(item.result)); });
    WEIR_CHECK(failed == nullptr, "a commit's callback threw: {}", failed->ToString());
  }
}

namespace {

// Whether the request counts on ids of objects that it creates: others may have been given those since. Who says what
// catalog was seen means it, also where the ids are those of objects that are there now.
bool NeedsIdsItSaw(const CommitRequest& request, const Catalog& before) {
  if (request.ddl.empty()) return false;
  const bool creates = std::any_of(request.ddl.begin(), request.ddl.end(), [](const CatalogChange& change) {
    return std::holds_alternative<CreateTable>(change) || std::holds_alternative<CreateView>(change);
  });
  if (creates && request.catalog_seen != Version()) return true;
  return std::any_of(request.tables.begin(), request.tables.end(),
                     [&](const TableDelta& delta) { return before.FindTable(delta.table) == nullptr; });
}

}  // namespace

// Checks one request against the state that the ones before it leave, and adds its commit to the group.
void CommitLog::PrepareOne(Pending& pending, Group& group) {
  CommitRequest& request = pending.request;
  Group::Item& item = group.items.back();
  if (!request.label.empty()) {
    std::optional<Version> first;
    const auto in_group = group.labels.find({request.database.value(), request.label});
    if (in_group != group.labels.end()) first = in_group->second;
    if (!first.has_value()) first = FindLabel(request.database, request.label);
    if (first.has_value()) {
      item.result.version = *first;
      item.result.duplicate = true;
      item.result.time = group.time;
      return;
    }
  }
  if (request.validate) request.validate(*group.state);
  const Catalog& before = *group.state->catalog();
  if (before.version() != request.catalog_seen && NeedsIdsItSaw(request, before)) {
    throw Error::Operational(sqlstate::kSerializationFailure,
                             "definitions were changed by another commit: the request saw version {}, now it is {}",
                             request.catalog_seen, before.version())
        .WithHint("retry the transaction")
        .WithRetryable();
  }
  auto commit = std::make_shared<Commit>();
  commit->version = group.state->version().next();
  commit->kind = request.kind;
  commit->label = request.label;
  commit->database = request.database;
  commit->time = group.time;
  commit->ddl = std::move(request.ddl);
  commit->tables = std::move(request.tables);
  commit->offsets = std::move(request.offsets);
  for (TableDelta& delta : commit->tables) {
    // An earlier attempt that was refused may have left ids.
    for (const auto& segment : delta.added) segment->id = PartId();
    for (const auto& batch : delta.inline_rows) batch->id = PartId();
  }
  StatePtr after = group.state->Apply(*commit);
  item.payload = commit->Serialize();
  item.result.version = commit->version;
  item.result.time = commit->time;
  item.after = after;
  item.commit = std::move(commit);
  group.state = std::move(after);
  if (!request.label.empty()) group.labels[{request.database.value(), request.label}] = item.result.version;
  group.writes = true;
}

void CommitLog::CheckEpoch() {
  uint64_t found = 0;
  store_->Query("SELECT epoch FROM lease WHERE id = 1", {},
                [&](const SqlRow& row) { found = static_cast<uint64_t>(row.integer(0)); });
  if (found == epoch_) return;
  Error error = Error::Operational(sqlstate::kAdminShutdown,
                                   "another server has taken over the metadata: epoch {}, ours was {}", found, epoch_);
  {
    const std::scoped_lock lock(mutex_);
    fatal_ = error;
  }
  throw error;
}

void CommitLog::WriteGroup(Group& group) {
  const std::scoped_lock lock(store_mutex_);
  const MonotonicNanos start = clock_.Monotonic();
  Version first;
  bool committing = false;
  try {
    store_->Begin();
    CheckEpoch();
    for (const Group::Item& item : group.items) {
      if (item.commit == nullptr) continue;
      const Commit& commit = *item.commit;
      if (!first) first = commit.version;
      const CommitSummary summary = Summarize(commit, item.payload.size());
      store_->Execute(
          "INSERT INTO edit_log (version, kind, label, database_id, time_unix_nanos, inserted_rows, deleted_rows, "
          "segments_added, parts_removed, description, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
          {static_cast<int64_t>(commit.version.value()), static_cast<int64_t>(commit.kind),
           std::string_view(commit.label), static_cast<int64_t>(commit.database.value()), commit.time,
           static_cast<int64_t>(summary.inserted_rows), static_cast<int64_t>(summary.deleted_rows),
           static_cast<int64_t>(summary.segments_added), static_cast<int64_t>(summary.parts_removed),
           std::string_view(summary.description), SqlBlob{item.payload}});
      if (commit.label.empty()) continue;
      store_->Execute("INSERT INTO labels (database_id, label, version, time_unix_nanos) VALUES (?1, ?2, ?3, ?4)",
                      {static_cast<int64_t>(commit.database.value()), std::string_view(commit.label),
                       static_cast<int64_t>(commit.version.value()), commit.time});
    }
    committing = true;
    store_->Commit();
  } catch (...) {
    const Error error = Error::FromCurrentException();
    store_->Rollback();
    // A COMMIT that failed may have happened all the same.
    if (!committing) throw error;
    const std::optional<bool> stored = StoreHas(first);
    group.outcome_unknown = !stored.has_value();
    if (!stored.value_or(false)) throw error;
  }
  groups_total_.Add();
  write_seconds_.Observe(static_cast<double>(clock_.Monotonic() - start) / 1e9);
}

std::optional<bool> CommitLog::StoreHas(Version version) noexcept {
  bool found = false;
  auto error = CatchError([&] {
    store_->Query("SELECT version FROM edit_log WHERE version = ?1", {static_cast<int64_t>(version.value())},
                  [&](const SqlRow&) { found = true; });
  });
  if (error == nullptr) return found;
  // Nobody can tell what is durable now: only a restart can.
  const std::scoped_lock lock(mutex_);
  fatal_ = Error::Operational(sqlstate::kIoError, "the metadata store failed in the middle of a commit")
               .WithCause(*error)
               .WithHint("restart the server; it continues with what had become durable");
  return std::nullopt;
}

void CommitLog::PublishGroup(Group& group) {
  for (Group::Item& item : group.items) {
    if (item.commit == nullptr) continue;
    const Commit& commit = *item.commit;
    KeepFiles(commit);
    {
      const std::scoped_lock lock(mutex_);
      state_ = item.after;
      if (!commit.label.empty()) {
        labels_[{commit.database.value(), commit.label}] = {commit.version, commit.time};
      }
      Remember(Summarize(commit, item.payload.size()));
      ++commits_since_snapshot_;
      bytes_since_snapshot_ += static_cast<int64_t>(item.payload.size());
      changed_.notify_all();
    }
    commits_total_.Add();
    const std::scoped_lock lock(subscribers_mutex_);
    for (const auto& [id, subscriber] : subscribers_) subscriber(item.commit, item.after);
  }
}

void CommitLog::Remember(CommitSummary summary) {
  recent_.push_back(std::move(summary));
  if (recent_.size() > options_.summaries_max) recent_.pop_front();
}

StatePtr CommitLog::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

uint64_t CommitLog::Subscribe(Subscriber subscriber) {
  const std::scoped_lock lock(subscribers_mutex_);
  subscribers_.emplace_back(next_subscriber_, std::move(subscriber));
  return next_subscriber_++;
}

void CommitLog::Unsubscribe(uint64_t id) {
  const std::scoped_lock lock(subscribers_mutex_);
  std::erase_if(subscribers_, [&](const auto& entry) { return entry.first == id; });
}

bool CommitLog::WaitFor(Version version) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return state_->version() >= version || stopping_ || fatal_.has_value(); });
  return state_->version() >= version;
}

std::vector<CommitSummary> CommitLog::Recent(size_t count) const {
  const std::scoped_lock lock(mutex_);
  count = std::min(count, recent_.size());
  return {recent_.end() - static_cast<ptrdiff_t>(count), recent_.end()};
}

std::optional<Version> CommitLog::FindLabel(DatabaseId database, std::string_view label) const {
  const std::scoped_lock lock(mutex_);
  const auto at = labels_.find({database.value(), std::string(label)});
  if (at == labels_.end()) return std::nullopt;
  return at->second.first;
}

bool CommitLog::snapshot_due() const {
  const std::scoped_lock lock(mutex_);
  return commits_since_snapshot_ >= options_.snapshot_commits || bytes_since_snapshot_ >= options_.snapshot_bytes;
}

Version CommitLog::snapshot_version() const {
  const std::scoped_lock lock(mutex_);
  return snapshot_version_;
}

std::optional<Error> CommitLog::fatal_error() const {
  const std::scoped_lock lock(mutex_);
  return fatal_;
}

void CommitLog::SetVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables) {
  // Between groups, so that no commit is built on the old ones.
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !committing_; });
  state_ = state_->WithVirtualTables(std::move(virtual_tables));
}

void CommitLog::Stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  // What was accepted is committed: queued requests have callers or scheduled committers to see to them.
  changed_.wait(lock, [&] { return !committing_ && scheduled_ == 0 && queue_.empty(); });
}

}  // namespace weir
