#include "server/session.h"

#include <algorithm>
#include <cctype>

#include "obs/profile.h"
#include "server/file_relations.h"
#include "server/roles.h"
#include "server/statement/statement.h"
#include "server/transaction_commit.h"

namespace weir {

Session::Session(Engine& engine, SessionOptions options)
    : engine_(engine),
      options_(std::move(options)),
      database_(options_.database),
      settings_(engine.options().settings) {
  if (engine_.catalog()->FindDatabase(database_) == nullptr) {
    throw Error::User(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", database_);
  }
  for (const auto& [name, value] : options_.settings) {
    // Clients send settings that only PostgreSQL has; those are theirs to live without.
    if (FindSetting(name) != nullptr || name.find('.') != std::string::npos) settings_.Set(name, value, false);
  }
  settings_.TakeChanges();
  secret_ = static_cast<int32_t>(engine_.services().random.Next());
  connected_ = engine_.services().clock.Now();
  id_ = engine_.AddSession(*this);
}

Session::~Session() {
  cursors_.clear();
  // What stays after a crash or a shutdown is removed when the engine starts.
  CatchError([this] { DropTemporary(); });
  engine_.RemoveSession(id_);
}

void Session::NoteText(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  text_ = text;
  text_since_ = engine_.services().clock.Now();
  text_ended_ = false;
}

std::vector<ast::StatementPtr> Session::Parse(std::string_view sql) {
  NoteText(sql);
  ParseOptions options;
  options.dialect = options_.dialect;
  return ParseStatements(sql, options);
}

namespace {

bool EndsTransaction(const ast::Statement& statement) {
  const auto* transaction = statement.TryAs<ast::Transaction>();
  return transaction != nullptr && (transaction->action == ast::TransactionAction::kCommit ||
                                    transaction->action == ast::TransactionAction::kRollback ||
                                    transaction->action == ast::TransactionAction::kRollbackToSavepoint);
}

}  // namespace

PreparedPtr Session::Prepare(ast::StatementPtr statement, std::vector<Type> parameter_types,
                             std::vector<uint32_t> declared_parameters) {
  auto prepared = std::make_shared<PreparedStatement>();
  prepared->declared_parameters = std::move(declared_parameters);
  if (statement == nullptr) return prepared;
  NoteText(statement->text);
  if (transaction_ == TransactionStatus::kFailed && !EndsTransaction(*statement)) {
    throw Error::User(sqlstate::kInFailedSqlTransaction,
                      "current transaction is aborted, commands ignored until end of transaction block");
  }
  prepared->text = std::string(statement->text);
  prepared->catalog_version = ReadCatalog()->version();
  prepared->parameter_types = std::move(parameter_types);
  DescribeStatement(*this, *statement, *prepared);
  for (Type& type : prepared->parameter_types) {
    if (type.is(TypeKind::kUnknown)) type = TypeKind::kVarchar;
  }
  prepared->statement = std::move(statement);
  return prepared;
}

std::unique_ptr<StatementExecution> Session::Execute(const PreparedPtr& prepared, std::vector<Value> parameters) {
  if (prepared->statement == nullptr) return MakeCommandExecution("");
  NoteText(prepared->statement->text);
  if (transaction_ == TransactionStatus::kFailed && !EndsTransaction(*prepared->statement)) {
    throw Error::User(sqlstate::kInFailedSqlTransaction,
                      "current transaction is aborted, commands ignored until end of transaction block");
  }
  return ExecuteStatement(*this, prepared->statement, std::move(parameters));
}

std::unique_ptr<StatementExecution> Session::Execute(ast::StatementPtr statement) {
  auto prepared = std::make_shared<PreparedStatement>();
  prepared->text = std::string(statement->text);
  prepared->statement = std::move(statement);
  return Execute(prepared, {});
}

bool Session::IsCopyIn(const ast::Statement& statement) {
  const auto* copy = statement.TryAs<ast::Copy>();
  return copy != nullptr && copy->is_from && copy->peer == ast::CopyPeer::kStdio;
}

void Session::StatementFailed(const Error& error) {
  if (!text_ended_) {
    FinishedQuery finished;
    finished.sqlstate = std::string(error.sqlstate());
    finished.error = error.message();
    EndStatement(std::move(finished));
  }
  if (std::exchange(implicit_, false)) {
    Rollback();
  } else if (transaction_ == TransactionStatus::kOpen) {
    transaction_ = TransactionStatus::kFailed;
  }
}

Error TerminatedError() {
  return Error::Operational(sqlstate::kAdminShutdown, "terminating connection due to administrator command");
}

std::vector<Notice> Session::TakeNotices() {
  return std::exchange(notices_, {});
}
void Session::AddNotice(Notice notice) {
  notices_.push_back(std::move(notice));
}

SessionInfo Session::info() const {
  const std::lock_guard lock(mutex_);
  SessionInfo info;
  info.id = id_;
  info.user = options_.user;
  info.database = options_.database;
  info.client_address = options_.client_address;
  if (shown_settings_ != nullptr) info.application_name = shown_settings_->Get("application_name");
  info.state = running_ == nullptr ? "idle" : "active";
  info.query = running_text_;
  info.started = connected_;
  info.query_started = running_since_;
  return info;
}

std::shared_ptr<const Settings> Session::shown_settings() const {
  const std::lock_guard lock(mutex_);
  return shown_settings_;
}

CatalogPtr Session::shown_catalog() const {
  const std::lock_guard lock(mutex_);
  return shown_catalog_;
}

void Session::RequestSetting(const std::string& name, std::string value, bool local) {
  const std::lock_guard lock(mutex_);
  Settings tried = *shown_settings_;
  tried.Set(name, value, local);
  requested_settings_.push_back({name, std::move(value), local});
}

void Session::Cancel(const Error& reason) {
  const std::lock_guard lock(mutex_);
  if (running_ != nullptr) running_->Cancel(reason);
}

void Session::set_on_terminate(std::function<void()> on_terminate) {
  const std::lock_guard lock(mutex_);
  on_terminate_ = std::move(on_terminate);
}

void Session::Terminate() {
  const std::lock_guard lock(mutex_);
  terminated_ = true;
  if (running_ != nullptr) running_->Cancel(TerminatedError());
  if (on_terminate_) on_terminate_();
}

// ---- what statements work with

void Session::NoteTemporary(const std::string& table, bool drop_on_commit) {
  temporary_in_.insert(database_);
  if (drop_on_commit && !table.empty()) drop_on_commit_.push_back(table);
}

void Session::DropTemporary() {
  drop_on_commit_.clear();
  for (const std::string& database : std::exchange(temporary_in_, {})) {
    std::vector<CatalogChange> changes =
        DropFunctionsOf(*storage().snapshot()->catalog(), database, temporary_schema());
    changes.emplace_back(DropSchema{database, temporary_schema(), /*if_exists=*/true, /*cascade=*/true});
    storage().ApplyDdl(std::move(changes));
  }
}

NameScope Session::name_scope() const {
  NameScope scope = creation_scope();
  if (temporary_in_.contains(database_)) scope.search_path.insert(scope.search_path.begin(), temporary_schema());
  return scope;
}

NameScope Session::creation_scope() const {
  NameScope scope;
  scope.database = database_;
  scope.search_path.clear();
  const std::string path = settings_.Get("search_path");
  std::string name;
  bool quoted = false;
  const auto add = [&] {
    while (!name.empty() && name.back() == ' ') name.pop_back();
    if (name == "$user") name = options_.user;
    if (!name.empty()) scope.search_path.push_back(name);
    name.clear();
  };
  for (const char c : path) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      add();
    } else if (c != ' ' || !name.empty()) {
      name += c;
    }
  }
  add();
  return scope;
}

