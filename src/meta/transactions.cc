#include "meta/transactions.h"

#include <algorithm>

#include "catalog/serialize.h"

namespace weir {

namespace {

constexpr size_t kEndedKeptMax = 10'000;

Error WrongState(const TransactionInfo& info, std::string_view wish) {
  return Error::User(sqlstate::kObjectNotInPrerequisiteState, "transaction cannot be {}: {} is {}", wish, info.label,
                     TransactionStateName(info.state));
}

bool IsOpen(TransactionState state) {
  return state == TransactionState::kOpen || state == TransactionState::kPrepared;
}

// The work as the commit that it will be, so that a prepared transaction survives a restart.
std::string SerializeWork(const CommitRequest& work) {
  Commit commit;
  commit.kind = work.kind;
  commit.label = work.label;
  commit.database = work.database;
  commit.ddl = work.ddl;
  commit.tables = work.tables;
  commit.offsets = work.offsets;
  return commit.Serialize();
}

CommitRequest DeserializeWork(std::string_view bytes) {
  Commit commit = Commit::Deserialize(bytes);
  CommitRequest work;
  work.kind = commit.kind;
  work.label = std::move(commit.label);
  work.database = commit.database;
  work.ddl = std::move(commit.ddl);
  work.tables = std::move(commit.tables);
  work.offsets = std::move(commit.offsets);
  return work;
}

}  // namespace

struct Transactions::Entry {
  TransactionInfo info;
  CommitRequest work;
  bool committing = false;
};

std::string_view TransactionStateName(TransactionState state) {
  switch (state) {
    case TransactionState::kOpen:
      return "OPEN";
    case TransactionState::kPrepared:
      return "PREPARED";
    case TransactionState::kCommitted:
      return "COMMITTED";
    case TransactionState::kAborted:
      return "ABORTED";
  }
  return "?";
}

Transactions::Transactions(CommitLog& log, std::unique_ptr<SqlStore> store, const Clock& clock)
    : log_(log), clock_(clock), store_(std::move(store)) {
  store_->Execute(
      "CREATE TABLE IF NOT EXISTS transactions (id INTEGER PRIMARY KEY, database_id INTEGER NOT NULL, "
      "label TEXT NOT NULL, state INTEGER NOT NULL, begun_unix_nanos INTEGER NOT NULL, ended_unix_nanos INTEGER NOT "
      "NULL, timeout_nanos INTEGER NOT NULL, version INTEGER NOT NULL, reason TEXT NOT NULL, work BLOB NOT NULL)");
  LoadAll();
}

Transactions::~Transactions() = default;

void Transactions::LoadAll() {
  const std::scoped_lock lock(mutex_);
  store_->Query(
      "SELECT id, database_id, label, state, begun_unix_nanos, ended_unix_nanos, timeout_nanos, version, reason, work "
      "FROM transactions ORDER BY id",
      {}, [&](const SqlRow& row) {
        auto entry = std::make_unique<Entry>();
        TransactionInfo& info = entry->info;
        info.id = TransactionId(static_cast<uint64_t>(row.integer(0)));
        info.database = DatabaseId(static_cast<uint64_t>(row.integer(1)));
        info.label = row.text(2);
        info.state = static_cast<TransactionState>(row.integer(3));
        info.begun = row.integer(4);
        info.ended = row.integer(5);
        info.timeout_nanos = row.integer(6);
        info.version = Version(static_cast<uint64_t>(row.integer(7)));
        info.reason = row.text(8);
        if (info.state == TransactionState::kPrepared) entry->work = DeserializeWork(row.text(9));
        next_id_ = std::max(next_id_, info.id.value() + 1);
        entries_[info.id] = std::move(entry);
      });
  for (auto& [id, entry] : entries_) {
    TransactionInfo& info = entry->info;
    if (!IsOpen(info.state)) continue;
    // The commit may have happened without its state being written here.
    if (const auto committed = log_.FindLabel(info.database, info.label)) {
      info.state = TransactionState::kCommitted;
      info.version = *committed;
    } else if (info.state == TransactionState::kOpen) {
      info.state = TransactionState::kAborted;
      info.reason = "the server was restarted";
    } else {
      continue;
    }
    info.ended = clock_.Now();
    entry->work = {};
    Save(*entry);
  }
}

void Transactions::Save(const Entry& entry) {
  const TransactionInfo& info = entry.info;
  const std::string work = info.state == TransactionState::kPrepared ? SerializeWork(entry.work) : std::string();
  store_->Execute(
      "INSERT INTO transactions VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO UPDATE SET "
      "state = ?4, ended_unix_nanos = ?6, version = ?8, reason = ?9, work = ?10",
      {static_cast<int64_t>(info.id.value()), static_cast<int64_t>(info.database.value()), std::string_view(info.label),
       static_cast<int64_t>(info.state), info.begun, info.ended, info.timeout_nanos,
       static_cast<int64_t>(info.version.value()), std::string_view(info.reason), SqlBlob{work}});
}

Transactions::Entry& Transactions::Get(TransactionId id) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) throw Error::User(sqlstate::kUndefinedObject, "transaction does not exist: id {}", id);
  return *at->second;
}

