// Regular expressions: the operators ~ ~* !~ !~*, SIMILAR TO and the regexp_ functions.

#include <algorithm>

#include "function/scalar/kernel.h"
#include "function/scalar/regexp_pattern.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

using Prepare = std::function<std::shared_ptr<const void>(std::span<const std::optional<Value>>)>;

// Compiles argument `pattern_at` with the flags of argument `flags_at` (or `fixed_flags` when there is none).
Prepare PrepareAt(size_t pattern_at, size_t flags_at, const std::string& fixed_flags = "") {
  return [=](std::span<const std::optional<Value>> constants) -> std::shared_ptr<const void> {
    const auto constant = [&](size_t i) {
      return i < constants.size() && constants[i].has_value() && !constants[i]->is_null();
    };
    const bool has_flags = flags_at < constants.size();
    if (!constant(pattern_at) || (has_flags && !constant(flags_at))) return nullptr;
    try {
      return std::make_shared<RegexpPattern>(constants[pattern_at]->bytes(),
                                             has_flags ? constants[flags_at]->bytes() : fixed_flags);
    } catch (const Error&) {
      return nullptr;  // reported by the rows
    }
  };
}

FunctionOverload With(FunctionOverload overload, Prepare prepare) {
  overload.prepare = std::move(prepare);
  return overload;
}

constexpr size_t kNoFlags = SIZE_MAX;

// ---- arguments that many of the functions share

// Reads a function's optional trailing arguments by type: the row's text arguments and integers.
class Arguments {
 public:
  explicit Arguments(const KernelArgs& args) : cache_(args.state) {
    for (const ColumnPtr& column : args.columns) views_.emplace_back(*column);
  }
  std::string_view Text(size_t i, size_t row) const {
    return views_[i].values<StringRef>()[views_[i].Index(row)].view();
  }
  const StringRef& Ref(size_t i, size_t row) const { return views_[i].values<StringRef>()[views_[i].Index(row)]; }
  std::string_view TextOr(size_t i, size_t row, std::string_view otherwise) const {
    return i < views_.size() ? Text(i, row) : otherwise;
  }
  int32_t IntOr(size_t i, size_t row, int32_t otherwise) const {
    return i < views_.size() ? views_[i].At<int32_t>(row) : otherwise;
  }
  const RegexpPattern& Pattern(size_t row, std::string_view flags) { return cache_.Get(Text(1, row), flags); }
  // A 1-based start position in characters as a byte offset.
  static size_t Start(std::string_view text, int32_t start) {
    if (start < 1) {
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid value for parameter \"start\": {}", start);
    }
    if (start == 1) return 0;
    const auto skip = static_cast<size_t>(start - 1);
    return skip > CountCharacters(text) ? text.size() + 1 : OffsetOfCharacter(text, skip);
  }
  static void RejectGlobal(std::string_view flags, std::string_view function) {
    if (flags.find('g') != flags.npos) {
      throw Error::User(sqlstate::kInvalidParameterValue, "{} does not support the \"global\" option", function)
          .WithHint("Use regexp_extract_all for all matches.");
    }
  }

 private:
  std::vector<ColumnView> views_;
  RegexpCache cache_;
};

template <bool kNegate>
std::vector<FunctionOverload> MatchOverloads(const std::string& flags) {
  return {With(Partial({kText, kText}, TypeKind::kBoolean,
                       [flags](const KernelArgs& args) {
                         RegexpCache cache(args.state);
                         return ApplyRows<uint8_t, StringRef, StringRef>(args, [&](RowOut<uint8_t>& out, StringRef text,
                                                                                   StringRef pattern) {
                           Guard(out, [&] { out.Set(cache.Get(pattern, flags).Contains(text) != kNegate ? 1 : 0); });
                         });
                       }),
               PrepareAt(1, kNoFlags, flags))};
}

ColumnPtr RegexpLike(const KernelArgs& args) {
  Arguments in(args);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const std::string_view flags = in.TextOr(2, row, "");
    Arguments::RejectGlobal(flags, "regexp_like()");
    out.Set(row, in.Pattern(row, flags).Contains(in.Text(0, row)) ? 1 : 0);
  });
  return out.Finish();
}

