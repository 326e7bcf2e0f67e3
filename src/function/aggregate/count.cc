#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

enum class Counted : uint8_t { kRows, kValues, kTrue };

// count(*), count(x) and count_if(condition): a uint64_t.
template <Counted kCounted>
class CountOps final : public AggregateOps {
 public:
  Type result_type() const override { return TypeKind::kInt64; }
  size_t state_size() const override { return sizeof(int64_t); }

  void Update(const AggregateInput& input, uint8_t* const* states) const override { Apply(input, states, 1); }

  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    At(state) += static_cast<int64_t>(CountOf(input));
  }

  bool can_retract() const override { return true; }
  void Retract(const AggregateInput& input, uint8_t* const* states) const override { Apply(input, states, -1); }

  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& /*arena*/) const override {
    for (size_t i = 0; i < count; ++i) At(to[i]) += At(from[i]);
  }

  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) out.Append(At(states[i]));
  }

  Type intermediate_type() const override { return TypeKind::kInt64; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    Finalize(states, count, out);
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& /*arena*/) const override {
    ForEachValue<int64_t>(column, rows, [&](size_t row, int64_t value) { At(states[row]) += value; });
  }

 private:
  static int64_t& At(uint8_t* state) { return *reinterpret_cast<int64_t*>(state); }

  static void Apply(const AggregateInput& input, uint8_t* const* states, int64_t step) {
    if constexpr (kCounted == Counted::kTrue) {
      ForEachValue<uint8_t>(*input.columns[0], input.rows,
                            [&](size_t row, uint8_t value) { At(states[row]) += value != 0 ? step : 0; });
      return;
    }
    if constexpr (kCounted == Counted::kValues) {
      const ColumnView view(*input.columns[0]);
      if (view.may_have_nulls()) {
        input.rows.ForEach([&](size_t row) { At(states[row]) += view.IsValid(row) ? step : 0; });
        return;
      }
    }
    input.rows.ForEach([&](size_t row) { At(states[row]) += step; });
  }

  static size_t CountOf(const AggregateInput& input) {
    size_t count = 0;
    if constexpr (kCounted == Counted::kTrue) {
      ForEachValue<uint8_t>(*input.columns[0], input.rows, [&](size_t, uint8_t value) { count += value != 0; });
      return count;
    }
    if constexpr (kCounted == Counted::kValues) {
      const ColumnView view(*input.columns[0]);
      if (view.may_have_nulls()) {
        if (view.is_identity() && input.rows.is_dense()) return CountBits(view.validity(), input.rows.count());
        input.rows.ForEach([&](size_t row) { count += view.IsValid(row); });
        return count;
      }
    }
    return input.rows.count();
  }
};

template <Counted kCounted>
AggregateOverload CountOverload(std::vector<TypePattern> parameters) {
  AggregateOverload overload;
  overload.parameters = std::move(parameters);
  overload.result = TypeKind::kInt64;
  overload.skip_nulls = kCounted != Counted::kRows;
  overload.make = [](std::span<const Type>, const Type&, std::span<const std::optional<Value>>) {
    return std::make_shared<const CountOps<kCounted>>();
  };
  return overload;
}

}  // namespace

void RegisterCountAggregates(Registry& registry) {
  AddAggregate(registry, "count", "Number of rows, or of rows where the argument is not NULL.",
               "count(x) FROM (VALUES (1), (NULL), (3)) t(x)", "2",
               {CountOverload<Counted::kRows>({}), CountOverload<Counted::kValues>({TypePattern::Kind::kAny})});

  AddAggregate(registry, {"count_if", {"countif"}}, "Number of rows where the condition is true.",
               "count_if(x > 1) FROM (VALUES (1), (2), (3)) t(x)", "2",
               {CountOverload<Counted::kTrue>({TypeKind::kBoolean})});
}

}  // namespace weir
