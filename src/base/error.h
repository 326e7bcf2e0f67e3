#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/sqlstate.h"

namespace weir {

enum class ErrorKind : uint8_t {
  kUser = 0,         // the statement or the input is wrong; the message says what to change
  kOperational = 1,  // I/O, memory, cancellation, a lost peer; may be retryable
  kInternal = 2,     // a bug of ours that spoils only this query
};

// The one exception of Weir, which is also a value: thrown where a fault is found, caught at boundaries
// (connection, driver, RPC handler, background task), carried between threads and over the wires from there.
//
// Messages start with static text and end with values: "column does not exist: orders.foo".
// Immutable but for the With... setters, which are meant for the throw expression.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string_view sqlstate, std::string message);

  // errors of the user: throw Error::User(sqlstate::kUndefinedColumn, "column does not exist: {}", name);
  template <typename... Args>
  static Error User(std::string_view sqlstate, fmt::format_string<Args...> format, Args&&... args) {
    return {ErrorKind::kUser, sqlstate, fmt::format(format, std::forward<Args>(args)...)};
  }
  template <typename... Args>
  static Error Operational(std::string_view sqlstate, fmt::format_string<Args...> format, Args&&... args) {
    return {ErrorKind::kOperational, sqlstate, fmt::format(format, std::forward<Args>(args)...)};
  }
  template <typename... Args>
  static Error Internal(fmt::format_string<Args...> format, Args&&... args) {
    return {ErrorKind::kInternal, sqlstate::kInternalError, fmt::format(format, std::forward<Args>(args)...)};
  }
  // Something that users may expect and Weir does not do; the hint says what to use instead.
  template <typename... Args>
  static Error Unsupported(std::string hint, fmt::format_string<Args...> format, Args&&... args) {
    Error error(ErrorKind::kUser, sqlstate::kFeatureNotSupported, fmt::format(format, std::forward<Args>(args)...));
    error.hint_ = std::move(hint);
    return error;
  }
  static Error Canceled(std::string_view reason);
  // An operational error from errno; disk-full, missing-file and permission get their own SQLSTATE and hint.
  static Error FromErrno(int error_number, std::string_view what);

  Error&& WithHint(std::string hint) && {
    hint_ = std::move(hint);
    return std::move(*this);
  }
  Error&& WithDetail(std::string detail) && {
    detail_ = std::move(detail);
    return std::move(*this);
  }
  // 0-based byte offset into the statement's text.
  Error&& WithPosition(int64_t offset) && {
    position_ = offset;
    return std::move(*this);
  }
  Error&& WithRetryable(bool retryable = true) && {
    retryable_ = retryable;
    return std::move(*this);
  }
  Error&& WithCause(const Error& cause) && {
    cause_ = std::make_shared<const Error>(cause);
    return std::move(*this);
  }
  // Adds "context: " before the message, keeping everything else: the file, column or operator that it happened in.
  Error&& WithContext(std::string_view context) &&;
  void set_position_if_unset(int64_t offset) {
    if (position_ < 0) position_ = offset;
  }

  ErrorKind kind() const { return kind_; }
  std::string_view sqlstate() const { return {sqlstate_.data(), 5}; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  const std::string& detail() const { return detail_; }
  int64_t position() const { return position_; }  // -1 when unknown
  bool retryable() const { return retryable_; }
  bool is_cancellation() const { return sqlstate() == sqlstate::kQueryCanceled; }
  const Error* cause() const { return cause_.get(); }
  const char* what() const noexcept override { return message_.c_str(); }

  // "ERROR 42703: message\nHINT: ..." without position; for logs.
  std::string ToString() const;
  // The same with the line of `statement` that position() falls in and a caret under it; for terminals.
  std::string ToString(std::string_view statement) const;

  // The exception in flight as an Error: ours as it is, std::bad_alloc as out of memory, others as internal.
  // Only inside a catch block.
  static Error FromCurrentException() noexcept;

 private:
  ErrorKind kind_;
  std::array<char, 5> sqlstate_;
  bool retryable_ = false;
  int64_t position_ = -1;
  std::string message_;
  std::string hint_;
  std::string detail_;
  std::shared_ptr<const Error> cause_;
};

// Runs `body` and returns what it threw as a value: the wrapper for boundaries.
template <typename Body>
std::unique_ptr<Error> CatchError(Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
    return nullptr;
  } catch (...) {
    return std::make_unique<Error>(Error::FromCurrentException());
  }
}

}  // namespace weir
