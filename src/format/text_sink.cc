#include "format/text_sink.h"

#include <zlib.h>
#include <zstd.h>

#include <vector>

#include "base/error.h"

namespace weir {

namespace {

constexpr size_t kPackedBytes = 256 << 10;

class PlainSink final : public TextSink {
 public:
  explicit PlainSink(WritableFile& file) : file_(file) {}
  void Write(std::string_view text) override { file_.AppendText(text); }
  void Finish() override {}

 private:
  WritableFile& file_;
};

class GzipSink final : public TextSink {
 public:
  explicit GzipSink(WritableFile& file) : file_(file), packed_(kPackedBytes) {
    constexpr int kGzipWindow = 15 + 16;
    constexpr int kMemoryLevel = 8;
    if (deflateInit2(&state_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzipSink() override { deflateEnd(&state_); }
  void Write(std::string_view text) override { Deflate(text, Z_NO_FLUSH); }
  void Finish() override { Deflate({}, Z_FINISH); }

 private:
  void Deflate(std::string_view text, int flush) {
    state_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    state_.avail_in = static_cast<uInt>(text.size());
    do {
      state_.next_out = packed_.data();
      state_.avail_out = static_cast<uInt>(packed_.size());
      deflate(&state_, flush);
      file_.Append({packed_.data(), packed_.size() - state_.avail_out});
    } while (state_.avail_out == 0);
  }

  WritableFile& file_;
  std::vector<uint8_t> packed_;
  z_stream state_{};
};

class ZstdSink final : public TextSink {
 public:
  explicit ZstdSink(WritableFile& file) : file_(file), packed_(kPackedBytes), state_(ZSTD_createCCtx()) {
    if (state_ == nullptr) throw std::bad_alloc();
  }
  ~ZstdSink() override { ZSTD_freeCCtx(state_); }
  void Write(std::string_view text) override { Compress(text, ZSTD_e_continue); }
  void Finish() override { Compress({}, ZSTD_e_end); }

 private:
  void Compress(std::string_view text, ZSTD_EndDirective how) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    size_t left = 0;
    do {
      ZSTD_outBuffer out{packed_.data(), packed_.size(), 0};
      left = ZSTD_compressStream2(state_, &out, &in, how);
      if (ZSTD_isError(left) != 0) throw Error::Internal("zstd: {}", ZSTD_getErrorName(left));
      file_.Append({packed_.data(), out.pos});
    } while (how == ZSTD_e_end ? left != 0 : in.pos < in.size);
  }

  WritableFile& file_;
  std::vector<uint8_t> packed_;
  ZSTD_CCtx* state_;
};

}  // namespace

std::unique_ptr<TextSink> OpenTextSink(WritableFile& file, TextCompression compression) {
  switch (compression) {
    case TextCompression::kGzip:
      return std::make_unique<GzipSink>(file);
    case TextCompression::kZstd:
      return std::make_unique<ZstdSink>(file);
    default:
      return std::make_unique<PlainSink>(file);
  }
}

}  // namespace weir
