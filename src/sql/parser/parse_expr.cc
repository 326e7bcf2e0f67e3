// Operators: one loop of precedence climbing. Operands are in parse_primary.cc.
#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

const Expr* Parser::ParseExpr(Precedence min) {
  const Nesting nesting(*this);
  const Expr* left = ParsePrefix();
  while (true) {
    const Precedence precedence = InfixPrecedence();
    if (precedence == Precedence::kLowest || precedence < min) return left;
    left = ParseInfix(left, precedence);
  }
}

ast::List<const Expr*> Parser::ParseExprList() {
  return ParseCommaList<const Expr*>([&] { return ParseExpr(); });
}

ast::List<const Expr*> Parser::ParseParenthesizedExprs() {
  return ParseParenthesizedList<const Expr*>([&] { return ParseExpr(); });
}

const Expr* Parser::ParsePrefix() {
  const uint32_t offset = token_.offset;
  if (At(Keyword::kNot)) {
    Advance();
    auto* node = New<ast::NotExpr>(offset);
    node->operand = ParseExpr(Precedence::kNot);
    return node;
  }
  if (token_.kind != TokenKind::kOperator) return ParsePostfix();
  if (At(Operator::kStar)) SyntaxError();
  // `?` of drivers that do not number their parameters.
  if (token_.text == "?" && !is_mysql()) return ParsePostfix();
  const Name op = token_.text;
  if (is_mysql() && At(Operator::kExclamation)) {
    Advance();
    auto* node = New<ast::NotExpr>(offset);
    node->operand = ParseExpr(Precedence::kUnary);
    return node;
  }
  switch (token_.op) {
    case Operator::kPlus:
    case Operator::kMinus:
    case Operator::kOther:
    case Operator::kExclamation:
    case Operator::kAt:
    case Operator::kPipes:
    case Operator::kAmpersands:
      break;
    default:
      SyntaxError();
  }
  const bool is_sign = At(Operator::kPlus) || At(Operator::kMinus) || is_mysql();
  Advance();
  auto* node = New<ast::UnaryExpr>(offset);
  node->op = op;
  node->operand = ParseExpr(is_sign ? Precedence::kUnary : Tighter(Precedence::kOperator));
  return node;
}

// The precedence of the operator at the current token; kLowest when there is none.
Precedence Parser::InfixPrecedence() {
  if (token_.kind == TokenKind::kOperator) {
    switch (token_.op) {
      case Operator::kPlus:
      case Operator::kMinus:
        return Precedence::kAdd;
      case Operator::kStar:
      case Operator::kSlash:
      case Operator::kPercent:
        return Precedence::kMultiply;
      case Operator::kCaret:
        return Precedence::kPower;
      case Operator::kLess:
      case Operator::kGreater:
      case Operator::kEquals:
      case Operator::kLessEquals:
      case Operator::kGreaterEquals:
      case Operator::kNotEquals:
        return Precedence::kComparison;
      case Operator::kNullSafeEquals:
        return is_mysql() ? Precedence::kComparison : Precedence::kOperator;
      case Operator::kPipes:
        return is_mysql() ? Precedence::kOr : Precedence::kOperator;
      case Operator::kAmpersands:
        return is_mysql() ? Precedence::kAnd : Precedence::kOperator;
      default:
        if (!is_mysql()) return Precedence::kOperator;
        if (token_.text == "&") return Precedence::kBitAnd;
        if (token_.text == "<<" || token_.text == ">>") return Precedence::kShift;
        if (token_.text == "->" || token_.text == "->>") return Precedence::kUnary;
        return Precedence::kOperator;
    }
  }
  if (token_.kind == TokenKind::kKeyword) {
    switch (token_.keyword) {
      case Keyword::kOr:
        return Precedence::kOr;
      case Keyword::kAnd:
        return Precedence::kAnd;
      case Keyword::kIs:
      case Keyword::kIsnull:
      case Keyword::kNotnull:
        return Precedence::kIs;
      case Keyword::kBetween:
      case Keyword::kIn:
      case Keyword::kLike:
      case Keyword::kIlike:
        return Precedence::kBetween;
      case Keyword::kSimilar:
        return PeekIs(1, Keyword::kTo) ? Precedence::kBetween : Precedence::kLowest;
      case Keyword::kNot:
        switch (Peek(1).keyword) {
          case Keyword::kBetween:
          case Keyword::kIn:
          case Keyword::kLike:
          case Keyword::kIlike:
          case Keyword::kSimilar:
          case Keyword::kRegexp:
          case Keyword::kRlike:
            return Precedence::kBetween;
          default:
            return Precedence::kLowest;
        }
      case Keyword::kAt:
        return PeekIs(1, Keyword::kTime) || PeekIs(1, Keyword::kLocal) ? Precedence::kAtTimeZone : Precedence::kLowest;
      case Keyword::kCollate:
        return Precedence::kCollate;
      case Keyword::kOperator:
        return PeekIs(1, TokenKind::kLeftParen) ? Precedence::kOperator : Precedence::kLowest;
      case Keyword::kOverlaps:
        return Precedence::kBetween;
      // Words that are aliases elsewhere: operators only before an operand.
      case Keyword::kRegexp:
      case Keyword::kRlike:
      case Keyword::kGlob:
        return StartsOperand(Peek(1)) ? Precedence::kBetween : Precedence::kLowest;
      case Keyword::kXor:
        return StartsOperand(Peek(1)) ? Precedence::kXor : Precedence::kLowest;
      case Keyword::kDiv:
        return StartsOperand(Peek(1)) ? Precedence::kMultiply : Precedence::kLowest;
      case Keyword::kMod:
        return is_mysql() && StartsOperand(Peek(1)) ? Precedence::kMultiply : Precedence::kLowest;
      default:
        return Precedence::kLowest;
    }
  }
  return Precedence::kLowest;
}

