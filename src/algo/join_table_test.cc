#include "algo/join_table.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "algo/random_columns.h"

namespace weir {
namespace {

using Pairs = std::map<std::pair<size_t, int64_t>, int>;  // (probe row, build row number) -> how often

struct Case {
  std::vector<Type> types;
  uint64_t domain = 20;
  uint64_t null_one_in = 6;
  size_t build_rows = 300;
  size_t probe_rows = 200;
  bool null_equal = false;
  bool keep_null_keys = false;
};

// Builds from three collectors, probes every way, and compares with nested loops.
void Check(const Case& c, uint64_t seed) {
  SCOPED_TRACE(fmt::format("{} x{} seed {} domain {} build {}", c.types[0].ToString(), c.types.size(), seed, c.domain,
                           c.build_rows));
  RandomColumns random(seed);
  JoinTableSpec spec{c.types, {TypeKind::kInt64, TypeKind::kVarchar}, {}, c.keep_null_keys};
  if (c.null_equal) spec.null_equal.assign(c.types.size(), true);
  const auto root = MemoryTracker::CreateRoot("test");
  ColumnPtr kept;
  {
    JoinTable table(spec, root);
    std::vector<std::vector<Value>> build;
    for (int k = 0; k < 3; ++k) {
      auto collector = table.MakeCollector();
      for (int i = 0; i < 2; ++i) {
        const Chunk chunk = random.ChunkOf(c.types, c.build_rows, c.domain, c.null_one_in);
        FlatWriter<int64_t> numbers(TypeKind::kInt64, chunk.size());
        FlatWriter<StringRef> names(TypeKind::kVarchar, chunk.size());
        chunk.rows().ForEach([&](size_t row) {
          numbers.Set(row, static_cast<int64_t>(build.size()));
          names.SetString(row, "build row number " + std::to_string(build.size()));
          build.push_back(RowOfValues(chunk.columns(), row));
        });
        const std::vector<ColumnPtr> payload = {numbers.Finish(), names.Finish()};
        collector->Append(chunk.columns(), payload, chunk.rows());
      }
      table.AddCollector(std::move(collector));
    }
    table.PrepareBuild();
    for (size_t t = 0; t < table.build_task_count(); ++t) table.RunBuildTask(t);

    const auto has_bad_null = [&](const std::vector<Value>& row) {
      return !c.null_equal && std::any_of(row.begin(), row.end(), [](const Value& v) { return v.is_null(); });
    };
    size_t with_null = 0;
    for (const auto& row : build) with_null += has_bad_null(row);
    EXPECT_EQ(table.has_null_key(), with_null != 0);
    EXPECT_EQ(table.key_row_count(), build.size() - with_null);
    EXPECT_EQ(table.row_count(), c.keep_null_keys ? build.size() : build.size() - with_null);

    const ValueRowLess less;
    JoinProbe probe(table);
    std::vector<bool> build_matched(build.size());
    for (int round = 0; round < 3; ++round) {
      const Chunk chunk = random.ChunkOf(c.types, c.probe_rows, c.domain, c.null_one_in);
      Pairs want;
      Selection want_exists;
      Selection want_anti;
      chunk.rows().ForEach([&](size_t row) {
        const std::vector<Value> key = RowOfValues(chunk.columns(), row);
        bool any = false;
        for (size_t b = 0; b < build.size(); ++b) {
          if (has_bad_null(key) || has_bad_null(build[b])) continue;
          if (less(key, build[b]) || less(build[b], key)) continue;
          ++want[{row, static_cast<int64_t>(b)}];
          build_matched[b] = true;
          any = true;
        }
        (any ? want_exists : want_anti).push_back(static_cast<uint32_t>(row));
      });

      Pairs got;
      const size_t capacity = 1 + random.Below(50);
      std::vector<uint32_t> probe_rows(capacity);
      std::vector<const uint8_t*> build_rows(capacity);
      probe.Start(chunk.columns(), chunk.rows());
      while (const size_t n = probe.Next(capacity, probe_rows.data(), build_rows.data())) {
        ASSERT_LE(n, capacity);
        const ColumnPtr numbers = table.GatherPayload(0, build_rows.data(), n);
        kept = table.GatherPayload(1, build_rows.data(), n);
        kept->Verify();
        for (size_t i = 0; i < n; ++i) {
          const int64_t number = numbers->GetValue(i).integer();
          ++got[{probe_rows[i], number}];
          ASSERT_EQ(kept->GetValue(i).bytes(), "build row number " + std::to_string(number));
        }
        for (size_t k = 0; k < c.types.size(); ++k) {
          const ColumnPtr key = table.GatherKey(k, build_rows.data(), n);
          for (size_t i = 0; i < n; ++i) {
            const Value& original = build[static_cast<size_t>(numbers->GetValue(i).integer())][k];
            ASSERT_EQ(key->IsNull(i), original.is_null());
            if (!original.is_null()) {
              ASSERT_EQ(Value::Compare(key->GetValue(i), original), 0);
            }
          }
        }
        table.MarkMatched(build_rows.data(), n);
      }
      EXPECT_EQ(got, want);

      Selection exists;
      probe.Exists(chunk.columns(), chunk.rows(), false, exists);
      EXPECT_EQ(exists, want_exists);
      probe.Exists(chunk.columns(), chunk.rows(), true, exists);
      EXPECT_EQ(exists, want_anti);

      std::vector<const uint8_t*> first(chunk.row_count());
      probe.First(chunk.columns(), chunk.rows(), first.data());
      const ColumnPtr numbers = table.GatherPayload(0, first.data(), first.size());
      for (size_t i = 0; i < first.size(); ++i) {
        const size_t row = chunk.rows()[i];
        const bool any = std::binary_search(want_exists.begin(), want_exists.end(), row);
        ASSERT_EQ(numbers->IsNull(i), !any);
        if (any) {
          ASSERT_TRUE(want.contains({row, numbers->GetValue(i).integer()}));
        }
      }
    }

    std::vector<const uint8_t*> unmatched;
    size_t block_rows = 0;
    for (size_t b = 0; b < table.block_count(); ++b) {
      table.RowsOf(b, false, unmatched);
      block_rows += table.BlockRows(b);
      std::vector<uint64_t> hashes(table.BlockRows(b));
      table.HashesOf(b, hashes.data());
    }
    EXPECT_EQ(block_rows, table.row_count());
    const ColumnPtr numbers = table.GatherPayload(0, unmatched.data(), unmatched.size());
    std::vector<int64_t> got_unmatched;
    for (size_t i = 0; i < unmatched.size(); ++i) got_unmatched.push_back(numbers->GetValue(i).integer());
    std::sort(got_unmatched.begin(), got_unmatched.end());
    std::vector<int64_t> want_unmatched;
    for (size_t b = 0; b < build.size(); ++b) {
      if (!build_matched[b] && (c.keep_null_keys || !has_bad_null(build[b]))) {
        want_unmatched.push_back(static_cast<int64_t>(b));
      }
    }
    EXPECT_EQ(got_unmatched, want_unmatched);
  }
  EXPECT_EQ(root->used_bytes(), 0);
  // Strings outlive the table.
  if (kept != nullptr && kept->size() != 0) {
    EXPECT_EQ(kept->GetValue(0).bytes().substr(0, 16), "build row number");
  }
}

TEST(JoinTable, EveryTypeAndEncoding) {
  uint64_t seed = 1;
  for (const Type& type : RandomColumns::AllTypes()) {
    Check({.types = {type}}, seed++);
    Check({.types = {type}, .domain = 200, .null_one_in = 0}, seed++);
    Check({.types = {type}, .null_equal = true}, seed++);
    Check({.types = {type}, .keep_null_keys = true}, seed++);
  }
}

TEST(JoinTable, SeveralKeys) {
  const std::vector<Type> all = RandomColumns::AllTypes();
  for (uint64_t seed = 100; seed < 130; ++seed) {
    RandomColumns random(seed);
    Case c;
    const size_t count = 2 + random.Below(2);
    for (size_t i = 0; i < count; ++i) c.types.push_back(all[random.Below(all.size())]);
    c.domain = 1 + random.Below(8);
    c.null_equal = random.OneIn(3);
    c.keep_null_keys = random.OneIn(2);
    c.build_rows = 100;
    c.probe_rows = 3 + random.Below(200);
    Check(c, seed);
  }
}

TEST(JoinTable, EmptyBuildAndProbe) {
  Check({.types = {TypeKind::kInt64}, .build_rows = 0}, 1);
  Check({.types = {TypeKind::kVarchar}, .build_rows = 0}, 2);
  Check({.types = {TypeKind::kInt64}, .probe_rows = 0}, 3);
}

TEST(JoinTable, NoKeysIsACrossJoin) {
  JoinTable table({{}, {TypeKind::kInt64}, {}, false}, nullptr);
  auto collector = table.MakeCollector();
  const ColumnPtr payload = Column::Constant(Value::Int64(1), 10);
  collector->Append({}, {&payload, 1}, RowSet::All(10));
  table.AddCollector(std::move(collector));
  table.PrepareBuild();
  for (size_t t = 0; t < table.build_task_count(); ++t) table.RunBuildTask(t);
  JoinProbe probe(table);
  probe.Start({}, RowSet::All(7));
  std::vector<uint32_t> rows(16);
  std::vector<const uint8_t*> build(16);
  size_t total = 0;
  while (const size_t n = probe.Next(16, rows.data(), build.data())) total += n;
  EXPECT_EQ(total, 70U);
}

ColumnPtr Integers(size_t count, const std::function<int64_t(size_t)>& value) {
  FlatWriter<int64_t> writer(TypeKind::kInt64, count);
  for (size_t i = 0; i < count; ++i) writer.Set(i, value(i));
  return writer.Finish();
}

// Many rows, built by several threads at once; dense and sparse keys, unique and not.
TEST(JoinTable, ParallelBuild) {
  for (const int64_t spread : {int64_t{1}, int64_t{1'000'003}}) {
    for (const int64_t repeat : {1, 3}) {
      JoinTable table({{TypeKind::kInt64}, {TypeKind::kInt64}, {}, false}, nullptr);
      constexpr size_t kRows = 200'000;
      {
        std::vector<std::jthread> threads;
        for (size_t t = 0; t < 3; ++t) {
          threads.emplace_back([&, t] {
            auto collector = table.MakeCollector();
            for (size_t begin = 0; begin < kRows; begin += 4000) {
              const ColumnPtr key =
                  Integers(4000, [&](size_t i) { return static_cast<int64_t>((begin + i) * 3 + t) / repeat * spread; });
              collector->Append({&key, 1}, {&key, 1}, RowSet::All(4000));
            }
            table.AddCollector(std::move(collector));
          });
        }
      }
      table.PrepareBuild();
      EXPECT_EQ(table.is_dense(), spread == 1);
      std::atomic<size_t> next{0};
      {
        std::vector<std::jthread> threads;
        for (size_t t = 0; t < 3; ++t) {
          threads.emplace_back([&] {
            for (size_t task = next++; task < table.build_task_count(); task = next++) table.RunBuildTask(task);
          });
        }
      }
      EXPECT_EQ(table.keys_known_unique(), spread == 1 && repeat == 1);
      EXPECT_EQ(table.min_key(), 0);
      JoinProbe probe(table);
      std::vector<uint32_t> rows(4096);
      std::vector<const uint8_t*> build(4096);
      size_t total = 0;
      for (int64_t begin = 0; begin < 700'000; begin += 4000) {
        const ColumnPtr key = Integers(4000, [&](size_t i) { return (begin + static_cast<int64_t>(i)) * spread; });
        probe.Start({&key, 1}, RowSet::All(4000));
        while (const size_t n = probe.Next(4096, rows.data(), build.data())) {
          const ColumnPtr payload = table.GatherPayload(0, build.data(), n);
          for (size_t i = 0; i < n; ++i) {
            ASSERT_EQ(payload->values<int64_t>()[i], key->values<int64_t>()[rows[i]]);
          }
          total += n;
        }
      }
      EXPECT_EQ(total, 3 * kRows);
    }
  }
}

}  // namespace
}  // namespace weir
