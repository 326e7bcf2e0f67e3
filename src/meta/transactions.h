#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "meta/commit_log.h"

namespace weir {

using TransactionId = StrongId<struct TransactionIdTag>;

enum class TransactionState : uint8_t {  // serialised: append only
  kOpen = 0,
  kPrepared = 1,  // its work is durable and waits for commit or abort
  kCommitted = 2,
  kAborted = 3,
};
std::string_view TransactionStateName(TransactionState state);  // "PREPARED"

struct TransactionInfo {
  TransactionId id;
  DatabaseId database;
  std::string label;
  TransactionState state = TransactionState::kOpen;
  UnixNanos begun = 0;
  UnixNanos ended = 0;
  int64_t timeout_nanos = 0;
  Version version;     // of its commit
  std::string reason;  // of an abort
};

// Labelled loads in steps, as StarRocks' transaction interface has them: begin, any number of loads, prepare, then
// commit or abort. One label has at most one transaction that is not aborted. States survive a restart; open ones of
// before are aborted then, prepared ones stay.
//
//   kOpen --Prepare--> kPrepared --Commit--> kCommitted
//      \--Abort, timeout--> kAborted <--Abort, timeout--/
//
// Threads: any.
class Transactions {
 public:
  Transactions(CommitLog& log, std::unique_ptr<SqlStore> store, const Clock& clock);
  ~Transactions();

  // Throws 42710 when the label is in use or committed.
  TransactionInfo Begin(DatabaseId database, std::string label, int64_t timeout_nanos);
  // Adds work to an open transaction.
  void Add(TransactionId id, CommitRequest work);
  void Prepare(TransactionId id);
  // From kOpen or kPrepared; a second Commit gives the first one's result.
  CommitResult Commit(TransactionId id);
  void Abort(TransactionId id, std::string reason);

  std::optional<TransactionInfo> Find(TransactionId id) const;
  std::optional<TransactionInfo> Find(DatabaseId database, std::string_view label) const;
  std::vector<TransactionInfo> List() const;
  // Aborts what is past its timeout; called by a background job.
  void AbortExpired();

 private:
  struct Entry;
  Entry& Get(TransactionId id);
  void Save(const Entry& entry);
  void LoadAll();

  CommitLog& log_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards all below, and is held while the store is written
  std::unique_ptr<SqlStore> store_;
  std::map<TransactionId, std::unique_ptr<Entry>> entries_;
  uint64_t next_id_ = 1;
};

}  // namespace weir