const Expr* Parser::ParseInfix(const Expr* left, Precedence precedence) {
  const uint32_t offset = token_.offset;
  if (token_.kind == TokenKind::kOperator) {
    if (is_mysql() && At(Operator::kPipes)) return ParseLogicalChain(left, true);
    if (is_mysql() && At(Operator::kAmpersands)) return ParseLogicalChain(left, false);
    return ParseBinary(left, precedence);
  }
  switch (token_.keyword) {
    case Keyword::kOr:
      return ParseLogicalChain(left, true);
    case Keyword::kAnd:
      return ParseLogicalChain(left, false);
    case Keyword::kIs:
      return ParseIs(left);
    case Keyword::kIsnull:
    case Keyword::kNotnull: {
      auto* node = New<ast::IsTest>(offset);
      node->operand = left;
      node->negated = At(Keyword::kNotnull);
      Advance();
      return node;
    }
    case Keyword::kNot:
      Advance();
      if (At(Keyword::kBetween)) return ParseBetween(left, true);
      if (At(Keyword::kIn)) return ParseIn(left, true);
      return ParseLike(left, true);
    case Keyword::kBetween:
      return ParseBetween(left, false);
    case Keyword::kIn:
      return ParseIn(left, false);
    case Keyword::kLike:
    case Keyword::kIlike:
    case Keyword::kSimilar:
    case Keyword::kRegexp:
    case Keyword::kRlike:
    case Keyword::kGlob:
      return ParseLike(left, false);
    case Keyword::kAt: {
      Advance();
      if (Accept(Keyword::kLocal)) return MakeCall("timezone", {left}, offset);
      Expect(Keyword::kTime);
      Expect(Keyword::kZone);
      const Expr* zone = ParseExpr(Tighter(Precedence::kAtTimeZone));
      return MakeCall("timezone", {zone, left}, offset);
    }
    case Keyword::kCollate: {
      Advance();
      auto* node = New<ast::CollateExpr>(offset);
      node->operand = left;
      node->collation = ParseQualifiedName();
      return node;
    }
    default:
      return ParseBinary(left, precedence);  // OPERATOR(...), OVERLAPS, XOR, DIV, MOD
  }
}

// All of a chain of ANDs or of ORs at once, so that it becomes one flat node.
const Expr* Parser::ParseLogicalChain(const Expr* first, bool is_or) {
  auto* node = New<ast::LogicalExpr>(token_.offset);
  ListBuilder<const Expr*> operands(arena_);
  const auto add = [&](const Expr* operand, bool leftmost) {
    const auto* same = leftmost ? operand->TryAs<ast::LogicalExpr>() : nullptr;
    if (same != nullptr && same->is_or == is_or) {
      for (const Expr* item : same->operands) operands.Add(item);  // (a AND b) AND c
    } else {
      operands.Add(operand);
    }
  };
  add(first, true);
  const Precedence operand_min = is_or ? Tighter(Precedence::kOr) : Tighter(Precedence::kAnd);
  const auto at_operator = [&] {
    if (is_or) return At(Keyword::kOr) || (is_mysql() && At(Operator::kPipes));
    return At(Keyword::kAnd) || (is_mysql() && At(Operator::kAmpersands));
  };
  while (at_operator()) {
    Advance();
    add(ParseExpr(operand_min), false);
  }
  node->is_or = is_or;
  node->operands = operands.Finish();
  return node;
}

