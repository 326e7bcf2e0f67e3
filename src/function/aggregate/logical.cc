#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

enum class Fold : uint8_t { kAnd, kOr, kXor, kProduct };

// Folds values with an operation that is associative and commutative; NULL when there were none.
template <typename T, Fold kFold>
struct FoldKernel {
  using Input = T;
  struct State {
    typename StateValue<T>::type value;
    uint64_t has;
  };
  void Add(State& state, const T& value, StateArena& /*arena*/) const {
    state.value = state.has == 0 ? value : Combine(state.value, value);
    state.has = 1;
  }
  void Merge(State& to, const State& from, StateArena& arena) const {
    if (from.has != 0) Add(to, T{from.value}, arena);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.has == 0) return out.AppendNull();
    out.Append<T>(T{state.value});
  }

 private:
  static T Combine(T a, T b) {
    if constexpr (kFold == Fold::kProduct) {
      return a * b;
    } else if constexpr (kFold == Fold::kAnd) {
      return static_cast<T>(a & b);
    } else if constexpr (kFold == Fold::kOr) {
      return static_cast<T>(a | b);
    } else {
      return static_cast<T>(a ^ b);
    }
  }
};

template <Fold kFold>
Ops MakeFold(const Type& type) {
  return VisitPhysical(type.physical(), [&]<typename T>() -> Ops {
    if constexpr (kFold == Fold::kProduct) {
      if constexpr (std::is_same_v<T, double>) return MakeUnary(FoldKernel<double, kFold>{}, type);
    } else if constexpr (std::is_integral_v<T>) {
      return MakeUnary(FoldKernel<T, kFold>{}, type);
    }
    throw Error::Internal("fold of {}", type.ToString());
  });
}

AggregateOverload Overload(TypeKind kind, Ops (*make)(const Type&), bool ignores_distinct) {
  AggregateOverload overload;
  overload.parameters = {kind};
  overload.result = kind;
  overload.ignores_distinct = ignores_distinct;
  overload.make = [make](std::span<const Type> arguments, const Type&, std::span<const std::optional<Value>>) {
    return make(arguments[0]);
  };
  return overload;
}

template <Fold kFold>
void RegisterBits(Registry& registry, std::string name, std::string description, std::string result) {
  std::vector<AggregateOverload> overloads;
  for (const TypeKind kind :
       {TypeKind::kInt8, TypeKind::kInt16, TypeKind::kInt32, TypeKind::kInt64, TypeKind::kInt128}) {
    overloads.push_back(Overload(kind, MakeFold<kFold>, kFold != Fold::kXor));
  }
  std::string example = name + "(x) FROM (VALUES (6), (3)) t(x)";
  AddAggregate(registry, std::move(name), std::move(description), std::move(example), std::move(result),
               std::move(overloads));
}

}  // namespace

void RegisterLogicalAggregates(Registry& registry) {
  AddAggregate(registry, {"bool_and", {"every"}}, "True when all values are true.",
               "bool_and(x > 0) FROM (VALUES (1), (2)) t(x)", "t",
               {Overload(TypeKind::kBoolean, MakeFold<Fold::kAnd>, true)});

  AddAggregate(registry, "bool_or", "True when at least one value is true.",
               "bool_or(x > 1) FROM (VALUES (1), (2)) t(x)", "t",
               {Overload(TypeKind::kBoolean, MakeFold<Fold::kOr>, true)});

  RegisterBits<Fold::kAnd>(registry, "bit_and", "Bitwise AND of the values.", "2");
  RegisterBits<Fold::kOr>(registry, "bit_or", "Bitwise OR of the values.", "7");
  RegisterBits<Fold::kXor>(registry, "bit_xor", "Bitwise exclusive OR of the values.", "5");

  AddAggregate(registry, "product", "Product of the values.", "product(x) FROM (VALUES (2), (3)) t(x)", "6",
               {Overload(TypeKind::kDouble, MakeFold<Fold::kProduct>, false)});
}

}  // namespace weir