TextStyle Session::text_style() const {
  TextStyle style;
  style.SetDates(settings_.Get("datestyle"));
  style.SetIntervals(settings_.Get("intervalstyle"));
  style.bytea_escaped = settings_.Get("bytea_output") == "escape";
  style.extra_float_digits = static_cast<int>(settings_.GetInteger("extra_float_digits"));
  return style;
}

StatementContext Session::MakeStatementContext() const {
  {
    const std::lock_guard lock(mutex_);
    if (shown_settings_ == nullptr || shown_settings_->revision() != settings_.revision()) {
      shown_settings_ = std::make_shared<const Settings>(settings_);
    }
  }
  StatementContext context;
  context.statement_time_us = engine_.services().clock.Now() / 1000;
  context.time_zone = settings_.Get("timezone");
  context.user = options_.user;
  context.database = database_;
  context.search_path = name_scope().search_path;
  const NameScope scope = creation_scope();
  context.schema.clear();
  const CatalogPtr shown = shown_catalog();
  const CatalogPtr catalog = shown == nullptr ? engine_.catalog() : shown;
  for (const std::string& schema : scope.search_path) {
    if (catalog->FindSchema(database_, schema) == nullptr && schema != "pg_catalog") continue;
    context.schema = schema;
    break;
  }
  context.application_name = settings_.Get("application_name");
  context.random_seed = engine_.services().random.Next();
  context.session_id = id_;
  context.text_style = text_style();
  return context;
}

