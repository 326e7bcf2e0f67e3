#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "catalog/virtual_table.h"
#include "env/clock.h"
#include "env/executor.h"
#include "env/file_system.h"
#include "env/random.h"
#include "exec/cache/query_cache.h"
#include "exec/query.h"
#include "exec/spill/spill_area.h"
#include "expr/registry.h"
#include "ingest/load_service.h"
#include "obs/metrics.h"
#include "obs/trace.h"
#include "runtime/condition_variable.h"
#include "runtime/io_pool.h"
#include "runtime/memory_tracker.h"
#include "runtime/worker_pool.h"
#include "server/auto_analyze.h"
#include "storage/storage.h"

namespace weir {

class Session;
class Settings;

// The world that an engine lives in; borrowed, and must outlive it.
struct EngineServices {
  FileSystem& files;
  const Clock& clock;
  Random& random;
  Executor& timers;
  const Registry& registry;
  obs::MetricsRegistry& metrics;
  const ThreadClock* thread_clock = nullptr;  // of what queries use; null: time that passes is taken for it
};

struct EngineOptions {
  int threads = 0;                 // workers; 0: one per usable core
  int64_t memory_limit_bytes = 0;  // of the process; 0: none
  // What it may count on where it has no limit: caches get shares of one or the other. 0: not known.
  int64_t memory_bytes = 0;
  // Empty: no tables of its own, only files and values (`weir local` without --data-dir).
  std::string data_dir;
  // For what queries cannot keep in memory. Empty: data_dir/spill, or nothing is spilled.
  std::string spill_dir;
  int64_t spill_limit_bytes = 0;  // 0: what the disk has
  // Of answers and partial aggregates that sessions ask to keep; at most an eighth of the memory limit. 0: none.
  int64_t query_cache_bytes = int64_t{512} << 20;
  StorageOptions storage;  // data_dir is set from the above
  LoadServiceOptions loads;
  bool background_jobs = true;
  AutoAnalyzeOptions auto_analyze;
  std::string version = "0.1.0";
  std::vector<std::pair<std::string, std::string>> settings;  // defaults of sessions, name and value
};

// What a running statement shows of itself.
struct SessionInfo {
  int32_t id = 0;
  std::string user;
  std::string database;
  std::string application_name;
  std::string client_address;
  std::string state;  // "active", "idle", "idle in transaction"
  std::string query;
  UnixNanos started = 0;
  UnixNanos query_started = 0;
};

// A statement that has ended, for "slowest queries" and the log.
struct FinishedQuery {
  int32_t session_id = 0;
  std::string user;
  std::string database;
  std::string query;  // not shown where it names a password
  std::string tag;
  std::string sqlstate;  // "00000" when it succeeded
  std::string error;
  UnixNanos started = 0;
  int64_t duration_nanos = 0;
  int64_t cpu_nanos = 0;
  uint64_t rows = 0;
  int64_t memory_bytes_peak = 0;
  bool from_cache = false;  // the answer was kept from another time
};

// One database process without its front doors: storage, workers, memory and the list of sessions. The servers and
// the local shell make sessions over it. Threads: all methods from any thread. Lifecycle: construct (opens the data
// folder), use, Stop (refuses new work, ends what runs), destroy after the last session.
class Engine {
 public:
  Engine(EngineServices services, EngineOptions options, std::shared_ptr<VirtualTables> virtual_tables = nullptr);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  void Stop();

  const EngineServices& services() const { return services_; }
  const EngineOptions& options() const { return options_; }
  const Registry& registry() const { return services_.registry; }
  WorkerPool& workers() { return *workers_; }
  IoPool& io() { return *io_; }
  Storage* storage() { return storage_.get(); }                // null without a data folder
  AutoAnalyze* auto_analyze() { return auto_analyze_.get(); }  // null without a data folder
  LoadService* loads() { return loads_.get(); }
  const std::shared_ptr<FooterCache>& footers() const { return footers_; }
  QueryCache* cache() { return cache_.get(); }  // null: none
  const std::shared_ptr<MemoryTracker>& memory() const { return memory_; }
  const FileFormats& formats() const { return formats_; }
  QueryServices query_services();
  // The newest catalog: storage's, or one with the virtual tables alone.
  CatalogPtr catalog() const;

  // Sessions register themselves.
  int32_t AddSession(Session& session);
  void RemoveSession(int32_t id);
  std::vector<SessionInfo> sessions() const;
  // Of a session as its running statement has them; null when there is no such session.
  std::shared_ptr<const Settings> SettingsOf(int32_t session) const;
  // The definitions that its statement sees; without a session the newest.
  CatalogPtr CatalogOf(int32_t session) const;
  void RequestSetting(int32_t session, const std::string& name, std::string value, bool local);
  // Cancels what the session runs; false when there is no such session. `terminate` also ends the session.
  bool CancelSession(int32_t id, bool terminate);

  // Destroys a query that may have drivers left, without waiting for them.
  void EndInBackground(std::unique_ptr<QueryExecution> query);

  void NoteFinished(FinishedQuery query);
  std::vector<FinishedQuery> finished_queries() const;  // newest last, bounded
  // Called for every finished statement, e.g. to export it as a span. Set before the first session.
  void set_on_finished(std::function<void(const FinishedQuery&)> on_finished) { on_finished_ = std::move(on_finished); }

  // The registered users (name -> SCRAM-SHA-256 verifier), kept in the catalog as objects of kind "user".
  std::optional<std::string> PasswordVerifier(const std::string& user) const;
  bool HasPasswords() const;

 private:
  const EngineServices services_;
  const EngineOptions options_;
  const std::shared_ptr<MemoryTracker> memory_;
  FileFormats formats_;
  std::shared_ptr<VirtualTables> virtual_tables_;
  std::unique_ptr<SpillArea> spill_;
  std::unique_ptr<QueryCache> cache_;
  std::unique_ptr<WorkerPool> workers_;
  std::unique_ptr<IoPool> io_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<AutoAnalyze> auto_analyze_;
  std::unique_ptr<LoadService> loads_;
  std::shared_ptr<FooterCache> footers_;
  CatalogPtr bare_catalog_;
  std::function<void(const FinishedQuery&)> on_finished_;

  mutable std::mutex mutex_;  // guards the below; leaf
  ConditionVariable background_ended_;
  int ending_in_background_ = 0;
  std::map<int32_t, Session*> sessions_;
  int32_t next_session_ = 1;
  std::vector<FinishedQuery> finished_;  // a ring
  size_t finished_next_ = 0;
};

}  // namespace weir
