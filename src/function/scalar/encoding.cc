// Digests, hexadecimal, base64, URLs, hashes and UUIDs.

#include <array>
#include <atomic>

#include <openssl/evp.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "function/scalar/encoding.h"
#include "function/scalar/kernel.h"
#include "function/scalar/random.h"
#include "function/scalar/register.h"
#include "function/scalar/utf8.h"
#include "types/text_scan.h"

namespace weir {

namespace {

std::string Digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, algorithm, nullptr) != 1) {
    throw Error::Internal("digest failed");
  }
  return {reinterpret_cast<const char*>(digest.data()), size};
}

template <auto kAlgorithm, bool kHex>
ScalarKernel DigestKernel() {
  return RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef bytes) {
    const std::string digest = Digest(kAlgorithm(), bytes);
    if (!kHex) {
      out.SetString(digest);
      return;
    }
    std::string hex;
    AppendHex(digest, hex);
    out.SetString(hex);
  });
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// With a line break after every `line` characters, unless 0.
std::string EncodeBase64(std::string_view bytes, size_t line) {
  std::string out;
  size_t column = 0;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t have = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) group = group << 8 | (j < have ? static_cast<uint8_t>(bytes[i + j]) : 0U);
    for (size_t j = 0; j < 4; ++j) out += j <= have ? kBase64[group >> (18 - 6 * j) & 63] : '=';
    column += 4;
    if (line != 0 && column >= line && i + 3 < bytes.size()) {
      out += '\n';
      column = 0;
    }
  }
  return out;
}

std::string DecodeBase64(std::string_view text) {
  std::string out;
  uint32_t group = 0;
  int count = 0, padding = 0;
  for (const char c : text) {
    if (IsSpace(c)) continue;
    if (c == '=') {
      if (count < 2 || ++padding > 4 - count) {
        throw Error::User(sqlstate::kInvalidParameterValue, "unexpected \"=\" while decoding base64 sequence");
      }
      continue;
    }
    const size_t value = kBase64.find(c);
    if (value == std::string_view::npos || padding > 0) {
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid symbol found while decoding base64 sequence: \"{}\"",
                        std::string(1, c));
    }
    group = group << 6 | static_cast<uint32_t>(value);
    if (++count < 4) continue;
    out += static_cast<char>(group >> 16);
    out += static_cast<char>(group >> 8);
    out += static_cast<char>(group);
    count = 0;
    group = 0;
  }
  if (count == 0) return out;
  if (count + padding != 4) {
    throw Error::User(sqlstate::kInvalidParameterValue, "invalid base64 end sequence")
        .WithHint("Input data is missing padding, is truncated, or is otherwise corrupted.");
  }
  out += static_cast<char>(group >> (count == 2 ? 4 : 10));
  if (count == 3) out += static_cast<char>(group >> 2);
  return out;
}

std::string DecodeHex(std::string_view text) {
  std::string out;
  int high = -1;
  for (const char c : text) {
    if (IsSpace(c)) continue;
    const int digit = HexDigit(c);
    if (digit < 0) {
      throw Error::User(sqlstate::kInvalidParameterValue, "invalid hexadecimal digit: \"{}\"", std::string(1, c));
    }
    if (high < 0) {
      high = digit;
    } else {
      out += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  if (high >= 0) throw Error::User(sqlstate::kInvalidParameterValue, "invalid hexadecimal data: odd number of digits");
  return out;
}

std::string EncodeEscape(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte == 0 || byte >= 0x80) {
      out += '\\';
      for (int shift = 6; shift >= 0; shift -= 3) out += static_cast<char>('0' + (byte >> shift & 7));
    } else {
      if (c == '\\') out += c;
      out += c;
    }
  }
  return out;
}

Error UnknownEncoding(std::string_view format) {
  return Error::User(sqlstate::kInvalidParameterValue, "unrecognized encoding: \"{}\"", format);
}

