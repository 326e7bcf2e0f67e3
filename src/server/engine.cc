#include "server/engine.h"

#include <algorithm>

#include "algo/huge_blocks.h"
#include "column/buffer_limit.h"
#include "server/session.h"
#include "server/statement/statement.h"
#include "server/text_formats.h"
#include "storage/footer_cache.h"

namespace weir {

namespace {

constexpr size_t kFinishedQueriesMax = 1000;
constexpr int64_t kBareFooterCacheBytes = 64 << 20;

// At most such a part of what the process may use.
int64_t AtMostPart(const EngineOptions& options, int64_t wanted, int64_t parts) {
  const int64_t memory = options.memory_limit_bytes > 0 ? options.memory_limit_bytes : options.memory_bytes;
  return memory > 0 ? std::min(wanted, memory / parts) : wanted;
}

int64_t PageCacheBytes(const EngineOptions& options) {
  return AtMostPart(options, options.storage.page_cache_bytes, 4);
}

int64_t QueryCacheBytes(const EngineOptions& options) {
  return AtMostPart(options, options.query_cache_bytes, 8);
}

// Between two looks for entries that nobody will ask for again.
constexpr int64_t kCacheJobNanos = 10 * kNanosPerSecond;
// Between two looks for memory that is kept for queries and that none has needed.
constexpr int64_t kMemoryJobNanos = 5 * kNanosPerSecond;

StorageOptions WithFolder(const EngineOptions& options) {
  StorageOptions storage = options.storage;
  storage.data_dir = options.data_dir;
  storage.background = options.background_jobs;
  storage.page_cache_bytes = PageCacheBytes(options);
  return storage;
}

}  // namespace

namespace {

// Schemas of sessions that could not remove theirs: the process ended before.
void DropLeftTemporaries(Storage& storage) {
  std::vector<CatalogChange> changes;
  for (const auto& [name, database] : storage.snapshot()->catalog()->databases()) {
    for (const auto& [schema, content] : database->schemas) {
      if (!schema.starts_with(kTemporarySchemaPrefix)) continue;
      for (CatalogChange& change : DropFunctionsOf(*storage.snapshot()->catalog(), name, schema)) {
        changes.push_back(std::move(change));
      }
      changes.emplace_back(DropSchema{name, schema, true, true});
    }
  }
  if (!changes.empty()) storage.ApplyDdl(std::move(changes));
}

}  // namespace

Engine::Engine(EngineServices services, EngineOptions options, std::shared_ptr<VirtualTables> virtual_tables)
    : services_(services),
      options_(std::move(options)),
      memory_(MemoryTracker::CreateRoot(
          "process", options_.memory_limit_bytes > 0 ? options_.memory_limit_bytes : MemoryTracker::kNoLimit)),
      formats_(MakeTextFormats()),
      virtual_tables_(virtual_tables == nullptr ? std::make_shared<VirtualTables>() : std::move(virtual_tables)) {
  if (options_.memory_limit_bytes > 0) {
    SetBufferLimit(options_.memory_limit_bytes);
    // These count nowhere.
    SetHugeBlocksKeptMax(static_cast<size_t>(options_.memory_limit_bytes / 16));
  }
  WorkerPoolOptions workers;
  workers.threads = options_.threads;
  workers.thread_clock = services_.thread_clock;
  workers_ = std::make_unique<WorkerPool>(services_.clock, workers);
  IoPoolOptions io;
  io.threads_max = 64;
  io_ = std::make_unique<IoPool>(io);
  const std::string spill_dir = !options_.spill_dir.empty() ? options_.spill_dir
                                : options_.data_dir.empty() ? ""
                                                            : JoinPath(options_.data_dir, "spill");
  if (!spill_dir.empty()) {
    spill_ =
        std::make_unique<SpillArea>(services_.files, spill_dir, services_.random.Next(), options_.spill_limit_bytes);
  }
  if (QueryCacheBytes(options_) > 0) {
    cache_ = std::make_unique<QueryCache>(memory_, QueryCacheBytes(options_), &services_.metrics);
  }
  if (!options_.data_dir.empty()) {
    storage_ = Storage::Open(
        {services_.files, services_.clock, services_.random, services_.timers, *io_, services_.metrics, memory_},
        WithFolder(options_), virtual_tables_);
    loads_ =
        std::make_unique<LoadService>(*storage_, services_.timers, *io_, services_.metrics, memory_, options_.loads);
    footers_ = storage_->footers();
    DropLeftTemporaries(*storage_);
    auto_analyze_ = std::make_unique<AutoAnalyze>(*storage_, services_.random, memory_, options_.auto_analyze);
    storage_->AddJob("analyze", options_.auto_analyze.interval_nanos, [this] { return auto_analyze_->Run(); });
    storage_->AddJob("free memory", kMemoryJobNanos, []() -> std::string {
      const size_t freed = TrimHugeBlocks();
      return freed == 0 ? "" : fmt::format("{} bytes given back", freed);
    });
    if (cache_ != nullptr) {
      storage_->AddJob("query cache", kCacheJobNanos, [this]() -> std::string {
        const uint64_t dropped = cache_->DropOutdated(*storage_->snapshot()->state());
        return dropped == 0 ? "" : fmt::format("{} entries dropped", dropped);
      });
    }
  } else {
    footers_ =
        std::make_shared<FooterCache>(memory_, kBareFooterCacheBytes, PageCacheBytes(options_), &services_.metrics);
    bare_catalog_ = Catalog::Initial(virtual_tables_);
  }
}

Engine::~Engine() {
  Stop();
  {
    std::unique_lock lock(mutex_);
    background_ended_.wait(lock, [this] { return ending_in_background_ == 0; });
  }
  loads_.reset();
  auto_analyze_.reset();
  storage_.reset();
  workers_.reset();
  io_.reset();
}

void Engine::Stop() {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, session] : sessions_) {
      session->Cancel(Error::Operational(sqlstate::kAdminShutdown, "the server is shutting down"));
    }
  }
  if (loads_ != nullptr) loads_->Stop();
  if (auto_analyze_ != nullptr) {
    auto_analyze_->Stop();
    storage_->StopJobs();
  }
  if (storage_ != nullptr) storage_->Stop();
}

