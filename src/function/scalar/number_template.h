#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/int128.h"

namespace weir {

// PostgreSQL's template patterns for numbers ("FM999,990.00"), compiled: 9 0 . D , G S MI PL SG PR L RN TH V EEEE FM
// and texts in double quotes.
class NumberTemplate {
 public:
  explicit NumberTemplate(std::string_view pattern);

  int fraction_digits() const { return post_; }
  // What the digits of a number are shown by; the number was rounded to shift + fraction digits by the caller.
  struct Digits {
    bool negative = false;
    std::string whole;       // no leading zeros; "0" for zero
    std::string fraction;    // fraction_digits() long
    double approximate = 0;  // for EEEE and RN
  };
  // Digits of an exact number and of a double.
  Digits DigitsOf(int128_t unscaled, int scale) const;
  Digits DigitsOf(double value) const;
  void Append(const Digits& digits, std::string& out) const;

  // Reads a number that was written with this pattern, with fraction_digits() decimals.
  int128_t Parse(std::string_view text) const;

 private:
  enum class Kind : uint8_t {
    kNine,
    kZero,
    kPoint,
    kGroup,
    kSign,
    kMinus,
    kPlus,
    kAnySign,
    kCurrency,
    kOrdinal,
    kText
  };
  struct Node {
    Kind kind;
    bool lower = false;  // th
    std::string text;
  };
  std::vector<Node> nodes_;
  bool fill_ = true;  // no FM
  bool roman_ = false, roman_lower_ = false;
  bool scientific_ = false;
  bool brackets_ = false;
  bool sign_after_ = false;
  bool has_sign_ = false, has_minus_ = false, has_plus_ = false;
  int pre_ = 0;
  int post_ = 0;
  int shift_ = 0;       // digits after V
  int zero_from_ = -1;  // the first 0 among the digits before the point
  int zero_to_ = 0;     // fraction digits up to the last 0 there
};

}  // namespace weir
