#pragma once

#include <cstdint>

namespace weir {

// How tightly operators bind, loosest first; PostgreSQL's table (documentation chapter 4.1.6).
enum class Precedence : uint8_t {
  kLowest,
  kOr,
  kXor,  // MySQL
  kAnd,
  kNot,
  kIs,
  kComparison,
  kBetween,   // BETWEEN IN LIKE ILIKE SIMILAR
  kOperator,  // all other operators
  kBitAnd,    // MySQL has three levels where PostgreSQL has kOperator alone
  kShift,
  kAdd,
  kMultiply,
  kPower,
  kAtTimeZone,
  kCollate,
  kUnary,
  kPostfix,  // :: [] .
};

constexpr Precedence Tighter(Precedence precedence) {
  return static_cast<Precedence>(static_cast<uint8_t>(precedence) + 1);
}

}  // namespace weir
