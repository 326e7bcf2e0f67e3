#include "server/pgwire/pg_server.h"

#include "server/pgwire/connection.h"
#include "server/scram.h"

namespace weir {

namespace {

constexpr int64_t kClientCheckNanos = 50 * kNanosPerMilli;
constexpr int64_t kStopGraceNanos = 2 * kNanosPerSecond;

}  // namespace

PgServer::PgServer(Engine& engine, LoopThreads& loops, PgServerOptions options)
    : engine_(engine), loops_(loops), options_(std::move(options)), mock_salt_secret_(engine.services().random.Next()) {
  if (!options_.tls_certificate_file.empty()) {
    tls_ = std::make_unique<TlsContext>(options_.tls_certificate_file, options_.tls_key_file);
  }
  listener_ = std::make_unique<AsyncListener>(loops_.first(), options_.address);
  tasks_.Spawn(AcceptLoop());
  tasks_.Spawn(WatchConnections());
}

PgServer::~PgServer() {
  Stop();
}

void PgServer::Stop() {
  if (stopping_.exchange(true)) return;
  listener_->Close();
  std::shared_ptr<Waiter> pause;
  {
    const std::lock_guard lock(mutex_);
    for (pgwire::Connection* connection : connections_open_) connection->End();
    pause = std::exchange(pause_, nullptr);
  }
  if (pause != nullptr) pause->Wake(Waiter::Outcome::kWoken);
  CatchError([&] { tasks_.JoinBlocking(); });
}

Task<void> PgServer::AcceptLoop() {
  for (;;) {
    EventLoop& owner = loops_.Next();
    std::unique_ptr<AsyncStream> stream = co_await listener_->Accept(owner);
    if (stream == nullptr) co_return;
    if (!tasks_.Spawn(Serve(std::move(stream)))) co_return;
  }
}

Task<void> PgServer::Serve(std::unique_ptr<AsyncStream> stream) {
  connections_.fetch_add(1);
  auto connection = std::make_unique<pgwire::Connection>(*this, std::move(stream));
  try {
    co_await connection->Run();
  } catch (...) {  // NOLINT(bugprone-empty-catch): there is nobody to tell
    // The client has gone, or broke the protocol so that nothing more can be said.
  }
  // Closing what still runs waits for it.
  co_await engine_.io().Schedule();
  connection.reset();
  connections_.fetch_sub(1);
}

Task<void> PgServer::WatchConnections() {
  while (!stopping_) {
    co_await Pause(kClientCheckNanos);
    co_await CancelForGoneClients();
  }
  co_await Pause(kStopGraceNanos);
  const std::lock_guard lock(mutex_);
  for (pgwire::Connection* connection : connections_open_) connection->stream().Close();
}

Task<void> PgServer::Pause(int64_t nanos) {
  const auto waiter = std::make_shared<Waiter>(nullptr);
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ && connections_open_.empty()) co_return;
    pause_ = waiter;
  }
  EventLoop& loop = loops_.first();
  co_await waiter->SuspendUntil(loop, loop.clock().Monotonic() + nanos);
}

Task<void> PgServer::CancelForGoneClients() {
  std::vector<std::pair<pgwire::Connection*, Task<bool>>> busy;
  {
    const std::lock_guard lock(mutex_);
    for (pgwire::Connection* connection : connections_open_) {
      if (connection->is_busy()) busy.emplace_back(connection, connection->stream().PeerHasEnded());
    }
  }
  for (auto& [connection, peer_has_ended] : busy) {
    const bool gone = co_await std::move(peer_has_ended);
    if (!gone) continue;
    const std::lock_guard lock(mutex_);
    if (connections_open_.contains(connection)) connection->CancelForNobody();
  }
}

void PgServer::Forget(pgwire::Connection& connection) {
  std::shared_ptr<Waiter> pause;
  {
    const std::lock_guard lock(mutex_);
    connections_open_.erase(&connection);
    if (stopping_ && connections_open_.empty()) pause = std::exchange(pause_, nullptr);
  }
  if (pause != nullptr) pause->Wake(Waiter::Outcome::kWoken);
}

void PgServer::Register(Session& session) {
  const std::lock_guard lock(mutex_);
  if (stopping_) throw Error::Operational(sqlstate::kCannotConnectNow, "the database system is shutting down");
  sessions_.emplace(session.id(), &session);
}

void PgServer::Unregister(Session& session) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(session.id());
}

std::string PgServer::MockSalt(const std::string& user) const {
  return ScramMockSalt(fmt::format("{:016x}{}", mock_salt_secret_, user));
}

void PgServer::CancelByKey(int32_t id, int32_t secret) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(id);
  if (found == sessions_.end() || found->second->secret() != secret) return;
  found->second->Cancel(Error::Canceled("canceling statement due to user request"));
}

}  // namespace weir
