#include <algorithm>

#include "catalog/user_type.h"
#include "server/client_text.h"
#include "server/pgwire/connection.h"

// The extended protocol: statements, portals, and what comes before a Sync as one transaction.

namespace weir::pgwire {

namespace {

constexpr uint32_t kOidUnknown = 705;

// Counts of formats, parameters and types are 16 bits; nobody has fewer than none.
size_t Count(MessageReader& in) {
  const int16_t count = in.Int16();
  if (count < 0) throw Error::User(sqlstate::kProtocolViolation, "malformed message: a negative count: {}", count);
  return static_cast<size_t>(count);
}

// Enums as they are now, which may be other than when the statement was prepared.
std::vector<Type> CurrentTypes(Session& session, std::vector<Type> types) {
  for (Type& type : types) {
    const Type& part = type.is(TypeKind::kList) ? type.element() : type;
    if (!part.is(TypeKind::kEnum) || part.enum_id() == 0) continue;
    if (const auto now = FindUserType(*session.ReadCatalog(), part.enum_id())) type = ReplaceUserType(type, *now);
  }
  return types;
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

}  // namespace

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
  std::vector<uint32_t> declared;
  for (size_t left = Count(in); left > 0; --left) {
    declared.push_back(static_cast<uint32_t>(in.Int32()));
    types.push_back(TypeOfOid(declared.back()));
  }
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
  PreparedPtr prepared = session_->Prepare(std::move(statement), std::move(types), std::move(declared));
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
  const std::vector<Type> types = CurrentTypes(*session_, portal.prepared->parameter_types);
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
  static_cast<TextStyle&>(text) = session_->text_style();
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
    for (size_t i = 0; i < prepared->parameter_types.size(); ++i) {
      // Drivers rely on it that what they declared stays: varchar is not text for them.
      const auto& declared = prepared->declared_parameters;
      const bool keep = i < declared.size() && declared[i] != 0 && declared[i] != kOidUnknown;
      out_.Int32(static_cast<int32_t>(keep ? declared[i] : OidOf(prepared->parameter_types[i])));
    }
    out_.End();
  } else {
    const auto found = portals_.find(name);
    if (found == portals_.end()) {
      // A cursor of DECLARE is a portal, too.
      const auto cursor = session_->cursors().find(name);
      if (cursor == session_->cursors().end()) {
        throw Error::User(sqlstate::kInvalidCursorName, "portal \"{}\" does not exist", name);
      }
      WriteRowDescription(cursor->second->columns(), formats);
      co_return;
    }
    prepared = found->second.prepared;
    formats = found->second.formats;
  }
  if (prepared->columns.has_value()) {
    WriteRowDescription(*prepared->columns, formats, prepared->origins);
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
    portal.encoder = std::make_unique<RowEncoder>(schema, std::move(binary), TimeZone(), session_->text_style());
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

}  // namespace weir::pgwire
