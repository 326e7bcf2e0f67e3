// JSON: documents made of others.

#include <charconv>

#include "base/json_text.h"
#include "function/scalar/kernel.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"
#include "types/json_document.h"

namespace weir {

namespace {

using Node = JsonDocument::Node;
using Kind = JsonDocument::Kind;
constexpr TypeKind kText = TypeKind::kVarchar;
constexpr TypeKind kJson = TypeKind::kJson;
constexpr TypeKind kBool = TypeKind::kBoolean;

// f(document, text to fill)
template <typename F>
ScalarKernel Rewriting(F f) {
  return RowKernelWith<StringRef, StringRef>([f](RowOut<StringRef>& out, StringRef text) {
    Guard(out, [&] {
      const JsonDocument document(text.view());
      std::string result;
      f(document, document.root(), result);
      out.SetString(result);
    });
  });
}

void StripNulls(const JsonDocument& document, const Node& node, std::string& out) {
  if (!node.is_container()) {
    out += node.text;
    return;
  }
  const size_t begin = out.size() + 1;
  if (node.kind == Kind::kArray) {
    out += '[';
    document.ForEachElement(node, [&](const Node& child) {
      if (out.size() > begin) out += ',';
      StripNulls(document, child, out);
    });
    out += ']';
    return;
  }
  out += '{';
  document.ForEachField(node, [&](const Node& key, const Node& value) {
    if (value.kind == Kind::kNull) return;
    if (out.size() > begin) out += ',';
    out += key.text;
    out += ':';
    StripNulls(document, value, out);
  });
  out += '}';
}

void Pretty(const JsonDocument& document, const Node& node, size_t depth, std::string& out) {
  if (!node.is_container()) {
    out += node.text;
    return;
  }
  constexpr size_t kIndent = 4;
  const auto new_line = [&](size_t levels) {
    out += '\n';
    out.append(levels * kIndent, ' ');
  };
  bool first = true;
  const auto begin_item = [&] {
    if (!first) out += ',';
    first = false;
    new_line(depth + 1);
  };
  out += node.kind == Kind::kArray ? '[' : '{';
  if (node.kind == Kind::kArray) {
    document.ForEachElement(node, [&](const Node& child) {
      begin_item();
      Pretty(document, child, depth + 1, out);
    });
  } else {
    document.ForEachField(node, [&](const Node& key, const Node& value) {
      begin_item();
      out += key.text;
      out += ": ";
      Pretty(document, value, depth + 1, out);
    });
  }
  new_line(depth);
  out += node.kind == Kind::kArray ? ']' : '}';
}

// What jsonb_set does at the end of its path.
struct Change {
  const std::vector<std::string>& path;
  std::string_view value;
  bool create;
};

void Set(const JsonDocument& document, const Node& node, size_t at, const Change& change, std::string& out) {
  const bool last = at + 1 == change.path.size();
  const std::string& step = change.path[at];
  const auto write = [&](const Node& child, bool chosen) {
    if (!chosen) {
      out += child.text;
    } else if (last) {
      out += change.value;
    } else {
      Set(document, child, at + 1, change, out);
    }
  };
  if (node.kind == Kind::kObject) {
    bool found = false, first = true;
    out += '{';
    document.ForEachField(node, [&](const Node& key, const Node& value) {
      if (!first) out += ", ";
      first = false;
      const bool chosen = JsonDocument::StringEquals(key, step);
      found |= chosen;
      out += key.text;
      out += ": ";
      write(value, chosen);
    });
    if (!found && last && change.create) {
      if (!first) out += ", ";
      AppendJsonString(step, out);
      out += ": ";
      out += change.value;
    }
    out += '}';
    return;
  }
  if (node.kind != Kind::kArray) {
    out += node.text;
    return;
  }
  int64_t index = 0;
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (failure != std::errc() || end != step.data() + step.size()) {
    throw Error::User(sqlstate::kInvalidTextRepresentation, "path element at position {} is not an integer: \"{}\"",
                      at + 1, step);
  }
  const auto count = static_cast<int64_t>(node.count);
  const bool before = index < -count;
  if (index < 0) index += count;
  int64_t i = 0;
  bool first = true;
  const auto separate = [&] {
    if (!first) out += ", ";
    first = false;
  };
  out += '[';
  if (before && last && change.create) {
    separate();
    out += change.value;
  }
  document.ForEachElement(node, [&](const Node& child) {
    separate();
    write(child, i++ == index);
  });
  if (index >= count && last && change.create) {
    separate();
    out += change.value;
  }
  out += ']';
}

ColumnPtr SetKernel(const KernelArgs& args) {
  const ColumnView documents(*args.columns[0]), values(*args.columns[2]);
  const ListView paths(*args.columns[1]);
  const ColumnView creates = args.columns.size() > 3 ? ColumnView(*args.columns[3]) : ColumnView();
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const JsonDocument document(documents.At<StringRef>(row).view());
    if (!document.root().is_container()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "cannot set path in scalar");
    }
    const ListEntry entry = paths.At(row);
    std::vector<std::string> path;
    for (uint32_t i = 0; i < entry.length; ++i) {
      if (paths.IsNullElement(entry.offset + i)) {
        throw Error::User(sqlstate::kNullValueNotAllowed, "path element at position {} is null", i + 1);
      }
      path.emplace_back(paths.elements().At<StringRef>(entry.offset + i).view());
    }
    if (path.empty()) {
      out.SetString(row, document.root().text);
      return;
    }
    std::string text;
    const bool create = args.columns.size() < 4 || creates.At<uint8_t>(row) != 0;
    Set(document, document.root(), 0, {path, values.At<StringRef>(row).view(), create}, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

// The fields of an object as a map; of equal keys the last one stays.
template <bool kAsText>
ColumnPtr Fields(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const JsonDocument document(texts.At<StringRef>(row).view());
    if (document.root().kind != Kind::kObject) {
      throw Error::User(sqlstate::kInvalidParameterValue, "cannot deconstruct {}",
                        document.root().kind == Kind::kArray ? "an array as an object" : "a scalar");
    }
    document.ForEachField(document.root(), [&](const Node& key, const Node& value) {
      const std::string name = JsonDocument::StringOf(key);
      if (document.Find(document.root(), name) != &value) return;
      out.child(0).AppendString(name);
      if (!kAsText) {
        out.child(1).AppendString(value.text);
      } else if (value.kind == Kind::kNull) {
        out.child(1).AppendNull();
      } else {
        out.child(1).AppendString(value.kind == Kind::kString ? JsonDocument::StringOf(value)
                                                              : std::string(value.text));
      }
    });
    out.CloseRow();
  });
}

}  // namespace

