#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "column/chunk.h"

namespace weir {

enum class ChunkCompression : uint8_t { kNone = 0, kLz4 = 1 };  // serialised: append only

// Chunks as bytes: for rows in the commit log, spilled data and chunks between nodes. Self-describing (types are in
// it), versioned, with a checksum; docs/formats/chunk.md says byte by byte. Constant and dictionary columns stay
// what they are; a selection is applied.
void SerializeChunk(const Chunk& chunk, ChunkCompression compression, std::string& out);
inline std::string SerializeChunk(const Chunk& chunk, ChunkCompression compression = ChunkCompression::kLz4) {
  std::string out;
  SerializeChunk(chunk, compression, out);
  return out;
}
// The chunk owns its memory. Throws kDataCorrupted on anything that SerializeChunk does not write, however it came
// about.
Chunk DeserializeChunk(std::string_view bytes);

}  // namespace weir