void Encode(RowOut<StringRef>& out, StringRef bytes, StringRef format) {
  Guard(out, [&] {
    const std::string name = FoldCase(format);
    if (name == "hex") {
      std::string hex;
      AppendHex(bytes, hex);
      out.SetString(hex);
    } else if (name == "base64") {
      out.SetString(EncodeBase64(bytes, 76));
    } else if (name == "escape") {
      out.SetString(EncodeEscape(bytes));
    } else {
      throw UnknownEncoding(format);
    }
  });
}

void Decode(RowOut<StringRef>& out, StringRef text, StringRef format) {
  Guard(out, [&] {
    const std::string name = FoldCase(format);
    if (name == "hex")
      out.SetString(DecodeHex(text));
    else if (name == "base64")
      out.SetString(DecodeBase64(text));
    else if (name == "escape" && !text.view().starts_with("\\x"))
      out.SetString(ParseBytea(text));
    else if (name == "escape")
      ThrowInvalidInput("bytea", text);
    else
      throw UnknownEncoding(format);
  });
}

bool IsUnreserved(char c) {
  return IsAsciiLetter(c) || IsDigit(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

void UrlEncode(RowOut<StringRef>& out, StringRef text) {
  std::string result;
  for (const char c : text.view()) {
    if (IsUnreserved(c)) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<uint8_t>(c)));
    }
  }
  out.SetString(result);
}

void UrlDecode(RowOut<StringRef>& out, StringRef text) {
  std::string result;
  const std::string_view view = text;
  for (size_t i = 0; i < view.size(); ++i) {
    if (view[i] == '+') {
      result += ' ';
    } else if (view[i] == '%' && i + 2 < view.size() && HexDigit(view[i + 1]) >= 0 && HexDigit(view[i + 2]) >= 0) {
      result += static_cast<char>(HexDigit(view[i + 1]) * 16 + HexDigit(view[i + 2]));
      i += 2;
    } else {
      result += view[i];
    }
  }
  out.SetString(result);
}

struct Url {
  std::string_view protocol, userinfo, host, port, authority, path, query, ref;
  bool has_query = false;
};

Url SplitUrl(std::string_view text) {
  Url url;
  if (const size_t hash = text.find('#'); hash != text.npos) {
    url.ref = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const size_t question = text.find('?'); question != text.npos) {
    url.query = text.substr(question + 1);
    url.has_query = true;
    text = text.substr(0, question);
  }
  if (const size_t scheme = text.find("://"); scheme != text.npos) {
    url.protocol = text.substr(0, scheme);
    text = text.substr(scheme + 3);
    const size_t slash = text.find('/');
    url.authority = text.substr(0, slash);
    text = slash == text.npos ? std::string_view() : text.substr(slash);
    std::string_view host = url.authority;
    if (const size_t at = host.rfind('@'); at != host.npos) {
      url.userinfo = host.substr(0, at);
      host = host.substr(at + 1);
    }
    if (const size_t colon = host.rfind(':'); colon != host.npos && host.find(']', colon) == host.npos) {
      url.port = host.substr(colon + 1);
      host = host.substr(0, colon);
    }
    url.host = host;
  }
  url.path = text;
  return url;
}

void SetPart(RowOut<StringRef>& out, std::string_view part) {
  if (part.empty())
    out.SetNull();
  else
    out.SetString(part);
}

void ParseUrl(RowOut<StringRef>& out, StringRef text, StringRef part) {
  const Url url = SplitUrl(text);
  const std::string name = FoldCase(part);
  if (name == "protocol")
    SetPart(out, url.protocol);
  else if (name == "host")
    SetPart(out, url.host);
  else if (name == "port")
    SetPart(out, url.port);
  else if (name == "authority")
    SetPart(out, url.authority);
  else if (name == "userinfo")
    SetPart(out, url.userinfo);
  else if (name == "path")
    SetPart(out, url.path);
  else if (name == "query")
    SetPart(out, url.query);
  else if (name == "ref")
    SetPart(out, url.ref);
  else if (name == "file")
    SetPart(out, url.has_query ? fmt::format("{}?{}", url.path, url.query) : std::string(url.path));
  else
    out.Fail(Error::User(sqlstate::kInvalidParameterValue, "unknown part of a URL: \"{}\"", part.view()));
}

