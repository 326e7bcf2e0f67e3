// Function calls, the special syntax that stands for some, lambdas, windows and sort keys.
#include <algorithm>
#include <array>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

namespace {

// Functions that take a lambda: in their arguments `name ->` always begins one.
constexpr auto kHigherOrderFunctions = std::to_array<std::string_view>({
    "all_match",  "any_match",    "apply",       "array_apply",       "array_filter",     "array_flatmap",
    "array_map",  "array_reduce", "array_sort",  "array_sort_lambda", "array_sortby",     "array_transform",
    "filter",     "list_apply",   "list_filter", "list_reduce",       "list_transform",   "map_apply",
    "map_filter", "reduce",       "transform",   "transform_keys",    "transform_values",
});

bool IsHigherOrder(std::string_view name) {
  return std::binary_search(kHigherOrderFunctions.begin(), kHigherOrderFunctions.end(), name);
}

}  // namespace

const Expr* Parser::MakeCall(Name name, std::initializer_list<const Expr*> args, uint32_t offset) {
  auto* call = New<ast::FunctionCall>(offset);
  call->name.offset = offset;
  call->name.parts = OneName(name);
  call->args = arena_.CopyList(std::span<const Expr* const>(args.begin(), args.size()));
  return call;
}

const Expr* Parser::ParseCall(const ast::QualifiedName& name) {
  const Nesting nesting(*this);
  auto* call = New<ast::FunctionCall>(name.offset);
  call->name = name;
  Expect(TokenKind::kLeftParen);
  if (At(Operator::kStar) && PeekIs(1, TokenKind::kRightParen) && name.last() != "columns") {
    Advance();
    Advance();
    call->star = true;
    return ParseCallTail(call);
  }
  if (Accept(TokenKind::kRightParen)) return ParseCallTail(call);
  if (name.parts.size() == 1 && name.last().starts_with("json_")) {
    if (const Expr* json = ParseSqlJson(call)) return json;
  }
  const bool lambda_only = IsHigherOrder(name.last());
  if (Accept(Keyword::kDistinct)) {
    call->distinct = true;
  } else {
    Accept(Keyword::kAll);
  }
  const auto treat_nulls = [&] {
    if (AcceptWords("ignore", "nulls")) call->nulls = ast::NullTreatment::kIgnore;
    if (AcceptWords("respect", "nulls")) call->nulls = ast::NullTreatment::kRespect;
  };
  ListBuilder<const Expr*> args(arena_);
  do {
    if (Accept(Keyword::kVariadic)) call->variadic = true;
    args.Add(ParseArgument(true, lambda_only));
    treat_nulls();
  } while (!call->variadic && Accept(TokenKind::kComma));
  // The unit of these is a bare word.
  if (args.size() == 3 && (name.last() == "timestampadd" || name.last() == "timestampdiff")) {
    if (const auto* unit = args.items()[0]->TryAs<ast::ColumnRef>(); unit != nullptr && unit->parts.size() == 1) {
      ListBuilder<const Expr*> with_text(arena_);
      with_text.Add(NewString(Lower(unit->last()), unit->offset));
      with_text.Add(args.items()[1]);
      with_text.Add(args.items()[2]);
      call->args = with_text.Finish();
    }
  }
  if (call->args.empty()) call->args = args.Finish();
  if (Accept(Keyword::kOrder)) {
    Expect(Keyword::kBy);
    call->order_by = ParseSortItems();
  }
  treat_nulls();
  if (AcceptWord("separator")) {
    if (!At(TokenKind::kString)) SyntaxError();
    call->separator = ParseString();
    call->has_separator = true;
  }
  Expect(TokenKind::kRightParen);
  return ParseCallTail(call);
}

