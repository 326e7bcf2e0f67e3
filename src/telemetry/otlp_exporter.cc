#include "telemetry/otlp_exporter.h"

#include <algorithm>
#include <charconv>

#include <curl/curl.h>
#include <zlib.h>

#include "runtime/async_event.h"
#include "runtime/task.h"

namespace weir {

namespace {

constexpr size_t kAnswerBytesMax = 64 << 10;

std::string Gzip(const std::string& body) {
  z_stream stream{};
  // Level 1: a third of the time of the default for nearly the same size of telemetry.
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw Error::Operational(sqlstate::kOutOfMemory, "no memory to compress a request");
  }
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bool IsRetryable(int status) {
  return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

size_t TakeAnswer(char* bytes, size_t size, size_t count, void* into) {
  auto* answer = static_cast<std::string*>(into);
  if (answer->size() < kAnswerBytesMax) answer->append(bytes, size * count);
  return size * count;
}

int StopTransfer(void* token, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<CancellationToken*>(token)->canceled() ? 1 : 0;
}

}  // namespace

struct OtlpExporter::Connection {
  // Initialises the library once for the process.
  Connection() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready == CURLE_OK) handle = curl_easy_init();
    if (handle == nullptr) throw Error::Operational(sqlstate::kOutOfMemory, "could not start libcurl");
  }
  ~Connection() { curl_easy_cleanup(handle); }
  CURL* handle = nullptr;
};

OtlpExporter::OtlpExporter(OtlpExporterOptions options, Executor& timers)
    : options_(std::move(options)), timers_(timers), connection_(std::make_unique<Connection>()) {}

OtlpExporter::~OtlpExporter() {
  Stop();
}

void OtlpExporter::Stop() {
  stop_.Cancel(Error::Canceled("exporter is stopped"));
}

std::string OtlpExporter::last_error() const {
  const std::scoped_lock lock(mutex_);
  return last_error_;
}

OtlpExporter::Attempt OtlpExporter::SendOnce(Signal signal, const std::string& body) {
  Attempt attempt;
  CURL* const curl = connection_->handle;
  std::string endpoint = options_.endpoint;
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const std::string url = endpoint + std::string(SignalPath(signal));
  std::string answer;
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/x-protobuf");
  if (options_.gzip) headers = curl_slist_append(headers, "Content-Encoding: gzip");
  headers = curl_slist_append(headers, "Expect:");
  CancellationToken token = stop_.token();
  curl_easy_reset(curl);  // keeps the connection
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (!options_.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    curl_easy_setopt(curl, CURLOPT_USERNAME, options_.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options_.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout_nanos / kNanosPerMilli));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &TakeAnswer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &StopTransfer);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &token);
  const CURLcode result = curl_easy_perform(curl);
  curl_slist_free_all(headers);
  if (result != CURLE_OK) {
    attempt.error = fmt::format("{}: {}", url, curl_easy_strerror(result));
    return attempt;
  }
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  attempt.status = static_cast<int>(status);
  if (status != 200) {
    curl_off_t retry_after = 0;
    if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK && retry_after > 0) {
      attempt.retry_after_seconds = retry_after;
    }
    attempt.error = fmt::format("{}: status {}", url, status);
  }
  return attempt;
}

bool OtlpExporter::Send(Signal signal, const std::string& protobuf) {
  const std::scoped_lock sending(send_mutex_);
  const std::string body = options_.gzip ? Gzip(protobuf) : protobuf;
  int64_t backoff = options_.backoff_nanos;
  for (int i = 1; !stop_.canceled(); ++i) {
    const Attempt attempt = SendOnce(signal, body);
    if (attempt.status >= 200 && attempt.status < 300) return true;
    {
      const std::scoped_lock lock(mutex_);
      last_error_ = attempt.error;
    }
    if (!IsRetryable(attempt.status) || i >= options_.attempts_max) return false;
    int64_t pause = std::min(backoff, options_.backoff_nanos_max);
    if (attempt.retry_after_seconds > 0) {
      pause = std::max(pause, std::min(attempt.retry_after_seconds * kNanosPerSecond, options_.backoff_nanos_max));
    }
    backoff *= 2;
    if (CatchError([&] { SyncWait(SleepFor(timers_, pause, stop_.token())); }) != nullptr) return false;
  }
  return false;
}

}  // namespace weir
