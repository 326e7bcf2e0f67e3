#include "server/statement/result_cache.h"

#include <utility>

#include "column/serialize.h"

namespace weir {

namespace {

class CachedExecution final : public StatementExecution {
 public:
  CachedExecution(Session& session, CachedRowsPtr rows, std::optional<Schema> columns)
      : session_(session), cached_(std::move(rows)), columns_(std::move(columns)) {}
  ~CachedExecution() override { Close(); }

  const std::optional<Schema>& columns() const override { return columns_; }
  std::optional<Chunk> Next() override {
    if (ended_) return std::nullopt;
    if (next_ == cached_->chunks.size()) {
      Close();
      return std::nullopt;
    }
    Chunk chunk = DeserializeChunk(cached_->chunks[next_++]);
    rows_ += chunk.row_count();
    return chunk;
  }
  Task<std::optional<Chunk>> NextAsync() override { co_return Next(); }
  std::string CommandTag(uint64_t rows) const override { return fmt::format("SELECT {}", rows); }
  void Close() override {
    if (std::exchange(ended_, true)) return;
    FinishedQuery finished;
    finished.sqlstate = std::string(sqlstate::kSuccessfulCompletion);
    finished.tag = "SELECT";
    finished.rows = rows_;
    finished.from_cache = true;
    session_.EndStatement(std::move(finished));
  }
  bool from_cache() const override { return true; }

 private:
  Session& session_;
  const CachedRowsPtr cached_;
  const std::optional<Schema> columns_;
  size_t next_ = 0;
  uint64_t rows_ = 0;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<StatementExecution> MakeCachedExecution(Session& session, CachedRowsPtr rows,
                                                        std::optional<Schema> columns) {
  return std::make_unique<CachedExecution>(session, std::move(rows), std::move(columns));
}

std::unique_ptr<ResultCache> ResultCache::For(Session& session, const PhysicalPtr& plan, const SnapshotPtr& snapshot,
                                              const StatementContext& statement) {
  if (session.engine().cache() == nullptr || !session.settings().GetBool("enable_result_cache")) return nullptr;
  if (session.has_own_changes()) return nullptr;
  auto key = MakeResultKey(plan, session.engine().query_services(), statement, snapshot);
  if (!key.has_value()) return nullptr;
  return std::unique_ptr<ResultCache>(new ResultCache(session, plan, snapshot, statement, std::move(*key)));
}

ResultCache::ResultCache(Session& session, PhysicalPtr plan, SnapshotPtr snapshot, StatementContext statement,
                         ResultKey key)
    : session_(session),
      cache_(*session.engine().cache()),
      plan_(std::move(plan)),
      snapshot_(std::move(snapshot)),
      statement_(std::move(statement)),
      bytes_max_(session.settings().GetBytes("query_cache_entry_max_bytes")),
      key_(std::move(key)),
      place_{.text = cache_.Intern(key_.text)},
      rows_(std::make_shared<CachedRows>()) {}

CachedRowsPtr ResultCache::Find() {
  return cache_.Find(CacheKind::kResult, place_);
}

void ResultCache::Add(const Chunk& chunk) {
  if (rows_ == nullptr) return;
  rows_->chunks.push_back(SerializeChunk(chunk));
  rows_->chunks.back().shrink_to_fit();
  rows_->rows += chunk.row_count();
  bytes_ += static_cast<int64_t>(rows_->chunks.back().size());
  if (bytes_ > bytes_max_) rows_.reset();
}

void ResultCache::Keep() {
  if (rows_ == nullptr) return;
  if (key_.has_files) {
    // Read while they were as they are now, or not to be kept.
    const auto now = MakeResultKey(plan_, session_.engine().query_services(), statement_, snapshot_);
    if (!now.has_value() || now->text != key_.text) return;
  }
  cache_.Insert(CacheKind::kResult, place_, std::move(rows_), std::move(key_.sources));
}

}  // namespace weir
