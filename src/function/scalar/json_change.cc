// JSON: documents made of others.

#include <charconv>

#include "base/json_text.h"
#include "function/scalar/json_kernel.h"
#include "function/scalar/list_view.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

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

void StripNulls(const JsonDocument& document, const JsonNode& node, std::string& out) {
  if (!node.is_container()) {
    out += node.text;
    return;
  }
  const size_t begin = out.size() + 1;
  if (node.kind == JsonKind::kArray) {
    out += '[';
    document.ForEachElement(node, [&](const JsonNode& child) {
      if (out.size() > begin) out += ',';
      StripNulls(document, child, out);
    });
    out += ']';
    return;
  }
  out += '{';
  document.ForEachField(node, [&](const JsonNode& key, const JsonNode& value) {
    if (value.kind == JsonKind::kNull) return;
    if (out.size() > begin) out += ',';
    out += key.text;
    out += ':';
    StripNulls(document, value, out);
  });
  out += '}';
}

void Pretty(const JsonDocument& document, const JsonNode& node, size_t depth, std::string& out) {
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
  out += node.kind == JsonKind::kArray ? '[' : '{';
  if (node.kind == JsonKind::kArray) {
    document.ForEachElement(node, [&](const JsonNode& child) {
      begin_item();
      Pretty(document, child, depth + 1, out);
    });
  } else {
    document.ForEachField(node, [&](const JsonNode& key, const JsonNode& value) {
      begin_item();
      out += key.text;
      out += ": ";
      Pretty(document, value, depth + 1, out);
    });
  }
  new_line(depth);
  out += node.kind == JsonKind::kArray ? ']' : '}';
}

// What is done at the end of a path.
enum class PathAction : uint8_t { kReplace, kSet, kDelete, kInsertBefore, kInsertAfter };

struct Change {
  const std::vector<std::string>& path;
  std::string_view value;
  PathAction action;
};

// Writes items with commas between them.
class ItemWriter {
 public:
  explicit ItemWriter(std::string& out) : out_(out) {}
  void Begin() {
    if (!first_) out_ += ", ";
    first_ = false;
  }
  void Element(std::string_view text) {
    Begin();
    out_ += text;
  }

 private:
  std::string& out_;
  bool first_ = true;
};

void ChangeAt(const JsonDocument& document, const JsonNode& node, size_t at, const Change& change, std::string& out);

void ChangeObject(const JsonDocument& document, const JsonNode& node, size_t at, const Change& change,
                  std::string& out) {
  const bool last = at + 1 == change.path.size();
  const bool inserts = change.action == PathAction::kInsertBefore || change.action == PathAction::kInsertAfter;
  const std::string& step = change.path[at];
  ItemWriter items(out);
  bool found = false;
  out += '{';
  document.ForEachField(node, [&](const JsonNode& key, const JsonNode& value) {
    const bool chosen = JsonDocument::StringEquals(key, step);
    found |= chosen;
    if (chosen && last && inserts) {
      throw Error::User(sqlstate::kInvalidParameterValue, "cannot replace existing key")
          .WithHint("Try using the function jsonb_set to replace key value.");
    }
    if (chosen && last && change.action == PathAction::kDelete) return;
    items.Begin();
    out += key.text;
    out += ": ";
    if (!chosen) {
      out += value.text;
    } else if (last) {
      out += change.value;
    } else {
      ChangeAt(document, value, at + 1, change, out);
    }
  });
  if (!found && last && (inserts || change.action == PathAction::kSet)) {
    items.Begin();
    AppendJsonString(step, out);
    out += ": ";
    out += change.value;
  }
  out += '}';
}

