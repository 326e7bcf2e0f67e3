// The reader of examples, and the test that every function's example gives what its documentation says.

#include "function/scalar/example_reader.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <gtest/gtest.h>

#include "base/error.h"
#include "expr/cast_rules.h"
#include "expr/evaluator.h"
#include "function/scalar/core_functions.h"
#include "function/scalar/register.h"
#include "types/text.h"
#include "types/text_scan.h"

namespace weir {

namespace {

class Reader {
 public:
  Reader(const Registry& registry, std::string_view text) : registry_(registry), text_(text) {}

  ExprPtr ReadAll() {
    ExprPtr expr = Binary(0);
    Space();
    if (at_ != text_.size()) Fail();
    return expr;
  }

 private:
  [[noreturn]] void Fail() const {
    throw Error::Internal("example not understood at {}: {}", text_.substr(at_), text_);
  }
  void Space() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Accept(std::string_view token) {
    Space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void Expect(std::string_view token) {
    if (!Accept(token)) Fail();
  }
  std::string_view PeekWord() {
    Space();
    size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_'))
      ++end;
    return text_.substr(at_, end - at_);
  }
  bool AcceptWord(std::string_view word) {
    if (!EqualsIgnoreCase(PeekWord(), word)) return false;
    at_ += word.size();
    return true;
  }
  std::string Quoted() {
    const bool escapes = Accept("E'");
    if (!escapes) Expect("'");
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'') {
        if (!text_.substr(at_).starts_with("''")) break;
        ++at_;
      } else if (escapes && text_[at_] == '\\') {
        ++at_;
        out += text_[at_] == 'n' ? '\n' : text_[at_] == 't' ? '\t' : text_[at_];
        continue;
      }
      out += text_[at_];
    }
    ++at_;
    return out;
  }

  std::optional<Type> TryType() {
    static const std::pair<const char*, Type> kNames[] = {
        {"boolean", TypeKind::kBoolean},
        {"bool", TypeKind::kBoolean},
        {"tinyint", TypeKind::kInt8},
        {"smallint", TypeKind::kInt16},
        {"integer", TypeKind::kInt32},
        {"int", TypeKind::kInt32},
        {"bigint", TypeKind::kInt64},
        {"largeint", TypeKind::kInt128},
        {"real", TypeKind::kFloat},
        {"float8", TypeKind::kDouble},
        {"double", TypeKind::kDouble},
        {"date", TypeKind::kDate},
        {"time", TypeKind::kTime},
        {"timestamp", TypeKind::kTimestamp},
        {"timestamptz", TypeKind::kTimestampTz},
        {"timestamp_ns", TypeKind::kTimestampNs},
        {"interval", TypeKind::kInterval},
        {"text", TypeKind::kVarchar},
        {"varchar", TypeKind::kVarchar},
        {"bytea", TypeKind::kVarbinary},
        {"uuid", TypeKind::kUuid},
        {"json", TypeKind::kJson},
        {"jsonb", Type::Jsonb()},
    };
    const std::string_view word = PeekWord();
    Type type;
    if (EqualsIgnoreCase(word, "numeric")) {
      at_ += word.size();
      type = Type::Decimal(38, 10);
      if (Accept("(")) {
        const int precision = Number();
        const int scale = Accept(",") ? Number() : 0;
        Expect(")");
        type = Type::Decimal(precision, scale);
      }
    } else {
      const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                       [&](const auto& name) { return EqualsIgnoreCase(name.first, word); });
      if (found == std::end(kNames)) return std::nullopt;
      at_ += word.size();
      type = found->second;
      if (EqualsIgnoreCase(word, "double")) AcceptWord("precision");
    }
    while (Accept("[]")) type = Type::List(type);
    return type;
  }
  int Number() {
    Space();
    int value = 0;
    while (at_ < text_.size() && IsDigit(text_[at_])) value = value * 10 + (text_[at_++] - '0');
    return value;
  }

