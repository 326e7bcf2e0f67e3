#include "server/http/access.h"

#include "base/bytes.h"
#include "server/scram.h"

namespace weir::http {

namespace {

constexpr size_t kRememberedMax = 1000;

bool IsLoopback(std::string_view address) {
  if (address.starts_with('[')) address.remove_prefix(1);
  return address.starts_with("127.") || address.starts_with("::1]") || address.starts_with("::ffff:127.");
}

struct Credentials {
  std::string user;
  std::string password;
};

// Of "Basic dXNlcjpwYXNzd29yZA=="; nothing when it is something else.
std::optional<Credentials> ParseBasic(std::string_view header) {
  constexpr std::string_view kScheme = "basic ";
  if (header.size() < kScheme.size()) return std::nullopt;
  for (size_t i = 0; i < kScheme.size(); ++i) {
    if ((header[i] | 0x20) != (kScheme[i] | 0x20)) return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  while (header.starts_with(' ')) header.remove_prefix(1);
  const auto text = DecodeBase64(header);
  if (!text.has_value()) return std::nullopt;
  const size_t colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{text->substr(0, colon), text->substr(colon + 1)};
}

HttpAccess::Decision LogIn(std::string message) {
  return {.status = 401, .message = std::move(message), .user = {}};
}

}  // namespace

HttpAccess::HttpAccess(Engine& engine) : engine_(engine), key_(32, '\0') {
  for (size_t i = 0; i < key_.size(); i += 8) StoreUnaligned(key_.data() + i, engine_.services().random.Next());
}

// The verifier is part of it: when the password changes, what was right is so no more.
std::string HttpAccess::Fingerprint(std::string_view verifier, std::string_view credentials) const {
  return HmacSha256(key_, fmt::format("{}\n{}", verifier, credentials));
}

std::optional<HttpAccess::Decision> HttpAccess::DecideQuickly(const HttpRequest& request) const {
  const std::string_view header = request.header("authorization");
  if (!engine_.HasPasswords()) {
    if (!IsLoopback(request.client_address)) {
      return Decision{
          .status = 403, .message = "requests from other machines need a password, and none is set", .user = {}};
    }
    return Decision{};
  }
  if (header.empty()) return LogIn("a password is needed: HTTP basic authentication");
  const auto credentials = ParseBasic(header);
  if (!credentials.has_value()) return LogIn("only HTTP basic authentication is understood");
  const auto verifier = engine_.PasswordVerifier(credentials->user);
  if (!verifier.has_value()) return std::nullopt;
  const std::string fingerprint = Fingerprint(*verifier, header);
  const std::scoped_lock lock(mutex_);
  if (const auto found = right_.find(fingerprint); found != right_.end()) return Decision{.user = found->second};
  return std::nullopt;
}

HttpAccess::Decision HttpAccess::Decide(const HttpRequest& request) {
  if (auto quick = DecideQuickly(request)) return std::move(*quick);
  const std::string_view header = request.header("authorization");
  const auto credentials = ParseBasic(header);
  if (!credentials.has_value()) return LogIn("only HTTP basic authentication is understood");
  const std::string verifier = engine_.PasswordVerifier(credentials->user).value_or("");
  if (!PasswordMatches(credentials->password, verifier)) {
    return LogIn(fmt::format("password authentication failed for user \"{}\"", credentials->user));
  }
  std::string fingerprint = Fingerprint(verifier, header);
  const std::scoped_lock lock(mutex_);
  if (right_.size() >= kRememberedMax) right_.clear();
  right_.emplace(std::move(fingerprint), credentials->user);
  return {.user = credentials->user};
}

void HttpAccess::Check(const HttpRequest& request, std::function<void(Decision)> then) {
  if (auto quick = DecideQuickly(request)) return then(std::move(*quick));
  engine_.io().Submit([this, &request, then = std::move(then)] {
    Decision decision;
    if (const auto error = CatchError([&] { decision = Decide(request); }); error != nullptr) {
      decision = {.status = 500, .message = error->message(), .user = {}};
    }
    then(std::move(decision));
  });
}

}  // namespace weir::http
