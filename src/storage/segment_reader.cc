#include "storage/segment_reader.h"

#include <algorithm>
#include <climits>
#include <span>
#include <utility>

#include "base/check.h"
#include "column/builder.h"
#include "storage/footer_cache.h"
#include "storage/page_pruning.h"
#include "storage/prune.h"

namespace weir {

SegmentReader::~SegmentReader() {
  CountBytes();
}

void SegmentReader::Open(const ScanUnit& unit) {
  CountBytes();
  reader_.reset();
  unit_ = &unit;
  if (file_ == nullptr || path_ != unit.segment->path) OpenFile();
  row_group_ = unit.row_group_begin;
  row_group_first_ = 0;
  for (size_t i = 0; i < row_group_; ++i) row_group_first_ += file_->row_group_rows(i);
}

void SegmentReader::OpenFile() {
  file_.reset();
  path_ = unit_->segment->path;
  if (plan_.match_by_name) {
    file_ = plan_.footers->OpenFile(*plan_.files, *unit_->file);
  } else {
    file_ = plan_.footers->OpenObject(*plan_.objects, path_);
  }
  file_columns_.clear();
  projection_.clear();
  wanted_leaves_.clear();
  in_projection_.clear();
  const auto& columns = file_->columns();
  for (const ScanColumn& column : plan_.columns) {
    size_t at = SIZE_MAX;
    if (plan_.match_by_name) {
      at = file_->footer()->FindColumn(column.name).value_or(SIZE_MAX);
    } else {
      for (size_t i = 0; i < columns.size(); ++i) {
        if (columns[i].field_id == static_cast<int32_t>(column.field.value())) at = i;
      }
    }
    file_columns_.push_back(at);
    in_projection_.push_back(at == SIZE_MAX ? SIZE_MAX : projection_.size());
    if (at != SIZE_MAX) projection_.push_back(at);
  }
  FindWantedLeaves();
  if (unit_->segment->id && file_->row_count() != unit_->segment->rows) {
    throw Error::Operational(sqlstate::kDataCorrupted,
                             "segment has another number of rows than the index says: {}, {} not {}", path_,
                             file_->row_count(), unit_->segment->rows);
  }
}

namespace {

// Of the rows of a batch. What has been read for the steps of a filter is picked again after each.
constexpr double kPickBetweenSteps = 0.1;
constexpr double kPickAfterSteps = 0.75;

void SetLeaves(const parquet::SchemaNode& node, std::vector<bool>& out) {
  if (node.kind == parquet::SchemaNode::Kind::kLeaf) out[static_cast<size_t>(node.leaf.index)] = true;
  for (const parquet::SchemaNode& child : node.children) SetLeaves(child, out);
}

// Bytes of one of the leaf's values, roughly.
size_t WidthOf(const Type& type) {
  return type.physical() == PhysicalType::kString ? 64 : PhysicalWidth(type.physical());
}

// Every leaf below tells which values of the node are NULL, and how long lists are: the cheapest does, if none is read
// anyway. Maps are read as a whole.
void SetShape(const parquet::SchemaNode& node, std::vector<bool>& out) {
  using Kind = parquet::SchemaNode::Kind;
  const parquet::SchemaNode* cheapest = nullptr;
  bool is_read = false;
  // Levels of deeper lists are more.
  const auto cost = [](const parquet::SchemaNode& part) {
    const bool is_leaf = part.kind == Kind::kLeaf;
    return is_leaf ? std::pair(part.leaf.repetition_max, WidthOf(part.leaf.type)) : std::pair(INT_MAX, size_t{0});
  };
  const auto visit = [&](const auto& self, const parquet::SchemaNode& part) -> void {
    if (part.kind == Kind::kLeaf || part.kind == Kind::kMap) {
      is_read = is_read || out[static_cast<size_t>(part.first_leaf().index)];
      if (cheapest == nullptr || cost(part) < cost(*cheapest)) cheapest = &part;
      return;
    }
    for (const parquet::SchemaNode& child : part.children) self(self, child);
  };
  visit(visit, node);
  if (!is_read) SetLeaves(*cheapest, out);
}

// The node that a path leads to; positions of fields are those of the plan's type.
const parquet::SchemaNode& NodeAt(const parquet::SchemaNode& column, std::span<const size_t> path) {
  const parquet::SchemaNode* node = &column;
  for (const size_t field : path) {
    if (node->kind != parquet::SchemaNode::Kind::kStruct && node->kind != parquet::SchemaNode::Kind::kList) break;
    node = &node->children.at(field);
  }
  return *node;
}

}  // namespace

void SegmentReader::FindWantedLeaves() {
  wanted_leaves_.resize(projection_.size());
  for (size_t i = 0; i < plan_.columns.size() && i < plan_.spec.subfields.size(); ++i) {
    const SubfieldPaths& paths = plan_.spec.subfields[i];
    if (in_projection_[i] == SIZE_MAX || paths.empty()) continue;
    const parquet::SchemaNode& column = file_->columns()[file_columns_[i]];
    const bool has_parts =
        column.kind == parquet::SchemaNode::Kind::kStruct || column.kind == parquet::SchemaNode::Kind::kList;
    if (!has_parts || !(column.type == plan_.columns[i].type)) continue;
    std::vector<bool> wanted(file_->footer()->leaf_count);
    const auto is_shape = [](const std::vector<size_t>& path) {
      return !path.empty() && path.back() == kShapeOfSubfield;
    };
    for (const std::vector<size_t>& path : paths) {
      if (!is_shape(path)) SetLeaves(NodeAt(column, path), wanted);
    }
    for (const std::vector<size_t>& path : paths) {
      if (is_shape(path)) SetShape(NodeAt(column, std::span(path).first(path.size() - 1)), wanted);
    }
    const auto read = static_cast<size_t>(std::count(wanted.begin(), wanted.end(), true));
    plan_.counters->subfields_skipped += parquet::CountLeaves(column) - read;
    wanted_leaves_[in_projection_[i]] = std::move(wanted);
  }
}

void SegmentReader::CountBytes() {
  if (reader_ == nullptr) return;
  const uint64_t bytes = reader_->bytes_read();
  plan_.counters->bytes_read += bytes - bytes_counted_;
  bytes_counted_ = bytes;
  plan_.counters->pages_read += reader_->pages_loaded();
  plan_.counters->pages_from_cache += reader_->pages_from_cache();
}

bool SegmentReader::RowGroupMayMatch(size_t row_group) const {
  for (const ScanPredicate& predicate : plan_.spec.predicates) {
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      if (plan_.columns[i].field != predicate.field || file_columns_[i] == SIZE_MAX) continue;
      const auto bounds = BoundsAs(file_->Bounds(row_group, file_columns_[i]), plan_.columns[i].type);
      if (bounds.has_value() && !MayMatch(predicate, *bounds, file_->row_group_rows(row_group))) return false;
    }
  }
  return true;
}