  ExprPtr Literal() {
    const size_t begin = at_;
    bool point = false, exponent = false;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '.')
        point = true;
      else if (c == 'e' || c == 'E')
        exponent = true;
      else if (!IsDigit(c) && !(exponent && (c == '-' || c == '+') && (text_[at_ - 1] | 32) == 'e'))
        break;
    }
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (exponent) return Expr::Literal(ParseValue(TypeKind::kDouble, text));
    if (!point) {
      const int128_t value = ParseInteger(text, TypeKind::kInt128);
      const TypeKind kind = value <= INT32_MAX   ? TypeKind::kInt32
                            : value <= INT64_MAX ? TypeKind::kInt64
                                                 : TypeKind::kInt128;
      return Expr::Literal(ParseValue(kind, text));
    }
    const auto scale = static_cast<int>(text.size() - text.find('.') - 1);
    return Expr::Literal(ParseValue(Type::Decimal(std::max(static_cast<int>(text.size()) - 1, 1), scale), text));
  }

  std::vector<ExprPtr> Arguments(std::string_view close) {
    std::vector<ExprPtr> args;
    if (Accept(close)) return args;
    do {
      args.push_back(Binary(0));
    } while (Accept(","));
    Expect(close);
    return args;
  }

  ExprPtr Array() {
    std::vector<ExprPtr> elements = Arguments("]");
    std::vector<Type> types;
    for (const ExprPtr& element : elements) types.push_back(element->type());
    const Type common = *registry_.CommonType(types);
    for (ExprPtr& element : elements) element = registry_.BindCast(element, common, CastRule::kImplicit);
    return registry_.BindCall("array", std::move(elements));
  }

  ExprPtr Primary() {
    Space();
    if (at_ >= text_.size()) Fail();
    const char c = text_[at_];
    if (Accept("(")) {
      ExprPtr inner = Binary(0);
      Expect(")");
      return inner;
    }
    if (c == '\'' || text_.substr(at_).starts_with("E'")) {
      return Expr::Literal(Value::Bytes(TypeKind::kUnknown, Quoted()));
    }
    if (IsDigit(c) || c == '.') return Literal();
    if (Accept("-")) {
      ExprPtr operand = Postfix();
      return registry_.BindCall("-", {operand});
    }
    if (Accept("@")) return registry_.BindCall("@", {Postfix()});
    if (Accept("~")) return registry_.BindCall("~", {Postfix()});
    if (AcceptWord("null")) return Expr::Literal(Value::Null());
    if (AcceptWord("true")) return Expr::Literal(Value::Boolean(true));
    if (AcceptWord("false")) return Expr::Literal(Value::Boolean(false));
    if (Accept("[")) return Array();  // an inner dimension
    if (AcceptWord("array")) {
      Space();
      if (Accept("[")) return Array();
      Fail();
    }
    const size_t start = at_;
    if (std::optional<Type> type = TryType()) {
      Space();
      if (at_ < text_.size() && text_[at_] == '\'') {
        return registry_.BindCast(Expr::Literal(Value::Bytes(TypeKind::kUnknown, Quoted())), *type,
                                  CastRule::kExplicit);
      }
      at_ = start;
    }
    const std::string name(PeekWord());
    if (name.empty()) Fail();
    at_ += name.size();
    std::vector<ExprPtr> args;
    Expect("(");
    // extract(field from value)
    if (name == "extract") {
      const size_t before = at_;
      const std::string field(PeekWord());
      at_ += field.size();
      if (AcceptWord("from")) {
        args.push_back(Expr::Literal(Value::Bytes(TypeKind::kUnknown, field)));
        args.push_back(Binary(0));
        Expect(")");
        return registry_.BindCall(name, std::move(args));
      }
      at_ = before;
    }
    return registry_.BindCall(name, Arguments(")"));
  }

  ExprPtr Postfix() {
    ExprPtr expr = Primary();
    while (true) {
      if (Accept("::")) {
        std::optional<Type> type = TryType();
        if (!type.has_value()) Fail();
        expr = registry_.BindCast(expr, *type, CastRule::kExplicit);
      } else if (Accept("[")) {
        if (Accept(":")) {
          ExprPtr high = Binary(0);
          Expect("]");
          expr = registry_.BindCall("[:]", {expr, Expr::Literal(Value::Int64(1)), high});
          continue;
        }
        ExprPtr index = Binary(0);
        if (Accept(":")) {
          const bool open = Accept("]");
          ExprPtr high = open ? Expr::Literal(Value::Int64(INT64_MAX)) : Binary(0);
          if (!open) Expect("]");
          expr = registry_.BindCall("[:]", {expr, index, high});
          continue;
        }
        Expect("]");
        expr = registry_.BindCall("[]", {expr, index});
      } else {
        Space();
        if (!EqualsIgnoreCase(text_.substr(at_, 12), "at time zone")) return expr;
        at_ += 12;
        ExprPtr zone = Primary();
        expr = registry_.BindCall("timezone", {zone, expr});
      }
    }
  }

  struct Operator {
    std::string_view text;
    int precedence;
  };

  ExprPtr Binary(int least) {
    static constexpr auto kOperators = std::to_array<Operator>({
        {"!~~*", 2}, {"!~~", 2}, {"!~*", 2}, {"!~", 2}, {"~~*", 2}, {"~~", 2}, {"~*", 2}, {"->>", 2},
        {"#>>", 2},  {"#-", 2},  {"@?", 2},  {"@@", 2}, {"->", 2},  {"#>", 2}, {"@>", 2}, {"<@", 2},
        {"&&", 2},   {"||", 2},  {"^@", 2},  {"?|", 2}, {"?&", 2},  {"?", 2},  {"~", 2},  {"<>", 1},
        {"<=", 1},   {">=", 1},  {"<<", 2},  {">>", 2}, {"=", 1},   {"<", 1},  {">", 1},  {"+", 3},
        {"-", 3},    {"*", 4},   {"/", 4},   {"%", 4},  {"^", 5},   {"&", 2},  {"|", 2},  {"#", 2},
    });
    ExprPtr left = Postfix();
    while (true) {
      Space();
      if (least == 0 && AcceptWord("is")) {
        const bool negated = AcceptWord("not");
        if (!AcceptWord("distinct") || !AcceptWord("from")) Fail();
        ExprPtr other = Binary(1);
        left = registry_.BindCall(negated ? "is_not_distinct_from" : "is_distinct_from", {left, other});
        continue;
      }
      const auto found = std::find_if(kOperators.begin(), kOperators.end(),
                                      [&](const Operator& op) { return text_.substr(at_).starts_with(op.text); });
      if (found == kOperators.end() || found->precedence <= least) return left;
      at_ += found->text.size();
      ExprPtr right = Binary(found->precedence);
      left = registry_.BindCall(found->text, {left, right});
    }
  }

  const Registry& registry_;
  std::string_view text_;
  size_t at_ = 0;
};

