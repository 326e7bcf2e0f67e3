#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/http_message.h"

namespace weir::http {

// Handlers by path and method. A path that ends in "/*" takes everything below it. Immutable once requests come;
// then any thread may dispatch.
class Router {
 public:
  void Add(std::string method, std::string path, Handler handler);
  // Answers 404 and 405 by itself. HEAD is served by GET's handler.
  void Dispatch(HttpRequest& request, Respond respond) const;

 private:
  struct Route {
    std::string path;  // without the star
    bool prefix = false;
    std::map<std::string, Handler, std::less<>> by_method;
  };
  const Route* Find(std::string_view path) const;

  std::vector<Route> routes_;
};

}  // namespace weir::http
