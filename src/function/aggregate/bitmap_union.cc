#include <algorithm>

#include "algo/bitmap64.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

enum class Input : uint8_t { kInteger, kBitmap };
enum class Output : uint8_t { kBitmap, kCount };

// Unions of bitmaps and of integers: values and bitmaps that came in since the last union lie in buffers until they are
// worth one.
template <typename T, Output kOutput>
struct UnionKernel {
  using Input = T;
  static constexpr bool kOfBitmaps = std::is_same_v<T, StringRef>;
  static constexpr size_t kPendingMin = 64 * 1024;
  struct State {
    ArenaBuffer pending;  // uint64_t values, or bitmaps with their length before them
    ArenaBuffer merged;   // a bitmap
    uint64_t has;
  };

  void Add(State& state, const T& value, StateArena& arena) const {
    state.has = 1;
    if constexpr (kOfBitmaps) {
      AddBitmap(state, value.view(), arena);
    } else {
      if (value < 0) return;
      const auto number = static_cast<uint64_t>(value);
      state.pending.Append({reinterpret_cast<const char*>(&number), sizeof(number)}, arena);
      if (state.pending.size >= std::max<size_t>(kPendingMin, state.merged.size / 4)) Fold(state, arena);
    }
  }
  void Merge(State& to, const State& from, StateArena& arena) const {
    if (from.has == 0) return;
    to.has = 1;
    Bitmap64 set = SetOf(to);
    set.Or(SetOf(from));
    to.pending.size = 0;
    to.merged.Assign(set.Serialize(), arena);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if constexpr (kOutput == Output::kCount) {
      out.Append(static_cast<int64_t>(SetOf(state).Count()));
    } else {
      if (state.has == 0) return out.AppendNull();
      out.AppendString(SetOf(state).Serialize());
    }
  }
  void Write(const State& state, ByteWriter& out) const {
    out.Put(static_cast<uint8_t>(state.has));
    out.PutString(SetOf(state).Serialize());
  }
  State Read(ByteReader& in, StateArena& arena) const {
    State state{};
    state.has = in.Get<uint8_t>();
    state.merged.Assign(in.GetString(), arena);
    return state;
  }

 private:
  static void AddBitmap(State& state, std::string_view bytes, StateArena& arena) {
    const auto size = static_cast<uint32_t>(bytes.size());
    state.pending.Append({reinterpret_cast<const char*>(&size), sizeof(size)}, arena);
    state.pending.Append(bytes, arena);
    if (state.pending.size >= std::max<size_t>(kPendingMin, state.merged.size)) Fold(state, arena);
  }
  static Bitmap64 SetOf(const State& state) {
    Bitmap64 set = Bitmap64::Deserialize(state.merged.view());
    const std::string_view pending = state.pending.view();
    if constexpr (kOfBitmaps) {
      for (size_t at = 0; at < pending.size();) {
        const auto size = LoadUnaligned<uint32_t>(pending.data() + at);
        set.Or(Bitmap64::Deserialize(pending.substr(at + sizeof(size), size)));
        at += sizeof(size) + size;
      }
    } else {
      set.AddMany(reinterpret_cast<const uint64_t*>(pending.data()), pending.size() / sizeof(uint64_t));
    }
    return set;
  }
  static void Fold(State& state, StateArena& arena) {
    const std::string bytes = SetOf(state).Serialize();
    state.pending.size = 0;
    state.merged.Assign(bytes, arena);
  }
};

struct IntersectKernel {
  using Input = StringRef;
  struct State {
    ArenaBuffer set;
    uint64_t has;
  };
  void Add(State& state, const StringRef& value, StateArena& arena) const {
    Bitmap64 set = Bitmap64::Deserialize(value.view());
    if (state.has != 0) set.And(Bitmap64::Deserialize(state.set.view()));
    state.has = 1;
    state.set.Assign(set.Serialize(), arena);
  }
  void Merge(State& to, const State& from, StateArena& arena) const {
    if (from.has != 0) Add(to, StringRef(from.set.view()), arena);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.has == 0) return out.AppendNull();
    out.AppendString(state.set.view());
  }
  void Write(const State& state, ByteWriter& out) const {
    out.Put(static_cast<uint8_t>(state.has));
    out.PutString(state.set.view());
  }
  State Read(ByteReader& in, StateArena& arena) const {
    State state{};
    state.has = in.Get<uint8_t>();
    state.set.Assign(in.GetString(), arena);
    return state;
  }
};

template <typename Kernel>
AggregateOverload Overload(TypeKind argument, TypeKind result) {
  AggregateOverload overload;
  overload.parameters = {argument};
  overload.result = result;
  overload.ignores_distinct = true;
  overload.make = [](std::span<const Type>, const Type& type, std::span<const std::optional<Value>>) -> Ops {
    return MakeUnary(Kernel{}, type);
  };
  return overload;
}

}  // namespace

void RegisterBitmapAggregates(Registry& registry) {
  constexpr TypeKind kLong = TypeKind::kInt64;
  constexpr TypeKind kSet = TypeKind::kBitmap;
  AddAggregate(registry, "bitmap_agg", "The bitmap of all values; negative ones are left out.",
               "bitmap_agg(x) FROM (VALUES (1)) t(x)",
               "\\x010000000000000000000000"
               "3a30000001000000000000001000000001"
               "00",
               {Overload<UnionKernel<int64_t, Output::kBitmap>>(kLong, kSet)});
  AddAggregate(registry, "bitmap_union", "The elements of all bitmaps.",
               "bitmap_union(to_bitmap(x)) FROM (VALUES (1), (1)) t(x)",
               "\\x010000000000000000000000"
               "3a30000001000000000000001000000001"
               "00",
               {Overload<UnionKernel<StringRef, Output::kBitmap>>(kSet, kSet)});
  AddAggregate(registry, "bitmap_union_count", "Number of elements of all bitmaps together.",
               "bitmap_union_count(to_bitmap(x)) FROM (VALUES (1), (2), (2)) t(x)", "2",
               {Overload<UnionKernel<StringRef, Output::kCount>>(kSet, kLong)});
  AddAggregate(registry, "bitmap_union_int", "Number of distinct integers from 0 on, by a bitmap.",
               "bitmap_union_int(x) FROM (VALUES (1), (2), (2)) t(x)", "2",
               {Overload<UnionKernel<int64_t, Output::kCount>>(kLong, kLong)});
  AddAggregate(registry, "bitmap_intersect", "The elements that all bitmaps have.",
               "bitmap_intersect(x) FROM (VALUES (to_bitmap(1)), (bitmap_from_string('1,2'))) t(x)",
               "\\x010000000000000000000000"
               "3a30000001000000000000001000000001"
               "00",
               {Overload<IntersectKernel>(kSet, kSet)});
}

}  // namespace weir
