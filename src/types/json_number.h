#pragma once

#include <string>
#include <string_view>

namespace weir {

// A number of JSON with all its digits, as PostgreSQL's numeric: jsonb keeps numbers like that, and jsonpath counts
// with them.
class JsonNumber {
 public:
  JsonNumber() = default;
  // Of a text that JSON's grammar has let through. Throws kNumericValueOutOfRange when it has too many digits.
  static JsonNumber Parse(std::string_view text);
  static JsonNumber OfInteger(int64_t value);
  static JsonNumber OfDouble(double value);

  // Without an exponent, with the digits after the point that it was written with.
  void Append(std::string& out) const;
  std::string Text() const;
  // Bytes that sort as the numbers do; no one's key is the beginning of another's.
  void AppendSortKey(std::string& out) const;
  bool is_zero() const { return digits_.empty(); }
  bool is_negative() const { return negative_; }
  // Cut towards zero; false when it does not fit.
  bool ToInt64(int64_t& out) const;
  double ToDouble() const;

  static int Compare(const JsonNumber& a, const JsonNumber& b);
  JsonNumber Negated() const;
  JsonNumber Abs() const;
  JsonNumber Floor() const;
  JsonNumber Ceiling() const;
  // Results have PostgreSQL's scales; division and remainder by zero throw kDivisionByZero.
  static JsonNumber Add(const JsonNumber& a, const JsonNumber& b);
  static JsonNumber Subtract(const JsonNumber& a, const JsonNumber& b) { return Add(a, b.Negated()); }
  static JsonNumber Multiply(const JsonNumber& a, const JsonNumber& b);
  static JsonNumber Divide(const JsonNumber& a, const JsonNumber& b);
  static JsonNumber Remainder(const JsonNumber& a, const JsonNumber& b);

 private:
  JsonNumber(bool negative, std::string digits, int scale);
  // Towards zero, without the fraction; `has_fraction` says whether there was one.
  JsonNumber Whole(bool& has_fraction) const;

  bool negative_ = false;
  std::string digits_;  // of the number without its point, '0'..'9', no leading zeros; empty is zero
  int scale_ = 0;       // how many of the digits are behind the point; may be more than there are
};

}  // namespace weir
