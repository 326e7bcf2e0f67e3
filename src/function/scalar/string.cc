// Length, case, slices, padding and trimming of texts.

#include <algorithm>
#include <bitset>

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"
#include "runtime/cancellation_scope.h"

namespace weir {

namespace {

constexpr size_t kResultBytesMax = size_t{1} << 30;

Error TooLong() {
  return Error::User(sqlstate::kProgramLimitExceeded, "requested length too large");
}

StringRef Slice(const StringRef& text, size_t from, size_t to) {
  return {text.data() + from, static_cast<uint32_t>(to - from)};
}

template <char kFrom, char kTo, auto kSlow>
ColumnPtr ChangeCase(const KernelArgs& args) {
  std::string scratch;
  return ApplyRows<StringRef, StringRef>(args, [&](RowOut<StringRef>& out, StringRef text) {
    if (!IsAscii(text)) {
      scratch.clear();
      kSlow(text, scratch);
      out.SetString(scratch);
      return;
    }
    const uint32_t size = text.size();
    char inline_buffer[StringRef::kInlineMax];
    char* to = size <= StringRef::kInlineMax ? inline_buffer : out.heap().Allocate(size);
    const char* from = text.data();
    // A plain loop, which the compiler vectorises.
    for (uint32_t i = 0; i < size; ++i) {
      to[i] = static_cast<char>(from[i] ^ (from[i] >= kFrom && from[i] <= kTo ? 0x20 : 0));
    }
    out.Set(StringRef(to, size));
  });
}

// [first, first + count) in characters from 1, as SQL's SUBSTRING: positions before 1 count but hold nothing.
StringRef Substring(StringRef text, int64_t first, int64_t count) {
  int64_t end;
  if (__builtin_add_overflow(first, count, &end)) end = INT64_MAX;
  first = std::max<int64_t>(first, 1);
  if (end <= first) return {};
  if (IsAscii(text)) {
    const auto size = static_cast<int64_t>(text.size());
    if (first > size) return {};
    return Slice(text, static_cast<size_t>(first - 1), static_cast<size_t>(std::min(end - 1, size)));
  }
  const std::string_view view = text;
  const size_t from = OffsetOfCharacter(view, static_cast<size_t>(first - 1));
  const size_t length = OffsetOfCharacter(view.substr(from), static_cast<size_t>(end - first));
  return Slice(text, from, from + length);
}

StringRef SubstringBytes(StringRef bytes, int64_t first, int64_t count) {
  int64_t end;
  if (__builtin_add_overflow(first, count, &end)) end = INT64_MAX;
  first = std::max<int64_t>(first, 1);
  end = std::min<int64_t>(end, static_cast<int64_t>(bytes.size()) + 1);
  return end <= first ? StringRef() : Slice(bytes, static_cast<size_t>(first - 1), static_cast<size_t>(end - 1));
}

template <auto kCut>
void SubstringRow(RowOut<StringRef>& out, StringRef text, int64_t first, int64_t count) {
  if (count < 0) {
    out.Fail(Error::User(sqlstate::kSubstringError, "negative substring length not allowed"));
    return;
  }
  out.Set(kCut(text, first, count));
}

// Negative counts mean "all but that many at the other end".
StringRef Left(StringRef text, int64_t count) {
  if (count < 0) count = std::max<int64_t>(static_cast<int64_t>(CountCharacters(text)) + count, 0);
  return Slice(text, 0, OffsetOfCharacter(text, static_cast<size_t>(count)));
}

StringRef Right(StringRef text, int64_t count) {
  const auto size = static_cast<int64_t>(CountCharacters(text));
  const int64_t skip = count < 0 ? (count == INT64_MIN ? size : -count) : std::max<int64_t>(size - count, 0);
  return Slice(text, OffsetOfCharacter(text, static_cast<size_t>(std::min(skip, size))), text.size());
}

// The characters to trim: bytes when they are ASCII, else code points.
class TrimSet {
 public:
  explicit TrimSet(std::string_view characters) : ascii_(IsAscii(characters)) {
    for (size_t at = 0; at < characters.size();) {
      const size_t width = std::min(Utf8Width(characters[at]), characters.size() - at);
      if (width == 1)
        bytes_.set(static_cast<uint8_t>(characters[at]));
      else
        wide_.push_back(characters.substr(at, width));
      at += width;
    }
  }

