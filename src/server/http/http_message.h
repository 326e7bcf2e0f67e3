#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::http {

// One request, its body whole and decompressed.
struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;
  std::map<std::string, std::string, std::less<>> headers;  // names in lower case
  std::string body;
  std::string client_address;
  std::string user = "weir";  // whose password came with it, on routes that ask

  // "" when there is none.
  std::string_view header(std::string_view lower_case_name) const;
  std::string_view query_value(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Called once, from any thread, now or later.
using Respond = std::move_only_function<void(HttpResponse response)>;
// Runs on a thread of the server, so it must be quick: what takes long goes to a pool and responds from there. The
// request lives until `respond` is called. Exceptions become error responses.
using Handler = std::function<void(HttpRequest& request, Respond respond)>;

}  // namespace weir::http