const Expr* Parser::ParseCallTail(ast::FunctionCall* call) {
  if (At(Keyword::kWithin) && PeekIs(1, Keyword::kGroup)) {
    Advance();
    Advance();
    Expect(TokenKind::kLeftParen);
    Expect(Keyword::kOrder);
    Expect(Keyword::kBy);
    call->within_group = ParseSortItems();
    Expect(TokenKind::kRightParen);
  }
  if (At(Keyword::kFilter) && PeekIs(1, TokenKind::kLeftParen)) {
    Advance();
    Advance();
    Accept(Keyword::kWhere);
    call->filter = ParseExpr();
    Expect(TokenKind::kRightParen);
  }
  if (AcceptWords("ignore", "nulls")) {
    call->nulls = ast::NullTreatment::kIgnore;
  } else if (AcceptWords("respect", "nulls")) {
    call->nulls = ast::NullTreatment::kRespect;
  }
  if (At(Keyword::kOver)) {
    Advance();
    if (At(TokenKind::kLeftParen)) {
      call->over = ParseWindowSpec();
    } else {
      auto* spec = New<ast::WindowSpec>(token_.offset);
      spec->base = ParseColumnName();
      spec->is_reference = true;
      call->over = spec;
    }
  }
  return call;
}

const Expr* Parser::ParseArgument(bool may_be_lambda, bool lambda_only) {
  if (At(Operator::kStar)) {
    const uint32_t offset = token_.offset;
    Advance();
    return ParseStar({}, nullptr, offset);
  }
  if (may_be_lambda) {
    if (const Expr* lambda = TryLambda(lambda_only)) return lambda;
  }
  if (IsFunctionName(token_) && (PeekIs(1, TokenKind::kFatArrow) || PeekIs(1, TokenKind::kColonEquals))) {
    auto* node = New<ast::NamedArgument>(token_.offset);
    node->name = token_.text;
    Advance();
    Advance();
    node->value = ParseArgument(may_be_lambda, lambda_only);
    return node;
  }
  return ParseExpr();
}

// x -> body, (x, y) -> body, LAMBDA x, y : body. Null for anything else, and for `x -> 'key'`, which is JSON's operator
// unless the function is known to take lambdas.
const Expr* Parser::TryLambda(bool lambda_only) {
  const uint32_t offset = token_.offset;
  if (At(Keyword::kLambda) && IsColumnName(Peek(1)) && (PeekIs(2, TokenKind::kColon) || PeekIs(2, TokenKind::kComma))) {
    Advance();
    auto* node = New<ast::LambdaExpr>(offset);
    node->parameters = ParseNameList();
    Expect(TokenKind::kColon);
    node->body = ParseExpr();
    return node;
  }
  ListBuilder<Name> parameters(arena_);
  if (IsColumnName(token_) && PeekIs(1, Operator::kArrow)) {
    const Token& body = Peek(2);
    const bool is_key = body.is(TokenKind::kString) || body.is(TokenKind::kInteger);
    if (is_key && !lambda_only) return nullptr;
    parameters.Add(token_.text);
    Advance();
  } else if (At(TokenKind::kLeftParen) && IsColumnName(Peek(1)) &&
             (PeekIs(2, TokenKind::kComma) || PeekIs(2, TokenKind::kRightParen))) {
    if (PeekIs(2, TokenKind::kRightParen) && !PeekIs(3, Operator::kArrow)) return nullptr;
    const Mark mark = Here();
    Advance();
    bool is_list = true;
    while (true) {
      if (!IsColumnName(token_)) {
        is_list = false;
        break;
      }
      parameters.Add(token_.text);
      Advance();
      if (Accept(TokenKind::kComma)) continue;
      is_list = At(TokenKind::kRightParen);
      break;
    }
    if (!is_list || !PeekIs(1, Operator::kArrow)) {
      Rewind(mark);
      return nullptr;
    }
    Advance();
  } else {
    return nullptr;
  }
  Expect(Operator::kArrow);
  auto* node = New<ast::LambdaExpr>(offset);
  node->parameters = parameters.Finish();
  node->body = ParseExpr();
  return node;
}

// ---- special syntax