TransactionInfo Transactions::Begin(DatabaseId database, std::string label, int64_t timeout_nanos) {
  if (label.empty()) throw Error::User(sqlstate::kInvalidParameterValue, "a transaction needs a label");
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    const TransactionInfo& info = entry->info;
    if (info.database != database || info.label != label || info.state == TransactionState::kAborted) continue;
    throw Error::User(sqlstate::kDuplicateObject, "label has been used: {} is {}", label,
                      TransactionStateName(info.state));
  }
  if (log_.FindLabel(database, label).has_value()) {
    throw Error::User(sqlstate::kDuplicateObject, "label has been used: {} is COMMITTED", label);
  }
  auto entry = std::make_unique<Entry>();
  entry->info.id = TransactionId(next_id_++);
  entry->info.database = database;
  entry->info.label = label;
  entry->info.begun = clock_.Now();
  entry->info.timeout_nanos = timeout_nanos;
  entry->work.kind = CommitKind::kLoad;
  entry->work.database = database;
  entry->work.label = std::move(label);
  Save(*entry);
  TransactionInfo info = entry->info;
  entries_[info.id] = std::move(entry);
  if (entries_.size() > kEndedKeptMax) {
    // The oldest that has ended; its label lives on in the log as long as labels are kept.
    const auto oldest = std::find_if(entries_.begin(), entries_.end(),
                                     [](const auto& each) { return !IsOpen(each.second->info.state); });
    if (oldest != entries_.end()) {
      store_->Execute("DELETE FROM transactions WHERE id = ?1", {static_cast<int64_t>(oldest->first.value())});
      entries_.erase(oldest);
    }
  }
  return info;
}

void Transactions::Add(TransactionId id, CommitRequest work) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = Get(id);
  if (entry.info.state != TransactionState::kOpen || entry.committing) throw WrongState(entry.info, "added to");
  for (TableDelta& delta : work.tables) {
    const auto same = std::find_if(entry.work.tables.begin(), entry.work.tables.end(),
                                   [&](const TableDelta& each) { return each.table == delta.table; });
    if (same == entry.work.tables.end()) {
      entry.work.tables.push_back(std::move(delta));
    } else {
      same->Append(std::move(delta));
    }
  }
  for (CatalogChange& change : work.ddl) entry.work.ddl.push_back(std::move(change));
  for (SourceOffset& offset : work.offsets) entry.work.offsets.push_back(std::move(offset));
}

void Transactions::Prepare(TransactionId id) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = Get(id);
  if (entry.info.state == TransactionState::kPrepared) return;
  if (entry.info.state != TransactionState::kOpen || entry.committing) throw WrongState(entry.info, "prepared");
  entry.info.state = TransactionState::kPrepared;
  try {
    Save(entry);
  } catch (...) {
    entry.info.state = TransactionState::kOpen;
    throw;
  }
}

CommitResult Transactions::Commit(TransactionId id) {
  CommitRequest work;
  TransactionInfo info;
  {
    const std::scoped_lock lock(mutex_);
    Entry& entry = Get(id);
    if (entry.info.state == TransactionState::kCommitted) {
      return {.version = entry.info.version, .duplicate = true, .time = entry.info.ended, .state = log_.state()};
    }
    if (!IsOpen(entry.info.state) || entry.committing) throw WrongState(entry.info, "committed");
    entry.committing = true;
    work = entry.work;
    info = entry.info;
  }
  CommitResult result;
  try {
    result = log_.Append(std::move(work));
  } catch (const Error&) {
    const std::scoped_lock lock(mutex_);
    Get(id).committing = false;
    throw;
  }
  const std::scoped_lock lock(mutex_);
  Entry& entry = Get(id);
  entry.committing = false;
  entry.info.state = TransactionState::kCommitted;
  entry.info.version = result.version;
  entry.info.ended = result.time;
  entry.work = {};
  // Should this fail, the label in the log tells the next start.
  (void)CatchError([&] { Save(entry); });
  return result;
}

void Transactions::Abort(TransactionId id, std::string reason) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = Get(id);
  if (entry.info.state == TransactionState::kAborted) return;
  if (!IsOpen(entry.info.state) || entry.committing) throw WrongState(entry.info, "aborted");
  entry.info.state = TransactionState::kAborted;
  entry.info.reason = std::move(reason);
  entry.info.ended = clock_.Now();
  entry.work = {};
  Save(entry);
}

std::optional<TransactionInfo> Transactions::Find(TransactionId id) const {
  const std::scoped_lock lock(mutex_);
  const auto at = entries_.find(id);
  if (at == entries_.end()) return std::nullopt;
  return at->second->info;
}

std::optional<TransactionInfo> Transactions::Find(DatabaseId database, std::string_view label) const {
  const std::scoped_lock lock(mutex_);
  // The newest of that label: earlier ones are aborted.
  for (auto at = entries_.rbegin(); at != entries_.rend(); ++at) {
    if (at->second->info.database == database && at->second->info.label == label) return at->second->info;
  }
  return std::nullopt;
}

std::vector<TransactionInfo> Transactions::List() const {
  const std::scoped_lock lock(mutex_);
  std::vector<TransactionInfo> out;
  out.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) out.push_back(entry->info);
  return out;
}

void Transactions::AbortExpired() {
  std::vector<TransactionId> expired;
  {
    const std::scoped_lock lock(mutex_);
    const UnixNanos now = clock_.Now();
    for (const auto& [id, entry] : entries_) {
      const TransactionInfo& info = entry->info;
      if (IsOpen(info.state) && !entry->committing && info.timeout_nanos > 0 && info.begun + info.timeout_nanos < now) {
        expired.push_back(id);
      }
    }
  }
  for (const TransactionId id : expired) Abort(id, "timeout");
}

}  // namespace weir
