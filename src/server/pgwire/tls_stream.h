#pragma once

#include <memory>
#include <string>

#include "runtime/async_socket.h"

struct ssl_ctx_st;

namespace weir {

// The server's certificate and key, loaded once. Immutable afterwards; any thread.
class TlsContext {
 public:
  // PEM files. Throws kInvalidParameterValue with OpenSSL's reason.
  TlsContext(const std::string& certificate_file, const std::string& key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ssl_ctx_st* get() const { return context_; }
  // The certificate's hash, for SCRAM's channel binding "tls-server-end-point" (RFC 5929); empty when its signature
  // has no hash to go by.
  const std::string& end_point_hash() const { return end_point_hash_; }

 private:
  std::string end_point_hash_;
  ssl_ctx_st* context_;
};

// TLS 1.2 or newer over another stream, which it owns. Reads and writes must not overlap: the protocols that use it
// take turns.
std::unique_ptr<AsyncStream> MakeTlsStream(std::unique_ptr<AsyncStream> inner, const TlsContext& context);

}  // namespace weir
