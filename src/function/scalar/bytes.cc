// Single bits and bytes of bytea, and bytea of texts.

#include "base/utf8.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"

namespace weir {

namespace {

constexpr TypeKind kText = TypeKind::kVarchar;
constexpr TypeKind kBytes = TypeKind::kVarbinary;
constexpr TypeKind kInt = TypeKind::kInt32;
constexpr TypeKind kLong = TypeKind::kInt64;

// Throws unless 0 <= index < size.
size_t Checked(int64_t index, size_t size) {
  if (index < 0 || static_cast<uint64_t>(index) >= size) {
    throw Error::User(sqlstate::kArraySubscriptError, "index {} out of valid range, 0..{}", index,
                      static_cast<int64_t>(size) - 1);
  }
  return static_cast<size_t>(index);
}

template <size_t kBits>
void Get(RowOut<int32_t>& out, StringRef bytes, int64_t index) {
  Guard(out, [&] {
    const size_t at = Checked(index, bytes.size() * (8 / kBits));
    const auto byte = static_cast<uint8_t>(bytes.view()[at * kBits / 8]);
    out.Set(kBits == 8 ? byte : (byte >> (at % 8)) & 1);
  });
}

template <size_t kBits>
void Set(RowOut<StringRef>& out, StringRef bytes, int64_t index, int32_t value) {
  Guard(out, [&] {
    const size_t at = Checked(index, bytes.size() * (8 / kBits));
    std::string result(bytes.view());
    char& byte = result[at * kBits / 8];
    if constexpr (kBits == 8) {
      byte = static_cast<char>(value);
    } else {
      if (value != 0 && value != 1) throw Error::User(sqlstate::kInvalidParameterValue, "new bit must be 0 or 1");
      const auto mask = static_cast<uint8_t>(1U << (at % 8));
      const auto old = static_cast<uint8_t>(byte);
      byte = static_cast<char>(value == 1 ? old | mask : old & ~mask);
    }
    out.SetString(result);
  });
}

void CheckEncoding(std::string_view name) {
  const std::string folded = FoldCase(name);
  if (folded != "utf8" && folded != "utf-8" && folded != "unicode" && folded != "sql_ascii") {
    throw Error::Unsupported("Texts are UTF-8.", "encoding is not available: {}", name);
  }
}

}  // namespace

void RegisterByteFunctions(Registry& registry) {
  Family family(registry, "binary");
  family.Add("get_byte", "A byte of bytea, counted from 0.", "get_byte('\\x1234567890'::bytea, 4)", "144",
             {Partial({kBytes, kLong}, kInt, RowKernelWith<int32_t, StringRef, int64_t>(Get<8>))});
  family.Add("get_bit", "A bit of bytea, counted from 0 from the lowest of the first byte.",
             "get_bit('\\x1234567890'::bytea, 30)", "1",
             {Partial({kBytes, kLong}, kInt, RowKernelWith<int32_t, StringRef, int64_t>(Get<1>))});
  family.Add("set_byte", "The bytea with a byte replaced.", "set_byte('\\x1234567890'::bytea, 4, 64)", "\\x1234567840",
             {Partial({kBytes, kLong, kInt}, kBytes, RowKernelWith<StringRef, StringRef, int64_t, int32_t>(Set<8>))});
  family.Add("set_bit", "The bytea with a bit replaced.", "set_bit('\\x1234567890'::bytea, 30, 0)", "\\x1234563890",
             {Partial({kBytes, kLong, kInt}, kBytes, RowKernelWith<StringRef, StringRef, int64_t, int32_t>(Set<1>))});
  family.Add("convert_to", "The bytes of a text in an encoding: UTF8.", "convert_to('abc', 'UTF8')", "\\x616263",
             {Partial({kText, kText}, kBytes,
                      RowKernelWith<StringRef, StringRef, StringRef>(
                          [](RowOut<StringRef>& out, StringRef text, StringRef encoding) {
                            Guard(out, [&] {
                              CheckEncoding(encoding);
                              out.Set(text);
                            });
                          }))});
  family.Add("convert_from", "The text whose bytes in an encoding (UTF8) are given.",
             "convert_from('\\x616263'::bytea, 'UTF8')", "abc",
             {Partial({kBytes, kText}, kText,
                      RowKernelWith<StringRef, StringRef, StringRef>(
                          [](RowOut<StringRef>& out, StringRef bytes, StringRef encoding) {
                            Guard(out, [&] {
                              CheckEncoding(encoding);
                              if (FindInvalidUtf8(bytes.view()) != std::string_view::npos) {
                                throw Error::User(sqlstate::kCharacterNotInRepertoire,
                                                  "invalid byte sequence for encoding \"UTF8\"");
                              }
                              out.Set(bytes);
                            });
                          }))});
}

}  // namespace weir
