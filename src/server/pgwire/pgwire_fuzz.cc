#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "server/pgwire/value_format.h"
#include "server/scram.h"

namespace weir {

namespace {

class FixedRandom final : public Random {
 public:
  uint64_t Next() override { return state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL; }

 private:
  uint64_t state_ = 1;
};

// The first byte picks what the rest is taken for.
void Decode(std::string_view bytes) {
  const auto which = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  if (which < 200) {
    constexpr uint32_t kOids[] = {16,   17,   20,   21,   23,   25,   114,  700,  701,  1000, 1005, 1007, 1009, 1016,
                                  1021, 1022, 1082, 1083, 1114, 1115, 1184, 1186, 1231, 1700, 2950, 3802, 1182, 199};
    const Type type = pgwire::TypeOfOid(kOids[which % std::size(kOids)]);
    if (!type.is(TypeKind::kUnknown)) pgwire::DecodeParameter(bytes, which % 2 == 0, type, {});
    return;
  }
  if (which < 220) {
    FixedRandom random;
    ScramExchange exchange("", random);
    const size_t half = bytes.size() / 2;
    exchange.First(bytes.substr(0, half));
    exchange.Final(bytes.substr(half));
    return;
  }
  // A Bind message, field by field.
  pgwire::MessageReader in(bytes);
  in.Text();
  in.Text();
  for (int16_t i = in.Int16(); i > 0; --i) in.Int16();
  for (int16_t i = in.Int16(); i > 0; --i) {
    const int32_t size = in.Int32();
    if (size >= 0) in.Bytes(static_cast<size_t>(size));
  }
}

}  // namespace

void FuzzPgwire(std::span<const uint8_t> bytes);
void FuzzPgwire(std::span<const uint8_t> bytes) {
  if (!bytes.empty()) Decode(AsText(bytes));
}

std::vector<std::string> FuzzPgwireSeeds();
std::vector<std::string> FuzzPgwireSeeds() {
  using namespace std::string_literals;
  return {
      "\x02\x00\x00\x00\x00\x00\x00\x00\x2a"s,
      "\x17\x00\x02\x00\x00\x00\x00\x00\x02\x00\x01\x09\xc4"s,
      "\x09{1,2,NULL}"s,
      "\x11"s + "2024-01-02 03:04:05+02",
      "\x0a\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x17\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\x01\xff\xff\xff\xff"s,
      "\xd0n,,n=,r=abcdefc=biws,r=abcdef,p=AAAA"s,
      "\xf0portal\0statement\0\x00\x01\x00\x01\x00\x01\x00\x00\x00\x04\x00\x00\x00\x01\x00\x00"s};
}

}  // namespace weir
