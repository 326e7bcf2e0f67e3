#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "expr/expr_codec.h"
#include "plan/physical.h"
#include "plan/plan_codec.h"

namespace weir {

// The small forms that records of nodes are made of. A node's record is written by a Write... function and read by the
// Read... function beside it, in the file of its family (plan_codec_*.cc).
class PlanWriter {
 public:
  // `identity`: only what decides on the rows, see PlanIdentity.
  explicit PlanWriter(bool identity = false) : identity_(identity), exprs_(!identity) {}
  // The number that the node is referred to by; children come before it.
  uint64_t Add(const PhysicalPtr& node);
  std::string Finish();

  ByteWriter& out() { return nodes_; }
  void Put(const Type& type) { nodes_.PutVarint(exprs_.Add(type)); }
  void Put(const ExprPtr& expr) { nodes_.PutVarint(exprs_.Add(expr)); }
  void PutOptional(const ExprPtr& expr) {  // may be null
    PutBool(expr != nullptr);
    if (expr != nullptr) Put(expr);
  }
  void Put(const Schema& schema);
  void PutBool(bool value) { nodes_.Put(static_cast<uint8_t>(value)); }
  template <typename E>
    requires std::is_enum_v<E>
  void PutEnum(E value) {
    static_assert(sizeof(E) == 1);
    nodes_.Put(value);
  }
  template <typename T, typename F>
  void PutList(const std::vector<T>& list, F&& put) {
    nodes_.PutVarint(list.size());
    for (const T& item : list) put(item);
  }
  void Put(const std::vector<ExprPtr>& exprs) {
    PutList(exprs, [&](const ExprPtr& expr) { Put(expr); });
  }
  void Put(const std::vector<size_t>& positions) {
    PutList(positions, [&](size_t position) { nodes_.PutVarint(position); });
  }
  void Put(const std::vector<SortKey>& keys);

 private:
  const bool identity_;
  ExprWriter exprs_;
  ByteWriter nodes_;
  std::unordered_map<const PhysicalNode*, uint64_t> numbers_;
};

// Reads what PlanWriter wrote; everything is checked here or by who reads the record.
class PlanReader {
 public:
  PlanReader(ByteReader& in, PlanResolver& resolver) : resolver_(resolver), exprs_(in, resolver.registry()), in_(in) {}
  // All nodes; the last is the root.
  PhysicalPtr ReadAll();

  [[noreturn]] static void ThrowDamaged(std::string_view what);
  static void Need(bool fits, std::string_view what) {
    if (!fits) ThrowDamaged(what);
  }

  PlanResolver& resolver() { return resolver_; }
  ByteReader& in() { return in_; }
  const Type& GetType() { return exprs_.type(in_.GetVarint()); }
  // An expression over columns of these types.
  ExprPtr GetExpr(const std::vector<Type>& inputs);
  ExprPtr GetOptionalExpr(const std::vector<Type>& inputs) { return GetBool() ? GetExpr(inputs) : nullptr; }
  ExprPtr GetCondition(const std::vector<Type>& inputs);
  Schema GetSchema();
  bool GetBool();
  template <typename E>
  E GetEnum(E last) {
    const auto value = in_.Get<uint8_t>();
    Need(value <= static_cast<uint8_t>(last), "unknown kind");
    return static_cast<E>(value);
  }
  // A number below `bound`.
  size_t GetPosition(size_t bound);
  template <typename F>
  auto GetList(F&& get) {
    std::vector<std::decay_t<decltype(get())>> list;
    for (uint64_t left = in_.GetVarint(); left > 0; --left) list.push_back(get());
    return list;
  }
  std::vector<ExprPtr> GetExprs(const std::vector<Type>& inputs) {
    return GetList([&] { return GetExpr(inputs); });
  }
  std::vector<size_t> GetPositions(size_t bound) {
    return GetList([&] { return GetPosition(bound); });
  }
  std::vector<SortKey> GetSortKeys(const std::vector<Type>& inputs);
  // The schema's types must be kept as these.
  static void NeedTypes(const Schema& schema, const std::vector<Type>& types);

 private:
  struct Entry {
    PhysicalPtr node;
    uint32_t depth;
    uint64_t nodes;  // as a tree
  };

  PlanResolver& resolver_;
  const ExprReader exprs_;
  ByteReader& in_;
  std::vector<Entry> nodes_;
};

std::vector<Type> TypesOf(const std::vector<ExprPtr>& exprs);
std::vector<Type> Concatenated(std::vector<Type> left, const std::vector<Type>& right);

void WriteScan(const PhysicalScan& scan, PlanWriter& out);
PhysicalPtr ReadScan(PlanReader& in);

void WriteAggregateCall(const AggregateCall& call, PlanWriter& out);
AggregateCall ReadAggregateCall(PlanReader& in, const std::vector<Type>& inputs);
void WriteAggregate(const PhysicalHashAggregate& aggregate, PlanWriter& out);
PhysicalPtr ReadAggregate(PlanReader& in, const PhysicalPtr& child);
void WriteWindow(const PhysicalWindow& window, PlanWriter& out);
PhysicalPtr ReadWindow(PlanReader& in, const PhysicalPtr& child);

void WriteChange(const PhysicalChange& change, PlanWriter& out);
PhysicalPtr ReadChange(PlanReader& in, const PhysicalPtr& child);

void WriteHashJoin(const PhysicalHashJoin& join, PlanWriter& out);
PhysicalPtr ReadHashJoin(PlanReader& in, const PhysicalPtr& probe, const PhysicalPtr& build);
void WriteNestedLoopJoin(const PhysicalNestedLoopJoin& join, PlanWriter& out);
PhysicalPtr ReadNestedLoopJoin(PlanReader& in, const PhysicalPtr& left, const PhysicalPtr& right);
void WriteAsofJoin(const PhysicalAsofJoin& join, PlanWriter& out);
PhysicalPtr ReadAsofJoin(PlanReader& in, const PhysicalPtr& left, const PhysicalPtr& right);

// Kinds without a family: their records are in plan_codec_nodes.cc.
void WriteNode(const PhysicalNode& node, PlanWriter& out);
PhysicalPtr ReadNode(PhysicalKind kind, PlanReader& in, const std::vector<PhysicalPtr>& children);

}  // namespace weir