// EXTRACT(field FROM x); the comma form is an ordinary call.
const Expr* Parser::ParseExtract() {
  const uint32_t offset = token_.offset;
  Advance();
  Advance();
  const Expr* field = nullptr;
  if ((IsAnyName(token_) || At(TokenKind::kString)) && PeekIs(1, Keyword::kFrom)) {
    field = NewString(Lower(token_.text), token_.offset);
    Advance();
    Advance();
  } else {
    field = ParseExpr();
    Expect(TokenKind::kComma);
  }
  const Expr* source = ParseExpr();
  Expect(TokenKind::kRightParen);
  return MakeCall("extract", {field, source}, offset);
}

// SUBSTRING(s FROM a FOR n), (s FOR n FROM a), (s SIMILAR p ESCAPE e), (s, a, n).
const Expr* Parser::ParseSubstring() {
  const uint32_t offset = token_.offset;
  Advance();
  Advance();
  const Expr* text = ParseExpr();
  if (Accept(Keyword::kSimilar)) {
    const Expr* pattern = ParseExpr();
    Expect(Keyword::kEscape);
    const Expr* escape = ParseExpr();
    Expect(TokenKind::kRightParen);
    return MakeCall("substring", {text, pattern, escape}, offset);
  }
  const Expr* from = nullptr;
  const Expr* length = nullptr;
  if (At(Keyword::kFrom) || At(Keyword::kFor)) {
    for (int i = 0; i < 2; ++i) {
      if (from == nullptr && Accept(Keyword::kFrom)) {
        from = ParseExpr();
      } else if (length == nullptr && Accept(Keyword::kFor)) {
        length = ParseExpr();
      }
    }
    if (from == nullptr) {
      auto* one = New<ast::NumberLiteral>(offset);
      one->text = "1";
      one->is_integer = true;
      from = one;
    }
  } else {
    if (Accept(TokenKind::kComma)) from = ParseExpr();
    if (from != nullptr && Accept(TokenKind::kComma)) length = ParseExpr();
  }
  Expect(TokenKind::kRightParen);
  if (from == nullptr) return MakeCall("substring", {text}, offset);
  if (length == nullptr) return MakeCall("substring", {text, from}, offset);
  return MakeCall("substring", {text, from, length}, offset);
}

// POSITION(a IN b) is position(b, a).
const Expr* Parser::ParsePosition() {
  const uint32_t offset = token_.offset;
  Advance();
  Advance();
  const Expr* first = ParseExpr(Tighter(Precedence::kBetween));
  if (Accept(Keyword::kIn)) {
    const Expr* text = ParseExpr(Tighter(Precedence::kBetween));
    Expect(TokenKind::kRightParen);
    return MakeCall("position", {text, first}, offset);
  }
  Expect(TokenKind::kComma);
  const Expr* second = ParseExpr();
  Expect(TokenKind::kRightParen);
  return MakeCall("position", {first, second}, offset);
}

// OVERLAY(s PLACING r FROM a [FOR n]), (s, r, a [, n]).
const Expr* Parser::ParseOverlay() {
  const uint32_t offset = token_.offset;
  Advance();
  Advance();
  const Expr* text = ParseExpr();
  const bool is_list = At(TokenKind::kComma);
  const auto separator = [&](Keyword keyword) { is_list ? Expect(TokenKind::kComma) : Expect(keyword); };
  separator(Keyword::kPlacing);
  const Expr* replacement = ParseExpr();
  separator(Keyword::kFrom);
  const Expr* from = ParseExpr();
  const Expr* length = nullptr;
  if (is_list ? Accept(TokenKind::kComma) : Accept(Keyword::kFor)) length = ParseExpr();
  Expect(TokenKind::kRightParen);
  if (length == nullptr) return MakeCall("overlay", {text, replacement, from}, offset);
  return MakeCall("overlay", {text, replacement, from, length}, offset);
}

