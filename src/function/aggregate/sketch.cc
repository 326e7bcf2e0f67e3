#include <cmath>

#include "algo/dd_sketch.h"
#include "algo/t_digest.h"
#include "function/aggregate/arena_buffer.h"
#include "function/aggregate/families.h"
#include "function/aggregate/spec.h"
#include "function/aggregate/typed_aggregate.h"

namespace weir {

namespace {

using Ops = std::shared_ptr<const AggregateOps>;

double NumberAt(std::span<const std::optional<Value>> constants, size_t i, double fallback, std::string_view what) {
  if (i >= constants.size()) return fallback;
  if (!constants[i].has_value() || constants[i]->is_null()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "the {} must be a constant", what);
  }
  return constants[i]->floating();
}

// States are looked at more than once, over windows: what they hold is left as it is.
std::vector<Centroid> CopyOf(const ArenaBuffer& buffer) {
  std::vector<Centroid> centroids(buffer.size / sizeof(Centroid));
  if (buffer.size != 0) std::memcpy(centroids.data(), buffer.data, buffer.size);
  return centroids;
}

// percentile_approx: a t-digest whose newest values are centroids of their own until the buffer is full.
struct DigestKernel {
  using Input = double;
  struct State {
    ArenaBuffer centroids;
  };
  double fraction;
  double compression;

  void Add(State& state, double value, StateArena& arena) const {
    if (std::isnan(value)) return;
    Append(state, {value, 1}, arena);
  }
  void Merge(State& to, const State& from, StateArena& arena) const {
    const auto* centroids = reinterpret_cast<const Centroid*>(from.centroids.data);
    for (size_t i = 0; i < Count(from); ++i) Append(to, centroids[i], arena);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (Count(state) == 0) return out.AppendNull();
    std::vector<Centroid> centroids = CopyOf(state.centroids);
    const size_t count = CompressCentroids(centroids.data(), centroids.size(), compression);
    out.Append(QuantileOfCentroids(centroids.data(), count, fraction));
  }
  void Write(const State& state, ByteWriter& out) const { out.PutString(state.centroids.view()); }
  State Read(ByteReader& in, StateArena& arena) const {
    State state{};
    const std::string_view bytes = in.GetString();
    if (bytes.size() % sizeof(Centroid) != 0) ThrowBadState("percentile_approx");
    state.centroids.Append(bytes, arena);
    return state;
  }

 private:
  static size_t Count(const State& state) { return state.centroids.size / sizeof(Centroid); }
  void Append(State& state, const Centroid& centroid, StateArena& arena) const {
    const auto full = static_cast<size_t>(compression) * 8;
    if (Count(state) >= full) {
      const size_t count =
          CompressCentroids(reinterpret_cast<Centroid*>(state.centroids.data), Count(state), compression);
      state.centroids.size = static_cast<uint32_t>(count * sizeof(Centroid));
    }
    state.centroids.Append({reinterpret_cast<const char*>(&centroid), sizeof(centroid)}, arena);
  }
};

// percentile_union: the t-digest itself.
struct PercentileUnionKernel {
  using Input = StringRef;
  struct State {
    ArenaBuffer centroids;
    uint64_t has;
  };
  void Add(State& state, const StringRef& value, StateArena& arena) const { Append(state, value.view(), arena); }
  void Merge(State& to, const State& from, StateArena& arena) const {
    if (from.has != 0) Append(to, from.centroids.view(), arena);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.has == 0) return out.AppendNull();
    std::vector<Centroid> centroids = CopyOf(state.centroids);
    if (!centroids.empty()) {
      centroids.resize(CompressCentroids(centroids.data(), centroids.size(), kCompression));
    }
    out.AppendString({reinterpret_cast<const char*>(centroids.data()), centroids.size() * sizeof(Centroid)});
  }
  void Write(const State& state, ByteWriter& out) const {
    out.Put(static_cast<uint8_t>(state.has));
    out.PutString(state.centroids.view());
  }
  State Read(ByteReader& in, StateArena& arena) const {
    State state{};
    const bool has = in.Get<uint8_t>() != 0;
    const std::string_view bytes = in.GetString();
    if (has) Append(state, bytes, arena);
    return state;
  }

