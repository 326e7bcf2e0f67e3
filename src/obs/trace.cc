#include "obs/trace.h"

#include <cstring>

#include <fmt/format.h>

namespace weir::obs {
namespace {

template <size_t N>
void AppendHex(std::string& out, const std::array<uint8_t, N>& bytes) {
  for (const uint8_t byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool ParseHex(std::string_view text, uint8_t* out) {
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    const int high = HexDigit(text[i]);
    const int low = HexDigit(text[i + 1]);
    if (high < 0 || low < 0) return false;
    *out++ = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace

std::string SpanContext::ToTraceParent() const {
  std::string out = "00-";
  AppendHex(out, trace_id);
  out += '-';
  AppendHex(out, span_id);
  out += sampled ? "-01" : "-00";
  return out;
}

std::optional<SpanContext> SpanContext::FromTraceParent(std::string_view text) {
  SpanContext out;
  uint8_t version = 0;
  uint8_t flags = 0;
  if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  if (!ParseHex(text.substr(0, 2), &version) || version == 0xFF) return std::nullopt;
  // Later versions may append fields; this one has none.
  if (text.size() > 55 && (version == 0 || text[55] != '-')) return std::nullopt;
  if (!ParseHex(text.substr(3, 32), out.trace_id.data()) || !ParseHex(text.substr(36, 16), out.span_id.data()) ||
      !ParseHex(text.substr(53, 2), &flags) || !out.valid()) {
    return std::nullopt;
  }
  out.sampled = (flags & 1) != 0;
  return out;
}

Span& Span::operator=(Span&& other) noexcept {
  if (this != &other) {
    End();
    record_ = std::move(other.record_);
    tracer_ = other.tracer_;
  }
  return *this;
}

void Span::SetAttribute(std::string_view name, AttributeValue value) {
  if (record_ != nullptr) record_->attributes.emplace_back(name, std::move(value));
}

void Span::SetError(std::string_view message) {
  if (record_ == nullptr) return;
  record_->status = SpanStatus::kError;
  record_->status_message = message;
}

void Span::SetOk() {
  if (record_ != nullptr) record_->status = SpanStatus::kOk;
}

void Span::End() {
  if (record_ == nullptr) return;
  const std::unique_ptr<SpanRecord> record = std::move(record_);
  record->end_unix_nanos = tracer_->now_();
  tracer_->sink_->Export(std::move(*record));
}

Tracer::Tracer(std::function<int64_t()> now, std::function<uint64_t()> random, std::shared_ptr<SpanSink> sink,
               double sample_ratio)
    : now_(std::move(now)), random_(std::move(random)), sink_(std::move(sink)), sample_ratio_(sample_ratio) {}

Span Tracer::Start(std::string_view name, const SpanContext& parent, SpanKind kind) {
  Span out;
  if (sink_ == nullptr) return out;
  if (parent.valid()) {
    if (!parent.sampled) return out;
  } else if (sample_ratio_ < 1 && static_cast<double>(random_() >> 11) * 0x1.0p-53 >= sample_ratio_) {
    return out;
  }
  out.tracer_ = this;
  out.record_ = std::make_unique<SpanRecord>();
  SpanRecord& record = *out.record_;
  record.name = name;
  record.kind = kind;
  if (parent.valid()) {
    record.context.trace_id = parent.trace_id;
    record.parent_id = parent.span_id;
  } else {
    do {
      const std::array<uint64_t, 2> bits = {random_(), random_()};
      std::memcpy(record.context.trace_id.data(), bits.data(), sizeof(bits));
    } while (record.context.trace_id == TraceId{});
  }
  do {
    const uint64_t bits = random_();
    std::memcpy(record.context.span_id.data(), &bits, sizeof(bits));
  } while (record.context.span_id == SpanId{});
  record.start_unix_nanos = now_();
  return out;
}

}  // namespace weir::obs