BindContext Session::MakeBindContext() {
  BindContext context;
  context.catalog = ReadCatalog();
  {
    const std::lock_guard lock(mutex_);
    shown_catalog_ = context.catalog;
  }
  context.registry = &engine_.registry();
  context.names = name_scope();
  context.dialect = options_.dialect;
  if (functions_catalog_ != context.catalog) {
    functions_ = std::make_shared<const SqlFunctions>(*context.catalog);
    functions_catalog_ = context.catalog;
  }
  context.functions = functions_;
  context.variable = [this](ast::VariableScope scope, std::string_view name) -> std::optional<Value> {
    if (scope == ast::VariableScope::kUser) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional<Value>(found->second);
    }
    const std::optional<std::string> setting = settings_.Find(name);
    if (!setting.has_value()) {
      throw Error::User(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"{}\"", name);
    }
    return Value::String(*setting);
  };
  context.table_function =
      [this, catalog = context.catalog](const TableFunctionCall& call) -> std::optional<ExternalRelation> {
    if (call.name.starts_with("pg_") && call.args.empty()) {
      // Functions without arguments that clients read from are tables of pg_catalog here.
      if (const VirtualTablePtr* table = catalog->virtual_tables().Find("pg_catalog", call.name)) {
        ExternalRelation relation;
        relation.source = VirtualSource{*table, call.name, {}};
        relation.columns = (*table)->schema();
        return relation;
      }
    }
    return ResolveTableFunction(engine_, call);
  };
  context.run_query = [this](const LogicalPtr& plan) { return RunOnTheSpot(*this, plan); };
  return context;
}

SnapshotPtr Session::ReadSnapshot() {
  if (engine_.storage() == nullptr) return nullptr;
  if (transaction_ != TransactionStatus::kOpen) return engine_.storage()->snapshot();
  if (transaction_snapshot_ == nullptr) transaction_snapshot_ = engine_.storage()->snapshot();
  if (!transaction_changed_) return transaction_snapshot_;
  return engine_.storage()->Overlay(transaction_snapshot_, transaction_changes_);
}

CatalogPtr Session::ReadCatalog() {
  const SnapshotPtr snapshot = ReadSnapshot();
  return snapshot == nullptr ? engine_.catalog() : snapshot->catalog();
}

