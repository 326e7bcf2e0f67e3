// Finding, replacing and splitting texts.

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "base/find_text.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

// In characters from 1; 0 when it does not occur at or after character `from`.
int32_t Position(std::string_view text, std::string_view part, int64_t from = 1) {
  if (from < 1) return 0;
  const size_t begin = OffsetOfCharacter(text, static_cast<size_t>(from - 1));
  if (from > 1 && begin == text.size() && static_cast<int64_t>(CountCharacters(text)) < from - 1) return 0;
  const size_t at = FindText(text, part, begin);
  return at == std::string_view::npos ? 0 : static_cast<int32_t>(CountCharacters(text.substr(0, at)) + 1);
}

void Replace(RowOut<StringRef>& out, StringRef text, StringRef from, StringRef to) {
  const std::string_view view = text;
  size_t at = from.empty() ? std::string_view::npos : FindText(view, from);
  if (at == std::string_view::npos) {
    out.Set(text);
    return;
  }
  std::string result;
  size_t copied = 0;
  while (at != std::string_view::npos) {
    result += view.substr(copied, at - copied);
    result += to.view();
    copied = at + from.size();
    at = FindText(view, from, copied);
  }
  result += view.substr(copied);
  Guard(out, [&] { out.SetString(result); });
}

// Field n from 1; negative n counts from the end.
void SplitPart(RowOut<StringRef>& out, StringRef text, StringRef delimiter, int64_t n) {
  if (n == 0) {
    out.Fail(Error::User(sqlstate::kInvalidParameterValue, "field position must not be zero"));
    return;
  }
  const std::string_view view = text;
  if (delimiter.empty()) {
    out.Set(n == 1 || n == -1 ? text : StringRef());
    return;
  }
  if (n < 0) {
    int64_t fields = 1;
    for (size_t at = FindText(view, delimiter); at != std::string_view::npos;
         at = FindText(view, delimiter, at + delimiter.size())) {
      ++fields;
    }
    n = fields + n + 1;
    if (n < 1) {
      out.Set(StringRef());
      return;
    }
  }
  size_t begin = 0;
  for (int64_t field = 1;; ++field) {
    const size_t end = FindText(view, delimiter, begin);
    if (field == n) {
      const size_t size = (end == std::string_view::npos ? view.size() : end) - begin;
      out.Set(StringRef(text.data() + begin, static_cast<uint32_t>(size)));
      return;
    }
    if (end == std::string_view::npos) {
      out.Set(StringRef());
      return;
    }
    begin = end + delimiter.size();
  }
}

void Translate(RowOut<StringRef>& out, std::string_view text, std::string_view from, std::string_view to) {
  std::unordered_map<char32_t, char32_t> map;  // 0: removed
  size_t to_at = 0;
  for (size_t at = 0; at < from.size();) {
    const char32_t source = NextCharacter(from, at);
    const char32_t target = to_at < to.size() ? NextCharacter(to, to_at) : 0;
    map.emplace(source, target);
  }
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const char32_t character = NextCharacter(text, at);
    const auto it = map.find(character);
    if (it == map.end())
      AppendCharacter(character, result);
    else if (it->second != 0)
      AppendCharacter(it->second, result);
  }
  out.SetString(result);
}

void Overlay(RowOut<StringRef>& out, std::string_view text, std::string_view placed, int64_t from, int64_t count) {
  if (from < 1) {
    out.Fail(Error::User(sqlstate::kSubstringError, "negative substring length not allowed"));
    return;
  }
  const size_t begin = OffsetOfCharacter(text, static_cast<size_t>(from - 1));
  int64_t after;
  if (__builtin_add_overflow(from, count, &after)) after = INT64_MAX;
  const size_t end = after < 1 ? 0 : OffsetOfCharacter(text, static_cast<size_t>(after - 1));
  std::string result(text.substr(0, begin));
  result += placed;
  result += text.substr(end);
  out.SetString(result);
}

// Position from 1 of an entry in "a,b,c"; 0 when absent or when it holds a comma.
int32_t FindInSet(StringRef entry, StringRef set) {
  if (set.empty() || entry.view().find(',') != std::string_view::npos) return 0;
  const std::string_view view = set;
  int32_t index = 1;
  for (size_t begin = 0;; ++index) {
    const size_t comma = view.find(',', begin);
    if (view.substr(begin, comma == view.npos ? view.npos : comma - begin) == entry.view()) return index;
    if (comma == view.npos) return 0;
    begin = comma + 1;
  }
}

