#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "server/engine.h"
#include "server/http/http_message.h"

namespace weir::http {

// Who may use the routes that read or write data. Without passwords whoever is on this machine may; with passwords the
// request must say one, as HTTP basic authentication (RFC 7617), checked against the same SCRAM verifiers as
// PostgreSQL's. A check takes milliseconds on purpose, so what was right is remembered (as a keyed hash) until the
// password changes. The engine is borrowed. Threads: any.
class HttpAccess {
 public:
  explicit HttpAccess(Engine& engine);

  struct Decision {
    int status = 200;  // 200: come in; 401: log in; 403: not from there
    std::string message;
    std::string user = "weir";
  };
  // What can be said without computing: nothing when the password must be checked first. Quick.
  std::optional<Decision> DecideQuickly(const HttpRequest& request) const;
  // Blocks for milliseconds: on the I/O pool only.
  Decision Decide(const HttpRequest& request);
  // Calls `then` with the decision: right here when it is quick, else on the I/O pool. The request must outlive it.
  void Check(const HttpRequest& request, std::function<void(Decision)> then);

 private:
  std::string Fingerprint(std::string_view verifier, std::string_view credentials) const;

  Engine& engine_;
  std::string key_;                                        // of the fingerprints; random, of this process
  mutable std::mutex mutex_;                               // guards the below; leaf
  std::map<std::string, std::string, std::less<>> right_;  // fingerprint -> user
};

}  // namespace weir::http