 private:
  static constexpr double kCompression = 1000;
  static constexpr size_t kBytesMax = static_cast<size_t>(kCompression) * 8 * sizeof(Centroid);
  static void Compress(State& state) {
    auto* centroids = reinterpret_cast<Centroid*>(state.centroids.data);
    const size_t count = state.centroids.size / sizeof(Centroid);
    if (count == 0) return;
    state.centroids.size = static_cast<uint32_t>(CompressCentroids(centroids, count, kCompression) * sizeof(Centroid));
  }
  static void Append(State& state, std::string_view bytes, StateArena& arena) {
    if (bytes.size() % sizeof(Centroid) != 0) {
      throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid percentile: {} bytes", bytes.size());
    }
    for (size_t at = 0; at < bytes.size(); at += sizeof(Centroid)) {
      const auto centroid = LoadUnaligned<Centroid>(bytes.data() + at);
      if (!std::isnan(centroid.mean) && centroid.weight > 0) continue;
      throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid percentile: weight {}", centroid.weight);
    }
    state.has = 1;
    state.centroids.Append(bytes, arena);
    if (state.centroids.size >= kBytesMax) Compress(state);
  }
};

// Buckets and their counts: those that came in last are not yet sorted in.
struct BucketCount {
  int32_t bucket;
  uint32_t unused;
  uint64_t count;
};

template <typename T>
struct DdSketchKernel {
  using Input = T;
  static constexpr bool kOfSketches = std::is_same_v<T, StringRef>;
  static constexpr size_t kPendingMax = 512;
  struct State {
    ArenaBuffer buckets;
    double accuracy;
    uint32_t sorted;
    uint32_t has;
  };
  double accuracy;

  void Add(State& state, const T& value, StateArena& arena) const {
    if constexpr (kOfSketches) {
      AddSketch(state, DdSketch::Deserialize(value.view()), arena);
    } else {
      const std::optional<int32_t> bucket = DdSketch::BucketOf(value, accuracy);
      if (!bucket.has_value()) return;
      Open(state, accuracy);
      Append(state, {*bucket, 0, 1}, arena);
    }
  }
  void Merge(State& to, const State& from, StateArena& arena) const {
    if (from.has == 0) return;
    Open(to, from.accuracy);
    const auto* buckets = reinterpret_cast<const BucketCount*>(from.buckets.data);
    for (size_t i = 0; i < Count(from); ++i) Append(to, buckets[i], arena);
  }
  void Finalize(const State& state, ColumnBuilder& out) const {
    if (state.has == 0) return out.AppendNull();
    out.AppendString(SketchOf(state).Serialize());
  }
  void Write(const State& state, ByteWriter& out) const {
    out.Put(static_cast<uint8_t>(state.has));
    if (state.has != 0) out.PutString(SketchOf(state).Serialize());
  }
  State Read(ByteReader& in, StateArena& arena) const {
    State state{};
    if (in.Get<uint8_t>() != 0) AddSketch(state, DdSketch::Deserialize(in.GetString()), arena);
    return state;
  }

 private:
  static size_t Count(const State& state) { return state.buckets.size / sizeof(BucketCount); }
  static void Open(State& state, double accuracy) {
    if (state.has == 0) state.accuracy = accuracy;
    state.has = 1;
    if (state.accuracy != accuracy) {
      throw Error::User(sqlstate::kInvalidParameterValue, "sketches of different accuracies: {} and {}",
                        double{state.accuracy}, accuracy);
    }
  }
  static void AddSketch(State& state, const DdSketch& sketch, StateArena& arena) {
    Open(state, sketch.accuracy());
    for (const auto& [bucket, count] : sketch.buckets()) Append(state, {bucket, 0, count}, arena);
  }
  static void Append(State& state, const BucketCount& bucket, StateArena& arena) {
    if (Count(state) - state.sorted >= kPendingMax && Count(state) >= size_t{state.sorted} * 2) Sort(state);
    state.buckets.Append({reinterpret_cast<const char*>(&bucket), sizeof(bucket)}, arena);
  }
  static void Sort(State& state) {
    auto* buckets = reinterpret_cast<BucketCount*>(state.buckets.data);
    const size_t count = Count(state);
    std::sort(buckets, buckets + count, [](const BucketCount& a, const BucketCount& b) { return a.bucket < b.bucket; });
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i) {
      if (kept != 0 && buckets[kept - 1].bucket == buckets[i].bucket) {
        buckets[kept - 1].count += buckets[i].count;
      } else {
        buckets[kept++] = buckets[i];
      }
    }
    state.buckets.size = static_cast<uint32_t>(kept * sizeof(BucketCount));
    state.sorted = static_cast<uint32_t>(kept);
  }
  static DdSketch SketchOf(const State& state) {
    DdSketch sketch(state.accuracy);
    const auto* buckets = reinterpret_cast<const BucketCount*>(state.buckets.data);
    for (size_t i = 0; i < Count(state); ++i) sketch.Add(buckets[i].bucket, buckets[i].count);
    return sketch;
  }
};

