#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "runtime/async_socket.h"

namespace weir::pgwire {

// Messages of the PostgreSQL protocol, version 3 (PostgreSQL documentation, chapter 55).

inline constexpr int32_t kProtocolVersion3 = 3 << 16;
inline constexpr int32_t kSslRequestCode = 80877103;
inline constexpr int32_t kGssRequestCode = 80877104;
inline constexpr int32_t kCancelRequestCode = 80877102;
inline constexpr uint32_t kStartupBytesMax = 10'000;

// Appends messages to a buffer that is sent as a whole.
class MessageWriter {
 public:
  void Begin(char type) {
    buffer_.push_back(type);
    length_at_ = buffer_.size();
    buffer_.append(4, '\0');
  }
  void End() { PutAt(length_at_, static_cast<int32_t>(buffer_.size() - length_at_)); }
  // Takes back what was begun, when it cannot be written to its end.
  void Abandon() { buffer_.resize(length_at_ - 1); }
  void Int8(int8_t value) { buffer_.push_back(static_cast<char>(value)); }
  void Int16(int16_t value) { Big(static_cast<uint16_t>(__builtin_bswap16(static_cast<uint16_t>(value)))); }
  void Int32(int32_t value) { Big(__builtin_bswap32(static_cast<uint32_t>(value))); }
  void Int64(int64_t value) { Big(__builtin_bswap64(static_cast<uint64_t>(value))); }
  void Text(std::string_view text) {
    buffer_.append(text);
    buffer_.push_back('\0');
  }
  void Bytes(std::string_view bytes) { buffer_.append(bytes); }
  // A length that is known only when what follows is written: returns where to put it.
  size_t ReserveLength() {
    buffer_.append(4, '\0');
    return buffer_.size();
  }
  void FillLength(size_t from) { PutAt(from - 4, static_cast<int32_t>(buffer_.size() - from)); }
  std::string& buffer() { return buffer_; }
  size_t size() const { return buffer_.size(); }

 private:
  template <typename T>
  void Big(T swapped) {
    buffer_.append(reinterpret_cast<const char*>(&swapped), sizeof(swapped));
  }
  void PutAt(size_t at, int32_t value) {
    StoreUnaligned(buffer_.data() + at, __builtin_bswap32(static_cast<uint32_t>(value)));
  }

  std::string buffer_;
  size_t length_at_ = 0;
};

// Reads the fields of one message; every read is checked and throws 08P01.
class MessageReader {
 public:
  explicit MessageReader(std::string_view bytes) : rest_(bytes) {}
  int8_t Int8() { return static_cast<int8_t>(Take(1)[0]); }
  int16_t Int16() { return LoadBigEndian<int16_t>(Take(2).data()); }
  int32_t Int32() { return LoadBigEndian<int32_t>(Take(4).data()); }
  std::string_view Text() {
    const size_t end = rest_.find('\0');
    if (end == std::string_view::npos) throw Malformed();
    const std::string_view out = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return out;
  }
  std::string_view Bytes(size_t size) { return Take(size); }
  std::string_view Rest() { return Take(rest_.size()); }
  bool empty() const { return rest_.empty(); }
  // After the last field.
  void ExpectEnd() const {
    if (!rest_.empty()) throw Error::User(sqlstate::kProtocolViolation, "malformed message: bytes behind its fields");
  }

 private:
  static Error Malformed() {
    return Error::User(sqlstate::kProtocolViolation, "malformed message: it ends before its fields do");
  }
  std::string_view Take(size_t size) {
    if (rest_.size() < size) throw Malformed();
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }
  std::string_view rest_;
};

struct Message {
  char type = 0;
  std::string body;
};

// Cuts a stream of bytes into messages: a buffer for each connection, refilled by large reads.
class MessageStream {
 public:
  explicit MessageStream(AsyncStream& stream) : stream_(&stream) {}
  void set_stream(AsyncStream& stream) { stream_ = &stream; }
  // The next message; type 0 when the client has closed the connection between two. `bytes_max` bounds what is taken
  // into memory.
  Task<Message> Next(uint32_t bytes_max);
  // A start-up packet: no type, its length first. An empty body when the client has gone.
  Task<std::string> NextStartup();
  // The type of the message that Next will return; 0 when the client has closed the connection.
  Task<char> PeekType();
  bool has_buffered() const { return begin_ < buffer_.size(); }

 private:
  Task<bool> Fill(size_t bytes);

  AsyncStream* stream_;
  std::string buffer_;
  size_t begin_ = 0;
  size_t read_bytes_ = 1 << 10;  // at once; grows and shrinks with what comes
};

}  // namespace weir::pgwire
