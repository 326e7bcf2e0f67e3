#include "exec/runtime_filter/top_n_bound.h"

#include <algorithm>
#include <utility>

namespace weir {

bool TopNBound::Supports(const Type& type) {
  switch (type.physical()) {
    case PhysicalType::kInt8:
    case PhysicalType::kInt16:
    case PhysicalType::kInt32:
    case PhysicalType::kInt64:
      return true;
    case PhysicalType::kString:
      return type.is(TypeKind::kVarchar);
    default:
      return false;
  }
}

void TopNBound::Offer(const Value& key) {
  if (key.is_null()) return;
  const std::scoped_lock lock(mutex_);
  if (key_ != nullptr) {
    const int order = Value::Compare(key, *key_);
    if (descending_ ? order <= 0 : order >= 0) return;
  }
  key_ = std::make_shared<const Value>(key);
  set_.store(true, std::memory_order_release);
}

std::shared_ptr<const Value> TopNBound::key() const {
  if (!is_set()) return nullptr;
  const std::scoped_lock lock(mutex_);
  return key_;
}

namespace {

template <typename T, typename Wanted>
SelectionPtr Select(const ColumnView& view, const RowSet& rows, bool keep_nulls, Wanted&& wanted) {
  auto out = std::make_shared<Selection>(rows.count());
  size_t count = 0;
  rows.ForEach([&](size_t row) {
    (*out)[count] = static_cast<uint32_t>(row);
    const bool keep = view.IsValid(row) ? wanted(view.template At<T>(row)) : keep_nulls;
    count += keep ? 1 : 0;
  });
  if (count == rows.count()) return nullptr;
  out->resize(count);
  return out;
}

template <typename T, typename Key>
SelectionPtr SelectUpTo(const ColumnView& view, const RowSet& rows, bool keep_nulls, bool descending, const Key& key) {
  if (descending) return Select<T>(view, rows, keep_nulls, [&](const T& value) { return !(value < key); });
  return Select<T>(view, rows, keep_nulls, [&](const T& value) { return !(key < value); });
}

}  // namespace

SelectionPtr TopNBound::Apply(const Column& column, const RowSet& rows) const {
  const std::shared_ptr<const Value> bound = key();
  if (bound == nullptr) return nullptr;
  const ColumnView view(column);
  switch (column.type().physical()) {
    case PhysicalType::kInt8:
      return SelectUpTo<int8_t>(view, rows, nulls_first_, descending_, static_cast<int8_t>(bound->integer()));
    case PhysicalType::kInt16:
      return SelectUpTo<int16_t>(view, rows, nulls_first_, descending_, static_cast<int16_t>(bound->integer()));
    case PhysicalType::kInt32:
      return SelectUpTo<int32_t>(view, rows, nulls_first_, descending_, static_cast<int32_t>(bound->integer()));
    case PhysicalType::kInt64:
      return SelectUpTo<int64_t>(view, rows, nulls_first_, descending_, bound->integer());
    case PhysicalType::kString:
      return SelectUpTo<StringRef>(view, rows, nulls_first_, descending_, StringRef(bound->bytes()));
    default:
      return nullptr;
  }
}

bool TopNBound::MayWant(const std::optional<Value>& min, const std::optional<Value>& max, bool has_nulls) const {
  const std::shared_ptr<const Value> bound = key();
  if (bound == nullptr || (has_nulls && nulls_first_)) return true;
  if (descending_) return !max.has_value() || Value::Compare(*max, *bound) >= 0;
  return !min.has_value() || Value::Compare(*min, *bound) <= 0;
}

void TopNGroupBound::Offer(const RowBound& bound) {
  const size_t keys = std::min(keys_.size(), bound.keys().size());
  std::vector<SortColumn> columns(keys_.begin(), keys_.begin() + static_cast<ptrdiff_t>(keys));
  std::vector<ColumnPtr> values(bound.values().begin(), bound.values().begin() + static_cast<ptrdiff_t>(keys));
  const bool is_whole = is_whole_ && bound.is_whole();
  auto offered = std::make_shared<const RowBound>(std::move(columns), std::move(values), is_whole);
  const std::scoped_lock lock(mutex_);
  if (bound_ != nullptr && !offered->IsBefore(*bound_)) return;
  bound_ = std::move(offered);
  set_.store(true, std::memory_order_release);
}

std::shared_ptr<const RowBound> TopNGroupBound::bound() const {
  if (!set_.load(std::memory_order_acquire)) return nullptr;
  const std::scoped_lock lock(mutex_);
  return bound_;
}

namespace {

// Where a column of a node's output comes from, through nodes that rows may be kept from without changing which of the
// others come out.
struct Origin {
  const PhysicalNode* node;
  size_t column;
};

std::optional<Origin> FindOrigin(const PhysicalNode& input, const ExprPtr& key) {
  if (!key->is(ExprKind::kInput)) return std::nullopt;
  size_t column = key->input_index();
  const PhysicalNode* node = &input;
  for (;;) {
    switch (node->kind()) {
      case PhysicalKind::kFilter:
        break;
      case PhysicalKind::kProject: {
        const ExprPtr& expr = node->as<PhysicalProject>().exprs[column];
        if (!expr->is(ExprKind::kInput)) return std::nullopt;
        column = expr->input_index();
        break;
      }
      case PhysicalKind::kHashJoin: {
        const auto& join = node->as<PhysicalHashJoin>();
        const bool keeps_probe = join.join_kind == HashJoinKind::kInner || join.join_kind == HashJoinKind::kLeft ||
                                 join.join_kind == HashJoinKind::kSemi || join.join_kind == HashJoinKind::kAnti ||
                                 join.join_kind == HashJoinKind::kMark;
        if (!keeps_probe || column >= join.probe_output.size()) return std::nullopt;
        column = join.probe_output[column];
        break;
      }
      default:
        return Origin{node, column};
    }
    node = node->child(0).get();
  }
}

}  // namespace

std::optional<TopNTarget> FindTopNTarget(const PhysicalNode& input, const ExprPtr& key) {
  const std::optional<Origin> origin = FindOrigin(input, key);
  if (!origin.has_value() || origin->node->kind() != PhysicalKind::kScan) return std::nullopt;
  const auto& scan = origin->node->as<PhysicalScan>();
  const size_t at = scan.output[origin->column];
  if (!TopNBound::Supports(scan.columns[at].type)) return std::nullopt;
  return TopNTarget{&scan, at};
}

std::optional<TopNGroups> FindTopNGroups(const PhysicalNode& input, const std::vector<SortKey>& keys) {
  TopNGroups out;
  for (const SortKey& key : keys) {
    const std::optional<Origin> origin = FindOrigin(input, key.expr);
    if (!origin.has_value() || origin->node->kind() != PhysicalKind::kHashAggregate) break;
    const auto& aggregate = origin->node->as<PhysicalHashAggregate>();
    if (out.aggregate != nullptr && out.aggregate != &aggregate) break;
    if (!RowBound::Supports(key.expr->type())) break;
    out.aggregate = &aggregate;
    out.keys.push_back({.column = origin->column, .descending = key.descending, .nulls_first = key.nulls_first});
  }
  if (out.aggregate == nullptr) return std::nullopt;
  return out;
}

}  // namespace weir