  StringRef Trim(StringRef text, bool left, bool right) const {
    const std::string_view view = text;
    size_t from = 0, to = view.size();
    while (left && from < to) {
      const size_t width = std::min(Utf8Width(view[from]), to - from);
      if (!Contains(view.substr(from, width))) break;
      from += width;
    }
    while (right && from < to) {
      size_t begin = to - 1;
      while (begin > from && IsUtf8Continuation(view[begin])) --begin;
      if (!Contains(view.substr(begin, to - begin))) break;
      to = begin;
    }
    return Slice(text, from, to);
  }

 private:
  bool Contains(std::string_view character) const {
    if (character.size() == 1) return bytes_.test(static_cast<uint8_t>(character[0]));
    return !ascii_ && std::find(wide_.begin(), wide_.end(), character) != wide_.end();
  }
  bool ascii_;
  std::bitset<256> bytes_;
  std::vector<std::string_view> wide_;
};

template <bool kLeft, bool kRight>
std::vector<FunctionOverload> TrimOverloads() {
  static const TrimSet kSpace(" ");
  return {
      Total({kText}, kText,
            RowKernel<StringRef, StringRef>([](StringRef text) { return kSpace.Trim(text, kLeft, kRight); })),
      Total({kText, kText}, kText, RowKernel<StringRef, StringRef, StringRef>([](StringRef text, StringRef set) {
              return TrimSet(set).Trim(text, kLeft, kRight);
            })),
  };
}

template <bool kOnLeft>
void Pad(RowOut<StringRef>& out, StringRef text, int64_t length, std::string_view fill) {
  const size_t wanted = length < 0 ? 0 : static_cast<size_t>(length);
  const size_t have = CountCharacters(text);
  if (have >= wanted || fill.empty()) {
    out.Set(Slice(text, 0, OffsetOfCharacter(text, wanted)));
    return;
  }
  const size_t missing = wanted - have;
  if (missing > kResultBytesMax / 4) {
    out.Fail(TooLong());
    return;
  }
  std::string padding;
  const size_t fill_characters = CountCharacters(fill);
  for (size_t i = 0; i < missing / fill_characters; ++i) padding += fill;
  padding += fill.substr(0, OffsetOfCharacter(fill, missing % fill_characters));
  std::string result;
  if (kOnLeft) result = padding;
  result += text.view();
  if (!kOnLeft) result += padding;
  out.SetString(result);
}

template <bool kOnLeft>
std::vector<FunctionOverload> PadOverloads() {
  return {
      Partial({kText, TypeKind::kInt64}, kText,
              RowKernelWith<StringRef, StringRef, int64_t>(
                  [](RowOut<StringRef>& out, StringRef text, int64_t n) { Pad<kOnLeft>(out, text, n, " "); })),
      Partial({kText, TypeKind::kInt64, kText}, kText,
              RowKernelWith<StringRef, StringRef, int64_t, StringRef>(
                  [](RowOut<StringRef>& out, StringRef text, int64_t n, StringRef fill) {
                    Pad<kOnLeft>(out, text, n, fill);
                  })),
  };
}

void Repeat(RowOut<StringRef>& out, std::string_view text, int64_t count) {
  if (count <= 0 || text.empty()) {
    out.Set(StringRef());
    return;
  }
  if (static_cast<uint64_t>(count) > kResultBytesMax / text.size()) {
    out.Fail(TooLong());
    return;
  }
  std::string result;
  result.reserve(text.size() * static_cast<size_t>(count));
  result = text;
  // What there is once more, as long as that is not too much.
  const size_t size = text.size() * static_cast<size_t>(count);
  constexpr size_t kPieceMax = 4 << 20;
  while (result.size() < size) {
    if (result.size() >= kPieceMax) CancellationScope::Check();
    result.append(result, 0, std::min({result.size(), size - result.size(), kPieceMax}));
  }
  out.SetString(result);
}

void Reverse(RowOut<StringRef>& out, StringRef text) {
  std::string result(text.view());
  if (IsAscii(text)) {
    std::reverse(result.begin(), result.end());
  } else {
    size_t to = result.size();
    const std::string_view view = text;
    for (size_t at = 0; at < view.size();) {
      const size_t width = std::min(Utf8Width(view[at]), view.size() - at);
      to -= width;
      result.replace(to, width, view.substr(at, width));
      at += width;
    }
  }
  out.SetString(result);
}

void Chr(RowOut<StringRef>& out, int32_t code) {
  if (code == 0) {
    out.Fail(Error::User(sqlstate::kProgramLimitExceeded, "null character not permitted"));
    return;
  }
  if (code < 0) {
    out.Fail(Error::User(sqlstate::kInvalidParameterValue, "character number must be positive"));
    return;
  }
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    out.Fail(Error::User(sqlstate::kProgramLimitExceeded, "requested character not valid for encoding: {}", code));
    return;
  }
  std::string result;
  AppendCharacter(static_cast<char32_t>(code), result);
  out.SetString(result);
}

int32_t Ascii(StringRef text) {
  if (text.empty()) return 0;
  size_t at = 0;
  return static_cast<int32_t>(NextCharacter(text, at));
}

// The string functions that take any count or position take bigint, which integers fit without loss.
void AddLengths(Family& family) {
  const auto characters =
      RowKernel<int32_t, StringRef>([](StringRef text) { return static_cast<int32_t>(CountCharacters(text)); });
  const auto bytes = RowKernel<int32_t, StringRef>([](StringRef text) { return static_cast<int32_t>(text.size()); });
  family.Add({"length", {"char_length", "character_length", "len"}}, "Number of characters (of bytea: bytes).",
             "length('josé')", "4",
             {Total({kText}, TypeKind::kInt32, characters), Total({kBytes}, TypeKind::kInt32, bytes)});
  family.Add("octet_length", "Number of bytes.", "octet_length('josé')", "5",
             {Total({kText}, TypeKind::kInt32, bytes), Total({kBytes}, TypeKind::kInt32, bytes)});
  const auto bits = RowKernelWith<int32_t, StringRef>([](RowOut<int32_t>& out, StringRef text) {
    constexpr uint32_t kBytesMax = INT32_MAX / 8;
    if (text.size() > kBytesMax)
      return out.Fail(Error::User(sqlstate::kNumericValueOutOfRange, "integer out of range"));
    out.Set(static_cast<int32_t>(text.size() * 8));
  });
  family.Add("bit_length", "Number of bits.", "bit_length('jose')", "32",
             {Partial({kText}, TypeKind::kInt32, bits), Partial({kBytes}, TypeKind::kInt32, bits)});
  family.Add({"null_or_empty"}, "Whether the text is NULL or empty.", "null_or_empty('')", "t",
             {SeesNulls(Total({kText}, TypeKind::kBoolean, [](const KernelArgs& args) {
               const ColumnView view(*args.columns[0]);
               FlatWriter<uint8_t> out(args.result_type, args.size);
               args.rows.ForEach(
                   [&](size_t row) { out.Set(row, view.IsNull(row) || view.At<StringRef>(row).empty() ? 1 : 0); });
               return out.Finish();
             }))});
}

void AddCase(Family& family) {
  family.Add({"upper", {"ucase"}}, "The text in upper case.", "upper('tom')", "TOM",
             {Total({kText}, kText, [](const KernelArgs& args) { return ChangeCase<'a', 'z', AppendUpper>(args); })});
  family.Add({"lower", {"lcase"}}, "The text in lower case.", "lower('TOM')", "tom",
             {Total({kText}, kText, [](const KernelArgs& args) { return ChangeCase<'A', 'Z', AppendLower>(args); })});
  family.Add("initcap", "The first letter of each word in upper case, the rest in lower case.", "initcap('hi THOMAS')",
             "Hi Thomas",
             {Total({kText}, kText, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                      std::string result;
                      AppendInitcap(text, result);
                      out.SetString(result);
                    }))});
}

