// bit_and, bit_or and bit_xor of bit strings.

#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

enum class BitFold : uint8_t { kAnd, kOr, kXor };

template <BitFold kFold>
struct BitStringKernel {
  using Input = StringRef;
  struct State {
    char* bits;
    uint32_t size;
    uint32_t has;
  };
  void Add(State& state, const StringRef& value, StateArena& arena) const { Fold(state, value.view(), arena); }
  void Merge(State& to, const State& from, StateArena& arena) const {
    if (from.has != 0) Fold(to, {from.bits, from.size}, arena);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.has == 0) return out.AppendNull();
    out.AppendString({state.bits, state.size});
  }
  void Write(const State& state, ByteWriter& out) const {
    out.Put(static_cast<uint8_t>(state.has));
    out.PutString({state.bits, state.size});
  }
  State Read(ByteReader& in, StateArena& arena) const {
    State state{};
    const bool has = in.Get<uint8_t>() != 0;
    const std::string_view bits = in.GetString();
    if (has) Fold(state, bits, arena);
    return state;
  }

 private:
  static void Fold(State& state, std::string_view value, StateArena& arena) {
    if (state.has == 0) {
      state.bits = reinterpret_cast<char*>(arena.Allocate(value.size()));
      if (!value.empty()) std::memcpy(state.bits, value.data(), value.size());
      state.size = static_cast<uint32_t>(value.size());
      state.has = 1;
      return;
    }
    if (state.size != value.size()) {
      constexpr std::string_view kVerbs[] = {"AND", "OR", "XOR"};
      throw Error::User(sqlstate::kStringDataLengthMismatch, "cannot {} bit strings of different sizes",
                        kVerbs[static_cast<size_t>(kFold)]);
    }
    for (size_t i = 0; i < value.size(); ++i) {
      const bool a = state.bits[i] == '1';
      const bool b = value[i] == '1';
      state.bits[i] = (kFold == BitFold::kAnd ? a && b : kFold == BitFold::kOr ? a || b : a != b) ? '1' : '0';
    }
  }
};

template <BitFold kFold>
void Register(Registry& registry, std::string name) {
  AggregateOverload overload;
  overload.parameters = {TypeKind::kBit};
  overload.result = TypeKind::kBit;
  overload.ignores_distinct = kFold != BitFold::kXor;
  overload.make = [](std::span<const Type>, const Type& result, std::span<const std::optional<Value>>) {
    return MakeUnary(BitStringKernel<kFold>{}, result);
  };
  // Beside those of integers, which have the description.
  AddAggregate(registry, std::move(name), "", "", "", {std::move(overload)});
}

}  // namespace

void RegisterBitStringAggregates(Registry& registry) {
  Register<BitFold::kAnd>(registry, "bit_and");
  Register<BitFold::kOr>(registry, "bit_or");
  Register<BitFold::kXor>(registry, "bit_xor");
}

}  // namespace weir
