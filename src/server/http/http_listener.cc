#include "server/http/http_listener.h"

#include <cctype>
#include <cstring>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>

#include "base/error.h"
#include "obs/log.h"
#include "server/http/body_decoder.h"

namespace weir::http {

namespace {

constexpr obs::CounterDef kRequests{"weir_http_requests_total", "requests", "HTTP requests received"};
constexpr obs::CounterDef kReceivedBytes{"weir_http_received_bytes_total", "bytes",
                                         "Bodies of HTTP requests as they came, compressed or not"};

int StatusOf(const Error& error) {
  if (error.sqlstate() == sqlstate::kProgramLimitExceeded) return 413;
  if (error.kind() == ErrorKind::kUser) return 400;
  return error.retryable() || error.sqlstate() == sqlstate::kConfigurationLimitExceeded ? 503 : 500;
}

std::string AddressText(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return SocketAddress(text, ntohs(v4->sin_port)).ToString();
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
  ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
  return SocketAddress(text, ntohs(v6->sin6_port)).ToString();
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

void FreeString(void* text) {
  delete static_cast<std::string*>(text);
}

}  // namespace

// One request and its answer. Held by the connection until libmicrohttpd says that the request is over, and by
// whoever responds.
//
//   receiving --last byte--> handling --Respond--> answered (when the handler is still running, or the connection is
//   suspended and must be resumed) --> sent
class Exchange {
 public:
  Exchange(HttpListener& listener, MHD_Connection* connection) : listener_(listener), connection_(connection) {}

  // The request is over; whoever responds later may outlive the listener.
  void Release() { listener_.upload_bytes_.fetch_sub(counted_bytes_, std::memory_order_relaxed); }

  void ReadHead(const char* url, const char* method) {
    request_.path = url;
    request_.method = method;
    MHD_get_connection_values(connection_, MHD_HEADER_KIND, &AddHeader, this);
    MHD_get_connection_values(connection_, MHD_GET_ARGUMENT_KIND, &AddQuery, this);
    const MHD_ConnectionInfo* info = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != nullptr) request_.client_address = AddressText(info->client_addr);
    started_ = listener_.clock_.Monotonic();
    listener_.requests_total_.Add();
  }

  // An answer that needs no body, given before it is sent: the client need not send it then.
  std::optional<HttpResponse> EarlyAnswer() {
    const std::string encoding = LowerCase(request_.header("content-encoding"));
    const HttpListenerOptions& options = listener_.options_;
    if (listener_.stopping_.load()) return Refuse(503, "server is stopping");
    if (listener_.admit_) {
      if (auto refusal = listener_.admit_(request_)) return refusal;
    }
    decoder_ = BodyDecoder::Make(
        encoding, encoding.empty() || encoding == "identity" ? options.body_bytes_max : options.decompressed_bytes_max);
    if (decoder_ == nullptr) {
      HttpResponse answer = Refuse(415, "Content-Encoding is not supported: " + encoding);
      answer.headers.emplace_back("Accept-Encoding", "gzip, deflate, zstd");
      return answer;
    }
    const std::string_view length = request_.header("content-length");
    if (!length.empty() && (length.size() > 18 || std::stoull(std::string(length)) > options.body_bytes_max)) {
      return Refuse(413, fmt::format("request body is longer than {} bytes", options.body_bytes_max));
    }
    if (listener_.upload_bytes_.load(std::memory_order_relaxed) > options.upload_bytes_max) {
      HttpResponse answer = Refuse(503, "too many requests are being received");
      answer.headers.emplace_back("Retry-After", "1");
      return answer;
    }
    return std::nullopt;
  }