const Expr* Parser::ParseIs(const Expr* left) {
  const uint32_t offset = token_.offset;
  Advance();
  const bool negated = Accept(Keyword::kNot);
  if (At(Keyword::kDistinct)) {
    Advance();
    Expect(Keyword::kFrom);
    auto* node = New<ast::DistinctTest>(offset);
    node->left = left;
    node->right = ParseExpr(Tighter(Precedence::kIs));
    node->negated = negated;
    return node;
  }
  auto* node = New<ast::IsTest>(offset);
  node->operand = left;
  node->negated = negated;
  if (Accept(Keyword::kNull)) {
    node->test = ast::IsTestKind::kNull;
  } else if (Accept(Keyword::kTrue)) {
    node->test = ast::IsTestKind::kTrue;
  } else if (Accept(Keyword::kFalse)) {
    node->test = ast::IsTestKind::kFalse;
  } else if (Accept(Keyword::kUnknown)) {
    node->test = ast::IsTestKind::kUnknown;
  } else if (AcceptWord("json")) {
    if (AcceptWord("object")) {
      node->test = ast::IsTestKind::kJsonObject;
    } else if (AcceptWord("array")) {
      node->test = ast::IsTestKind::kJsonArray;
    } else if (AcceptWord("scalar")) {
      node->test = ast::IsTestKind::kJsonScalar;
    } else {
      AcceptWord("value");
      node->test = ast::IsTestKind::kJson;
    }
    if (AtWords("without", "unique") || AtWords("with", "unique")) {
      const bool unique = AtWord("with");
      Advance();
      Advance();
      AcceptWord("keys");
      if (!unique) return node;
      constexpr std::string_view kKinds[] = {"value", "object", "array", "scalar"};
      const auto kind = static_cast<size_t>(node->test) - static_cast<size_t>(ast::IsTestKind::kJson);
      const Expr* call =
          MakeCall("is_json", {left, NewString(kKinds[kind], offset), NewString("unique", offset)}, offset);
      if (!negated) return call;
      auto* inverse = New<ast::NotExpr>(offset);
      inverse->operand = call;
      return inverse;
    }
  } else if (At(Keyword::kNormalized) ||
             (PeekIs(1, Keyword::kNormalized) &&
              (At(Keyword::kNfc) || At(Keyword::kNfd) || At(Keyword::kNfkc) || At(Keyword::kNfkd)))) {
    const Expr* form = nullptr;
    if (!At(Keyword::kNormalized)) {
      form = NewString(Lower(token_.text), token_.offset);
      Advance();
    }
    Advance();
    const Expr* call =
        form == nullptr ? MakeCall("is_normalized", {left}, offset) : MakeCall("is_normalized", {left, form}, offset);
    if (!negated) return call;
    auto* inverse = New<ast::NotExpr>(offset);
    inverse->operand = call;
    return inverse;
  } else {
    SyntaxError();
  }
  return node;
}

const Expr* Parser::ParseBetween(const Expr* left, bool negated) {
  auto* node = New<ast::BetweenExpr>(token_.offset);
  Advance();
  node->operand = left;
  node->negated = negated;
  if (Accept(Keyword::kSymmetric)) {
    node->symmetric = true;
  } else {
    Accept(Keyword::kAsymmetric);
  }
  node->low = ParseExpr(Tighter(Precedence::kBetween));
  Expect(Keyword::kAnd);
  node->high = ParseExpr(Tighter(Precedence::kBetween));
  if (InfixPrecedence() == Precedence::kBetween) SyntaxError();  // not associative
  return node;
}

const Expr* Parser::ParseIn(const Expr* left, bool negated) {
  const uint32_t offset = token_.offset;
  Advance();
  Expect(TokenKind::kLeftParen);
  const auto in_query = [&](const ast::Query* query) {
    auto* node = New<ast::InSubqueryExpr>(offset);
    node->operand = left;
    node->query = query;
    node->negated = negated;
    return node;
  };
  if (AtQueryStart()) {
    const ast::Query* query = ParseQuery();
    Expect(TokenKind::kRightParen);
    return in_query(query);
  }
  ListBuilder<const Expr*> items(arena_);
  const bool parenthesized = At(TokenKind::kLeftParen);
  do {
    items.Add(ParseExpr());
    // IN ((SELECT ...)) and IN ((SELECT ...) UNION ...) are queries too.
    if (items.size() == 1 && parenthesized && items.items()[0]->kind == ast::ExprKind::kSubqueryExpr &&
        (At(TokenKind::kRightParen) || AtQueryTail())) {
      const ast::Query* query = ContinueQuery(items.items()[0]->As<ast::SubqueryExpr>().query);
      Expect(TokenKind::kRightParen);
      return in_query(query);
    }
  } while (Accept(TokenKind::kComma));
  Expect(TokenKind::kRightParen);
  auto* node = New<ast::InListExpr>(offset);
  node->operand = left;
  node->items = items.Finish();
  node->negated = negated;
  return node;
}

