#include "sql/parser/dump.h"

#include <optional>
#include <string_view>
#include <type_traits>

namespace weir::ast {
namespace {

template <typename T>
constexpr bool kIsOptional = false;
template <typename T>
constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
constexpr bool kIsList = false;
template <typename T>
constexpr bool kIsList<std::span<const T>> = true;

template <typename T>
constexpr std::string_view kNodeName;
#define X(node) \
  template <>   \
  constexpr std::string_view kNodeName<node> = #node;
WEIR_AST_EXPRESSIONS(X)
WEIR_AST_TABLE_REFS(X)
WEIR_AST_QUERY_BODIES(X)
WEIR_AST_STATEMENTS(X)
#undef X

class Dumper {
 public:
  template <typename T>
  void Add(const T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      out_ += value ? "true" : "false";
    } else if constexpr (std::is_enum_v<T>) {
      out_ += std::to_string(static_cast<int>(value));
    } else if constexpr (std::is_integral_v<T>) {
      out_ += std::to_string(value);
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      AddText(value);
    } else if constexpr (kIsOptional<T>) {
      value ? Add(*value) : AddNothing();
    } else if constexpr (kIsList<T>) {
      out_ += '[';
      bool first = true;
      for (const auto& item : value) {
        if (!first) out_ += ' ';
        first = false;
        Add(item);
      }
      out_ += ']';
    } else if constexpr (std::is_pointer_v<T>) {
      value == nullptr ? AddNothing() : Add(*value);
    } else if constexpr (std::is_same_v<T, Expr> || std::is_same_v<T, TableRef> || std::is_same_v<T, QueryBody> ||
                         std::is_same_v<T, Statement>) {
      Visit(value, [&](const auto& node) {
        out_ += '(';
        out_ += kNodeName<std::remove_cvref_t<decltype(node)>>;
        AddFields(node, true);
        out_ += ')';
      });
    } else {
      out_ += '{';
      AddFields(value, false);
      out_ += '}';
    }
  }

  std::string&& Take() { return std::move(out_); }

 private:
  void AddNothing() { out_ += '-'; }

  void AddText(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
  }

  template <typename Node>
  void AddFields(const Node& node, bool space_first) {
    std::apply(
        [&](const auto&... fields) {
          bool space = space_first;
          const auto add = [&](const auto& field) {
            if (space) out_ += ' ';
            space = true;
            Add(field);
          };
          (add(fields), ...);
          (void)space;
          (void)add;
        },
        node.Fields());
  }

  std::string out_;
};

template <typename T>
std::string DumpAny(const T& node) {
  Dumper dumper;
  dumper.Add(node);
  return dumper.Take();
}

}  // namespace

std::string Dump(const Expr& expr) {
  return DumpAny(expr);
}
std::string Dump(const TypeName& type) {
  return DumpAny(type);
}
std::string Dump(const Query& query) {
  return DumpAny(query);
}
std::string Dump(const Statement& statement) {
  return DumpAny(statement);
}

}  // namespace weir::ast
