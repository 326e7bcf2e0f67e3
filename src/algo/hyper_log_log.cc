#include "algo/hyper_log_log.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/bits.h"

namespace weir {

namespace {

constexpr int kPrecision = HyperLogLog::kPrecision;
constexpr size_t kRegisters = HyperLogLog::kRegisters;
constexpr int kRankMax = 64 - kPrecision + 1;
// Sparse hashes of 8 bytes take less than the registers up to here.
constexpr size_t kSparseMax = 1024;
constexpr size_t kSparseBuffer = 256;

constexpr uint8_t kFormatVersion = 1;
constexpr uint8_t kFormatSparse = 0;
constexpr uint8_t kFormatDense = 1;

// Ertl's sigma and tau, the corrections of the estimate for registers at zero and at the maximum.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  for (double previous = -1; previous != z;) {
    x *= x;
    previous = z;
    z += x * y;
    y += y;
  }
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  for (double previous = -1; previous != z;) {
    x = std::sqrt(x);
    previous = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  }
  return z / 3;
}

}  // namespace

void HllAdd(uint8_t* registers, uint64_t hash) {
  // Hashes for tables are even but not random: hashes of consecutive integers step regularly, which a count of
  // leading zeros would mistake for something. (The finaliser of MurmurHash3.)
  hash ^= hash >> 33;
  hash *= 0xFF51AFD7ED558CCDULL;
  hash ^= hash >> 33;
  hash *= 0xC4CEB9FE1A85EC53ULL;
  hash ^= hash >> 33;
  const size_t index = hash >> (64 - kPrecision);
  // A guard bit ends the count of leading zeros.
  const uint64_t rest = (hash << kPrecision) | (uint64_t{1} << (kPrecision - 1));
  const auto rank = static_cast<uint8_t>(std::countl_zero(rest) + 1);
  if (registers[index] < rank) registers[index] = rank;
}

WEIR_SIMD_CLONES void HllMerge(uint8_t* into, const uint8_t* from) {
  for (size_t i = 0; i < kRegisters; ++i) into[i] = into[i] < from[i] ? from[i] : into[i];
}

double HllEstimate(const uint8_t* registers) {
  std::array<uint32_t, kRankMax + 1> counts{};
  for (size_t i = 0; i < kRegisters; ++i) ++counts[std::min<uint8_t>(registers[i], kRankMax)];
  constexpr double kM = kRegisters;
  double z = kM * Tau(1 - counts[kRankMax] / kM);
  for (int k = kRankMax - 1; k >= 1; --k) z = 0.5 * (z + counts[static_cast<size_t>(k)]);
  z += kM * Sigma(counts[0] / kM);
  return kM / (2 * std::log(2.0)) * kM / z;
}

void HyperLogLog::Add(uint64_t hash) {
  if (!registers_.empty()) {
    HllAdd(registers_.data(), hash);
    return;
  }
  sparse_.push_back(hash);
  if (sparse_.size() >= sorted_ + kSparseBuffer) {
    Compact();
    if (sparse_.size() > kSparseMax) MakeDense();
  }
}

void HyperLogLog::Add(const uint64_t* hashes, size_t count) {
  for (size_t i = 0; i < count; ++i) Add(hashes[i]);
}

void HyperLogLog::Compact() const {
  std::sort(sparse_.begin(), sparse_.end());
  sparse_.erase(std::unique(sparse_.begin(), sparse_.end()), sparse_.end());
  sorted_ = sparse_.size();
}

void HyperLogLog::MakeDense() {
  registers_.assign(kRegisters, 0);
  for (const uint64_t hash : sparse_) HllAdd(registers_.data(), hash);
  sparse_ = {};
  sorted_ = 0;
}

void HyperLogLog::Merge(const HyperLogLog& other) {
  if (!other.registers_.empty()) {
    if (registers_.empty()) MakeDense();
    HllMerge(registers_.data(), other.registers_.data());
    return;
  }
  for (const uint64_t hash : other.sparse_) Add(hash);
}

double HyperLogLog::Estimate() const {
  if (!registers_.empty()) return HllEstimate(registers_.data());
  Compact();
  return static_cast<double>(sparse_.size());
}

uint64_t HyperLogLog::Count() const {
  return static_cast<uint64_t>(std::llround(Estimate()));
}

void HyperLogLog::Clear() {
  sparse_.clear();
  sorted_ = 0;
  registers_.clear();
}

HyperLogLog HyperLogLog::FromRegisters(const uint8_t* registers) {
  HyperLogLog out;
  out.registers_.assign(registers, registers + kRegisters);
  return out;
}

std::string HyperLogLog::Serialize() const {
  ByteWriter out;
  out.Put(kFormatVersion);
  out.Put(static_cast<uint8_t>(kPrecision));
  if (registers_.empty()) {
    Compact();
    out.Put(kFormatSparse);
    out.PutVarint(sparse_.size());
    for (const uint64_t hash : sparse_) out.Put(hash);
  } else {
    out.Put(kFormatDense);
    out.PutRaw({reinterpret_cast<const char*>(registers_.data()), registers_.size()});
  }
  return out.Take();
}

HyperLogLog HyperLogLog::Deserialize(std::string_view bytes) {
  ByteReader in(bytes);
  const auto version = in.Get<uint8_t>();
  const auto precision = in.Get<uint8_t>();
  if (version != kFormatVersion || precision != kPrecision) {
    throw Error::Operational(sqlstate::kDataCorrupted, "sketch of unknown version or precision: {}, {}", version,
                             precision);
  }
  HyperLogLog out;
  const auto format = in.Get<uint8_t>();
  if (format == kFormatSparse) {
    const uint64_t count = in.GetVarint();
    if (count > kSparseMax + kSparseBuffer || in.remaining() != count * sizeof(uint64_t)) {
      throw Error::Operational(sqlstate::kDataCorrupted, "sketch with a bad count of hashes: {}", count);
    }
    for (uint64_t i = 0; i < count; ++i) out.Add(in.Get<uint64_t>());
  } else if (format == kFormatDense) {
    const std::string_view registers = in.GetRaw(kRegisters);
    out.registers_.assign(registers.begin(), registers.end());
    for (uint8_t& rank : out.registers_) {
      if (rank > kRankMax) throw Error::Operational(sqlstate::kDataCorrupted, "sketch with a bad register: {}", rank);
    }
  } else {
    throw Error::Operational(sqlstate::kDataCorrupted, "sketch of unknown form: {}", format);
  }
  if (!in.empty()) throw Error::Operational(sqlstate::kDataCorrupted, "bytes behind a sketch: {}", in.remaining());
  return out;
}

}  // namespace weir