// (text, pattern, replacement [, start [, n]] [, flags])
template <size_t kStartAt, size_t kNthAt, size_t kFlagsAt>
ColumnPtr RegexpReplace(const KernelArgs& args) {
  Arguments in(args);
  FlatWriter<StringRef> out(args.result_type, args.size);
  // Texts in which nothing is replaced stay where they are.
  out.AddOwners(ColumnView(*args.columns[0]).base().owners());
  RegexpReplacement replacement;
  ForEachRow(args, [&](size_t row) {
    const std::string_view text = in.Text(0, row);
    const RegexpPattern& pattern = in.Pattern(row, in.TextOr(kFlagsAt, row, ""));
    const int32_t nth = in.IntOr(kNthAt, row, pattern.is_global() ? 0 : 1);
    if (nth < 0) throw Error::User(sqlstate::kInvalidParameterValue, "invalid value for parameter \"n\": {}", nth);
    const size_t from = Arguments::Start(text, in.IntOr(kStartAt, row, 1));
    replacement.Set(in.Text(2, row));
    const auto replaced = pattern.Replace(text, replacement, from, static_cast<size_t>(nth));
    if (!replaced.has_value()) {
      out.Set(row, in.Ref(0, row));
    } else if (replaced->data() >= text.data() && replaced->data() <= text.data() + text.size()) {
      out.Set(row, StringRef(*replaced));
    } else {
      out.SetString(row, *replaced);
    }
  });
  return out.Finish();
}

void AppendGroup(ColumnBuilder& out, std::string_view group) {
  if (group.data() == nullptr)
    out.AppendNull();
  else
    out.AppendString(group);
}

// The groups of the first match as a list, or the whole match when the pattern has none.
ColumnPtr RegexpMatch(const KernelArgs& args) {
  Arguments in(args);
  std::vector<std::string_view> groups;
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const std::string_view flags = in.TextOr(2, row, "");
    Arguments::RejectGlobal(flags, "regexp_match()");
    const RegexpPattern& pattern = in.Pattern(row, flags);
    if (!pattern.Match(in.Text(0, row), 0, groups)) {
      out.AppendNull();
      return;
    }
    for (size_t i = pattern.group_count() == 0 ? 0 : 1; i < groups.size(); ++i) AppendGroup(out.child(0), groups[i]);
    out.CloseRow();
  });
}

// A list of such lists: of the first match, with flag g of each.
ColumnPtr RegexpMatches(const KernelArgs& args) {
  Arguments in(args);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const std::string_view flags = in.TextOr(2, row, "");
    const RegexpPattern& pattern = in.Pattern(row, flags);
    pattern.ForEachMatch(in.Text(0, row), 0, false, [&](size_t, size_t, const std::vector<std::string_view>& groups) {
      for (size_t i = pattern.group_count() == 0 ? 0 : 1; i < groups.size(); ++i) {
        AppendGroup(out.child(0).child(0), groups[i]);
      }
      out.child(0).CloseRow();
      return pattern.is_global();
    });
    out.CloseRow();
  });
}

// (text, pattern [, group]): '' when there is no match.
ColumnPtr RegexpExtract(const KernelArgs& args) {
  Arguments in(args);
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::vector<std::string_view> groups;
  ForEachRow(args, [&](size_t row) {
    const int32_t group = in.IntOr(2, row, 0);
    if (group < 0) throw Error::User(sqlstate::kInvalidParameterValue, "group must not be negative: {}", group);
    const bool found = in.Pattern(row, "").Match(in.Text(0, row), 0, groups);
    out.SetString(row, found && static_cast<size_t>(group) < groups.size() ? groups[static_cast<size_t>(group)] : "");
  });
  return out.Finish();
}

ColumnPtr RegexpExtractAll(const KernelArgs& args) {
  Arguments in(args);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const int32_t group = in.IntOr(2, row, 0);
    const RegexpPattern& pattern = in.Pattern(row, "");
    if (group < 0 || static_cast<size_t>(group) > pattern.group_count()) {
      throw Error::User(sqlstate::kInvalidParameterValue, "no such group in the pattern: {}", group);
    }
    pattern.ForEachMatch(in.Text(0, row), 0, false, [&](size_t, size_t, const std::vector<std::string_view>& groups) {
      AppendGroup(out.child(0), groups[static_cast<size_t>(group)]);
      return true;
    });
    out.CloseRow();
  });
}

