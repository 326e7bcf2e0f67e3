#include "expr/example.h"

#include <cctype>

#include "expr/overload.h"

namespace weir {

namespace {

// Calls f(position) where the text is outside of quotes and brackets; stops when f returns true.
template <typename F>
size_t FindOutside(std::string_view text, size_t from, F&& f) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (quoted) continue;
    if (depth == 0 && f(i)) return i;
    if (text[i] == '(' || text[i] == '[') ++depth;
    if (text[i] == ')' || text[i] == ']') --depth;
    if (depth < 0) return std::string_view::npos;
  }
  return std::string_view::npos;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Where "name(" begins as a word of its own.
size_t FindCall(std::string_view text, std::string_view name) {
  const std::string call = std::string(name) + "(";
  for (size_t at = text.find(call); at != std::string_view::npos; at = text.find(call, at + 1)) {
    const bool word = at > 0 && (std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0 || text[at - 1] == '_');
    if (!word) return at;
  }
  return std::string_view::npos;
}

std::string AsOperator(std::string_view example, std::string_view name, std::string_view alias) {
  const size_t begin = FindCall(example, name);
  if (begin == std::string_view::npos) return std::string(example);
  const size_t open = begin + name.size();
  int depth = 0;
  size_t close = open;
  for (bool quoted = false; close < example.size(); ++close) {
    if (example[close] == '\'') quoted = !quoted;
    if (quoted) continue;
    if (example[close] == '(') ++depth;
    if (example[close] == ')' && --depth == 0) break;
  }
  if (close >= example.size()) return std::string(example);
  const std::string_view inside = example.substr(open + 1, close - open - 1);
  const size_t comma = FindOutside(inside, 0, [&](size_t i) { return inside[i] == ','; });
  std::string out(example.substr(0, begin));
  if (comma == std::string_view::npos) {
    out += std::string(alias) + " " + std::string(inside);
  } else {
    out += std::string(inside.substr(0, comma)) + " " + std::string(alias) + " " +
           std::string(Trim(inside.substr(comma + 1)));
  }
  return out + std::string(example.substr(close + 1));
}

std::string AsCall(std::string_view example, std::string_view name, std::string_view alias) {
  if (name == "[]") {
    const size_t bracket = example.rfind('[');
    if (bracket == std::string_view::npos || !example.ends_with(']')) return std::string(example);
    return std::string(alias) + "(" + std::string(example.substr(0, bracket)) + ", " +
           std::string(example.substr(bracket + 1, example.size() - bracket - 2)) + ")";
  }
  const std::string spaced = " " + std::string(name) + " ";
  const size_t at = FindOutside(example, 0, [&](size_t i) { return example.substr(i).starts_with(spaced); });
  if (at != std::string_view::npos) {
    return std::string(alias) + "(" + std::string(example.substr(0, at)) + ", " +
           std::string(example.substr(at + spaced.size())) + ")";
  }
  if (example.starts_with(name)) {
    return std::string(alias) + "(" + std::string(Trim(example.substr(name.size()))) + ")";
  }
  return std::string(example);
}

}  // namespace

std::string ExampleByAlias(std::string_view example, std::string_view name, std::string_view alias) {
  const bool from_operator = IsOperatorName(name), to_operator = IsOperatorName(alias);
  if (from_operator && !to_operator) return AsCall(example, name, alias);
  if (!from_operator && to_operator) return AsOperator(example, name, alias);
  std::string out(example);
  if (from_operator) {
    const std::string spaced = " " + std::string(name) + " ";
    if (const size_t at = out.find(spaced); at != std::string::npos) out.replace(at + 1, name.size(), alias);
    return out;
  }
  if (const size_t at = FindCall(example, name); at != std::string_view::npos) out.replace(at, name.size(), alias);
  return out;
}

}  // namespace weir
