#pragma once

#include "function/aggregate/typed_aggregate.h"

namespace weir {

// The operations of an aggregate of two arguments in double precision, made of a kernel with
//   State                     trivially copyable; zeroed is empty
//   Add(State&, double first, double second)
//   Combine(State& to, const State& from)
//   Finalize(const State&, ColumnBuilder&)
// and, where it can, Remove(State&, double, double). Pairs with a NULL are skipped.
template <typename Kernel>
class BinaryAggregate final : public AggregateOps {
 public:
  using State = typename Kernel::State;
  static_assert(std::is_trivially_copyable_v<State> && alignof(State) <= 8);
  static constexpr uint8_t kVersion = 1;

  explicit BinaryAggregate(Type result) : result_(std::move(result)) {}

  Type result_type() const override { return result_; }
  size_t state_size() const override { return sizeof(State); }
  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    ForEachPair(input, [&](size_t row, double a, double b) { Kernel::Add(At(states[row]), a, b); });
  }
  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    ForEachPair(input, [&](size_t, double a, double b) { Kernel::Add(At(state), a, b); });
  }
  static constexpr bool kCanRemove = requires(State& s) { Kernel::Remove(s, 0.0, 0.0); };
  bool can_retract() const override { return kCanRemove; }
  void Retract(const AggregateInput& input, uint8_t* const* states) const override {
    if constexpr (kCanRemove) {
      ForEachPair(input, [&](size_t row, double a, double b) { Kernel::Remove(At(states[row]), a, b); });
    } else {
      AggregateOps::Retract(input, states);
    }
  }
  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& /*arena*/) const override {
    for (size_t i = 0; i < count; ++i) Kernel::Combine(At(to[i]), At(from[i]));
  }
  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) Kernel::Finalize(At(states[i]), out);
  }
  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) {
      ByteWriter writer;
      writer.Put(kVersion);
      writer.Put(At(states[i]));
      out.AppendString(writer.buffer());
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& /*arena*/) const override {
    ForEachSerialized(column, rows, states, [&](uint8_t* state, std::string_view bytes) {
      ByteReader reader(bytes);
      if (reader.Get<uint8_t>() != kVersion) ThrowBadState("unknown version");
      const auto from = reader.Get<State>();
      if (!reader.empty()) ThrowBadState("bytes left over");
      Kernel::Combine(At(state), from);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }

  template <typename Body>
  static void ForEachPair(const AggregateInput& input, Body&& body) {
    const ColumnView first(*input.columns[0]);
    const ColumnView second(*input.columns[1]);
    input.rows.ForEach([&](size_t row) {
      if (first.IsValid(row) && second.IsValid(row)) body(row, first.At<double>(row), second.At<double>(row));
    });
  }

  Type result_;
};

}  // namespace weir
