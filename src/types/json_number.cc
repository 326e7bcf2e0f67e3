#include "types/json_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include <fast_float/fast_float.h>

#include "base/error.h"
#include "types/text.h"
#include "types/text_scan.h"

namespace weir {

namespace {

// PostgreSQL's limits of numeric.
constexpr int64_t kWholeDigitsMax = 131'072;
constexpr int64_t kScaleMax = 16'383;
constexpr int kDisplayScaleMax = 1000;
constexpr int kQuotientDigitsMin = 16;
constexpr int kBaseDigits = 4;  // numeric counts in digits of base 10000

Error Overflow() {
  return Error::User(sqlstate::kNumericValueOutOfRange, "value overflows numeric format");
}

void StripZeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
}

// Of digit strings without leading zeros.
int CompareDigits(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

std::string AddDigits(std::string_view a, std::string_view b) {
  std::string out(std::max(a.size(), b.size()) + 1, '0');
  int carry = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    int sum = carry;
    if (i < a.size()) sum += a[a.size() - 1 - i] - '0';
    if (i < b.size()) sum += b[b.size() - 1 - i] - '0';
    out[out.size() - 1 - i] = static_cast<char>('0' + sum % 10);
    carry = sum / 10;
  }
  StripZeros(out);
  return out;
}

// a >= b
std::string SubtractDigits(std::string_view a, std::string_view b) {
  std::string out(a);
  int borrow = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    int digit = a[a.size() - 1 - i] - '0' - borrow;
    if (i < b.size()) digit -= b[b.size() - 1 - i] - '0';
    borrow = digit < 0 ? 1 : 0;
    out[out.size() - 1 - i] = static_cast<char>('0' + digit + 10 * borrow);
  }
  StripZeros(out);
  return out;
}

std::string MultiplyDigits(std::string_view a, std::string_view b) {
  std::string out(a.size() + b.size(), '0');
  for (size_t i = a.size(); i-- > 0;) {
    int carry = 0;
    for (size_t j = b.size(); j-- > 0;) {
      const int sum = (a[i] - '0') * (b[j] - '0') + (out[i + j + 1] - '0') + carry;
      out[i + j + 1] = static_cast<char>('0' + sum % 10);
      carry = sum / 10;
    }
    out[i] = static_cast<char>(out[i] + carry);
  }
  StripZeros(out);
  return out;
}

// Whole quotient; the remainder goes to `rest`.
std::string DivideDigits(std::string_view a, std::string_view b, std::string& rest) {
  std::string out;
  rest.clear();
  for (const char digit : a) {
    if (!rest.empty() || digit != '0') rest += digit;
    char times = '0';
    while (CompareDigits(rest, b) >= 0) {
      rest = SubtractDigits(rest, b);
      ++times;
    }
    out += times;
  }
  StripZeros(out);
  return out;
}

// Where the first digit of base 10000 stands, and which it is.
struct LeadingDigit {
  int weight = 0;
  int digit = 0;
};
LeadingDigit Leading(std::string_view digits, int scale) {
  // The power of ten of the first decimal digit.
  const int exponent = static_cast<int>(digits.size()) - scale - 1;
  const int weight = exponent >= 0 ? exponent / kBaseDigits : -((-exponent + kBaseDigits - 1) / kBaseDigits);
  const int count = exponent - weight * kBaseDigits + 1;
  LeadingDigit out{weight, 0};
  for (int i = 0; i < count; ++i) {
    out.digit = out.digit * 10 + (static_cast<size_t>(i) < digits.size() ? digits[static_cast<size_t>(i)] - '0' : 0);
  }
  return out;
}

}  // namespace

JsonNumber::JsonNumber(bool negative, std::string digits, int scale)
    : negative_(negative && !digits.empty()), digits_(std::move(digits)), scale_(scale) {
  if (static_cast<int64_t>(digits_.size()) - scale_ > kWholeDigitsMax) throw Overflow();
}

JsonNumber JsonNumber::Parse(std::string_view text) {
  JsonNumber out;
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int64_t exponent = 0;
  if (const size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (code != std::errc() || std::abs(exponent) > kWholeDigitsMax + kScaleMax) throw Overflow();
    text = text.substr(0, e);
  }
  const size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  int64_t scale = 0;
  if (point != std::string_view::npos) {
    digits += text.substr(point + 1);
    scale = static_cast<int64_t>(text.size() - point - 1);
  }
  scale -= exponent;
  StripZeros(digits);
  if (scale < 0) {
    if (!digits.empty()) {
      if (static_cast<int64_t>(digits.size()) - scale > kWholeDigitsMax) throw Overflow();
      digits.append(static_cast<size_t>(-scale), '0');
    }
    scale = 0;
  }
  if (scale > kScaleMax) throw Overflow();
  return {negative, std::move(digits), static_cast<int>(scale)};
}

JsonNumber JsonNumber::OfInteger(int64_t value) {
  return Parse(std::to_string(value));
}

JsonNumber JsonNumber::OfDouble(double value) {
  std::string text;
  AppendDouble(value, 1, text);
  return Parse(text);
}

void JsonNumber::Append(std::string& out) const {
  if (negative_) out += '-';
  const auto scale = static_cast<size_t>(scale_);
  const size_t whole = digits_.size() > scale ? digits_.size() - scale : 0;
  if (whole == 0) {
    out += '0';
  } else {
    out.append(digits_, 0, whole);
  }
  if (scale == 0) return;
  out += '.';
  if (digits_.size() < scale) out.append(scale - digits_.size(), '0');
  out.append(digits_, whole);
}

