#include "expr/expr_codec.h"

#include "base/bytes.h"
#include "column/serialize.h"

namespace weir {

namespace {

constexpr size_t kDepthMax = 3000;

[[noreturn]] void ThrowDamaged(std::string_view what) {
  throw Error::Operational(sqlstate::kDataCorrupted, "damaged expression: {}", what);
}

// Types and constants go as the columns of a chunk of one row, in the order in which nodes are written.
struct Writer {
  ByteWriter nodes;
  std::vector<ColumnPtr> values;

  void Write(const Expr& expr) {
    nodes.Put(static_cast<uint8_t>(expr.kind()));
    nodes.Put(static_cast<uint8_t>(expr.is_try()));
    values.push_back(Column::Constant(expr.is(ExprKind::kLiteral) ? expr.literal() : Value::Null(expr.type()), 1));
    switch (expr.kind()) {
      case ExprKind::kInput:
        nodes.PutVarint(expr.input_index());
        break;
      case ExprKind::kCall: {
        const auto& overloads = expr.function().overloads;
        nodes.PutString(expr.function().name);
        nodes.PutVarint(static_cast<uint64_t>(&expr.overload() - overloads.data()));
        break;
      }
      case ExprKind::kIn:
        nodes.PutVarint(expr.set().size());
        for (const Value& value : expr.set()) values.push_back(Column::Constant(value, 1));
        break;
      case ExprKind::kColumn:
      case ExprKind::kParameter:
      case ExprKind::kSubquery:
        throw Error::Internal("expression cannot be serialised: {}", expr.ToString());
      default:
        break;
    }
    nodes.PutVarint(expr.children().size());
    for (const ExprPtr& child : expr.children()) Write(*child);
  }
};

struct Reader {
  ByteReader nodes;
  const Chunk& values;
  const Registry& registry;
  size_t next_value = 0;

  Value NextValue() {
    if (next_value >= values.column_count()) ThrowDamaged("too few values");
    const Column& column = *values.column(next_value++);
    return column.IsNull(0) ? Value::Null(column.type()) : column.GetValue(0);
  }

  ExprPtr Read(size_t depth) {
    if (depth > kDepthMax) ThrowDamaged("too deep");
    const uint8_t kind_number = nodes.Get<uint8_t>();
    if (kind_number > static_cast<uint8_t>(ExprKind::kSubquery)) ThrowDamaged("kind");
    const auto kind = static_cast<ExprKind>(kind_number);
    const bool is_try = nodes.Get<uint8_t>() != 0;
    const Value value = NextValue();
    const Type& type = value.type();
    uint64_t index = 0;
    std::string name;
    std::vector<Value> set;
    if (kind == ExprKind::kInput) index = nodes.GetVarint();
    if (kind == ExprKind::kCall) {
      name = std::string(nodes.GetString());
      index = nodes.GetVarint();
    }
    if (kind == ExprKind::kIn) {
      for (uint64_t left = nodes.GetVarint(); left > 0; --left) set.push_back(NextValue());
    }
    std::vector<ExprPtr> children;
    for (uint64_t left = nodes.GetVarint(); left > 0; --left) children.push_back(Read(depth + 1));
    const auto need = [&](bool fits) {
      if (!fits) ThrowDamaged("children");
    };
    switch (kind) {
      case ExprKind::kLiteral:
        return Expr::Literal(value);
      case ExprKind::kInput:
        return Expr::Input(index, type);
      case ExprKind::kCall: {
        const FunctionSpec* spec = registry.FindFunction(name);
        if (spec == nullptr || index >= spec->overloads.size()) ThrowDamaged("function");
        return Expr::Call(*spec, spec->overloads[index], type, std::move(children));
      }
      case ExprKind::kCast:
        need(children.size() == 1);
        return Expr::Cast(std::move(children[0]), type, is_try);
      case ExprKind::kAnd:
        return Expr::And(std::move(children));
      case ExprKind::kOr:
        return Expr::Or(std::move(children));
      case ExprKind::kNot:
        need(children.size() == 1);
        return Expr::Not(std::move(children[0]));
      case ExprKind::kIsNull:
        need(children.size() == 1);
        return Expr::IsNull(std::move(children[0]));
      case ExprKind::kCase:
        need(children.size() % 2 == 1);
        return Expr::Case(std::move(children), type);
      case ExprKind::kCoalesce:
        need(!children.empty());
        return Expr::Coalesce(std::move(children));
      case ExprKind::kIn:
        need(children.size() == 1);
        return Expr::In(std::move(children[0]), std::move(set));
      default:
        ThrowDamaged("kind");
    }
  }
};

}  // namespace

std::string SerializeExpr(const Expr& expr) {
  Writer writer;
  writer.Write(expr);
  ByteWriter out;
  out.PutString(writer.nodes.buffer());
  out.PutString(SerializeChunk(Chunk(std::move(writer.values), 1), ChunkCompression::kNone));
  return out.Take();
}

ExprPtr DeserializeExpr(std::string_view bytes, const Registry& registry) {
  ByteReader in(bytes);
  const std::string_view nodes = in.GetString();
  const Chunk values = DeserializeChunk(in.GetString());
  if (values.size() != 1 || !in.empty()) ThrowDamaged("values");
  Reader reader{ByteReader(nodes), values, registry};
  ExprPtr expr = reader.Read(0);
  if (!reader.nodes.empty()) ThrowDamaged("bytes left over");
  return expr;
}

}  // namespace weir
