// Checksums, digests and encryption.

#include <cctype>
#include <memory>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <xxhash.h>

#include "base/int128.h"
#include "function/scalar/encoding.h"
#include "function/scalar/kernel.h"
#include "function/scalar/register.h"

namespace weir {

namespace {

// The CRC-32 of zlib and of Castagnoli, by their reflected polynomials.
template <uint32_t kPolynomial>
uint32_t Crc32(std::string_view bytes) {
  static const std::vector<uint32_t> kTable = [] {
    std::vector<uint32_t> table(256);
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t crc = i;
      for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ kPolynomial : crc >> 1;
      table[i] = crc;
    }
    return table;
  }();
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) crc = kTable[(crc ^ static_cast<uint8_t>(c)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}
constexpr uint32_t kZlibPolynomial = 0xEDB88320;
constexpr uint32_t kCastagnoliPolynomial = 0x82F63B78;

std::string Digest(const EVP_MD* algorithm, std::string_view bytes) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (algorithm == nullptr || EVP_Digest(bytes.data(), bytes.size(), out, &size, algorithm, nullptr) != 1) {
    throw Error::Unsupported("Use sha256.", "the digest is not available in this build of OpenSSL");
  }
  return {reinterpret_cast<const char*>(out), size};
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return out;
}

// Overloads over text and bytea of the same kernel.
std::vector<FunctionOverload> OverBytes(const TypePattern& result, const ScalarKernel& kernel) {
  return {Partial({kText}, result, kernel), Partial({kBytes}, result, kernel)};
}

template <typename F>
ScalarKernel IntegerOf(F f) {
  return RowKernel<int64_t, StringRef>([f](StringRef bytes) { return static_cast<int64_t>(f(bytes.view())); });
}
template <typename F>
ScalarKernel TextOf(F f) {
  return RowKernelWith<StringRef, StringRef>(
      [f](RowOut<StringRef>& out, StringRef bytes) { Guard(out, [&] { out.SetString(f(bytes.view())); }); });
}

std::string Sha2(std::string_view text, int64_t bits) {
  switch (bits) {
    case 0:
    case 256:
      return Hex(Digest(EVP_sha256(), text));
    case 224:
      return Hex(Digest(EVP_sha224(), text));
    case 384:
      return Hex(Digest(EVP_sha384(), text));
    case 512:
      return Hex(Digest(EVP_sha512(), text));
    default:
      return {};
  }
}

int128_t Md5Number(std::string_view text) {
  uint128_t value = 0;
  for (const char c : Digest(EVP_md5(), text)) value = value << 8 | static_cast<uint8_t>(c);
  return static_cast<int128_t>(value);
}

// ---- AES

// MySQL folds keys of any length into the algorithm's by xor.
std::string FoldKey(std::string_view key, size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < key.size(); ++i) out[i % size] = static_cast<char>(out[i % size] ^ key[i]);
  return out;
}

const EVP_CIPHER* CipherOf(std::string_view mode, bool& needs_vector) {
  std::string name;
  for (const char c : mode) name += c == '_' ? '-' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  needs_vector = !name.ends_with("ECB");
  const EVP_CIPHER* cipher = name.starts_with("AES-") ? EVP_get_cipherbyname(name.c_str()) : nullptr;
  if (cipher == nullptr || name.ends_with("GCM") || name.ends_with("CCM")) {
    throw Error::User(sqlstate::kInvalidParameterValue, "unknown encryption mode: \"{}\"", mode)
        .WithHint("AES_128_ECB, AES_256_CBC and the like, with CFB, CFB1, CFB8, OFB and CTR.");
  }
  return cipher;
}

// Empty when the bytes do not decrypt.
std::optional<std::string> Crypt(bool encrypt, std::string_view input, std::string_view key, std::string_view vector,
                                 std::string_view mode) {
  bool needs_vector = false;
  const EVP_CIPHER* cipher = CipherOf(mode, needs_vector);
  const std::string folded = FoldKey(key, static_cast<size_t>(EVP_CIPHER_get_key_length(cipher)));
  std::string start(vector);
  start.resize(static_cast<size_t>(std::max(EVP_CIPHER_get_iv_length(cipher), 16)));
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  const auto bytes = [](const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::string out(input.size() + 32, '\0');
  int written = 0, last = 0;
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  const bool ok = EVP_CipherInit_ex(context.get(), cipher, nullptr, bytes(folded),
                                    needs_vector ? bytes(start) : nullptr, encrypt ? 1 : 0) == 1 &&
                  EVP_CipherUpdate(context.get(), to, &written, reinterpret_cast<const unsigned char*>(input.data()),
                                   static_cast<int>(input.size())) == 1 &&
                  EVP_CipherFinal_ex(context.get(), to + written, &last) == 1;
  ERR_clear_error();
  if (!ok) return std::nullopt;
  out.resize(static_cast<size_t>(written) + static_cast<size_t>(last));
  return out;
}

// (input, key [, vector, mode])
template <bool kEncrypt>
ColumnPtr CryptKernel(const KernelArgs& args) {
  std::vector<ColumnView> views;
  for (const ColumnPtr& column : args.columns) views.emplace_back(*column);
  FlatWriter<StringRef> out(args.result_type, args.size);
  ForEachRow(args, [&](size_t row) {
    const auto at = [&](size_t i) {
      return views.size() > i && !views[i].IsNull(row) ? views[i].At<StringRef>(row).view() : std::string_view();
    };
    const std::string_view mode = views.size() > 3 ? at(3) : "AES_128_ECB";
    std::optional<std::string> result;
    if (!views[0].IsNull(row) && !views[1].IsNull(row)) result = Crypt(kEncrypt, at(0), at(1), at(2), mode);
    if (result) {
      out.SetString(row, *result);
    } else {
      out.SetNull(row);
    }
  });
  return out.Finish();
}

std::vector<FunctionOverload> CryptOverloads(const ScalarKernel& kernel) {
  std::vector<FunctionOverload> out;
  for (const TypeKind input : {kText, kBytes}) {
    out.push_back(SeesNulls(Partial({input, kText}, kBytes, kernel)));
    out.push_back(SeesNulls(Partial({input, kText, kText, kText}, kBytes, kernel)));
  }
  return out;
}

}  // namespace

