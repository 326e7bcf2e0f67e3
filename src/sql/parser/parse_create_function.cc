// CREATE FUNCTION and CREATE MACRO.
#include <algorithm>
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

// [IN | OUT | INOUT | VARIADIC] [name] type [DEFAULT | = expr]; of macros name [type] [:= expr].
ast::FunctionParameter Parser::ParseFunctionParameter(bool is_macro) {
  ast::FunctionParameter parameter;
  parameter.offset = token_.offset;
  if (Accept(Keyword::kVariadic)) {
    parameter.mode = ast::ParameterMode::kVariadic;
  } else if (At(Keyword::kOut)) {
    Advance();
    parameter.mode = ast::ParameterMode::kOut;
  } else if (At(Keyword::kInout)) {
    Advance();
    parameter.mode = ast::ParameterMode::kInOut;
  } else {
    Accept(Keyword::kIn);
  }
  const Token& next = Peek(1);
  const bool two_words =
      (At(Keyword::kDouble) && next.is(Keyword::kPrecision)) || next.is(Keyword::kVarying) ||
      next.is(Keyword::kWithout) || IsWord(next, "unsigned") || At(Keyword::kNational) ||
      (At(Keyword::kInterval) && (next.is(Keyword::kDay) || next.is(Keyword::kYear) || next.is(Keyword::kHour)));
  const bool has_name =
      is_macro || (IsFunctionName(token_) && !two_words && (IsFunctionName(next) || next.is(Keyword::kArray)));
  if (has_name) parameter.name = ParseFunctionName();
  const bool has_type = !is_macro || (IsFunctionName(token_) && !At(TokenKind::kComma));
  if (has_type) parameter.type = ParseTypeName();
  if (Accept(Keyword::kDefault) || Accept(Operator::kEquals) || Accept(TokenKind::kColonEquals)) {
    parameter.default_value = ParseExpr();
  }
  return parameter;
}

const ast::Statement* Parser::ParseCreateFunction(const CreatePrefix& prefix) {
  auto* function = New<ast::CreateFunction>(prefix.offset);
  function->or_replace = prefix.or_replace;
  function->temporary = prefix.temporary;
  function->global = prefix.global;
  if (AcceptWord("macro")) {
    function->is_macro = true;
  } else {
    function->is_table = Accept(Keyword::kTable);
    function->is_aggregate = AcceptWord("aggregate");
    ExpectWord("function");
  }
  function->if_not_exists = AcceptIfNotExists();
  function->name.offset = token_.offset;
  ListBuilder<Name> name(arena_);
  name.Add(ParseFunctionName());
  while (Accept(TokenKind::kDot)) name.Add(ParseAnyName());
  function->name.parts = name.Finish();
  Expect(TokenKind::kLeftParen);
  if (!At(TokenKind::kRightParen)) {
    function->parameters =
        ParseCommaList<ast::FunctionParameter>([&] { return ParseFunctionParameter(function->is_macro); });
  }
  Expect(TokenKind::kRightParen);
  while (!At(TokenKind::kEnd) && !At(TokenKind::kSemicolon)) ParseFunctionClause(function);
  // CREATE FUNCTION f(a, b) AS expr is a macro: what looked like types are names.
  const bool has_outs = std::any_of(
      function->parameters.begin(), function->parameters.end(), [](const ast::FunctionParameter& parameter) {
        return parameter.mode == ast::ParameterMode::kOut || parameter.mode == ast::ParameterMode::kInOut;
      });
  if (!function->is_macro && !has_outs && function->returns == nullptr && function->returns_table.empty() &&
      (function->expr != nullptr || function->query != nullptr)) {
    function->is_macro = true;
    ListBuilder<ast::FunctionParameter> parameters(arena_);
    for (ast::FunctionParameter parameter : function->parameters) {
      if (parameter.name.empty() && parameter.type != nullptr && parameter.type->name.size() == 1 &&
          parameter.type->modifiers.empty() && parameter.type->arguments.empty()) {
        parameter.name = parameter.type->name[0];
        parameter.type = nullptr;
      }
      parameters.Add(parameter);
    }
    function->parameters = parameters.Finish();
  }
  return function;
}

void Parser::ParseFunctionClause(ast::CreateFunction* function) {
  if (AcceptWords("returns", "null")) {  // RETURNS NULL ON NULL INPUT
    ExpectWords("on", "null");
    ExpectWord("input");
    function->strict = true;
  } else if (AcceptWord("returns")) {
    if (At(Keyword::kTable)) {
      Advance();
      function->returns_table =
          ParseParenthesizedList<ast::FunctionParameter>([&] { return ParseFunctionParameter(false); });
    } else {
      function->returns = ParseTypeName();
    }
  } else if (AcceptWord("language")) {
    function->language = ParseWordOrString();
  } else if (AcceptWord("immutable")) {
    function->volatility = ast::Volatility::kImmutable;
  } else if (AcceptWord("stable")) {
    function->volatility = ast::Volatility::kStable;
  } else if (AcceptWord("volatile")) {
    function->volatility = ast::Volatility::kVolatile;
  } else if (AcceptWord("strict")) {
    function->strict = true;
  } else if (AcceptWord("called")) {
    ExpectWords("on", "null");
    ExpectWord("input");
  } else if (AcceptWord("parallel") || AcceptWord("cost") || AcceptWord("rows") || AcceptWord("security")) {
    Advance();  // hints to PostgreSQL's planner
  } else if (AtWord("leakproof") || AtWords("not", "leakproof")) {
    AcceptWord("not");
    Advance();
  } else if (AtWord("properties")) {
    function->options = TryProperties();
  } else if (At(Keyword::kWith)) {
    Advance();
    function->options = ParseParenthesizedOptions();
  } else if (At(Keyword::kUsing)) {  // RisingWave: USING LINK 'address'
    ast::Option option;
    option.offset = token_.offset;
    Advance();
    option.name = Lower(ParseAnyName());
    option.value = ParseOptionValue();
    function->options = arena_.CopyList(std::span<const ast::Option>(&option, 1));
  } else if (AcceptWord("return")) {
    function->expr = ParseExpr();
  } else if (Accept(Keyword::kAs)) {
    if (Accept(Keyword::kTable)) {
      function->query = ParseQuery();
    } else if (At(TokenKind::kString) && !function->is_macro) {
      function->body = ParseString();
      if (Accept(TokenKind::kComma)) function->link_symbol = ParseString();
    } else {
      function->expr = ParseExpr();
    }
  } else if (AtWords("begin", "atomic")) {
    // BEGIN ATOMIC RETURN expression; END, or a query in its place.
    Advance();
    Advance();
    if (AcceptWord("return")) {
      function->expr = ParseExpr();
    } else {
      function->query = ParseQuery();
    }
    Accept(TokenKind::kSemicolon);
    if (!At(Keyword::kEnd)) {
      Unsupported(token_.offset, "function bodies of several statements", "Put them into one query, with WITH.");
    }
    Advance();
  } else {
    SyntaxError();
  }
}

}  // namespace weir