bool SegmentReader::DictionariesMayMatch() {
  for (const ScanPredicate& predicate : plan_.spec.predicates) {
    if (predicate.compare != ScanCompare::kEqual && predicate.compare != ScanCompare::kIn) continue;
    for (size_t i = 0; i < plan_.columns.size(); ++i) {
      const ScanColumn& column = plan_.columns[i];
      if (column.field != predicate.field || in_projection_[i] == SIZE_MAX) continue;
      // Columns that are read anyway, so that the dictionary is not read for this alone.
      const ColumnPtr dictionary = reader_->WholeDictionary(in_projection_[i]);
      if (dictionary != nullptr && dictionary->type() == column.type && !DictionaryMayMatch(predicate, *dictionary)) {
        return false;
      }
    }
  }
  return true;
}

// Cheapest first: statistics, bloom filters, page index, dictionaries.
bool SegmentReader::OpenRowGroup() {
  while (row_group_ < unit_->row_group_end && row_group_ < file_->row_group_count()) {
    const size_t at = row_group_++;
    ScanCounters& counters = *plan_.counters;
    ++counters.row_groups_total;
    bool matches = RowGroupMayMatch(at);
    if (matches && !BloomMayMatch(plan_, *file_, file_columns_, at)) {
      ++counters.row_groups_pruned_by_bloom;
      matches = false;
    }
    if (matches) {
      auto ranges = MatchingRows(plan_, *file_, file_columns_, at);
      if (unit_->row_range.has_value()) {
        const parquet::RowRanges part = {*unit_->row_range};
        ranges = ranges.has_value() ? parquet::IntersectRanges(*ranges, part) : part;
      }
      matches = !ranges.has_value() || !ranges->empty();
      if (matches) {
        ReadRowGroup(at, std::move(ranges));
        if (!DictionariesMayMatch()) {
          ++counters.row_groups_pruned_by_dictionary;
          CountBytes();
          reader_.reset();
          matches = false;
        }
      }
    }
    if (matches) return true;
    ++counters.row_groups_pruned;
    row_group_first_ += file_->row_group_rows(at);
  }
  return false;
}