void RegisterJsonChangeFunctions(Registry& registry) {
  Family family(registry, "json");
  family.Add({"json_strip_nulls", {"jsonb_strip_nulls"}}, "The value without fields that are null.",
             "json_strip_nulls('[{\"f1\":1, \"f2\":null}, null]')", "[{\"f1\":1},null]",
             {Partial({kJson}, kJson, Rewriting(StripNulls))});
  family.Add({"jsonb_pretty", {"json_pretty"}}, "The value as text with a line for every field and element.",
             "jsonb_pretty('{\"a\": 1}')", "{\n    \"a\": 1\n}",
             {Partial({kJson}, kText, Rewriting([](const JsonDocument& document, const Node& node, std::string& out) {
                        Pretty(document, node, 0, out);
                      }))});
  family.Add({"jsonb_set", {"json_set"}},
             "The value with another one at a path of keys and indices, added there where nothing is unless the fourth "
             "argument is false.",
             "jsonb_set('{\"a\": [1, 2]}', '{a,1}', '5')", "{\"a\": [1, 5]}",
             {Partial({kJson, Type::List(kText), kJson}, kJson, SetKernel),
              Partial({kJson, Type::List(kText), kJson, kBool}, kJson, SetKernel)});
  family.Add({"json_each", {"jsonb_each"}}, "The fields of an object as a map, in FROM as rows of key and value.",
             "json_each('{\"a\": [1]}')", "{a=[1]}", {Partial({kJson}, Type::Map(kText, kJson), Fields<false>)});
  family.Add({"json_each_text", {"jsonb_each_text"}}, "The fields of an object as a map of texts.",
             "json_each_text('{\"a\": \"x\"}')", "{a=x}", {Partial({kJson}, Type::Map(kText, kText), Fields<true>)});
}

}  // namespace weir
