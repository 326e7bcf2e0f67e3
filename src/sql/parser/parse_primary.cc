// Operands: literals, names, constructors, subqueries, and what follows them (:: [] .).
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

const Expr* Parser::ParsePostfix() {
  const Expr* base = ParsePrimary();
  while (true) {
    switch (token_.kind) {
      case TokenKind::kDoubleColon: {
        auto* node = New<ast::CastExpr>(token_.offset);
        Advance();
        node->operand = base;
        node->type = ParseTypeName();
        base = node;
        break;
      }
      case TokenKind::kLeftBracket:
        base = ParseSubscript(base);
        break;
      case TokenKind::kDot: {
        const uint32_t offset = token_.offset;
        Advance();
        if (At(Operator::kStar)) {
          Advance();
          return ParseStar({}, base, offset);
        }
        auto* node = New<ast::FieldAccess>(offset);
        node->base = base;
        node->field = ParseAnyName();
        base = node;
        break;
      }
      default:
        return base;
    }
  }
}

const Expr* Parser::ParsePrimary() {
  const uint32_t offset = token_.offset;
  switch (token_.kind) {
    case TokenKind::kInteger:
    case TokenKind::kDecimal:
      return ParseNumber();
    case TokenKind::kString: {
      const Name value = token_.text;
      Advance();
      return NewString(value, offset);
    }
    case TokenKind::kBitString:
    case TokenKind::kHexString: {
      auto* node = New<ast::BitStringLiteral>(offset);
      node->is_hex = At(TokenKind::kHexString);
      node->digits = token_.text;
      Advance();
      return node;
    }
    case TokenKind::kParameter:
    case TokenKind::kNamedParameter:
    case TokenKind::kUserVariable:
    case TokenKind::kSystemVariable:
      return ParseVariable();
    case TokenKind::kOperator:
      if (token_.text == "?") return ParseVariable();
      SyntaxError();
    case TokenKind::kLeftParen:
      return ParseParenthesized();
    case TokenKind::kLeftBracket:
      return ParseBracketList();
    case TokenKind::kLeftBrace:
      return ParseBraceStruct();
    case TokenKind::kKeyword:
      return ParseKeywordPrimary();
    case TokenKind::kWord:
    case TokenKind::kQuotedName:
      return ParseNamePrimary();
    default:
      SyntaxError();
  }
}

const Expr* Parser::ParseNumber() {
  auto* node = New<ast::NumberLiteral>(token_.offset);
  node->text = token_.text;
  node->is_integer = At(TokenKind::kInteger);
  Advance();
  return node;
}

const Expr* Parser::ParseVariable() {
  const uint32_t offset = token_.offset;
  const Name text = token_.text;
  const TokenKind kind = token_.kind;
  if (kind == TokenKind::kUserVariable || kind == TokenKind::kSystemVariable) {
    auto* node = New<ast::UserVariable>(offset);
    node->name = text;
    if (kind == TokenKind::kSystemVariable) {
      node->scope = ast::VariableScope::kSystem;
      const auto strip = [&](std::string_view prefix, ast::VariableScope scope) {
        if (!node->name.starts_with(prefix)) return;
        node->name.remove_prefix(prefix.size());
        node->scope = scope;
      };
      strip("session.", ast::VariableScope::kSession);
      strip("global.", ast::VariableScope::kGlobal);
    }
    Advance();
    if (kind == TokenKind::kUserVariable && At(TokenKind::kColonEquals)) {
      throw Error::Unsupported(
          "Its value would depend on the order of evaluation. Number rows with row_number() OVER (...), add up with "
          "sum(...) OVER (...), look back with lag(...) OVER (...); set one value with SET @name = (SELECT ...).",
          "assignment to a variable within a query is not available: @{}", text)
          .WithPosition(offset);
    }
    return node;
  }
  auto* node = New<ast::Parameter>(offset);
  if (kind == TokenKind::kNamedParameter) {
    node->name = text;
  } else if (kind == TokenKind::kOperator || text.empty()) {
    node->index = ++question_marks_;
  } else {
    constexpr int32_t kParametersMax = 65535;  // what the wire protocols can count
    for (const char c : text) {
      node->index = node->index * 10 + (c - '0');
      if (node->index > kParametersMax) break;
    }
    if (node->index == 0 || node->index > kParametersMax) {
      throw Error::User(sqlstate::kUndefinedParameter, "there is no parameter ${}", text).WithPosition(offset);
    }
  }
  Advance();
  return node;
}

