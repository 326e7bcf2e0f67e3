#include "server/scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <charconv>
#include <vector>

#include "base/error.h"

namespace weir {

namespace {

std::string ToBase64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(size));
  return out;
}

std::string FromBase64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) throw Error::User(sqlstate::kProtocolViolation, "malformed SCRAM message (invalid base64)");
  size_t padding = 0;
  for (size_t i = text.size(); i > 0 && text[i - 1] == '='; --i) ++padding;
  if (static_cast<size_t>(size) < padding) throw Error::User(sqlstate::kProtocolViolation, "malformed SCRAM message");
  out.resize(static_cast<size_t>(size) - padding);
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

std::string MakeScramVerifier(std::string_view password, Random& random, int iterations) {
  const std::string salt = RandomBytes(random, 16);
  std::string salted(SHA256_DIGEST_LENGTH, '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                    reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                    EVP_sha256(), SHA256_DIGEST_LENGTH, reinterpret_cast<unsigned char*>(salted.data()));
  const std::string stored_key = Sha256(Hmac(salted, "Client Key"));
  return fmt::format("SCRAM-SHA-256${}:{}${}:{}", iterations, ToBase64(salt), ToBase64(stored_key),
                     ToBase64(Hmac(salted, "Server Key")));
}

ScramExchange::ScramExchange(std::string_view verifier, Random& random) : random_(random) {
  const size_t first = verifier.find('$'), second = verifier.rfind('$');
  const size_t colon = first == std::string_view::npos ? first : verifier.find(':', first);
  if (colon != std::string_view::npos && second > colon) {
    const std::string_view keys = verifier.substr(second + 1);
    const size_t split = keys.find(':');
    std::from_chars(verifier.data() + first + 1, verifier.data() + colon, iterations_);
    salt_ = FromBase64(verifier.substr(colon + 1, second - colon - 1));
    stored_key_ = FromBase64(keys.substr(0, split));
    server_key_ = FromBase64(keys.substr(split + 1));
    known_ = true;
  } else {
    salt_ = RandomBytes(random, 16);
    stored_key_ = RandomBytes(random, SHA256_DIGEST_LENGTH);
    server_key_ = RandomBytes(random, SHA256_DIGEST_LENGTH);
  }
}

std::string ScramExchange::First(std::string_view client_first) {
  // gs2-header: "n,," or "y,," (no channel binding), perhaps with an authorization identity.
  if (client_first.empty() || (client_first[0] != 'n' && client_first[0] != 'y')) {
    throw Error::User(sqlstate::kProtocolViolation, "SCRAM channel binding is not available");
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
  if (binding != gs2_header_ || TakeAttribute(rest, 'r') != nonce_) {
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
