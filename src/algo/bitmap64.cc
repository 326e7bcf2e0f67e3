#include "algo/bitmap64.h"

#include <bit>
#include <charconv>

#include <roaring/roaring64map.hh>

#include "base/bytes.h"
#include "base/error.h"

namespace weir {

namespace {

[[noreturn]] void ThrowInvalid(std::string_view what) {
  throw Error::User(sqlstate::kInvalidBinaryRepresentation, "invalid bitmap: {}", what);
}

// The library reads within bounds, but believes cardinalities and order; these are checked here. The portable form of
// 32-bit Roaring bitmaps: github.com/RoaringBitmap/RoaringFormatSpec.
void CheckRoaring(ByteReader& in) {
  constexpr uint32_t kCookieNoRuns = 12346;
  constexpr uint32_t kCookieRuns = 12347;
  constexpr uint32_t kOffsetsFrom = 4;
  constexpr uint32_t kArrayMax = 4096;
  const auto cookie = in.Get<uint32_t>();
  const bool has_runs = (cookie & 0xFFFF) == kCookieRuns;
  if (!has_runs && cookie != kCookieNoRuns) ThrowInvalid("cookie");
  const uint32_t count = has_runs ? (cookie >> 16) + 1 : in.Get<uint32_t>();
  if (count > 65536) ThrowInvalid("containers");
  const std::string_view run_flags = has_runs ? in.GetRaw((count + 7) / 8) : std::string_view();
  std::vector<uint32_t> sizes(count);
  int64_t last_key = -1;
  for (uint32_t& size : sizes) {
    const auto key = in.Get<uint16_t>();
    if (key <= last_key) ThrowInvalid("keys");
    last_key = key;
    size = uint32_t{in.Get<uint16_t>()} + 1;
  }
  if (!has_runs || count >= kOffsetsFrom) in.GetRaw(size_t{count} * sizeof(uint32_t));
  for (uint32_t i = 0; i < count; ++i) {
    if (has_runs && ((static_cast<uint8_t>(run_flags[i / 8]) >> (i % 8)) & 1) != 0) {
      const auto runs = in.Get<uint16_t>();
      uint32_t total = 0;
      int64_t end = -1;
      for (uint32_t k = 0; k < runs; ++k) {
        const auto first = in.Get<uint16_t>();
        const auto length = in.Get<uint16_t>();
        if (first <= end || uint32_t{first} + length > 0xFFFF) ThrowInvalid("runs");
        end = int64_t{first} + length;
        total += uint32_t{length} + 1;
      }
      if (total != sizes[i]) ThrowInvalid("cardinality");
    } else if (sizes[i] > kArrayMax) {
      uint32_t total = 0;
      for (size_t word = 0; word < 1024; ++word) total += static_cast<uint32_t>(std::popcount(in.Get<uint64_t>()));
      if (total != sizes[i]) ThrowInvalid("cardinality");
    } else {
      int64_t last = -1;
      for (uint32_t k = 0; k < sizes[i]; ++k) {
        const auto value = in.Get<uint16_t>();
        if (value <= last) ThrowInvalid("order");
        last = value;
      }
    }
  }
}

void CheckRoaring64(std::string_view bytes) {
  ByteReader in(bytes);
  const auto count = in.Get<uint64_t>();
  int64_t last_key = -1;
  for (uint64_t i = 0; i < count; ++i) {
    const auto key = in.Get<uint32_t>();
    if (key <= last_key) ThrowInvalid("keys");
    last_key = key;
    CheckRoaring(in);
  }
  if (!in.empty()) ThrowInvalid("bytes left over");
}

}  // namespace

Bitmap64::Bitmap64() : set_(std::make_unique<Roaring64Map>()) {}
Bitmap64::~Bitmap64() = default;
Bitmap64::Bitmap64(Bitmap64&&) noexcept = default;
Bitmap64& Bitmap64::operator=(Bitmap64&&) noexcept = default;

Bitmap64 Bitmap64::Deserialize(std::string_view bytes) {
  Bitmap64 out;
  if (bytes.empty()) return out;
  try {
    CheckRoaring64(bytes);
    // The library reads the number of maps as an aligned word.
    std::string aligned;
    if (reinterpret_cast<uintptr_t>(bytes.data()) % alignof(uint64_t) != 0) bytes = aligned = bytes;
    *out.set_ = Roaring64Map::readSafe(bytes.data(), bytes.size());
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUser) throw;
    ThrowInvalid("it ends early");
  } catch (const std::runtime_error&) {
    ThrowInvalid("it cannot be read");
  }
  return out;
}

std::string Bitmap64::Serialize() const {
  if (empty()) return {};
  set_->runOptimize();
  std::string out(set_->getSizeInBytes(), '\0');
  set_->write(out.data());
  return out;
}

std::optional<Bitmap64> Bitmap64::FromText(std::string_view text) {
  Bitmap64 out;
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto skip_spaces = [&] {
    while (at < end && *at == ' ') ++at;
  };
  skip_spaces();
  if (at == end) return out;
  while (true) {
    skip_spaces();
    uint64_t value = 0;
    const auto [next, failure] = std::from_chars(at, end, value);
    if (failure != std::errc()) return std::nullopt;
    out.Add(value);
    at = next;
    skip_spaces();
    if (at == end) return out;
    if (*at++ != ',') return std::nullopt;
  }
}

std::string Bitmap64::ToText() const {
  std::string out;
  for (const uint64_t value : *set_) {
    if (!out.empty()) out += ',';
    out += std::to_string(value);
  }
  return out;
}

void Bitmap64::Add(uint64_t value) {
  set_->add(value);
}
void Bitmap64::AddMany(const uint64_t* values, size_t count) {
  set_->addMany(count, values);
}
void Bitmap64::Remove(uint64_t value) {
  set_->remove(value);
}
bool Bitmap64::Contains(uint64_t value) const {
  return set_->contains(value);
}
uint64_t Bitmap64::Count() const {
  return set_->cardinality();
}
bool Bitmap64::empty() const {
  return set_->isEmpty();
}
uint64_t Bitmap64::Min() const {
  return set_->minimum();
}
uint64_t Bitmap64::Max() const {
  return set_->maximum();
}
void Bitmap64::Or(const Bitmap64& other) {
  *set_ |= *other.set_;
}
void Bitmap64::And(const Bitmap64& other) {
  *set_ &= *other.set_;
}
void Bitmap64::AndNot(const Bitmap64& other) {
  *set_ -= *other.set_;
}
void Bitmap64::Xor(const Bitmap64& other) {
  // From operations that are plain for every pair of keys.
  Bitmap64 both;
  *both.set_ = *set_ & *other.set_;
  *set_ |= *other.set_;
  *set_ -= *both.set_;
}
std::vector<uint64_t> Bitmap64::Values() const {
  std::vector<uint64_t> out;
  out.reserve(Count());
  for (const uint64_t value : *set_) out.push_back(value);
  return out;
}

}  // namespace weir
