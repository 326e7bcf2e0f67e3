#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "function/scalar/moment.h"

namespace weir {

// MySQL's DATE_FORMAT patterns: %Y %y %m %c %d %e %H %k %h %I %l %i %s %S %f %p %r %T %W %a %w %M %b %j %D %U %u %V %v
// %X %x %%; other characters stand for themselves. StarRocks' "yyyyMMdd", "yyyy-MM-dd" and "yyyy-MM-dd HH:mm:ss" are
// understood as well.
void AppendMysqlFormat(const Moment& moment, std::string_view format, std::string& out);
// Empty when the text does not fit the pattern or names no valid date and time. Missing parts are 0000-01-01 00:00.
std::optional<Moment> ParseMysqlFormat(std::string_view text, std::string_view format);

}  // namespace weir