QueryOptions Session::MakeQueryOptions() {
  QueryOptions options;
  options.threads = static_cast<int>(settings_.GetInteger("threads"));
  options.chunk_rows = static_cast<size_t>(settings_.GetInteger("chunk_rows"));
  if (const int64_t limit = settings_.GetBytes("query_memory_limit"); limit > 0) options.memory_limit_bytes = limit;
  options.profile = settings_.GetBool("query_profile");
  options.runtime_filters = settings_.GetBool("runtime_filters");
  options.spill = settings_.GetBool("enable_spill");
  options.forced_spill = settings_.GetBool("forced_spill");
  options.partial_aggregates = settings_.GetBool("enable_query_cache") && !has_own_changes();
  options.cache_entry_bytes_max = settings_.GetBytes("query_cache_entry_max_bytes");
  options.forced_partials = settings_.GetBool("forced_query_cache");
  if (settings_.GetBool("verify_chunks")) options.verify_chunks = true;
  options.random_block_seed = static_cast<uint64_t>(settings_.GetInteger("random_blocking_seed"));
  options.disguise_seed = static_cast<uint64_t>(settings_.GetInteger("forced_encoding_seed"));
  return options;
}

Storage& Session::storage() const {
  if (engine_.storage() == nullptr) {
    throw Error::User(sqlstate::kObjectNotInPrerequisiteState, "there is no data folder to keep tables in")
        .WithHint("Start with --data-dir, or query files with read_parquet, read_csv and read_json.");
  }
  return *engine_.storage();
}

void Session::RequireWritable() const {
  // A block begins with the default, and may be said to be otherwise.
  const bool in_block = transaction_ == TransactionStatus::kOpen;
  if (settings_.GetBool(in_block ? "transaction_read_only" : "default_transaction_read_only")) {
    throw Error::User("25006", "cannot change anything in a read-only transaction");
  }
}

void Session::RequireServerFiles(bool write) const {
  if (!engine_.HasPasswords()) return;
  const CatalogPtr catalog = engine_.catalog();
  const std::string_view role = write ? kWriteServerFiles : kReadServerFiles;
  if (IsSuperuser(*catalog, options_.user) || IsMember(*catalog, options_.user, role)) return;
  throw Error::User("42501", "must be superuser or have privileges of the {} role to COPY {} a file", role,
                    write ? "to" : "from")
      .WithHint("Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.");
}

namespace {

// Whether it does not matter if the change comes before or after rows of tables that exist already (rows go by id).
bool LeavesRowsAlone(const CatalogChange& change) {
  if (const auto* alter = std::get_if<AlterColumn>(&change)) {
    return !alter->type.has_value() && !alter->nullable.has_value();
  }
  if (std::holds_alternative<SetTableComment>(change) || std::holds_alternative<DropView>(change)) return true;
  return std::holds_alternative<RenameTable>(change) || std::holds_alternative<CreateTable>(change) ||
         std::holds_alternative<CreateView>(change) || std::holds_alternative<CreateSchema>(change) ||
         std::holds_alternative<PutObject>(change) || std::holds_alternative<DropObject>(change);
}

}  // namespace

void Session::ApplyDdl(std::vector<CatalogChange> changes) {
  RequireWritable();
  if (transaction_ != TransactionStatus::kOpen) {
    storage().ApplyDdl(std::move(changes));
    return;
  }
  if (implicit_ && !transaction_changes_.tables.empty()) {
    EndImplicit();
    BeginImplicit();
  }
  ReadSnapshot();
  CommitRequest next = transaction_changes_;
  next.kind = CommitKind::kDdl;
  next.ddl.insert(next.ddl.end(), changes.begin(), changes.end());
  if (!next.tables.empty() && !std::all_of(changes.begin(), changes.end(), LeavesRowsAlone)) {
    // Definitions are applied before rows in a commit, so the order of the statements would be lost.
    throw Error::Unsupported("COMMIT before the definition, or put definitions first in the transaction.",
                             "a definition cannot follow changes of rows in one transaction");
  }
  storage().Overlay(transaction_snapshot_, next);  // refuses what does not fit
  transaction_changes_ = std::move(next);
  transaction_changed_ = true;
}