void SegmentReader::ReadRowGroup(size_t row_group, std::optional<parquet::RowRanges> ranges) {
  reader_ = std::make_unique<parquet::RowGroupReader>(file_, row_group, projection_, std::move(ranges), tracker_);
  bytes_counted_ = 0;
  for (size_t i = 0; i < projection_.size(); ++i) {
    if (!wanted_leaves_[i].empty()) reader_->set_wanted_leaves(i, wanted_leaves_[i]);
  }
}

SelectionPtr SegmentReader::LiveRows() const {
  if (unit_->deletes == nullptr) return nullptr;
  uint64_t deleted = 0;
  for (const parquet::RowRange& range : reader_->batch_ranges()) {
    deleted += unit_->deletes->CountInRange(row_group_first_ + range.begin, row_group_first_ + range.end);
  }
  if (deleted == 0) return nullptr;
  plan_.counters->rows_deleted += deleted;
  auto live = std::make_shared<Selection>();
  live->reserve(reader_->batch_rows() - deleted);
  uint32_t row = 0;
  for (const parquet::RowRange& range : reader_->batch_ranges()) {
    std::vector<uint64_t> words(WordsForBits(range.size()));
    unit_->deletes->ExtractRange(row_group_first_ + range.begin, row_group_first_ + range.end, words.data());
    for (size_t i = 0; i < range.size(); ++i, ++row) {
      if (!GetBit(words.data(), i)) live->push_back(row);
    }
  }
  return live;
}

ColumnPtr SegmentReader::ReadColumn(size_t i, const Selection* rows) {
  const size_t count = rows == nullptr ? reader_->batch_rows() : rows->size();
  const ScanColumn& column = plan_.columns[i];
  if (in_projection_[i] == SIZE_MAX) return Column::Constant(column.missing, count);
  ColumnPtr read = rows == nullptr ? reader_->Read(in_projection_[i]) : reader_->ReadSelected(in_projection_[i], *rows);
  return AdaptColumn(read, column.type);
}

void SegmentReader::AddRowIds(const Selection* rows, size_t count, std::vector<ColumnPtr>& columns) const {
  columns.push_back(Column::Constant(Value::Int64(static_cast<int64_t>(unit_->segment->id.value())), count));
  FlatWriter<int64_t> positions(TypeKind::kInt64, count);
  size_t next = 0;  // of rows
  size_t out = 0;
  uint64_t batch_row = 0;
  for (const parquet::RowRange& range : reader_->batch_ranges()) {
    const auto first = static_cast<int64_t>(row_group_first_ + range.begin);
    if (rows == nullptr) {
      for (uint64_t i = 0; i < range.size(); ++i) positions.Set(out++, first + static_cast<int64_t>(i));
    } else {
      for (; next < rows->size() && (*rows)[next] < batch_row + range.size(); ++next) {
        positions.Set(out++, first + static_cast<int64_t>((*rows)[next] - batch_row));
      }
    }
    batch_row += range.size();
  }
  columns.push_back(positions.Finish());
}

