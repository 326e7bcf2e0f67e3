#include "server/pgwire/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>

#include "base/error.h"

namespace weir {

namespace {

std::string OpenSslReason() {
  std::array<char, 256> text{};
  const unsigned long code = ERR_get_error();
  if (code == 0) return "unknown TLS error";
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

std::string EndPointHash(const X509* certificate) {
  int digest_id = NID_undef;
  if (certificate == nullptr || OBJ_find_sigid_algs(X509_get_signature_nid(certificate), &digest_id, nullptr) != 1) {
    return {};
  }
  // Older hashes count as SHA-256 here.
  if (digest_id == NID_md5 || digest_id == NID_sha1) digest_id = NID_sha256;
  const EVP_MD* digest = EVP_get_digestbynid(digest_id);
  if (digest == nullptr) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned int size = 0;
  if (X509_digest(certificate, digest, hash.data(), &size) != 1) return {};
  return {reinterpret_cast<const char*>(hash.data()), size};
}

// OpenSSL works on memory; what it wants sent and received goes through the inner stream.
class TlsStream final : public AsyncStream {
 public:
  TlsStream(std::unique_ptr<AsyncStream> inner, const TlsContext& context)
      : inner_(std::move(inner)), ssl_(SSL_new(context.get())) {
    if (ssl_ == nullptr) throw Error::Operational(sqlstate::kOutOfMemory, "cannot start TLS: {}", OpenSslReason());
    SSL_set_bio(ssl_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl_);
  }
  ~TlsStream() override { SSL_free(ssl_); }

  Task<size_t> Read(std::span<char> out) override {
    for (;;) {
      ERR_clear_error();
      const int got = SSL_read(ssl_, out.data(), static_cast<int>(std::min<size_t>(out.size(), INT32_MAX)));
      co_await SendPending();
      if (got > 0) co_return static_cast<size_t>(got);
      const int error = SSL_get_error(ssl_, got);
      if (error == SSL_ERROR_ZERO_RETURN) co_return 0;
      if (error != SSL_ERROR_WANT_READ) throw Broken();
      const bool more = co_await Receive();
      if (!more) co_return 0;
    }
  }

  Task<void> Write(std::span<const char> bytes) override {
    while (!bytes.empty()) {
      ERR_clear_error();
      constexpr size_t kRecordBytes = 64 << 10;
      const int put = SSL_write(ssl_, bytes.data(), static_cast<int>(std::min(bytes.size(), kRecordBytes)));
      co_await SendPending();
      if (put > 0) {
        bytes = bytes.subspan(static_cast<size_t>(put));
        continue;
      }
      if (SSL_get_error(ssl_, put) != SSL_ERROR_WANT_READ) throw Broken();
      const bool more = co_await Receive();
      if (!more) throw Broken();
    }
  }

  Task<void> ShutdownWrite() override {
    SSL_shutdown(ssl_);
    co_await SendPending();
    co_await inner_->ShutdownWrite();
  }
  void EndReading() noexcept override { inner_->EndReading(); }
  Task<bool> PeerHasEnded() override { return inner_->PeerHasEnded(); }
  void Close() noexcept override { inner_->Close(); }
  void set_read_timeout_nanos(int64_t nanos) override { inner_->set_read_timeout_nanos(nanos); }
  void set_write_timeout_nanos(int64_t nanos) override { inner_->set_write_timeout_nanos(nanos); }
  EventLoop& loop() override { return inner_->loop(); }
  SocketAddress peer_address() const override { return inner_->peer_address(); }
  SocketAddress local_address() const override { return inner_->local_address(); }

 private:
  static Error Broken() {
    return Error::Operational(sqlstate::kConnectionFailure, "TLS connection failed: {}", OpenSslReason());
  }

  Task<void> SendPending() {
    std::string out;
    std::array<char, 16384> buffer;
    for (;;) {
      const int size = BIO_read(SSL_get_wbio(ssl_), buffer.data(), static_cast<int>(buffer.size()));
      if (size <= 0) break;
      out.append(buffer.data(), static_cast<size_t>(size));
    }
    if (!out.empty()) co_await inner_->Write({out.data(), out.size()});
  }

  Task<bool> Receive() {
    std::string buffer(16384, '\0');
    const size_t got = co_await inner_->Read({buffer.data(), buffer.size()});
    if (got != 0) BIO_write(SSL_get_rbio(ssl_), buffer.data(), static_cast<int>(got));
    co_return got != 0;
  }

  std::unique_ptr<AsyncStream> inner_;
  SSL* ssl_;
};

}  // namespace

TlsContext::TlsContext(const std::string& certificate_file, const std::string& key_file)
    : context_(SSL_CTX_new(TLS_server_method())) {
  if (context_ == nullptr) throw Error::Operational(sqlstate::kOutOfMemory, "cannot set up TLS: {}", OpenSslReason());
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  const bool loaded = SSL_CTX_use_certificate_chain_file(context_, certificate_file.c_str()) == 1 &&
                      SSL_CTX_use_PrivateKey_file(context_, key_file.c_str(), SSL_FILETYPE_PEM) == 1 &&
                      SSL_CTX_check_private_key(context_) == 1;
  if (loaded) {
    end_point_hash_ = EndPointHash(SSL_CTX_get0_certificate(context_));
    return;
  }
  std::string reason = OpenSslReason();
  SSL_CTX_free(context_);
  throw Error::User(sqlstate::kInvalidParameterValue, "cannot load the TLS certificate {} and key {}: {}",
                    certificate_file, key_file, reason)
      .WithHint("Both must be PEM files, and the key must belong to the certificate.");
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

std::unique_ptr<AsyncStream> MakeTlsStream(std::unique_ptr<AsyncStream> inner, const TlsContext& context) {
  return std::make_unique<TlsStream>(std::move(inner), context);
}

}  // namespace weir