void StringToArray(std::string_view text, std::optional<std::string_view> delimiter,
                   std::optional<std::string_view> null_text, ColumnBuilder& out) {
  ColumnBuilder& elements = out.child(0);
  const auto add = [&](std::string_view part) {
    if (null_text == part)
      elements.AppendNull();
    else
      elements.AppendString(part);
  };
  if (!text.empty()) {
    if (!delimiter.has_value()) {
      for (size_t at = 0; at < text.size();) {
        const size_t width = std::min(Utf8Width(text[at]), text.size() - at);
        add(text.substr(at, width));
        at += width;
      }
    } else if (delimiter->empty()) {
      add(text);
    } else {
      size_t begin = 0;
      while (true) {
        const size_t end = FindText(text, *delimiter, begin);
        add(text.substr(begin, end == text.npos ? text.npos : end - begin));
        if (end == text.npos) break;
        begin = end + delimiter->size();
      }
    }
  }
  out.CloseRow();
}

ColumnPtr StringToArrayKernel(const KernelArgs& args) {
  const ColumnView text(*args.columns[0]);
  const ColumnView delimiter(*args.columns[1]);
  const ColumnView null_text = args.columns.size() > 2 ? ColumnView(*args.columns[2]) : ColumnView();
  return BuildRows(args, [&](size_t row, ColumnBuilder& out) {
    if (text.IsNull(row)) {
      out.AppendNull();
      return;
    }
    const auto optional = [row](const ColumnView& view) {
      return view.IsNull(row) ? std::nullopt
                              : std::optional<std::string_view>(view.values<StringRef>()[view.Index(row)]);
    };
    StringToArray(text.values<StringRef>()[text.Index(row)], optional(delimiter),
                  args.columns.size() > 2 ? optional(null_text) : std::nullopt, out);
  });
}

// By characters, two rows of the distance matrix.
int32_t Levenshtein(std::string_view a, std::string_view b) {
  std::u32string left, right;
  for (size_t at = 0; at < a.size();) left += NextCharacter(a, at);
  for (size_t at = 0; at < b.size();) right += NextCharacter(b, at);
  std::vector<int32_t> previous(right.size() + 1), current(right.size() + 1);
  for (size_t j = 0; j <= right.size(); ++j) previous[j] = static_cast<int32_t>(j);
  for (size_t i = 1; i <= left.size(); ++i) {
    current[0] = static_cast<int32_t>(i);
    for (size_t j = 1; j <= right.size(); ++j) {
      const int32_t change = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, change});
    }
    std::swap(previous, current);
  }
  return previous[right.size()];
}

uint8_t StartsWith(StringRef text, StringRef prefix) {
  return text.view().starts_with(prefix.view()) ? 1 : 0;
}
uint8_t EndsWith(StringRef text, StringRef suffix) {
  return text.view().ends_with(suffix.view()) ? 1 : 0;
}
uint8_t Contains(StringRef text, StringRef part) {
  return FindText(text, part) != std::string_view::npos ? 1 : 0;
}

void AddFinding(Family& family) {
  const auto position =
      RowKernel<int32_t, StringRef, StringRef>([](StringRef text, StringRef part) { return Position(text, part); });
  family.Add({"strpos", {"position"}},
             "Where a text first occurs in another, in characters from 1; 0 when it does not.", "strpos('high', 'ig')",
             "2", {Total({kText, kText}, TypeKind::kInt32, position)});
  family.Add("instr", "Where a text first occurs in another, in characters from 1; 0 when it does not.",
             "instr('high', 'ig')", "2", {Total({kText, kText}, TypeKind::kInt32, position)});
  family.Add("locate", "Where the first text occurs in the second, at or after a position.",
             "locate('o', 'foobaro', 4)", "7",
             {Total({kText, kText}, TypeKind::kInt32,
                    RowKernel<int32_t, StringRef, StringRef>(
                        [](StringRef part, StringRef text) { return Position(text, part); })),
              Total({kText, kText, TypeKind::kInt64}, TypeKind::kInt32,
                    RowKernel<int32_t, StringRef, StringRef, int64_t>(
                        [](StringRef part, StringRef text, int64_t from) { return Position(text, part, from); }))});
  family.Add({"starts_with", {"^@"}}, "Whether the text starts with another.", "starts_with('alphabet', 'alph')", "t",
             {Total({kText, kText}, TypeKind::kBoolean, RowKernel<uint8_t, StringRef, StringRef>(StartsWith))});
  family.Add("ends_with", "Whether the text ends with another.", "ends_with('alphabet', 'bet')", "t",
             {Total({kText, kText}, TypeKind::kBoolean, RowKernel<uint8_t, StringRef, StringRef>(EndsWith))});
  family.Add("contains", "Whether the text contains another.", "contains('alphabet', 'hab')", "t",
             {Total({kText, kText}, TypeKind::kBoolean, RowKernel<uint8_t, StringRef, StringRef>(Contains))});
  family.Add(
      "strcmp", "-1, 0 or 1 as the first text sorts before, with or after the second.", "strcmp('a', 'b')", "-1",
      {Total({kText, kText}, TypeKind::kInt32, RowKernel<int32_t, StringRef, StringRef>([](StringRef a, StringRef b) {
               return a < b ? -1 : a == b ? 0 : 1;
             }))});
  family.Add("find_in_set", "Position of a text in a comma-separated list; 0 when absent.", "find_in_set('b', 'a,b,c')",
             "2", {Total({kText, kText}, TypeKind::kInt32, RowKernel<int32_t, StringRef, StringRef>(FindInSet))});
  family.Add(
      "levenshtein", "The least number of inserted, removed or changed characters between two texts.",
      "levenshtein('kitten', 'sitting')", "3",
      {Total({kText, kText}, TypeKind::kInt32,
             RowKernel<int32_t, StringRef, StringRef>([](StringRef a, StringRef b) { return Levenshtein(a, b); }))});
}