ColumnPtr RegexpSplit(const KernelArgs& args) {
  Arguments in(args);
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    const std::string_view flags = in.TextOr(2, row, "");
    Arguments::RejectGlobal(flags, "regexp_split_to_array()");
    const RegexpPattern& pattern = in.Pattern(row, flags);
    const std::string_view text = in.Text(0, row);
    size_t copied = 0;
    pattern.ForEachMatch(text, 0, true, [&](size_t begin, size_t end, const std::vector<std::string_view>&) {
      out.child(0).AppendString(text.substr(copied, begin - copied));
      copied = end;
      return true;
    });
    out.child(0).AppendString(text.substr(copied));
    out.CloseRow();
  });
}

// (text, pattern [, start [, flags]])
ColumnPtr RegexpCount(const KernelArgs& args) {
  Arguments in(args);
  FlatWriter<int32_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const std::string_view text = in.Text(0, row);
    const std::string_view flags = in.TextOr(3, row, "");
    Arguments::RejectGlobal(flags, "regexp_count()");
    int32_t count = 0;
    in.Pattern(row, flags)
        .ForEachMatch(text, Arguments::Start(text, in.IntOr(2, row, 1)), false,
                      [&](size_t, size_t, const auto&) { return ++count, true; });
    out.Set(row, count);
  });
  return out.Finish();
}

// The n-th match from a start: its groups, or false.
bool NthMatch(const RegexpPattern& pattern, std::string_view text, size_t from, int32_t nth,
              std::vector<std::string_view>& groups) {
  if (nth < 1) throw Error::User(sqlstate::kInvalidParameterValue, "invalid value for parameter \"n\": {}", nth);
  bool found = false;
  pattern.ForEachMatch(text, from, false, [&](size_t, size_t, const std::vector<std::string_view>& match) {
    if (--nth > 0) return true;
    groups = match;
    found = true;
    return false;
  });
  return found;
}

// (text, pattern [, start [, n [, flags [, group]]]])
ColumnPtr RegexpSubstr(const KernelArgs& args) {
  Arguments in(args);
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::vector<std::string_view> groups;
  ForEachRow(args, [&](size_t row) {
    const std::string_view text = in.Text(0, row);
    const std::string_view flags = in.TextOr(4, row, "");
    Arguments::RejectGlobal(flags, "regexp_substr()");
    const int32_t group = in.IntOr(5, row, 0);
    if (group < 0)
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid value for parameter \"subexpr\": {}", group);
    const bool found = NthMatch(in.Pattern(row, flags), text, Arguments::Start(text, in.IntOr(2, row, 1)),
                                in.IntOr(3, row, 1), groups);
    if (!found || static_cast<size_t>(group) >= groups.size() || groups[static_cast<size_t>(group)].data() == nullptr) {
      out.SetNull(row);
    } else {
      out.SetString(row, groups[static_cast<size_t>(group)]);
    }
  });
  return out.Finish();
}

// (text, pattern [, start [, n [, end option [, flags [, group]]]]])
ColumnPtr RegexpInstr(const KernelArgs& args) {
  Arguments in(args);
  FlatWriter<int32_t> out(args.result_type, args.size);
  std::vector<std::string_view> groups;
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const std::string_view text = in.Text(0, row);
    const std::string_view flags = in.TextOr(5, row, "");
    Arguments::RejectGlobal(flags, "regexp_instr()");
    const int32_t group = in.IntOr(6, row, 0);
    const int32_t at_end = in.IntOr(4, row, 0);
    if (group < 0)
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid value for parameter \"subexpr\": {}", group);
    if (at_end < 0 || at_end > 1) {
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid value for parameter \"endoption\": {}", at_end);
    }
    const bool found = NthMatch(in.Pattern(row, flags), text, Arguments::Start(text, in.IntOr(2, row, 1)),
                                in.IntOr(3, row, 1), groups);
    if (!found || static_cast<size_t>(group) >= groups.size()) return;
    const std::string_view part = groups[static_cast<size_t>(group)];
    if (part.data() == nullptr) return;
    const char* place = at_end == 1 ? part.data() + part.size() : part.data();
    out.Set(row, static_cast<int32_t>(CountCharacters(text.substr(0, static_cast<size_t>(place - text.data()))) + 1));
  });
  return out.Finish();
}

