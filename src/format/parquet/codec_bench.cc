// Unpacking and decompression: codec_bench.
#include "format/parquet/codec.h"

#include <random>
#include <string>
#include <vector>

#include "base/kernel_bench.h"
#include "format/parquet/bit_unpack.h"

namespace weir::parquet {
namespace {

constexpr size_t kValues = size_t{1} << 16;

void Unpacking(KernelBench& bench) {
  std::mt19937_64 random(1);
  std::vector<uint8_t> packed(kValues * 8 + kReadPadding);
  for (uint8_t& byte : packed) byte = static_cast<uint8_t>(random());
  std::vector<uint32_t> out(kValues);
  std::vector<uint64_t> wide(kValues);
  for (const int width : {1, 2, 3, 5, 8, 11, 17, 25, 32}) {
    bench.Measure(("unpack " + std::to_string(width) + " bits").c_str(), kValues, kValues * sizeof(uint32_t),
                  [&] { UnpackBits(packed.data(), width, kValues, out.data()); });
  }
  for (const int width : {9, 40, 60}) {
    bench.Measure(("unpack " + std::to_string(width) + " bits to 64").c_str(), kValues, kValues * sizeof(uint64_t),
                  [&] { UnpackBits64(packed.data(), width, kValues, wide.data()); });
  }
}

// Text as columns have it: words from a small set, between numbers.
std::string SomeText(size_t bytes) {
  static constexpr const char* kWords[] = {"carefully", "final", "deposits", "detect",
                                           "slyly",     "agai",  "quickly",  "bold"};
  std::mt19937_64 random(1);
  std::string out;
  while (out.size() < bytes) {
    out += kWords[random() % std::size(kWords)];
    out += random() % 5 == 0 ? std::to_string(random() % 100'000) : " ";
  }
  out.resize(bytes);
  return out;
}

// Small numbers in eight bytes each.
std::string SomeNumbers(size_t bytes) {
  std::mt19937_64 random(1);
  std::string out;
  while (out.size() < bytes) {
    const uint64_t value = random() % 10'000;
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  return out;
}

void Decompression(KernelBench& bench) {
  const std::pair<const char*, CompressionCodec> codecs[] = {{"snappy", CompressionCodec::kSnappy},
                                                             {"lz4", CompressionCodec::kLz4Raw},
                                                             {"zstd", CompressionCodec::kZstd},
                                                             {"gzip", CompressionCodec::kGzip}};
  const std::pair<const char*, std::string> inputs[] = {{"text", SomeText(size_t{1} << 20)},
                                                        {"numbers", SomeNumbers(size_t{1} << 20)}};
  for (const auto& [codec_name, codec] : codecs) {
    for (const auto& [input_name, input] : inputs) {
      std::string compressed;
      Compress(codec, kCodecLevelDefault, {reinterpret_cast<const uint8_t*>(input.data()), input.size()}, compressed);
      compressed.append(kReadPadding, '\0');
      const ByteSpan in(reinterpret_cast<const uint8_t*>(compressed.data()), compressed.size() - kReadPadding);
      std::vector<uint8_t> out(input.size());
      const std::string name =
          std::string(codec_name) + " " + input_name + ", to a part of " +
          std::to_string(static_cast<double>(in.size()) / static_cast<double>(input.size())).substr(0, 4);
      bench.Measure((name + ", per byte").c_str(), input.size(), input.size(), [&] { Decompress(codec, in, out); });
    }
  }
}

}  // namespace
}  // namespace weir::parquet

int main() {
  weir::KernelBench bench;
  weir::parquet::Unpacking(bench);
  weir::parquet::Decompression(bench);
  return 0;
}
