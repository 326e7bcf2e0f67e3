#include "server/pgwire/connection.h"

#include <algorithm>

#include "server/client_text.h"
#include "server/scram.h"

namespace weir::pgwire {

namespace {

constexpr size_t kFlushBytes = 64 << 10;
constexpr uint32_t kAuthBytesMax = 64 << 10;

// Counts of formats, parameters and types are 16 bits; nobody has fewer than none.
size_t Count(MessageReader& in) {
  const int16_t count = in.Int16();
  if (count < 0) throw Error::User(sqlstate::kProtocolViolation, "malformed message: a negative count: {}", count);
  return static_cast<size_t>(count);
}

// Format codes of a Bind: none (all text), one for all, or one for each.
std::vector<int16_t> FormatCodes(MessageReader& in) {
  std::vector<int16_t> formats;
  for (size_t left = Count(in); left > 0; --left) {
    formats.push_back(in.Int16());
    if (formats.back() != 0 && formats.back() != 1) {
      throw Error::User(sqlstate::kInvalidParameterValue, "unsupported format code: {}", formats.back());
    }
  }
  return formats;
}

int16_t FormatOf(const std::vector<int16_t>& formats, size_t column) {
  if (formats.size() == 1) return formats[0];
  return column < formats.size() ? formats[column] : int16_t{0};
}

// The settings of a start-up packet's "options": -c name=value, -cname=value and --name=value, where a backslash
// takes the meaning of the next character away.
std::vector<std::pair<std::string, std::string>> SplitOptions(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n') {
      inside = false;
      continue;
    }
    if (!std::exchange(inside, true)) words.emplace_back();
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    words.back() += text[i];
  }
  std::vector<std::pair<std::string, std::string>> out;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "-c" && i + 1 < words.size()) {
      word = words[++i];
    } else if (word.starts_with("-c") || word.starts_with("--")) {
      word.remove_prefix(2);
    } else {
      continue;  // options of PostgreSQL's own processes
    }
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    std::string name(word.substr(0, equals));
    std::replace(name.begin(), name.end(), '-', '_');
    out.emplace_back(std::move(name), std::string(word.substr(equals + 1)));
  }
  return out;
}

void RequireStatementOrPortal(int8_t kind) {
  if (kind == 'S' || kind == 'P') return;
  throw Error::User(sqlstate::kProtocolViolation, "malformed message: neither a statement nor a portal: {}", kind);
}

// The client was told what columns come; a definition may have changed since.
void RequireSameColumns(const PreparedStatement& prepared, const StatementExecution& execution) {
  if (execution.copy_out() != nullptr || !prepared.columns.has_value() || !execution.columns().has_value()) return;
  const Schema& told = *prepared.columns;
  const Schema& got = *execution.columns();
  const bool same = std::equal(told.begin(), told.end(), got.begin(), got.end(),
                               [](const Field& a, const Field& b) { return OidOf(a.type) == OidOf(b.type); });
  if (!same) {
    throw Error::User(sqlstate::kFeatureNotSupported, "cached plan must not change result type")
        .WithHint("Prepare the statement again.");
  }
}

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
      const bool accept = code == kSslRequestCode && server_.tls_ != nullptr && !encrypted_;
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
        encrypted_ = true;
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
  for (const auto& [name, value] : startup_) {
    if (name == "user") user = value;
  }
  if (server_.options_.tls_required && !encrypted_) {
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
    co_await AuthenticateWithPassword(std::move(user));
  }
  out_.Begin('R');
  out_.Int32(0);
  out_.End();
}

Task<void> Connection::AuthenticateWithPassword(std::string user) {
  Engine& engine = server_.engine_;
  const std::string binding = encrypted_ ? server_.tls_->end_point_hash() : "";
  out_.Begin('R');
  out_.Int32(10);
  if (!binding.empty()) out_.Text(kScramPlusMechanism);
  out_.Text(kScramMechanism);
  out_.Int8(0);
  out_.End();
  co_await Flush();
  const std::string first = co_await NextSaslResponse();
  MessageReader in(first);
  const std::string_view mechanism = in.Text();
  const bool plus = mechanism == kScramPlusMechanism && !binding.empty();
  if (mechanism != kScramMechanism && !plus) {
    throw Error::User(sqlstate::kProtocolViolation, "client selected an invalid SASL authentication mechanism");
  }
  const int32_t length = in.Int32();
  const std::string_view client_first = in.Bytes(static_cast<size_t>(std::max(length, 0)));
  ScramExchange exchange(engine.PasswordVerifier(user).value_or(""), engine.services().random);
  exchange.set_mock_salt(server_.MockSalt(user));
  exchange.set_channel_binding(binding, plus);
  const std::string server_first = exchange.First(client_first);
  out_.Begin('R');
  out_.Int32(11);
  out_.Bytes(server_first);
  out_.End();
  co_await Flush();
  const std::string second = co_await NextSaslResponse();
  const std::string server_final = exchange.Final(second);
  if (server_final.empty()) {
    throw Error::User(sqlstate::kInvalidPassword, "password authentication failed for user \"{}\"", user);
  }
  out_.Begin('R');
  out_.Int32(12);
  out_.Bytes(server_final);
  out_.End();
}