void RegisterDigestFunctions(Registry& registry) {
  Family family(registry, "cryptographic");
  family.Add({"crc32", {"crc32_hash"}}, "The CRC-32 of the bytes, as zlib's.", "crc32('hello')", "907060870",
             OverBytes(kLong, IntegerOf(Crc32<kZlibPolynomial>)));
  family.Add("crc32c", "The CRC-32C of the bytes.", "crc32c('hello')", "2591144780",
             OverBytes(kLong, IntegerOf(Crc32<kCastagnoliPolynomial>)));
  family.Add("xx_hash32", "32-bit xxHash.", "xx_hash32('hello')", "-83855367",
             OverBytes(TypeKind::kInt32, RowKernel<int32_t, StringRef>([](StringRef s) {
                         return static_cast<int32_t>(XXH32(s.data(), s.size(), 0));
                       })));
  family.Add({"xx_hash64", {"hash"}}, "64-bit xxHash.", "xx_hash64('hello')", "2794345569481354659",
             OverBytes(kLong, IntegerOf([](std::string_view s) { return XXH64(s.data(), s.size(), 0); })));
  family.Add("xx_hash3_128", "128-bit xxHash (XXH3).", "xx_hash3_128('')", "-136027654687899461258310042000974591617",
             OverBytes(TypeKind::kInt128, RowKernel<int128_t, StringRef>([](StringRef s) {
                         const XXH128_hash_t hash = XXH3_128bits(s.data(), s.size());
                         return static_cast<int128_t>(static_cast<uint128_t>(hash.high64) << 64 | hash.low64);
                       })));
  family.Add(
      "sha2", "SHA-2 digest of 224, 256, 384 or 512 bits as hexadecimal text; NULL for other lengths.",
      "sha2('abc', 256)", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      {Partial({kText, kLong}, kText,
               RowKernelWith<StringRef, StringRef, int64_t>([](RowOut<StringRef>& out, StringRef s, int64_t bits) {
                 const std::string digest = Sha2(s, bits);
                 if (digest.empty()) {
                   out.SetNull();
                 } else {
                   out.SetString(digest);
                 }
               }))});
  family.Add("sm3", "SM3 digest as hexadecimal text.", "sm3('abc')",
             "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
             OverBytes(kText, TextOf([](std::string_view s) { return Hex(Digest(EVP_get_digestbyname("SM3"), s)); })));
  family.Add("encode_fingerprint_sha256", "SHA-256 digest as bytea.", "length(encode_fingerprint_sha256('abc'))", "32",
             OverBytes(kBytes, TextOf([](std::string_view s) { return Digest(EVP_sha256(), s); })));
  family.Add(
      {"md5sum_numeric", {"md5_number"}}, "MD5 digest as a number.", "md5sum_numeric('')",
      "-58332598431525814501020785164969033090",
      OverBytes(TypeKind::kInt128, RowKernel<int128_t, StringRef>([](StringRef s) { return Md5Number(s.view()); })));
  family.Add("aes_encrypt",
             "The bytes encrypted with AES; after text and key may come an initial vector and a mode (AES_128_ECB).",
             "encode(aes_encrypt('starrocks', 'F3229A0B371ED2D9441B830D21A390C3'), 'base64')",
             "uv/Lhzm74syo8JlfWarwKA==", CryptOverloads(CryptKernel<true>));
  family.Add("aes_decrypt", "The bytes that aes_encrypt was given; NULL where they cannot be had back.",
             "convert_from(aes_decrypt(aes_encrypt('abc', 'key'), 'key'), 'UTF8')", "abc",
             CryptOverloads(CryptKernel<false>));
}

}  // namespace weir
