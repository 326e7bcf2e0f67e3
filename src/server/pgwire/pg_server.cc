#include "server/pgwire/pg_server.h"

#include "server/pgwire/connection.h"
#include "server/scram.h"

namespace weir {

PgServer::PgServer(Engine& engine, LoopThreads& loops, PgServerOptions options)
    : engine_(engine), loops_(loops), options_(std::move(options)), mock_salt_secret_(engine.services().random.Next()) {
  if (!options_.tls_certificate_file.empty()) {
    tls_ = std::make_unique<TlsContext>(options_.tls_certificate_file, options_.tls_key_file);
  }
  listener_ = std::make_unique<AsyncListener>(loops_.first(), options_.address);
  tasks_.Spawn(AcceptLoop());
}

PgServer::~PgServer() {
  Stop();
}

void PgServer::Stop() {
  if (stopping_.exchange(true)) return;
  listener_->Close();
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, session] : sessions_) {
      session->Cancel(
          Error::Operational(sqlstate::kAdminShutdown, "terminating connection due to administrator command"));
    }
    for (const auto& [connection, stream] : streams_) stream->Close();
  }
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
  } catch (...) {
    // The client has gone, or broke the protocol so that nothing more can be said.
  }
  // Closing what still runs waits for it.
  co_await engine_.io().Schedule();
  connection.reset();
  connections_.fetch_sub(1);
}

void PgServer::Register(Session& session) {
  const std::lock_guard lock(mutex_);
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