// TRIM([BOTH | LEADING | TRAILING] [characters] [FROM] text), TRIM(text, characters).
const Expr* Parser::ParseTrim() {
  const uint32_t offset = token_.offset;
  Advance();
  Advance();
  Name name = "btrim";
  if (At(Keyword::kLeading)) {
    name = "ltrim";
    Advance();
  } else if (At(Keyword::kTrailing)) {
    name = "rtrim";
    Advance();
  } else {
    Accept(Keyword::kBoth);
  }
  const Expr* characters = nullptr;
  const Expr* text = nullptr;
  if (Accept(Keyword::kFrom)) {
    text = ParseExpr();
    if (Accept(TokenKind::kComma)) characters = ParseExpr();
  } else {
    text = ParseExpr();
    if (Accept(Keyword::kFrom)) {
      characters = text;
      text = ParseExpr();
    } else if (Accept(TokenKind::kComma)) {
      characters = ParseExpr();
    }
  }
  Expect(TokenKind::kRightParen);
  if (characters == nullptr) return MakeCall(name, {text}, offset);
  return MakeCall(name, {text, characters}, offset);
}

// CURRENT_DATE, CURRENT_TIMESTAMP(3), CURRENT_USER and their like, with or without empty parentheses.
const Expr* Parser::ParseCurrentValue() {
  const Token first = token_;
  const Name name = InfoOf(first.keyword).word;
  Advance();
  const Expr* precision = nullptr;
  if (Accept(TokenKind::kLeftParen)) {
    if (!At(TokenKind::kRightParen)) {
      if (!At(TokenKind::kInteger)) SyntaxError();
      precision = ParseNumber();
    }
    Expect(TokenKind::kRightParen);
  }
  return precision == nullptr ? MakeCall(name, {}, first.offset) : MakeCall(name, {precision}, first.offset);
}

// MySQL: CONVERT(x, type) is a cast, CONVERT(x USING charset) is x. At the name.
const Expr* Parser::TryConvert() {
  auto* node = New<ast::CastExpr>(token_.offset);
  Advance();
  Advance();
  node->operand = ParseExpr();
  if (Accept(Keyword::kUsing)) {
    ParseAnyName();
    Expect(TokenKind::kRightParen);
    return node->operand;
  }
  Expect(TokenKind::kComma);
  node->type = ParseTypeName();
  Expect(TokenKind::kRightParen);
  return node;
}

// ---- windows and sort keys

const ast::WindowSpec* Parser::ParseWindowSpec() {
  auto* spec = New<ast::WindowSpec>(token_.offset);
  Expect(TokenKind::kLeftParen);
  const bool at_clause = At(Keyword::kPartition) || At(Keyword::kRange) || At(Keyword::kRows) || At(Keyword::kGroups);
  if (IsColumnName(token_) && !at_clause) spec->base = ParseColumnName();
  if (Accept(Keyword::kPartition)) {
    Expect(Keyword::kBy);
    spec->partition_by = ParseExprList();
  }
  if (Accept(Keyword::kOrder)) {
    Expect(Keyword::kBy);
    spec->order_by = ParseSortItems();
  }
  spec->frame = TryWindowFrame();
  Expect(TokenKind::kRightParen);
  return spec;
}

