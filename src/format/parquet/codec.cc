#include "format/parquet/codec.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <libdeflate.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "format/parquet/corrupt.h"
#include "format/parquet/snappy_decode.h"

namespace weir::parquet {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* context) const {
    Free(context);
  }
};

template <typename T, auto Free>
using ContextPtr = std::unique_ptr<T, Deleter<Free>>;

ZSTD_DCtx* ZstdDecompressor() {
  thread_local ContextPtr<ZSTD_DCtx, ZSTD_freeDCtx> context(ZSTD_createDCtx());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

ZSTD_CCtx* ZstdCompressor() {
  thread_local ContextPtr<ZSTD_CCtx, ZSTD_freeCCtx> context(ZSTD_createCCtx());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

libdeflate_decompressor* GzipDecompressor() {
  thread_local ContextPtr<libdeflate_decompressor, libdeflate_free_decompressor> context(
      libdeflate_alloc_decompressor());
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

libdeflate_compressor* GzipCompressor(int level) {
  thread_local ContextPtr<libdeflate_compressor, libdeflate_free_compressor> context;
  thread_local int context_level = -1;
  if (context == nullptr || context_level != level) {
    context.reset(libdeflate_alloc_compressor(level));
    context_level = level;
  }
  if (context == nullptr) throw std::bad_alloc();
  return context.get();
}

[[noreturn]] void ThrowInvalid(CompressionCodec codec, ByteSpan in, std::span<uint8_t> out) {
  throw Corrupt("compressed page cannot be decompressed: {}, {} bytes to {}", ToString(codec), in.size(), out.size());
}

// One or more members back to back.
bool GzipDecompress(ByteSpan in, std::span<uint8_t> out) {
  while (!in.empty()) {
    size_t used = 0;
    size_t made = 0;
    if (libdeflate_gzip_decompress_ex(GzipDecompressor(), in.data(), in.size(), out.data(), out.size(), &used, &made) !=
        LIBDEFLATE_SUCCESS) {
      return false;
    }
    in = in.subspan(used);
    out = out.subspan(made);
  }
  return out.empty();
}

bool Lz4BlockDecompress(ByteSpan in, std::span<uint8_t> out) {
  const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                      static_cast<int>(in.size()), static_cast<int>(out.size()));
  return got >= 0 && static_cast<size_t>(got) == out.size();
}

// Hadoop's stream: (uncompressed size, (compressed size, block)...)..., sizes big-endian.
bool Lz4HadoopDecompress(ByteSpan in, std::span<uint8_t> out) {
  while (in.size() >= 8) {
    size_t wanted = LoadBigEndian<uint32_t>(in.data());
    in = in.subspan(4);
    if (wanted > out.size()) return false;
    while (wanted > 0) {
      if (in.size() < 4) return false;
      const size_t block = LoadBigEndian<uint32_t>(in.data());
      in = in.subspan(4);
      if (block > in.size()) return false;
      const int got = LZ4_decompress_safe(reinterpret_cast<const char*>(in.data()), reinterpret_cast<char*>(out.data()),
                                          static_cast<int>(block), static_cast<int>(wanted));
      if (got <= 0) return false;
      in = in.subspan(block);
      out = out.subspan(static_cast<size_t>(got));
      wanted -= static_cast<size_t>(got);
    }
  }
  return in.empty() && out.empty();
}

bool Lz4FrameDecompress(ByteSpan in, std::span<uint8_t> out) {
  thread_local ContextPtr<LZ4F_dctx, LZ4F_freeDecompressionContext> context = [] {
    LZ4F_dctx* made = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION))) throw std::bad_alloc();
    return ContextPtr<LZ4F_dctx, LZ4F_freeDecompressionContext>(made);
  }();
  LZ4F_resetDecompressionContext(context.get());
  size_t made = out.size();
  size_t used = in.size();
  const size_t left = LZ4F_decompress(context.get(), out.data(), &made, in.data(), &used, nullptr);
  return !LZ4F_isError(left) && left == 0 && made == out.size() && used == in.size();
}

// Files say LZ4 for three things: Hadoop's framing, LZ4's own frames, and bare blocks.
bool Lz4LegacyDecompress(ByteSpan in, std::span<uint8_t> out) {
  constexpr uint32_t kFrameMagic = 0x184D2204;
  if (in.size() >= 4 && LoadUnaligned<uint32_t>(in.data()) == kFrameMagic && Lz4FrameDecompress(in, out)) return true;
  return Lz4HadoopDecompress(in, out) || Lz4BlockDecompress(in, out);
}

bool TryDecompress(CompressionCodec codec, ByteSpan in, std::span<uint8_t> out) {
  switch (codec) {
    case CompressionCodec::kUncompressed:
      if (in.size() != out.size()) return false;
      if (!out.empty()) std::memcpy(out.data(), in.data(), out.size());
      return true;
    case CompressionCodec::kSnappy:
      return SnappyDecode(in, out);
    case CompressionCodec::kGzip:
      return GzipDecompress(in, out);
    case CompressionCodec::kBrotli: {
      size_t size = out.size();
      return BrotliDecoderDecompress(in.size(), in.data(), &size, out.data()) == BROTLI_DECODER_RESULT_SUCCESS &&
             size == out.size();
    }
    case CompressionCodec::kLz4:
      return Lz4LegacyDecompress(in, out);
    case CompressionCodec::kZstd: {
      const size_t size = ZSTD_decompressDCtx(ZstdDecompressor(), out.data(), out.size(), in.data(), in.size());
      return !ZSTD_isError(size) && size == out.size();
    }
    case CompressionCodec::kLz4Raw:
      return Lz4BlockDecompress(in, out);
    case CompressionCodec::kLzo:
      break;
  }
  throw Error::Unsupported("Rewrite the file with ZSTD or SNAPPY.", "Parquet codec is not supported: {}",
                           ToString(codec));
}

