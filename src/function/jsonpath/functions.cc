// PostgreSQL's functions and operators by jsonpath.

#include "function/jsonpath/evaluator.h"
#include "function/jsonpath/register.h"
#include "function/scalar/json_kernel.h"
#include "types/jsonb.h"

namespace weir {

namespace {

using jsonpath::Evaluator;
using jsonpath::Item;

// The arguments (target, path, variables, silent), and the row's path run on the row's target.
class PathCall {
 public:
  PathCall(const KernelArgs& args, bool with_zone, bool silent)
      : zone_(with_zone ? std::string_view(args.context.statement().time_zone) : std::string_view()), silent_(silent) {
    for (const ColumnPtr& column : args.columns) views_.emplace_back(*column);
  }

  Evaluator::Result Query(size_t row) {
    Prepare(row);
    return Evaluator(*path_, zone_, is_silent(row)).Query(target(row), variables(row), found_);
  }
  Evaluator::Result Exists(size_t row) {
    Prepare(row);
    return Evaluator(*path_, zone_, is_silent(row)).Exists(target(row), variables(row));
  }
  // Items live until the next call; those of .keyvalue() are written out at once.
  template <typename F>
  Evaluator::Result ForEach(size_t row, F&& f) {
    Prepare(row);
    Evaluator evaluator(*path_, zone_, is_silent(row));
    const Evaluator::Result result = evaluator.Query(target(row), variables(row), found_);
    if (result != Evaluator::Result::kError) {
      for (const Item& item : found_) {
        if (!f(item)) break;
      }
    }
    return result;
  }
  bool is_silent(size_t row) const { return silent_ || (views_.size() > 3 && views_[3].At<uint8_t>(row) != 0); }

 private:
  void Prepare(size_t row) {
    const std::string_view text = TextAt(views_[1], row);
    if (path_ && text == text_) return;
    path_.reset();
    text_ = text;
    path_ = jsonpath::ParsePath(text);
  }
  const JsonDocument& target(size_t row) { return targets_.Get(TextAt(views_[0], row)); }
  const JsonDocument* variables(size_t row) {
    if (views_.size() < 3) return nullptr;
    const JsonDocument& document = variables_.Get(TextAt(views_[2], row));
    if (document.root().kind != JsonDocument::Kind::kObject) {
      throw Error::User(sqlstate::kInvalidParameterValue, "\"vars\" argument is not an object")
          .WithDetail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.");
    }
    return &document;
  }

  std::vector<ColumnView> views_;
  std::string_view zone_;
  bool silent_;
  DocumentCache targets_, variables_;
  std::optional<jsonpath::Path> path_;
  std::string text_;
  std::vector<Item> found_;
};

std::string ItemText(const Item& item) {
  std::string text;
  jsonpath::AppendItem(item, text);
  return NormalizeJsonb(text);
}

ScalarKernel Exists(bool zone, bool silent) {
  return [zone, silent](const KernelArgs& args) {
    PathCall call(args, zone, silent);
    FlatWriter<uint8_t> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      out.Set(row, 0);
      const Evaluator::Result result = call.Exists(row);
      out.Set(row, result == Evaluator::Result::kFound ? 1 : 0);
      if (result == Evaluator::Result::kError) out.SetNull(row);
    });
    return out.Finish();
  };
}

ScalarKernel Match(bool zone, bool silent) {
  return [zone, silent](const KernelArgs& args) {
    PathCall call(args, zone, silent);
    FlatWriter<uint8_t> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      out.Set(row, 0);
      size_t count = 0;
      Item first;
      const Evaluator::Result result = call.ForEach(row, [&](const Item& item) {
        first = item;
        return ++count < 2;
      });
      if (count == 1 && first.kind == Item::Kind::kBoolean) {
        out.Set(row, first.boolean ? 1 : 0);
        return;
      }
      const bool is_null = count == 1 && first.kind == Item::Kind::kNull;
      if (!is_null && !call.is_silent(row) && result != Evaluator::Result::kError) {
        throw Error::User(sqlstate::kSingletonJsonItemRequired, "single boolean result is expected");
      }
      out.SetNull(row);
    });
    return out.Finish();
  };
}

