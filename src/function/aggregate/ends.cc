#include "algo/row_layout.h"
#include "expr/subquery_error.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

enum class End : uint8_t { kFirst, kLast, kOnly };

// first, last and single_value: the value of the first, the last or the only row taken in, NULL or not.
template <End kEnd>
class EndOps final : public AggregateOps {
 public:
  struct State {
    ArenaBuffer value;  // serialised, with its NULL flag; empty: no row yet
  };

  explicit EndOps(Type type) : type_(std::move(type)) {}

  Type result_type() const override { return type_; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    std::string bytes;
    input.rows.ForEach([&](size_t row) { Take(*input.columns[0], row, At(states[row]), bytes, input.arena); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    if (input.rows.empty()) return;
    if (kEnd == End::kOnly && input.rows.count() > 1) throw SubqueryHasSeveralRows();
    std::string bytes;
    const size_t row = kEnd == End::kLast ? input.rows[input.rows.count() - 1] : input.rows[0];
    Take(*input.columns[0], row, At(state), bytes, input.arena);
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) {
      if (At(from[i]).value.size == 0 || !Takes(At(to[i]))) continue;
      At(to[i]).value.Assign(At(from[i]).value.view(), arena);
    }
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      if (At(states[i]).value.size == 0) {
        out.AppendNull();
        continue;
      }
      ByteReader in(At(states[i]).value.view());
      DeserializeNested(in, out);
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) out.AppendString(At(states[i]).value.view());
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachSerialized(column, rows, states, [&](uint8_t* to, std::string_view bytes) {
      if (bytes.empty() || !Takes(At(to))) return;
      // Read once, so that damage shows here and not at the end.
      ColumnBuilder check(type_, 1);
      ByteReader in(bytes);
      DeserializeNested(in, check);
      if (!in.empty()) ThrowBadState("bytes left over");
      At(to).value.Assign(bytes, arena);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }
  // Whether one more row would be kept.
  static bool Takes(const State& state) {
    if (kEnd == End::kOnly && state.value.size != 0) throw SubqueryHasSeveralRows();
    return kEnd != End::kFirst || state.value.size == 0;
  }
  static void Take(const Column& column, size_t row, State& state, std::string& bytes, StateArena& arena) {
    if (!Takes(state)) return;
    bytes.clear();
    SerializeNested(column, row, bytes);
    state.value.Assign(bytes, arena);
  }
  Type type_;
};

template <End kEnd>
AggregateOverload EndOverload() {
  AggregateOverload overload;
  overload.parameters = {TypePattern::Kind::kAnyElement};
  overload.result = TypePattern::Kind::kAnyElement;
  overload.skip_nulls = false;
  overload.order_sensitive = kEnd != End::kOnly;
  overload.ignores_distinct = kEnd != End::kOnly;
  overload.make = [](std::span<const Type> arguments, const Type&,
                     std::span<const std::optional<Value>>) -> std::shared_ptr<const AggregateOps> {
    return std::make_shared<const EndOps<kEnd>>(arguments[0]);
  };
  return overload;
}

}  // namespace

void RegisterEndAggregates(Registry& registry) {
  AddAggregate(registry, "first", "Value of the first row, NULL or not; give it an ORDER BY.",
               "first(x ORDER BY x) FROM (VALUES (2), (1)) t(x)", "1", {EndOverload<End::kFirst>()});
  AddAggregate(registry, "last", "Value of the last row, NULL or not; give it an ORDER BY.",
               "last(x ORDER BY x) FROM (VALUES (2), (1)) t(x)", "2", {EndOverload<End::kLast>()});
  // What a subquery in the place of a value becomes where it may have several rows (optimizer/rule/unnest.cc).
  AddAggregate(registry, "single_value", "Value of the only row, NULL or not; an error where there are several rows.",
               "single_value(x) FROM (VALUES (7)) t(x)", "7", {EndOverload<End::kOnly>()});
}

}  // namespace weir
