#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace weir {

Error::Error(ErrorKind kind, std::string_view sqlstate, std::string message)
    : kind_(kind), message_(std::move(message)) {
  sqlstate_.fill('0');
  std::copy_n(sqlstate.begin(), std::min<size_t>(sqlstate.size(), sqlstate_.size()), sqlstate_.begin());
}

Error Error::Canceled(std::string_view reason) {
  return {ErrorKind::kOperational, sqlstate::kQueryCanceled, std::string(reason)};
}

Error Error::FromErrno(int error_number, std::string_view what) {
  std::string message = fmt::format("{}: {}", what, std::strerror(error_number));
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return Error(ErrorKind::kOperational, sqlstate::kDiskFull, std::move(message))
          .WithHint("Free space on the volume, or move the data folder to a larger one.")
          .WithRetryable();
    case ENOENT:
    case ENOTDIR:
      return {ErrorKind::kOperational, sqlstate::kUndefinedFile, std::move(message)};
    case EACCES:
    case EPERM:
    case EROFS:
      return Error(ErrorKind::kOperational, sqlstate::kInsufficientPrivilege, std::move(message))
          .WithHint("Check the owner and the permissions of the file and its folder.");
    case EMFILE:
    case ENFILE:
      return Error(ErrorKind::kOperational, sqlstate::kOutOfMemory, std::move(message))
          .WithHint("Raise the limit of open files (ulimit -n).")
          .WithRetryable();
    default:
      return {ErrorKind::kOperational, sqlstate::kIoError, std::move(message)};
  }
}

Error&& Error::WithContext(std::string_view context) && {
  message_ = fmt::format("{}: {}", context, message_);
  return std::move(*this);
}

std::string Error::ToString() const {
  std::string out = fmt::format("ERROR {}: {}", sqlstate(), message_);
  if (!detail_.empty()) out += "\nDETAIL: " + detail_;
  if (!hint_.empty()) out += "\nHINT: " + hint_;
  for (const Error* cause = cause_.get(); cause != nullptr; cause = cause->cause()) {
    out += fmt::format("\nCAUSE: {} {}", cause->sqlstate(), cause->message());
  }
  return out;
}

std::string Error::ToString(std::string_view statement) const {
  if (position_ < 0 || static_cast<size_t>(position_) > statement.size()) return ToString();
  const auto at = static_cast<size_t>(position_);
  const size_t before = at == 0 ? std::string_view::npos : statement.rfind('\n', at - 1);
  const size_t begin = before == std::string_view::npos ? 0 : before + 1;
  const size_t end = std::min(statement.find('\n', at), statement.size());
  const auto line_number = std::count(statement.begin(), statement.begin() + static_cast<ptrdiff_t>(begin), '\n') + 1;
  // A window of the line, so that a megabyte of SQL on one line does not fill the terminal.
  constexpr size_t kWindow = 60;
  const size_t from = at - begin > kWindow ? at - kWindow : begin;
  const size_t to = std::min(end, at + kWindow);
  const std::string head = fmt::format("LINE {}: {}", line_number, from > begin ? "..." : "");
  std::string caret(head.size(), ' ');
  for (size_t i = from; i < at; ++i) {
    // Continuation bytes of UTF-8 take no column.
    if ((static_cast<uint8_t>(statement[i]) & 0xC0) != 0x80) caret += statement[i] == '\t' ? '\t' : ' ';
  }
  std::string out = fmt::format("ERROR {}: {}\n{}{}{}\n{}^", sqlstate(), message_, head,
                                statement.substr(from, to - from), to < end ? "..." : "", caret);
  if (!detail_.empty()) out += "\nDETAIL: " + detail_;
  if (!hint_.empty()) out += "\nHINT: " + hint_;
  return out;
}

Error Error::FromCurrentException() noexcept {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::kOperational, sqlstate::kOutOfMemory, "out of memory: the allocator refused a request"};
  } catch (const std::exception& other) {
    return {ErrorKind::kInternal, sqlstate::kInternalError, std::string("unexpected exception: ") + other.what()};
  } catch (...) {
    return {ErrorKind::kInternal, sqlstate::kInternalError, "unexpected exception of an unknown type"};
  }
}

}  // namespace weir
