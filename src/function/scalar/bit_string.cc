// Bit strings: casts, operators and functions. Their values are texts of '0' and '1'.

#include <algorithm>

#include "function/scalar/cast.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

constexpr TypeKind kBits = TypeKind::kBit;
constexpr size_t kBitsMax = 1U << 30;

// ---- casts

// CAST cuts and pads; what stores values checks their length with check_bit_length.
ColumnPtr Fit(const KernelArgs& args) {
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  ForEachRow(args, [&](size_t row) {
    writer.SetString(row, FitBits(std::string(view.At<StringRef>(row).view()), args.result_type, true));
  });
  return writer.Finish();
}

ColumnPtr FromText(const KernelArgs& args) {
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  const Type any = Type::Bit(0, true);
  ForEachRow(args, [&](size_t row) {
    writer.SetString(row, FitBits(ParseBits(view.At<StringRef>(row).view(), any), args.result_type, true));
  });
  return writer.Finish();
}

ColumnPtr ToText(const KernelArgs& args) {
  const size_t characters = args.result_type.max_length();
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  args.rows.ForEach([&](size_t row) {
    const StringRef bits = view.At<StringRef>(row);
    writer.SetString(row, characters == 0 ? bits.view() : bits.view().substr(0, characters));
  });
  return writer.Finish();
}

// The lowest bits, or the sign in front of them.
template <typename T>
ColumnPtr FromInteger(const KernelArgs& args) {
  const size_t length = std::max<size_t>(args.result_type.max_length(), 1);
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  args.rows.ForEach([&](size_t row) {
    const auto value = static_cast<int64_t>(view.At<T>(row));
    std::string bits(length, value < 0 ? '1' : '0');
    for (size_t i = 0; i < std::min(length, sizeof(T) * 8); ++i) {
      bits[length - 1 - i] = (static_cast<uint64_t>(value) >> i & 1) != 0 ? '1' : '0';
    }
    writer.SetString(row, bits);
  });
  return writer.Finish();
}

template <typename T>
ColumnPtr ToInteger(const KernelArgs& args) {
  FlatWriter<T> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  ForEachRow(args, [&](size_t row) {
    writer.Set(row, 0);
    const StringRef bits = view.At<StringRef>(row);
    if (bits.size() > sizeof(T) * 8) {
      throw Error::User(sqlstate::kNumericValueOutOfRange, "{} out of range", args.result_type.ToString());
    }
    uint64_t value = 0;
    for (const char bit : bits.view()) value = value << 1 | static_cast<uint64_t>(bit == '1');
    writer.Set(row, static_cast<T>(value));
  });
  return writer.Finish();
}

void RegisterBitCasts(Registry& registry) {
  const auto with = [](ScalarKernel kernel) {
    return [kernel = std::move(kernel)](const Type&, const Type&) { return CastKernel(kernel); };
  };
  registry.AddCast(kBits, kBits, CastRule::kImplicit, with(Fit));
  registry.AddCast(kBits, TypeKind::kVarchar, CastRule::kAssignment, with(ToText));
  registry.AddCast(TypeKind::kVarchar, kBits, CastRule::kExplicit, with(FromText));
  registry.AddCast(kInt, kBits, CastRule::kExplicit, with(FromInteger<int32_t>));
  registry.AddCast(kLong, kBits, CastRule::kExplicit, with(FromInteger<int64_t>));
  registry.AddCast(kBits, kInt, CastRule::kExplicit, with(ToInteger<int32_t>));
  registry.AddCast(kBits, kLong, CastRule::kExplicit, with(ToInteger<int64_t>));
}

// ---- operators

template <typename F>
ScalarKernel Combining(const char* verb, F f) {
  return RowKernelWith<StringRef, StringRef, StringRef>([verb, f](RowOut<StringRef>& out, StringRef a, StringRef b) {
    if (a.size() != b.size()) {
      return out.Fail(
          Error::User(sqlstate::kStringDataLengthMismatch, "cannot {} bit strings of different sizes", verb));
    }
    std::string bits(a.view());
    const std::string_view other = b.view();
    for (size_t i = 0; i < bits.size(); ++i) bits[i] = f(bits[i] == '1', other[i] == '1') ? '1' : '0';
    out.SetString(bits);
  });
}

