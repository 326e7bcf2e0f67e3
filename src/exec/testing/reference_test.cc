#include "exec/testing/reference.h"

#include <algorithm>
#include <optional>
#include <set>

#include "catalog/catalog.h"
#include "catalog/virtual_table.h"
#include "column/builder.h"

namespace weir::exec_test {

namespace {

Chunk OneRow(const Row& row) {
  std::vector<ColumnPtr> columns;
  for (const Value& value : row) columns.push_back(Column::Constant(value, 1));
  return {std::move(columns), 1};
}

Row Concat(Row left, const Row& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Row Nulls(size_t count) {
  return Row(count, Value());
}

Row Picked(const Row& row, const std::vector<size_t>& positions) {
  Row out;
  for (const size_t position : positions) out.push_back(row[position]);
  return out;
}

}  // namespace

std::string ToText(const Row& row) {
  std::string out;
  for (const Value& value : row) out += value.ToString() + "|";
  return out;
}

Value Reference::Evaluate(const ExprPtr& expr, const Row& row) {
  // Values of unknown type are NULLs of outer joins.
  Row typed = row;
  VisitExpr(*expr, [&](const Expr& node) {
    if (node.is(ExprKind::kInput) && typed[node.input_index()].is_null()) {
      typed[node.input_index()] = Value::Null(node.type());
    }
    return true;
  });
  for (Value& value : typed) {
    if (value.is_null() && value.type().is(TypeKind::kUnknown)) value = Value::Null(TypeKind::kInt64);
  }
  Evaluator evaluator({expr}, registry_, statement_);
  return evaluator.Evaluate(0, OneRow(typed))->GetValue(0);
}

bool Reference::IsTrue(const ExprPtr& expr, const Row& row) {
  if (expr == nullptr) return true;
  const Value value = Evaluate(expr, row);
  return !value.is_null() && value.boolean();
}

Rows Reference::Run(const PhysicalNode& node) {
  Rows out;
  switch (node.kind()) {
    case PhysicalKind::kScan:
      return RunScan(node.as<PhysicalScan>());
    case PhysicalKind::kValues:
      for (const auto& exprs : node.as<PhysicalValues>().rows) {
        Row row;
        for (const ExprPtr& expr : exprs) row.push_back(Evaluate(expr, {}));
        out.push_back(std::move(row));
      }
      return out;
    case PhysicalKind::kFilter:
      for (Row& row : Run(*node.child())) {
        if (IsTrue(node.as<PhysicalFilter>().predicate, row)) out.push_back(std::move(row));
      }
      return out;
    case PhysicalKind::kProject:
      for (const Row& row : Run(*node.child())) {
        Row computed;
        for (const ExprPtr& expr : node.as<PhysicalProject>().exprs) computed.push_back(Evaluate(expr, row));
        out.push_back(std::move(computed));
      }
      return out;
    case PhysicalKind::kHashAggregate:
      return RunAggregate(node.as<PhysicalHashAggregate>());
    case PhysicalKind::kHashJoin:
      return RunHashJoin(node.as<PhysicalHashJoin>());
    case PhysicalKind::kNestedLoopJoin:
      return RunNestedLoopJoin(node.as<PhysicalNestedLoopJoin>());
    case PhysicalKind::kAsofJoin:
      return RunAsofJoin(node.as<PhysicalAsofJoin>());
    case PhysicalKind::kSort:
      return Sorted(Run(*node.child()), node.as<PhysicalSort>().keys);
    case PhysicalKind::kTopN: {
      const auto& top_n = node.as<PhysicalTopN>();
      const Rows all = Sorted(Run(*node.child()), top_n.keys);
      for (size_t i = top_n.offset; i < all.size() && i < top_n.offset + top_n.limit; ++i) out.push_back(all[i]);
      return out;
    }
    case PhysicalKind::kLimit: {
      const auto& limit = node.as<PhysicalLimit>();
      const Rows all = Run(*node.child());
      for (size_t i = limit.offset; i < all.size(); ++i) {
        if (limit.limit.has_value() && i - limit.offset >= *limit.limit) break;
        out.push_back(all[i]);
      }
      return out;
    }
    case PhysicalKind::kUnionAll:
      for (const PhysicalPtr& child : node.children()) {
        for (Row& row : Run(*child)) out.push_back(std::move(row));
      }
      return out;
    case PhysicalKind::kSetOperation:
      return RunSetOperation(node.as<PhysicalSetOperation>());
    case PhysicalKind::kCte:
      ctes_[node.as<PhysicalCte>().id] = Run(*node.child(0));
      return Run(*node.child(1));
    case PhysicalKind::kCteScan:
      for (const Row& row : ctes_.at(node.as<PhysicalCteScan>().id)) {
        out.push_back(Picked(row, node.as<PhysicalCteScan>().ordinals));
      }
      return out;
    case PhysicalKind::kUnnest:
      return RunUnnest(node.as<PhysicalUnnest>());
    default:
      throw Error::Internal("the reference knows no such node: {}", node.ToString());
  }
}

Rows Reference::RunScan(const PhysicalScan& node) {
  const auto& source = std::get<VirtualSource>(node.source);
  Rows out;
  for (const Chunk& chunk : source.table->Scan(statement_, *Catalog::Initial())) {
    for (size_t i = 0; i < chunk.row_count(); ++i) {
      Row row;
      for (const size_t ordinal : source.column_ordinals) {
        row.push_back(chunk.column(ordinal)->GetValue(chunk.rows()[i]));
      }
      const bool passes = std::ranges::all_of(node.filters, [&](const ExprPtr& filter) { return IsTrue(filter, row); });
      if (passes) out.push_back(Picked(row, node.output));
    }
  }
  return out;
}

Rows Reference::RunAggregate(const PhysicalHashAggregate& node) {
  std::vector<std::pair<Row, Rows>> groups;
  std::map<std::string, size_t> position;
  if (node.groups.empty()) groups.emplace_back();
  for (Row& row : Run(*node.child())) {
    Row key;
    for (const ExprPtr& group : node.groups) key.push_back(Evaluate(group, row));
    size_t at = 0;
    if (!node.groups.empty()) {
      const auto [found, added] = position.emplace(ToText(key), groups.size());
      if (added) groups.emplace_back(key, Rows());
      at = found->second;
    }
    groups[at].second.push_back(std::move(row));
  }
  Rows out;
  for (const auto& [key, rows] : groups) {
    Row row = key;
    for (const AggregateCall& call : node.aggregates) row.push_back(Aggregate(call, rows));
    out.push_back(std::move(row));
  }
  return out;
}

Value Reference::Aggregate(const AggregateCall& call, const Rows& group) {
  Rows ordered;
  for (const Row& row : group) {
    if (call.filter == nullptr || IsTrue(call.filter, row)) ordered.push_back(row);
  }
  if (!call.order_by.empty()) {
    std::vector<SortKey> keys;
    for (const auto& key : call.order_by) keys.push_back({key.expr, key.descending, key.nulls_first});
    ordered = Sorted(std::move(ordered), keys);
  }
  Rows args;
  std::set<std::string> seen;
  for (const Row& row : ordered) {
    Row values;
    bool null = false;
    for (const ExprPtr& arg : call.args) {
      values.push_back(Evaluate(arg, row));
      null |= values.back().is_null();
    }
    if (null || (call.distinct && !seen.insert(ToText(values)).second)) continue;
    args.push_back(std::move(values));
  }
  if (call.name == "count") return Value::Int64(static_cast<int64_t>(args.size()));
  if (args.empty()) return Value::Null(call.type);
  if (call.name == "sum") {
    int64_t sum = 0;
    for (const Row& row : args) sum += row[0].integer();
    return Value::Int64(sum);
  }
  if (call.name == "min") {
    Value least = args[0][0];
    for (const Row& row : args) {
      if (Value::Compare(row[0], least) < 0) least = row[0];
    }
    return least;
  }
  if (call.name == "join_text") {
    std::string text;
    for (const Row& row : args) text += row[0].ToString() + ",";
    return Value::String(text);
  }
  throw Error::Internal("the reference knows no such aggregate: {}", call.name);
}

template <typename Condition>
Rows Reference::Join(JoinKind kind, bool null_aware, const Rows& left, const Rows& right, size_t left_columns,
                     size_t right_columns, Condition&& condition) {
  Rows out;
  std::vector<bool> right_matched(right.size());
  for (size_t i = 0; i < left.size(); ++i) {
    const Row& l = left[i];
    size_t matches = 0;
    bool unknown = false;
    for (size_t r = 0; r < right.size(); ++r) {
      const int value = condition(i, r);
      unknown |= value < 0;
      if (value != 1) continue;
      ++matches;
      right_matched[r] = true;
      if (kind == JoinKind::kInner || kind == JoinKind::kLeft || kind == JoinKind::kRight || kind == JoinKind::kFull ||
          kind == JoinKind::kSingle) {
        out.push_back(Concat(l, right[r]));
      }
    }
    if (kind == JoinKind::kSingle && matches > 1) throw Error::User(sqlstate::kCardinalityViolation, "two");
    if ((kind == JoinKind::kLeft || kind == JoinKind::kFull || kind == JoinKind::kSingle) && matches == 0) {
      out.push_back(Concat(l, Nulls(right_columns)));
    }
    if (kind == JoinKind::kSemi && matches > 0) out.push_back(l);
    if (kind == JoinKind::kAnti && matches == 0 && !(null_aware && unknown)) out.push_back(l);
    if (kind == JoinKind::kMark) {
      Value mark = Value::Boolean(matches > 0);
      if (null_aware && matches == 0 && unknown) mark = Value::Null(TypeKind::kBoolean);
      out.push_back(Concat(l, {mark}));
    }
  }
  if (kind == JoinKind::kRight || kind == JoinKind::kFull) {
    for (size_t r = 0; r < right.size(); ++r) {
      if (!right_matched[r]) out.push_back(Concat(Nulls(left_columns), right[r]));
    }
  }
  return out;
}

Rows Reference::RunHashJoin(const PhysicalHashJoin& node) {
  const Rows probe = Run(*node.child(0));
  const Rows build = Run(*node.child(1));
  const auto keys_of = [&](const Rows& rows, const std::vector<ExprPtr>& exprs) {
    Rows keys(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
      for (const ExprPtr& expr : exprs) keys[i].push_back(Evaluate(expr, rows[i]));
    }
    return keys;
  };
  const Rows probe_keys = keys_of(probe, node.probe_keys);
  const Rows build_keys = keys_of(build, node.build_keys);
  const auto condition = [&](size_t l, size_t r) {
    bool unknown = false;
    for (size_t k = 0; k < node.probe_keys.size(); ++k) {
      const Value& a = probe_keys[l][k];
      const Value& b = build_keys[r][k];
      if (a.is_null() || b.is_null()) {
        if (node.null_safe[k]) {
          if (a.is_null() != b.is_null()) return 0;
          continue;
        }
        unknown = true;
      } else if (Value::Compare(a, b) != 0) {
        return 0;
      }
    }
    if (node.residual != nullptr) {
      const Value residual = Evaluate(node.residual, Concat(probe[l], build[r]));
      if (residual.is_null()) {
        unknown = true;
      } else if (!residual.boolean()) {
        return 0;
      }
    }
    return unknown ? -1 : 1;
  };
  const size_t left_columns = node.child(0)->schema().size();
  const size_t right_columns = node.child(1)->schema().size();
  if (node.join_kind == HashJoinKind::kRightSemi || node.join_kind == HashJoinKind::kRightAnti) {
    const JoinKind kind = node.join_kind == HashJoinKind::kRightSemi ? JoinKind::kSemi : JoinKind::kAnti;
    Rows out;
    for (const Row& row : Join(kind, node.null_aware, build, probe, right_columns, left_columns,
                               [&](size_t b, size_t p) { return condition(p, b); })) {
      out.push_back(Picked(row, node.build_output));
    }
    return out;
  }
  constexpr JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull,
                                 JoinKind::kSemi,  JoinKind::kAnti, JoinKind::kMark,  JoinKind::kSingle};
  const JoinKind kind = kKinds[static_cast<size_t>(node.join_kind)];
  std::vector<size_t> output = node.probe_output;
  if (kind == JoinKind::kMark) {
    output.push_back(left_columns);
  } else if (kind != JoinKind::kSemi && kind != JoinKind::kAnti) {
    for (const size_t column : node.build_output) output.push_back(left_columns + column);
  }
  Rows out;
  for (const Row& row : Join(kind, node.null_aware, probe, build, left_columns, right_columns, condition)) {
    out.push_back(Picked(row, output));
  }
  return out;
}

Rows Reference::RunNestedLoopJoin(const PhysicalNestedLoopJoin& node) {
  const Rows left = Run(*node.child(0));
  const Rows right = Run(*node.child(1));
  return Join(node.join_kind, node.null_aware, left, right, node.child(0)->schema().size(),
              node.child(1)->schema().size(), [&](size_t l, size_t r) {
                const Value value = Evaluate(node.condition, Concat(left[l], right[r]));
                return value.is_null() ? -1 : value.boolean() ? 1 : 0;
              });
}

Rows Reference::RunAsofJoin(const PhysicalAsofJoin& node) {
  const AsofCondition& condition = node.condition;
  const Rows left = Run(*node.child(0));
  const Rows right = Run(*node.child(1));
  const auto matches = [&](const Row& l, const Row& r) {
    for (size_t k = 0; k < condition.left_keys.size(); ++k) {
      const Value a = Evaluate(condition.left_keys[k], l);
      const Value b = Evaluate(condition.right_keys[k], r);
      if (a.is_null() || b.is_null()) {
        if (!condition.null_safe[k] || a.is_null() != b.is_null()) return false;
      } else if (Value::Compare(a, b) != 0) {
        return false;
      }
    }
    const Value a = Evaluate(condition.left_order, l);
    const Value b = Evaluate(condition.right_order, r);
    if (a.is_null() || b.is_null()) return false;
    const int order = LooksAhead(condition.nearest) ? -Value::Compare(b, a) : Value::Compare(b, a);
    return IsStrict(condition.nearest) ? order < 0 : order <= 0;
  };
  const auto put = [&](Rows& out, Row l, const Row& r) {
    l = Picked(l, node.left_output);
    out.push_back(Concat(std::move(l), Picked(r, node.right_output)));
  };
  Rows out;
  std::vector<bool> found(right.size());
  for (const Row& row : left) {
    size_t best = right.size();
    for (size_t r = 0; r < right.size(); ++r) {
      if (!matches(row, right[r])) continue;
      // Nearer, or as near: the later one.
      const auto nearer = [&] {
        const int order =
            Value::Compare(Evaluate(condition.right_order, right[r]), Evaluate(condition.right_order, right[best]));
        return LooksAhead(condition.nearest) ? order <= 0 : order >= 0;
      };
      if (best == right.size() || nearer()) best = r;
    }
    if (best != right.size()) {
      found[best] = true;
      put(out, row, right[best]);
    } else if (node.join_kind == JoinKind::kLeft || node.join_kind == JoinKind::kFull) {
      put(out, row, Nulls(node.child(1)->schema().size()));
    }
  }
  if (node.join_kind != JoinKind::kRight && node.join_kind != JoinKind::kFull) return out;
  for (size_t r = 0; r < right.size(); ++r) {
    if (!found[r]) put(out, Nulls(node.child(0)->schema().size()), right[r]);
  }
  return out;
}

Rows Reference::RunSetOperation(const PhysicalSetOperation& node) {
  std::map<std::string, std::pair<Row, std::pair<int, int>>> counts;
  for (Row& row : Run(*node.child(0))) {
    auto& entry = counts[ToText(row)];
    entry.first = std::move(row);
    ++entry.second.first;
  }
  for (Row& row : Run(*node.child(1))) {
    auto& entry = counts[ToText(row)];
    entry.first = std::move(row);
    ++entry.second.second;
  }
  Rows out;
  for (const auto& [text, entry] : counts) {
    const auto [l, r] = entry.second;
    int copies = 0;
    if (node.operation == SetOperationKind::kIntersect) copies = l > 0 && r > 0 ? 1 : 0;
    if (node.operation == SetOperationKind::kIntersectAll) copies = std::min(l, r);
    if (node.operation == SetOperationKind::kExcept) copies = l > 0 && r == 0 ? 1 : 0;
    if (node.operation == SetOperationKind::kExceptAll) copies = std::max(0, l - r);
    out.insert(out.end(), static_cast<size_t>(copies), entry.first);
  }
  return out;
}

Rows Reference::RunUnnest(const PhysicalUnnest& node) {
  Rows out;
  for (const Row& row : Run(*node.child())) {
    std::vector<Value> lists;
    size_t length = 0;
    for (const ExprPtr& list : node.lists) {
      lists.push_back(Evaluate(list, row));
      if (!lists.back().is_null()) length = std::max(length, lists.back().parts().size());
    }
    for (size_t i = 0; i < length; ++i) {
      Row unnested = row;
      for (const Value& list : lists) {
        const bool there = !list.is_null() && i < list.parts().size();
        unnested.push_back(there ? list.parts()[i] : Value::Null());
      }
      if (node.with_ordinality) unnested.push_back(Value::Int64(static_cast<int64_t>(i) + 1));
      out.push_back(std::move(unnested));
    }
  }
  return out;
}

Rows Reference::Sorted(Rows rows, const std::vector<SortKey>& keys) {
  std::vector<std::pair<Row, Row>> keyed;
  for (Row& row : rows) {
    Row values;
    for (const SortKey& key : keys) values.push_back(Evaluate(key.expr, row));
    keyed.emplace_back(std::move(values), std::move(row));
  }
  std::ranges::stable_sort(keyed, [&](const auto& a, const auto& b) {
    for (size_t i = 0; i < keys.size(); ++i) {
      const Value& x = a.first[i];
      const Value& y = b.first[i];
      if (x.is_null() && y.is_null()) continue;
      if (x.is_null() || y.is_null()) return x.is_null() == keys[i].nulls_first;
      const int order = Value::Compare(x, y);
      if (order != 0) return keys[i].descending ? order > 0 : order < 0;
    }
    return false;
  });
  Rows out;
  for (auto& [values, row] : keyed) out.push_back(std::move(row));
  return out;
}

}  // namespace weir::exec_test