// (expr), (a, b), (SELECT ...), ((SELECT ...) UNION ...).
const Expr* Parser::ParseParenthesized() {
  const uint32_t offset = token_.offset;
  Advance();
  const auto subquery = [&](const ast::Query* query) {
    Expect(TokenKind::kRightParen);
    auto* node = New<ast::SubqueryExpr>(offset);
    node->query = query;
    return node;
  };
  if (AtQueryStart()) return subquery(ParseQuery());
  const bool parenthesized = At(TokenKind::kLeftParen);
  const Expr* first = ParseExpr();
  if (parenthesized && first->kind == ast::ExprKind::kSubqueryExpr && AtQueryTail()) {
    return subquery(ContinueQuery(first->As<ast::SubqueryExpr>().query));
  }
  if (Accept(TokenKind::kRightParen)) return first;
  ListBuilder<const Expr*> fields(arena_);
  fields.Add(first);
  while (Accept(TokenKind::kComma)) fields.Add(ParseExpr());
  Expect(TokenKind::kRightParen);
  auto* node = New<ast::RowExpr>(offset);
  node->fields = fields.Finish();
  return node;
}

// [a, b] and [result FOR x IN list IF condition].
const Expr* Parser::ParseBracketList() {
  const uint32_t offset = token_.offset;
  Advance();
  auto* node = New<ast::ArrayExpr>(offset);
  if (Accept(TokenKind::kRightBracket)) return node;
  ListBuilder<const Expr*> elements(arena_);
  elements.Add(ParseExpr());
  if (Accept(Keyword::kFor)) {
    auto* comprehension = New<ast::ListComprehension>(offset);
    comprehension->result = elements.items()[0];
    comprehension->parameters = ParseNameList();
    Expect(Keyword::kIn);
    comprehension->list = ParseExpr();
    if (AcceptWord("if")) comprehension->condition = ParseExpr();
    Expect(TokenKind::kRightBracket);
    return comprehension;
  }
  while (Accept(TokenKind::kComma)) elements.Add(ParseExpr());
  Expect(TokenKind::kRightBracket);
  node->elements = elements.Finish();
  return node;
}

// {'a': 1, b: 2}
const Expr* Parser::ParseBraceStruct() {
  auto* node = New<ast::StructExpr>(token_.offset);
  Advance();
  if (Accept(TokenKind::kRightBrace)) return node;
  ListBuilder<Name> names(arena_);
  ListBuilder<const Expr*> values(arena_);
  do {
    names.Add(At(TokenKind::kString) ? ParseString() : ParseAnyName());
    Expect(TokenKind::kColon);
    values.Add(ParseExpr());
  } while (Accept(TokenKind::kComma));
  Expect(TokenKind::kRightBrace);
  node->names = names.Finish();
  node->values = values.Finish();
  return node;
}

const Expr* Parser::ParseMapBraces(uint32_t offset) {
  Expect(TokenKind::kLeftBrace);
  auto* node = New<ast::MapExpr>(offset);
  if (Accept(TokenKind::kRightBrace)) return node;
  ListBuilder<const Expr*> keys(arena_);
  ListBuilder<const Expr*> values(arena_);
  do {
    keys.Add(ParseExpr());
    Expect(TokenKind::kColon);
    values.Add(ParseExpr());
  } while (Accept(TokenKind::kComma));
  Expect(TokenKind::kRightBrace);
  node->keys = keys.Finish();
  node->values = values.Finish();
  return node;
}

