// Casts from json to other types, and records from objects.

#include "function/scalar/json_kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

using Node = JsonDocument::Node;
using Kind = JsonDocument::Kind;
constexpr TypePattern::Kind kAnyStruct = TypePattern::Kind::kAnyStruct;

std::string_view KindWithArticle(Kind kind) {
  switch (kind) {
    case Kind::kArray:
      return "array";
    case Kind::kObject:
      return "object";
    default:
      return JsonKindName(kind);
  }
}

Error CannotCast(Kind kind, const Type& to) {
  return Error::User(sqlstate::kInvalidParameterValue, "cannot cast jsonb {} to type {}", KindWithArticle(kind),
                     to.is(TypeKind::kDecimal) ? "numeric" : to.ToString());
}

// Numbers and booleans only, as PostgreSQL's casts from jsonb. Numbers go by numeric, so that they are rounded.
CastKernel ToScalar(const Type&, const Type& to) {
  return [to](const KernelArgs& args) {
    const TextOptions options = TextOptionsOf(args.context.statement());
    DocumentColumn documents(*args.columns[0]);
    return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
      const Node& root = documents.At(row).root();
      if (to.is(TypeKind::kBoolean)) {
        if (root.kind != Kind::kBoolean) throw CannotCast(root.kind, to);
        out.AppendValue(Value::Boolean(root.boolean()));
        return;
      }
      if (root.kind != Kind::kNumber) throw CannotCast(root.kind, to);
      if (!to.is_integer()) {
        out.AppendValue(ParseValue(to, root.text, options));
        return;
      }
      const Value rounded = ParseValue(Type::Decimal(Type::kDecimalPrecisionMax, 0), root.text, options);
      const int128_t limit = int128_t{1} << (PhysicalWidth(to.physical()) * 8 - 1);
      if (!to.is(TypeKind::kInt128) && (rounded.wide() < -limit || rounded.wide() >= limit)) {
        throw Error::User(sqlstate::kNumericValueOutOfRange, "{} out of range", to.ToString());
      }
      out.AppendValue(to.is(TypeKind::kInt128) ? Value::Wide(to, rounded.wide())
                                               : Value::Integer(to, static_cast<int64_t>(rounded.wide())));
    });
  };
}

CastKernel ToNested(const Type&, const Type& to) {
  return [to](const KernelArgs& args) {
    const TextOptions options = TextOptionsOf(args.context.statement());
    DocumentColumn documents(*args.columns[0]);
    return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
      const JsonDocument& document = documents.At(row);
      out.AppendValue(ValueOfJson(document, document.root(), to, nullptr, options));
    });
  };
}

// json_populate_record(base, json), and the same of every element of an array.
template <bool kSet>
ColumnPtr Populate(const KernelArgs& args) {
  const ColumnView texts(*args.columns[1]);
  const TextOptions options = TextOptionsOf(args.context.statement());
  const Type record = kSet ? args.result_type.element() : args.result_type;
  DocumentColumn documents(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const Value base = args.columns[0]->GetValue(row);
    if (texts.IsNull(row)) {
      out.AppendValue(kSet ? Value::Null(args.result_type) : base);
      return;
    }
    const JsonDocument& document = documents.At(row);
    const Node& root = document.root();
    if constexpr (!kSet) {
      out.AppendValue(ValueOfJson(document, root, record, &base, options));
    } else {
      if (root.kind != Kind::kArray) {
        throw Error::User(sqlstate::kInvalidParameterValue, "cannot call json_populate_recordset on {}",
                          root.kind == Kind::kObject ? "an object" : "a scalar");
      }
      std::vector<Value> rows;
      document.ForEachElement(root, [&](const Node& child) {
        if (child.kind != Kind::kObject) {
          throw Error::User(sqlstate::kInvalidParameterValue,
                            "argument of json_populate_recordset must be an array of objects");
        }
        rows.push_back(ValueOfJson(document, child, record, &base, options));
      });
      out.AppendValue(Value::Nested(args.result_type, std::move(rows)));
    }
  });
}

// One field of every struct of a list.
ColumnPtr FieldOfAll(const KernelArgs& args) {
  const ColumnView names(*args.columns[1]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const Value list = args.columns[0]->GetValue(row);
    const std::span<const Field> fields = args.columns[0]->type().element().fields();
    size_t at = 0;
    while (at < fields.size() && fields[at].name != TextAt(names, row)) ++at;
    std::vector<Value> values;
    for (const Value& record : list.parts()) {
      values.push_back(record.is_null() ? Value::Null(args.result_type.element()) : record.parts()[at]);
    }
    out.AppendValue(Value::Nested(args.result_type, std::move(values)));
  });
}

ResolvedCall ResolveFieldOfAll(std::span<const Type> types, std::span<const std::optional<Value>> constants) {
  if (types[0].is(TypeKind::kList) && types[0].element().is(TypeKind::kStruct) && constants[1] &&
      !constants[1]->is_null()) {
    for (const Field& field : types[0].element().fields()) {
      if (field.name == constants[1]->bytes()) return {{types[0], types[1]}, Type::List(field.type)};
    }
    throw Error::User(sqlstate::kUndefinedColumn, "field not found in struct: {}", constants[1]->bytes());
  }
  throw Error::User(sqlstate::kDatatypeMismatch, "array_field takes a list of structs and a constant name");
}

}  // namespace

void RegisterJsonConvertFunctions(Registry& registry) {
  for (const TypeKind kind : {TypeKind::kBoolean, TypeKind::kInt8, TypeKind::kInt16, TypeKind::kInt32, TypeKind::kInt64,
                              TypeKind::kInt128, TypeKind::kFloat, TypeKind::kDouble, TypeKind::kDecimal}) {
    registry.AddCast(kJson, kind, CastRule::kExplicit, ToScalar);
  }
  for (const TypeKind kind : {TypeKind::kList, TypeKind::kStruct, TypeKind::kMap}) {
    registry.AddCast(kJson, kind, CastRule::kExplicit, ToNested);
  }
  Family family(registry, "json");
  family.Add({"json_populate_record", {"jsonb_populate_record"}},
             "The object as a struct of the first argument's type, which also gives the fields that the object lacks.",
             "json_populate_record(named_struct('a', 0, 'b', 'x'), '{\"a\": 1}')", "(1,x)",
             {Stable(SeesNulls(Resolving(Partial({kAnyStruct, kJson}, kJson, Populate<false>),
                                         ResultOf([](std::span<const Type> types) { return types[0]; }))))});
  family.Add(
      {"json_populate_recordset", {"jsonb_populate_recordset"}},
      "The objects of an array as a list of structs of the first argument's type, in FROM as rows.",
      "json_populate_recordset(named_struct('a', 0), '[{\"a\": 1}, {}]')", "{(1),(0)}",
      {Stable(SeesNulls(Resolving(Partial({kAnyStruct, kJson}, kJson, Populate<true>),
                                  ResultOf([](std::span<const Type> types) { return Type::List(types[0]); }))))});
  family.Add("array_field", "One field of every struct of a list, as a list.",
             "array_field(ARRAY[named_struct('a', 1), named_struct('a', 2)], 'a')", "{1,2}",
             {Resolving(Partial({TypePattern::Kind::kAnyList, TypeKind::kVarchar}, TypeKind::kUnknown, FieldOfAll),
                        ResolveFieldOfAll)});
}

}  // namespace weir
