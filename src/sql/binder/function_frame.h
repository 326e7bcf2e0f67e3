#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/sql_function.h"
#include "expr/expr.h"
#include "sql/binder/scope.h"

namespace weir {

// An argument of a call of a user's function, bound where the call is.
struct SqlArgument {
  std::string name;  // of name => value; or empty
  ExprPtr value;
  int64_t position = -1;
};

// A user's function whose body is being bound, in a binder of its own: what its parameters stand for. The body sees
// nothing else of the statement around it; columns in arguments make its queries correlated.
class FunctionFrame {
 public:
  // `arguments`: one per input parameter.
  FunctionFrame(const SqlFunction& function, std::vector<ExprPtr> arguments, const FunctionFrame* outer)
      : function_(function), arguments_(std::move(arguments)), uses_(arguments_.size()), outer_(outer) {}

  const SqlFunction& function() const { return function_; }
  const std::vector<ExprPtr>& arguments() const { return arguments_; }
  size_t uses(size_t i) const { return uses_[i]; }
  // The position of the parameter of that name; `parts` may begin with the function's name. `used` is how many of the
  // parts the name took.
  std::optional<size_t> Find(ast::List<ast::Name> parts, size_t& used) const;
  // What the parameter stands for in an expression of the scope.
  ExprPtr Use(size_t i, Scope& scope);
  // Whether the function, or one of that name, is called by itself.
  bool Runs(const SqlFunction& function) const;
  bool RunsName(std::string_view name) const;
  int depth() const { return outer_ == nullptr ? 1 : outer_->depth() + 1; }

 private:
  const SqlFunction& function_;
  const std::vector<ExprPtr> arguments_;
  std::vector<size_t> uses_;
  const FunctionFrame* outer_;
};

}  // namespace weir
