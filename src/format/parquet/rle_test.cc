#include "format/parquet/rle.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/bits.h"
#include "format/parquet/bit_unpack.h"

namespace weir::parquet {
namespace {

// LSB-first packing, bit by bit.
std::vector<uint8_t> Pack(const std::vector<uint64_t>& values, int width) {
  std::vector<uint8_t> out((values.size() * static_cast<size_t>(width) + 7) / 8 + kReadPadding);
  size_t at = 0;
  for (const uint64_t value : values) {
    for (int b = 0; b < width; ++b, ++at) out[at / 8] |= static_cast<uint8_t>((value >> b & 1) << (at % 8));
  }
  return out;
}

TEST(BitUnpack, EveryWidthMatchesTheScalarCode) {
  std::mt19937_64 random(1);
  for (int width = 0; width <= 64; ++width) {
    for (const size_t count : {8u, 16u, 24u, 40u, 264u}) {
      std::vector<uint64_t> values(count);
      for (auto& value : values) value = width == 0 ? 0 : random() >> (64 - width);
      const auto packed = Pack(values, width);
      std::vector<uint64_t> wide(count), wide_scalar(count);
      UnpackBits64(packed.data(), width, count, wide.data());
      EXPECT_EQ(wide, values) << width;
      UnpackBits64Scalar(packed.data(), width, count, wide_scalar.data());
      EXPECT_EQ(wide_scalar, values) << width;
      if (width > 32) continue;
      std::vector<uint32_t> narrow(count), narrow_scalar(count);
      UnpackBits(packed.data(), width, count, narrow.data());
      UnpackBitsScalar(packed.data(), width, count, narrow_scalar.data());
      EXPECT_TRUE(std::ranges::equal(narrow, values)) << width;
      EXPECT_TRUE(std::ranges::equal(narrow_scalar, values)) << width;
    }
  }
}

TEST(BitUnpack, BoolsAndBitsAtAnyOffset) {
  std::mt19937_64 random(2);
  std::vector<uint64_t> bits(300);
  for (auto& bit : bits) bit = random() & 1;
  const auto packed = Pack(bits, 1);
  for (size_t from = 0; from < 70; ++from) {
    for (const size_t count : {0u, 1u, 7u, 8u, 63u, 64u, 65u, 130u, 200u}) {
      std::vector<uint8_t> bools(count + 1, 9);
      UnpackBools(packed.data(), from, count, bools.data());
      for (size_t i = 0; i < count; ++i) ASSERT_EQ(bools[i], bits[from + i]);
      EXPECT_EQ(bools[count], 9);
      const size_t offset = (from * 7) % 100;
      std::vector<uint64_t> words(6);
      const size_t ones = AppendBits(packed.data(), from, count, words.data(), offset);
      size_t expected = 0;
      for (size_t i = 0; i < count; ++i) {
        expected += bits[from + i];
        ASSERT_EQ(GetBit(words.data(), offset + i), bits[from + i] != 0);
      }
      EXPECT_EQ(ones, expected);
      EXPECT_EQ(CountBits(words.data(), 384), expected);
    }
  }
}

// Runs and packed groups of random lengths.
struct Stream {
  std::vector<uint8_t> bytes;
  std::vector<uint32_t> values;
};

Stream MakeStream(int width, uint64_t seed, size_t runs) {
  std::mt19937_64 random(seed);
  Stream out;
  const auto varint = [&](uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.bytes.push_back(static_cast<uint8_t>(value | 0x80));
    out.bytes.push_back(static_cast<uint8_t>(value));
  };
  const auto value = [&] { return width == 0 ? 0u : static_cast<uint32_t>(random() >> (64 - width)); };
  for (size_t r = 0; r < runs; ++r) {
    if (random() % 2 == 0) {
      const size_t length = 1 + random() % 200;
      const uint32_t v = value();
      varint(length << 1);
      for (int b = 0; b < (width + 7) / 8; ++b) out.bytes.push_back(static_cast<uint8_t>(v >> (8 * b)));
      out.values.insert(out.values.end(), length, v);
    } else {
      const size_t groups = 1 + random() % 40;
      varint(groups << 1 | 1);
      std::vector<uint64_t> packed(groups * 8);
      for (auto& v : packed) out.values.push_back(static_cast<uint32_t>(v = value()));
      const auto bytes = Pack(packed, width);
      out.bytes.insert(out.bytes.end(), bytes.begin(), bytes.end() - kReadPadding);
    }
  }
  return out;
}

ByteSpan Padded(std::vector<uint8_t>& bytes) {
  const size_t size = bytes.size();
  bytes.resize(size + kReadPadding, 0xEE);
  return {bytes.data(), size};
}

TEST(RleDecoder, DecodesAndSkipsInAnyPieces) {
  for (int width = 0; width <= 32; ++width) {
    Stream stream = MakeStream(width, 100 + static_cast<uint64_t>(width), 30);
    const ByteSpan bytes = Padded(stream.bytes);
    std::mt19937_64 random(7);
    RleDecoder decoder(bytes, width);
    size_t at = 0;
    while (at < stream.values.size()) {
      const size_t take = std::min<size_t>(1 + random() % 100, stream.values.size() - at);
      switch (random() % 5) {
        case 0:
          decoder.Skip(take);
          break;
        case 4: {
          std::vector<uint32_t> rows;
          for (size_t i = random() % 9; i < take; i += 1 + random() % 20) rows.push_back(static_cast<uint32_t>(i));
          std::vector<uint32_t> out(rows.size());
          decoder.DecodeSelected(out.data(), rows, take);
          for (size_t i = 0; i < rows.size(); ++i) ASSERT_EQ(out[i], stream.values[at + rows[i]]) << width;
          break;
        }
        case 1: {
          const uint32_t wanted = stream.values[at];
          const auto expected = std::count(stream.values.begin() + static_cast<ptrdiff_t>(at),
                                           stream.values.begin() + static_cast<ptrdiff_t>(at + take), wanted);
          EXPECT_EQ(decoder.SkipCounting(take, wanted), static_cast<size_t>(expected));
          break;
        }
        case 2:
          if (width <= 8) {
            std::vector<uint8_t> out(take);
            decoder.DecodeBytes(out.data(), take);
            for (size_t i = 0; i < take; ++i) ASSERT_EQ(out[i], stream.values[at + i]);
            break;
          }
          [[fallthrough]];
        default: {
          std::vector<uint32_t> out(take);
          decoder.Decode(out.data(), take);
          for (size_t i = 0; i < take; ++i) ASSERT_EQ(out[i], stream.values[at + i]) << width << " " << at + i;
        }
      }
      at += take;
    }
    uint32_t one;
    EXPECT_THROW(decoder.Decode(&one, 1), Error);
  }
}

TEST(RleDecoder, BitsAtAnyOffset) {
  Stream stream = MakeStream(1, 5, 40);
  const ByteSpan bytes = Padded(stream.bytes);
  RleDecoder decoder(bytes, 1);
  std::vector<uint64_t> words(WordsForBits(stream.values.size() + 13));
  size_t ones = 0;
  for (size_t at = 0; at < stream.values.size();) {
    const size_t take = std::min<size_t>(77, stream.values.size() - at);
    ones += decoder.DecodeBits(words.data(), at + 13, take);
    at += take;
  }
  for (size_t i = 0; i < stream.values.size(); ++i) ASSERT_EQ(GetBit(words.data(), i + 13), stream.values[i] == 1);
  EXPECT_EQ(ones, CountBits(words.data(), words.size() * 64));
}

TEST(RleDecoder, BadHeadersAreRefused) {
  uint32_t out[8];
  EXPECT_THROW(RleDecoder({}, 33), Error);
  std::vector<uint8_t> endless(12, 0xFF);
  EXPECT_THROW(RleDecoder(Padded(endless), 3).Decode(out, 1), Error);
  std::vector<uint8_t> cut = {0x04};  // a run without its value
  EXPECT_THROW(RleDecoder(Padded(cut), 3).Decode(out, 1), Error);
  std::vector<uint8_t> wide = {0x04, 0x08};  // 8 does not fit into three bits
  EXPECT_THROW(RleDecoder(Padded(wide), 3).Decode(out, 1), Error);
  std::vector<uint8_t> empty_runs = {0x00, 0x01, 0x00, 0x01};
  EXPECT_THROW(RleDecoder(Padded(empty_runs), 3).Decode(out, 1), Error);
  std::vector<uint8_t> short_group = {0x03, 0xFF, 0xFF};  // 16 of 24 bits: five values
  RleDecoder decoder(Padded(short_group), 3);
  decoder.Decode(out, 5);
  EXPECT_EQ(out[4], 7u);
  EXPECT_THROW(decoder.Decode(out, 1), Error);
}

}  // namespace
}  // namespace weir::parquet
