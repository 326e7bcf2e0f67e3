#include <array>
#include <string>
#include <string_view>

#include "sql/parser/to_sql.h"

namespace weir {
namespace {

// What PostgreSQL calls the types whose names are keywords of its grammar.
std::string_view InternalTypeName(const ast::TypeName& type) {
  struct Alias {
    std::string_view spelling;
    std::string_view name;
  };
  static constexpr auto kAliases = std::to_array<Alias>({
      {"bigint", "int8"},
      {"bit varying", "varbit"},
      {"boolean", "bool"},
      {"char", "bpchar"},
      {"character", "bpchar"},
      {"character varying", "varchar"},
      {"dec", "numeric"},
      {"decimal", "numeric"},
      {"double precision", "float8"},
      {"float", "float8"},
      {"int", "int4"},
      {"integer", "int4"},
      {"real", "float4"},
      {"smallint", "int2"},
      {"time with time zone", "timetz"},
      {"timestamp with time zone", "timestamptz"},
  });
  const std::string_view name = type.name.back();
  if (type.quoted || type.name.size() != 1) return name;
  for (const Alias& alias : kAliases) {
    if (alias.spelling == name) return alias.name;
  }
  return name;
}

// The first column of a query's first branch.
const ast::SelectItem* FirstItem(const ast::Query& query) {
  const ast::QueryBody* body = query.body;
  while (true) {
    if (const auto* operation = body->TryAs<ast::SetOperation>()) {
      body = operation->left;
    } else if (const auto* nested = body->TryAs<ast::NestedQuery>()) {
      body = nested->query->body;
    } else {
      break;
    }
  }
  const auto* select = body->TryAs<ast::Select>();
  return select == nullptr || select->items.empty() ? nullptr : &select->items[0];
}

// Of JSON_VALUE and its kin the parser has made other calls.
std::string_view NameOfCall(const ast::FunctionCall& call) {
  const std::string_view name = call.name.last();
  if (name.starts_with("sql_json_")) return name.substr(4);
  const auto* cast = name == "coalesce" && call.args.size() == 2 ? call.args[0]->TryAs<ast::CastExpr>() : nullptr;
  const ast::Expr* inner = cast == nullptr ? nullptr : cast->operand;
  while (inner != nullptr && inner->kind == ast::ExprKind::kCastExpr) inner = inner->As<ast::CastExpr>().operand;
  const auto* made = inner == nullptr ? nullptr : inner->TryAs<ast::FunctionCall>();
  return made != nullptr && made->name.last().starts_with("sql_json_") ? made->name.last().substr(4) : name;
}

}  // namespace

// Casts and CASE give their names only when what they are made of has none.
std::string ResultColumnName(const ast::Expr& expr) {
  std::string_view weak;
  const auto remember = [&](std::string_view name) {
    if (weak.empty()) weak = name;
  };
  const ast::Expr* at = &expr;
  while (at != nullptr) {
    switch (at->kind) {
      case ast::ExprKind::kColumnRef:
        return std::string(at->As<ast::ColumnRef>().last());
      case ast::ExprKind::kBinaryExpr:
        // A function in PostgreSQL.
        if (at->As<ast::BinaryExpr>().op == "overlaps") return "overlaps";
        at = nullptr;
        break;
      case ast::ExprKind::kFieldAccess:
        return std::string(at->As<ast::FieldAccess>().field);
      case ast::ExprKind::kFunctionCall:
        return std::string(NameOfCall(at->As<ast::FunctionCall>()));
      case ast::ExprKind::kExistsExpr:
        return "exists";
      case ast::ExprKind::kArrayExpr:
      case ast::ExprKind::kArraySubqueryExpr:
      case ast::ExprKind::kListComprehension:
        return "array";
      case ast::ExprKind::kRowExpr:
        return "row";
      case ast::ExprKind::kMapExpr:
        return "map";
      case ast::ExprKind::kStructExpr:
        return "struct";
      case ast::ExprKind::kUserVariable: {
        const auto& variable = at->As<ast::UserVariable>();
        return (variable.scope == ast::VariableScope::kUser ? "@" : "@@") + std::string(variable.name);
      }
      case ast::ExprKind::kSubscriptExpr:
        at = at->As<ast::SubscriptExpr>().base;
        break;
      case ast::ExprKind::kCollateExpr:
        at = at->As<ast::CollateExpr>().operand;
        break;
      case ast::ExprKind::kCastExpr:
        remember(InternalTypeName(*at->As<ast::CastExpr>().type));
        at = at->As<ast::CastExpr>().operand;
        break;
      case ast::ExprKind::kCaseExpr:
        remember("case");
        at = at->As<ast::CaseExpr>().otherwise;
        break;
      case ast::ExprKind::kIntervalLiteral:
        remember("interval");
        at = nullptr;
        break;
      case ast::ExprKind::kSubqueryExpr: {
        const ast::SelectItem* item = FirstItem(*at->As<ast::SubqueryExpr>().query);
        weak = {};
        if (item != nullptr && !item->alias.empty()) return std::string(item->alias);
        at = item == nullptr ? nullptr : item->expr;
        break;
      }
      default:
        at = nullptr;
        break;
    }
  }
  return weak.empty() ? "?column?" : std::string(weak);
}

}  // namespace weir