void AddSlices(Family& family) {
  const auto two = [](auto cut) {
    return RowKernel<StringRef, StringRef, int64_t>(
        [cut](StringRef text, int64_t first) { return cut(text, first, INT64_MAX); });
  };
  const auto three = RowKernelWith<StringRef, StringRef, int64_t, int64_t>(SubstringRow<Substring>);
  const auto bytes_three = RowKernelWith<StringRef, StringRef, int64_t, int64_t>(SubstringRow<SubstringBytes>);
  family.Add({"substring", {"substr", "mid"}}, "Characters from a position counted from 1, at most as many as said.",
             "substring('Thomas', 2, 3)", "hom",
             {Total({kText, TypeKind::kInt64}, kText, two(Substring)),
              Partial({kText, TypeKind::kInt64, TypeKind::kInt64}, kText, three),
              Total({kBytes, TypeKind::kInt64}, kBytes, two(SubstringBytes)),
              Partial({kBytes, TypeKind::kInt64, TypeKind::kInt64}, kBytes, bytes_three)});
  family.Add({"left", {"strleft"}}, "The first n characters; with negative n all but the last |n|.", "left('abcde', 2)",
             "ab", {Total({kText, TypeKind::kInt64}, kText, RowKernel<StringRef, StringRef, int64_t>(Left))});
  family.Add({"right", {"strright"}}, "The last n characters; with negative n all but the first |n|.",
             "right('abcde', 2)", "de",
             {Total({kText, TypeKind::kInt64}, kText, RowKernel<StringRef, StringRef, int64_t>(Right))});
}

