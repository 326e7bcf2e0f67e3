#include "server/pgwire/connection.h"

#include <algorithm>

#include "server/client_text.h"

namespace weir::pgwire {

namespace {

constexpr size_t kFlushBytes = 64 << 10;

bool EndsConnection(const Error& error) {
  return error.sqlstate() == sqlstate::kConnectionFailure || error.sqlstate() == sqlstate::kAdminShutdown;
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
  server_.connections_open_.insert(this);
}

Connection::~Connection() {
  portals_.clear();
  if (session_ != nullptr) {
    session_->set_on_terminate({});
    server_.Unregister(*session_);
  }
  server_.Forget(*this);
}

void Connection::End() {
  ended_ = true;
  if (session_ != nullptr) return session_->Terminate();
  stream_->EndReading();
}

void Connection::CancelForNobody() {
  if (session_ == nullptr) return;
  session_->Cancel(Error::Operational(sqlstate::kConnectionFailure, "the client has gone"));
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
      if (ended_) throw TerminatedError();
      if (message.type == 0 || message.type == 'X') co_return;
      busy_ = true;
      go_on = co_await Dispatch(std::move(message));
      busy_ = false;
    } catch (...) {
      fatal = Error::FromCurrentException();
    }
    if (fatal.has_value()) {
      if (fatal->sqlstate() == sqlstate::kConnectionFailure) co_return;
      query_text_.clear();
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
    if (EndsConnection(*error)) throw Error(*error);
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
    if (EndsConnection(*error)) throw Error(*error);
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
      copy.emplace(schema, *execution.copy_out(), TimeZone(), session_->text_style());
      WriteCopyResponse('H', *execution.copy_out(), schema.size());
      copy->Header(out_);
    } else {
      if (describe) WriteRowDescription(schema, {});
      encoder.emplace(schema, std::vector<bool>(schema.size(), false), TimeZone(), session_->text_style());
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
  std::unique_ptr<CopyIn> copy = session_->StartCopyIn(statement, DecodeField);
  CancellationToken token = session_->BeginStatement(statement->text);
  FinishedQuery finished;
  finished.tag = "COPY";
  std::optional<Error> error;
  try {
    // From here on the client may cancel.
    WriteCopyResponse('G', copy->options(), copy->column_count());
    co_await Flush();
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

// ---- messages

void Connection::WriteCopyResponse(char message, const CopyOptions& options, size_t columns) {
  const bool binary = options.format == CopyOptions::Format::kBinary;
  out_.Begin(message);
  out_.Int8(binary ? 1 : 0);
  out_.Int16(static_cast<int16_t>(columns));
  for (size_t i = 0; i < columns; ++i) out_.Int16(binary ? 1 : 0);
  out_.End();
}

void Connection::WriteRowDescription(const Schema& schema, const std::vector<int16_t>& formats,
                                     const std::vector<ColumnOrigin>& origins) {
  out_.Begin('T');
  out_.Int16(static_cast<int16_t>(schema.size()));
  for (size_t i = 0; i < schema.size(); ++i) {
    const Type& type = schema[i].type;
    out_.Text(schema[i].name);
    const ColumnOrigin origin = i < origins.size() ? origins[i] : ColumnOrigin();
    out_.Int32(static_cast<int32_t>(origin.table));
    out_.Int16(origin.column);
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
    field('D', notice.detail);
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