// base[i], base[low:high:step]
const Expr* Parser::ParseSubscript(const Expr* base) {
  auto* node = New<ast::SubscriptExpr>(token_.offset);
  Advance();
  node->base = base;
  if (!At(TokenKind::kColon) && !At(TokenKind::kDoubleColon)) node->index = ParseExpr();
  const auto at_end = [&] { return At(TokenKind::kRightBracket) || At(TokenKind::kColon); };
  if (Accept(TokenKind::kDoubleColon)) {  // [::step]
    node->is_slice = true;
    node->step = ParseExpr();
  } else if (Accept(TokenKind::kColon)) {
    node->is_slice = true;
    if (At(Operator::kMinus) && (PeekIs(1, TokenKind::kColon))) {
      Advance();  // [low:-:step]: no high end
    } else if (!at_end()) {
      node->high = ParseExpr();
    }
    if (Accept(TokenKind::kColon) && !at_end()) node->step = ParseExpr();
  }
  Expect(TokenKind::kRightBracket);
  return node;
}

const Expr* Parser::ParseCase() {
  auto* node = New<ast::CaseExpr>(token_.offset);
  Advance();
  if (!At(Keyword::kWhen)) node->operand = ParseExpr();
  ListBuilder<ast::WhenClause> whens(arena_);
  if (!At(Keyword::kWhen)) SyntaxError();
  while (Accept(Keyword::kWhen)) {
    ast::WhenClause when;
    when.condition = ParseExpr();
    Expect(Keyword::kThen);
    when.result = ParseExpr();
    whens.Add(when);
  }
  node->whens = whens.Finish();
  if (Accept(Keyword::kElse)) node->otherwise = ParseExpr();
  Expect(Keyword::kEnd);
  return node;
}

// ARRAY[...], ARRAY(SELECT ...), ARRAY<T>[...].
const Expr* Parser::ParseArray() {
  const uint32_t offset = token_.offset;
  if (PeekIs(1, TokenKind::kLeftParen)) {
    Advance();
    auto* node = New<ast::ArraySubqueryExpr>(offset);
    node->query = ParseParenthesizedQuery();
    return node;
  }
  if (PeekIs(1, TokenKind::kLeftBracket)) {
    Advance();
    // Inner brackets of ARRAY[[1, 2], [3, 4]] are lists of their own.
    return ParseBracketList();
  }
  // No bounds: the bracket is the list's.
  auto* type = New<ast::TypeName>(offset);
  ParseSimpleType(type);
  auto* node = New<ast::CastExpr>(offset);
  node->type = type;
  if (!At(TokenKind::kLeftBracket)) SyntaxError();
  node->operand = ParseBracketList();
  return node;
}

const Expr* Parser::ParseStar(List<Name> qualifier, const Expr* base, uint32_t offset) {
  auto* node = New<ast::StarExpr>(offset);
  node->qualifier = qualifier;
  node->base = base;
  // EXCEPT may as well begin a set operation: it is ours only before a list of names.
  const bool has_except = At(Keyword::kExcept) && PeekIs(1, TokenKind::kLeftParen) && IsColumnName(Peek(2)) &&
                          (PeekIs(3, TokenKind::kComma) || PeekIs(3, TokenKind::kRightParen));
  if (has_except || At(Keyword::kExclude)) {
    Advance();
    node->exclude = At(TokenKind::kLeftParen) ? ParseParenthesizedNames() : OneName(ParseColumnName());
  }
  if (AcceptWord("replace")) {
    const auto item = [&] {
      ast::StarReplacement replacement;
      replacement.value = ParseExpr();
      Accept(Keyword::kAs);
      replacement.column = ParseColumnName();
      return replacement;
    };
    if (At(TokenKind::kLeftParen)) {
      node->replace = ParseParenthesizedList<ast::StarReplacement>(item);
    } else {
      const ast::StarReplacement single = item();
      node->replace = arena_.CopyList(std::span<const ast::StarReplacement>(&single, 1));
    }
  }
  if (AcceptWord("rename")) {
    node->rename = ParseParenthesizedList<ast::StarRename>([&] {
      ast::StarRename rename;
      rename.from = ParseColumnName();
      Accept(Keyword::kAs);
      rename.to = ParseColumnName();
      return rename;
    });
  }
  return node;
}