void Session::ApplyDelta(CommitKind kind, TableDelta delta, std::string label) {
  if (implicit_ && !label.empty()) EndImplicit();
  if (transaction_ != TransactionStatus::kOpen) {
    CommitRequest request;
    request.kind = kind;
    request.label = std::move(label);
    if (const auto* database = ReadCatalog()->FindDatabase(database_)) request.database = database->id;
    request.tables.push_back(std::move(delta));
    storage().Commit(std::move(request));
    return;
  }
  if (!label.empty()) {
    throw Error::Unsupported("Run the labelled INSERT outside the transaction block.",
                             "labels are not available inside a transaction block");
  }
  const std::lock_guard lock(mutex_);
  transaction_changes_.kind = transaction_changed_ ? CommitKind::kInsert : kind;
  for (TableDelta& existing : transaction_changes_.tables) {
    if (existing.table != delta.table) continue;
    existing.Append(std::move(delta));
    transaction_changed_ = true;
    return;
  }
  transaction_changes_.tables.push_back(std::move(delta));
  transaction_changed_ = true;
}

CancellationToken Session::BeginStatement(std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (terminated_) throw TerminatedError();
  running_ = std::make_unique<CancellationSource>();
  running_text_ = std::string(text);
  running_since_ = engine_.services().clock.Now();
  if (const int64_t timeout_ms = settings_.GetDurationMs("statement_timeout"); timeout_ms > 0) {
    running_->SetDeadline(engine_.services().timers, engine_.services().clock.Monotonic() + timeout_ms * kNanosPerMilli,
                          Error::Canceled("canceling statement due to statement timeout"));
  }
  return running_->token();
}

CancellationToken Session::statement_token() const {
  const std::lock_guard lock(mutex_);
  return running_ == nullptr ? CancellationToken() : running_->token();
}

