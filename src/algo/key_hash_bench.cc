// Hashing of keys: key_hash_bench.
#include "algo/key_hash.h"

#include "algo/random_columns.h"
#include "base/kernel_bench.h"

namespace weir {
namespace {

constexpr size_t kRows = kChunkRowsDefault;

ColumnPtr Numbers(RandomColumns& random) {
  FlatWriter<int64_t> out(TypeKind::kInt64, kRows);
  for (size_t i = 0; i < kRows; ++i) out.Set(i, static_cast<int64_t>(random.Next()));
  return out.Finish();
}

ColumnPtr Texts(RandomColumns& random, size_t length) {
  FlatWriter<StringRef> out(TypeKind::kVarchar, kRows);
  for (size_t i = 0; i < kRows; ++i) {
    std::string text = std::to_string(random.Next());
    text.resize(length, 'x');
    out.SetString(i, text);
  }
  return out.Finish();
}

ColumnPtr Coded(RandomColumns& random, const ColumnPtr& base) {
  auto indices = Buffer::Allocate(kRows * sizeof(uint32_t));
  for (size_t i = 0; i < kRows; ++i) indices->as<uint32_t>()[i] = static_cast<uint32_t>(random.Below(1000));
  return Column::Dictionary(base, std::move(indices), kRows);
}

void Run() {
  KernelBench bench;
  RandomColumns random(1);
  std::vector<uint64_t> hashes(kRows);
  const auto measure = [&](const char* name, const std::vector<ColumnPtr>& keys, size_t bytes_per_row) {
    KeyHasher hasher;
    bench.Measure(name, kRows, kRows * bytes_per_row, [&] { hasher.Hash(keys, RowSet::All(kRows), hashes.data()); });
  };
  const ColumnPtr number = Numbers(random);
  measure("int64", {number}, 8);
  measure("two int64", {number, Numbers(random)}, 16);
  measure("texts of 8", {Texts(random, 8)}, 16);
  measure("texts of 20", {Texts(random, 20)}, 36);
  measure("texts of 200", {Texts(random, 200)}, 216);
  measure("texts of 20, dictionary", {Coded(random, Texts(random, 20))}, 4);
  measure("int64 and texts of 20", {number, Texts(random, 20)}, 44);
}

}  // namespace
}  // namespace weir

int main() {
  weir::Run();
  return 0;
}
