#include "server/pgwire/connection.h"

#include <algorithm>

#include "server/scram.h"

namespace weir::pgwire {

namespace {

constexpr size_t kFlushBytes = 64 << 10;
constexpr uint32_t kAuthBytesMax = 64 << 10;

bool IsLoopback(const SocketAddress& address) {
  return address.host == "::1" || address.host.starts_with("127.") || address.host.starts_with("::ffff:127.");
}

}  // namespace

int64_t CharacterPosition(std::string_view text, int64_t byte_offset) {
  int64_t characters = 1;
  const size_t end = std::min(text.size(), static_cast<size_t>(std::max<int64_t>(byte_offset, 0)));
  for (size_t i = 0; i < end; ++i) {
    if ((static_cast<uint8_t>(text[i]) & 0xC0) != 0x80) ++characters;
  }
  return characters;
}

Connection::Connection(PgServer& server, std::unique_ptr<AsyncStream> stream)
    : server_(server),
      stream_(std::move(stream)),
      input_(*stream_),
      client_address_(stream_->peer_address().ToString()) {
  const std::lock_guard lock(server_.mutex_);
  server_.streams_.emplace(this, stream_.get());
}

Connection::~Connection() {
  portals_.clear();
  if (session_ != nullptr) {
    session_->set_on_terminate({});
    server_.Unregister(*session_);
  }
  const std::lock_guard lock(server_.mutex_);
  server_.streams_.erase(this);
}

Task<void> Connection::Flush() {
  if (out_.size() == 0) co_return;
  std::string bytes = std::exchange(out_.buffer(), {});
  co_await stream_->Write({bytes.data(), bytes.size()});
  // The buffer is kept for the next messages.
  bytes.clear();
  if (out_.size() == 0 && bytes.capacity() <= 4 * kFlushBytes) out_.buffer() = std::move(bytes);
}

Task<void> Connection::FlushIfLarge() {
  if (out_.size() >= kFlushBytes) co_await Flush();
}

// ---- start-up

Task<bool> Connection::StartUp() {
  stream_->set_read_timeout_nanos(server_.options_.startup_timeout_nanos);
  stream_->set_write_timeout_nanos(server_.options_.write_timeout_nanos);
  for (;;) {
    const std::string body = co_await input_.NextStartup();
    if (body.empty()) co_return false;
    MessageReader in(body);
    const int32_t code = in.Int32();
    if (code == kSslRequestCode || code == kGssRequestCode) {
      const bool accept = code == kSslRequestCode && server_.tls_ != nullptr;
      // Anything sent along before the handshake would be taken as if it were encrypted.
      if (input_.has_buffered()) {
        throw Error::User(sqlstate::kProtocolViolation, "received unencrypted data after SSL request");
      }
      out_.Int8(accept ? 'S' : 'N');
      co_await Flush();
      if (accept) {
        {
          const std::lock_guard lock(server_.mutex_);
          stream_ = MakeTlsStream(std::move(stream_), *server_.tls_);
          server_.streams_[this] = stream_.get();
        }
        input_.set_stream(*stream_);
        startup_.emplace_back("_tls", "on");
      }
      continue;
    }
    if (code == kCancelRequestCode) {
      const int32_t id = in.Int32();
      const int32_t secret = in.Int32();
      server_.CancelByKey(id, secret);
      co_return false;
    }
    if ((code >> 16) != 3) {
      throw Error::User(sqlstate::kProtocolViolation, "unsupported frontend protocol {}.{}: server supports 3.0",
                        code >> 16, code & 0xFFFF);
    }
    std::vector<std::string> unknown;
    for (;;) {
      const std::string name(in.Text());
      if (name.empty()) break;
      const std::string value(in.Text());
      if (name.starts_with("_pq_.")) unknown.push_back(name);
      startup_.emplace_back(name, value);
    }
    if ((code & 0xFFFF) != 0 || !unknown.empty()) {
      out_.Begin('v');
      out_.Int32(0);
      out_.Int32(static_cast<int32_t>(unknown.size()));
      for (const std::string& name : unknown) out_.Text(name);
      out_.End();
    }
    co_return true;
  }
}

Task<void> Connection::Authenticate() {
  std::string user = "weir";
  bool encrypted = false;
  for (const auto& [name, value] : startup_) {
    if (name == "user") user = value;
    if (name == "_tls") encrypted = true;
  }
  if (server_.options_.tls_required && !encrypted) {
    throw Error::User(sqlstate::kInvalidAuthorization, "this server takes encrypted connections only")
        .WithHint("Connect with sslmode=require.");
  }
  Engine& engine = server_.engine_;
  const bool has_passwords = engine.HasPasswords();
  if (!has_passwords) {
    // Nothing configured: whoever is on this machine may come in.
    if (!IsLoopback(stream_->peer_address())) {
      throw Error::User(sqlstate::kInvalidAuthorization,
                        "connections from other machines need a password, and none is set")
          .WithHint("On the server's machine: ALTER USER weir PASSWORD '...';");
    }
  } else {
    out_.Begin('R');
    out_.Int32(10);
    out_.Text("SCRAM-SHA-256");
    out_.Int8(0);
    out_.End();
    co_await Flush();
    const Message first = co_await input_.Next(kAuthBytesMax);
    if (first.type != 'p')
      throw Error::User(sqlstate::kProtocolViolation, "expected a SASL response, got message type {}",
                        static_cast<int>(first.type));
    MessageReader in(first.body);
    const std::string mechanism(in.Text());
    if (mechanism != "SCRAM-SHA-256") {
      throw Error::User(sqlstate::kProtocolViolation, "client selected an invalid SASL authentication mechanism");
    }
    const int32_t length = in.Int32();
    const std::string_view client_first = in.Bytes(static_cast<size_t>(std::max(length, 0)));
    ScramExchange exchange(engine.PasswordVerifier(user).value_or(""), engine.services().random);
    const std::string server_first = exchange.First(client_first);
    out_.Begin('R');
    out_.Int32(11);
    out_.Bytes(server_first);
    out_.End();
    co_await Flush();
    const Message second = co_await input_.Next(kAuthBytesMax);
    if (second.type != 'p')
      throw Error::User(sqlstate::kProtocolViolation, "expected a SASL response, got message type {}",
                        static_cast<int>(second.type));
    const std::string server_final = exchange.Final(second.body);
    if (server_final.empty()) {
      throw Error::User(sqlstate::kInvalidPassword, "password authentication failed for user \"{}\"", user);
    }
    out_.Begin('R');
    out_.Int32(12);
    out_.Bytes(server_final);
    out_.End();
  }
  out_.Begin('R');
  out_.Int32(0);
  out_.End();
}

Task<void> Connection::OpenSession() {
  SessionOptions options;
  options.client_address = client_address_;
  bool database_given = false;
  for (const auto& [name, value] : startup_) {
    if (name == "user") {
      options.user = value;
    } else if (name == "database") {
      options.database = value;
      database_given = true;
    } else if (name == "options") {
      // "-c name=value" pairs.
      std::string_view rest = value;
      while (!rest.empty()) {
        const size_t at = rest.find("-c");
        if (at == std::string_view::npos) break;
        rest.remove_prefix(at + 2);
        while (rest.starts_with(" ")) rest.remove_prefix(1);
        const size_t end = std::min(rest.find(" -"), rest.size());
        const std::string_view pair = rest.substr(0, end);
        const size_t equals = pair.find('=');
        if (equals != std::string_view::npos) {
          options.settings.emplace_back(std::string(pair.substr(0, equals)), std::string(pair.substr(equals + 1)));
        }
        rest.remove_prefix(end);
      }
    } else if (name != "replication" && !name.starts_with("_")) {
      options.settings.emplace_back(name, value);
    }
  }
  // PostgreSQL's default database is named as the user is; ours is "weir" for everybody.
  if (!database_given && server_.engine_.catalog()->FindDatabase(options.user) != nullptr)
    options.database = options.user;
  session_ = std::make_unique<Session>(server_.engine_, options);
  server_.Register(*session_);
  AsyncStream* stream = stream_.get();
  session_->set_on_terminate([stream] { stream->Close(); });
  for (const SettingDef& def : SettingDefs()) {
    if (def.report) WriteParameter(def.name, session_->settings().Get(def.name));
  }
  out_.Begin('K');
  out_.Int32(session_->id());
  out_.Int32(session_->secret());
  out_.End();
  co_return;
}

Task<void> Connection::Run() {
  std::optional<Error> fatal;
  bool go_on = false;
  try {
    go_on = co_await StartUp();
    if (go_on) {
      if (server_.connections_.load() > server_.options_.connections_max) {
        throw Error::Operational(sqlstate::kTooManyConnections, "sorry, too many clients already");
      }
      co_await Authenticate();
      co_await OpenSession();
      WriteReady();
      co_await Flush();
    }
  } catch (...) {
    fatal = Error::FromCurrentException();
  }
  if (fatal.has_value()) {
    WriteError(*fatal, "FATAL");
    co_await Flush();
    co_return;
  }
  if (!go_on) co_return;
  stream_->set_read_timeout_nanos(0);
  while (go_on) {
    try {
      Message message = co_await input_.Next(server_.options_.message_bytes_max);
      if (message.type == 0 || message.type == 'X') co_return;
      go_on = co_await Dispatch(std::move(message));
    } catch (...) {
      fatal = Error::FromCurrentException();
    }
    if (fatal.has_value()) {
      if (fatal->sqlstate() == sqlstate::kConnectionFailure) co_return;
      WriteError(*fatal, "FATAL");
      co_await Flush();
      co_return;
    }
  }
}

// ---- dispatch

void Connection::NoteError(const Error& error) {
  failed_ = true;
  session_->StatementFailed(error);
  WriteError(error, "ERROR");
}

Task<bool> Connection::Dispatch(Message message) {
  // After an error in the extended protocol everything is skipped up to the Sync.
  if (skip_until_sync_ && message.type != 'S') co_return true;
  std::optional<Error> error;
  try {
    switch (message.type) {
      case 'Q': {
        MessageReader in(message.body);
        std::string sql(in.Text());
        co_await SimpleQuery(std::move(sql));
        co_return true;
      }
      case 'P':
        co_await HandleParse(std::move(message.body));
        break;
      case 'B':
        co_await HandleBind(std::move(message.body));
        break;
      case 'D':
        co_await HandleDescribe(std::move(message.body));
        break;
      case 'E':
        co_await HandleExecute(std::move(message.body));
        break;
      case 'C':
        co_await HandleClose(std::move(message.body));
        break;
      case 'S':
        skip_until_sync_ = false;
        if (session_->transaction_status() == TransactionStatus::kIdle) co_await CloseAllPortals();
        WriteReady();
        co_await Flush();
        co_return true;
      case 'H':
        co_await Flush();
        co_return true;
      case 'd':
      case 'c':
      case 'f':
        // What is left of a COPY that has failed.
        co_return true;
      case 'F':
        throw Error::Unsupported("Use SELECT function(...).", "the function call protocol is not available");
      default:
        throw Error::User(sqlstate::kProtocolViolation, "invalid frontend message type {}",
                          static_cast<int>(message.type));
    }
  } catch (...) {
    error = Error::FromCurrentException();
  }
  if (error.has_value()) {
    if (error->sqlstate() == sqlstate::kConnectionFailure) throw Error(*error);
    NoteError(*error);
    skip_until_sync_ = true;
    if (message.type == 'F') {
      WriteReady();
      skip_until_sync_ = false;
    }
  }
  co_await FlushIfLarge();
  // A client that pipelines gets the answers together; one that waits gets them now.
  if (error.has_value() && !input_.has_message()) co_await Flush();
  co_return true;
}

// ---- simple query

Task<void> Connection::SimpleQuery(std::string sql) {
  query_text_ = std::move(sql);
  failed_ = false;
  // The unnamed statement and portal do not outlive a simple query.
  statements_.erase("");
  co_await ClosePortal("");
  std::vector<ast::StatementPtr> statements;
  std::optional<Error> error;
  try {
    statements = session_->Parse(query_text_);
    if (statements.empty()) {
      out_.Begin('I');
      out_.End();
    }
  } catch (...) {
    error = Error::FromCurrentException();
  }
  for (size_t i = 0; i < statements.size() && !error.has_value(); ++i) {
    try {
      if (Session::IsCopyIn(*statements[i])) {
        co_await RunCopyIn(statements[i]);
      } else {
        co_await RunStatement(statements[i]);
      }
    } catch (...) {
      error = Error::FromCurrentException();
    }
  }
  if (error.has_value()) {
    if (error->sqlstate() == sqlstate::kConnectionFailure) throw Error(*error);
    NoteError(*error);
  }
  WriteReady();
  co_await Flush();
}

Task<void> Connection::RunStatement(ast::StatementPtr statement) {
  // Binding may read files, and definitions wait for their commit.
  co_await server_.engine_.io().Schedule();
  std::unique_ptr<StatementExecution> execution = session_->Execute(std::move(statement));
  std::exception_ptr failure;
  try {
    co_await SendRows(*execution, true);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure != nullptr) {
    co_await server_.engine_.io().Schedule();
    execution.reset();
    std::rethrow_exception(failure);
  }
}

Task<void> Connection::SendRows(StatementExecution& execution, bool describe) {
  uint64_t rows = 0;
  std::optional<RowEncoder> encoder;
  std::optional<CopyEncoder> copy;
  if (execution.columns().has_value()) {
    const Schema& schema = *execution.columns();
    if (execution.copy_out() != nullptr) {
      copy.emplace(schema, *execution.copy_out(), TimeZone(), FloatDigits());
      out_.Begin('H');
      out_.Int8(0);
      out_.Int16(static_cast<int16_t>(schema.size()));
      for (size_t i = 0; i < schema.size(); ++i) out_.Int16(0);
      out_.End();
      copy->Header(out_);
    } else {
      if (describe) WriteRowDescription(schema, {});
      encoder.emplace(schema, std::vector<bool>(schema.size(), false), TimeZone(), FloatDigits());
    }
  }
  for (;;) {
    std::optional<Chunk> chunk = co_await execution.NextAsync();
    if (!chunk.has_value()) break;
    rows += chunk->row_count();
    if (copy.has_value()) copy->Encode(*chunk, out_);
    if (encoder.has_value()) encoder->Encode(*chunk, 0, chunk->row_count(), out_);
    co_await FlushIfLarge();
  }
  if (copy.has_value()) {
    copy->Footer(out_);
    out_.Begin('c');
    out_.End();
  }
  WriteNotices();
  WriteCommandComplete(execution.CommandTag(rows));
}

Task<void> Connection::RunCopyIn(ast::StatementPtr statement) {
  co_await server_.engine_.io().Schedule();
  std::unique_ptr<CopyIn> copy = session_->StartCopyIn(statement);
  out_.Begin('G');
  out_.Int8(0);
  out_.Int16(static_cast<int16_t>(copy->column_count()));
  for (size_t i = 0; i < copy->column_count(); ++i) out_.Int16(0);
  out_.End();
  co_await Flush();
  std::optional<Error> error;
  for (;;) {
    const Message message = co_await input_.Next(server_.options_.message_bytes_max);
    if (message.type == 0)
      throw Error::Operational(sqlstate::kConnectionFailure, "the client closed the connection during COPY");
    if (message.type == 'd') {
      if (error.has_value()) continue;  // the rest of a failed COPY
      co_await server_.engine_.io().Schedule();
      error = [&]() -> std::optional<Error> {
        const auto thrown = CatchError([&] { copy->Write(message.body); });
        return thrown == nullptr ? std::nullopt : std::optional<Error>(*thrown);
      }();
      // Psql notices a failure only at the end; others see it now.
      continue;
    }
    if (message.type == 'c') break;
    if (message.type == 'f') {
      MessageReader in(message.body);
      throw Error::Canceled(fmt::format("COPY from stdin failed: {}", in.Text()));
    }
    if (message.type == 'H' || message.type == 'S') continue;
    throw Error::User(sqlstate::kProtocolViolation, "unexpected message type {} during COPY from stdin",
                      static_cast<int>(message.type));
  }
  if (error.has_value()) throw Error(*error);
  co_await server_.engine_.io().Schedule();
  const uint64_t rows = copy->Finish();
  WriteCommandComplete(fmt::format("COPY {}", rows));
}

// ---- extended protocol

Task<void> Connection::HandleParse(std::string body) {
  MessageReader in(body);
  const std::string name(in.Text());
  query_text_ = std::string(in.Text());
  std::vector<Type> types;
  const int16_t count = in.Int16();
  for (int16_t i = 0; i < count; ++i) types.push_back(TypeOfOid(static_cast<uint32_t>(in.Int32())));
  if (!name.empty() && statements_.contains(name)) {
    throw Error::User(sqlstate::kDuplicatePreparedStatement, "prepared statement \"{}\" already exists", name);
  }
  statements_.erase(name);
  std::vector<ast::StatementPtr> parsed = session_->Parse(query_text_);
  if (parsed.size() > 1) {
    throw Error::User(sqlstate::kSyntaxError, "cannot insert multiple commands into a prepared statement");
  }
  ast::StatementPtr statement = parsed.empty() ? nullptr : parsed[0];
  co_await server_.engine_.io().Schedule();
  statements_[name] = session_->Prepare(std::move(statement), std::move(types));
  out_.Begin('1');
  out_.End();
}

Task<void> Connection::HandleBind(std::string body) {
  MessageReader in(body);
  const std::string portal_name(in.Text());
  const std::string statement_name(in.Text());
  const auto found = statements_.find(statement_name);
  if (found == statements_.end()) {
    throw Error::User(sqlstate::kInvalidSqlStatementName, "prepared statement \"{}\" does not exist", statement_name);
  }
  if (!portal_name.empty() && portals_.contains(portal_name)) {
    throw Error::User(sqlstate::kDuplicateCursor, "cursor \"{}\" already exists", portal_name);
  }
  Portal portal;
  portal.prepared = found->second;
  const int16_t format_count = in.Int16();
  std::vector<int16_t> formats;
  for (int16_t i = 0; i < format_count; ++i) formats.push_back(in.Int16());
  const int16_t count = in.Int16();
  const auto& types = portal.prepared->parameter_types;
  if (static_cast<size_t>(count) != types.size()) {
    throw Error::User(sqlstate::kProtocolViolation,
                      "bind message supplies {} parameters, but prepared statement \"{}\" requires {}", count,
                      statement_name, types.size());
  }
  const std::string zone = TimeZone();
  TextOptions text;
  text.time_zone = zone;
  for (size_t i = 0; i < types.size(); ++i) {
    const int32_t size = in.Int32();
    if (size < 0) {
      portal.parameters.push_back(Value::Null(types[i]));
      continue;
    }
    const std::string_view bytes = in.Bytes(static_cast<size_t>(size));
    const int16_t format = formats.empty() ? 0 : formats.size() == 1 ? formats[0] : formats.at(i);
    portal.parameters.push_back(DecodeParameter(bytes, format == 1, types[i], text));
  }
  const int16_t result_count = in.Int16();
  for (int16_t i = 0; i < result_count; ++i) portal.formats.push_back(in.Int16());
  co_await ClosePortal(portal_name);
  portals_[portal_name] = std::move(portal);
  out_.Begin('2');
  out_.End();
}

Task<void> Connection::HandleDescribe(std::string body) {
  MessageReader in(body);
  const int8_t kind = in.Int8();
  const std::string name(in.Text());
  PreparedPtr prepared;
  std::vector<int16_t> formats;
  if (kind == 'S') {
    const auto found = statements_.find(name);
    if (found == statements_.end()) {
      throw Error::User(sqlstate::kInvalidSqlStatementName, "prepared statement \"{}\" does not exist", name);
    }
    prepared = found->second;
    out_.Begin('t');
    out_.Int16(static_cast<int16_t>(prepared->parameter_types.size()));
    for (const Type& type : prepared->parameter_types) out_.Int32(static_cast<int32_t>(OidOf(type)));
    out_.End();
  } else {
    const auto found = portals_.find(name);
    if (found == portals_.end()) throw Error::User(sqlstate::kInvalidCursorName, "portal \"{}\" does not exist", name);
    prepared = found->second.prepared;
    formats = found->second.formats;
  }
  if (prepared->columns.has_value()) {
    WriteRowDescription(*prepared->columns, formats);
  } else {
    out_.Begin('n');
    out_.End();
  }
  co_return;
}

Task<void> Connection::HandleExecute(std::string body) {
  MessageReader in(body);
  const std::string name(in.Text());
  const int32_t rows_max = in.Int32();
  const auto found = portals_.find(name);
  if (found == portals_.end()) throw Error::User(sqlstate::kInvalidCursorName, "portal \"{}\" does not exist", name);
  Portal& portal = found->second;
  query_text_ = portal.prepared->text;
  if (portal.prepared->statement == nullptr) {
    out_.Begin('I');
    out_.End();
    co_return;
  }
  if (portal.finished) {
    WriteCommandComplete("SELECT 0");
    co_return;
  }
  if (Session::IsCopyIn(*portal.prepared->statement)) {
    portal.finished = true;
    co_await RunCopyIn(portal.prepared->statement);
    co_return;
  }
  if (portal.execution == nullptr) {
    co_await server_.engine_.io().Schedule();
    portal.execution = session_->Execute(portal.prepared, portal.parameters);
  }
  co_await SendPortal(portal, rows_max);
}

Task<void> Connection::SendPortal(Portal& portal, int32_t rows_max) {
  StatementExecution& execution = *portal.execution;
  if (execution.copy_out() != nullptr) {
    portal.finished = true;
    co_await SendRows(execution, false);
    co_return;
  }
  if (portal.encoder == nullptr && execution.columns().has_value()) {
    const Schema& schema = *execution.columns();
    std::vector<bool> binary(schema.size());
    for (size_t i = 0; i < schema.size(); ++i) {
      const int16_t format = portal.formats.empty()       ? 0
                             : portal.formats.size() == 1 ? portal.formats[0]
                             : i < portal.formats.size()  ? portal.formats[i]
                                                          : 0;
      binary[i] = format == 1;
    }
    portal.encoder = std::make_unique<RowEncoder>(schema, std::move(binary), TimeZone(), FloatDigits());
  }
  uint64_t sent = 0;
  for (;;) {
    if (!portal.chunk.has_value()) {
      portal.chunk = co_await execution.NextAsync();
      portal.chunk_at = 0;
      if (!portal.chunk.has_value()) break;
    }
    const size_t left = portal.chunk->row_count() - portal.chunk_at;
    const size_t count = rows_max > 0 ? std::min<size_t>(left, static_cast<size_t>(rows_max) - sent) : left;
    if (portal.encoder != nullptr) portal.encoder->Encode(*portal.chunk, portal.chunk_at, count, out_);
    portal.chunk_at += count;
    sent += count;
    portal.rows += count;
    if (portal.chunk_at == portal.chunk->row_count()) portal.chunk.reset();
    co_await FlushIfLarge();
    if (rows_max > 0 && sent >= static_cast<uint64_t>(rows_max)) {
      out_.Begin('s');
      out_.End();
      co_return;
    }
  }
  portal.finished = true;
  WriteNotices();
  WriteCommandComplete(execution.CommandTag(portal.rows));
}

Task<void> Connection::HandleClose(std::string body) {
  MessageReader in(body);
  const int8_t kind = in.Int8();
  const std::string name(in.Text());
  if (kind == 'S') {
    statements_.erase(name);
  } else {
    co_await ClosePortal(name);
  }
  out_.Begin('3');
  out_.End();
}

Task<void> Connection::ClosePortal(std::string name) {
  const auto found = portals_.find(name);
  if (found == portals_.end()) co_return;
  Portal portal = std::move(found->second);
  portals_.erase(found);
  if (portal.execution != nullptr && !portal.finished) {
    // Waits for its drivers.
    co_await server_.engine_.io().Schedule();
    portal.execution.reset();
  }
}

Task<void> Connection::CloseAllPortals() {
  while (!portals_.empty()) {
    const std::string name = portals_.begin()->first;
    co_await ClosePortal(name);
  }
}

// ---- messages

void Connection::WriteRowDescription(const Schema& schema, const std::vector<int16_t>& formats) {
  out_.Begin('T');
  out_.Int16(static_cast<int16_t>(schema.size()));
  for (size_t i = 0; i < schema.size(); ++i) {
    const Type& type = schema[i].type;
    out_.Text(schema[i].name);
    out_.Int32(0);  // table
    out_.Int16(0);  // column of it
    out_.Int32(static_cast<int32_t>(OidOf(type)));
    out_.Int16(TypeLengthOf(type));
    out_.Int32(TypeModifierOf(type));
    out_.Int16(formats.empty() ? 0 : formats.size() == 1 ? formats[0] : i < formats.size() ? formats[i] : 0);
  }
  out_.End();
}

void Connection::WriteError(const Error& error, std::string_view severity) {
  out_.Begin('E');
  const auto field = [&](char code, std::string_view text) {
    if (text.empty()) return;
    out_.Int8(code);
    out_.Text(text);
  };
  field('S', severity);
  field('V', severity);
  field('C', error.sqlstate());
  field('M', error.message().empty() ? "unknown error" : error.message());
  field('D', error.detail());
  field('H', error.hint());
  if (error.position() >= 0 && !query_text_.empty()) {
    field('P', std::to_string(CharacterPosition(query_text_, error.position())));
  }
  out_.Int8(0);
  out_.End();
}

void Connection::WriteNotices() {
  for (const Notice& notice : session_->TakeNotices()) {
    out_.Begin('N');
    const auto field = [&](char code, std::string_view text) {
      if (text.empty()) return;
      out_.Int8(code);
      out_.Text(text);
    };
    field('S', notice.severity);
    field('V', notice.severity);
    field('C', notice.sqlstate);
    field('M', notice.message);
    field('H', notice.hint);
    out_.Int8(0);
    out_.End();
  }
}

void Connection::WriteParameter(std::string_view name, std::string_view value) {
  // Clients compare these names by their case.
  constexpr std::pair<std::string_view, std::string_view> kSpelling[] = {
      {"timezone", "TimeZone"}, {"datestyle", "DateStyle"}, {"intervalstyle", "IntervalStyle"}};
  for (const auto& [ours, theirs] : kSpelling) {
    if (ours == name) name = theirs;
  }
  out_.Begin('S');
  out_.Text(name);
  out_.Text(value);
  out_.End();
}

void Connection::WriteCommandComplete(std::string_view tag) {
  for (const auto& [name, value] : session_->settings().TakeChanges()) WriteParameter(name, value);
  out_.Begin('C');
  out_.Text(tag);
  out_.End();
}

void Connection::WriteReady() {
  WriteNotices();
  out_.Begin('Z');
  out_.Int8(static_cast<int8_t>(session_->transaction_status()));
  out_.End();
}

}  // namespace weir::pgwire
