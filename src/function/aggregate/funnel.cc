#include <algorithm>

#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

// Conditions of a row as bits, from a list of booleans; NULL counts as false.
template <typename Body>
void ForEachConditions(const AggregateInput& input, size_t argument, size_t conditions_max, Body&& body) {
  const ColumnView lists(*input.columns[argument]);
  const ColumnView values(*lists.base().child(0));
  input.rows.ForEach([&](size_t row) {
    if (lists.IsNull(row)) return;
    const auto entry = lists.At<ListEntry>(row);
    if (entry.length > conditions_max) {
      throw Error::User(sqlstate::kInvalidParameterValue, "at most {} conditions are possible: {}", conditions_max,
                        entry.length);
    }
    uint64_t bits = 0;
    for (uint32_t i = 0; i < entry.length; ++i) {
      if (values.IsValid(entry.offset + i) && values.At<uint8_t>(entry.offset + i) != 0) bits |= uint64_t{1} << i;
    }
    body(row, bits, entry.length);
  });
}

// retention([c1, c2, ...]): which conditions any row met, given that one met the first.
class RetentionOps final : public AggregateOps {
 public:
  struct State {
    uint64_t bits;
    uint64_t length;
  };
  static constexpr size_t kConditionsMax = 31;

  Type result_type() const override { return Type::List(TypeKind::kInt32); }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    ForEachConditions(input, 0, kConditionsMax,
                      [&](size_t row, uint64_t bits, uint32_t length) { Add(At(states[row]), {bits, length}); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    ForEachConditions(input, 0, kConditionsMax,
                      [&](size_t, uint64_t bits, uint32_t length) { Add(At(state), {bits, length}); });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& /*arena*/) const override {
    for (size_t i = 0; i < count; ++i) Add(At(to[i]), At(from[i]));
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      if (state.length == 0) {
        out.AppendNull();
        continue;
      }
      for (uint64_t k = 0; k < state.length; ++k) {
        out.child(0).Append(static_cast<int32_t>((state.bits & 1) != 0 ? (state.bits >> k) & 1 : 0));
      }
      out.CloseRow();
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      ByteWriter writer;
      writer.Put(At(states[i]));
      out.AppendString(writer.buffer());
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& /*arena*/) const override {
    ForEachSerialized(column, rows, states, [](uint8_t* state, std::string_view bytes) {
      ByteReader reader(bytes);
      Add(At(state), reader.Get<State>());
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }
  static void Add(State& state, const State& more) {
    state.bits |= more.bits;
    state.length = std::max(state.length, more.length);
  }
};

// window_funnel(window, time, mode, [c1, c2, ...]): the most conditions that were met one after the other within a
// window that begins with the first. Events are kept until the end.
class FunnelOps final : public AggregateOps {
 public:
  // Bits of `mode`.
  static constexpr int64_t kDeduplicate = 1;  // a step met again ends the chain
  static constexpr int64_t kFixed = 2;        // a step out of turn ends the chain
  static constexpr int64_t kIncrease = 4;     // steps at one time are no steps after each other
  static constexpr size_t kConditionsMax = 64;

  struct Event {
    int64_t time;
    uint64_t conditions;
  };
  struct State {
    ArenaBuffer events;
  };

  FunnelOps(int64_t window, int64_t mode, bool is_date) : window_(window), mode_(mode), is_date_(is_date) {}

  Type result_type() const override { return TypeKind::kInt32; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    ForEachEvent(input, [&](size_t row, const Event& event) { Add(At(states[row]), event, input.arena); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    ForEachEvent(input, [&](size_t, const Event& event) { Add(At(state), event, input.arena); });
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) At(to[i]).events.Append(At(from[i]).events.view(), arena);
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      const State& state = At(states[i]);
      auto* events = reinterpret_cast<Event*>(state.events.data);
      const size_t size = state.events.size / sizeof(Event);
      std::stable_sort(events, events + size, [](const Event& a, const Event& b) { return a.time < b.time; });
      out.Append(Longest(events, size));
    }
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) out.AppendString(At(states[i]).events.view());
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachSerialized(column, rows, states, [&](uint8_t* state, std::string_view bytes) {
      if (bytes.size() % sizeof(Event) != 0) ThrowBadState("window_funnel");
      At(state).events.Append(bytes, arena);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }
  static void Add(State& state, const Event& event, StateArena& arena) {
    state.events.Append({reinterpret_cast<const char*>(&event), sizeof(Event)}, arena);
  }
  template <typename Body>
  void ForEachEvent(const AggregateInput& input, Body&& body) const {
    const ColumnView times(*input.columns[1]);
    ForEachConditions(input, 3, kConditionsMax, [&](size_t row, uint64_t conditions, uint32_t) {
      if (times.IsNull(row) || conditions == 0) return;
      body(row, Event{is_date_ ? int64_t{times.At<int32_t>(row)} : times.At<int64_t>(row), conditions});
    });
  }

  // starts[k]: when the latest chain that has come to step k began; INT64_MIN: none has.
  int32_t Longest(const Event* events, size_t size) const {
    constexpr int64_t kNone = INT64_MIN;
    int64_t starts[kConditionsMax];
    int64_t times[kConditionsMax];  // of its last step
    std::fill(std::begin(starts), std::end(starts), kNone);
    std::fill(std::begin(times), std::end(times), kNone);
    int32_t longest = 0;
    const auto restart = [&] { std::fill(std::begin(starts), std::end(starts), kNone); };
    int reached = -1;  // the step that the current chain is at; for the strict modes
    for (size_t i = 0; i < size; ++i) {
      const Event& event = events[i];
      if ((mode_ & (kDeduplicate | kFixed)) != 0 && reached >= 0) {
        // What is the next step of the chain goes on with it, whatever else the event is.
        const bool is_next = reached + 1 < 64 && ((event.conditions >> (reached + 1)) & 1) != 0;
        const bool is_first = (event.conditions & 1) != 0;
        const uint64_t done = (uint64_t{2} << reached) - 1;
        const bool repeats = (event.conditions & done) != 0;
        const bool jumps = (event.conditions & ~done) != 0;
        const bool broken = !is_next && (((mode_ & kDeduplicate) != 0 && repeats) || ((mode_ & kFixed) != 0 && jumps));
        if (broken) {
          restart();
          reached = -1;
          if (!is_first) continue;
        }
      }
      // Later steps first, so that one event is one step only.
      for (int step = 63; step >= 0; --step) {
        if (((event.conditions >> step) & 1) == 0) continue;
        if (step == 0) {
          starts[0] = times[0] = event.time;
        } else {
          const int64_t start = starts[step - 1];
          if (start == kNone || static_cast<int128_t>(event.time) - start > window_) continue;
          if ((mode_ & kIncrease) != 0 && event.time <= times[step - 1]) continue;
          starts[step] = start;
          times[step] = event.time;
        }
        longest = std::max(longest, step + 1);
        reached = std::max(reached, step);
      }
    }
    return longest;
  }

  int64_t window_;
  int64_t mode_;
  bool is_date_;
};

int64_t ConstantAt(std::span<const std::optional<Value>> constants, size_t i, std::string_view what) {
  if (i >= constants.size() || !constants[i].has_value() || constants[i]->is_null()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "the {} of window_funnel must be a constant", what);
  }
  return constants[i]->integer();
}

AggregateOverload FunnelOverload(TypeKind kind) {
  AggregateOverload overload;
  overload.parameters = {TypeKind::kInt64, kind, TypeKind::kInt64, Type::List(TypeKind::kBoolean)};
  overload.result = TypeKind::kInt32;
  overload.make = [](std::span<const Type> types, const Type&, std::span<const std::optional<Value>> constants) -> Ops {
    const bool is_date = types[1].is(TypeKind::kDate);
    int64_t window = ConstantAt(constants, 0, "window");
    const int64_t mode = ConstantAt(constants, 2, "mode");
    if (window < 0) throw Error::User(sqlstate::kInvalidParameterValue, "negative window: {}", window);
    if (mode < 0 || mode > 7) throw Error::User(sqlstate::kInvalidParameterValue, "unknown mode: {}", mode);
    const int64_t unit = is_date ? 1 : types[1].is_timestamp_ns() ? 1'000'000'000 : 1'000'000;
    if (__builtin_mul_overflow(window, unit, &window)) window = INT64_MAX;
    return std::make_shared<const FunnelOps>(window, mode, is_date);
  };
  return overload;
}

}  // namespace

void RegisterFunnelAggregates(Registry& registry) {
  AggregateOverload conditions;
  conditions.parameters = {Type::List(TypeKind::kBoolean)};
  conditions.result = Type::List(TypeKind::kInt32);
  conditions.ignores_distinct = true;
  conditions.make = [](std::span<const Type>, const Type&, std::span<const std::optional<Value>>) -> Ops {
    return std::make_shared<const RetentionOps>();
  };
  AddAggregate(registry, "retention",
               "For each of up to 31 conditions 1 where some row met it and some row met the first, else 0.",
               "retention(ARRAY[x = 1, x = 2, x = 3]) FROM (VALUES (1), (3)) t(x)", "{1,0,1}", {std::move(conditions)});

  std::vector<AggregateOverload> funnels;
  for (const TypeKind kind : {TypeKind::kDate, TypeKind::kTimestamp, TypeKind::kTimestampTz, TypeKind::kTimestampNs,
                              TypeKind::kTimestampTzNs}) {
    funnels.push_back(FunnelOverload(kind));
  }
  AddAggregate(
      registry, "window_funnel",
      "How many of the conditions were met one after the other within a window (seconds; days where the time is a "
      "date) from when the first was met; mode 1: no repeated steps, 2: no steps out of turn, 4: times must increase.",
      "window_funnel(2, t, 0, ARRAY[e = 'a', e = 'b', e = 'c']) "
      "FROM (VALUES ('a', date '2024-01-01'), ('b', date '2024-01-02'), ('c', date '2024-01-09')) t(e, t)",
      "2", std::move(funnels));
}

}  // namespace weir
