#include "server/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <utf8proc.h>

#include "base/error.h"
#include "base/utf8.h"

namespace weir {

namespace {

constexpr size_t kSaltBytes = 16;

std::string ToBase64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

std::string FromBase64(std::string_view text) {
  auto out = DecodeBase64(text);
  if (!out.has_value()) throw Error::User(sqlstate::kProtocolViolation, "malformed SCRAM message (invalid base64)");
  return std::move(*out);
}

// PBKDF2: slow, so that stolen verifiers are of little use.
std::string SaltedPassword(std::string_view password, std::string_view salt, int iterations) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                    reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                    EVP_sha256(), SHA256_DIGEST_LENGTH, reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), reinterpret_cast<unsigned char*>(out.data()), &size);
  return out;
}

std::string Sha256(std::string_view text) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string Xor(std::string_view a, std::string_view b) {
  std::string out(a);
  for (size_t i = 0; i < out.size() && i < b.size(); ++i) out[i] = static_cast<char>(out[i] ^ b[i]);
  return out;
}

std::string RandomBytes(Random& random, size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(random.Next() & 0xFF);
  return out;
}

// SASLprep (RFC 4013), as clients do before they send a proof: other spaces are spaces, invisible characters are left
// out, compatible characters are made the same. What it forbids is taken as it is, again as clients do.
std::string PreparePassword(std::string_view written) {
  const bool ascii = std::all_of(written.begin(), written.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; });
  if (ascii || FindInvalidUtf8(written) != std::string_view::npos) return std::string(written);
  std::string mapped;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(written.data());
  auto left = static_cast<utf8proc_ssize_t>(written.size());
  while (left > 0) {
    utf8proc_int32_t code = 0;
    const utf8proc_ssize_t size = utf8proc_iterate(at, left, &code);
    const utf8proc_category_t category = utf8proc_category(code);
    const bool dropped = code == 0xAD || code == 0x34F || code == 0x1806 || (code >= 0x180B && code <= 0x180D) ||
                         (code >= 0x200B && code <= 0x200D) || code == 0x2060 || (code >= 0xFE00 && code <= 0xFE0F) ||
                         code == 0xFEFF;
    const bool forbidden = category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CN ||
                           category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_CS;
    if (forbidden && !dropped) return std::string(written);
    if (category == UTF8PROC_CATEGORY_ZS) {
      mapped += ' ';
    } else if (!dropped) {
      mapped.append(reinterpret_cast<const char*>(at), static_cast<size_t>(size));
    }
    at += size;
    left -= size;
  }
  utf8proc_uint8_t* normal = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(mapped.data()), static_cast<utf8proc_ssize_t>(mapped.size()), &normal,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT));
  if (size <= 0) return std::string(written);
  std::string out(reinterpret_cast<const char*>(normal), static_cast<size_t>(size));
  std::free(normal);
  return out;
}

struct Verifier {
  int iterations;
  std::string salt, stored_key, server_key;
};

constexpr int kIterationsDefault = 4096;

// Nothing for what is no verifier: that of a user who has no password.
std::optional<Verifier> ParseVerifier(std::string_view verifier) {
  const size_t first = verifier.find('$'), second = verifier.rfind('$');
  const size_t colon = first == std::string_view::npos ? first : verifier.find(':', first);
  if (colon == std::string_view::npos || second <= colon) return std::nullopt;
  const std::string_view keys = verifier.substr(second + 1);
  const size_t split = keys.find(':');
  Verifier out{.iterations = kIterationsDefault,
               .salt = FromBase64(verifier.substr(colon + 1, second - colon - 1)),
               .stored_key = FromBase64(keys.substr(0, split)),
               .server_key = FromBase64(keys.substr(split + 1))};
  std::from_chars(verifier.data() + first + 1, verifier.data() + colon, out.iterations);
  return out;
}

// The value of "x=..." at the start of `text`, which loses it and the comma behind it.
std::string_view TakeAttribute(std::string_view& text, char name) {
  if (text.size() < 2 || text[0] != name || text[1] != '=') {
    throw Error::User(sqlstate::kProtocolViolation, "malformed SCRAM message: attribute \"{}\" expected", name);
  }
  const size_t end = std::min(text.find(','), text.size());
  const std::string_view value = text.substr(2, end - 2);
  text.remove_prefix(std::min(end + 1, text.size()));
  return value;
}

}  // namespace

std::string ScramMockSalt(std::string_view text) {
  return Sha256(text).substr(0, kSaltBytes);
}