namespace {

bool NamesPassword(std::string_view text) {
  constexpr std::string_view kWord = "password";
  const auto found = std::search(text.begin(), text.end(), kWord.begin(), kWord.end(),
                                 [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  return found != text.end();
}

}  // namespace

void Session::EndStatement(FinishedQuery finished) {
  {
    const std::lock_guard lock(mutex_);
    const bool has_run = running_ != nullptr;
    running_.reset();
    finished.query = has_run ? running_text_ : text_;
    finished.started = has_run ? running_since_ : text_since_;
    for (SettingRequest& request : requested_settings_) {
      if (request.local && transaction_ == TransactionStatus::kIdle) continue;
      settings_.Set(request.name, std::move(request.value), request.local);
    }
    requested_settings_.clear();
  }
  text_ended_ = true;
  if (NamesPassword(finished.query)) finished.query = "(not shown: names a password)";
  finished.session_id = id_;
  finished.user = options_.user;
  finished.database = database_;
  finished.duration_nanos = engine_.services().clock.Now() - finished.started;
  engine_.NoteFinished(std::move(finished));
}

// ---- transactions

void Session::BeginImplicit() {
  if (transaction_ != TransactionStatus::kIdle) return;
  Begin();
  implicit_ = true;
}

void Session::EndImplicit() {
  if (!std::exchange(implicit_, false)) return;
  Commit();
}

void Session::Begin() {
  if (std::exchange(implicit_, false)) return;
  if (transaction_ != TransactionStatus::kIdle) {
    AddNotice(
        {"WARNING", std::string(sqlstate::kActiveSqlTransaction), "there is already a transaction in progress", ""});
    return;
  }
  transaction_ = TransactionStatus::kOpen;
  settings_.BeginTransaction();
  if (settings_.GetBool("default_transaction_read_only")) settings_.Set("transaction_read_only", "on", true);
  transaction_snapshot_ = nullptr;
  transaction_changes_ = {};
  transaction_changed_ = false;
}

void Session::Commit() {
  if (std::exchange(implicit_, false)) {
    AddNotice({"WARNING", std::string(sqlstate::kNoActiveSqlTransaction), "there is no transaction in progress", ""});
  }
  if (transaction_ == TransactionStatus::kIdle) {
    AddNotice({"WARNING", std::string(sqlstate::kNoActiveSqlTransaction), "there is no transaction in progress", ""});
    return;
  }
  const bool failed = transaction_ == TransactionStatus::kFailed;
  EndCursors(!failed);
  transaction_ = TransactionStatus::kIdle;
  savepoints_.clear();
  CommitRequest changes = std::exchange(transaction_changes_, {});
  const bool changed = std::exchange(transaction_changed_, false);
  const SnapshotPtr seen = std::exchange(transaction_snapshot_, nullptr);
  settings_.EndTransaction(!failed);
  const std::vector<std::string> dropped = std::exchange(drop_on_commit_, {});
  if (failed) return;
  if (changed) CommitTransaction(storage(), std::move(changes), seen);
  for (const std::string& table : dropped) {
    storage().ApplyDdl({DropTable{database_, temporary_schema(), table, /*if_exists=*/true}});
  }
}

void Session::Rollback() {
  if (transaction_ == TransactionStatus::kIdle || implicit_) {
    AddNotice({"WARNING", std::string(sqlstate::kNoActiveSqlTransaction), "there is no transaction in progress", ""});
  }
  implicit_ = false;
  EndCursors(false);
  transaction_ = TransactionStatus::kIdle;
  drop_on_commit_.clear();
  savepoints_.clear();
  transaction_changes_ = {};
  transaction_changed_ = false;
  transaction_snapshot_ = nullptr;
  settings_.EndTransaction(false);
}

void Session::EndCursors(bool commit) {
  for (auto cursor = cursors_.begin(); cursor != cursors_.end();) {
    const bool keep = cursor->second->kept() || (commit && cursor->second->hold());
    if (keep) cursor->second->Keep();
    cursor = keep ? std::next(cursor) : cursors_.erase(cursor);
  }
}

void Session::SetSavepoint(std::string name) {
  if (transaction_ == TransactionStatus::kIdle || implicit_) {
    throw Error::User(sqlstate::kNoActiveSqlTransaction, "SAVEPOINT can only be used in transaction blocks");
  }
  Savepoint savepoint{std::move(name), transaction_changes_, transaction_changed_, settings_, {}};
  for (const auto& [cursor, content] : cursors_) savepoint.cursors.push_back(cursor);
  savepoints_.push_back(std::move(savepoint));
}

std::vector<Session::Savepoint>::iterator Session::FindSavepoint(std::string_view name, std::string_view verb) {
  if (transaction_ == TransactionStatus::kIdle || implicit_) {
    throw Error::User(sqlstate::kNoActiveSqlTransaction, "{} can only be used in transaction blocks", verb);
  }
  // The newest of a name hides the older ones.
  for (auto at = savepoints_.end(); at != savepoints_.begin();) {
    if ((--at)->name == name) return at;
  }
  throw Error::User("3B001", "savepoint \"{}\" does not exist", name);
}

void Session::ReleaseSavepoint(std::string_view name) {
  savepoints_.erase(FindSavepoint(name, "RELEASE SAVEPOINT"), savepoints_.end());
}

void Session::RollbackToSavepoint(std::string_view name) {
  const auto savepoint = FindSavepoint(name, "ROLLBACK TO SAVEPOINT");
  std::erase_if(cursors_, [&](const auto& cursor) {
    const auto& open = savepoint->cursors;
    return std::find(open.begin(), open.end(), cursor.first) == open.end();
  });
  {
    const std::lock_guard lock(mutex_);
    transaction_changes_ = savepoint->changes;
    transaction_changed_ = savepoint->changed;
  }
  settings_ = savepoint->settings;
  transaction_ = TransactionStatus::kOpen;
  savepoints_.erase(std::next(savepoint), savepoints_.end());
}

void Session::UseDatabase(const std::string& name) {
  ReadCatalog()->GetDatabase(name);
  database_ = name;
}

}  // namespace weir