ScalarKernel QueryRows(bool zone) {
  return [zone](const KernelArgs& args) {
    PathCall call(args, zone, false);
    return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
      std::vector<std::string> texts;
      call.ForEach(row, [&](const Item& item) {
        texts.push_back(ItemText(item));
        return true;
      });
      for (const std::string& text : texts) out.child(0).AppendString(text);
      out.CloseRow();
    });
  };
}

ScalarKernel QueryArray(bool zone) {
  return [zone](const KernelArgs& args) {
    PathCall call(args, zone, false);
    FlatWriter<StringRef> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      std::string text = "[";
      call.ForEach(row, [&](const Item& item) {
        if (text.size() > 1) text += ", ";
        text += ItemText(item);
        return true;
      });
      out.SetString(row, text + "]");
    });
    return out.Finish();
  };
}

ScalarKernel QueryFirst(bool zone) {
  return [zone](const KernelArgs& args) {
    PathCall call(args, zone, false);
    FlatWriter<StringRef> out(args.result_type, args.size);
    ForEachRow(args, [&](size_t row) {
      bool any = false;
      call.ForEach(row, [&](const Item& item) {
        out.SetString(row, ItemText(item));
        any = true;
        return false;
      });
      if (!any) out.SetNull(row);
    });
    return out.Finish();
  };
}

}  // namespace

void RegisterJsonPathFunctions(Registry& registry) {
  Family family(registry, "json");
  const Type jsonb = Type::Jsonb();
  const auto overloads = [&](Type result, ScalarKernel kernel, bool zone) {
    FunctionOverload overload =
        Optional(2, Partial({jsonb, kText, jsonb, kBool}, std::move(result), std::move(kernel)));
    return std::vector<FunctionOverload>{zone ? Stable(std::move(overload)) : std::move(overload)};
  };
  for (const bool zone : {false, true}) {
    const std::string suffix = zone ? "_tz" : "";
    const std::string more = zone ? "; dates with and without time zone can be compared." : ".";
    const std::string arguments = "('{\"a\": [1, 2, 3]}', '$.a[*] ? (@ >= $min)', '{\"min\": 2}')";
    family.Add("jsonb_path_exists" + suffix, "Whether a jsonpath finds anything" + more,
               fmt::format("jsonb_path_exists{}{}", suffix, arguments), "t",
               overloads(kBool, Exists(zone, false), zone));
    family.Add("jsonb_path_match" + suffix, "What the predicate that a jsonpath is says" + more,
               "jsonb_path_match" + suffix + "('{\"a\": [1, 2, 3]}', 'exists($.a[*] ? (@ >= 3))')", "t",
               overloads(kBool, Match(zone, false), zone));
    family.Add("jsonb_path_query" + suffix, "What a jsonpath finds as a list, in FROM as rows" + more,
               fmt::format("jsonb_path_query{}{}", suffix, arguments), "{2,3}",
               overloads(Type::List(jsonb), QueryRows(zone), zone));
    family.Add("jsonb_path_query_array" + suffix, "What a jsonpath finds as a jsonb array" + more,
               fmt::format("jsonb_path_query_array{}{}", suffix, arguments), "[2, 3]",
               overloads(jsonb, QueryArray(zone), zone));
    family.Add("jsonb_path_query_first" + suffix, "The first that a jsonpath finds, or NULL" + more,
               fmt::format("jsonb_path_query_first{}{}", suffix, arguments), "2",
               overloads(jsonb, QueryFirst(zone), zone));
  }
  family.Add("@?", "Whether a jsonpath finds anything; NULL where it fails.",
             "'{\"a\":[1,2,3,4,5]}'::jsonb @? '$.a[*] ? (@ > 2)'", "t",
             {Partial({jsonb, kText}, kBool, Exists(false, true))});
  family.Add("@@", "What the predicate that a jsonpath is says; NULL where it fails.",
             "'{\"a\":[1,2,3,4,5]}'::jsonb @@ '$.a[*] > 2'", "t", {Partial({jsonb, kText}, kBool, Match(false, true))});
}

}  // namespace weir
