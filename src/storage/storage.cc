#include "storage/storage.h"

#include <algorithm>
#include <set>

#include "env/folder_object_store.h"
#include "meta/sqlite_store.h"
#include "obs/log.h"
#include "storage/background_jobs.h"
#include "storage/footer_cache.h"
#include "storage/segment_reclaimer.h"

namespace weir {

namespace {

constexpr std::string_view kFormatText = "weir data folder, format 1\n";
constexpr std::string_view kFormatPrefix = "weir data folder, format ";
constexpr int kFormat = 1;

void CheckFormatFile(const std::string& content, const std::string& path) {
  int found = 0;
  if (content.starts_with(kFormatPrefix)) {
    for (size_t i = kFormatPrefix.size(); i < content.size() && content[i] >= '0' && content[i] <= '9'; ++i) {
      found = found * 10 + (content[i] - '0');
      if (found > 1'000'000) break;
    }
  }
  if (found == 0) {
    throw Error::Operational(sqlstate::kDataCorrupted, "not a data folder of weir, its FORMAT file is damaged: {}",
                             path)
        .WithHint("Restore the FORMAT file from a backup, or choose another folder with --data-dir.");
  }
  if (found <= kFormat) return;
  throw Error::Operational(sqlstate::kObjectNotInPrerequisiteState,
                           "data folder was written by a newer version of weir: {}, format {}, known up to {}", path,
                           found, kFormat)
      .WithHint("start the version that wrote it, or a later one");
}

// Without metadata nothing says which segments count, and the sweep below would take all of them for leftovers.
void RequireMetadata(FileSystem& files, const std::string& path, ObjectStore& objects) {
  if (const auto file = files.Stat(path); file.has_value() && file->size != 0) return;
  if (objects.List("").empty()) return;
  throw Error::Operational(sqlstate::kDataCorrupted, "metadata is missing, but there are segments: {}", path)
      .WithHint("Restore the data folder from a backup, or choose an empty one with --data-dir.");
}

// Names become parts of object keys.
std::string KeyPart(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
    }
  }
  if (out.size() > 100) out.resize(100);
  return out;
}

}  // namespace

Storage::Storage(StorageServices services, StorageOptions options)
    : services_(std::move(services)),
      options_(std::move(options)),
      tracker_(services_.tracker->CreateChild("storage", MemoryScope::kGroup)),
      inline_tracker_(tracker_->CreateChild("inline rows", MemoryScope::kCache)) {}

std::unique_ptr<Storage> Storage::Open(StorageServices services, StorageOptions options,
                                       std::shared_ptr<const VirtualTables> virtual_tables) {
  std::unique_ptr<Storage> storage(new Storage(std::move(services), std::move(options)));
  storage->OpenFolder();
  const StorageOptions& opened = storage->options_;
  const std::string meta_path = JoinPath(opened.data_dir, "meta/weir.db");
  if (!opened.open_meta) RequireMetadata(storage->services_.files, meta_path, *storage->objects_);
  auto meta = opened.open_meta ? opened.open_meta() : OpenSqliteStore(meta_path);
  storage->log_ = CommitLog::Open(std::move(meta), std::move(virtual_tables), storage->services_.clock,
                                  storage->services_.io, storage->services_.metrics, opened.log);
  storage->reclaimed_ = storage->log_->state();
  for (const TableStatePtr& table : storage->reclaimed_->AllTables()) storage->CountInline(0, table->inline_bytes);
  storage->reclaimer_ = std::make_unique<SegmentReclaimer>(*storage->objects_, storage->services_.clock,
                                                           *storage->pending_, opened.sweep_grace_nanos);
  storage->subscription_ = storage->log_->Subscribe(
      [raw = storage.get()](const CommitPtr& commit, const StatePtr& after) { raw->OnCommit(commit, after); });
  const uint64_t orphans = storage->Sweep(true);
  if (orphans != 0) {
    obs::Log(obs::Severity::kInfo, "storage", "files of unfinished commits removed", {{"files", orphans}});
  }
  storage->jobs_ =
      std::make_unique<BackgroundJobs>(storage->services_.timers, storage->services_.io, storage->services_.metrics);
  storage->AddJobs();
  if (opened.background) storage->jobs_->Start();
  return storage;
}

