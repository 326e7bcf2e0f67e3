#pragma once

#include <utility>

#include "base/error.h"

namespace weir::parquet {

// The error for bytes that no writer of the format produces. The reader adds file, column and page as context.
template <typename... Args>
Error Corrupt(fmt::format_string<Args...> format, Args&&... args) {
  return Error::Operational(sqlstate::kDataCorrupted, format, std::forward<Args>(args)...);
}

}  // namespace weir::parquet
