#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/bytes.h"
#include "format/parquet/metadata.h"

namespace weir::parquet {

// Compression of pages. Contexts of the libraries are kept per thread and reused. Any thread.

// Whether Decompress knows the codec; all but LZO.
bool IsCodecSupported(CompressionCodec codec);

// Fills `out` wholly from `in`, or throws kDataCorrupted. Never reads or writes outside of the two.
void Decompress(CompressionCodec codec, ByteSpan in, std::span<uint8_t> out);

// Throws kDataCorrupted when `compressed` bytes of the codec cannot become `uncompressed` ones, so that headers do not
// make us allocate what the data does not back.
void CheckCompressionRatio(CompressionCodec codec, size_t compressed, size_t uncompressed);

inline constexpr int kCodecLevelDefault = 0;

// Appends the compressed bytes to `out`. The level is the library's own scale (zstd 1..22, gzip 1..12, brotli 1..11);
// 0 is a default that favours speed. kLz4 writes Hadoop's frames.
void Compress(CompressionCodec codec, int level, ByteSpan in, std::string& out);

}  // namespace weir::parquet
