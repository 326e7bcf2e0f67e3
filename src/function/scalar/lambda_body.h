#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "expr/expr_codec.h"
#include "function/scalar/kernel.h"

namespace weir {

// A lambda's body, prepared once per call in an expression. One thread uses it at a time, as it does the evaluator that
// the call is a node of.
class Lambda {
 public:
  Lambda(ExprPtr body, const Registry& registry) : body_(std::move(body)), registry_(registry) {}

  const Type& type() const { return body_->type(); }
  // At the rows of `inputs`, whose columns are the lambda's parameters and what it captured.
  ColumnPtr Evaluate(const Chunk& inputs, const StatementContext& statement) const {
    if (statement_ != &statement) {
      evaluator_ = std::make_unique<Evaluator>(std::vector<ExprPtr>{body_}, registry_, statement);
      statement_ = &statement;
    }
    return evaluator_->Evaluate(0, inputs);
  }

 private:
  ExprPtr body_;
  const Registry& registry_;
  mutable std::unique_ptr<Evaluator> evaluator_;
  mutable const StatementContext* statement_ = nullptr;
};

inline BufferPtr IndexBuffer(const std::vector<uint32_t>& indices) {
  const MutableBufferPtr buffer = Buffer::Allocate(indices.size() * sizeof(uint32_t));
  std::copy(indices.begin(), indices.end(), buffer->as<uint32_t>());
  return buffer;
}

// One overload for each volatility that a body may have; the binder picks. `lambda_at`: which argument the lambda is,
// -1 where that is the first constant of type varbinary.
inline std::vector<FunctionOverload> LambdaOverloads(const Registry& registry,
                                                     const std::vector<TypePattern>& parameters,
                                                     const TypePattern& result, const ScalarKernel& kernel,
                                                     int lambda_at = -1) {
  std::vector<FunctionOverload> out;
  for (const Volatility volatility : {Volatility::kImmutable, Volatility::kStable, Volatility::kVolatile}) {
    FunctionOverload overload = Variadic(SeesNulls(Partial(parameters, result, kernel)));
    overload.volatility = volatility;
    overload.prepare = [&registry,
                        lambda_at](std::span<const std::optional<Value>> constants) -> std::shared_ptr<const void> {
      for (size_t i = 0; i < constants.size(); ++i) {
        if (lambda_at >= 0 && i != static_cast<size_t>(lambda_at)) continue;
        if (!constants[i].has_value() || !constants[i]->type().is(TypeKind::kVarbinary)) continue;
        ByteReader in(constants[i]->bytes());
        in.GetString();  // the lambda as text
        return std::make_shared<const Lambda>(DeserializeExpr(in.GetString(), registry), registry);
      }
      throw Error::Internal("call without its lambda");
    };
    out.push_back(std::move(overload));
  }
  return out;
}

}  // namespace weir