Task<std::string> Connection::NextSaslResponse() {
  Message message = co_await input_.Next(kAuthBytesMax);
  if (message.type == 0) {
    throw Error::Operational(sqlstate::kConnectionFailure, "the client went away before it gave a password");
  }
  if (message.type != 'p') {
    throw Error::User(sqlstate::kProtocolViolation, "expected a SASL response, got message type {}",
                      static_cast<int>(message.type));
  }
  co_return std::move(message.body);
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
      for (auto& setting : SplitOptions(value)) options.settings.push_back(std::move(setting));
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
    if (fatal->sqlstate() != sqlstate::kConnectionFailure) {
      WriteError(*fatal, "FATAL");
      co_await Flush();
    }
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
        // Also a bad message of this kind is answered with ReadyForQuery: no Sync follows it.
        co_await SimpleQuery(std::move(message.body));
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
        co_await EndOfRequest();
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
        // Nobody knows what the next bytes mean.
        query_text_.clear();
        WriteError(Error::User(sqlstate::kProtocolViolation, "invalid frontend message type {}",
                               static_cast<int>(static_cast<uint8_t>(message.type))),
                   "FATAL");
        co_await Flush();
        co_return false;
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
  // Answers of a pipeline go together, but a Flush behind an error is skipped like everything else.
  if (error.has_value()) {
    co_await Flush();
  } else {
    co_await FlushIfLarge();
  }
  co_return true;
}

// What ReadyForQuery stands for: an implicit transaction is committed, portals do not outlive their transaction.
Task<void> Connection::EndOfRequest() {
  std::optional<Error> error;
  if (session_->in_implicit_transaction()) {
    co_await server_.engine_.io().Schedule();
    if (const auto thrown = CatchError([&] { session_->EndImplicit(); })) error.emplace(*thrown);
  }
  if (session_->transaction_status() == TransactionStatus::kIdle) co_await CloseAllPortals();
  if (error.has_value()) {
    query_text_.clear();
    NoteError(*error);
  }
  WriteReady();
  co_await Flush();
}

// ---- simple query

