#include "env/event_loop.h"

#include <fmt/format.h>

namespace weir {

std::string SocketAddress::ToString() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

}  // namespace weir