// To the left when positive; what leaves is lost, zeros come in.
std::string Shifted(std::string_view bits, int64_t by) {
  std::string out(bits.size(), '0');
  const auto size = static_cast<int64_t>(bits.size());
  if (by >= size || by <= -size) return out;
  if (by >= 0) {
    std::copy(bits.begin() + by, bits.end(), out.begin());
  } else {
    std::copy(bits.begin(), bits.end() + by, out.begin() - by);
  }
  return out;
}

void RegisterBitOperators(Registry& registry) {
  Family family(registry, "bit string");
  const TypePattern bit(kBits);
  family.Add("&", "Bitwise AND of bit strings of one length.", "B'10001' & B'01101'", "00001",
             {Partial({bit, bit}, kBits, Combining("AND", [](bool a, bool b) { return a && b; }))});
  family.Add("|", "Bitwise OR of bit strings of one length.", "B'10001' | B'01101'", "11101",
             {Partial({bit, bit}, kBits, Combining("OR", [](bool a, bool b) { return a || b; }))});
  family.Add("#", "Bitwise exclusive OR of bit strings of one length.", "B'10001' # B'01101'", "11100",
             {Partial({bit, bit}, kBits, Combining("XOR", [](bool a, bool b) { return a != b; }))});
  family.Add("~", "Bitwise NOT.", "~ B'10001'", "01110",
             {Total({bit}, kBits, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef a) {
                      std::string bits(a.view());
                      for (char& c : bits) c = c == '1' ? '0' : '1';
                      out.SetString(bits);
                    }))});
  family.Add("<<", "Bits moved to the left, zeros after them.", "B'10001' << 3", "01000",
             {Total({bit, kLong}, kBits,
                    RowKernelWith<StringRef, StringRef, int64_t>([](RowOut<StringRef>& out, StringRef a, int64_t by) {
                      out.SetString(Shifted(a.view(), by));
                    }))});
  family.Add(">>", "Bits moved to the right, zeros before them.", "B'10001' >> 2", "00100",
             {Total({bit, kLong}, kBits,
                    RowKernelWith<StringRef, StringRef, int64_t>([](RowOut<StringRef>& out, StringRef a, int64_t by) {
                      out.SetString(Shifted(a.view(), by == INT64_MIN ? INT64_MAX : -by));
                    }))});
  family.Add(
      "||", "Bit strings one after the other.", "B'10001' || B'011'", "10001011",
      {Partial({bit, bit}, Type::Bit(0, true),
               RowKernelWith<StringRef, StringRef, StringRef>([](RowOut<StringRef>& out, StringRef a, StringRef b) {
                 if (a.size() + uint64_t{b.size()} > kBitsMax) {
                   return out.Fail(Error::User(sqlstate::kProgramLimitExceeded,
                                               "bit string length exceeds the maximum allowed ({})", kBitsMax));
                 }
                 out.SetString(std::string(a.view()).append(b.view()));
               }))});
}

// ---- functions

// Bits from a position counted from 1; positions before the first count too.
std::string_view Slice(std::string_view bits, int64_t from, int64_t length) {
  const auto size = static_cast<int64_t>(bits.size());
  int64_t end = 0;
  if (__builtin_add_overflow(from, length, &end) || end > size + 1) end = size + 1;
  from = std::max<int64_t>(from, 1);
  if (end <= from) return {};
  return bits.substr(static_cast<size_t>(from - 1), static_cast<size_t>(end - from));
}

void SubstringRow(RowOut<StringRef>& out, StringRef bits, int64_t from, int64_t length) {
  if (length < 0) return out.Fail(Error::User(sqlstate::kSubstringError, "negative substring length not allowed"));
  out.SetString(Slice(bits.view(), from, length));
}

void OverlayRow(RowOut<StringRef>& out, StringRef bits, StringRef placed, int64_t from, int64_t length) {
  if (from <= 0) return out.Fail(Error::User(sqlstate::kSubstringError, "negative substring length not allowed"));
  int64_t end = 0;
  if (__builtin_add_overflow(from, length, &end)) {
    return out.Fail(Error::User(sqlstate::kNumericValueOutOfRange, "integer out of range"));
  }
  std::string result(Slice(bits.view(), 1, from - 1));
  result.append(placed.view());
  result.append(Slice(bits.view(), end, INT64_MAX));
  out.SetString(result);
}