Storage::~Storage() {
  Stop();
  inline_tracker_->Release(inline_tracker_->used_bytes());
  // Snapshots may outlive this, their segments' files need nobody.
}

void Storage::Stop() {
  stopping_.Cancel(Error::Canceled("the server is stopping"));
  if (jobs_ != nullptr) jobs_->Stop();
  if (log_ == nullptr) return;
  log_->Stop();
  if (subscription_ != 0) log_->Unsubscribe(std::exchange(subscription_, 0));
}

void Storage::OpenFolder() {
  FileSystem& files = services_.files;
  const std::string& folder = options_.data_dir;
  try {
    files.CreateDirectories(JoinPath(folder, "meta"));
    lock_ = files.TryLock(JoinPath(folder, "weir.lock"));
  } catch (const Error& error) {
    throw Error::Operational(error.sqlstate(), "data folder cannot be written to: {}: {}", folder, error.message())
        .WithHint("choose another with --data-dir, or change its owner");
  }
  if (lock_ == nullptr) {
    throw Error::Operational(sqlstate::kObjectInUse, "another weir is running on the data folder: {}", folder)
        .WithHint("stop it, or choose another folder with --data-dir");
  }
  const std::string format_path = JoinPath(folder, "FORMAT");
  if (files.Exists(format_path)) {
    CheckFormatFile(files.ReadFile(format_path), folder);
  } else {
    files.WriteFileAtomically(format_path, AsBytes(kFormatText));
  }
  objects_ = options_.open_objects ? options_.open_objects()
                                   : std::make_unique<FolderObjectStore>(files, JoinPath(folder, "objects"));
  pending_ = std::make_shared<PendingSegments>(*objects_, services_.random);
  footers_ = std::make_shared<FooterCache>(tracker_, options_.footer_cache_bytes, options_.page_cache_bytes,
                                           &services_.metrics);
}

// Runs on the committer: quick, no I/O.
// They are in memory as long as some state has them; counted are those of the newest.
void Storage::CountInlineRows(const ::weir::Commit& commit, const State& before, const State& after) {
  const auto bytes_of = [](const State& state, TableId table) {
    const TableState* found = state.FindTable(table);
    return found == nullptr ? uint64_t{0} : found->inline_bytes;
  };
  if (commit.ddl.empty()) {
    std::set<TableId> tables;
    for (const TableDelta& delta : commit.tables) tables.insert(delta.table);
    for (const TableId table : tables) CountInline(bytes_of(before, table), bytes_of(after, table));
    return;
  }
  // Tables may have gone.
  for (const TableStatePtr& table : before.AllTables()) CountInline(table->inline_bytes, 0);
  for (const TableStatePtr& table : after.AllTables()) CountInline(0, table->inline_bytes);
}

void Storage::CountInline(uint64_t before, uint64_t after) {
  if (after >= before) {
    inline_tracker_->ReserveUnchecked(static_cast<int64_t>(after - before));
  } else {
    inline_tracker_->Release(static_cast<int64_t>(before - after));
  }
}

void Storage::OnCommit(const CommitPtr& commit, const StatePtr& after) {
  reclaimer_->Note(*commit, *reclaimed_, *after);
  CountInlineRows(*commit, *reclaimed_, *after);
  reclaimed_ = after;
  if (jobs_ == nullptr) return;
  bool flush_due = false;
  for (const TableDelta& delta : commit->tables) {
    const TableState* table = after->FindTable(delta.table);
    flush_due = flush_due || (table != nullptr && FlushDue(*table));
  }
  if (flush_due) jobs_->Wake("flush");
}

