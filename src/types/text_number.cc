// Text of booleans, integers, floating-point numbers and decimals.

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fast_float/fast_float.h>

#include "base/error.h"
#include "types/decimal.h"
#include "types/text.h"
#include "types/text_scan.h"

namespace weir {

void ThrowInvalidInput(std::string_view type_name, std::string_view text) {
  throw Error::User(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type {}: \"{}\"", type_name, text);
}

void ThrowOutOfRange(std::string_view type_name, std::string_view text) {
  throw Error::User(sqlstate::kNumericValueOutOfRange, "value \"{}\" is out of range for type {}", text, type_name);
}

void AppendInt64(int64_t value, std::string& out) {
  std::array<char, 24> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  out.append(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
}

void AppendInt128(int128_t value, std::string& out) {
  if (value >= INT64_MIN && value <= INT64_MAX) {
    AppendInt64(static_cast<int64_t>(value), out);
  } else {
    out += Int128ToString(value);
  }
}

namespace {

// Whether the digits of a whole number lie exactly between two neighbouring values. Such text still reads back (ties go
// to even), but PostgreSQL shows one digit more.
template <typename T>
bool IsBetweenNeighbours(std::string_view text, T value) {
  constexpr double kExactMax = 1e30;
  const double magnitude = std::abs(static_cast<double>(value));
  if (magnitude < std::ldexp(1.0, std::numeric_limits<T>::digits) || magnitude > kExactMax) return false;
  int128_t shown = 0;
  int digits_after_point = 0;
  bool point = false;
  const size_t e = text.rfind('e');
  for (const char c : text.substr(0, e)) {
    if (c == '.') point = true;
    if (!IsDigit(c)) continue;
    shown = shown * 10 + (c - '0');
    if (point) ++digits_after_point;
  }
  int exponent = 0;
  std::from_chars(text.data() + e + 2, text.data() + text.size(), exponent);
  if (exponent < digits_after_point) return false;
  shown *= PowerOfTen(exponent - digits_after_point);
  const auto exact = static_cast<int128_t>(magnitude);
  const int128_t distance = shown > exact ? shown - exact : exact - shown;
  const T up = std::nextafter(static_cast<T>(magnitude), std::numeric_limits<T>::infinity());
  const T down = std::nextafter(static_cast<T>(magnitude), T{0});
  return distance != 0 &&
         (distance * 2 == static_cast<int128_t>(up) - exact || distance * 2 == exact - static_cast<int128_t>(down));
}

template <typename T>
void AppendFloating(T value, int extra_float_digits, std::string& out) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  if (value == 0) {
    out += std::signbit(value) ? "-0" : "0";
    return;
  }
  constexpr int kDigits = std::numeric_limits<T>::digits10;  // 15 or 6
  std::array<char, 64> buffer;
  if (extra_float_digits <= 0) {
    const int precision = std::max(kDigits + extra_float_digits, 1);
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, precision);
    out.append(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
    return;
  }
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const auto written = [&] { return std::string_view(buffer.data(), static_cast<size_t>(end.ptr - buffer.data())); };
  while (std::abs(value) >= T{1e7} && IsBetweenNeighbours(written(), value)) [[unlikely]] {
    // One digit more; a zero there is still the same number.
    const size_t digits = written().rfind('e') - (value < 0 ? 1 : 0);  // with the point, which a single digit lacks
    const int precision = static_cast<int>(digits) - (digits > 1 ? 1 : 0);
    end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific, precision);
  }
  const std::string_view text = written();
  // [-]d[.ddd]e[+-]dd: small exponents are written out.
  const size_t e = text.rfind('e');
  int exponent = 0;
  std::from_chars(text.data() + e + (text[e + 1] == '+' ? 2 : 1), text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= kDigits) {
    out += text;
    return;
  }
  std::string_view mantissa = text.substr(0, e);
  if (mantissa[0] == '-') {
    out += '-';
    mantissa.remove_prefix(1);
  }
  const char lead = mantissa[0];
  const std::string_view rest = mantissa.size() > 2 ? mantissa.substr(2) : std::string_view();
  if (exponent < 0) {
    out += "0.";
    out.append(static_cast<size_t>(-exponent - 1), '0');
    out += lead;
    out += rest;
    return;
  }
  out += lead;
  const auto whole = static_cast<size_t>(exponent);
  if (rest.size() <= whole) {
    out += rest;
    out.append(whole - rest.size(), '0');
  } else {
    out += rest.substr(0, whole);
    out += '.';
    out += rest.substr(whole);
  }
}

}  // namespace

