#include "format/parquet/value_decoder.h"

#include <gtest/gtest.h>

#include <random>

#include "format/parquet/bit_unpack.h"

namespace weir::parquet {
namespace {

// Bytes with the padding that decoders may read.
class Padded {
 public:
  explicit Padded(std::string bytes) : size_(bytes.size()), bytes_(std::move(bytes)) {
    bytes_.resize(size_ + kReadPadding, '\x5A');
  }
  ByteSpan span() const { return AsBytes(std::string_view(bytes_)).first(size_); }

 private:
  size_t size_;
  std::string bytes_;
};

// An encoder of deltas as plain as can be: one block of four miniblocks for each 128 values.
std::string EncodeDeltas(const std::vector<int64_t>& values) {
  ByteWriter out;
  out.PutVarint(128);
  out.PutVarint(4);
  out.PutVarint(values.size());
  out.PutZigzag(values.empty() ? 0 : values[0]);
  for (size_t at = 1; at < values.size(); at += 128) {
    std::vector<uint64_t> deltas(128);
    int64_t least = INT64_MAX;
    const size_t count = std::min<size_t>(128, values.size() - at);
    for (size_t i = 0; i < count; ++i) {
      deltas[i] = static_cast<uint64_t>(values[at + i]) - static_cast<uint64_t>(values[at + i - 1]);
      least = std::min(least, static_cast<int64_t>(deltas[i]));
    }
    out.PutZigzag(least);
    std::string packed;
    for (size_t m = 0; m < 4; ++m) {
      int width = 0;
      for (size_t i = m * 32; i < std::min(count, m * 32 + 32); ++i) {
        width = std::max(width, static_cast<int>(std::bit_width(deltas[i] - static_cast<uint64_t>(least))));
      }
      out.Put(static_cast<uint8_t>(width));
      std::string block(static_cast<size_t>(width) * 4, '\0');
      for (size_t i = 0; i < 32 && m * 32 + i < count; ++i) {
        const uint64_t delta = deltas[m * 32 + i] - static_cast<uint64_t>(least);
        for (int b = 0; b < width; ++b) {
          const size_t bit = i * static_cast<size_t>(width) + static_cast<size_t>(b);
          block[bit / 8] = static_cast<char>(block[bit / 8] | (delta >> b & 1) << (bit % 8));
        }
      }
      packed += block;
    }
    out.PutRaw(packed);
  }
  return out.Take();
}

TEST(DeltaDecoder, AnyPieces) {
  std::mt19937_64 random(1);
  for (const int shift : {0, 1, 30, 50, 63}) {
    std::vector<int64_t> values(1 + random() % 1'000);
    for (auto& value : values) value = static_cast<int64_t>(random()) >> shift;
    const Padded bytes(EncodeDeltas(values));
    EXPECT_EQ(DeltaDecoder<int64_t>(bytes.span()).EncodedBytes(), bytes.span().size());
    DeltaDecoder<int64_t> decoder(bytes.span());
    for (size_t at = 0; at < values.size();) {
      const size_t take = std::min<size_t>(random() % 70, values.size() - at);
      if (random() % 3 == 0) {
        decoder.Skip(take);
      } else {
        std::vector<int64_t> out(take);
        decoder.Decode(out.data(), take);
        ASSERT_TRUE(std::equal(out.begin(), out.end(), values.begin() + static_cast<ptrdiff_t>(at)));
      }
      at += take;
    }
    int64_t one;
    EXPECT_THROW(decoder.Decode(&one, 1), Error);
  }
}

TEST(DeltaDecoder, BadHeadersAreRefused) {
  const auto header = [](uint64_t block, uint64_t miniblocks, uint64_t count) {
    ByteWriter out;
    out.PutVarint(block);
    out.PutVarint(miniblocks);
    out.PutVarint(count);
    out.PutZigzag(1);
    return Padded(out.Take());
  };
  EXPECT_THROW(DeltaDecoder<int32_t>(header(0, 4, 1).span()), Error);
  EXPECT_THROW(DeltaDecoder<int32_t>(header(100, 4, 1).span()), Error);
  EXPECT_THROW(DeltaDecoder<int32_t>(header(128, 0, 1).span()), Error);
  EXPECT_THROW(DeltaDecoder<int32_t>(header(128, 8, 1).span()), Error);
  EXPECT_THROW(DeltaDecoder<int32_t>(header(128, 4, uint64_t{1} << 40).span()), Error);
  EXPECT_THROW(DeltaDecoder<int32_t>(ByteSpan{}), Error);
  const Padded alone = header(128, 4, 2);
  int32_t out[2];
  DeltaDecoder<int32_t> decoder(alone.span());
  decoder.Decode(out, 1);
  EXPECT_EQ(out[0], 1);
  EXPECT_THROW(decoder.Decode(out, 1), Error);
  // Wider than the type.
  std::string wide(EncodeDeltas({0, 0, int64_t{1} << 40}));
  const Padded padded(wide);
  DeltaDecoder<int32_t> narrow(padded.span());
  EXPECT_THROW(narrow.Decode(out, 2), Error);
}

TEST(PlainBytes, ViewsAndBounds) {
  ByteWriter writer;
  std::vector<std::string> values;
  for (size_t i = 0; i < 40; ++i) {
    values.push_back(std::string(i, static_cast<char>('a' + i % 26)));
    writer.Put(static_cast<uint32_t>(i));
    writer.PutRaw(values.back());
  }
  const std::string bytes = writer.Take();
  const Padded padded(bytes);
  std::vector<StringRef> out(values.size());
  PlainBytesDecoder(padded.span()).Decode(out.data(), out.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(out[i].view(), values[i]);
    EXPECT_EQ(out[i], StringRef(values[i]));  // unused inline bytes are zero
  }
  const std::vector<uint32_t> rows = {3, 4, 17};
  PlainBytesDecoder selected(padded.span());
  selected.DecodeSelected(out.data(), rows, 20);
  EXPECT_EQ(out[2].view(), values[17]);
  selected.Decode(out.data(), 1);
  EXPECT_EQ(out[0].view(), values[20]);

  const Padded cut(bytes.substr(0, bytes.size() - 1));
  PlainBytesDecoder short_bytes(cut.span());
  std::vector<StringRef> all(values.size());
  EXPECT_THROW(short_bytes.Decode(all.data(), all.size()), Error);
  const Padded lying(std::string("\xFF\xFF\xFF\xFF", 4));
  EXPECT_THROW(PlainBytesDecoder(lying.span()).Decode(out.data(), 1), Error);
}

TEST(DeltaBytes, PrefixesAcrossBatchesAndBadOnes) {
  const auto encode = [](const std::vector<int64_t>& prefixes, const std::vector<int64_t>& suffixes,
                         const std::string& data) {
    return Padded(EncodeDeltas(prefixes) + EncodeDeltas(suffixes) + data);
  };
  const Padded good = encode({0, 2, 3, 0}, {3, 2, 14, 1}, std::string("abc") + "de" + "and more bytes" + "x");
  DeltaBytesDecoder decoder(good.span());
  Owners owners;
  StringRef out[4];
  decoder.Decode(out, 2, owners);
  EXPECT_EQ(out[1].view(), "abde");
  decoder.Decode(out, 2, owners);
  EXPECT_EQ(out[0].view(), "abdand more bytes");
  EXPECT_EQ(out[1].view(), "x");
  const Padded bad_prefix = encode({0, 4}, {3, 1}, "abcd");
  EXPECT_THROW(DeltaBytesDecoder(bad_prefix.span()).Decode(out, 2, owners), Error);
  const Padded negative = encode({0, 0}, {3, -1}, "abcd");
  EXPECT_THROW(DeltaBytesDecoder(negative.span()).Decode(out, 2, owners), Error);
  const Padded cut = encode({0, 0}, {3, 3}, "abcd");
  EXPECT_THROW(DeltaBytesDecoder(cut.span()).Decode(out, 2, owners), Error);
}

TEST(ByteStreamSplit, EveryWidth) {
  for (const size_t width : {2u, 4u, 5u, 8u, 16u}) {
    constexpr size_t kCount = 600;
    std::string plain;
    for (size_t i = 0; i < kCount * width; ++i) plain += static_cast<char>(i * 31 + i / 7);
    std::string split(plain.size(), '\0');
    for (size_t i = 0; i < kCount; ++i) {
      for (size_t b = 0; b < width; ++b) split[b * kCount + i] = plain[i * width + b];
    }
    const Padded padded(split);
    ByteStreamSplitDecoder decoder(padded.span(), width);
    decoder.Skip(3);
    std::string out((kCount - 3) * width, '\0');
    decoder.Decode(reinterpret_cast<uint8_t*>(out.data()), 5);
    decoder.Decode(reinterpret_cast<uint8_t*>(out.data()) + 5 * width, kCount - 8);
    EXPECT_EQ(out, plain.substr(3 * width));
    EXPECT_THROW(decoder.Skip(1), Error);
    EXPECT_THROW(ByteStreamSplitDecoder(padded.span().first(split.size() - 1), width), Error);
  }
}

TEST(Dictionary, IndicesBeyondTheDictionaryAreRefused) {
  const Padded bytes(std::string("\x02\x08\x03", 3));  // two bits, a run of four threes
  uint32_t out[4];
  DictionaryIndexDecoder(bytes.span(), 4).Decode(out, 4);
  EXPECT_EQ(out[3], 3u);
  EXPECT_THROW(DictionaryIndexDecoder(bytes.span(), 3).Decode(out, 4), Error);
  EXPECT_THROW(DictionaryIndexDecoder(ByteSpan{}, 3).Decode(out, 1), Error);
}

TEST(Booleans, PlainAndRunLength) {
  const Padded plain("\x35");
  uint8_t out[8];
  PlainBoolDecoder decoder(plain.span());
  decoder.Skip(2);
  decoder.Decode(out, 6);
  EXPECT_EQ(std::vector<uint8_t>(out, out + 6), (std::vector<uint8_t>{1, 0, 1, 1, 0, 0}));
  EXPECT_THROW(decoder.Decode(out, 1), Error);
  const Padded runs(std::string("\x02\0\0\0\x0A\x01", 6));
  RleBoolDecoder run(runs.span());
  run.Decode(out, 5);
  EXPECT_EQ(out[4], 1);
  const Padded lying(std::string("\x09\0\0\0\x0A\x01", 6));
  EXPECT_THROW(RleBoolDecoder(lying.span()), Error);
}

}  // namespace
}  // namespace weir::parquet
