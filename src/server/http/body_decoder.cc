#include "server/http/body_decoder.h"

#include <array>

#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

namespace weir::http {

namespace {

[[noreturn]] void ThrowDamaged(std::string_view encoding, std::string_view why) {
  throw Error::User(sqlstate::kInvalidBinaryRepresentation, "request body is not valid {}: {}", encoding, why);
}

void AppendBounded(std::string_view piece, uint64_t bytes_max, std::string& body) {
  if (body.size() + piece.size() > bytes_max) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "request body is longer than {} bytes", bytes_max);
  }
  body.append(piece);
}

class PlainDecoder final : public BodyDecoder {
 public:
  explicit PlainDecoder(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  void Write(std::string_view piece, std::string& body) override { AppendBounded(piece, bytes_max_, body); }
  void Finish() override {}

 private:
  const uint64_t bytes_max_;
};

constexpr size_t kStepBytes = 64 << 10;

// gzip and zlib formats, told apart by their headers; also several gzip members one after the other.
class ZlibDecoder final : public BodyDecoder {
 public:
  explicit ZlibDecoder(uint64_t bytes_max) : bytes_max_(bytes_max) {
    if (inflateInit2(&stream_, 15 + 32) != Z_OK) {
      throw Error::Operational(sqlstate::kOutOfMemory, "no memory to decompress a request");
    }
  }
  ~ZlibDecoder() override { inflateEnd(&stream_); }
  void Write(std::string_view piece, std::string& body) override {
    std::array<char, kStepBytes> step;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
    stream_.avail_in = static_cast<uInt>(piece.size());
    for (;;) {
      if (ended_) {
        if (stream_.avail_in == 0) return;
        inflateReset(&stream_);
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(step.data());
      stream_.avail_out = kStepBytes;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        ThrowDamaged("gzip", stream_.msg == nullptr ? "damaged data" : stream_.msg);
      }
      AppendBounded({step.data(), kStepBytes - stream_.avail_out}, bytes_max_, body);
      ended_ = result == Z_STREAM_END;
      if (!ended_ && stream_.avail_out != 0) return;  // wants more input
    }
  }
  void Finish() override {
    if (!ended_) ThrowDamaged("gzip", "data ends too early");
  }

 private:
  const uint64_t bytes_max_;
  z_stream stream_{};
  bool ended_ = false;
};

class ZstdDecoder final : public BodyDecoder {
 public:
  explicit ZstdDecoder(uint64_t bytes_max) : bytes_max_(bytes_max), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw Error::Operational(sqlstate::kOutOfMemory, "no memory to decompress a request");
    // A frame may ask for a window of this much at most: 8 MiB, what level 19 uses.
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 23);
  }
  ~ZstdDecoder() override { ZSTD_freeDStream(stream_); }
  void Write(std::string_view piece, std::string& body) override {
    std::array<char, kStepBytes> step;
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    for (;;) {
      ZSTD_outBuffer out{step.data(), step.size(), 0};
      const size_t result = ZSTD_decompressStream(stream_, &out, &in);
      if (ZSTD_isError(result) != 0) ThrowDamaged("zstd", ZSTD_getErrorName(result));
      AppendBounded({step.data(), out.pos}, bytes_max_, body);
      ended_ = result == 0;
      if (in.pos == in.size && out.pos < out.size) return;
    }
  }
  void Finish() override {
    if (!ended_) ThrowDamaged("zstd", "data ends too early");
  }

 private:
  const uint64_t bytes_max_;
  ZSTD_DStream* const stream_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<BodyDecoder> BodyDecoder::Make(std::string_view content_encoding, uint64_t body_bytes_max) {
  if (content_encoding.empty() || content_encoding == "identity") return std::make_unique<PlainDecoder>(body_bytes_max);
  if (content_encoding == "gzip" || content_encoding == "x-gzip" || content_encoding == "deflate") {
    return std::make_unique<ZlibDecoder>(body_bytes_max);
  }
  if (content_encoding == "zstd") return std::make_unique<ZstdDecoder>(body_bytes_max);
  return nullptr;
}

}  // namespace weir::http