void ParseUrlParameter(RowOut<StringRef>& out, StringRef text, StringRef part, StringRef key) {
  if (FoldCase(part) != "query") {
    out.SetNull();
    return;
  }
  std::string_view query = SplitUrl(text).query;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) == key.view()) {
      out.SetString(equals == pair.npos ? std::string_view() : pair.substr(equals + 1));
      return;
    }
    if (end == query.npos) break;
    query.remove_prefix(end + 1);
  }
  out.SetNull();
}

// MurmurHash3 x86_32 (A. Appleby, public domain algorithm) with the seed that StarRocks uses.
int32_t Murmur3(std::string_view bytes) {
  constexpr uint32_t kSeed = 104'729;
  const auto mix = [](uint32_t k) {
    k *= 0xCC9E2D51U;
    k = k << 15 | k >> 17;
    return k * 0x1B873593U;
  };
  uint32_t hash = kSeed;
  size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    hash ^= mix(LoadUnaligned<uint32_t>(bytes.data() + i));
    hash = hash << 13 | hash >> 19;
    hash = hash * 5 + 0xE6546B64U;
  }
  uint32_t tail = 0;
  for (size_t j = bytes.size(); j > i; --j) tail = tail << 8 | static_cast<uint8_t>(bytes[j - 1]);
  if (i < bytes.size()) hash ^= mix(tail);
  hash ^= static_cast<uint32_t>(bytes.size());
  hash ^= hash >> 16;
  hash *= 0x85EBCA6BU;
  hash ^= hash >> 13;
  hash *= 0xC2B2AE35U;
  hash ^= hash >> 16;
  return static_cast<int32_t>(hash);
}

void ToHex(RowOut<StringRef>& out, int64_t value) {
  out.SetString(fmt::format("{:x}", static_cast<uint64_t>(value)));
}

// f(128 random bits) for each row.
template <typename F>
ColumnPtr OfRandomBits(const KernelArgs& args, F&& f) {
  FlatWriter<int128_t> out(args.result_type, args.size);
  RandomStream random(args.context.statement());
  args.rows.ForEach([&](size_t row) {
    const uint128_t bits = static_cast<uint128_t>(random.Next()) << 64 | random.Next();
    out.Set(row, static_cast<int128_t>(f(bits)));
  });
  return out.Finish();
}

// As RFC 9562 has it; kept so that uuids sort as numbers.
uint128_t UuidOf(uint128_t bits, uint64_t version) {
  bits = (bits & ~(static_cast<uint128_t>(0xF) << 76)) | static_cast<uint128_t>(version) << 76;
  bits = (bits & ~(static_cast<uint128_t>(3) << 62)) | static_cast<uint128_t>(2) << 62;
  return bits ^ static_cast<uint128_t>(1) << 127;
}

ColumnPtr RandomUuid(const KernelArgs& args) {
  return OfRandomBits(args, [](uint128_t bits) { return UuidOf(bits, 4); });
}

// Milliseconds since 1970, then random bits: later ones sort behind.
ColumnPtr TimedUuid(const KernelArgs& args) {
  const auto ms = static_cast<uint128_t>(args.context.statement().statement_time_us / 1000);
  return OfRandomBits(
      args, [ms](uint128_t bits) { return UuidOf((bits & ((static_cast<uint128_t>(1) << 80) - 1)) | ms << 80, 7); });
}

ColumnPtr RandomNumber(const KernelArgs& args) {
  return OfRandomBits(args, [](uint128_t bits) { return bits; });
}

template <typename F>
ScalarKernel TextOf(F f) {
  return RowKernelWith<StringRef, StringRef>(
      [f](RowOut<StringRef>& out, StringRef text) { Guard(out, [&] { out.SetString(f(text.view())); }); });
}

