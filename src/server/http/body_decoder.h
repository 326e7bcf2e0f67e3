#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::http {

// Undoes the Content-Encoding of a body as its pieces come in: "" and "identity", "gzip", "deflate", "zstd". One
// thread at a time.
class BodyDecoder {
 public:
  virtual ~BodyDecoder() = default;
  // Appends what the piece gives. Throws kInvalidBinaryRepresentation when the data is damaged and
  // kProgramLimitExceeded when the body becomes longer than the limit.
  virtual void Write(std::string_view piece, std::string& body) = 0;
  // Throws kInvalidBinaryRepresentation when the data ends too early.
  virtual void Finish() = 0;

  // nullptr for an encoding that is not known.
  static std::unique_ptr<BodyDecoder> Make(std::string_view content_encoding, uint64_t body_bytes_max);
};

}  // namespace weir::http
