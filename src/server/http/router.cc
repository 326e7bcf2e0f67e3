#include "server/http/router.h"

namespace weir::http {

void Router::Add(std::string method, std::string path, Handler handler) {
  const bool prefix = path.ends_with("/*");
  if (prefix) path.pop_back();
  for (Route& route : routes_) {
    if (route.path == path && route.prefix == prefix) {
      route.by_method[std::move(method)] = std::move(handler);
      return;
    }
  }
  routes_.push_back({std::move(path), prefix, {}});
  routes_.back().by_method[std::move(method)] = std::move(handler);
}

// An exact path wins, then the longest prefix.
const Router::Route* Router::Find(std::string_view path) const {
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    if (!route.prefix && route.path == path) return &route;
    if (route.prefix && path.starts_with(route.path) && (best == nullptr || route.path.size() > best->path.size())) {
      best = &route;
    }
  }
  return best;
}

void Router::Dispatch(HttpRequest& request, Respond respond) const {
  const Route* route = Find(request.path);
  if (route == nullptr) return respond({.status = 404, .body = "there is no such page: " + request.path + "\n"});
  auto handler = route->by_method.find(request.method);
  if (handler == route->by_method.end() && request.method == "HEAD") handler = route->by_method.find("GET");
  if (handler != route->by_method.end()) return handler->second(request, std::move(respond));
  std::string allowed;
  for (const auto& [method, unused] : route->by_method) allowed += (allowed.empty() ? "" : ", ") + method;
  respond({.status = 405, .body = "method is not allowed here\n", .headers = {{"Allow", allowed}}});
}

}  // namespace weir::http