SnapshotPtr Storage::snapshot() const {
  const StatePtr state = log_->state();
  const std::scoped_lock lock(snapshot_mutex_);
  if (snapshot_ == nullptr || snapshot_->state() != state) {
    // A state that is older than the one at hand must not come back.
    if (snapshot_ != nullptr && snapshot_->version() > state->version()) return snapshot_;
    snapshot_ = std::make_shared<const Snapshot>(state, statistics_);
  }
  return snapshot_;
}

SnapshotPtr Storage::Overlay(const SnapshotPtr& snapshot, const CommitRequest& request) const {
  ::weir::Commit commit;
  commit.kind = request.kind;
  commit.ddl = request.ddl;
  commit.offsets = request.offsets;
  for (const TableDelta& delta : request.tables) {
    // Copies, since ids are written into the parts.
    TableDelta copy = delta;
    for (size_t i = 0; i < copy.added.size(); ++i) {
      copy.added[i] = std::make_shared<SegmentInfo>(*copy.added[i]);
      copy.added[i]->id = ProvisionalPart(false, i);
    }
    for (size_t i = 0; i < copy.inline_rows.size(); ++i) {
      copy.inline_rows[i] = std::make_shared<InlineBatch>(*copy.inline_rows[i]);
      copy.inline_rows[i]->id = ProvisionalPart(true, i);
    }
    commit.tables.push_back(std::move(copy));
  }
  return std::make_shared<const Snapshot>(snapshot->state()->Apply(commit));
}

CommitResult Storage::Commit(CommitRequest request) {
  return log_->Append(std::move(request));
}

void Storage::CommitAsync(CommitRequest request, CommitLog::Done done) {
  log_->AppendAsync(std::move(request), std::move(done));
}

CommitResult Storage::ApplyDdl(std::vector<CatalogChange> changes) {
  CommitRequest request;
  request.kind = CommitKind::kDdl;
  request.ddl = std::move(changes);
  return log_->Append(std::move(request));
}

TableWriterServices Storage::WriterServices() const {
  return {.objects = *objects_,
          .clock = services_.clock,
          .pending = pending_,
          .tracker = tracker_,
          .cancel = stopping_.token()};
}

std::string Storage::ObjectPrefix(const Catalog& catalog, const TableDef& table) const {
  const CatalogDatabase* database = catalog.FindDatabase(table.database);
  // The id keeps a table apart from one of the same name that was dropped or renamed.
  return fmt::format("{}/{}-{}", KeyPart(database == nullptr ? "dropped" : database->name), KeyPart(table.name),
                     table.id);
}

std::unique_ptr<TableWriter> Storage::OpenWriter(const SnapshotPtr& snapshot, TableId table) const {
  return OpenWriter(snapshot, table, options_.writer);
}

std::unique_ptr<TableWriter> Storage::OpenWriter(const SnapshotPtr& snapshot, TableId table,
                                                 const TableWriterOptions& options) const {
  TablePtr def = snapshot->catalog()->GetTable(table);
  std::string prefix = ObjectPrefix(*snapshot->catalog(), *def);
  return std::make_unique<TableWriter>(std::move(def), std::move(prefix), WriterServices(), options);
}

void Storage::AddJob(std::string name, int64_t interval_nanos, std::function<std::string()> run) {
  jobs_->Add(std::move(name), interval_nanos, std::move(run));
}

void Storage::StopJobs() {
  jobs_->Stop();
}

std::vector<JobInfo> Storage::jobs() const {
  return jobs_->List();
}

std::unique_ptr<SqlStore> Storage::ConnectMeta() const {
  return options_.open_meta ? options_.open_meta() : OpenSqliteStore(JoinPath(options_.data_dir, "meta/weir.db"));
}

void Storage::SetVirtualTables(std::shared_ptr<const VirtualTables> virtual_tables) {
  log_->SetVirtualTables(std::move(virtual_tables));
}

}  // namespace weir
