#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "algo/bloom_filter.h"
#include "algo/hyper_log_log.h"
#include "algo/key_hash.h"
#include "algo/random_columns.h"
#include "base/hash.h"

namespace weir {
namespace {

std::vector<uint64_t> Hashes(uint64_t from, size_t count) {
  std::vector<uint64_t> out(count);
  for (size_t i = 0; i < count; ++i) out[i] = HashInt(from + i);
  return out;
}

TEST(BloomFilter, FindsAllAndFewOthers) {
  for (const size_t keys : {size_t{1}, size_t{1000}, size_t{100'000}, size_t{1'000'000}}) {
    BloomFilter filter(keys);
    const auto in = Hashes(0, keys);
    filter.Insert(in.data(), in.size());
    std::vector<uint32_t> out(std::max<size_t>(keys, 200'000));
    EXPECT_EQ(filter.Probe(in.data(), in.size(), out.data()), keys);
    const auto others = Hashes(1'000'000'000, 200'000);
    const size_t wrong = filter.Probe(others.data(), others.size(), out.data());
    EXPECT_LT(static_cast<double>(wrong) / 200'000, 0.01) << keys;
    for (size_t i = 0; i < wrong; ++i) EXPECT_TRUE(filter.MayContain(others[out[i]]));
  }
}

TEST(BloomFilter, ThreadsMergeAndTravel) {
  const auto in = Hashes(0, 40'000);
  BloomFilter together(in.size());
  {
    std::vector<std::jthread> threads;
    for (size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] { together.InsertAtomic(in.data() + t * 10'000, 10'000); });
    }
  }
  BloomFilter a(in.size());
  BloomFilter b(in.size());
  a.Insert(in.data(), 20'000);
  b.Insert(in.data() + 20'000, 20'000);
  a.Merge(b);
  ByteWriter one;
  ByteWriter two;
  together.Serialize(one);
  a.Serialize(two);
  EXPECT_EQ(one.buffer(), two.buffer());
  ByteReader reader(one.buffer());
  const BloomFilter back = BloomFilter::Deserialize(reader);
  for (const uint64_t hash : in) ASSERT_TRUE(back.MayContain(hash));
  for (size_t cut = 0; cut < 40; ++cut) {
    ByteReader broken(std::string_view(one.buffer()).substr(0, cut));
    EXPECT_THROW(BloomFilter::Deserialize(broken), Error);
  }
}

TEST(BloomFilter, SizeIsBounded) {
  const BloomFilter filter(1'000'000'000, nullptr, 1 << 20);
  EXPECT_EQ(filter.size_bytes(), size_t{1} << 20);
}

TEST(HyperLogLog, EstimatesWithinThreeErrors) {
  for (const size_t count : {size_t{0}, size_t{1}, size_t{500}, size_t{1024}, size_t{1500}, size_t{20'000},
                             size_t{100'000}, size_t{2'000'000}}) {
    HyperLogLog sketch;
    const auto hashes = Hashes(count * 7, count);
    sketch.Add(hashes.data(), count);
    sketch.Add(hashes.data(), count / 2);  // repetitions do not count
    EXPECT_NEAR(sketch.Estimate(), static_cast<double>(count), 0.0244 * static_cast<double>(count) + 0.01) << count;
    if (count <= 1024) {
      EXPECT_EQ(sketch.Count(), count);
    }
  }
}

TEST(HyperLogLog, MergesAndTravels) {
  for (const auto& [first, second] :
       {std::pair<size_t, size_t>{10, 20}, {10, 50'000}, {50'000, 10}, {40'000, 50'000}, {900, 900}}) {
    HyperLogLog a;
    HyperLogLog b;
    HyperLogLog all;
    const auto in_a = Hashes(0, first);
    const auto in_b = Hashes(first / 2, second);
    a.Add(in_a.data(), first);
    b.Add(in_b.data(), second);
    all.Add(in_a.data(), first);
    all.Add(in_b.data(), second);
    HyperLogLog merged = HyperLogLog::Deserialize(a.Serialize());
    merged.Merge(HyperLogLog::Deserialize(b.Serialize()));
    EXPECT_EQ(merged.Count(), all.Count());
    const std::string bytes = merged.Serialize();
    EXPECT_EQ(HyperLogLog::Deserialize(bytes).Count(), all.Count());
    for (size_t cut = 0; cut < bytes.size(); cut += 1 + bytes.size() / 50) {
      EXPECT_THROW(HyperLogLog::Deserialize(bytes.substr(0, cut)), Error);
    }
    EXPECT_THROW(HyperLogLog::Deserialize(bytes + "x"), Error);
  }
}

TEST(KeyHasher, EncodingsHashAlike) {
  RandomColumns random(4);
  for (const Type& type : RandomColumns::AllTypes()) {
    KeyHasher hasher;
    for (int i = 0; i < 8; ++i) {
      const Chunk chunk = random.ChunkOf({type, TypeKind::kInt32}, 300, 30, 6);
      const Chunk flat = chunk.Flatten();
      std::vector<uint64_t> a(chunk.row_count());
      std::vector<uint64_t> b(chunk.row_count());
      hasher.Hash(chunk.columns(), chunk.rows(), a.data());
      KeyHasher().Hash(flat.columns(), flat.rows(), b.data());
      EXPECT_EQ(a, b) << type.ToString();
    }
  }
}

TEST(KeyHasher, PartitionsAreEven) {
  constexpr int kBits = 6;
  std::vector<size_t> counts(1 << kBits);
  for (const uint64_t hash : Hashes(0, 64'000)) ++counts[HashPartition(hash, kBits)];
  for (const size_t count : counts) EXPECT_NEAR(static_cast<double>(count), 1000, 150);
  EXPECT_EQ(HashPartition(~uint64_t{0}, 0), 0U);
}

}  // namespace
}  // namespace weir