Task<void> Connection::SimpleQuery(std::string body) {
  query_text_.clear();
  // The unnamed statement and portal do not outlive a simple query.
  unnamed_.reset();
  co_await ClosePortal("");
  std::vector<ast::StatementPtr> statements;
  std::optional<Error> error;
  try {
    MessageReader in(body);
    const std::string_view sql = in.Text();
    in.ExpectEnd();
    RequireUtf8(sql);
    query_text_ = sql;
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
      // Several statements in one text take effect together.
      if (statements.size() > 1) session_->BeginImplicit();
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
  co_await EndOfRequest();
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
  CancellationToken token = session_->BeginStatement(statement->text);
  FinishedQuery finished;
  finished.tag = "COPY";
  std::optional<Error> error;
  try {
    co_await TakeCopyData(*copy, token);
    co_await server_.engine_.io().Schedule();
    token.ThrowIfCanceled();
    finished.rows = copy->Finish();
    finished.sqlstate = std::string(sqlstate::kSuccessfulCompletion);
  } catch (...) {
    error = Error::FromCurrentException();
    finished.sqlstate = std::string(error->sqlstate());
    finished.error = error->message();
  }
  const uint64_t rows = finished.rows;
  // Files of rows that are not committed are removed here.
  co_await server_.engine_.io().Schedule();
  copy.reset();
  session_->EndStatement(std::move(finished));
  if (error.has_value()) throw Error(*error);
  WriteNotices();
  WriteCommandComplete(fmt::format("COPY {}", rows));
}

// Up to the client's CopyDone. A bad row ends it at once; what the client sends until it notices is ignored.
Task<void> Connection::TakeCopyData(CopyIn& copy, CancellationToken token) {
  for (;;) {
    const Message message = co_await input_.Next(server_.options_.message_bytes_max);
    token.ThrowIfCanceled();
    switch (message.type) {
      case 0:
        throw Error::Operational(sqlstate::kConnectionFailure, "the client closed the connection during COPY");
      case 'd':
        co_await server_.engine_.io().Schedule();
        copy.Write(message.body);
        break;
      case 'c':
        co_return;
      case 'f': {
        MessageReader in(message.body);
        throw Error::Canceled(fmt::format("COPY from stdin failed: {}", in.Text()));
      }
      case 'H':
      case 'S':
        break;
      default:
        throw Error::User(sqlstate::kProtocolViolation, "unexpected message type {} during COPY from stdin",
                          static_cast<int>(message.type));
    }
  }
}

// ---- extended protocol

// Named statements are the session's: SQL's EXECUTE and DEALLOCATE know them too.
const PreparedPtr& Connection::FindStatement(const std::string& name) const {
  if (name.empty()) {
    if (unnamed_ != nullptr) return unnamed_;
    throw Error::User(sqlstate::kInvalidSqlStatementName, "unnamed prepared statement does not exist");
  }
  const auto& named = session_->named_statements();
  const auto found = named.find(name);
  if (found != named.end()) return found->second;
  throw Error::User(sqlstate::kInvalidSqlStatementName, "prepared statement \"{}\" does not exist", name);
}

Task<void> Connection::HandleParse(std::string body) {
  MessageReader in(body);
  const std::string name(in.Text());
  query_text_.clear();
  std::string sql(in.Text());
  std::vector<Type> types;
  for (size_t left = Count(in); left > 0; --left) types.push_back(TypeOfOid(static_cast<uint32_t>(in.Int32())));
  in.ExpectEnd();
  RequireUtf8(name);
  RequireUtf8(sql);
  query_text_ = std::move(sql);
  if (!name.empty() && session_->named_statements().contains(name)) {
    throw Error::User(sqlstate::kDuplicatePreparedStatement, "prepared statement \"{}\" already exists", name);
  }
  if (name.empty()) unnamed_.reset();
  std::vector<ast::StatementPtr> parsed = session_->Parse(query_text_);
  if (parsed.size() > 1) {
    throw Error::User(sqlstate::kSyntaxError, "cannot insert multiple commands into a prepared statement");
  }
  ast::StatementPtr statement = parsed.empty() ? nullptr : parsed[0];
  co_await server_.engine_.io().Schedule();
  PreparedPtr prepared = session_->Prepare(std::move(statement), std::move(types));
  (name.empty() ? unnamed_ : session_->named_statements()[name]) = std::move(prepared);
  out_.Begin('1');
  out_.End();
}

Task<void> Connection::HandleBind(std::string body) {
  MessageReader in(body);
  const std::string portal_name(in.Text());
  const std::string statement_name(in.Text());
  query_text_.clear();
  RequireUtf8(portal_name);
  if (!portal_name.empty() && portals_.contains(portal_name)) {
    throw Error::User(sqlstate::kDuplicateCursor, "cursor \"{}\" already exists", portal_name);
  }
  Portal portal;
  portal.prepared = FindStatement(statement_name);
  const std::vector<int16_t> formats = FormatCodes(in);
  const size_t count = Count(in);
  const auto& types = portal.prepared->parameter_types;
  if (count != types.size()) {
    throw Error::User(sqlstate::kProtocolViolation,
                      "bind message supplies {} parameters, but prepared statement \"{}\" requires {}", count,
                      statement_name, types.size());
  }
  if (formats.size() > 1 && formats.size() != count) {
    throw Error::User(sqlstate::kProtocolViolation, "bind message has {} parameter formats but {} parameters",
                      formats.size(), count);
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
    portal.parameters.push_back(DecodeParameter(bytes, FormatOf(formats, i) == 1, types[i], text));
  }
  portal.formats = FormatCodes(in);
  in.ExpectEnd();
  const size_t columns = portal.prepared->columns.has_value() ? portal.prepared->columns->size() : 0;
  if (portal.formats.size() > 1 && portal.prepared->columns.has_value() && portal.formats.size() != columns) {
    throw Error::User(sqlstate::kProtocolViolation, "bind message has {} result formats but query has {} columns",
                      portal.formats.size(), columns);
  }
  co_await ClosePortal(portal_name);
  portals_[portal_name] = std::move(portal);
  out_.Begin('2');
  out_.End();
}

Task<void> Connection::HandleDescribe(std::string body) {
  MessageReader in(body);
  const int8_t kind = in.Int8();
  const std::string name(in.Text());
  in.ExpectEnd();
  query_text_.clear();
  RequireStatementOrPortal(kind);
  PreparedPtr prepared;
  std::vector<int16_t> formats;
  if (kind == 'S') {
    prepared = FindStatement(name);
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
  in.ExpectEnd();
  query_text_.clear();
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
  if (portal.execution == nullptr && session_->transaction_status() == TransactionStatus::kIdle) {
    // What runs before one Sync takes effect together. Clients cannot expect an answer before they send a Sync or a
    // Flush, so there is time to see which comes next: most statements come alone.
    const char next = co_await input_.PeekType();
    if (next != 'S') session_->BeginImplicit();
  }
  if (Session::IsCopyIn(*portal.prepared->statement)) {
    portal.finished = true;
    co_await RunCopyIn(portal.prepared->statement);
    co_return;
  }
  if (portal.execution == nullptr) {
    co_await server_.engine_.io().Schedule();
    portal.execution = session_->Execute(portal.prepared, portal.parameters);
    RequireSameColumns(*portal.prepared, *portal.execution);
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
    for (size_t i = 0; i < schema.size(); ++i) binary[i] = FormatOf(portal.formats, i) == 1;
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
  WriteCommandComplete(execution.CommandTag(sent));
}

Task<void> Connection::HandleClose(std::string body) {
  MessageReader in(body);
  const int8_t kind = in.Int8();
  const std::string name(in.Text());
  in.ExpectEnd();
  query_text_.clear();
  RequireStatementOrPortal(kind);
  if (kind == 'S') {
    if (name.empty()) {
      unnamed_.reset();
    } else {
      session_->named_statements().erase(name);
    }
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
    out_.Int16(FormatOf(formats, i));
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
