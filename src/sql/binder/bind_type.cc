#include "sql/binder/bind_type.h"

#include <charconv>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "catalog/catalog.h"
#include "catalog/system_type.h"
#include "catalog/user_type.h"
#include "expr/cast_rules.h"
#include "sql/binder/expression_binder.h"
#include "types/text.h"

namespace weir {

namespace {

int64_t Modifier(const ast::TypeName& name, size_t i, int64_t fallback) {
  if (i >= name.modifiers.size()) return fallback;
  const ast::Expr& modifier = *name.modifiers[i];
  bool negative = false;
  const auto* number = modifier.TryAs<ast::NumberLiteral>();
  if (const auto* unary = modifier.TryAs<ast::UnaryExpr>(); unary != nullptr && unary->op == "-") {
    negative = true;
    number = unary->operand->TryAs<ast::NumberLiteral>();
  }
  int64_t value = 0;
  if (number == nullptr || !number->is_integer ||
      std::from_chars(number->text.data(), number->text.data() + number->text.size(), value).ec != std::errc()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "type modifiers must be integer constants")
        .WithPosition(modifier.offset);
  }
  return negative ? -value : value;
}

Type Numeric(const ast::TypeName& name) {
  if (name.modifiers.empty()) return Type::Numeric();
  if (name.modifiers.size() > 2) {
    throw Error::User(sqlstate::kInvalidParameterValue, "invalid NUMERIC type modifier").WithPosition(name.offset);
  }
  const int64_t precision = Modifier(name, 0, 0);
  const int64_t scale = Modifier(name, 1, 0);
  if (precision < 1 || precision > Type::kDecimalPrecisionMax) {
    throw Error::User(sqlstate::kInvalidParameterValue, "NUMERIC precision must be between 1 and {}: {}",
                      Type::kDecimalPrecisionMax, precision)
        .WithPosition(name.offset);
  }
  if (scale < 0 || scale > precision) {
    throw Error::User(sqlstate::kInvalidParameterValue, "NUMERIC scale must be between 0 and precision {}: {}",
                      precision, scale)
        .WithPosition(name.offset);
  }
  return Type::Decimal(static_cast<int>(precision), static_cast<int>(scale));
}

Type Varchar(const ast::TypeName& name, int64_t fallback) {
  const int64_t length = Modifier(name, 0, fallback);
  if (length == 0 && name.modifiers.empty()) return TypeKind::kVarchar;
  if (length < 1) {
    throw Error::User(sqlstate::kInvalidParameterValue, "length of a character type must be at least 1")
        .WithPosition(name.offset);
  }
  constexpr int64_t kLengthMax = 1'073'741'823;
  return Type::Varchar(static_cast<uint32_t>(std::min(length, kLengthMax)));
}

Type Timestamp(const ast::TypeName& name, bool with_zone) {
  const int64_t precision = Modifier(name, 0, 6);
  if (precision < 0 || precision > 9) {
    throw Error::User(sqlstate::kInvalidParameterValue, "timestamp precision must be between 0 and 9: {}", precision)
        .WithPosition(name.offset);
  }
  if (precision > 6) return with_zone ? TypeKind::kTimestampTzNs : TypeKind::kTimestampNs;
  return Type::WithFraction(with_zone ? TypeKind::kTimestampTz : TypeKind::kTimestamp, static_cast<int>(precision));
}

// time(p) and interval(p); what goes beyond microseconds is cut to them with a warning in PostgreSQL.
Type WithFraction(const ast::TypeName& name, TypeKind kind) {
  const int64_t precision = Modifier(name, 0, 6);
  if (precision < 0) {
    throw Error::User(sqlstate::kInvalidParameterValue, "{}({}) precision must not be negative",
                      kind == TypeKind::kTime ? "TIME" : "INTERVAL", precision)
        .WithPosition(name.offset);
  }
  return Type::WithFraction(kind, static_cast<int>(std::min<int64_t>(precision, 6)));
}

Type Float(const ast::TypeName& name) {
  const int64_t bits = Modifier(name, 0, 53);
  if (bits < 1 || bits > 53) {
    throw Error::User(sqlstate::kInvalidParameterValue, "precision for type float must be {}",
                      bits < 1 ? "at least 1 bit" : "less than 54 bits")
        .WithPosition(name.offset);
  }
  return bits <= 24 ? TypeKind::kFloat : TypeKind::kDouble;
}

const std::unordered_map<std::string_view, Type>& SimpleTypes() {
  static const std::unordered_map<std::string_view, Type> kTypes = {
      {"boolean", TypeKind::kBoolean},
      {"bool", TypeKind::kBoolean},
      {"tinyint", TypeKind::kInt8},
      {"int1", TypeKind::kInt8},
      {"smallint", TypeKind::kInt16},
      {"int2", TypeKind::kInt16},
      {"integer", TypeKind::kInt32},
      {"int", TypeKind::kInt32},
      {"int4", TypeKind::kInt32},
      {"mediumint", TypeKind::kInt32},
      {"signed", TypeKind::kInt64},
      {"bigint", TypeKind::kInt64},
      {"int8", TypeKind::kInt64},
      {"largeint", TypeKind::kInt128},
      {"hugeint", TypeKind::kInt128},
      {"int128", TypeKind::kInt128},
      {"real", TypeKind::kFloat},
      {"float4", TypeKind::kFloat},
      {"double precision", TypeKind::kDouble},
      {"double", TypeKind::kDouble},
      {"float8", TypeKind::kDouble},
      {"date", TypeKind::kDate},
      {"text", TypeKind::kVarchar},
      {"string", TypeKind::kVarchar},
      {"name", MakeSystemType(SystemType::kName)},
      {"longtext", TypeKind::kVarchar},
      {"mediumtext", TypeKind::kVarchar},
      {"tinytext", TypeKind::kVarchar},
      {"bytea", TypeKind::kVarbinary},
      {"varbinary", TypeKind::kVarbinary},
      {"binary", TypeKind::kVarbinary},
      {"blob", TypeKind::kVarbinary},
      {"bitmap", TypeKind::kBitmap},
      {"hll", TypeKind::kHll},
      {"percentile", TypeKind::kPercentile},
      {"uuid", TypeKind::kUuid},
      {"json", TypeKind::kJson},
      {"jsonpath", TypeKind::kVarchar},
      {"oid", MakeSystemType(SystemType::kOid)},
      {"regclass", TypeKind::kVarchar},
      {"regtype", TypeKind::kVarchar},
      {"regproc", TypeKind::kVarchar},
      {"regnamespace", TypeKind::kVarchar},
      {"regprocedure", TypeKind::kVarchar},
      {"regoper", TypeKind::kVarchar},
      {"regoperator", TypeKind::kVarchar},
      {"regrole", TypeKind::kVarchar},
      {"timestamp_ns", TypeKind::kTimestampNs},
      {"xid", TypeKind::kInt64},
      {"char_bool", TypeKind::kBoolean},
  };
  return kTypes;
}

Type Bit(const ast::TypeName& name, bool varying) {
  const int64_t length = Modifier(name, 0, varying ? 0 : 1);
  constexpr int64_t kLengthMax = 83'886'080;
  if (!name.modifiers.empty() && length < 1) {
    throw Error::User(sqlstate::kInvalidParameterValue, "length for type {} must be at least 1",
                      varying ? "varbit" : "bit")
        .WithPosition(name.offset);
  }
  if (length > kLengthMax) {
    throw Error::User(sqlstate::kInvalidParameterValue, "length for type {} cannot exceed {}",
                      varying ? "varbit" : "bit", kLengthMax)
        .WithPosition(name.offset);
  }
  return Type::Bit(static_cast<uint32_t>(length), varying);
}

// ENUM('a', 'b') where it is used.
Type InlineEnum(const ast::TypeName& name) {
  std::vector<EnumLabel> labels;
  for (const ast::Expr* modifier : name.modifiers) {
    const auto* text = modifier->TryAs<ast::StringLiteral>();
    if (text == nullptr) {
      throw Error::User(sqlstate::kSyntaxError, "labels of an enum are strings").WithPosition(modifier->offset);
    }
    for (const EnumLabel& label : labels) {
      if (label.text != text->value) continue;
      throw Error::User(sqlstate::kInvalidParameterValue, "label is there more than once: {}", text->value)
          .WithPosition(modifier->offset);
    }
    labels.push_back({std::string(text->value), std::string(text->value)});
  }
  return Type::Enum("", 0, std::move(labels));
}

std::optional<Type> FindUserTypeOf(const ast::TypeName& name, const TypeNames& names) {
  if (names.catalog == nullptr || !name.modifiers.empty() || name.name.size() > 3) return std::nullopt;
  QualifiedName qualified;
  qualified.name = std::string(name.name.back());
  if (name.name.size() > 1) qualified.schema = std::string(name.name[name.name.size() - 2]);
  if (name.name.size() > 2) qualified.database = std::string(name.name[0]);
  const std::optional<UserType> found = FindUserType(*names.catalog, qualified, *names.scope);
  if (!found) return std::nullopt;
  return found->ToType();
}

Type ResolveBase(const ast::TypeName& name, const TypeNames& names) {
  const std::string_view last = name.name.back();
  // Built-in names come first, as those of pg_catalog do, unless a schema is written.
  if (name.name.size() > 1 && name.name[name.name.size() - 2] != "pg_catalog") {
    if (const std::optional<Type> user = FindUserTypeOf(name, names)) return *user;
  }
  const auto& arguments = name.arguments;
  if (last == "array" || last == "list") {
    if (arguments.size() == 1) return Type::List(ResolveTypeName(*arguments[0].type, names));
  } else if (last == "map") {
    if (arguments.size() == 2)
      return Type::Map(ResolveTypeName(*arguments[0].type, names), ResolveTypeName(*arguments[1].type, names));
  } else if (last == "struct" || last == "row") {
    std::vector<Field> fields;
    for (const ast::TypeArgument& argument : arguments) {
      fields.push_back({std::string(argument.name), ResolveTypeName(*argument.type, names)});
    }
    if (!fields.empty()) return Type::Struct(std::move(fields));
  } else if (last == "numeric" || last == "decimal" || last == "dec" || last == "decimalv3") {
    return Numeric(name);
  } else if (last == "varchar" || last == "character varying") {
    return Varchar(name, 0);
  } else if (last == "char" || last == "character" || last == "bpchar") {
    return name.quoted ? Type(TypeKind::kVarchar) : Varchar(name, last == "bpchar" ? 0 : 1);
  } else if (last == "jsonb") {
    return Type::Jsonb();
  } else if (last == "float") {
    return Float(name);
  } else if (last == "time" || last == "time without time zone") {
    return WithFraction(name, TypeKind::kTime);
  } else if (last == "interval") {
    return WithFraction(name, TypeKind::kInterval);
  } else if (last == "timestamp" || last == "timestamp without time zone" || last == "datetime") {
    return Timestamp(name, false);
  } else if (last == "timestamptz" || last == "timestamp with time zone") {
    return Timestamp(name, true);
  } else if (last == "bit" || last == "bit varying" || last == "varbit") {
    return Bit(name, last != "bit");
  } else if (last == "enum" && !name.modifiers.empty()) {
    return InlineEnum(name);
  } else if (const auto found = SimpleTypes().find(last); found != SimpleTypes().end()) {
    return found->second;
  }
  if (const std::optional<Type> user = FindUserTypeOf(name, names)) return *user;
  std::string full;
  for (const std::string_view part : name.name) full += (full.empty() ? "" : ".") + std::string(part);
  auto error = Error::User(sqlstate::kUndefinedObject, "type \"{}\" does not exist", full).WithPosition(name.offset);
  if (last == "time with time zone" || last == "timetz") {
    throw std::move(error).WithHint("Use timestamptz, or time without time zone.");
  }
  if (last.starts_with("ubigint") || last.starts_with("uinteger") || last.starts_with("usmallint") ||
      last.starts_with("utinyint") || last == "unsigned") {
    throw std::move(error).WithHint("Weir has signed integers only; use the next wider one.");
  }
  if (last == "money") throw std::move(error).WithHint("Use numeric(19,2).");
  throw std::move(error);
}

}  // namespace