const ast::WindowFrame* Parser::TryWindowFrame() {
  ast::FrameMode mode;
  if (At(Keyword::kRows)) {
    mode = ast::FrameMode::kRows;
  } else if (At(Keyword::kRange)) {
    mode = ast::FrameMode::kRange;
  } else if (At(Keyword::kGroups)) {
    mode = ast::FrameMode::kGroups;
  } else {
    return nullptr;
  }
  auto* frame = New<ast::WindowFrame>(token_.offset);
  frame->mode = mode;
  Advance();
  const bool is_between = Accept(Keyword::kBetween);
  const uint32_t start_offset = token_.offset;
  uint32_t end_offset = start_offset;
  if (is_between) {
    frame->start = ParseFrameBound();
    Expect(Keyword::kAnd);
    end_offset = token_.offset;
    frame->end = ParseFrameBound();
  } else {
    frame->start = ParseFrameBound();
    frame->end.kind = ast::FrameBoundKind::kCurrentRow;
  }
  const auto fail = [](std::string_view message, uint32_t offset) {
    throw Error(ErrorKind::kUser, sqlstate::kWindowingError, std::string(message)).WithPosition(offset);
  };
  using Kind = ast::FrameBoundKind;
  if (frame->start.kind == Kind::kUnboundedFollowing) fail("frame start cannot be UNBOUNDED FOLLOWING", start_offset);
  if (frame->end.kind == Kind::kUnboundedPreceding) fail("frame end cannot be UNBOUNDED PRECEDING", end_offset);
  if (frame->start.kind == Kind::kCurrentRow && frame->end.kind == Kind::kPreceding) {
    fail("frame starting from current row cannot have preceding rows", end_offset);
  }
  if (frame->start.kind == Kind::kFollowing &&
      (frame->end.kind == Kind::kPreceding || frame->end.kind == Kind::kCurrentRow)) {
    fail(is_between ? "frame starting from following row cannot have preceding rows"
                    : "frame starting from following row cannot end with current row",
         end_offset);
  }
  if (Accept(Keyword::kExclude)) {
    if (AcceptWord("current")) {
      Expect(Keyword::kRow);
      frame->exclusion = ast::FrameExclusion::kCurrentRow;
    } else if (Accept(Keyword::kGroup)) {
      frame->exclusion = ast::FrameExclusion::kGroup;
    } else if (AcceptWord("ties")) {
      frame->exclusion = ast::FrameExclusion::kTies;
    } else {
      ExpectWords("no", "others");
    }
  }
  return frame;
}

ast::FrameBound Parser::ParseFrameBound() {
  ast::FrameBound bound;
  if (At(Keyword::kUnbounded)) {
    Advance();
    if (Accept(Keyword::kPreceding)) {
      bound.kind = ast::FrameBoundKind::kUnboundedPreceding;
    } else {
      Expect(Keyword::kFollowing);
      bound.kind = ast::FrameBoundKind::kUnboundedFollowing;
    }
    return bound;
  }
  if (At(Keyword::kCurrent) && PeekIs(1, Keyword::kRow)) {
    Advance();
    Advance();
    return bound;
  }
  bound.distance = ParseExpr();
  if (Accept(Keyword::kPreceding)) {
    bound.kind = ast::FrameBoundKind::kPreceding;
  } else {
    Expect(Keyword::kFollowing);
    bound.kind = ast::FrameBoundKind::kFollowing;
  }
  return bound;
}

ast::List<ast::SortItem> Parser::ParseSortItems() {
  return ParseCommaList<ast::SortItem>([&] { return ParseSortItem(); });
}

ast::SortItem Parser::ParseSortItem() {
  ast::SortItem item;
  item.expr = ParseExpr();
  ParseSortSuffix(item);
  return item;
}

void Parser::ParseSortSuffix(ast::SortItem& item) {
  if (Accept(Keyword::kAsc)) {
    item.direction = ast::SortDirection::kAscending;
  } else if (Accept(Keyword::kDesc)) {
    item.direction = ast::SortDirection::kDescending;
  } else if (Accept(Keyword::kUsing)) {
    if (Accept(Keyword::kOperator)) {
      item.using_op = ParseQualifiedOperator();
    } else {
      if (!At(TokenKind::kOperator)) SyntaxError();
      item.using_op = token_.text;
      Advance();
    }
  }
  if (At(Keyword::kNulls)) {
    Advance();
    if (AcceptWord("first")) {
      item.nulls = ast::NullsOrder::kFirst;
    } else {
      ExpectWord("last");
      item.nulls = ast::NullsOrder::kLast;
    }
  }
}

}  // namespace weir