// substring(text from pattern): the first group or the match, or NULL.
ColumnPtr SubstringRegexp(const KernelArgs& args) {
  Arguments in(args);
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::vector<std::string_view> groups;
  ForEachRow(args, [&](size_t row) {
    const RegexpPattern& pattern = in.Pattern(row, "");
    if (!pattern.Match(in.Text(0, row), 0, groups)) {
      out.SetNull(row);
      return;
    }
    const std::string_view part = groups[pattern.group_count() == 0 ? 0 : 1];
    if (part.data() == nullptr)
      out.SetNull(row);
    else
      out.SetString(row, part);
  });
  return out.Finish();
}

// substring(text similar pattern escape e)
ColumnPtr SubstringSimilar(const KernelArgs& args) {
  Arguments in(args);
  RegexpCache cache(nullptr);
  FlatWriter<StringRef> out(args.result_type, args.size);
  std::vector<std::string_view> groups;
  ForEachRow(args, [&](size_t row) {
    const RegexpPattern& pattern = cache.Get(RegexpPattern::FromSimilarTo(in.Text(1, row), in.Text(2, row)), "");
    if (!pattern.Match(in.Text(0, row), 0, groups)) {
      out.SetNull(row);
    } else {
      out.SetString(row, groups[pattern.group_count() == 0 ? 0 : 1]);
    }
  });
  return out.Finish();
}

ColumnPtr SimilarTo(const KernelArgs& args) {
  Arguments in(args);
  RegexpCache cache(args.state);
  FlatWriter<uint8_t> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    out.Set(row, 0);
    const RegexpPattern& pattern =
        args.state != nullptr ? cache.Get("", "")
                              : cache.Get(RegexpPattern::FromSimilarTo(in.Text(1, row), in.TextOr(2, row, "\\")), "");
    out.Set(row, pattern.Contains(in.Text(0, row)) ? 1 : 0);
  });
  return out.Finish();
}

std::shared_ptr<const void> PrepareSimilarTo(std::span<const std::optional<Value>> constants) {
  for (size_t i = 1; i < constants.size(); ++i) {
    if (!constants[i].has_value() || constants[i]->is_null()) return nullptr;
  }
  try {
    return std::make_shared<RegexpPattern>(
        RegexpPattern::FromSimilarTo(constants[1]->bytes(), constants.size() > 2 ? constants[2]->bytes() : "\\"), "");
  } catch (const Error&) {
    return nullptr;
  }
}

void AddOperators(Family& family) {
  family.Add("~", "Whether the text contains a match of the regular expression.", "'thomas' ~ 't.*ma'", "t",
             MatchOverloads<false>(""));
  family.Add("~*", "The same without regard to case.", "'thomas' ~* 'T.*ma'", "t", MatchOverloads<false>("i"));
  family.Add("!~", "Whether the text contains no match of the regular expression.", "'thomas' !~ 't.*max'", "t",
             MatchOverloads<true>(""));
  family.Add("!~*", "The same without regard to case.", "'thomas' !~* 'T.*ma'", "f", MatchOverloads<true>("i"));
  family.Add("similar_to", "SIMILAR TO: SQL's regular expressions over the whole text.", "similar_to('abc', '%(b|d)%')",
             "t",
             {With(Partial({kText, kText}, TypeKind::kBoolean, SimilarTo), PrepareSimilarTo),
              With(Partial({kText, kText, kText}, TypeKind::kBoolean, SimilarTo), PrepareSimilarTo)});
  family.Add({"regexp_like", {"regexp", "rlike"}}, "Whether the text contains a match of the regular expression.",
             "regexp_like('Hello World', 'world$', 'i')", "t",
             {With(Partial({kText, kText}, TypeKind::kBoolean, RegexpLike), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kText}, TypeKind::kBoolean, RegexpLike), PrepareAt(1, 2))});
  family.Add("substring", "", "", "",
             {With(Partial({kText, kText}, kText, SubstringRegexp), PrepareAt(1, kNoFlags)),
              Partial({kText, kText, kText}, kText, SubstringSimilar)});
}