const Expr* Parser::ParseCast(bool is_try) {
  auto* node = New<ast::CastExpr>(token_.offset);
  Advance();
  node->is_try = is_try;
  Expect(TokenKind::kLeftParen);
  node->operand = ParseExpr();
  Expect(Keyword::kAs);
  node->type = ParseTypeName();
  Expect(TokenKind::kRightParen);
  return node;
}

const Expr* Parser::ParseKeywordPrimary() {
  const uint32_t offset = token_.offset;
  const bool is_call = PeekIs(1, TokenKind::kLeftParen);
  switch (token_.keyword) {
    case Keyword::kNull:
      Advance();
      return New<ast::NullLiteral>(offset);
    case Keyword::kTrue:
    case Keyword::kFalse: {
      const bool value = At(Keyword::kTrue);
      Advance();
      return NewBool(value, offset);
    }
    case Keyword::kCase:
      return ParseCase();
    case Keyword::kCast:
      return ParseCast(false);
    case Keyword::kTryCast:
    case Keyword::kSafeCast:
      if (is_call) return ParseCast(true);
      break;
    case Keyword::kArray:
      return ParseArray();
    case Keyword::kDefault:
      Advance();
      return New<ast::DefaultExpr>(offset);
    case Keyword::kExists:
      if (is_call) {
        Advance();
        auto* node = New<ast::ExistsExpr>(offset);
        node->query = ParseParenthesizedQuery();
        return node;
      }
      break;
    case Keyword::kRow:
      if (is_call) {
        Advance();
        auto* node = New<ast::RowExpr>(offset);
        Advance();
        if (!At(TokenKind::kRightParen)) node->fields = ParseExprList();
        Expect(TokenKind::kRightParen);
        return node;
      }
      break;
    case Keyword::kInterval:
      if (const Expr* literal = TryIntervalLiteral()) return literal;
      break;
    case Keyword::kExtract:
      if (is_call) return ParseExtract();
      break;
    case Keyword::kSubstring:
      if (is_call) return ParseSubstring();
      break;
    case Keyword::kPosition:
      if (is_call) return ParsePosition();
      break;
    case Keyword::kOverlay:
      if (is_call) return ParseOverlay();
      break;
    case Keyword::kTrim:
      if (is_call) return ParseTrim();
      break;
    case Keyword::kCollation:
      if (PeekIs(1, Keyword::kFor)) {
        Advance();
        Advance();
        Expect(TokenKind::kLeftParen);
        const Expr* operand = ParseExpr();
        Expect(TokenKind::kRightParen);
        return MakeCall("pg_collation_for", {operand}, offset);
      }
      break;
    case Keyword::kCurrentDate:
    case Keyword::kCurrentTime:
    case Keyword::kCurrentTimestamp:
    case Keyword::kLocaltime:
    case Keyword::kLocaltimestamp:
    case Keyword::kCurrentUser:
    case Keyword::kCurrentRole:
    case Keyword::kSessionUser:
    case Keyword::kUser:
    case Keyword::kCurrentCatalog:
      return ParseCurrentValue();
    case Keyword::kCurrentSchema:
      if (!is_call) return ParseCurrentValue();
      break;
    case Keyword::kMap:
      if (PeekIs(1, TokenKind::kLeftBrace)) {
        Advance();
        return ParseMapBraces(offset);
      }
      if (PeekIs(1, Operator::kLess)) {
        // MAP<K, V>{...}, unless a column of that name is compared.
        const Mark mark = Here();
        auto* node = New<ast::CastExpr>(offset);
        std::optional<Error> failure;
        try {
          node->type = ParseTypeName();
        } catch (const Error& error) {
          failure = error;
        }
        if (!failure && At(TokenKind::kLeftBrace)) {
          node->operand = ParseMapBraces(token_.offset);
          return node;
        }
        Rewind(mark);
      }
      break;
    default:
      break;
  }
  return ParseNamePrimary();
}

