#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "column/builder.h"
#include "expr/function.h"

namespace weir {

// Memory for aggregate states of variable size (strings, lists, sketches); freed as a whole with the hash table.
class StateArena {
 public:
  char* Allocate(size_t bytes, size_t alignment = 8);
  size_t bytes() const { return heap_.allocated_bytes(); }

 private:
  StringHeap heap_;
};

// Argument columns of one aggregate for one chunk.
struct AggregateInput {
  std::span<const ColumnPtr> columns;
  RowSet rows;  // the rows to take in: selected and, with FILTER, passing it
  StateArena& arena;
};

// A bound aggregate: fixed-size state blobs, laid out by the hash table beside the group keys, and the operations on
// them. Stateless itself and shared by threads; each state is used by one thread at a time. Every operation is
// vectorised over rows or states. The same definition serves batch, streaming (retract, serialize) and rollups.
class AggregateOps {
 public:
  virtual ~AggregateOps() = default;

  virtual Type result_type() const = 0;
  virtual size_t state_size() const = 0;
  virtual size_t state_alignment() const { return 8; }
  // True when a zeroed state is the initial one, so tables can memset.
  virtual bool zero_initialized() const { return true; }
  virtual void Init(uint8_t* state) const;  // default: zeroes it
  // states[row] (row = physical row, only those in input.rows) points to the state of the row's group.
  virtual void Update(const AggregateInput& input, uint8_t* const* states) const = 0;
  // All rows into one state: aggregation without GROUP BY, and runs of a sorted key.
  virtual void UpdateSingle(const AggregateInput& input, uint8_t* state) const = 0;
  // Takes rows back out (streaming); ops that cannot say so.
  virtual bool can_retract() const { return false; }
  virtual void Retract(const AggregateInput& input, uint8_t* const* states) const;
  // from[i] is folded into to[i]; `from` is not used afterwards, but memory that it points to may be kept by `to`:
  // the caller keeps the source arena alive.
  virtual void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const = 0;
  // The results of `count` states, appended to a builder of the result type.
  virtual void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const = 0;
  // States as values of intermediate_type() (varbinary unless something simpler does), and back by merging.
  virtual Type intermediate_type() const = 0;
  virtual void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const = 0;
  virtual void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                               StateArena& arena) const = 0;
};

struct AggregateOverload {
  std::vector<TypePattern> parameters;
  TypePattern result = TypeKind::kUnknown;  // ignored when `resolve` is set
  bool variadic = false;
  TypeResolver resolve;
  // Makes the ops for resolved argument types; `constants` as in TypeResolver (separator of string_agg, ...).
  std::function<std::shared_ptr<const AggregateOps>(std::span<const Type> argument_types, const Type& result_type,
                                                    std::span<const std::optional<Value>> constants)>
      make;
  // Rows in which any argument is NULL are not passed to Update (all standard aggregates but count(*), array_agg).
  bool skip_nulls = true;
  // DISTINCT changes nothing (min, max, bool_and).
  bool ignores_distinct = false;
  // The result depends on the order of rows (string_agg, array_agg), so ORDER BY inside matters.
  bool order_sensitive = false;
};

struct AggregateSpec {
  std::string name;
  std::vector<std::string> aliases;
  std::string description;
  std::string example;  // over VALUES: "sum(x) FROM (VALUES (1), (2)) t(x)"
  std::string example_result;
  std::vector<AggregateOverload> overloads;
};

}  // namespace weir