void AddChanging(Family& family) {
  family.Add(
      "replace", "The text with every occurrence of another replaced.", "replace('abcdefabcdef', 'cd', 'XX')",
      "abXXefabXXef",
      {Partial({kText, kText, kText}, kText, RowKernelWith<StringRef, StringRef, StringRef, StringRef>(Replace))});
  family.Add("translate",
             "Each character that is in the second text becomes the one at its place in the third, or none.",
             "translate('12345', '143', 'ax')", "a2x5",
             {Total({kText, kText, kText}, kText,
                    RowKernelWith<StringRef, StringRef, StringRef, StringRef>(
                        [](RowOut<StringRef>& out, StringRef text, StringRef from, StringRef to) {
                          Translate(out, text, from, to);
                        }))});
  family.Add("overlay", "The text with a part replaced: at a position, for a number of characters.",
             "overlay('Txxxxas', 'hom', 2, 4)", "Thomas",
             {Partial({kText, kText, TypeKind::kInt64}, kText,
                      RowKernelWith<StringRef, StringRef, StringRef, int64_t>(
                          [](RowOut<StringRef>& out, StringRef text, StringRef placed, int64_t from) {
                            Overlay(out, text, placed, from, static_cast<int64_t>(CountCharacters(placed)));
                          })),
              Partial({kText, kText, TypeKind::kInt64, TypeKind::kInt64}, kText,
                      RowKernelWith<StringRef, StringRef, StringRef, int64_t, int64_t>(
                          [](RowOut<StringRef>& out, StringRef text, StringRef placed, int64_t from, int64_t count) {
                            Overlay(out, text, placed, from, count);
                          }))});
  family.Add(
      "append_trailing_char_if_absent", "The text with a character at its end, which is not doubled.",
      "append_trailing_char_if_absent('a', 'c')", "ac",
      {Total({kText, kText}, kText,
             RowKernelWith<StringRef, StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text, StringRef c) {
               if (CountCharacters(c) != 1) {
                 out.SetNull();
               } else if (text.view().ends_with(c.view())) {
                 out.Set(text);
               } else {
                 out.SetString(std::string(text.view()).append(c.view()));
               }
             }))});
}

void AddSplitting(Family& family) {
  const Type texts = Type::List(kText);
  family.Add("split_part", "Field n of a text split at a delimiter; negative n counts from the end.",
             "split_part('abc~@~def~@~ghi', '~@~', 2)", "def",
             {Partial({kText, kText, TypeKind::kInt64}, kText,
                      RowKernelWith<StringRef, StringRef, StringRef, int64_t>(SplitPart))});
  family.Add({"string_to_array", {"string_to_table"}},
             "The fields of a text split at a delimiter; fields equal to a third text become NULL.",
             "string_to_array('xx~~yy~~zz', '~~', 'yy')", "{xx,NULL,zz}",
             {SeesNulls(Total({kText, kText}, texts, StringToArrayKernel)),
              SeesNulls(Total({kText, kText, kText}, texts, StringToArrayKernel))});
  family.Add({"split", {"str_split", "string_split"}}, "The fields of a text split at a delimiter.",
             "split('a,b,c', ',')", "{a,b,c}", {Total({kText, kText}, texts, StringToArrayKernel)});
}

}  // namespace

void RegisterStringSearchFunctions(Registry& registry) {
  Family family(registry, "string");
  AddFinding(family);
  AddChanging(family);
  AddSplitting(family);
}

}  // namespace weir
