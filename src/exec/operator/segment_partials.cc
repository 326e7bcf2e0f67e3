#include "exec/operator/segment_partials.h"

#include <utility>

#include "base/check.h"
#include "column/serialize.h"
#include "exec/query_context.h"

namespace weir {

namespace {

// Cached entries that are worth a driver.
constexpr size_t kEntriesPerDriver = 32;
// Smaller ones do not shrink by enough.
constexpr size_t kCompressBytesMin = size_t{16} << 10;

std::string Bytes(const Chunk& chunk) {
  const bool is_small = chunk.MemoryBytes() < kCompressBytesMin;
  std::string bytes = SerializeChunk(chunk, is_small ? ChunkCompression::kNone : ChunkCompression::kLz4);
  bytes.shrink_to_fit();
  return bytes;
}

}  // namespace

std::shared_ptr<SegmentPartials> SegmentPartials::Of(const PhysicalHashAggregate& node, QueryContext& query) {
  QueryCache* cache = query.services.cache;
  if (cache == nullptr || !query.options.partial_aggregates || query.services.storage == nullptr) return nullptr;
  std::unique_ptr<ScanFragment> fragment = ScanFragment::Of(node, query);
  if (fragment == nullptr) return nullptr;
  CacheTextPtr covered = fragment->CoveredText(*cache);
  if (cache->IsTooLarge(covered)) return nullptr;
  return std::shared_ptr<SegmentPartials>(
      new SegmentPartials(node, std::move(fragment), std::move(covered), *cache, query.options));
}

SegmentPartials::SegmentPartials(const PhysicalHashAggregate& node, std::unique_ptr<ScanFragment> fragment,
                                 CacheTextPtr covered, QueryCache& cache, const QueryOptions& options)
    : plan_(node),
      fragment_(std::move(fragment)),
      covered_(std::move(covered)),
      cache_(cache),
      entry_bytes_max_(options.cache_entry_bytes_max),
      with_inline_(options.forced_partials) {}

std::vector<Type> SegmentPartials::types() const {
  std::vector<Type> types = plan_.layout()->key_types();
  for (const auto& aggregate : plan_.layout()->aggregates()) types.push_back(aggregate->intermediate_type());
  return types;
}

CacheKey SegmentPartials::KeyOf(const ScanUnit& unit, CacheSource& source) {
  if (unit.segment == nullptr) {
    if (!with_inline_ || unit.inline_batches.empty()) return {};
    ByteWriter text;
    text.PutString(fragment_->FullText(cache_)->text);
    for (const InlineRef& ref : unit.inline_batches) {
      text.Put(ref.id().value());
      text.Put(DeletedRows(ref.deletes));
    }
    return {.text = cache_.Intern(text.Take()), .part = unit.inline_batches.front().id()};
  }
  const SegmentInfo& segment = *unit.segment;
  uint64_t deleted = 0;
  if (unit.deletes != nullptr) {
    uint64_t begin = 0;
    for (size_t i = 0; i < unit.row_group_begin && i < segment.row_group_rows.size(); ++i) {
      begin += segment.row_group_rows[i];
    }
    deleted = unit.deletes->CountInRange(begin, begin + unit.rows);
  }
  source = {fragment_->table(), {}, segment.id};
  return {.text = fragment_->TextFor(segment, cache_),
          .part = segment.id,
          .row_group = unit.row_group_begin,
          .deleted_rows = deleted};
}

void SegmentPartials::Choose(QueryContext& /*query*/, std::vector<ScanUnit>& units) {
  std::vector<ScanUnit> missing;
  for (ScanUnit& unit : units) {
    auto mine = std::make_unique<Unit>();
    mine->key = KeyOf(unit, mine->source);
    if (mine->key.text != nullptr) {
      if (CachedRowsPtr rows = cache_.Find(CacheKind::kPartial, mine->key)) {
        found_.push_back(std::move(rows));
        continue;
      }
    }
    units_.push_back(std::move(mine));
    missing.push_back(std::move(unit));
  }
  units = std::move(missing);
}

size_t SegmentPartials::more_drivers() const {
  return found_.size() / kEntriesPerDriver;
}

void SegmentPartials::Ended(size_t unit) {
  units_[unit]->ended = true;
}

void SegmentPartials::Keep(size_t unit, CachedRowsPtr rows) {
  const Unit& of = *units_[unit];
  std::vector<CacheSource> sources;
  if (of.source.table) sources.push_back(of.source);
  if (cache_.Insert(CacheKind::kPartial, of.key, std::move(rows), std::move(sources))) {
    kept_.fetch_add(1, std::memory_order_relaxed);
  }
}

void SegmentPartials::NoteTooLarge() {
  if (!too_large_.exchange(true)) cache_.NoteTooLarge(covered_);
}

void SegmentPartials::ReportTo(obs::ProfileNode& profile) {
  for (size_t i = 0; i < units_.size(); ++i) {
    const Unit& unit = *units_[i];
    if (unit.key.text != nullptr && unit.ended && !unit.seen) Keep(i, std::make_shared<CachedRows>());
  }
  profile.AddExtra("row groups from the query cache", static_cast<int64_t>(found_.size()));
  profile.AddExtra("row groups put into the query cache", kept_.load());
}

class SegmentPartialsOperator final : public TransformOperator {
 public:
  SegmentPartialsOperator(SegmentPartials& shared, QueryContext& query)
      : shared_(shared), evaluator_(shared.plan_, query.registry(), query.statement), table_(NewTable()) {}