template <typename Make>
AggregateOverload Overload(std::vector<TypePattern> parameters, TypeKind result, Make make) {
  AggregateOverload overload;
  overload.parameters = std::move(parameters);
  overload.result = result;
  overload.make = [make](std::span<const Type>, const Type& type,
                         std::span<const std::optional<Value>> constants) -> Ops {
    return MakeUnary(make(constants), type);
  };
  return overload;
}

}  // namespace

void RegisterSketchAggregates(Registry& registry) {
  constexpr TypeKind kDouble = TypeKind::kDouble;
  constexpr TypeKind kBytes = TypeKind::kVarbinary;
  const auto digest = [](std::span<const std::optional<Value>> constants) {
    constexpr double kCompressionDefault = 1000;
    const double fraction = NumberAt(constants, 1, 0.5, "fraction of percentile_approx");
    if (!(fraction >= 0 && fraction <= 1)) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "percentile value {} is not between 0 and 1", fraction);
    }
    const double compression = NumberAt(constants, 2, kCompressionDefault, "compression of percentile_approx");
    if (!(compression >= 20 && compression <= 10'000)) {
      throw Error::User(sqlstate::kInvalidParameterValue, "compression must be from 20 to 10000: {}", compression);
    }
    return DigestKernel{fraction, compression};
  };
  AddAggregate(registry, {"percentile_approx", {"approx_percentile", "approx_quantile"}},
               "Value at a fraction of the ordered values, about; a third argument, the compression, makes it finer.",
               "percentile_approx(x, 0.5) FROM (VALUES (1), (2), (10)) t(x)", "2",
               {Overload({kDouble, kDouble}, kDouble, digest), Overload({kDouble, kDouble, kDouble}, kDouble, digest)});

  AddAggregate(
      registry, "percentile_union", "The quantile sketch (percentile) of the values of all sketches.",
      "percentile_approx_raw(percentile_union(percentile_hash(x)), 0.5) FROM (VALUES (1), (2), (3)) t(x)", "2",
      {Overload({TypeKind::kPercentile}, TypeKind::kPercentile, [](auto) { return PercentileUnionKernel{}; })});

  const auto sketch = [](std::span<const std::optional<Value>> constants) {
    return DdSketchKernel<double>{
        DdSketch(NumberAt(constants, 1, DdSketch::kAccuracyDefault, "accuracy of ddsketch")).accuracy()};
  };
  AddAggregate(
      registry, "ddsketch",
      "A quantile sketch of the values with a relative accuracy of 0.01, or as said: for ddsketch_quantile and "
      "ddsketch_merge.",
      "ddsketch(x) FROM (VALUES (0)) t(x)", "\\x017b14ae47e17a843f010001",
      {Overload({kDouble}, kBytes, sketch), Overload({kDouble, kDouble}, kBytes, sketch)});

  AddAggregate(registry, "ddsketch_merge", "The quantile sketch of the values of all sketches.",
               "ddsketch_merge(s) FROM (SELECT ddsketch(0) AS s) t", "\\x017b14ae47e17a843f010001",
               {Overload({kBytes}, kBytes, [](auto) { return DdSketchKernel<StringRef>{0}; })});
}

}  // namespace weir