// Grows `out` by `bound` bytes, lets `compress` fill them, keeps what it made (0 = failed).
template <typename F>
void AppendCompressed(std::string& out, size_t bound, F&& compress) {
  const size_t before = out.size();
  out.resize(before + bound);
  const size_t made = compress(out.data() + before);
  if (made == 0) throw Error::Internal("compression failed with room for {} bytes", bound);
  out.resize(before + made);
}

}  // namespace

bool IsCodecSupported(CompressionCodec codec) {
  return codec >= CompressionCodec::kUncompressed && codec <= CompressionCodec::kLz4Raw &&
         codec != CompressionCodec::kLzo;
}

void Decompress(CompressionCodec codec, ByteSpan in, std::span<uint8_t> out) {
  // Empty pages are written as nothing at all by some.
  if (out.empty() && in.empty()) return;
  if (in.size() > INT32_MAX || out.size() > INT32_MAX) ThrowInvalid(codec, in, out);
  if (!TryDecompress(codec, in, out)) ThrowInvalid(codec, in, out);
}

void CheckCompressionRatio(CompressionCodec codec, size_t compressed, size_t uncompressed) {
  size_t ratio_max = 1;
  switch (codec) {
    case CompressionCodec::kUncompressed:
      break;
    case CompressionCodec::kSnappy:
      ratio_max = 22;  // a copy of 64 bytes takes three
      break;
    case CompressionCodec::kLz4:
    case CompressionCodec::kLz4Raw:
      ratio_max = 255;
      break;
    case CompressionCodec::kGzip:
      ratio_max = 1032;
      break;
    default:
      ratio_max = 50'000;  // zstd: a block of 128 KiB in four bytes
      break;
  }
  constexpr size_t kSlack = 64 << 10;
  if (uncompressed / ratio_max > compressed + kSlack / ratio_max) {
    throw Corrupt("page size is implausible: {} bytes from {} of {}", uncompressed, compressed, ToString(codec));
  }
}

void Compress(CompressionCodec codec, int level, ByteSpan in, std::string& out) {
  const auto* text = reinterpret_cast<const char*>(in.data());
  if (in.size() > LZ4_MAX_INPUT_SIZE) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "Parquet page is too large: {} bytes", in.size());
  }
  switch (codec) {
    case CompressionCodec::kUncompressed:
      out.append(text, in.size());
      return;
    case CompressionCodec::kSnappy:
      AppendCompressed(out, snappy::MaxCompressedLength(in.size()), [&](char* to) {
        size_t size = 0;
        snappy::RawCompress(text, in.size(), to, &size);
        return size;
      });
      return;
    case CompressionCodec::kGzip: {
      auto* context = GzipCompressor(level == kCodecLevelDefault ? 4 : level);
      const size_t bound = libdeflate_gzip_compress_bound(context, in.size());
      AppendCompressed(out, bound,
                       [&](char* to) { return libdeflate_gzip_compress(context, in.data(), in.size(), to, bound); });
      return;
    }
    case CompressionCodec::kBrotli: {
      const size_t bound = std::max<size_t>(BrotliEncoderMaxCompressedSize(in.size()), 16);
      AppendCompressed(out, bound, [&](char* to) {
        size_t size = bound;
        const bool good =
            BrotliEncoderCompress(level == kCodecLevelDefault ? 4 : level, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC,
                                  in.size(), in.data(), &size, reinterpret_cast<uint8_t*>(to)) == BROTLI_TRUE;
        return good ? size : 0;
      });
      return;
    }
    case CompressionCodec::kLz4:
    case CompressionCodec::kLz4Raw: {
      const size_t header = codec == CompressionCodec::kLz4 ? 8 : 0;
      const int bound = LZ4_compressBound(static_cast<int>(in.size()));
      AppendCompressed(out, static_cast<size_t>(bound) + header, [&](char* to) -> size_t {
        const int size = LZ4_compress_default(text, to + header, static_cast<int>(in.size()), bound);
        if (size <= 0) return 0;
        if (header != 0) {
          StoreUnaligned(to, __builtin_bswap32(static_cast<uint32_t>(in.size())));
          StoreUnaligned(to + 4, __builtin_bswap32(static_cast<uint32_t>(size)));
        }
        return static_cast<size_t>(size) + header;
      });
      return;
    }
    case CompressionCodec::kZstd: {
      const size_t bound = ZSTD_compressBound(in.size());
      AppendCompressed(out, bound, [&](char* to) -> size_t {
        const size_t size = ZSTD_compressCCtx(ZstdCompressor(), to, bound, in.data(), in.size(),
                                              level == kCodecLevelDefault ? 1 : level);
        return ZSTD_isError(size) ? 0 : size;
      });
      return;
    }
    case CompressionCodec::kLzo:
      break;
  }
  throw Error::Unsupported("Use ZSTD or SNAPPY.", "Parquet codec is not supported: {}", ToString(codec));
}

}  // namespace weir::parquet