void ChangeArray(const JsonDocument& document, const JsonNode& node, size_t at, const Change& change,
                 std::string& out) {
  const bool last = at + 1 == change.path.size();
  const bool inserts = change.action == PathAction::kInsertBefore || change.action == PathAction::kInsertAfter;
  const bool adds = inserts || change.action == PathAction::kSet;
  const std::string& step = change.path[at];
  int64_t index = 0;
  const auto [end, failure] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (failure != std::errc() || end != step.data() + step.size() || index < INT32_MIN || index > INT32_MAX) {
    throw Error::User(sqlstate::kInvalidTextRepresentation, "path element at position {} is not an integer: \"{}\"",
                      at + 1, step);
  }
  const auto count = static_cast<int64_t>(node.count);
  const bool before = index < -count;
  if (index < 0) index += count;
  ItemWriter items(out);
  int64_t i = 0;
  out += '[';
  if (before && last && adds) items.Element(change.value);
  document.ForEachElement(node, [&](const JsonNode& child) {
    if (i++ != index) {
      items.Element(child.text);
      return;
    }
    if (!last) {
      items.Begin();
      ChangeAt(document, child, at + 1, change, out);
      return;
    }
    if (change.action == PathAction::kDelete) return;
    if (change.action == PathAction::kInsertAfter) items.Element(child.text);
    items.Element(change.value);
    if (change.action == PathAction::kInsertBefore) items.Element(child.text);
  });
  if (index >= count && last && adds) items.Element(change.value);
  out += ']';
}

void ChangeAt(const JsonDocument& document, const JsonNode& node, size_t at, const Change& change, std::string& out) {
  if (node.kind == JsonKind::kObject) {
    ChangeObject(document, node, at, change, out);
  } else if (node.kind == JsonKind::kArray) {
    ChangeArray(document, node, at, change, out);
  } else {
    out += node.text;
  }
}

std::vector<std::string> PathAt(const ListView& paths, size_t row) {
  const ListEntry entry = paths.At(row);
  std::vector<std::string> path;
  for (uint32_t i = 0; i < entry.length; ++i) {
    if (paths.IsNullElement(entry.offset + i)) {
      throw Error::User(sqlstate::kNullValueNotAllowed, "path element at position {} is null", i + 1);
    }
    path.emplace_back(paths.elements().At<StringRef>(entry.offset + i).view());
  }
  return path;
}

void ChangeDocument(std::string_view text, const ListView& paths, size_t row, std::string_view value, PathAction action,
                    std::string& out) {
  const JsonDocument document(text);
  if (!document.root().is_container()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "cannot {} path in scalar",
                      action == PathAction::kDelete ? "delete" : "set");
  }
  const std::vector<std::string> path = PathAt(paths, row);
  if (path.empty() ||
      (document.root().count == 0 && (action == PathAction::kDelete || action == PathAction::kReplace))) {
    out = document.root().text;
    return;
  }
  ChangeAt(document, document.root(), 0, {path, value, action}, out);
}