std::string MakeScramVerifier(std::string_view written, Random& random, int iterations) {
  const std::string password = PreparePassword(written);
  const std::string salt = RandomBytes(random, kSaltBytes);
  const std::string salted = SaltedPassword(password, salt, iterations);
  const std::string stored_key = Sha256(Hmac(salted, "Client Key"));
  return fmt::format("SCRAM-SHA-256${}:{}${}:{}", iterations, ToBase64(salt), ToBase64(stored_key),
                     ToBase64(Hmac(salted, "Server Key")));
}

std::optional<std::string> DecodeBase64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  size_t padding = 0;
  for (size_t i = text.size(); i > 0 && text[i - 1] == '='; --i) ++padding;
  if (size < 0 || static_cast<size_t>(size) < padding) return std::nullopt;
  out.resize(static_cast<size_t>(size) - padding);
  return out;
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  return Hmac(key, text);
}

bool PasswordMatches(std::string_view password, std::string_view verifier) {
  const auto parts = ParseVerifier(verifier);
  const std::string salted = parts.has_value() ? SaltedPassword(password, parts->salt, parts->iterations)
                                               : SaltedPassword(password, "an unknown user's", kIterationsDefault);
  const std::string stored = Sha256(Hmac(salted, "Client Key"));
  return parts.has_value() && stored.size() == parts->stored_key.size() &&
         CRYPTO_memcmp(stored.data(), parts->stored_key.data(), stored.size()) == 0;
}

ScramExchange::ScramExchange(std::string_view verifier, Random& random) : random_(random) {
  if (auto parts = ParseVerifier(verifier)) {
    iterations_ = parts->iterations;
    salt_ = std::move(parts->salt);
    stored_key_ = std::move(parts->stored_key);
    server_key_ = std::move(parts->server_key);
    known_ = true;
  } else {
    salt_ = RandomBytes(random, kSaltBytes);
    stored_key_ = RandomBytes(random, SHA256_DIGEST_LENGTH);
    server_key_ = RandomBytes(random, SHA256_DIGEST_LENGTH);
  }
}

std::string ScramExchange::First(std::string_view client_first) {
  // gs2-header: "n,," (no channel binding), "y,," (the client could, and thinks that the server cannot) or
  // "p=<kind>,,", perhaps with an authorization identity.
  const std::string_view wanted = client_first.substr(0, client_first.find(','));
  if (binding_chosen_ ? wanted != "p=tls-server-end-point" : wanted != "n" && wanted != "y") {
    throw Error::User(sqlstate::kProtocolViolation, "SCRAM channel binding does not fit the chosen mechanism");
  }
  if (wanted == "y" && !end_point_hash_.empty()) {
    throw Error::User(sqlstate::kInvalidAuthorization, "SCRAM channel binding negotiation error")
        .WithDetail(
            "The client supports SCRAM channel binding but thinks the server does not. However, this server does "
            "support channel binding.");
  }
  const size_t comma = client_first.find(',');
  const size_t second = comma == std::string_view::npos ? comma : client_first.find(',', comma + 1);
  if (second == std::string_view::npos) throw Error::User(sqlstate::kProtocolViolation, "malformed SCRAM message");
  gs2_header_ = std::string(client_first.substr(0, second + 1));
  client_first_bare_ = std::string(client_first.substr(second + 1));
  std::string_view rest = client_first_bare_;
  TakeAttribute(rest, 'n');
  const std::string_view client_nonce = TakeAttribute(rest, 'r');
  nonce_ = std::string(client_nonce) + ToBase64(RandomBytes(random_, 18));
  server_first_ = fmt::format("r={},s={},i={}", nonce_, ToBase64(salt_), iterations_);
  return server_first_;
}

std::string ScramExchange::Final(std::string_view client_final) {
  const size_t proof_at = client_final.rfind(",p=");
  if (proof_at == std::string_view::npos)
    throw Error::User(sqlstate::kProtocolViolation, "malformed SCRAM message: no proof");
  const std::string_view without_proof = client_final.substr(0, proof_at);
  const std::string proof = FromBase64(client_final.substr(proof_at + 3));
  std::string_view rest = without_proof;
  const std::string binding = FromBase64(TakeAttribute(rest, 'c'));
  if (binding != gs2_header_ + (binding_chosen_ ? end_point_hash_ : "") || TakeAttribute(rest, 'r') != nonce_) {
    throw Error::User(sqlstate::kProtocolViolation, "malformed SCRAM message: nonce or channel binding do not match");
  }
  const std::string auth_message = client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
  const std::string client_key = Xor(proof, Hmac(stored_key_, auth_message));
  const std::string stored = Sha256(client_key);
  const bool right = proof.size() == SHA256_DIGEST_LENGTH && stored.size() == stored_key_.size() &&
                     CRYPTO_memcmp(stored.data(), stored_key_.data(), stored.size()) == 0;
  if (!right || !known_) return {};
  return "v=" + ToBase64(Hmac(server_key_, auth_message));
}

}  // namespace weir
