#include "function/scalar/number_template.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

#include "base/error.h"
#include "types/decimal.h"
#include "types/text_scan.h"

namespace weir {

namespace {

[[noreturn]] void Bad(std::string_view what) {
  throw Error::User(sqlstate::kSyntaxError, "{}", what);
}

std::string Roman(int number) {
  constexpr std::pair<int, std::string_view> kParts[] = {{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"},
                                                         {90, "XC"},  {50, "L"},   {40, "XL"}, {10, "X"},   {9, "IX"},
                                                         {5, "V"},    {4, "IV"},   {1, "I"}};
  std::string out;
  for (const auto& [value, text] : kParts) {
    for (; number >= value; number -= value) out += text;
  }
  return out;
}

std::string_view Ordinal(std::string_view digits, bool lower) {
  const char last = digits.back();
  const bool teens = digits.size() > 1 && digits[digits.size() - 2] == '1';
  const int which = teens ? 0 : last == '1' ? 1 : last == '2' ? 2 : last == '3' ? 3 : 0;
  constexpr std::string_view kLower[] = {"th", "st", "nd", "rd"};
  constexpr std::string_view kUpper[] = {"TH", "ST", "ND", "RD"};
  return lower ? kLower[which] : kUpper[which];
}

}  // namespace

NumberTemplate::NumberTemplate(std::string_view pattern) {
  bool point = false, after_v = false;
  int digits_at_sign = -1;
  for (size_t at = 0; at < pattern.size();) {
    const auto is = [&](std::string_view word) { return EqualsIgnoreCase(pattern.substr(at, word.size()), word); };
    const auto add = [&](Kind kind, size_t size) {
      nodes_.push_back({kind, false, {}});
      at += size;
    };
    if (pattern[at] == '"') {
      nodes_.push_back({Kind::kText, false, {}});
      for (++at; at < pattern.size() && pattern[at] != '"'; ++at) {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
        nodes_.back().text += pattern[at];
      }
      ++at;
    } else if (is("EEEE")) {
      scientific_ = true;
      at += 4;
    } else if (is("FM")) {
      fill_ = false;
      at += 2;
    } else if (is("PR")) {
      brackets_ = true;
      at += 2;
    } else if (is("MI")) {
      has_minus_ = true;
      add(Kind::kMinus, 2);
    } else if (is("PL")) {
      has_plus_ = true;
      add(Kind::kPlus, 2);
    } else if (is("SG")) {
      has_minus_ = has_plus_ = true;
      add(Kind::kAnySign, 2);
    } else if (is("RN")) {
      roman_ = true;
      roman_lower_ = pattern[at] == 'r';
      at += 2;
    } else if (is("TH")) {
      nodes_.push_back({Kind::kOrdinal, pattern[at] == 't', {}});
      at += 2;
    } else if (is("9") || is("0")) {
      const bool zero = pattern[at] == '0';
      if (after_v) {
        ++shift_;
        ++pre_;
      } else if (point) {
        ++post_;
        if (zero) zero_to_ = post_;
      } else {
        if (zero && zero_from_ < 0) zero_from_ = pre_;
        ++pre_;
      }
      add(zero ? Kind::kZero : Kind::kNine, 1);
    } else if (is(".") || is("D")) {
      if (point) Bad("multiple decimal points");
      if (after_v) Bad("cannot use \"V\" and decimal point together");
      point = true;
      add(Kind::kPoint, 1);
    } else if (is(",") || is("G")) {
      add(Kind::kGroup, 1);
    } else if (is("V")) {
      if (point) Bad("cannot use \"V\" and decimal point together");
      after_v = true;
      ++at;
    } else if (is("S")) {
      if (has_sign_) Bad("cannot use \"S\" twice");
      has_sign_ = true;
      digits_at_sign = pre_ + post_;
      ++at;
    } else if (is("L")) {
      add(Kind::kCurrency, 1);
    } else {
      nodes_.push_back({Kind::kText, false, std::string(1, pattern[at])});
      ++at;
    }
  }
  if (has_sign_ && (brackets_ || has_minus_ || has_plus_)) {
    Bad("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
  }
  sign_after_ = has_sign_ && digits_at_sign > 0 && digits_at_sign == pre_ + post_;
}

NumberTemplate::Digits NumberTemplate::DigitsOf(int128_t unscaled, int scale) const {
  Digits digits;
  digits.approximate = DecimalToDouble(unscaled, scale);
  // V multiplies; then rounded to the fraction digits of the pattern.
  const int keep = post_ + shift_;
  const int128_t rounded = scale > keep ? DecimalDropDigits(unscaled, scale - keep) : unscaled;
  digits.negative = unscaled < 0;
  std::string text = Int128ToString(rounded < 0 ? -rounded : rounded);
  if (scale < keep) text.append(static_cast<size_t>(keep - scale), '0');
  const auto fraction = static_cast<size_t>(post_);
  if (text.size() <= fraction) text.insert(0, fraction + 1 - text.size(), '0');
  digits.fraction = text.substr(text.size() - fraction);
  digits.whole = text.substr(0, text.size() - fraction);
  const size_t first = digits.whole.find_first_not_of('0');
  digits.whole.erase(0, first == std::string::npos ? digits.whole.size() - 1 : first);
  return digits;
}

NumberTemplate::Digits NumberTemplate::DigitsOf(double value) const {
  Digits digits;
  digits.approximate = value;
  digits.negative = std::signbit(value) && value != 0;
  double magnitude = std::abs(value);
  if (shift_ > 0) magnitude *= std::pow(10, shift_);
  if (!std::isfinite(magnitude)) {
    digits.whole.assign(static_cast<size_t>(pre_) + 1, '9');  // too long: shown as #
    digits.fraction.assign(static_cast<size_t>(post_), '0');
    return digits;
  }
  // A double has 15 digits worth showing.
  constexpr int kDoubleDigits = 15;
  const auto whole_size = static_cast<int>(fmt::format("{:.0f}", magnitude).size());
  const int shown = whole_size >= kDoubleDigits ? 0 : std::min(post_, kDoubleDigits - whole_size);
  std::string text = fmt::format("{:.{}f}", magnitude, shown);
  const size_t point = text.find('.');
  digits.whole = text.substr(0, point);
  digits.fraction = point == std::string::npos ? "" : text.substr(point + 1);
  return digits;
}

void NumberTemplate::Append(const Digits& digits, std::string& out) const {
  if (roman_) {
    const double rounded = std::rint(digits.approximate);
    std::string text = rounded >= 1 && rounded <= 3999 ? Roman(static_cast<int>(rounded)) : std::string(15, '#');
    if (roman_lower_) std::transform(text.begin(), text.end(), text.begin(), ToLowerAscii);
    if (fill_ && text.size() < 15) out.append(15 - text.size(), ' ');
    out += text;
    return;
  }
  if (scientific_) {
    if (!std::isfinite(digits.approximate)) {
      out += ' ';
      out.append(static_cast<size_t>(pre_), '#');
      if (post_ > 0) (out += '.').append(static_cast<size_t>(post_), '#');
      out += "####";
      return;
    }
    if (!digits.negative && fill_) out += ' ';
    fmt::format_to(std::back_inserter(out), "{:.{}e}", digits.approximate, post_);
    return;
  }
  const auto pre = static_cast<size_t>(pre_);
  std::string whole = digits.whole, fraction = digits.fraction;
  const bool overflow = whole.size() > pre;
  if (overflow) {
    whole.assign(pre, '#');
    fraction.assign(fraction.size(), '#');
  }
  const bool zero_forced = zero_from_ >= 0;
  // With a fraction to show, a lone zero before the point is left out: ".5".
  bool hide_zero = whole == "0" && post_ > 0 && !zero_forced;
  size_t shown_fraction = fraction.size();
  if (!fill_ && !overflow) {
    while (shown_fraction > static_cast<size_t>(zero_to_) && fraction[shown_fraction - 1] == '0') --shown_fraction;
    if (shown_fraction == 0 && hide_zero) hide_zero = false;
  }
  const size_t blank = pre - std::min(whole.size(), pre);
  size_t first_shown = hide_zero ? pre : blank;
  if (zero_forced) first_shown = std::min(first_shown, static_cast<size_t>(zero_from_));

  // The sign that comes right before the first digit, unless it is written by a pattern of its own.
  bool sign_due = !(has_minus_ && !brackets_) && !sign_after_;
  const auto write_sign = [&] {
    if (!sign_due) return;
    sign_due = false;
    if (has_sign_)
      out += digits.negative ? '-' : '+';
    else if (brackets_) {
      if (digits.negative)
        out += '<';
      else if (fill_)
        out += ' ';
    } else if (digits.negative)
      out += '-';
    else if (fill_)
      out += ' ';
  };
  const auto last_digit = [&] {
    if (brackets_) {
      if (digits.negative)
        out += '>';
      else if (fill_)
        out += ' ';
    }
    if (sign_after_) out += digits.negative ? '-' : '+';
  };
  const size_t total = pre + static_cast<size_t>(post_);
  size_t slot = 0;  // digits so far, before and after the point
  bool digits_begun = false;
  for (const Node& node : nodes_) {
    switch (node.kind) {
      case Kind::kNine:
      case Kind::kZero:
        if (slot < pre) {
          if (slot < first_shown) {
            if (fill_) out += ' ';
          } else {
            write_sign();
            digits_begun = true;
            out += slot < blank ? '0' : whole[slot - blank];
          }
        } else {
          write_sign();
          const size_t index = slot - pre;
          if (index < shown_fraction) out += fraction[index];
        }
        if (++slot == total) last_digit();
        break;
      case Kind::kPoint:
        write_sign();
        digits_begun = true;
        if (!fraction.empty() || post_ == 0) out += '.';  // doubles may have no digits left to show
        break;
      case Kind::kGroup:
        if (digits_begun)
          out += ',';
        else if (fill_)
          out += ' ';
        break;
      case Kind::kMinus:
        if (digits.negative)
          out += '-';
        else if (fill_)
          out += ' ';
        break;
      case Kind::kPlus:
        if (!digits.negative)
          out += '+';
        else if (fill_)
          out += ' ';
        break;
      case Kind::kAnySign:
        out += digits.negative ? '-' : '+';
        break;
      case Kind::kCurrency:
        out += ' ';
        break;
      case Kind::kOrdinal:
        if (!overflow && !digits.negative && post_ == 0) out += Ordinal(whole, node.lower);
        break;
      case Kind::kSign:
        break;
      case Kind::kText:
        out += node.text;
        break;
    }
  }
}

int128_t NumberTemplate::Parse(std::string_view text) const {
  if (roman_) throw Error::Unsupported("leave RN out", "\"RN\" is not available for input");
  if (scientific_) throw Error::Unsupported("cast the text to a number", "\"EEEE\" not supported for input");
  size_t at = 0;
  bool negative = false, seen_point = false, any = false;
  int128_t value = 0;
  int fraction = 0;
  const auto take_sign = [&] {
    while (at < text.size() && IsSpace(text[at])) ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+' || text[at] == '<')) {
      negative = negative || text[at] != '+';
      ++at;
    }
  };
  const auto take_digit = [&] {
    if (at < text.size() && IsDigit(text[at])) {
      if (!seen_point || fraction < post_) {
        if (__builtin_mul_overflow(value, static_cast<int128_t>(10), &value) ||
            __builtin_add_overflow(value, static_cast<int128_t>(text[at] - '0'), &value)) {
          throw Error::User(sqlstate::kNumericValueOutOfRange, "numeric field overflow");
        }
        if (seen_point) ++fraction;
      }
      any = true;
      ++at;
    }
  };
  take_sign();
  for (const Node& node : nodes_) {
    switch (node.kind) {
      case Kind::kNine:
      case Kind::kZero:
        if (!any) take_sign();
        if (at < text.size() && text[at] == '.' && !seen_point && node.kind == Kind::kNine) break;  // fewer digits
        take_digit();
        break;
      case Kind::kPoint:
        // More digits than the pattern has before the point do not fit.
        if (at < text.size() && text[at] == '.') {
          seen_point = true;
          ++at;
        }
        break;
      case Kind::kGroup:
        if (at < text.size() && text[at] == ',') ++at;
        break;
      case Kind::kMinus:
      case Kind::kPlus:
      case Kind::kAnySign:
        take_sign();
        break;
      case Kind::kText:
        for (size_t i = 0; i < node.text.size() && at < text.size(); ++i) {
          if (!IsDigit(text[at]) && std::string_view(".,+-").find(text[at]) == std::string_view::npos) ++at;
        }
        break;
      case Kind::kCurrency:
        if (at < text.size() && !IsDigit(text[at])) ++at;
        break;
      default:
        break;
    }
  }
  if (sign_after_ && at < text.size() && (text[at] == '-' || text[at] == '+')) negative = text[at] == '-';
  if (!any)
    throw Error::User(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type numeric: \"{}\"", text);
  for (; fraction < post_; ++fraction) {
    if (__builtin_mul_overflow(value, static_cast<int128_t>(10), &value)) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "numeric field overflow");
    }
  }
  for (int i = 0; i < shift_; ++i) value /= 10;
  return negative ? -value : value;
}

}  // namespace weir
