#include "format/parquet/convert.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "base/bits.h"
#include "base/bytes.h"
#include "base/int128.h"
#include "format/parquet/corrupt.h"

namespace weir::parquet {
namespace {

template <typename From, typename To, typename F>
void Map(const uint8_t* raw, size_t count, uint8_t* out, F&& f) {
  auto* to = reinterpret_cast<To*>(out);
  for (size_t i = 0; i < count; ++i) to[i] = f(LoadUnaligned<From>(raw + i * sizeof(From)));
}

[[noreturn]] void ThrowTimestampRange(const Leaf& leaf) {
  throw Error::Operational(sqlstate::kDatetimeFieldOverflow, "timestamp is out of range: column {}", leaf.path);
}

[[noreturn]] void ThrowDecimalRange(const Leaf& leaf) {
  throw Error::Operational(sqlstate::kNumericValueOutOfRange, "decimal value does not fit its type: column {}, {}",
                           leaf.path, leaf.type.ToString());
}

// Big-endian two's complement of any length; false when it does not fit.
bool LoadSigned(const uint8_t* bytes, size_t size, int128_t& out) {
  const uint8_t fill = size > 0 && (bytes[0] & 0x80) != 0 ? 0xFF : 0;
  while (size > 16) {
    if (*bytes != fill) return false;
    ++bytes;
    --size;
    if (size == 16 && (bytes[0] & 0x80) != (fill & 0x80)) return false;
  }
  auto value = static_cast<uint128_t>(fill == 0 ? int128_t{0} : int128_t{-1});
  for (size_t i = 0; i < size; ++i) value = value << 8 | bytes[i];
  out = static_cast<int128_t>(value);
  return true;
}

double LoadSignedAsDouble(const uint8_t* bytes, size_t size) {
  double value = size > 0 && (bytes[0] & 0x80) != 0 ? -1 : 0;
  for (size_t i = 0; i < size; ++i) value = value * 256 + bytes[i];
  return value;
}

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 0x1F;
  const uint32_t mantissa = half & 0x3FF;
  if (exponent == 0x1F) return std::bit_cast<float>(sign | 0x7F800000 | mantissa << 13);
  if (exponent == 0) {
    const float value = std::ldexp(static_cast<float>(mantissa), -24);
    return sign != 0 ? -value : value;
  }
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

int128_t LoadUuid(const uint8_t* bytes) {
  uint128_t value = static_cast<uint128_t>(LoadBigEndian<uint64_t>(bytes)) << 64 | LoadBigEndian<uint64_t>(bytes + 8);
  value ^= static_cast<uint128_t>(1) << 127;
  return static_cast<int128_t>(value);
}

constexpr int kJulianDayOf1970 = 2'440'588;
constexpr int64_t kMicrosPerDay = 86'400'000'000;

// Nanoseconds of the day, then the Julian day.
bool LoadInt96(const uint8_t* bytes, int64_t& out) {
  const auto nanos = LoadUnaligned<int64_t>(bytes);
  const int64_t days = static_cast<int64_t>(LoadUnaligned<int32_t>(bytes + 8)) - kJulianDayOf1970;
  int64_t micros = 0;
  return !__builtin_mul_overflow(days, kMicrosPerDay, &micros) && !__builtin_add_overflow(micros, nanos / 1000, &out);
}

WEIR_SIMD_CLONES bool MillisToMicros(const int64_t* in, size_t count, int64_t* out) {
  constexpr int64_t kMax = INT64_MAX / 1000;
  uint64_t bad = 0;
  for (size_t i = 0; i < count; ++i) {
    bad |= static_cast<uint64_t>(in[i] > kMax) | static_cast<uint64_t>(in[i] < -kMax);
    out[i] = static_cast<int64_t>(static_cast<uint64_t>(in[i]) * 1000);
  }
  return bad == 0;
}

bool ConvertDecimal(const Leaf& leaf, const uint8_t* bytes, size_t size, uint8_t* out, size_t i) {
  if (leaf.conversion == Conversion::kBytesToDouble) {
    const int scale = leaf.logical.has_value() ? leaf.logical->scale : 0;
    reinterpret_cast<double*>(out)[i] = LoadSignedAsDouble(bytes, size) / std::pow(10.0, scale);
    return true;
  }
  int128_t value = 0;
  if (!LoadSigned(bytes, size, value)) return false;
  if (leaf.conversion == Conversion::kBytesToInt128) {
    reinterpret_cast<int128_t*>(out)[i] = value;
    return true;
  }
  reinterpret_cast<int64_t*>(out)[i] = static_cast<int64_t>(value);
  return value == static_cast<int64_t>(value);
}

}  // namespace

void ConvertFixed(const Leaf& leaf, const uint8_t* raw, size_t count, uint8_t* out) {
  const size_t width = leaf.raw_width();
  switch (leaf.conversion) {
    case Conversion::kNone:
      std::memcpy(out, raw, count * width);
      return;
    case Conversion::kInt32ToInt8:
      return Map<int32_t, int8_t>(raw, count, out, [](int32_t v) { return static_cast<int8_t>(v); });
    case Conversion::kInt32ToInt16:
      if (leaf.is_unsigned) {
        return Map<int32_t, int16_t>(raw, count, out, [](int32_t v) { return static_cast<int16_t>(v & 0xFF); });
      }
      return Map<int32_t, int16_t>(raw, count, out, [](int32_t v) { return static_cast<int16_t>(v); });
    case Conversion::kUint16:
      return Map<int32_t, int32_t>(raw, count, out, [](int32_t v) { return v & 0xFFFF; });
    case Conversion::kUint32ToInt64:
      return Map<uint32_t, int64_t>(raw, count, out, [](uint32_t v) { return static_cast<int64_t>(v); });
    case Conversion::kInt32ToInt64:
      return Map<int32_t, int64_t>(raw, count, out, [](int32_t v) { return static_cast<int64_t>(v); });
    case Conversion::kInt64ToInt128:
      return Map<int64_t, int128_t>(raw, count, out, [](int64_t v) { return static_cast<int128_t>(v); });
    case Conversion::kUint64ToInt128:
      return Map<uint64_t, int128_t>(raw, count, out, [](uint64_t v) { return static_cast<int128_t>(v); });
    case Conversion::kMillisToMicros32:
      return Map<int32_t, int64_t>(raw, count, out, [](int32_t v) { return static_cast<int64_t>(v) * 1000; });
    case Conversion::kMillisToMicros64: {
      // `out` may be `raw`, but `raw` may lie anywhere.
      std::memmove(out, raw, count * sizeof(int64_t));
      auto* values = reinterpret_cast<int64_t*>(out);
      if (!MillisToMicros(values, count, values)) ThrowTimestampRange(leaf);
      return;
    }
    case Conversion::kNanosToMicros:
      return Map<int64_t, int64_t>(raw, count, out, [](int64_t v) { return v / 1000; });
    case Conversion::kInt96ToMicros: {
      bool good = true;
      for (size_t i = 0; i < count; ++i) good &= LoadInt96(raw + i * 12, reinterpret_cast<int64_t*>(out)[i]);
      if (!good) ThrowTimestampRange(leaf);
      return;
    }
    case Conversion::kBytesToInt64:
    case Conversion::kBytesToInt128:
    case Conversion::kBytesToDouble: {
      bool good = true;
      for (size_t i = 0; i < count; ++i) good &= ConvertDecimal(leaf, raw + i * width, width, out, i);
      if (!good) ThrowDecimalRange(leaf);
      return;
    }
    case Conversion::kHalfToFloat:
      return Map<uint16_t, float>(raw, count, out, HalfToFloat);
    case Conversion::kUuid:
      for (size_t i = 0; i < count; ++i) reinterpret_cast<int128_t*>(out)[i] = LoadUuid(raw + i * 16);
      return;
    case Conversion::kInterval:
      for (size_t i = 0; i < count; ++i) {
        const uint8_t* at = raw + i * 12;
        // Three unsigned numbers: months, days, milliseconds.
        reinterpret_cast<Interval*>(out)[i] = {LoadUnaligned<int32_t>(at), LoadUnaligned<int32_t>(at + 4),
                                               static_cast<int64_t>(LoadUnaligned<uint32_t>(at + 8)) * 1000};
      }
      return;
    case Conversion::kFixedToString:
      for (size_t i = 0; i < count; ++i) {
        reinterpret_cast<StringRef*>(out)[i] =
            StringRef(reinterpret_cast<const char*>(raw + i * width), static_cast<uint32_t>(width));
      }
      return;
  }
}

void ConvertBytes(const Leaf& leaf, const StringRef* raw, size_t count, uint8_t* out) {
  bool good = true;
  for (size_t i = 0; i < count; ++i) {
    good &= ConvertDecimal(leaf, reinterpret_cast<const uint8_t*>(raw[i].data()), raw[i].size(), out, i);
  }
  if (!good) ThrowDecimalRange(leaf);
}

std::optional<Value> ConvertPlain(const Leaf& leaf, std::string_view bytes) {
  const PhysicalType physical = leaf.type.physical();
  if (leaf.physical == PhysicalKind::kByteArray || leaf.conversion == Conversion::kFixedToString) {
    if (physical == PhysicalType::kString) return Value::Bytes(leaf.type, std::string(bytes));
  } else if (bytes.size() != leaf.raw_width()) {
    return std::nullopt;
  }
  if (physical == PhysicalType::kBool) return Value::Boolean(bytes[0] != 0);
  alignas(16) uint8_t out[16] = {};
  try {
    if (leaf.physical == PhysicalKind::kByteArray) {
      const StringRef view(bytes);
      ConvertBytes(leaf, &view, 1, out);
    } else {
      ConvertFixed(leaf, AsBytes(bytes).data(), 1, out);
    }
  } catch (const Error&) {
    return std::nullopt;  // a bound that is no value bounds nothing
  }
  switch (physical) {
    case PhysicalType::kInt8:
      return Value::Integer(leaf.type, LoadUnaligned<int8_t>(out));
    case PhysicalType::kInt16:
      return Value::Integer(leaf.type, LoadUnaligned<int16_t>(out));
    case PhysicalType::kInt32:
      return Value::Integer(leaf.type, LoadUnaligned<int32_t>(out));
    case PhysicalType::kInt64:
      return Value::Integer(leaf.type, LoadUnaligned<int64_t>(out));
    case PhysicalType::kInt128:
      return Value::Wide(leaf.type, LoadUnaligned<int128_t>(out));
    case PhysicalType::kFloat:
      return Value::Floating(leaf.type, LoadUnaligned<float>(out));
    case PhysicalType::kDouble:
      return Value::Floating(leaf.type, LoadUnaligned<double>(out));
    default:
      return std::nullopt;
  }
}

namespace {

template <typename T>
void PutPlain(std::string& out, T value) {
  out.assign(reinterpret_cast<const char*>(&value), sizeof(value));
}

}  // namespace

bool ToPlain(const Leaf& leaf, const Value& value, std::string& out) {
  if (value.is_null() || value.type().physical() != leaf.type.physical()) return false;
  switch (leaf.conversion) {
    case Conversion::kNone:
      switch (leaf.physical) {
        case PhysicalKind::kInt32:
          PutPlain(out, static_cast<int32_t>(value.integer()));
          return true;
        case PhysicalKind::kInt64:
          PutPlain(out, value.integer());
          return true;
        case PhysicalKind::kFloat:
        case PhysicalKind::kDouble:
          // Zero has two forms, not-a-number many.
          if (std::isnan(value.floating()) || value.floating() == 0) return false;
          if (leaf.physical == PhysicalKind::kFloat) {
            PutPlain(out, static_cast<float>(value.floating()));
          } else {
            PutPlain(out, value.floating());
          }
          return true;
        case PhysicalKind::kByteArray:
          out = value.bytes();
          return true;
        default:
          return false;
      }
    case Conversion::kInt32ToInt8:
    case Conversion::kInt32ToInt16:
    case Conversion::kUint16:
    case Conversion::kInt32ToInt64:
      PutPlain(out, static_cast<int32_t>(value.integer()));
      return value.integer() == static_cast<int32_t>(value.integer());
    case Conversion::kUint32ToInt64:
      PutPlain(out, static_cast<uint32_t>(value.integer()));
      return value.integer() == static_cast<uint32_t>(value.integer());
    case Conversion::kInt64ToInt128:
      PutPlain(out, static_cast<int64_t>(value.wide()));
      return value.wide() == static_cast<int64_t>(value.wide());
    case Conversion::kUint64ToInt128:
      PutPlain(out, static_cast<uint64_t>(value.wide()));
      return value.wide() == static_cast<int128_t>(static_cast<uint64_t>(value.wide()));
    case Conversion::kMillisToMicros32:
      PutPlain(out, static_cast<int32_t>(value.integer() / 1000));
      return value.integer() % 1000 == 0;
    case Conversion::kMillisToMicros64:
      PutPlain(out, value.integer() / 1000);
      return value.integer() % 1000 == 0;
    case Conversion::kBytesToInt64:
    case Conversion::kBytesToInt128: {
      // Byte arrays may hold a number in more than one way.
      if (leaf.physical != PhysicalKind::kFixedLenByteArray || leaf.type_length > 16) return false;
      auto bits = static_cast<uint128_t>(value.wide());
      out.assign(static_cast<size_t>(leaf.type_length), '\0');
      for (size_t i = out.size(); i-- > 0; bits >>= 8) out[i] = static_cast<char>(bits & 0xFF);
      return true;
    }
    case Conversion::kUuid: {
      auto bits = static_cast<uint128_t>(value.wide()) ^ (static_cast<uint128_t>(1) << 127);
      out.assign(16, '\0');
      for (size_t i = 16; i-- > 0; bits >>= 8) out[i] = static_cast<char>(bits & 0xFF);
      return true;
    }
    case Conversion::kFixedToString:
      out = value.bytes();
      return true;
    default:
      return false;
  }
}

}  // namespace weir::parquet