void AppendFloat(float value, std::string& out) {
  AppendFloating(value, 1, out);
}
void AppendDouble(double value, std::string& out) {
  AppendFloating(value, 1, out);
}
void AppendFloat(float value, int extra_float_digits, std::string& out) {
  AppendFloating(value, extra_float_digits, out);
}
void AppendDouble(double value, int extra_float_digits, std::string& out) {
  AppendFloating(value, extra_float_digits, out);
}

void AppendDecimal(int128_t unscaled, int scale, std::string& out) {
  if (scale == 0) {
    AppendInt128(unscaled, out);
    return;
  }
  if (unscaled < 0) out += '-';
  std::array<char, 40> digits;
  size_t at = digits.size();
  auto magnitude = unscaled < 0 ? -static_cast<uint128_t>(unscaled) : static_cast<uint128_t>(unscaled);
  int count = 0;
  // 64-bit steps are several times cheaper.
  while (magnitude > UINT64_MAX) {
    digits[--at] = static_cast<char>('0' + static_cast<int>(magnitude % 10));
    magnitude /= 10;
    ++count;
  }
  auto small = static_cast<uint64_t>(magnitude);
  while (small != 0 || count <= scale) {
    digits[--at] = static_cast<char>('0' + static_cast<int>(small % 10));
    small /= 10;
    ++count;
  }
  const auto whole = static_cast<size_t>(count - scale);
  out.append(digits.data() + at, whole);
  out += '.';
  out.append(digits.data() + at + whole, static_cast<size_t>(scale));
}

void AppendDecimal(int128_t unscaled, const Type& type, std::string& out) {
  int scale = type.scale();
  if (type.has_natural_scale()) {
    while (scale > 0 && unscaled % 10 == 0) {
      unscaled /= 10;
      --scale;
    }
  }
  AppendDecimal(unscaled, scale, out);
}

bool ParseBoolean(std::string_view text) {
  const std::string_view word = TrimSpace(text);
  const auto prefix_of = [&](std::string_view full, size_t least) {
    return word.size() >= least && word.size() <= full.size() && EqualsIgnoreCase(word, full.substr(0, word.size()));
  };
  if (prefix_of("true", 1) || prefix_of("yes", 1) || prefix_of("on", 2) || word == "1") return true;
  if (prefix_of("false", 1) || prefix_of("no", 1) || prefix_of("off", 2) || word == "0") return false;
  ThrowInvalidInput("boolean", text);
}

int128_t ParseInteger(std::string_view text, const Type& type) {
  const std::string_view word = TrimSpace(text);
  int128_t value = 0;
  int64_t small = 0;
  const char* begin = word.data() + static_cast<ptrdiff_t>(word.size() > 1 && word[0] == '+' && word[1] != '-');
  const auto [end, code] = std::from_chars(begin, word.data() + word.size(), small);
  if (code == std::errc() && end == word.data() + word.size()) [[likely]] {
    value = small;
  } else {
    const bool sign = !word.empty() && (word[0] == '-' || word[0] == '+');
    const std::string_view digits = word.substr(sign ? 1 : 0);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
      ThrowInvalidInput(type.ToString(), text);
    }
    const std::optional<int128_t> wide = ParseInt128(word);
    if (!wide.has_value()) ThrowOutOfRange(type.ToString(), text);
    value = *wide;
  }
  const auto check = [&](int128_t least, int128_t most) {
    if (value < least || value > most) ThrowOutOfRange(type.ToString(), text);
  };
  switch (type.kind()) {
    case TypeKind::kInt8:
      check(INT8_MIN, INT8_MAX);
      break;
    case TypeKind::kInt16:
      check(INT16_MIN, INT16_MAX);
      break;
    case TypeKind::kInt32:
      check(INT32_MIN, INT32_MAX);
      break;
    case TypeKind::kInt64:
      check(INT64_MIN, INT64_MAX);
      break;
    default:
      break;
  }
  return value;
}