void Engine::EndInBackground(std::unique_ptr<QueryExecution> query) {
  {
    const std::lock_guard lock(mutex_);
    ++ending_in_background_;
  }
  const auto ended = [this] {
    const std::lock_guard lock(mutex_);
    --ending_in_background_;
    background_ended_.notify_all();
  };
  const auto refused = CatchError([&] {
    io_->Submit([query = std::move(query), ended]() mutable {
      query.reset();
      ended();
    });
  });
  if (refused != nullptr) ended();
}

QueryServices Engine::query_services() {
  return {registry(),     *workers_, *io_,         &services_.files, footers_,
          storage_.get(), &formats_, spill_.get(), cache_.get()};
}

CatalogPtr Engine::catalog() const {
  return storage_ == nullptr ? bare_catalog_ : storage_->snapshot()->catalog();
}

int32_t Engine::AddSession(Session& session) {
  const std::lock_guard lock(mutex_);
  const int32_t id = next_session_++;
  sessions_.emplace(id, &session);
  return id;
}

void Engine::RemoveSession(int32_t id) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(id);
}

std::vector<SessionInfo> Engine::sessions() const {
  const std::lock_guard lock(mutex_);
  std::vector<SessionInfo> out;
  for (const auto& [id, session] : sessions_) out.push_back(session->info());
  return out;
}

std::shared_ptr<const Settings> Engine::SettingsOf(int32_t session) const {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(session);
  return found == sessions_.end() ? nullptr : found->second->shown_settings();
}

CatalogPtr Engine::CatalogOf(int32_t session) const {
  {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(session);
    CatalogPtr shown = found == sessions_.end() ? nullptr : found->second->shown_catalog();
    if (shown != nullptr) return shown;
  }
  return catalog();
}

void Engine::RequestSetting(int32_t session, const std::string& name, std::string value, bool local) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(session);
  if (found != sessions_.end()) found->second->RequestSetting(name, std::move(value), local);
}

bool Engine::CancelSession(int32_t id, bool terminate) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return false;
  if (terminate) {
    found->second->Terminate();
  } else {
    found->second->Cancel(Error::Canceled("canceling statement due to user request"));
  }
  return true;
}

void Engine::NoteFinished(FinishedQuery query) {
  if (on_finished_) on_finished_(query);
  const std::lock_guard lock(mutex_);
  if (finished_.size() < kFinishedQueriesMax) {
    finished_.push_back(std::move(query));
  } else {
    finished_[finished_next_] = std::move(query);
  }
  finished_next_ = (finished_next_ + 1) % kFinishedQueriesMax;
}

std::vector<FinishedQuery> Engine::finished_queries() const {
  const std::lock_guard lock(mutex_);
  std::vector<FinishedQuery> out;
  out.reserve(finished_.size());
  const size_t first = finished_.size() < kFinishedQueriesMax ? 0 : finished_next_;
  for (size_t i = 0; i < finished_.size(); ++i) out.push_back(finished_[(first + i) % finished_.size()]);
  return out;
}

std::optional<std::string> Engine::PasswordVerifier(const std::string& user) const {
  const std::string* found = catalog()->FindObject("user", user);
  if (found == nullptr || found->empty()) return std::nullopt;
  return *found;
}

bool Engine::HasPasswords() const {
  for (const auto& [name, verifier] : catalog()->ObjectsOf("user")) {
    if (!verifier.empty()) return true;
  }
  return false;
}

}  // namespace weir
