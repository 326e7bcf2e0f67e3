#pragma once

#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/bytes.h"
#include "expr/aggregate.h"

namespace weir {

// A value as a member of a state: states are aligned to 8 bytes, also those that hold an int128, so that a reference
// must be to a copy: T{state.value}.
template <typename T>
struct StateValue {
  using type = T;
};
template <>
struct StateValue<int128_t> {
  using type = int128_t __attribute__((aligned(8)));
};

// body(row, value) for the rows whose value is not NULL.
template <typename T, typename Body>
void ForEachValue(const Column& column, const RowSet& rows, Body&& body) {
  const ColumnView view(column);
  const T* values = view.values<T>();
  if (view.may_have_nulls()) {
    rows.ForEach([&](size_t row) {
      const size_t at = view.Index(row);
      if (GetBit(view.validity(), at)) body(row, values[at]);
    });
  } else if (view.is_identity()) {
    rows.ForEach([&](size_t row) { body(row, values[row]); });
  } else {
    rows.ForEach([&](size_t row) { body(row, values[view.Index(row)]); });
  }
}

// body(values, count) with the values that are not NULL, in pieces: as they lie where that is possible.
template <typename T, typename Body>
void ForEachPiece(const Column& column, const RowSet& rows, Body&& body) {
  const ColumnView view(column);
  const T* values = view.values<T>();
  if (rows.empty()) return;
  if (rows.is_dense() && view.is_identity() && !view.may_have_nulls()) {
    body(values, rows.count());
    return;
  }
  constexpr size_t kPiece = 512;
  alignas(64) std::array<std::byte, kPiece * sizeof(T)> memory;
  T* const piece = reinterpret_cast<T*>(memory.data());
  const size_t count = rows.count();
  for (size_t begin = 0; begin < count; begin += kPiece) {
    const size_t end = std::min(count, begin + kPiece);
    size_t n = 0;
    if (!view.may_have_nulls()) {
      if (view.is_identity()) {
        for (size_t i = begin; i < end; ++i) piece[n++] = values[rows[i]];
      } else if (view.is_constant()) {
        for (size_t i = begin; i < end; ++i) piece[n++] = values[0];
      } else if (rows.is_dense()) {
        for (size_t i = begin; i < end; ++i) piece[n++] = values[view.indices()[i]];
      } else {
        for (size_t i = begin; i < end; ++i) piece[n++] = values[view.indices()[rows.rows()[i]]];
      }
    } else {
      for (size_t i = begin; i < end; ++i) {
        const size_t at = view.Index(rows[i]);
        piece[n] = values[at];
        n += GetBit(view.validity(), at);
      }
    }
    if (n != 0) body(piece, n);
  }
}

[[noreturn]] void ThrowBadState(std::string_view what);

// Reads states that were serialised as varbinary: body(state pointer, bytes) for each that is not NULL.
template <typename Body>
void ForEachSerialized(const Column& column, const RowSet& rows, uint8_t* const* states, Body&& body) {
  ForEachValue<StringRef>(column, rows, [&](size_t row, const StringRef& bytes) { body(states[row], bytes.view()); });
}

// The operations of an aggregate of one argument, made of a kernel with
//   State                     trivially copyable; zeroed is empty
//   Input                     the C++ type of the argument's physical type
//   Add(State&, const Input&, StateArena&)
//   Merge(State& to, const State& from, StateArena&)
//   Finalize(const State&, ColumnBuilder&)
// and, where it helps,
//   AddMany(State&, const Input*, size_t)   a whole array at once
//   Remove(State&, const Input&)            makes it retractable
//   Write(const State&, ByteWriter&), Read(ByteReader&, StateArena&) -> State   when the state has pointers
// NULL arguments are skipped.
template <typename Kernel>
class UnaryAggregate final : public AggregateOps {
 public:
  using State = typename Kernel::State;
  using Input = typename Kernel::Input;
  static_assert(std::is_trivially_copyable_v<State> && alignof(State) <= 8);
  static constexpr uint8_t kVersion = 1;

  UnaryAggregate(Kernel kernel, Type result) : kernel_(std::move(kernel)), result_(std::move(result)) {}

  Type result_type() const override { return result_; }
  size_t state_size() const override { return sizeof(State); }

  void Update(const AggregateInput& input, uint8_t* const* states) const override {
    ForEachValue<Input>(*input.columns[0], input.rows,
                        [&](size_t row, const Input& value) { kernel_.Add(At(states[row]), value, input.arena); });
  }

  void UpdateSingle(const AggregateInput& input, uint8_t* state) const override {
    if constexpr (requires(State& s, const Input* v) { kernel_.AddMany(s, v, size_t{1}); }) {
      ForEachPiece<Input>(*input.columns[0], input.rows,
                          [&](const Input* values, size_t count) { kernel_.AddMany(At(state), values, count); });
    } else {
      ForEachValue<Input>(*input.columns[0], input.rows,
                          [&](size_t, const Input& value) { kernel_.Add(At(state), value, input.arena); });
    }
  }

  static constexpr bool kCanRemove = requires(const Kernel& k, State& s, const Input& v) { k.Remove(s, v); };
  bool can_retract() const override { return kCanRemove; }
  void Retract(const AggregateInput& input, uint8_t* const* states) const override {
    if constexpr (kCanRemove) {
      ForEachValue<Input>(*input.columns[0], input.rows,
                          [&](size_t row, const Input& value) { kernel_.Remove(At(states[row]), value); });
    } else {
      AggregateOps::Retract(input, states);
    }
  }

  void Merge(uint8_t* const* from, uint8_t* const* to, size_t count, StateArena& arena) const override {
    for (size_t i = 0; i < count; ++i) kernel_.Merge(At(to[i]), At(from[i]), arena);
  }

  void Finalize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    for (size_t i = 0; i < count; ++i) kernel_.Finalize(At(states[i]), out);
  }

  Type intermediate_type() const override { return TypeKind::kVarbinary; }
  void Serialize(uint8_t* const* states, size_t count, ColumnBuilder& out) const override {
    ByteWriter writer;
    for (size_t i = 0; i < count; ++i) {
      writer.buffer().clear();
      writer.Put(kVersion);
      if constexpr (requires(const State& s) { kernel_.Write(s, writer); }) {
        kernel_.Write(At(states[i]), writer);
      } else {
        writer.Put(At(states[i]));
      }
      out.AppendString(writer.buffer());
    }
  }
  void MergeSerialized(const Column& column, const RowSet& rows, uint8_t* const* states,
                       StateArena& arena) const override {
    ForEachSerialized(column, rows, states, [&](uint8_t* state, std::string_view bytes) {
      ByteReader reader(bytes);
      if (reader.Get<uint8_t>() != kVersion) ThrowBadState("unknown version");
      State from;
      if constexpr (requires { kernel_.Read(reader, arena); }) {
        from = kernel_.Read(reader, arena);
      } else {
        from = reader.Get<State>();
      }
      if (!reader.empty()) ThrowBadState("bytes left over");
      kernel_.Merge(At(state), from, arena);
    });
  }

 private:
  static State& At(uint8_t* state) { return *reinterpret_cast<State*>(state); }

  Kernel kernel_;
  Type result_;
};

template <typename Kernel>
std::shared_ptr<const AggregateOps> MakeUnary(Kernel kernel, const Type& result) {
  return std::make_shared<const UnaryAggregate<Kernel>>(std::move(kernel), result);
}

}  // namespace weir
