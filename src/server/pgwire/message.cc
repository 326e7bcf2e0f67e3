#include "server/pgwire/message.h"

#include <algorithm>

namespace weir::pgwire {

namespace {

// Most connections are idle or send little, and then should hold little; a load gets large reads after a few.
constexpr size_t kReadBytesMin = 1 << 10;
constexpr size_t kReadBytesMax = 64 << 10;

Error TooLong(uint32_t length, uint32_t bytes_max) {
  return Error::User(sqlstate::kProtocolViolation, "invalid message length: {}, at most {}", length, bytes_max)
      .WithHint("Send large values in pieces, or load them with COPY.");
}

}  // namespace

// Makes sure that so many bytes are buffered; false when the stream ends before the first of them.
Task<bool> MessageStream::Fill(size_t bytes) {
  if (begin_ == buffer_.size()) {
    buffer_.clear();
    begin_ = 0;
    if (buffer_.capacity() > 4 * read_bytes_) buffer_.shrink_to_fit();
  }
  while (buffer_.size() - begin_ < bytes) {
    if (begin_ != 0) {
      buffer_.erase(0, begin_);
      begin_ = 0;
    }
    const size_t used = buffer_.size();
    // Room grows with what has really arrived, not with what a header claims.
    const size_t wanted = std::min(bytes - used, std::max(used, read_bytes_));
    const size_t room = std::max(wanted, read_bytes_);
    buffer_.resize(used + room);
    size_t got = 0;
    std::exception_ptr failure;
    try {
      got = co_await stream_->Read({buffer_.data() + used, buffer_.size() - used});
    } catch (...) {
      failure = std::current_exception();
    }
    buffer_.resize(used + got);
    if (failure != nullptr) std::rethrow_exception(failure);
    if (got == room) {
      read_bytes_ = std::min(2 * read_bytes_, kReadBytesMax);
    } else if (got < read_bytes_ / 4) {
      read_bytes_ = std::max(read_bytes_ / 2, kReadBytesMin);
    }
    if (got == 0) {
      if (used == 0) co_return false;
      throw Error::Operational(sqlstate::kConnectionFailure, "the client closed the connection inside a message");
    }
  }
  co_return true;
}

Task<char> MessageStream::PeekType() {
  const bool there = co_await Fill(1);
  co_return there ? buffer_[begin_] : '\0';
}

Task<Message> MessageStream::Next(uint32_t bytes_max) {
  Message message;
  const bool there = co_await Fill(5);
  if (!there) co_return message;
  const auto length = LoadBigEndian<uint32_t>(buffer_.data() + begin_ + 1);
  if (length < 4 || length > bytes_max) throw TooLong(length, bytes_max);
  const size_t total = size_t{1} + length;
  const bool whole = co_await Fill(total);
  if (!whole) co_return message;
  message.type = buffer_[begin_];
  message.body.assign(buffer_, begin_ + 5, total - 5);
  begin_ += total;
  co_return message;
}

Task<std::string> MessageStream::NextStartup() {
  std::string body;
  const bool there = co_await Fill(4);
  if (!there) co_return body;
  const auto length = LoadBigEndian<uint32_t>(buffer_.data() + begin_);
  if (length < 8 || length > kStartupBytesMax) throw TooLong(length, kStartupBytesMax);
  const bool whole = co_await Fill(length);
  if (!whole) co_return body;
  body.assign(buffer_, begin_ + 4, length - 4);
  begin_ += length;
  co_return body;
}

}  // namespace weir::pgwire