const Registry& AllScalars() {
  static const Registry& registry = *[] {
    auto* out = new Registry();
    RegisterCoreFunctions(*out);
    RegisterScalarFunctions(*out);
    return out;
  }();
  return registry;
}

}  // namespace

ExprPtr ReadExample(const Registry& registry, std::string_view text) {
  return Reader(registry, text).ReadAll();
}

std::string RunExample(std::string_view text, const StatementContext& statement) {
  try {
    TextOptions options;
    options.time_zone = statement.time_zone;
    const Value value = EvaluateConstant(ReadExample(AllScalars(), text), AllScalars(), statement);
    return value.is_null() ? "NULL" : FormatValue(value, options);
  } catch (const Error& error) {
    return std::string(error.sqlstate()) + " " + error.message();
  }
}

namespace {

// Lambdas and aggregates, whose examples tests/slt/function/examples.slt runs.
bool NeedsMore(const FunctionSpec& spec) {
  return spec.family == "lambda" || spec.name == "list_aggregate";
}

TEST(FunctionExampleTest, EveryExampleGivesItsResult) {
  size_t count = 0;
  for (const FunctionSpec* spec : AllScalars().functions()) {
    if (spec->example.empty() || NeedsMore(*spec)) continue;
    ++count;
    EXPECT_EQ(RunExample(spec->example, {}), spec->example_result) << spec->name << ": " << spec->example;
  }
  EXPECT_GT(count, 200U);
}

TEST(FunctionExampleTest, EveryFunctionIsDescribed) {
  for (const FunctionSpec* spec : AllScalars().functions()) {
    EXPECT_FALSE(spec->description.empty()) << spec->name;
    EXPECT_FALSE(spec->overloads.empty()) << spec->name;
  }
}

// Examples whose arguments are literals, over columns: flat with a NULL between, dictionaries, selected rows.
TEST(FunctionExampleTest, ExamplesOverColumns) {
  size_t count = 0;
  for (const FunctionSpec* spec : AllScalars().functions()) {
    if (spec->example.empty() || NeedsMore(*spec)) continue;
    const ExprPtr expr = ReadExample(AllScalars(), spec->example);
    if (!expr->is(ExprKind::kCall) || expr->volatility() == Volatility::kVolatile) continue;
    // Resolvers may insist on constants.
    if (expr->overload().resolve != nullptr || expr->children().empty()) continue;
    const StatementContext statement;
    std::vector<ColumnPtr> flat, dictionaries;
    std::vector<ExprPtr> inputs;
    for (const ExprPtr& child : expr->children()) {
      const Value value = EvaluateConstant(child, AllScalars(), statement);
      ColumnBuilder builder(child->type(), 3);
      builder.AppendValue(value);
      builder.AppendNull();
      builder.AppendValue(value);
      inputs.push_back(Expr::Input(flat.size(), child->type()));
      flat.push_back(builder.Finish());
      const MutableBufferPtr indices = Buffer::Allocate(3 * sizeof(uint32_t));
      for (uint32_t i = 0; i < 3; ++i) indices->as<uint32_t>()[i] = 2 - i;
      dictionaries.push_back(Column::Dictionary(flat.back(), indices, 3));
    }
    const Value expected = EvaluateConstant(expr, AllScalars(), statement);
    const auto check = [&](const Chunk& chunk, bool null_row) {
      Evaluator evaluator({expr->WithChildren(inputs)}, AllScalars(), statement);
      const ColumnPtr result = evaluator.Evaluate(0, chunk);
      result->Verify();
      EXPECT_EQ(result->GetValue(0).ToString(), expected.ToString()) << spec->name;
      EXPECT_EQ(result->GetValue(2).ToString(), expected.ToString()) << spec->name;
      EXPECT_TRUE(!null_row || expr->overload().nulls != NullBehavior::kPropagate || result->IsNull(1)) << spec->name;
    };
    ++count;
    check(Chunk(flat, 3, std::make_shared<const Selection>(Selection{0, 2})), false);
    try {
      check(Chunk(flat, 3), true);
      check(Chunk(dictionaries, 3), true);
    } catch (const Error& error) {
      // Some do not take NULLs at all.
      EXPECT_TRUE(error.sqlstate() == sqlstate::kNullValueNotAllowed ||
                  error.sqlstate() == sqlstate::kInvalidParameterValue)
          << spec->name << ": " << error.message();
    }
  }
  EXPECT_GT(count, 150U);
}

}  // namespace
}  // namespace weir