const Expr* Parser::ParseLike(const Expr* left, bool negated) {
  const uint32_t offset = token_.offset;
  ast::LikeKind like = ast::LikeKind::kLike;
  switch (token_.keyword) {
    case Keyword::kLike:
      break;
    case Keyword::kIlike:
      like = ast::LikeKind::kILike;
      break;
    case Keyword::kSimilar:
      Advance();
      like = ast::LikeKind::kSimilarTo;
      break;
    case Keyword::kGlob:
      like = ast::LikeKind::kGlob;
      break;
    default:
      like = ast::LikeKind::kRegexp;
      break;
  }
  Advance();
  if (At(Keyword::kAny) || At(Keyword::kSome) || At(Keyword::kAll)) {
    if (like == ast::LikeKind::kLike) return ParseQuantified(left, negated ? "!~~" : "~~", offset);
    if (like == ast::LikeKind::kILike) return ParseQuantified(left, negated ? "!~~*" : "~~*", offset);
    SyntaxError();
  }
  auto* node = New<ast::LikeExpr>(offset);
  node->like = like;
  node->operand = left;
  node->negated = negated;
  node->pattern = ParseExpr(Tighter(Precedence::kBetween));
  if (Accept(Keyword::kEscape)) node->escape = ParseExpr(Tighter(Precedence::kBetween));
  if (InfixPrecedence() == Precedence::kBetween && !is_mysql()) SyntaxError();  // not associative
  return node;
}

ast::Name Parser::ParseQualifiedOperator() {
  Expect(TokenKind::kLeftParen);
  while (token_.kind != TokenKind::kOperator) {
    const Token schema = token_;
    ParseColumnName();
    Expect(TokenKind::kDot);
    if (schema.text != "pg_catalog") {
      throw Error::User(sqlstate::kUndefinedFunction, "operator schema does not exist: {}", schema.text)
          .WithPosition(schema.offset);
    }
  }
  const Name op = token_.text;
  Advance();
  Expect(TokenKind::kRightParen);
  return op;
}

const Expr* Parser::NewBinary(Name op, const Expr* left, const Expr* right, uint32_t offset) {
  auto* node = New<ast::BinaryExpr>(offset);
  node->op = op;
  node->left = left;
  node->right = right;
  return node;
}

const Expr* Parser::ParseBinary(const Expr* left, Precedence precedence) {
  const Token first = token_;
  Name op = token_.text;
  Advance();
  switch (first.keyword) {
    case Keyword::kOperator:
      op = ParseQualifiedOperator();
      break;
    case Keyword::kOverlaps:
      op = "overlaps";
      break;
    case Keyword::kXor:
      op = "xor";
      break;
    case Keyword::kDiv:
      op = "div";
      break;
    case Keyword::kMod:
      op = "%";
      break;
    default:
      break;
  }
  if ((At(Keyword::kAny) || At(Keyword::kSome) || At(Keyword::kAll)) && PeekIs(1, TokenKind::kLeftParen)) {
    return ParseQuantified(left, op, first.offset);
  }
  if (is_mysql() && first.is(Operator::kCaret)) op = "#";  // exclusive or, by PostgreSQL's name
  const Expr* right = ParseExpr(Tighter(precedence));
  if (precedence == Precedence::kComparison && !is_mysql() && InfixPrecedence() == Precedence::kComparison) {
    SyntaxError();  // a < b < c: not associative
  }
  if (first.is(Operator::kNullSafeEquals) && is_mysql()) {
    auto* node = New<ast::DistinctTest>(first.offset);
    node->left = left;
    node->right = right;
    node->negated = true;
    return node;
  }
  return NewBinary(op, left, right, first.offset);
}

// Behind the operator, at ANY, SOME or ALL.
const Expr* Parser::ParseQuantified(const Expr* left, Name op, uint32_t offset) {
  auto* node = New<ast::QuantifiedExpr>(offset);
  node->left = left;
  node->op = op;
  node->all = At(Keyword::kAll);
  Advance();
  Expect(TokenKind::kLeftParen);
  if (AtQueryStart()) {
    node->query = ParseQuery();
  } else {
    const bool parenthesized = At(TokenKind::kLeftParen);
    node->array = ParseExpr();
    if (parenthesized && node->array->kind == ast::ExprKind::kSubqueryExpr &&
        (At(TokenKind::kRightParen) || AtQueryTail())) {
      node->query = ContinueQuery(node->array->As<ast::SubqueryExpr>().query);
      node->array = nullptr;
    }
  }
  Expect(TokenKind::kRightParen);
  return node;
}

}  // namespace weir
