#include "expr/row_select.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace weir {

namespace {

// For each byte of bits, where its set bits are.
struct BitPositions {
  uint8_t at[256][8];
};

constexpr BitPositions MakeBitPositions() {
  BitPositions out{};
  for (int bits = 0; bits < 256; ++bits) {
    int n = 0;
    for (int i = 0; i < 8; ++i) {
      if ((bits >> i & 1) != 0) out.at[bits][n++] = static_cast<uint8_t>(i);
    }
  }
  return out;
}

constexpr BitPositions kBitPositions = MakeBitPositions();

// The low bits of eight bytes; only those count, since booleans under NULL may be anything.
inline uint32_t PackBytes(const uint8_t* bytes) {
  uint64_t word;
  std::memcpy(&word, bytes, 8);
  word &= 0x0101010101010101ULL;
  return static_cast<uint32_t>((word * 0x0102040810204080ULL) >> 56);
}

inline size_t EmitBits(uint32_t bits, uint32_t first, uint32_t* out) {
  const uint8_t* positions = kBitPositions.at[bits];
  for (size_t i = 0; i < 8; ++i) out[i] = first + positions[i];
  return static_cast<size_t>(std::popcount(bits));
}

WEIR_SIMD_CLONES size_t SelectDense(const uint8_t* mask, const uint64_t* validity, uint8_t want, size_t count,
                                    uint32_t* out) {
  const uint32_t flip = want != 0 ? 0 : 0xFF;
  size_t n = 0;
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    uint32_t bits = PackBytes(mask + row) ^ flip;
    if (validity != nullptr) bits &= static_cast<uint32_t>(validity[row / 64] >> (row % 64)) & 0xFF;
    if (bits != 0) n += EmitBits(bits, static_cast<uint32_t>(row), out + n);
  }
  for (; row < count; ++row) {
    out[n] = static_cast<uint32_t>(row);
    n += static_cast<size_t>(mask[row] == want && (validity == nullptr || GetBit(validity, row)));
  }
  return n;
}

// The rows whose bit is set, of all rows.
size_t SelectBits(const uint64_t* bits, size_t count, uint32_t* out) {
  size_t n = 0;
  size_t row = 0;
  for (; row + 8 <= count; row += 8) {
    n += EmitBits(static_cast<uint32_t>(bits[row / 64] >> (row % 64)) & 0xFF, static_cast<uint32_t>(row), out + n);
  }
  for (; row < count; ++row) {
    out[n] = static_cast<uint32_t>(row);
    n += static_cast<size_t>(GetBit(bits, row));
  }
  return n;
}

#if defined(__x86_64__)
// What fits into a register that is looked up in by bytes.
constexpr size_t kByteTableMax = 64;

const bool kHasByteTables = [] {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vbmi");
}();

// Sixteen rows at a time, of all rows.
__attribute__((target("avx512f,avx512vbmi"))) size_t SelectFewCodes(const uint32_t* codes,
                                                                    std::span<const uint8_t> passes, size_t count,
                                                                    uint32_t* out) {
  alignas(64) std::array<uint8_t, kByteTableMax> bytes{};
  std::ranges::copy(passes, bytes.begin());
  const __m512i table = _mm512_load_si512(bytes.data());
  const __m512i one = _mm512_set1_epi32(1);
  const __m512i step = _mm512_set1_epi32(16);
  __m512i row_numbers = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  size_t n = 0;
  size_t row = 0;
  for (; row + 16 <= count; row += 16) {
    const __m512i found = _mm512_permutexvar_epi8(_mm512_loadu_si512(codes + row), table);
    const __mmask16 pass = _mm512_test_epi32_mask(found, one);
    // All of it is written: no more rows are out than were looked at.
    _mm512_storeu_si512(out + n, _mm512_maskz_compress_epi32(pass, row_numbers));
    n += static_cast<size_t>(std::popcount(static_cast<uint32_t>(pass)));
    row_numbers = _mm512_add_epi32(row_numbers, step);
  }
  for (; row < count; ++row) {
    out[n] = static_cast<uint32_t>(row);
    n += passes[codes[row]];
  }
  return n;
}
#endif

size_t CopyRows(const RowSet& rows, uint32_t* out) {
  if (rows.is_dense()) {
    for (size_t i = 0; i < rows.count(); ++i) out[i] = static_cast<uint32_t>(i);
  } else if (out != rows.rows() && rows.count() != 0) {
    std::memcpy(out, rows.rows(), rows.count() * sizeof(uint32_t));
  }
  return rows.count();
}

template <typename Test>
size_t SelectIf(const RowSet& rows, uint32_t* out, Test test) {
  size_t n = 0;
  rows.ForEach([&](size_t row) {
    out[n] = static_cast<uint32_t>(row);
    n += static_cast<size_t>(test(row));
  });
  return n;
}

}  // namespace

size_t SelectRows(const uint8_t* mask, const uint64_t* validity, uint8_t want, const RowSet& rows, uint32_t* out) {
  if (rows.is_dense()) return SelectDense(mask, validity, want, rows.count(), out);
  if (validity == nullptr) {
    return SelectIf(rows, out, [&](size_t row) { return mask[row] == want; });
  }
  return SelectIf(rows, out, [&](size_t row) { return (mask[row] == want) & GetBit(validity, row); });
}

size_t SelectCodes(const uint32_t* codes, std::span<const uint8_t> passes, const RowSet& rows, uint32_t* out) {
#if defined(__x86_64__)
  if (kHasByteTables && rows.is_dense() && passes.size() <= kByteTableMax) {
    return SelectFewCodes(codes, passes, rows.count(), out);
  }
#endif
  return SelectIf(rows, out, [&](size_t row) { return passes[codes[row]] != 0; });
}

size_t SelectRows(const Column& column, uint8_t want, const RowSet& rows, uint32_t* out) {
  const ColumnView view(column);
  const auto* values = view.values<uint8_t>();
  if (view.is_identity()) return SelectRows(values, view.validity(), want, rows, out);
  if (view.is_constant()) {
    const bool pass = view.IsValid(0) && values[0] == want;
    return pass ? CopyRows(rows, out) : 0;
  }
  const uint32_t* indices = view.indices();
  const uint64_t* validity = view.validity();
  if (validity == nullptr) {
    return SelectIf(rows, out, [&](size_t row) { return values[indices[row]] == want; });
  }
  return SelectIf(rows, out,
                  [&](size_t row) { return (values[indices[row]] == want) & GetBit(validity, indices[row]); });
}

size_t SelectValid(const Column& column, const RowSet& rows, uint32_t* out) {
  const ColumnView view(column);
  if (!view.may_have_nulls()) return CopyRows(rows, out);
  if (view.is_identity()) {
    const uint64_t* validity = view.validity();
    if (rows.is_dense()) return SelectBits(validity, rows.count(), out);
    return SelectIf(rows, out, [&](size_t row) { return GetBit(validity, row); });
  }
  return SelectIf(rows, out, [&](size_t row) { return view.IsValid(row); });
}

size_t SelectNull(const Column& column, const RowSet& rows, uint32_t* out) {
  const ColumnView view(column);
  if (!view.may_have_nulls()) return 0;
  return SelectIf(rows, out, [&](size_t row) { return view.IsNull(row); });
}

}  // namespace weir