  // False: the connection is to be closed.
  bool AddBody(std::string_view piece) {
    const HttpListenerOptions& options = listener_.options_;
    listener_.received_bytes_total_.Add(piece.size());
    received_bytes_ += piece.size();
    if (listener_.clock_.Monotonic() - started_ > options.upload_nanos_max) return false;
    if (failure_ != nullptr) {
      // The answer can be given only after the body, so a little more is read and dropped.
      return received_bytes_ <= 2 * options.body_bytes_max;
    }
    failure_ = CatchError([&] {
      if (received_bytes_ > options.body_bytes_max) {
        throw Error::User(sqlstate::kProgramLimitExceeded, "request body is longer than {} bytes",
                          options.body_bytes_max);
      }
      decoder_->Write(piece, request_.body);
    });
    if (failure_ != nullptr) request_.body = {};
    const uint64_t bytes = request_.body.capacity();
    listener_.upload_bytes_.fetch_add(bytes - counted_bytes_, std::memory_order_relaxed);
    counted_bytes_ = bytes;
    return true;
  }

  // After the body. The answer when there is one already; nothing when the connection is suspended until it is there.
  static std::optional<HttpResponse> Handle(const std::shared_ptr<Exchange>& self) {
    if (self->failure_ == nullptr && self->received_bytes_ != 0) {
      self->failure_ = CatchError([&] { self->decoder_->Finish(); });
    }
    if (self->failure_ != nullptr) return self->Refuse(*self->failure_);
    {
      const std::scoped_lock lock(self->listener_.mutex_);
      ++self->listener_.pending_;
    }
    self->handled_ = true;
    const auto error = CatchError([&] {
      self->listener_.handler_(self->request_, [self](HttpResponse answer) { self->Answer(std::move(answer)); });
    });
    if (error != nullptr) self->Answer(self->Refuse(*error));
    const std::scoped_lock lock(self->mutex_);
    if (self->response_.has_value()) return self->TakeResponse();
    self->suspended_ = true;
    MHD_suspend_connection(self->connection_);
    return std::nullopt;
  }

  // What Answer has left, once the connection is resumed.
  std::optional<HttpResponse> TakeAnswer() {
    const std::scoped_lock lock(mutex_);
    if (!response_.has_value()) return std::nullopt;
    return TakeResponse();
  }
  bool handled() const { return handled_; }

 private:
  HttpResponse Refuse(int status, const std::string& message) const {
    if (listener_.refuse_) return listener_.refuse_(request_, status, message);
    return {.status = status, .body = message + "\n"};
  }
  HttpResponse Refuse(const Error& error) const { return Refuse(StatusOf(error), error.message()); }
  void Answer(HttpResponse response) {
    bool resume = false;
    {
      const std::scoped_lock lock(mutex_);
      if (answered_) return;
      answered_ = true;
      response_ = std::move(response);
      resume = std::exchange(suspended_, false);
    }
    // A suspended connection cannot go away before it is resumed.
    if (resume) MHD_resume_connection(connection_);
    listener_.RequestEnded();
  }
  std::optional<HttpResponse> TakeResponse() { return std::exchange(response_, std::nullopt); }

  static MHD_Result AddHeader(void* self, MHD_ValueKind, const char* key, const char* value) {
    static_cast<Exchange*>(self)->request_.headers[LowerCase(key)] = value == nullptr ? "" : value;
    return MHD_YES;
  }
  static MHD_Result AddQuery(void* self, MHD_ValueKind, const char* key, const char* value) {
    static_cast<Exchange*>(self)->request_.query.emplace_back(key, value == nullptr ? "" : value);
    return MHD_YES;
  }

  HttpListener& listener_;
  MHD_Connection* const connection_;
  HttpRequest request_;
  std::unique_ptr<BodyDecoder> decoder_;
  std::unique_ptr<Error> failure_;  // found while receiving
  MonotonicNanos started_ = 0;
  uint64_t received_bytes_ = 0;
  uint64_t counted_bytes_ = 0;  // in upload_bytes_
  bool handled_ = false;

  std::mutex mutex_;  // guards the below
  std::optional<HttpResponse> response_;
  bool answered_ = false;
  bool suspended_ = false;
};

struct ListenerCallbacks {
  static MHD_Result Send(MHD_Connection* connection, HttpResponse answer) {
    auto body = std::make_unique<std::string>(std::move(answer.body));
    const size_t size = body->size();
    char* const data = body->data();
    MHD_Response* response =
        MHD_create_response_from_buffer_with_free_callback_cls(size, data, &FreeString, body.release());
    if (response == nullptr) return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
    for (const auto& [name, value] : answer.headers) MHD_add_response_header(response, name.c_str(), value.c_str());
    const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
    MHD_destroy_response(response);
    return queued;
  }