void AddShapes(Family& family) {
  family.Add({"btrim", {"trim"}}, "The text without spaces, or the given characters, at both ends.",
             "btrim('xyxtrimyyx', 'xyz')", "trim", TrimOverloads<true, true>());
  family.Add("ltrim", "The text without spaces, or the given characters, at its start.", "ltrim('zzzytest', 'xyz')",
             "test", TrimOverloads<true, false>());
  family.Add("rtrim", "The text without spaces, or the given characters, at its end.", "rtrim('testxxzx', 'xyz')",
             "test", TrimOverloads<false, true>());
  family.Add("lpad", "The text filled up on the left, or cut, to a length.", "lpad('hi', 5, 'xy')", "xyxhi",
             PadOverloads<true>());
  family.Add("rpad", "The text filled up on the right, or cut, to a length.", "rpad('hi', 5, 'xy')", "hixyx",
             PadOverloads<false>());
  family.Add("repeat", "The text n times.", "repeat('Pg', 4)", "PgPgPgPg",
             {Partial({kText, TypeKind::kInt64}, kText,
                      RowKernelWith<StringRef, StringRef, int64_t>(
                          [](RowOut<StringRef>& out, StringRef text, int64_t count) { Repeat(out, text, count); }))});
  family.Add(
      "space", "n spaces.", "'<' || space(3) || '>'", "<   >",
      {Partial({TypeKind::kInt64}, kText, RowKernelWith<StringRef, int64_t>([](RowOut<StringRef>& out, int64_t count) {
                 Repeat(out, " ", count);
               }))});
  family.Add("reverse", "The characters in reverse order.", "reverse('abcde')", "edcba",
             {Total({kText}, kText, RowKernelWith<StringRef, StringRef>(Reverse))});
  family.Add("ascii", "The code point of the first character; 0 for an empty text.", "ascii('x')", "120",
             {Total({kText}, TypeKind::kInt32, RowKernel<int32_t, StringRef>(Ascii))});
  family.Add({"chr", {"char"}}, "The character with a code point.", "chr(65)", "A",
             {Partial({TypeKind::kInt32}, kText, RowKernelWith<StringRef, int32_t>(Chr))});
}

}  // namespace

void RegisterStringFunctions(Registry& registry) {
  Family family(registry, "string");
  AddLengths(family);
  AddCase(family);
  AddSlices(family);
  AddShapes(family);
}

}  // namespace weir