std::string JsonNumber::Text() const {
  std::string out;
  Append(out);
  return out;
}

void JsonNumber::AppendSortKey(std::string& out) const {
  if (digits_.empty()) {
    out += '\x80';
    return;
  }
  const auto flip = static_cast<char>(negative_ ? 0xFF : 0);
  out += negative_ ? '\x7F' : '\x81';
  // The power of ten above the first digit, made positive.
  const auto exponent = static_cast<uint32_t>(static_cast<int64_t>(digits_.size()) - scale_ + (1 << 30));
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<char>(exponent >> shift) ^ flip);
  const size_t last = digits_.find_last_not_of('0');
  for (size_t i = 0; i <= last; ++i) out += static_cast<char>(digits_[i] ^ flip);
  out += flip;
}

bool JsonNumber::ToInt64(int64_t& out) const {
  bool fraction = false;
  const JsonNumber whole = Whole(fraction);
  const std::string text = whole.Text();
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc() && end == text.data() + text.size();
}

double JsonNumber::ToDouble() const {
  const std::string text = Text();
  double value = 0;
  fast_float::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int JsonNumber::Compare(const JsonNumber& a, const JsonNumber& b) {
  if (a.negative_ != b.negative_) return a.negative_ ? -1 : 1;
  const int scale = std::max(a.scale_, b.scale_);
  std::string left = a.digits_, right = b.digits_;
  if (!left.empty()) left.append(static_cast<size_t>(scale - a.scale_), '0');
  if (!right.empty()) right.append(static_cast<size_t>(scale - b.scale_), '0');
  const int order = CompareDigits(left, right);
  return a.negative_ ? -order : order;
}

JsonNumber JsonNumber::Negated() const {
  return {!negative_, digits_, scale_};
}

JsonNumber JsonNumber::Abs() const {
  return {false, digits_, scale_};
}

JsonNumber JsonNumber::Whole(bool& has_fraction) const {
  const auto scale = static_cast<size_t>(scale_);
  const size_t whole = digits_.size() > scale ? digits_.size() - scale : 0;
  has_fraction = digits_.find_first_not_of('0', whole) != std::string::npos;
  return {negative_, digits_.substr(0, whole), 0};
}

JsonNumber JsonNumber::Floor() const {
  bool fraction = false;
  JsonNumber whole = Whole(fraction);
  return fraction && negative_ ? Add(whole, OfInteger(-1)) : whole;
}

JsonNumber JsonNumber::Ceiling() const {
  bool fraction = false;
  JsonNumber whole = Whole(fraction);
  return fraction && !negative_ ? Add(whole, OfInteger(1)) : whole;
}

JsonNumber JsonNumber::Add(const JsonNumber& a, const JsonNumber& b) {
  const int scale = std::max(a.scale_, b.scale_);
  std::string left = a.digits_, right = b.digits_;
  if (!left.empty()) left.append(static_cast<size_t>(scale - a.scale_), '0');
  if (!right.empty()) right.append(static_cast<size_t>(scale - b.scale_), '0');
  if (a.negative_ == b.negative_) return {a.negative_, AddDigits(left, right), scale};
  if (CompareDigits(left, right) >= 0) return {a.negative_, SubtractDigits(left, right), scale};
  return {b.negative_, SubtractDigits(right, left), scale};
}

JsonNumber JsonNumber::Multiply(const JsonNumber& a, const JsonNumber& b) {
  const int64_t scale = int64_t{a.scale_} + b.scale_;
  if (scale > kScaleMax) throw Overflow();
  return {a.negative_ != b.negative_, MultiplyDigits(a.digits_, b.digits_), static_cast<int>(scale)};
}

JsonNumber JsonNumber::Divide(const JsonNumber& a, const JsonNumber& b) {
  if (b.is_zero()) throw Error::User(sqlstate::kDivisionByZero, "division by zero");
  LeadingDigit left, right;
  if (!a.is_zero()) left = Leading(a.digits_, a.scale_);
  right = Leading(b.digits_, b.scale_);
  int weight = left.weight - right.weight;
  if (left.digit <= right.digit) --weight;
  int scale = kQuotientDigitsMin - weight * kBaseDigits;
  scale = std::min(std::max({scale, a.scale_, b.scale_, 0}), kDisplayScaleMax);
  // a / b = (a.digits / b.digits) * 10^(b.scale - a.scale); one digit more is for rounding.
  std::string dividend = a.digits_, divisor = b.digits_;
  const int shift = scale + 1 + b.scale_ - a.scale_;
  if (shift >= 0) {
    if (!dividend.empty()) dividend.append(static_cast<size_t>(shift), '0');
  } else {
    divisor.append(static_cast<size_t>(-shift), '0');
  }
  std::string rest;
  std::string quotient = DivideDigits(dividend, divisor, rest);
  quotient = AddDigits(quotient, "5");
  if (!quotient.empty()) quotient.pop_back();
  return {a.negative_ != b.negative_, std::move(quotient), scale};
}

JsonNumber JsonNumber::Remainder(const JsonNumber& a, const JsonNumber& b) {
  if (b.is_zero()) throw Error::User(sqlstate::kDivisionByZero, "division by zero");
  const int scale = std::max(a.scale_, b.scale_);
  std::string dividend = a.digits_, divisor = b.digits_;
  if (!dividend.empty()) dividend.append(static_cast<size_t>(scale - a.scale_), '0');
  divisor.append(static_cast<size_t>(scale - b.scale_), '0');
  std::string rest;
  DivideDigits(dividend, divisor, rest);
  return {a.negative_, std::move(rest), scale};
}

}  // namespace weir