// jsonb_set, jsonb_insert: the fourth argument chooses between two actions.
template <PathAction kWhenTrue, PathAction kWhenFalse, bool kDefault>
ColumnPtr SetKernel(const KernelArgs& args) {
  const ColumnView documents(*args.columns[0]), values(*args.columns[2]);
  const ListView paths(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const bool flag = args.columns.size() > 3 ? ColumnView(*args.columns[3]).At<uint8_t>(row) != 0 : kDefault;
    std::string text;
    ChangeDocument(TextAt(documents, row), paths, row, TextAt(values, row), flag ? kWhenTrue : kWhenFalse, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

// jsonb_set with a say in what becomes of a NULL.
ColumnPtr SetLax(const KernelArgs& args) {
  std::vector<ColumnView> views;
  for (const ColumnPtr& column : args.columns) views.emplace_back(*column);
  const ListView paths(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const bool create = views.size() <= 3 || (!views[3].IsNull(row) && views[3].At<uint8_t>(row) != 0);
    if (views[0].IsNull(row) || views[1].IsNull(row) || (views.size() > 3 && views[3].IsNull(row))) {
      out.SetNull(row);
      return;
    }
    if (views.size() > 4 && views[4].IsNull(row)) {
      throw Error::User(
          sqlstate::kInvalidParameterValue,
          "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or \"raise_exception\"");
    }
    PathAction action = create ? PathAction::kSet : PathAction::kReplace;
    std::string_view value = "null";
    if (!views[2].IsNull(row)) {
      value = TextAt(views[2], row);
    } else {
      const std::string_view treatment = views.size() > 4 ? TextAt(views[4], row) : "use_json_null";
      if (treatment == "raise_exception") {
        throw Error::User(sqlstate::kNullValueNotAllowed, "JSON value must not be null")
            .WithDetail("Exception was raised because null_value_treatment is \"raise_exception\".")
            .WithHint(
                "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.");
      }
      if (treatment == "return_target") {
        out.SetString(row, TextAt(views[0], row));
        return;
      }
      if (treatment == "delete_key") {
        action = PathAction::kDelete;
      } else if (treatment != "use_json_null") {
        throw Error::User(sqlstate::kInvalidParameterValue,
                          "null_value_treatment must be \"delete_key\", \"return_target\", \"use_json_null\", or "
                          "\"raise_exception\"");
      }
    }
    std::string text;
    ChangeDocument(TextAt(views[0], row), paths, row, value, action, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

ColumnPtr DeletePath(const KernelArgs& args) {
  const ColumnView documents(*args.columns[0]);
  const ListView paths(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    std::string text;
    ChangeDocument(TextAt(documents, row), paths, row, {}, PathAction::kDelete, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

// RFC 7396: fields of the patch replace those of the target, null takes them away.
void MergePatch(const JsonDocument& target, const JsonNode* node, const JsonDocument& patch, const JsonNode& change,
                std::string& out) {
  if (change.kind != JsonKind::kObject) {
    out += change.text;
    return;
  }
  ItemWriter items(out);
  out += '{';
  const bool has_fields = node != nullptr && node->kind == JsonKind::kObject;
  if (has_fields) {
    target.ForEachField(*node, [&](const JsonNode& key, const JsonNode& value) {
      const JsonNode* replacement = patch.Find(change, JsonDocument::StringOf(key));
      if (replacement != nullptr && replacement->kind == JsonKind::kNull) return;
      items.Begin();
      out += key.text;
      out += ": ";
      if (replacement == nullptr) {
        out += value.text;
      } else {
        MergePatch(target, &value, patch, *replacement, out);
      }
    });
  }
  patch.ForEachField(change, [&](const JsonNode& key, const JsonNode& value) {
    if (value.kind == JsonKind::kNull) return;
    if (has_fields && target.Find(*node, JsonDocument::StringOf(key)) != nullptr) return;
    items.Begin();
    out += key.text;
    out += ": ";
    MergePatch(target, nullptr, patch, value, out);
  });
  out += '}';
}

ColumnPtr MergePatchKernel(const KernelArgs& args) {
  const ColumnView targets(*args.columns[0]), patches(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const JsonDocument target(TextAt(targets, row)), patch(TextAt(patches, row));
    std::string text;
    MergePatch(target, &target.root(), patch, patch.root(), text);
    out.SetString(row, text);
  });
  return out.Finish();
}

// ---- || and -

ColumnPtr Concat(const KernelArgs& args) {
  DocumentColumn lefts(*args.columns[0]), rights(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const JsonDocument& a = lefts.At(row);
    const JsonDocument& b = rights.At(row);
    const bool objects = a.root().kind == JsonKind::kObject && b.root().kind == JsonKind::kObject;
    std::string text(1, objects ? '{' : '[');
    ItemWriter items(text);
    const auto add = [&](const JsonDocument& document) {
      if (objects) {
        document.ForEachField(document.root(), [&](const JsonNode& key, const JsonNode& value) {
          items.Element(key.text);
          text += ": ";
          text += value.text;
        });
      } else if (document.root().kind == JsonKind::kArray) {
        document.ForEachElement(document.root(), [&](const JsonNode& child) { items.Element(child.text); });
      } else {
        items.Element(document.root().text);
      }
    };
    add(a);
    add(b);
    text += objects ? '}' : ']';
    out.SetString(row, text);
  });
  return out.Finish();
}

// Leaves out the fields and text elements that `drops` names.
template <typename Drops>
void DeleteKeys(const JsonDocument& document, Drops&& drops, std::string& out) {
  const JsonNode& root = document.root();
  if (!root.is_container()) throw Error::User(sqlstate::kInvalidParameterValue, "cannot delete from scalar");
  ItemWriter items(out);
  out += root.kind == JsonKind::kArray ? '[' : '{';
  if (root.kind == JsonKind::kArray) {
    document.ForEachElement(root, [&](const JsonNode& child) {
      if (child.kind != JsonKind::kString || !drops(JsonDocument::StringOf(child))) items.Element(child.text);
    });
  } else {
    document.ForEachField(root, [&](const JsonNode& key, const JsonNode& value) {
      if (drops(JsonDocument::StringOf(key))) return;
      items.Element(key.text);
      out += ": ";
      out += value.text;
    });
  }
  out += root.kind == JsonKind::kArray ? ']' : '}';
}

ColumnPtr DeleteKey(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), keys(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    std::string text;
    DeleteKeys(
        JsonDocument(TextAt(texts, row)), [&](const std::string& key) { return key == TextAt(keys, row); }, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

ColumnPtr DeleteKeyList(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  const ListView keys(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const ListEntry entry = keys.At(row);
    const auto drops = [&](const std::string& key) {
      for (uint32_t i = entry.offset; i < entry.offset + entry.length; ++i) {
        if (!keys.IsNullElement(i) && TextAt(keys.elements(), i) == key) return true;
      }
      return false;
    };
    std::string text;
    DeleteKeys(JsonDocument(TextAt(texts, row)), drops, text);
    out.SetString(row, text);
  });
  return out.Finish();
}

ColumnPtr DeleteIndex(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]), indices(*args.columns[1]);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const JsonDocument document(TextAt(texts, row));
    const JsonNode& root = document.root();
    if (!root.is_container()) throw Error::User(sqlstate::kInvalidParameterValue, "cannot delete from scalar");
    if (root.kind == JsonKind::kObject) {
      throw Error::User(sqlstate::kInvalidParameterValue, "cannot delete from object using integer index");
    }
    int64_t index = indices.At<int32_t>(row);
    if (index < 0) index += root.count;
    std::string text = "[";
    ItemWriter items(text);
    int64_t i = 0;
    document.ForEachElement(root, [&](const JsonNode& child) {
      if (i++ != index) items.Element(child.text);
    });
    out.SetString(row, text + "]");
  });
  return out.Finish();
}

// The fields of an object as a map; of equal keys the last one stays.
template <bool kAsText>
ColumnPtr Fields(const KernelArgs& args) {
  const ColumnView texts(*args.columns[0]);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const JsonDocument document(texts.At<StringRef>(row).view());
    if (document.root().kind != JsonKind::kObject) {
      throw Error::User(sqlstate::kInvalidParameterValue, "cannot deconstruct {}",
                        document.root().kind == JsonKind::kArray ? "an array as an object" : "a scalar");
    }
    document.ForEachField(document.root(), [&](const JsonNode& key, const JsonNode& value) {
      const std::string name = JsonDocument::StringOf(key);
      if (document.Find(document.root(), name) != &value) return;
      out.child(0).AppendString(name);
      if (!kAsText) {
        out.child(1).AppendString(value.text);
      } else if (value.kind == JsonKind::kNull) {
        out.child(1).AppendNull();
      } else {
        out.child(1).AppendString(value.kind == JsonKind::kString ? JsonDocument::StringOf(value)
                                                                  : std::string(value.text));
      }
    });
    out.CloseRow();
  });
}

}  // namespace

void RegisterJsonChangeFunctions(Registry& registry) {
  Family family(registry, "json");
  const Type jsonb = Type::Jsonb();
  const Type texts = Type::List(kText);
  const Type fields = Type::Map(kText, kJson), fields_b = Type::Map(kText, jsonb),
             fields_text = Type::Map(kText, kText);
  family.Add("json_strip_nulls", "The value without fields that are null.",
             "json_strip_nulls('[{\"f1\":1, \"f2\":null}, null]')", "[{\"f1\":1},null]",
             {Partial({kJson}, kJson, Rewriting(StripNulls))});
  family.Add("jsonb_strip_nulls", "The value without fields that are null.",
             "jsonb_strip_nulls('[{\"f1\":1, \"f2\":null}, null]')", "[{\"f1\": 1}, null]",
             {Partial({jsonb}, jsonb, InJsonbForm(Rewriting(StripNulls)))});
  family.Add(
      {"jsonb_pretty", {"json_pretty"}}, "The value as text with a line for every field and element.",
      "jsonb_pretty('{\"a\": 1}')", "{\n    \"a\": 1\n}",
      {Partial({jsonb}, kText, Rewriting([](const JsonDocument& document, const JsonNode& node, std::string& out) {
                 Pretty(document, node, 0, out);
               }))});
  const auto setter = [&](const ScalarKernel& kernel) {
    return std::vector<FunctionOverload>{
        Optional(1, Partial({jsonb, texts, jsonb, kBool}, jsonb, InJsonbForm(kernel)))};
  };
  family.Add({"jsonb_set", {"json_set"}},
             "The value with another one at a path of keys and indices, added there where nothing is unless the fourth "
             "argument is false.",
             "jsonb_set('{\"a\": [1, 2]}', '{a,1}', '5')", "{\"a\": [1, 5]}",
             setter(SetKernel<PathAction::kSet, PathAction::kReplace, true>));
  family.Add("jsonb_insert",
             "The value with another one added at a path: before the element there, or with true behind it; a key must "
             "be new.",
             "jsonb_insert('{\"a\": [0,1,2]}', '{a, 1}', '\"new\"')", "{\"a\": [0, \"new\", 1, 2]}",
             setter(SetKernel<PathAction::kInsertAfter, PathAction::kInsertBefore, false>));
  family.Add(
      "jsonb_set_lax",
      "As jsonb_set; what a NULL does is said by the fifth argument: raise_exception, use_json_null, delete_key or "
      "return_target.",
      "jsonb_set_lax('{\"f1\":1,\"f2\":null}', '{f1}', NULL)", "{\"f1\": null, \"f2\": null}",
      {Optional(2, SeesNulls(Partial({jsonb, texts, jsonb, kBool, kText}, jsonb, InJsonbForm(SetLax))))});
  family.Add({"#-", {"jsonb_delete_path"}}, "The value without what is at a path of keys and indices.",
             "'[\"a\", {\"b\":1}]'::jsonb #- '{1,b}'", "[\"a\", {}]",
             {Partial({jsonb, texts}, jsonb, InJsonbForm(DeletePath))});
  family.Add("||", "", "", "", {Partial({jsonb, jsonb}, jsonb, InJsonbForm(Concat))});
  family.Add("jsonb_concat", "The fields of both objects (the second's where both have one), or the elements of both.",
             "jsonb_concat('{\"a\": 1}', '{\"b\": 2}')", "{\"a\": 1, \"b\": 2}",
             {Partial({jsonb, jsonb}, jsonb, InJsonbForm(Concat))});
  family.Add("json_merge_patch", "The value with the fields of a patch in place of its own; null takes a field away.",
             "json_merge_patch('{\"a\": 1, \"b\": 2}', '{\"b\": null, \"c\": 3}')", "{\"a\": 1, \"c\": 3}",
             {SameJson(Partial({kJson, kJson}, kJson, InJsonbForm(MergePatchKernel)))});
  const std::vector<FunctionOverload> deletes = {
      Partial({jsonb, kText}, jsonb, InJsonbForm(DeleteKey)),
      Partial({jsonb, TypeKind::kInt32}, jsonb, InJsonbForm(DeleteIndex)),
      Partial({jsonb, texts}, jsonb, InJsonbForm(DeleteKeyList)),
  };
  family.Add("-", "", "", "", deletes);
  family.Add("jsonb_delete", "The value without a key, keys, or the element at an index: the operator -.",
             "jsonb_delete('{\"a\": 1, \"b\": 2}', 'a')", "{\"b\": 2}", deletes);
  family.Add("json_each", "The fields of an object as a map, in FROM as rows of key and value.",
             "json_each('{\"a\": [1]}')", "{a=[1]}", {Partial({kJson}, fields, Fields<false>)});
  family.Add("jsonb_each", "The fields of an object as a map, in FROM as rows of key and value.",
             "jsonb_each('{\"a\": [1]}')", "{a=[1]}", {Partial({jsonb}, fields_b, Fields<false>)});
  family.Add({"json_each_text", {"jsonb_each_text"}}, "The fields of an object as a map of texts.",
             "json_each_text('{\"a\": \"x\"}')", "{a=x}", {Partial({kJson}, fields_text, Fields<true>)});
}

}  // namespace weir