namespace {

template <typename T>
T ParseFloating(std::string_view text, const Type& type) {
  std::string_view word = TrimSpace(text);
  if (!word.empty() && word[0] == '+') {
    word.remove_prefix(1);
    if (!word.empty() && (word[0] == '-' || word[0] == '+')) ThrowInvalidInput(type.ToString(), text);
  }
  if (word.empty()) ThrowInvalidInput(type.ToString(), text);
  T value = 0;
  const auto [end, code] = fast_float::from_chars(word.data(), word.data() + word.size(), value);
  if (end != word.data() + word.size() || code == std::errc::invalid_argument) ThrowInvalidInput(type.ToString(), text);
  // Some versions of the library tell overflow by the code, others by the value.
  const bool letters = (word.back() | 32) >= 'a' && (word.back() | 32) <= 'z';
  const bool zero = value == 0 && word.substr(0, word.find_first_of("eE")).find_first_of("123456789") != word.npos;
  if ((std::isinf(value) && !letters) || zero) {
    throw Error::User(sqlstate::kNumericValueOutOfRange, "\"{}\" is out of range for type {}", text, type.ToString());
  }
  return value;
}

}  // namespace

double ParseDouble(std::string_view text, const Type& type) {
  if (type.is(TypeKind::kFloat)) return static_cast<double>(ParseFloating<float>(text, type));
  return ParseFloating<double>(text, type);
}

int128_t ParseDecimal(std::string_view text, int precision, int scale) {
  const std::string_view word = TrimSpace(text);
  size_t at = 0;
  bool negative = false;
  if (at < word.size() && (word[at] == '-' || word[at] == '+')) negative = word[at++] == '-';
  const std::string_view body = word.substr(at);
  if (EqualsIgnoreCase(body, "nan") || EqualsIgnoreCase(body, "infinity") || EqualsIgnoreCase(body, "inf")) {
    throw Error::Unsupported("use double precision for NaN and infinities", "numeric does not hold \"{}\"", text);
  }
  // The first 38 significant digits are kept, and the one after them for rounding: what follows an exact half does not
  // change "half away from zero".
  uint128_t digits = 0;
  int kept = 0;          // significant digits in `digits`
  int next_digit = -1;   // the first one that was not kept
  int64_t scale_in = 0;  // `digits` times 10^-scale_in is the number
  bool any = false, point = false;
  for (; at < word.size(); ++at) {
    const char c = word[at];
    if (c == '.') {
      if (point) ThrowInvalidInput("numeric", text);
      point = true;
      continue;
    }
    if (!IsDigit(c)) break;
    any = true;
    if (kept < kDecimalDigitsMax) {
      digits = digits * 10 + static_cast<unsigned>(c - '0');
      if (digits != 0) ++kept;
      if (point) ++scale_in;
    } else {
      if (next_digit < 0) next_digit = c - '0';
      if (!point) --scale_in;
    }
  }
  if (!any) ThrowInvalidInput("numeric", text);
  int64_t exponent = 0;
  if (at < word.size() && (word[at] == 'e' || word[at] == 'E')) {
    const char* first = word.data() + at + 1;
    if (at + 1 < word.size() && word[at + 1] == '+') ++first;
    const auto [end, code] = std::from_chars(first, word.data() + word.size(), exponent);
    if (code != std::errc() || end == first || exponent > 100'000 || exponent < -100'000) {
      ThrowInvalidInput("numeric", text);
    }
    at = static_cast<size_t>(end - word.data());
  }
  if (at != word.size()) ThrowInvalidInput("numeric", text);
  const auto overflow = [&] {
    throw Error::User(sqlstate::kNumericValueOutOfRange, "numeric field overflow")
        .WithDetail(fmt::format("A field with precision {}, scale {} must round to an absolute value less than 10^{}: "
                                "{}.",
                                precision, scale, precision - scale, text));
  };
  if (digits == 0) return 0;
  const int64_t from_scale = scale_in - exponent;
  auto value = static_cast<int128_t>(digits);
  if (from_scale > scale) {
    value = DecimalDropDigits(value, static_cast<int>(std::min<int64_t>(from_scale - scale, kDecimalDigitsMax + 1)));
  } else {
    const int64_t add = scale - from_scale;
    if (add > kDecimalDigitsMax || __builtin_mul_overflow(value, PowerOfTen(static_cast<int>(add)), &value)) overflow();
    if (add == 0 && next_digit >= 5) ++value;
  }
  if (!FitsDecimal(value, precision)) overflow();
  return negative ? -value : value;
}

}  // namespace weir
