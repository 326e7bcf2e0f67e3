#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include "base/check.h"
#include "sql/parser/arena.h"

// The parts that all of the abstract syntax tree shares.
//
// Nodes are plain structs in an Arena that point to each other with raw pointers; a node never outlives the pointer
// that ParseStatements or ParseExpression returned. `offset` is a node's first byte (of a binary operator: the
// operator) in the text that was parsed, for Error::WithPosition. Names are folded and unquoted already. Each node
// lists what it means (all but the offsets) in Fields(), which serves comparison, dumping and walking.
namespace weir::ast {

struct Expr;
struct Query;
struct Statement;
struct TypeName;

using Name = std::string_view;

// A name with its qualifiers: {"catalog", "schema", "table"}, {"table"}.
struct QualifiedName {
  uint32_t offset = 0;
  List<Name> parts;

  Name last() const { return parts.empty() ? Name() : parts.back(); }
  bool empty() const { return parts.empty(); }
  auto Fields() const { return std::tie(parts); }
};

// `a T` of STRUCT<a T>, and the nameless arguments of ARRAY<T> and MAP<K, V>.
struct TypeArgument {
  Name name;
  const TypeName* type = nullptr;

  auto Fields() const { return std::tie(name, type); }
};

// A type as it was written, words in lower case with single spaces: "int", "double precision", "character varying",
// "timestamp with time zone". What it denotes is the binder's to say.
struct TypeName {
  uint32_t offset = 0;
  List<Name> name;
  bool quoted = false;           // "char" is another type than char
  bool set_of = false;           // SETOF, of function results
  Name interval_fields;          // "day to second" of INTERVAL DAY TO SECOND
  List<const Expr*> modifiers;   // 10 and 2 of numeric(10, 2)
  List<TypeArgument> arguments;  // of ARRAY<T>, MAP<K, V>, STRUCT<a T>, MAP(K, V), STRUCT(a T)
  List<int64_t> dimensions;      // one per trailing [], -1 without a bound

  auto Fields() const { return std::tie(name, quoted, set_of, interval_fields, modifiers, arguments, dimensions); }
};

// `name = value` of WITH (...), PROPERTIES (...), COPY options and the like. Bare words are StringLiterals, a list is a
// RowExpr, `*` a StarExpr; no value at all (COPY ... (HEADER)) is null.
struct Option {
  uint32_t offset = 0;
  Name name;
  const Expr* value = nullptr;

  auto Fields() const { return std::tie(name, value); }
};

}  // namespace weir::ast
