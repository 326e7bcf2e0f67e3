// How alike texts are, and how they sound.

#include <algorithm>
#include <cmath>
#include <set>

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

// Texts longer than this are refused where the work grows with the product of the lengths.
constexpr size_t kBytesMax = 65'536;

void CheckLength(std::string_view a, std::string_view b) {
  if (a.size() > kBytesMax || b.size() > kBytesMax) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "texts of more than {} bytes cannot be compared", kBytesMax);
  }
}

int64_t Hamming(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "texts of different lengths have no Hamming distance");
  }
  int64_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) count += a[i] != b[i] ? 1 : 0;
  return count;
}

// Insertions, deletions, changes and swaps of neighbours (each part changed once).
int64_t DamerauLevenshtein(std::string_view a, std::string_view b) {
  CheckLength(a, b);
  const size_t width = b.size() + 1;
  std::vector<int64_t> before(width), last(width), row(width);
  for (size_t j = 0; j < width; ++j) last[j] = static_cast<int64_t>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int64_t>(i);
    for (size_t j = 1; j < width; ++j) {
      const int64_t change = last[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

double Jaro(std::string_view a, std::string_view b) {
  CheckLength(a, b);
  if (a.empty() || b.empty()) return a.size() == b.size() ? 1 : 0;
  const size_t longest = std::max(a.size(), b.size());
  const size_t window = longest / 2 == 0 ? 0 : longest / 2 - 1;
  std::vector<bool> a_matched(a.size()), b_matched(b.size());
  size_t matches = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const size_t begin = i > window ? i - window : 0;
    const size_t end = std::min(b.size(), i + window + 1);
    for (size_t j = begin; j < end; ++j) {
      if (b_matched[j] || a[i] != b[j]) continue;
      a_matched[i] = b_matched[j] = true;
      ++matches;
      break;
    }
  }
  if (matches == 0) return 0;
  size_t out_of_order = 0, j = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!a_matched[i]) continue;
    while (!b_matched[j]) ++j;
    out_of_order += a[i] != b[j] ? 1 : 0;
    ++j;
  }
  const auto m = static_cast<double>(matches);
  return (m / static_cast<double>(a.size()) + m / static_cast<double>(b.size()) +
          (m - std::floor(static_cast<double>(out_of_order) / 2)) / m) /
         3;
}

double JaroWinkler(std::string_view a, std::string_view b) {
  const double jaro = Jaro(a, b);
  size_t prefix = 0;
  while (prefix < 4 && prefix < a.size() && prefix < b.size() && a[prefix] == b[prefix]) ++prefix;
  return jaro > 0.7 ? jaro + static_cast<double>(prefix) * 0.1 * (1 - jaro) : jaro;
}

// Of the sets of characters.
double Jaccard(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) {
    throw Error::User(sqlstate::kInvalidParameterValue, "an empty text has no Jaccard similarity");
  }
  const std::set<char> left(a.begin(), a.end()), right(b.begin(), b.end());
  size_t common = 0;
  for (const char c : left) common += right.count(c);
  return static_cast<double>(common) / static_cast<double>(left.size() + right.size() - common);
}

// Which part of the needle's grams of n characters are in the text.
double NgramSearch(std::string_view text, std::string_view needle, int64_t n) {
  if (n < 1) throw Error::User(sqlstate::kInvalidParameterValue, "the length of grams must be positive: {}", n);
  const auto size = static_cast<size_t>(n);
  if (text.size() < size || needle.size() < size) return 0;
  std::multiset<std::string_view> grams;
  for (size_t i = 0; i + size <= text.size(); ++i) grams.insert(text.substr(i, size));
  size_t found = 0;
  for (size_t i = 0; i + size <= needle.size(); ++i) {
    const auto at = grams.find(needle.substr(i, size));
    if (at == grams.end()) continue;
    grams.erase(at);
    ++found;
  }
  return static_cast<double>(found) / static_cast<double>(needle.size() - size + 1);
}

std::string Soundex(std::string_view text) {
  constexpr std::string_view kCodes = "01230120022455012623010202";
  std::string out;
  char last = '0';
  for (const char c : text) {
    const bool lower = c >= 'a' && c <= 'z';
    if (!lower && (c < 'A' || c > 'Z')) continue;
    const char letter = lower ? static_cast<char>(c - 32) : c;
    const char code = kCodes[static_cast<size_t>(letter - 'A')];
    if (out.empty()) {
      out += letter;
    } else if (code != '0' && code != last) {
      out += code;
    }
    // H and W do not part letters of one sound.
    if (letter != 'H' && letter != 'W') last = code;
    if (out.size() == 4) break;
  }
  if (!out.empty()) out.resize(4, '0');
  return out;
}

template <typename R, typename F>
std::vector<FunctionOverload> OfPair(TypeKind result, F f) {
  return {Partial({kText, kText}, result,
                  RowKernelWith<R, StringRef, StringRef>([f](RowOut<R>& out, StringRef a, StringRef b) {
                    Guard(out, [&] { out.Set(f(a.view(), b.view())); });
                  }))};
}

std::vector<FunctionOverload> Ngrams(bool fold) {
  return {Partial({kText, kText, kLong}, kDouble,
                  RowKernelWith<double, StringRef, StringRef, int64_t>([fold](RowOut<double>& out, StringRef text,
                                                                              StringRef needle, int64_t n) {
                    Guard(out, [&] {
                      out.Set(fold ? NgramSearch(FoldCase(text), FoldCase(needle), n) : NgramSearch(text, needle, n));
                    });
                  }))};
}

}  // namespace

void RegisterTextDistanceFunctions(Registry& registry) {
  Family family(registry, "string");
  family.Add({"hamming", {"mismatches"}}, "Bytes at which two texts of one length differ.", "hamming('duck', 'luck')",
             "1", OfPair<int64_t>(kLong, Hamming));
  family.Add("damerau_levenshtein", "Insertions, deletions, changes and swaps that make one text of the other.",
             "damerau_levenshtein('duckdb', 'udckbd')", "2", OfPair<int64_t>(kLong, DamerauLevenshtein));
  family.Add("jaro_similarity", "The Jaro similarity of two texts, 0 to 1.", "jaro_similarity('duck', 'duck')", "1",
             OfPair<double>(kDouble, Jaro));
  family.Add("jaro_winkler_similarity", "The Jaro-Winkler similarity of two texts, 0 to 1.",
             "jaro_winkler_similarity('duck', 'duck')", "1", OfPair<double>(kDouble, JaroWinkler));
  family.Add("jaccard", "The Jaccard similarity of the sets of characters.", "jaccard('duck', 'luck')", "0.6",
             OfPair<double>(kDouble, Jaccard));
  family.Add("ngram_search", "Which part of the second text's grams are in the first.",
             "ngram_search('English', 'English', 4)", "1", Ngrams(false));
  family.Add("ngram_search_case_insensitive", "The same without regard to case.",
             "ngram_search_case_insensitive('ENGLISH', 'english', 4)", "1", Ngrams(true));
  family.Add("soundex", "The Soundex code of an English word.", "soundex('Robert')", "R163",
             {Total({kText}, kText, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                      out.SetString(Soundex(text));
                    }))});
}

}  // namespace weir