// A column, a call, or a literal such as DATE '2024-01-01' that begins with a name.
const Expr* Parser::ParseNamePrimary() {
  if (const Expr* literal = TryTypedLiteral()) return literal;
  const Token first = token_;
  const KeywordClass keyword_class = InfoOf(first.keyword).keyword_class;
  const bool is_call = PeekIs(1, TokenKind::kLeftParen);
  if (keyword_class == KeywordClass::kReserved || (keyword_class == KeywordClass::kTypeOrFunctionName && !is_call)) {
    // PostgreSQL allows no such column; LEFT, RIGHT and others are functions.
    SyntaxError();
  }
  if (is_call && is_mysql() && IsWord(first, "convert")) {
    if (const Expr* convert = TryConvert()) return convert;
  }
  Advance();
  return ParseColumnOrCall(first.text, first.offset);
}

// Behind the first name.
const Expr* Parser::ParseColumnOrCall(Name first, uint32_t offset) {
  ast::QualifiedName name;
  name.offset = offset;
  if (!At(TokenKind::kDot)) {
    name.parts = OneName(first);
  } else {
    ListBuilder<Name> parts(arena_);
    parts.Add(first);
    while (At(TokenKind::kDot)) {
      if (PeekIs(1, Operator::kStar)) {
        Advance();
        Advance();
        return ParseStar(parts.Finish(), nullptr, offset);
      }
      Advance();
      parts.Add(ParseAnyName());
    }
    name.parts = parts.Finish();
  }
  if (!At(TokenKind::kLeftParen)) {
    auto* node = New<ast::ColumnRef>(offset);
    node->parts = name.parts;
    return node;
  }
  const Expr* call = ParseCall(name);
  if (!At(TokenKind::kString) || is_mysql()) return call;
  // numeric(10, 2) '1.5': a typed literal after all.
  const auto* plain = call->TryAs<ast::FunctionCall>();
  if (plain == nullptr || plain->distinct || plain->star || !plain->order_by.empty() || plain->over != nullptr ||
      plain->filter != nullptr) {
    SyntaxError();
  }
  auto* type = New<ast::TypeName>(offset);
  type->name = name.parts;
  type->quoted = lexer_.text()[offset] == '"';
  type->modifiers = plain->args;
  auto* node = New<ast::CastExpr>(offset);
  node->type = type;
  node->operand = ParsePrimary();
  return node;
}

// type 'string', for every type that can be written without parentheses.
const Expr* Parser::TryTypedLiteral() {
  const uint32_t offset = token_.offset;
  bool is_literal = false;
  switch (token_.keyword) {
    case Keyword::kTimestamp:
    case Keyword::kTime: {
      // TIMESTAMP [(p)] [WITH | WITHOUT TIME ZONE] 'string'
      size_t ahead = 1;
      if (PeekIs(1, TokenKind::kLeftParen) && PeekIs(2, TokenKind::kInteger) && PeekIs(3, TokenKind::kRightParen)) {
        ahead = 4;
      }
      is_literal =
          PeekIs(ahead, TokenKind::kString) || ((PeekIs(ahead, Keyword::kWith) || PeekIs(ahead, Keyword::kWithout)) &&
                                                (ahead == 4 || PeekIs(ahead + 1, Keyword::kTime)));
      break;
    }
    case Keyword::kDouble:
      is_literal = PeekIs(1, Keyword::kPrecision) && PeekIs(2, TokenKind::kString);
      break;
    case Keyword::kCharacter:
    case Keyword::kChar:
    case Keyword::kBit:
      is_literal = PeekIs(1, TokenKind::kString) || (PeekIs(1, Keyword::kVarying) && PeekIs(2, TokenKind::kString));
      break;
    default:
      if (!PeekIs(1, TokenKind::kString) || !IsFunctionName(token_)) return nullptr;
      // In MySQL a string may be an alias: `SELECT a 'b'`.
      is_literal = !is_mysql() || IsWord(token_, "date") || IsWord(token_, "datetime");
      break;
  }
  if (!is_literal) return nullptr;
  auto* node = New<ast::CastExpr>(offset);
  node->type = ParseTypeName();
  if (!At(TokenKind::kString)) SyntaxError();
  node->operand = ParsePrimary();
  return node;
}

