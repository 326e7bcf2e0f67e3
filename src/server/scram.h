#pragma once

#include <string>
#include <string_view>

#include "env/random.h"

namespace weir {

// SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side.

// A stored password in PostgreSQL's form: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>.
std::string MakeScramVerifier(std::string_view password, Random& random, int iterations = 4096);

// One authentication exchange. Step gets the client's messages in order; false for a wrong proof. Throws 08P01 for
// malformed messages.
class ScramExchange {
 public:
  // An empty verifier (unknown user) goes through the motions with made-up keys and fails at the end, so that names
  // cannot be told apart.
  ScramExchange(std::string_view verifier, Random& random);
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
  Random& random_;
};

}  // namespace weir
