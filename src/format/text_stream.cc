#include "format/text_stream.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include <simdjson.h>

#include "base/error.h"

namespace weir {

namespace {

constexpr size_t kPackedBytes = 1 << 20;

class PlainStream final : public TextStream {
 public:
  explicit PlainStream(RandomAccessFile& file) : file_(file) {}
  size_t Read(std::span<char> out) override {
    const size_t got = file_.Read(offset_, {reinterpret_cast<uint8_t*>(out.data()), out.size()});
    offset_ += got;
    return got;
  }

 private:
  RandomAccessFile& file_;
  uint64_t offset_ = 0;
};

[[noreturn]] void ThrowCorrupt(const RandomAccessFile& file, std::string_view why) {
  throw Error::Operational(sqlstate::kDataCorrupted, "compressed file cannot be unpacked: {}: {}", file.path(), why);
}

class GzipStream final : public TextStream {
 public:
  explicit GzipStream(RandomAccessFile& file) : plain_(file), file_(file), packed_(kPackedBytes) {
    constexpr int kGzipWindow = 15 + 16;
    if (inflateInit2(&state_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~GzipStream() override { inflateEnd(&state_); }
  size_t Read(std::span<char> out) override {
    state_.next_out = reinterpret_cast<Bytef*>(out.data());
    state_.avail_out = static_cast<uInt>(out.size());
    while (state_.avail_out > 0) {
      if (state_.avail_in == 0) {
        state_.next_in = reinterpret_cast<Bytef*>(packed_.data());
        state_.avail_in = static_cast<uInt>(plain_.Read(packed_));
        if (state_.avail_in == 0) {
          if (in_member_) ThrowCorrupt(file_, "it ends too early");
          break;
        }
      }
      if (!in_member_) {
        // A file may hold several members, one after the other.
        inflateReset(&state_);
        in_member_ = true;
      }
      const int result = inflate(&state_, Z_NO_FLUSH);
      if (result == Z_STREAM_END) {
        in_member_ = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {
        ThrowCorrupt(file_, state_.msg == nullptr ? "not gzip" : state_.msg);
      }
    }
    return out.size() - state_.avail_out;
  }

 private:
  PlainStream plain_;
  RandomAccessFile& file_;
  std::vector<char> packed_;
  z_stream state_{};
  bool in_member_ = false;
};

class ZstdStream final : public TextStream {
 public:
  explicit ZstdStream(RandomAccessFile& file)
      : plain_(file), file_(file), packed_(kPackedBytes), state_(ZSTD_createDStream()) {
    if (state_ == nullptr) throw std::bad_alloc();
  }
  ~ZstdStream() override { ZSTD_freeDStream(state_); }
  size_t Read(std::span<char> out) override {
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos < to.size) {
      if (from_.pos == from_.size && !has_more_output_) {
        from_ = {packed_.data(), plain_.Read(packed_), 0};
        if (from_.size == 0) {
          if (in_frame_) ThrowCorrupt(file_, "it ends too early");
          break;
        }
      }
      const size_t before = to.pos;
      const size_t result = ZSTD_decompressStream(state_, &to, &from_);
      if (ZSTD_isError(result) != 0) ThrowCorrupt(file_, ZSTD_getErrorName(result));
      in_frame_ = result != 0;
      has_more_output_ = in_frame_ && to.pos == to.size && to.pos > before;
    }
    return to.pos;
  }

 private:
  PlainStream plain_;
  RandomAccessFile& file_;
  std::vector<char> packed_;
  ZSTD_DStream* state_;
  ZSTD_inBuffer from_{nullptr, 0, 0};
  bool in_frame_ = false;
  bool has_more_output_ = false;
};

}  // namespace

TextCompression CompressionOf(std::string_view path, TextCompression compression) {
  if (compression != TextCompression::kByName) return compression;
  if (path.ends_with(".gz")) return TextCompression::kGzip;
  return path.ends_with(".zst") ? TextCompression::kZstd : TextCompression::kNone;
}

std::unique_ptr<TextStream> OpenTextStream(RandomAccessFile& file, TextCompression compression) {
  switch (CompressionOf(file.path(), compression)) {
    case TextCompression::kGzip:
      return std::make_unique<GzipStream>(file);
    case TextCompression::kZstd:
      return std::make_unique<ZstdStream>(file);
    default:
      return std::make_unique<PlainStream>(file);
  }
}

bool IsUtf8(std::string_view text) {
  uint64_t high = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t word;
    std::memcpy(&word, text.data() + i, 8);
    high |= word;
  }
  for (; i < text.size(); ++i) high |= static_cast<uint64_t>(static_cast<unsigned char>(text[i]));
  return (high & 0x8080808080808080ULL) == 0 || simdjson::validate_utf8(text.data(), text.size());
}

std::string ShortenedText(std::string_view text) {
  constexpr size_t kMax = 60;
  std::string out;
  if (text.size() <= kMax) {
    out = text;
  } else {
    size_t end = kMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    out = text.substr(0, end);
    out += "...";
  }
  if (!IsUtf8(out)) {
    for (char& c : out) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  return out;
}

}  // namespace weir
