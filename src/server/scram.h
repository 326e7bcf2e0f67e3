#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "env/random.h"

namespace weir {

// SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side.

// A stored password in PostgreSQL's form: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>.
std::string MakeScramVerifier(std::string_view password, Random& random, int iterations = 4096);

inline constexpr std::string_view kScramMechanism = "SCRAM-SHA-256";
inline constexpr std::string_view kScramPlusMechanism = "SCRAM-SHA-256-PLUS";

// A salt made from text, for users that have none.
std::string ScramMockSalt(std::string_view text);

// Whether it is the verifier's password, for protocols that send the password itself. Takes milliseconds; as long for
// an empty verifier (an unknown user), which no password matches.
bool PasswordMatches(std::string_view password, std::string_view verifier);

std::string HmacSha256(std::string_view key, std::string_view text);
// nullopt when it is not base64.
std::optional<std::string> DecodeBase64(std::string_view text);

// One authentication exchange. Step gets the client's messages in order; false for a wrong proof. Throws 08P01 for
// malformed messages.
class ScramExchange {
 public:
  // An empty verifier (unknown user) goes through the motions with made-up keys and fails at the end, so that names
  // cannot be told apart.
  ScramExchange(std::string_view verifier, Random& random);
  // Before First: the salt for an empty verifier, instead of one that differs each time.
  void set_mock_salt(std::string salt) {
    if (!known_) salt_ = std::move(salt);
  }
  // Before First: what the server can bind to (empty: nothing), and whether the client chose to (SCRAM-SHA-256-PLUS).
  void set_channel_binding(std::string end_point_hash, bool chosen) {
    end_point_hash_ = std::move(end_point_hash);
    binding_chosen_ = chosen;
  }
  // The server-first-message for the client-first-message.
  std::string First(std::string_view client_first);
  // The server-final-message for the client-final-message; empty when the proof is wrong.
  std::string Final(std::string_view client_final);

 private:
  int iterations_ = 4096;
  std::string salt_;
  std::string stored_key_;
  std::string server_key_;
  bool known_ = false;
  std::string nonce_;
  std::string client_first_bare_;
  std::string server_first_;
  std::string gs2_header_;
  std::string end_point_hash_;
  bool binding_chosen_ = false;
  Random& random_;
};

}  // namespace weir