  Step Push(DriverContext& context, Chunk input, Chunk& out) override {
    if (context.unit != unit_) {
      EndUnit();
      unit_ = context.unit;
      WEIR_CHECK(unit_ < shared_.units_.size(), "rows of no unit");
      shared_.units_[unit_]->seen = true;
      keeps_ = shared_.units_[unit_]->key.text != nullptr && !shared_.too_large_;
    }
    Aggregate(input);
    if (static_cast<int64_t>(table_->MemoryBytes()) > TableBytesMax()) PassOn();
    return Give(out);
  }

  Step Pull(DriverContext& /*context*/, Chunk& out) override { return Give(out); }

  Step Finish(DriverContext& context, Chunk& out) override {
    EndUnit();
    unit_ = SIZE_MAX;
    for (;;) {
      if (Give(out) == Step::kHasOutput) return Step::kHasOutput;
      if (cached_ != nullptr && cached_at_ < cached_->chunks.size()) {
        out = DeserializeChunk(cached_->chunks[cached_at_++]);
        if (!out.empty()) return Step::kHasOutput;
        continue;
      }
      const size_t next = shared_.next_found_.fetch_add(1, std::memory_order_relaxed);
      if (next >= shared_.found_.size()) return Step::kFinished;
      context.query.token.ThrowIfCanceled();
      cached_ = shared_.found_[next];
      cached_at_ = 0;
    }
  }

 private:
  std::unique_ptr<GroupTable> NewTable() const {
    return std::make_unique<GroupTable>(shared_.plan_.layout(), shared_.info.tracker);
  }

  // Slots and rows take more than what is kept of them.
  int64_t TableBytesMax() const { return 2 * shared_.entry_bytes_max_ + (int64_t{1} << 20); }

  void Aggregate(const Chunk& input) {
    evaluator_.Start(input);
    table_->FindOrInsert(evaluator_.groups(), input.rows());
    for (const AggregatePlan::DirectCall& call : shared_.plan_.direct_calls()) {
      const ArgumentEvaluator::Arguments& arguments = evaluator_.Get(call.arguments);
      table_->Update(call.aggregate, arguments.columns, arguments.rows);
    }
    has_rows_ = true;
  }

  // The table's groups go out though the unit has not ended.
  void PassOn() {
    keeps_ = false;
    shared_.NoteTooLarge();
    EndUnit();
  }

  void EndUnit() {
    if (!std::exchange(has_rows_, false)) return;
    auto rows = keeps_ && shared_.units_[unit_]->ended ? std::make_shared<CachedRows>() : nullptr;
    GroupScan scan(*table_, GroupOutput::kStates);
    int64_t bytes = 0;
    while (std::optional<Chunk> chunk = scan.Next()) {
      if (rows != nullptr) {
        rows->chunks.push_back(Bytes(*chunk));
        rows->rows += chunk->row_count();
        bytes += static_cast<int64_t>(rows->chunks.back().size());
        if (bytes > shared_.entry_bytes_max_) {
          rows = nullptr;
          shared_.NoteTooLarge();
        }
      }
      waiting_.push_back(std::move(*chunk));
    }
    if (rows != nullptr) shared_.Keep(unit_, std::move(rows));
    table_ = NewTable();
  }

  Step Give(Chunk& out) {
    while (given_ < waiting_.size()) {
      out = std::move(waiting_[given_++]);
      if (!out.empty()) return Step::kHasOutput;
    }
    waiting_.clear();
    given_ = 0;
    return Step::kNeedInput;
  }

  SegmentPartials& shared_;
  ArgumentEvaluator evaluator_;
  std::unique_ptr<GroupTable> table_;  // of unit_, or of the end of it
  size_t unit_ = SIZE_MAX;
  bool keeps_ = false;     // the unit's states go into the cache
  bool has_rows_ = false;  // table_ has
  std::vector<Chunk> waiting_;
  size_t given_ = 0;
  CachedRowsPtr cached_;
  size_t cached_at_ = 0;
};

std::unique_ptr<TransformOperator> SegmentPartials::Make(DriverContext& context) {
  return std::make_unique<SegmentPartialsOperator>(*this, context.query);
}

}  // namespace weir