// YEAR, DAY TO SECOND and the like of an interval; also MySQL's units. Empty when there are none.
ast::Name Parser::TryIntervalFields(bool allow_plural_units) {
  static constexpr auto kUnits =
      std::to_array<std::string_view>({"year", "month", "day", "hour", "minute", "second", "week", "quarter",
                                       "millisecond", "microsecond", "nanosecond", "decade", "century", "millennium"});
  static constexpr auto kCompoundUnits = std::to_array<std::string_view>(
      {"year_month", "day_hour", "day_minute", "day_second", "day_microsecond", "hour_minute", "hour_second",
       "hour_microsecond", "minute_second", "minute_microsecond", "second_microsecond"});
  if (token_.kind != TokenKind::kKeyword && token_.kind != TokenKind::kWord) return {};
  const Name word = Lower(token_.text);
  Name unit;
  for (const std::string_view candidate : kUnits) {
    const bool plural =
        allow_plural_units && word.size() == candidate.size() + 1 && word.back() == 's' && word.starts_with(candidate);
    if (word == candidate || plural) unit = candidate;
  }
  if (allow_plural_units) {
    for (const std::string_view candidate : kCompoundUnits) {
      if (word == candidate) unit = candidate;
    }
    if (word == "centuries") unit = "century";
    if (word == "millennia") unit = "millennium";
  }
  if (unit.empty()) return {};
  Advance();
  if (At(Keyword::kTo)) {
    Advance();
    const Name last = Lower(ParseAnyName());
    if (last != "month" && last != "hour" && last != "minute" && last != "second") SyntaxError();
    return Spaced({unit, "to", last});
  }
  return unit;
}

// At INTERVAL. Null when it is a column of that name.
const Expr* Parser::TryIntervalLiteral() {
  const uint32_t offset = token_.offset;
  auto* node = New<ast::IntervalLiteral>(offset);
  const auto parse_precision = [&] {
    Expect(TokenKind::kLeftParen);
    node->precision = static_cast<int32_t>(std::min<int64_t>(ParseInteger(), 1000));
    Expect(TokenKind::kRightParen);
  };
  if (PeekIs(1, TokenKind::kString) || (PeekIs(1, TokenKind::kLeftParen) && PeekIs(2, TokenKind::kInteger) &&
                                        PeekIs(3, TokenKind::kRightParen) && PeekIs(4, TokenKind::kString))) {
    Advance();
    if (At(TokenKind::kLeftParen)) parse_precision();
    node->value = NewString(token_.text, token_.offset);
    Advance();
    if (node->precision < 0) {
      node->fields = TryIntervalFields(true);
      if (node->fields.ends_with("second") && At(TokenKind::kLeftParen)) parse_precision();
    }
    return node;
  }
  const Token& next = Peek(1);
  const bool may_be_literal = StartsOperand(next) && !next.is(TokenKind::kLeftBracket);
  // Trying again what has failed already would take exponential time where intervals nest.
  if (!may_be_literal || failed_intervals_.contains(offset)) return nullptr;
  // INTERVAL expr unit: an interval only if the unit follows.
  const Mark mark = Here();
  Advance();
  std::optional<Error> failure;
  try {
    node->value = ParseExpr(Precedence::kAdd);
    node->fields = TryIntervalFields(true);
  } catch (const Error& error) {
    if (error.sqlstate() == sqlstate::kStatementTooComplex) throw;
    failure = error;
  }
  if (!node->fields.empty()) return node;
  // `interval 1` cannot be a column; where it fails inside says more than the 1.
  const bool must_be_literal = mark.lookahead[0].is(TokenKind::kInteger) || mark.lookahead[0].is(TokenKind::kDecimal);
  if (must_be_literal) {
    if (failure) throw *failure;
    SyntaxError();
  }
  failed_intervals_.insert(offset);
  Rewind(mark);
  return nullptr;
}

}  // namespace weir