Error CannotUnify(std::string_view what, std::span<const Type> types) {
  Type common = types[0];
  size_t i = 1;
  for (; i + 1 < types.size(); ++i) {
    const std::optional<Type> both = UnifyTypes(common, types[i]);
    if (!both.has_value()) break;
    common = *both;
  }
  if (CategoryOf(common) == CategoryOf(types[i])) {
    return Error::User(sqlstate::kCannotCoerce, "{} could not convert type {} to {}", what, types[i].Name(),
                       common.Name());
  }
  return Error::User(sqlstate::kDatatypeMismatch, "{} types {} and {} cannot be matched", what, common.Name(),
                     types[i].Name());
}

Type ResolveTypeName(const ast::TypeName& name, const TypeNames& names) {
  Type type = ResolveBase(name, names);
  for (size_t i = 0; i < name.dimensions.size(); ++i) type = Type::List(std::move(type));
  return type;
}

ExprPtr ExpressionBinder::BindBitString(const ast::BitStringLiteral& literal) {
  const Type type = TypeKind::kBit;
  return Expr::Literal(Value::Bytes(type, ParseBits((literal.is_hex ? "x" : "b") + std::string(literal.digits), type)));
}

Type Binder::ResolveType(const ast::TypeName& name) const {
  return ResolveTypeName(name, {context_.catalog.get(), &context_.names});
}

}  // namespace weir
