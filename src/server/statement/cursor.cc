#include "server/statement/cursor.h"

#include <algorithm>

#include "server/statement/statement.h"

namespace weir {

Cursor::Cursor(std::unique_ptr<StatementExecution> execution, Schema columns, bool scroll, bool hold)
    : execution_(std::move(execution)), columns_(std::move(columns)), scroll_(scroll), hold_(hold) {}
Cursor::~Cursor() = default;

void Cursor::ReadTo(int64_t position) {
  while (execution_ != nullptr && last() < position) {
    std::optional<Chunk> chunk = execution_->Next();
    if (!chunk.has_value()) {
      execution_.reset();
      return;
    }
    if (chunk->empty()) continue;
    kept_rows_ += static_cast<int64_t>(chunk->row_count());
    kept_.push_back(std::move(*chunk));
  }
}

void Cursor::Keep() {
  ReadTo(kEnd);
  outlives_ = true;
}

void Cursor::RequireScroll() const {
  if (scroll_) return;
  throw Error::User(sqlstate::kObjectNotInPrerequisiteState, "cursor can only scan forward")
      .WithHint("Declare it with SCROLL option to enable backward scan.");
}

std::vector<Chunk> Cursor::Rows(int64_t first, int64_t last, bool reverse) const {
  std::vector<Chunk> out;
  int64_t begin = dropped_;  // rows before the chunk
  for (const Chunk& chunk : kept_) {
    const auto count = static_cast<int64_t>(chunk.row_count());
    const int64_t from = std::max(first, begin + 1), to = std::min(last, begin + count);
    for (int64_t row = from; reverse && row <= to; ++row) {
      out.push_back(chunk.Slice(static_cast<size_t>(row - begin - 1), 1));
    }
    if (!reverse && from <= to) {
      out.push_back(chunk.Slice(static_cast<size_t>(from - begin - 1), static_cast<size_t>(to - from + 1)));
    }
    begin += count;
  }
  if (reverse) std::reverse(out.begin(), out.end());
  return out;
}

void Cursor::DropBefore(int64_t position) {
  if (scroll_) return;
  while (!kept_.empty() && dropped_ + static_cast<int64_t>(kept_[0].row_count()) < position) {
    const auto count = static_cast<int64_t>(kept_[0].row_count());
    dropped_ += count;
    kept_rows_ -= count;
    kept_.erase(kept_.begin());
  }
}

std::vector<Chunk> Cursor::Forward(int64_t count) {
  if (count < 0) return Backward(-count);
  if (count == 0) return Relative(0);
  const int64_t first = position_ + 1;
  const int64_t wanted = count > kEnd - first ? kEnd : position_ + count;
  ReadTo(wanted);
  std::vector<Chunk> out = Rows(first, wanted, false);
  position_ = std::min(wanted, last() + 1);
  DropBefore(position_);
  return out;
}

std::vector<Chunk> Cursor::Backward(int64_t count) {
  if (count < 0) return Forward(-count);
  if (count == 0) return Relative(0);
  RequireScroll();
  const int64_t to = position_ - 1;
  const int64_t from = count > to ? 1 : position_ - count;
  std::vector<Chunk> out = Rows(from, to, true);
  position_ = count > to ? 0 : from;
  return out;
}

std::vector<Chunk> Cursor::Absolute(int64_t position) {
  if (position < 0) {
    RequireScroll();
    ReadTo(kEnd);
    position = std::max<int64_t>(last() + 1 + position, 0);
  }
  if (position < position_ || (position == position_ && position <= dropped_)) RequireScroll();
  ReadTo(position);
  position_ = std::min(position, last() + 1);
  std::vector<Chunk> out = Rows(position_, position_, false);
  DropBefore(position_);
  return out;
}

std::vector<Chunk> Cursor::Relative(int64_t offset) {
  return Absolute(std::max<int64_t>(position_ + offset, 0));
}

// ---- the statements

namespace {

Cursor& FindCursor(Session& session, std::string_view name) {
  const auto found = session.cursors().find(name);
  if (found == session.cursors().end()) {
    throw Error::User(sqlstate::kInvalidCursorName, "cursor \"{}\" does not exist", name);
  }
  return *found->second;
}

}  // namespace

std::shared_ptr<const ast::QueryStatement> QueryOf(const ast::DeclareCursor& declare) {
  auto query = std::make_shared<ast::QueryStatement>();
  query->offset = declare.offset;
  query->text = declare.text;
  query->query = declare.query;
  return query;
}

std::string ExecuteDeclareCursor(Session& session, const ast::StatementPtr& owner, const ast::DeclareCursor& declare,
                                 std::vector<Value> parameters) {
  if (declare.query == nullptr) {
    throw Error::Unsupported("Declare it FOR a query.", "subscription cursors are not available");
  }
  if (!declare.with_hold &&
      (session.transaction_status() != TransactionStatus::kOpen || session.in_implicit_transaction())) {
    throw Error::User(sqlstate::kNoActiveSqlTransaction, "DECLARE CURSOR can only be used in transaction blocks")
        .WithPosition(declare.offset);
  }
  const bool changes = declare.query->with != nullptr &&
                       std::any_of(declare.query->with->ctes.begin(), declare.query->with->ctes.end(),
                                   [](const ast::CommonTableExpr& cte) { return cte.statement != nullptr; });
  if (changes) {
    throw Error::User(sqlstate::kFeatureNotSupported,
                      "DECLARE CURSOR must not contain data-modifying statements in WITH")
        .WithPosition(declare.offset);
  }
  const std::string name(declare.name);
  if (session.cursors().contains(name)) {
    throw Error::User(sqlstate::kDuplicateCursor, "cursor \"{}\" already exists", name);
  }
  const auto query = QueryOf(declare);
  // The tree belongs to the statement that it came with.
  const ast::StatementPtr statement(query.get(), [query, owner](const ast::Statement*) {});
  auto execution = ExecuteRows(session, statement, std::move(parameters));
  Schema columns = *execution->columns();
  auto cursor = std::make_unique<Cursor>(std::move(execution), std::move(columns),
                                         declare.with_hold || declare.scroll.value_or(false), declare.with_hold);
  if (session.transaction_status() == TransactionStatus::kIdle) cursor->Keep();
  session.cursors()[name] = std::move(cursor);
  return "DECLARE CURSOR";
}

std::unique_ptr<StatementExecution> ExecuteFetch(Session& session, const ast::FetchCursor& fetch) {
  Cursor& cursor = FindCursor(session, fetch.name);
  std::vector<Chunk> rows;
  switch (fetch.direction) {
    case ast::FetchDirection::kForward:
      rows = cursor.Forward(fetch.count);
      break;
    case ast::FetchDirection::kBackward:
      rows = cursor.Backward(fetch.count);
      break;
    case ast::FetchDirection::kAbsolute:
      rows = cursor.Absolute(fetch.count);
      break;
    case ast::FetchDirection::kRelative:
      rows = cursor.Relative(fetch.count);
      break;
  }
  size_t count = 0;
  for (const Chunk& chunk : rows) count += chunk.row_count();
  if (fetch.is_move) return MakeCommandExecution(fmt::format("MOVE {}", count));
  return MakeRowsExecution(cursor.columns(), std::move(rows), fmt::format("FETCH {}", count));
}

Schema DescribeFetch(Session& session, const ast::FetchCursor& fetch) {
  return FindCursor(session, fetch.name).columns();
}

std::string ExecuteCloseCursor(Session& session, const ast::CloseCursor& close) {
  if (close.name.empty()) {
    session.cursors().clear();
    return "CLOSE CURSOR ALL";
  }
  FindCursor(session, close.name);
  session.cursors().erase(session.cursors().find(close.name));
  return "CLOSE CURSOR";
}

}  // namespace weir