  static MHD_Result OnAccess(void* listener, MHD_Connection* connection, const char* url, const char* method,
                             const char*, const char* upload, size_t* upload_size, void** state) {
    auto* exchange = static_cast<std::shared_ptr<Exchange>*>(*state);
    MHD_Result result = MHD_NO;
    const auto error = CatchError([&] {
      if (exchange == nullptr) {
        auto made = std::make_shared<Exchange>(*static_cast<HttpListener*>(listener), connection);
        made->ReadHead(url, method);
        auto early = made->EarlyAnswer();
        *state = new std::shared_ptr<Exchange>(std::move(made));
        result = early.has_value() ? Send(connection, std::move(*early)) : MHD_YES;
        return;
      }
      if (*upload_size != 0) {
        result = (*exchange)->AddBody({upload, *upload_size}) ? MHD_YES : MHD_NO;
        *upload_size = 0;
        return;
      }
      auto answer = (*exchange)->handled() ? (*exchange)->TakeAnswer() : Exchange::Handle(*exchange);
      result = answer.has_value() ? Send(connection, std::move(*answer)) : MHD_YES;
    });
    if (error != nullptr) {
      obs::Log(obs::Severity::kError, "http", "request failed", {{"error", error->message()}});
      return MHD_NO;
    }
    return result;
  }

  static void OnCompleted(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
    auto* exchange = static_cast<std::shared_ptr<Exchange>*>(*state);
    if (exchange == nullptr) return;
    (*exchange)->Release();
    delete exchange;
    *state = nullptr;
  }
};

HttpListener::HttpListener(SocketAddress address, HttpListenerOptions options, const Clock& clock,
                           obs::MetricsRegistry& metrics, Handler handler)
    : address_(std::move(address)),
      options_(options),
      clock_(clock),
      handler_(std::move(handler)),
      requests_total_(metrics.Get(kRequests)),
      received_bytes_total_(metrics.Get(kReceivedBytes)) {}

HttpListener::~HttpListener() {
  Stop();
}

void HttpListener::Start() {
  sockaddr_storage address{};
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
  const std::string host = address_.host == "localhost" ? "127.0.0.1" : address_.host;
  if (::inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(address_.port);
  } else if (::inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(address_.port);
    flags |= MHD_USE_IPv6;
  } else {
    throw Error::User(sqlstate::kInvalidParameterValue, "not an IP address: {}", address_.host);
  }
  errno = 0;
  daemon_ =
      MHD_start_daemon(flags, 0, nullptr, nullptr, &ListenerCallbacks::OnAccess, this, MHD_OPTION_SOCK_ADDR, &address,
                       MHD_OPTION_THREAD_POOL_SIZE, static_cast<unsigned>(std::max(options_.threads, 1)),
                       MHD_OPTION_CONNECTION_LIMIT, options_.connections_max, MHD_OPTION_CONNECTION_TIMEOUT,
                       options_.idle_seconds_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, options_.header_bytes_max,
                       MHD_OPTION_NOTIFY_COMPLETED, &ListenerCallbacks::OnCompleted, nullptr, MHD_OPTION_END);
  if (daemon_ == nullptr) {
    throw Error::Operational(errno == EADDRINUSE ? sqlstate::kObjectInUse : sqlstate::kConnectionFailure,
                             "could not listen for HTTP: {}: {}", address_.ToString(),
                             errno == 0 ? "unknown reason" : std::strerror(errno))
        .WithHint("Stop what listens there, or choose another port: --http-port, --otlp-http-port.");
  }
  const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
  port_ = info == nullptr ? address_.port : info->port;
}

void HttpListener::RequestEnded() {
  const std::scoped_lock lock(mutex_);
  if (--pending_ == 0) idle_.notify_all();
}

void HttpListener::Stop() {
  if (daemon_ == nullptr) return;
  stopping_.store(true);
  {
    // libmicrohttpd cannot stop while connections are suspended, and handlers respond to this object.
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return pending_ == 0; });
  }
  MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
}

}  // namespace weir::http