size_t CheckedIndex(int64_t index, size_t size) {
  if (index < 0 || static_cast<uint64_t>(index) >= size) {
    throw Error::User(sqlstate::kArraySubscriptError, "bit index {} out of valid range (0..{})", index,
                      static_cast<int64_t>(size) - 1);
  }
  return static_cast<size_t>(index);
}

void GetBitRow(RowOut<int32_t>& out, StringRef bits, int64_t index) {
  Guard(out, [&] { out.Set(bits.view()[CheckedIndex(index, bits.size())] == '1' ? 1 : 0); });
}

void SetBitRow(RowOut<StringRef>& out, StringRef bits, int64_t index, int32_t value) {
  Guard(out, [&] {
    std::string result(bits.view());
    const size_t at = CheckedIndex(index, result.size());
    if (value != 0 && value != 1) throw Error::User(sqlstate::kInvalidParameterValue, "new bit must be 0 or 1");
    result[at] = value == 1 ? '1' : '0';
    out.SetString(result);
  });
}

// Storing a bit string into a column.
ColumnPtr CheckLength(const KernelArgs& args) {
  FlatWriter<StringRef> writer(args.result_type, args.size);
  const ColumnView view(*args.columns[0]);
  writer.AddOwners(view.base().owners());
  ForEachRow(args, [&](size_t row) {
    const StringRef bits = view.At<StringRef>(row);
    writer.Set(row, bits);
    FitBits(std::string(bits.view()), args.result_type, false);
  });
  return writer.Finish();
}

int32_t Position(std::string_view bits, std::string_view part) {
  const size_t at = bits.find(part);
  return at == std::string_view::npos ? 0 : static_cast<int32_t>(at) + 1;
}

}  // namespace

void RegisterBitStringFunctions(Registry& registry) {
  RegisterBitCasts(registry);
  RegisterBitOperators(registry);
  Family family(registry, "bit string");
  const TypePattern bit(kBits);
  const auto length = RowKernel<int32_t, StringRef>([](StringRef bits) { return static_cast<int32_t>(bits.size()); });
  family.Add("length", "", "", "", {Total({bit}, kInt, length)});
  family.Add("bit_length", "", "", "", {Total({bit}, kInt, length)});
  family.Add("octet_length", "", "", "", {Total({bit}, kInt, RowKernel<int32_t, StringRef>([](StringRef bits) {
                                                  return static_cast<int32_t>((uint64_t{bits.size()} + 7) / 8);
                                                }))});
  family.Add("bit_count", "", "", "", {Total({bit}, kLong, RowKernel<int64_t, StringRef>([](StringRef bits) {
                                               const std::string_view text = bits.view();
                                               return static_cast<int64_t>(std::count(text.begin(), text.end(), '1'));
                                             }))});
  family.Add(
      "substring", "", "", "",
      {Total({bit, kLong}, kBits,
             RowKernelWith<StringRef, StringRef, int64_t>([](RowOut<StringRef>& out, StringRef bits, int64_t from) {
               out.SetString(Slice(bits.view(), from, INT64_MAX));
             })),
       Partial({bit, kLong, kLong}, kBits, RowKernelWith<StringRef, StringRef, int64_t, int64_t>(SubstringRow))});
  family.Add("overlay", "", "", "",
             {Partial({bit, bit, kLong}, kBits,
                      RowKernelWith<StringRef, StringRef, StringRef, int64_t>(
                          [](RowOut<StringRef>& out, StringRef bits, StringRef placed, int64_t from) {
                            OverlayRow(out, bits, placed, from, placed.size());
                          })),
              Partial({bit, bit, kLong, kLong}, kBits,
                      RowKernelWith<StringRef, StringRef, StringRef, int64_t, int64_t>(OverlayRow))});
  family.Add("strpos", "", "", "",
             {Total({bit, bit}, kInt, RowKernel<int32_t, StringRef, StringRef>([](StringRef bits, StringRef part) {
                      return Position(bits, part);
                    }))});
  family.Add("get_bit", "", "", "",
             {Partial({bit, kLong}, kInt, RowKernelWith<int32_t, StringRef, int64_t>(GetBitRow))});
  family.Add("set_bit", "", "", "",
             {Partial({bit, kLong, kInt}, kBits, RowKernelWith<StringRef, StringRef, int64_t, int32_t>(SetBitRow))});
  family.Add("check_bit_length", "The bit string, unless its length is not that of a column; what INSERT applies.", "",
             "", {Partial({bit}, kBits, CheckLength)});
}

}  // namespace weir
