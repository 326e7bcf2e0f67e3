#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "expr/expr.h"
#include "expr/registry.h"

namespace weir {

// Expressions over inputs (kInput), literals, calls and casts as bytes and back: those of physical plans, and the
// bodies of lambda expressions, which travel as constants. Types are written once, and so is an expression that
// several refer to: it is one again when read, which matters to volatile ones. docs/formats/plan.md says byte by byte.
// Functions are kept by name and signature, so the bytes are for processes that have the same functions, not for
// storage.
class ExprWriter {
 public:
  // Without positions in the statement's text: for comparing.
  explicit ExprWriter(bool with_positions = true) : with_positions_(with_positions) {}
  // Numbers to refer to them by. The expression must live until Finish. Columns, parameters and subqueries of logical
  // plans are an internal error.
  uint64_t Add(const Type& type);
  uint64_t Add(const ExprPtr& expr);
  void Finish(ByteWriter& out);

 private:
  void Write(const Expr& expr, const std::vector<uint64_t>& children);

  const bool with_positions_;
  std::unordered_map<std::string, uint64_t> types_;  // by their bytes
  std::string type_bytes_;
  std::unordered_map<const Expr*, uint64_t> exprs_;
  ByteWriter expr_bytes_;
};

// Every fault throws kDataCorrupted; a function that is not there kUndefinedFunction.
class ExprReader {
 public:
  // Reads all of them. `lambdas`: how many lambda expressions these are inside of.
  ExprReader(ByteReader& in, const Registry& registry, int lambdas = 0);
  const Type& type(uint64_t number) const;
  const ExprPtr& expr(uint64_t number) const;

 private:
  struct Entry {
    ExprPtr expr;
    uint32_t depth;
    uint64_t nodes;  // as a tree
  };
  Entry Read(ByteReader& in, const Registry& registry) const;

  const int lambdas_;

  std::vector<Type> types_;
  std::vector<Entry> exprs_;
};

std::string SerializeExpr(const ExprPtr& expr);
ExprPtr DeserializeExpr(std::string_view bytes, const Registry& registry);

// Throws kDataCorrupted unless every kInput of the expression is one of `inputs`: evaluators do not look.
void CheckInputs(const Expr& expr, const std::vector<Type>& inputs);
// Whether values of one type are kept as those of the other, all the way down.
bool IsSameForm(const Type& a, const Type& b);

}  // namespace weir
