#include "format/parquet/codec.h"

#include <gtest/gtest.h>

namespace weir::parquet {
namespace {

constexpr CompressionCodec kCodecs[] = {
    CompressionCodec::kUncompressed, CompressionCodec::kSnappy, CompressionCodec::kGzip,  CompressionCodec::kBrotli,
    CompressionCodec::kLz4,          CompressionCodec::kZstd,   CompressionCodec::kLz4Raw};

std::string Text(size_t size) {
  std::string out;
  for (size_t i = 0; out.size() < size; ++i) out += fmt::format("{} row {} ", i % 7, i * i % 1013);
  out.resize(size);
  return out;
}

class Codec : public testing::TestWithParam<CompressionCodec> {};

TEST_P(Codec, RoundTripsAndAppends) {
  for (const size_t size : {1u, 3u, 100u, 70'000u}) {
    const std::string text = Text(size);
    std::string packed = "head";
    Compress(GetParam(), kCodecLevelDefault, AsBytes(text), packed);
    ASSERT_EQ(packed.substr(0, 4), "head");
    std::string back(size, '\0');
    Decompress(GetParam(), AsBytes(packed).subspan(4), {reinterpret_cast<uint8_t*>(back.data()), size});
    EXPECT_EQ(back, text);
    CheckCompressionRatio(GetParam(), packed.size() - 4, size);
  }
}

TEST_P(Codec, RefusesWrongSizesAndCutData) {
  const std::string text = Text(5000);
  std::string packed;
  Compress(GetParam(), kCodecLevelDefault, AsBytes(text), packed);
  std::string back(6000, '\0');
  const auto into = [&](size_t size) { return std::span<uint8_t>(reinterpret_cast<uint8_t*>(back.data()), size); };
  EXPECT_THROW(Decompress(GetParam(), AsBytes(packed), into(4999)), Error);
  EXPECT_THROW(Decompress(GetParam(), AsBytes(packed), into(5001)), Error);
  EXPECT_THROW(Decompress(GetParam(), AsBytes(packed).first(packed.size() / 2), into(5000)), Error);
  EXPECT_THROW(Decompress(GetParam(), {}, into(5000)), Error);
}

INSTANTIATE_TEST_SUITE_P(All, Codec, testing::ValuesIn(kCodecs));

TEST(CodecRatio, ImplausibleSizesAreRefused) {
  EXPECT_THROW(CheckCompressionRatio(CompressionCodec::kSnappy, 100, 1 << 30), Error);
  EXPECT_THROW(CheckCompressionRatio(CompressionCodec::kUncompressed, 100, 1 << 20), Error);
  EXPECT_NO_THROW(CheckCompressionRatio(CompressionCodec::kZstd, 600, 16 << 20));
}

TEST(CodecLzo, IsUnsupported) {
  uint8_t out[4];
  const uint8_t in[4] = {};
  EXPECT_FALSE(IsCodecSupported(CompressionCodec::kLzo));
  EXPECT_THROW(Decompress(CompressionCodec::kLzo, in, out), Error);
}

}  // namespace
}  // namespace weir::parquet
