// The clauses that SQL gives its JSON functions: JSON_VALUE(j, '$.a' RETURNING int NULL ON EMPTY), JSON_OBJECT('a': 1).
// They become calls of functions with the clauses as arguments.
#include <string_view>

#include "sql/parser/parser_core.h"

namespace weir {

using ast::Expr;

namespace {

bool AsksPath(std::string_view name) {
  return name == "json_value" || name == "json_query" || name == "json_exists";
}
bool MakesObject(std::string_view name) {
  return name == "json_object" || name == "json_objectagg";
}
bool MakesArray(std::string_view name) {
  return name == "json_array" || name == "json_arrayagg";
}

}  // namespace

void Parser::SkipJsonFormat() {
  if (!AtWords("format", "json")) return;
  Advance();
  Advance();
}

const Expr* Parser::WithReturning(const Expr* value, const ast::TypeName* type, bool is_try) {
  if (type == nullptr) return value;
  auto* cast = New<ast::CastExpr>(value->offset);
  cast->operand = value;
  cast->type = type;
  cast->is_try = is_try;
  return cast;
}

// Behind the opening parenthesis; null for other functions, with nothing read.
const Expr* Parser::ParseSqlJson(ast::FunctionCall* call) {
  const Name name = call->name.last();
  const bool makes_object = MakesObject(name);
  if ((!AsksPath(name) && !makes_object && !MakesArray(name)) || At(Keyword::kDistinct) || At(Keyword::kVariadic)) {
    return nullptr;
  }
  ListBuilder<const Expr*> args(arena_);
  bool is_standard = false;
  do {
    args.Add(ParseArgument(false, false));
    SkipJsonFormat();
    if (makes_object && (Accept(TokenKind::kColon) || AcceptWord("value"))) {
      is_standard = true;
      args.Add(ParseArgument(false, false));
      SkipJsonFormat();
    }
  } while (Accept(TokenKind::kComma));
  if (AsksPath(name)) return ParseSqlJsonQuery(call, args);
  if (Accept(Keyword::kOrder)) {
    Expect(Keyword::kBy);
    call->order_by = ParseSortItems();
  }
  // Without a word, NULLs are kept in objects and, where the standard's form is used, left out of arrays.
  bool absent = false, unique = false;
  const ast::TypeName* type = nullptr;
  if (AtWord("absent")) {
    Advance();
    absent = true;
    ExpectOnNull();
  } else if (At(Keyword::kNull)) {
    Advance();
    ExpectOnNull();
  }
  if (AtWords("with", "unique") || AtWords("without", "unique")) {
    unique = AtWord("with");
    Advance();
    Advance();
    AcceptWord("keys");
  }
  if (AcceptWord("returning")) {
    type = ParseTypeName();
    SkipJsonFormat();
  }
  Expect(TokenKind::kRightParen);
  const bool is_aggregate = name.ends_with("agg");
  std::string_view target = name;
  if (makes_object && is_aggregate) {
    target = unique ? (absent ? "json_object_agg_unique_strict" : "json_object_agg_unique")
                    : (absent ? "json_object_agg_strict" : "json_object_agg");
  } else if (is_aggregate) {
    target = absent ? "json_agg_strict" : "json_agg";
  } else if (makes_object && (is_standard || absent || unique)) {
    target = absent ? (unique ? "json_object_absent_unique" : "json_object_absent")
                    : (unique ? "json_object_unique" : "json_build_object");
  } else if (absent) {
    target = "json_array_absent";
  }
  call->name.parts = OneName(target);
  call->args = args.Finish();
  return WithReturning(ParseCallTail(call), type, false);
}

void Parser::ExpectOnNull() {
  Expect(Keyword::kOn);
  Expect(Keyword::kNull);
}

// ERROR, NULL, EMPTY ARRAY, TRUE, DEFAULT expression ...; empty when there is none.
std::string_view Parser::ParseJsonBehavior(const Expr*& value) {
  std::string_view word;
  if (AcceptWord("error")) {
    word = "error";
  } else if (Accept(Keyword::kNull)) {
    word = "null";
  } else if (Accept(Keyword::kTrue)) {
    word = "true";
  } else if (Accept(Keyword::kFalse)) {
    word = "false";
  } else if (Accept(Keyword::kUnknown)) {
    word = "null";
  } else if (AcceptWord("empty")) {
    word = AcceptWord("object") ? "empty object" : "empty array";
    AcceptWord("array");
  } else if (Accept(Keyword::kDefault)) {
    word = "default";
    value = ParseExpr();
  }
  return word;
}

// [PASSING value AS name, ...], as an object of the variables.
const Expr* Parser::ParsePassing(uint32_t offset) {
  ListBuilder<const Expr*> variables(arena_);
  if (AcceptWord("passing")) {
    do {
      const Expr* value = ParseExpr();
      SkipJsonFormat();
      Expect(Keyword::kAs);
      variables.Add(NewString(ParseColumnName(), offset));
      variables.Add(value);
    } while (Accept(TokenKind::kComma));
  }
  auto* object = New<ast::FunctionCall>(offset);
  object->name.offset = offset;
  object->name.parts = OneName("jsonb_build_object");
  object->args = variables.Finish();
  return object;
}

// [WITH | WITHOUT WRAPPER] [KEEP | OMIT QUOTES] [... ON EMPTY] [... ON ERROR]; `on_error` is what it is when not said.
Parser::JsonClauses Parser::ParseJsonClauses(std::string_view on_error) {
  JsonClauses clauses;
  clauses.on_error = on_error;
  for (;;) {
    const bool with = AtWord("with") || At(Keyword::kWith);
    if (with || AtWord("without")) {
      Advance();
      clauses.wrapper = with ? "unconditional" : "without";
      if (AcceptWord("conditional")) clauses.wrapper = "conditional";
      AcceptWord("unconditional");
      AcceptWord("array");
      if (!AcceptWord("wrapper")) SyntaxError();
    } else if (AtWord("keep") || AtWord("omit")) {
      clauses.keeps_quotes = AtWord("keep");
      Advance();
      if (!AcceptWord("quotes")) SyntaxError();
      if (Accept(Keyword::kOn)) {
        AcceptWord("scalar");
        AcceptWord("string");
      }
    } else {
      break;
    }
  }
  while (!At(TokenKind::kRightParen) && !At(TokenKind::kComma)) {
    const Expr* value = nullptr;
    const std::string_view behavior = ParseJsonBehavior(value);
    if (behavior.empty()) SyntaxError();
    Expect(Keyword::kOn);
    if (AcceptWord("empty")) {
      clauses.has_on_empty = true;
      clauses.on_empty = behavior;
      clauses.empty_value = value;
    } else {
      if (!AcceptWord("error")) SyntaxError();
      clauses.on_error = behavior;
      clauses.error_value = value;
    }
  }
  return clauses;
}

// The value of a DEFAULT as the text that would have been found.
const Expr* Parser::JsonDefault(const Expr* value, const ast::TypeName* type, uint32_t offset) {
  if (value == nullptr) return New<ast::NullLiteral>(offset);
  if (type != nullptr && (!type->dimensions.empty() || !type->arguments.empty())) {
    value = MakeCall("to_json", {WithReturning(value, type, false)}, offset);
  }
  return MakeCall("as_text", {value}, offset);
}

// What was found as the type that is wanted; ON ERROR also says what comes where it has no such value.
const Expr* Parser::JsonResult(const Expr* text, const ast::TypeName* type, bool is_json, const JsonClauses& clauses) {
  if (type == nullptr) return text;
  const uint32_t offset = text->offset;
  const Expr* value = text;
  if (is_json && (!type->dimensions.empty() || !type->arguments.empty())) {
    auto* json = New<ast::TypeName>(offset);
    json->name = OneName("json");
    value = WithReturning(text, json, false);
  }
  const bool is_try = clauses.on_error != "error";
  const Expr* result = WithReturning(value, type, is_try);
  if (clauses.on_error != "default" && !clauses.on_error.starts_with("empty")) return result;
  const Expr* instead = clauses.error_value;
  if (instead == nullptr) {
    instead = NewString(clauses.on_error == "empty object" ? "{}" : "[]", offset);
    if (value != text) instead = WithReturning(instead, value->As<ast::CastExpr>().type, false);
  }
  auto* is_null = New<ast::IsTest>(offset);
  is_null->operand = text;
  ast::WhenClause when;
  when.condition = is_null;
  when.result = New<ast::NullLiteral>(offset);
  auto* choice = New<ast::CaseExpr>(offset);
  choice->whens = arena_.CopyList(std::span<const ast::WhenClause>(&when, 1));
  choice->otherwise = WithReturning(instead, type, false);
  return MakeCall("coalesce", {result, choice}, offset);
}

// Behind the arguments of JSON_VALUE, JSON_QUERY and JSON_EXISTS.
const Expr* Parser::ParseSqlJsonQuery(ast::FunctionCall* call, ListBuilder<const Expr*>& args) {
  const uint32_t offset = call->name.offset;
  const Name name = call->name.last();
  if (At(TokenKind::kRightParen) || args.size() != 2) {
    Expect(TokenKind::kRightParen);
    call->args = args.Finish();
    return ParseCallTail(call);
  }
  const Expr* variables = ParsePassing(offset);
  const ast::TypeName* type = nullptr;
  if (AcceptWord("returning")) {
    type = ParseTypeName();
    SkipJsonFormat();
  }
  const JsonClauses clauses = ParseJsonClauses(name == "json_exists" ? "false" : "null");
  Expect(TokenKind::kRightParen);
  const auto text = [&](const Expr* value) { return JsonDefault(value, type, offset); };
  const auto items = args.items();
  const Expr* context = items[0];
  const Expr* path = items[1];
  if (name == "json_exists") {
    return MakeCall("sql_json_exists", {context, path, variables, NewString(clauses.on_error, offset)}, offset);
  }
  const Expr* result = nullptr;
  if (name == "json_value") {
    result = MakeCall("sql_json_value",
                      {context, path, variables, NewString(clauses.on_empty, offset),
                       NewString(clauses.on_error, offset), text(clauses.empty_value), text(clauses.error_value)},
                      offset);
  } else {
    result = MakeCall("sql_json_query",
                      {context, path, variables, NewString(clauses.wrapper, offset),
                       NewString(clauses.keeps_quotes ? "keep" : "omit", offset), NewString(clauses.on_empty, offset),
                       NewString(clauses.on_error, offset), text(clauses.empty_value), text(clauses.error_value)},
                      offset);
  }
  return JsonResult(result, type, name == "json_query", clauses);
}

}  // namespace weir
