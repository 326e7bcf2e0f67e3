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

// Behind the arguments of JSON_VALUE, JSON_QUERY and JSON_EXISTS.
const Expr* Parser::ParseSqlJsonQuery(ast::FunctionCall* call, ListBuilder<const Expr*>& args) {
  const uint32_t offset = call->name.offset;
  const Name name = call->name.last();
  if (At(TokenKind::kRightParen) || args.size() != 2) {
    Expect(TokenKind::kRightParen);
    call->args = args.Finish();
    return ParseCallTail(call);
  }
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
  const ast::TypeName* type = nullptr;
  if (AcceptWord("returning")) {
    type = ParseTypeName();
    SkipJsonFormat();
  }
  std::string_view wrapper = "without";
  bool keeps_quotes = true;
  for (;;) {
    const bool with = AtWord("with") || At(Keyword::kWith);
    if (with || AtWord("without")) {
      Advance();
      wrapper = with ? "unconditional" : "without";
      if (AcceptWord("conditional")) wrapper = "conditional";
      AcceptWord("unconditional");
      AcceptWord("array");
      if (!AcceptWord("wrapper")) SyntaxError();
    } else if (AtWord("keep") || AtWord("omit")) {
      keeps_quotes = AtWord("keep");
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
  std::string_view on_empty = "null", on_error = name == "json_exists" ? "false" : "null";
  const Expr* empty_value = nullptr;
  const Expr* error_value = nullptr;
  while (!At(TokenKind::kRightParen)) {
    const Expr* value = nullptr;
    const std::string_view behavior = ParseJsonBehavior(value);
    if (behavior.empty()) SyntaxError();
    Expect(Keyword::kOn);
    if (AcceptWord("empty")) {
      on_empty = behavior;
      empty_value = value;
    } else {
      if (!AcceptWord("error")) SyntaxError();
      on_error = behavior;
      error_value = value;
    }
  }
  Expect(TokenKind::kRightParen);
  auto* object = New<ast::FunctionCall>(offset);
  object->name.offset = offset;
  object->name.parts = OneName("jsonb_build_object");
  object->args = variables.Finish();
  const auto text = [&](const Expr* value) -> const Expr* {
    if (value == nullptr) return New<ast::NullLiteral>(offset);
    return MakeCall("as_text", {value}, offset);
  };
  const auto items = args.items();
  const Expr* context = items[0];
  const Expr* path = items[1];
  if (name == "json_exists") {
    return MakeCall("sql_json_exists", {context, path, object, NewString(on_error, offset)}, offset);
  }
  const Expr* result = nullptr;
  if (name == "json_value") {
    result = MakeCall("sql_json_value",
                      {context, path, object, NewString(on_empty, offset), NewString(on_error, offset),
                       text(empty_value), text(error_value)},
                      offset);
  } else {
    result =
        MakeCall("sql_json_query",
                 {context, path, object, NewString(wrapper, offset), NewString(keeps_quotes ? "keep" : "omit", offset),
                  NewString(on_empty, offset), NewString(on_error, offset), text(empty_value), text(error_value)},
                 offset);
  }
  return WithReturning(result, type, on_error != "error");
}

}  // namespace weir