void AddFunctions(Family& family) {
  const Type texts = Type::List(kText);
  family.Add("regexp_replace",
             "The text with the first match (all with flag g, or the n-th) replaced; \\1 and \\& in the "
             "replacement are groups.",
             "regexp_replace('Thomas', '.[mN]a.', 'M')", "ThM",
             {With(Partial({kText, kText, kText}, kText, RegexpReplace<9, 9, 9>), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kText, kText}, kText, RegexpReplace<9, 9, 3>), PrepareAt(1, 3)),
              With(Partial({kText, kText, kText, kInt}, kText, RegexpReplace<3, 9, 9>), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kText, kInt, kInt}, kText, RegexpReplace<3, 4, 9>), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kText, kInt, kInt, kText}, kText, RegexpReplace<3, 4, 5>), PrepareAt(1, 5))});
  const Type rows = Type::List(texts);
  family.Add("regexp_matches", "The groups of the first match, with flag g of each match, as rows.",
             "regexp_matches('foobarbequebaz', '(bar)(beque)')", "{{bar,beque}}",
             {With(Partial({kText, kText}, rows, RegexpMatches), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kText}, rows, RegexpMatches), PrepareAt(1, 2))});
  family.Add("regexp_match", "The groups of the first match, or the match when there are none.",
             "regexp_match('foobarbequebaz', '(bar)(beque)')", "{bar,beque}",
             {With(Partial({kText, kText}, texts, RegexpMatch), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kText}, texts, RegexpMatch), PrepareAt(1, 2))});
  family.Add("regexp_extract", "A group of the first match (0: all of it); empty when there is none.",
             "regexp_extract('AbCdE', '([[:lower:]]+)C([[:lower:]]+)', 1)", "b",
             {With(Partial({kText, kText}, kText, RegexpExtract), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kInt}, kText, RegexpExtract), PrepareAt(1, kNoFlags))});
  family.Add("regexp_extract_all", "A group (0: all of it) of every match.",
             "regexp_extract_all('a1b22', '[a-z]([0-9]+)', 1)", "{1,22}",
             {With(Partial({kText, kText}, texts, RegexpExtractAll), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kInt}, texts, RegexpExtractAll), PrepareAt(1, kNoFlags))});
  family.Add({"regexp_split_to_array", {"regexp_split", "regexp_split_to_table"}},
             "The parts of the text between matches.", "regexp_split_to_array('hello world', '\\s+')", "{hello,world}",
             {With(Partial({kText, kText}, texts, RegexpSplit), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kText}, texts, RegexpSplit), PrepareAt(1, 2))});
  family.Add("regexp_count", "How often the regular expression matches.",
             "regexp_count('123456789012', '\\d\\d\\d', 2)", "3",
             {With(Partial({kText, kText}, kInt, RegexpCount), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kInt}, kInt, RegexpCount), PrepareAt(1, kNoFlags)),
              With(Partial({kText, kText, kInt, kText}, kInt, RegexpCount), PrepareAt(1, 3))});
  family.Add(
      "regexp_substr", "The n-th match from a start position, or a group of it; NULL when there is none.",
      "regexp_substr('ABCDEF', 'c(.)(..)', 1, 1, 'i', 2)", "EF",
      {With(Optional(2, Partial({kText, kText, kInt, kInt}, kText, RegexpSubstr)), PrepareAt(1, kNoFlags)),
       With(Optional(1, Partial({kText, kText, kInt, kInt, kText, kInt}, kText, RegexpSubstr)), PrepareAt(1, 4))});
  family.Add(
      "regexp_instr", "Where the n-th match from a start position begins, or ends; 0 when there is none.",
      "regexp_instr('ABCDEF', 'c(.)(..)', 1, 1, 0, 'i', 2)", "5",
      {With(Optional(3, Partial({kText, kText, kInt, kInt, kInt}, kInt, RegexpInstr)), PrepareAt(1, kNoFlags)),
       With(Optional(1, Partial({kText, kText, kInt, kInt, kInt, kText, kInt}, kInt, RegexpInstr)), PrepareAt(1, 5))});
}

}  // namespace

void RegisterRegexpFunctions(Registry& registry) {
  Family family(registry, "regular expression");
  AddOperators(family);
  AddFunctions(family);
}

}  // namespace weir