void SegmentReader::PickFew(double part, Batch& batch) {
  if (batch.selection == nullptr) return;
  if (static_cast<double>(batch.selection->size()) > static_cast<double>(batch.size) * part) return;
  batch.columns = Chunk(std::move(batch.columns), batch.size, batch.selection).Compact().columns();
  batch.size = batch.selection->size();
  if (batch.picked == nullptr) {
    batch.picked = std::move(batch.selection);
    return;
  }
  auto rows = std::make_shared<Selection>(batch.size);
  for (size_t i = 0; i < batch.size; ++i) (*rows)[i] = (*batch.picked)[(*batch.selection)[i]];
  batch.picked = std::move(rows);
  batch.selection = nullptr;
}

void SegmentReader::ReadColumns(size_t count, Batch& batch) {
  while (batch.columns.size() < count) {
    batch.columns.push_back(ReadColumn(batch.columns.size(), batch.picked.get()));
  }
}

bool SegmentReader::ReadBatch(ScanFilter* filter, Chunk& out) {
  Batch batch;
  batch.size = reader_->batch_rows();
  plan_.counters->rows_read += batch.size;
  batch.selection = LiveRows();
  const size_t live = batch.row_count();
  if (live == 0) return false;
  if (filter != nullptr) {
    for (size_t step = 0; step < filter->step_count() && batch.row_count() != 0; ++step) {
      const std::optional<size_t> columns = filter->ColumnsOf(step);
      if (!columns.has_value()) continue;
      if (*columns > batch.columns.size()) PickFew(kPickBetweenSteps, batch);
      ReadColumns(*columns, batch);
      SelectionPtr passed = filter->Apply(step, Chunk(batch.columns, batch.size, batch.selection));
      if (passed != nullptr) batch.selection = passed->size() == batch.size ? nullptr : std::move(passed);
    }
    filter->EndBatch(live, batch.row_count());
    plan_.counters->rows_filtered += live - batch.row_count();
    if (batch.row_count() == 0) return false;
  }
  PickFew(kPickAfterSteps, batch);
  ReadColumns(plan_.columns.size(), batch);
  if (plan_.spec.with_row_ids) AddRowIds(batch.picked.get(), batch.size, batch.columns);
  out = Chunk(std::move(batch.columns), batch.size, std::move(batch.selection));
  return true;
}

Chunk SegmentReader::ReadRows(const ScanUnit& unit, std::span<const RowPlace> places) {
  Open(unit);
  std::vector<Chunk> pieces;
  std::vector<Type> types;
  for (const ScanColumn& column : plan_.columns) types.push_back(column.type);
  for (size_t next = 0; next < places.size(); ++row_group_) {
    if (row_group_ >= unit.row_group_end) {
      throw Error::Internal("the unit does not have the row: {}", places[next].position);
    }
    const uint64_t end = row_group_first_ + file_->row_group_rows(row_group_);
    parquet::RowRanges ranges;
    size_t rows = 0;
    for (; next < places.size() && static_cast<uint64_t>(places[next].position) < end; ++next, ++rows) {
      const uint64_t row = static_cast<uint64_t>(places[next].position) - row_group_first_;
      parquet::AppendRange(ranges, {row, row + 1});
    }
    row_group_first_ = end;
    if (rows == 0) continue;
    ReadRowGroup(row_group_, std::move(ranges));
    while (reader_->NextBatch(rows)) {
      std::vector<ColumnPtr> columns;
      for (size_t i = 0; i < plan_.columns.size(); ++i) columns.push_back(ReadColumn(i, nullptr));
      pieces.emplace_back(std::move(columns), reader_->batch_rows());
    }
    CountBytes();
    reader_.reset();
  }
  return pieces.size() == 1 ? std::move(pieces[0]) : Chunk::Concat(pieces, types);
}

bool SegmentReader::Next(size_t rows_max, ScanFilter* filter, Chunk& out) {
  while (true) {
    if (reader_ == nullptr && !OpenRowGroup()) return false;
    if (!reader_->NextBatch(rows_max)) {
      CountBytes();
      row_group_first_ += file_->row_group_rows(row_group_ - 1);
      reader_.reset();
      continue;
    }
    if (ReadBatch(filter, out)) return true;
  }
}

}  // namespace weir