// The bytes of a text, or NULL where `f` fails (MySQL's manner).
template <typename F>
ScalarKernel TextOrNull(F f) {
  return RowKernelWith<StringRef, StringRef>([f](RowOut<StringRef>& out, StringRef text) {
    try {
      out.SetString(f(text.view()));
    } catch (const Error&) {
      out.SetNull();
    }
  });
}

void AddDigests(Family& family) {
  family.Add(
      {"md5", {"md5sum"}}, "MD5 digest as hexadecimal text.", "md5('abc')", "900150983cd24fb0d6963f7d28e17f72",
      {Total({kText}, kText, DigestKernel<EVP_md5, true>()), Total({kBytes}, kText, DigestKernel<EVP_md5, true>())});
  family.Add("sha1", "SHA-1 digest as hexadecimal text.", "sha1('abc')", "a9993e364706816aba3e25717850c26c9cd0d89d",
             {Total({kText}, kText, DigestKernel<EVP_sha1, true>())});
  // Text is hashed as its UTF-8.
  const auto sha = [&](const char* name, const char* description, const char* argument, const char* digest,
                       const ScalarKernel& kernel) {
    family.Add(name, description, fmt::format("{}({})", name, argument), digest,
               {Total({kBytes}, kBytes, kernel), Total({kText}, kBytes, kernel)});
  };
  sha("sha224", "SHA-224 digest.", "'abc'", "\\x23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
      DigestKernel<EVP_sha224, false>());
  sha("sha256", "SHA-256 digest.", "'abc'", "\\xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      DigestKernel<EVP_sha256, false>());
  sha("sha384", "SHA-384 digest.", "'abc'",
      "\\xcb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
      DigestKernel<EVP_sha384, false>());
  sha("sha512", "SHA-512 digest.", "''",
      "\\xcf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f"
      "63b931bd47417a81a538327af927da3e",
      DigestKernel<EVP_sha512, false>());
  family.Add("murmur_hash3_32", "32-bit MurmurHash3.", "murmur_hash3_32('hello starrocks')", "649297293",
             {Total({kText}, TypeKind::kInt32, RowKernel<int32_t, StringRef>([](StringRef s) { return Murmur3(s); }))});
  family.Add({"xx_hash3_64", {"xxhash64"}}, "64-bit xxHash (XXH3).", "xx_hash3_64('hello starrocks')",
             "570853261989491316", {Total({kText}, TypeKind::kInt64, RowKernel<int64_t, StringRef>([](StringRef s) {
                                            return static_cast<int64_t>(XXH3_64bits(s.data(), s.size()));
                                          }))});
}

void AddEncodings(Family& family) {
  family.Add("encode", "Bytes as text: base64, hex or escape.", "encode('123\\000\\001'::bytea, 'base64')",
             "MTIzAAE=", {Partial({kBytes, kText}, kText, RowKernelWith<StringRef, StringRef, StringRef>(Encode))});
  family.Add("decode", "Bytes of a text in base64, hex or escape.", "decode('MTIzAAE=', 'base64')", "\\x3132330001",
             {Partial({kText, kText}, kBytes, RowKernelWith<StringRef, StringRef, StringRef>(Decode))});
  const auto upper_hex = [](std::string_view bytes) {
    std::string out;
    AppendHex(bytes, out);
    for (char& c : out) c = static_cast<char>(c >= 'a' ? c - 32 : c);
    return out;
  };
  family.Add(
      "hex", "Hexadecimal digits of a number or of the bytes of a text.", "hex('abc')", "616263",
      {Total({kText}, kText, TextOf(upper_hex)), Total({kBytes}, kText, TextOf(upper_hex)),
       Total({TypeKind::kInt64}, kText, RowKernelWith<StringRef, int64_t>([](RowOut<StringRef>& out, int64_t value) {
               out.SetString(fmt::format("{:X}", static_cast<uint64_t>(value)));
             }))});
  family.Add({"unhex", {"hex_decode_string"}}, "The text whose bytes are given as hexadecimal digits, or NULL.",
             "unhex('616263')", "abc", {Total({kText}, kText, TextOrNull(DecodeHex))});
  family.Add("hex_decode_binary", "The bytes given as hexadecimal digits, or NULL.", "hex_decode_binary('616263')",
             "\\x616263", {Total({kText}, kBytes, TextOrNull(DecodeHex))});
  family.Add(
      "to_hex", "The number in hexadecimal.", "to_hex(2147483647)", "7fffffff",
      {Total({TypeKind::kInt32}, kText, RowKernelWith<StringRef, int32_t>([](RowOut<StringRef>& out, int32_t value) {
               out.SetString(fmt::format("{:x}", static_cast<uint32_t>(value)));
             })),
       Total({TypeKind::kInt64}, kText, RowKernelWith<StringRef, int64_t>(ToHex))});
  family.Add({"to_base64", {"base64_encode"}}, "The bytes in base64, on one line.", "to_base64('starrocks')",
             "c3RhcnJvY2tz",
             {Total({kText}, kText, TextOf([](std::string_view s) { return EncodeBase64(s, 0); })),
              Total({kBytes}, kText, TextOf([](std::string_view s) { return EncodeBase64(s, 0); }))});
  family.Add({"from_base64", {"base64_decode_string"}}, "The text given in base64, or NULL.",
             "from_base64('c3RhcnJvY2tz')", "starrocks", {Total({kText}, kText, TextOrNull(DecodeBase64))});
}

void AddUrls(Family& family) {
  family.Add("url_encode", "The text with everything but letters, digits, - _ . ~ as %XX.", "url_encode('a b&c')",
             "a%20b%26c", {Total({kText}, kText, RowKernelWith<StringRef, StringRef>(UrlEncode))});
  family.Add("url_decode", "The text that url_encode was given.", "url_decode('a%20b%26c')", "a b&c",
             {Total({kText}, kText, RowKernelWith<StringRef, StringRef>(UrlDecode))});
  family.Add(
      "parse_url",
      "A part of a URL: PROTOCOL, HOST, PORT, AUTHORITY, USERINFO, PATH, QUERY, REF or FILE; or one parameter of "
      "the query.",
      "parse_url('http://facebook.com/path/p1.php?id=1', 'QUERY', 'id')", "1",
      {Partial({kText, kText}, kText, RowKernelWith<StringRef, StringRef, StringRef>(ParseUrl)),
       Total({kText, kText, kText}, kText,
             RowKernelWith<StringRef, StringRef, StringRef, StringRef>(ParseUrlParameter))});
  family.Add("url_extract_host", "The host of a URL.", "url_extract_host('https://a.org:8080/x')", "a.org",
             {Total({kText}, kText, RowKernelWith<StringRef, StringRef>([](RowOut<StringRef>& out, StringRef text) {
                      SetPart(out, SplitUrl(text).host);
                    }))});
}

}  // namespace

int32_t MurmurHash3(std::string_view bytes) {
  return Murmur3(bytes);
}
std::string ToBase64(std::string_view bytes) {
  return EncodeBase64(bytes, 0);
}
std::string FromBase64(std::string_view text) {
  return DecodeBase64(text);
}

void RegisterEncodingFunctions(Registry& registry) {
  Family family(registry, "encoding");
  AddDigests(family);
  AddEncodings(family);
  AddUrls(family);
  family.Add({"gen_random_uuid", {"uuid"}}, "A random UUID (version 4).", "", "",
             {Volatile(Total({}, TypeKind::kUuid, RandomUuid))});
  family.Add({"uuidv7", {"uuid_v7"}}, "A UUID (version 7) that begins with the statement's time and is random behind.",
             "substring(uuidv7()::text, 15, 1)", "7", {Volatile(Total({}, TypeKind::kUuid, TimedUuid))});
  family.Add("uuid_numeric", "A random number of 128 bits.", "pg_typeof(uuid_numeric())", "largeint",
             {Volatile(Total({}, TypeKind::kInt128, RandomNumber))});
}

}  // namespace weir
