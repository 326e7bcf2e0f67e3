#include "optimizer/physical/window_keys.h"

#include <algorithm>

#include "optimizer/columns.h"

namespace weir {

std::vector<SortKey> SortKeysOf(const LogicalWindow& window) {
  std::vector<SortKey> keys;
  const auto known = [&](const ExprPtr& expr) {
    return std::any_of(keys.begin(), keys.end(), [&](const SortKey& key) { return key.expr->Equals(*expr); });
  };
  for (const ExprPtr& expr : window.partition_by) {
    if (!expr->is(ExprKind::kLiteral) && !known(expr)) keys.push_back({expr});
  }
  for (const SortKey& key : window.order_by) {
    if (!key.expr->is(ExprKind::kLiteral) && !known(key.expr)) keys.push_back(key);
  }
  return keys;
}

WindowKeyCounts KeyCountsOf(const LogicalWindow& window) {
  std::vector<ExprPtr> distinct;
  for (const ExprPtr& expr : window.partition_by) {
    const bool known =
        std::any_of(distinct.begin(), distinct.end(), [&](const ExprPtr& e) { return e->Equals(*expr); });
    if (!expr->is(ExprKind::kLiteral) && !known) distinct.push_back(expr);
  }
  return {distinct.size(), SortKeysOf(window).size()};
}

namespace {

// Whether rows sorted by `sort` are in the partitions and order of `window` too.
bool Serves(const std::vector<SortKey>& sort, const LogicalWindow& window) {
  const std::vector<SortKey> keys = SortKeysOf(window);
  const size_t partition_keys = KeyCountsOf(window).partition_keys;
  if (keys.size() > sort.size()) return false;
  for (size_t i = 0; i < partition_keys; ++i) {
    // Any order and direction makes partitions.
    const bool found = std::any_of(keys.begin(), keys.begin() + static_cast<ptrdiff_t>(partition_keys),
                                   [&](const SortKey& key) { return key.expr->Equals(*sort[i].expr); });
    if (!found) return false;
  }
  for (size_t i = partition_keys; i < keys.size(); ++i) {
    if (!keys[i].expr->Equals(*sort[i].expr) || keys[i].descending != sort[i].descending ||
        keys[i].nulls_first != sort[i].nulls_first) {
      return false;
    }
  }
  return true;
}

bool IsVolatile(const LogicalWindow& window) {
  const auto keys = SortKeysOf(window);
  return std::any_of(keys.begin(), keys.end(),
                     [](const SortKey& key) { return key.expr->volatility() == Volatility::kVolatile; });
}

bool Uses(const LogicalWindow& window, const ColumnSet& columns) {
  bool uses = false;
  const auto look = [&](const ExprPtr& expr) { uses = uses || RefersToAny(*expr, columns); };
  for (const ExprPtr& key : window.partition_by) look(key);
  for (const SortKey& key : window.order_by) look(key.expr);
  for (const WindowCall& call : window.calls) ForEachExpr(call, look);
  return uses;
}

}  // namespace

WindowChain WindowsOfOneSort(const LogicalPtr& plan) {
  std::vector<const LogicalWindow*> members = {&plan->as<LogicalWindow>()};
  const LogicalWindow* longest = members[0];
  // A limit removes rows that the others must see.
  if (members[0]->limit.has_value() || IsVolatile(*members[0])) return {members, longest};
  for (LogicalPtr next = plan->child(); next->kind() == LogicalKind::kWindow; next = next->child()) {
    const auto& window = next->as<LogicalWindow>();
    if (window.limit.has_value() || IsVolatile(window)) break;
    ColumnSet made;
    for (const PlanColumn& column : window.call_columns()) made.insert(column.id);
    if (std::any_of(members.begin(), members.end(), [&](const LogicalWindow* each) { return Uses(*each, made); })) {
      break;
    }
    // Together they would lose the split by hash, which is what runs in parallel.
    if ((KeyCountsOf(window).partition_keys == 0) != (KeyCountsOf(*members[0]).partition_keys == 0)) break;
    const LogicalWindow* candidate = SortKeysOf(window).size() > SortKeysOf(*longest).size() ? &window : longest;
    const std::vector<SortKey> sort = SortKeysOf(*candidate);
    const bool fits =
        Serves(sort, window) &&
        std::all_of(members.begin(), members.end(), [&](const LogicalWindow* each) { return Serves(sort, *each); });
    if (!fits) break;
    longest = candidate;
    members.push_back(&window);
  }
  return {std::move(members), longest};
}

void GuardArguments(WindowCall& call) {
  if (call.call.filter == nullptr) return;
  for (ExprPtr& arg : call.call.args) {
    if (!arg->CanFail()) continue;
    const Type type = arg->type();
    arg = Expr::Case({call.call.filter, arg, Expr::Literal(Value::Null(type))}, type);
  }
}

}  // namespace weir
