#include "plan/plan_codec.h"

#include "base/hash.h"
#include "plan/plan_codec_parts.h"

namespace weir {

namespace {

// Layout (docs/formats/plan.md): u32 magic "WPL1" | u16 version | u32 body bytes | u64 XXH3 of the body | body.
constexpr uint32_t kMagic = 0x314C5057;  // "WPL1"
constexpr uint16_t kVersion = 1;
constexpr size_t kHeaderBytes = 4 + 2 + 4 + 8;

std::string Sealed(std::string_view body) {
  if (body.size() > UINT32_MAX) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "plan is too large to be serialised: {} bytes", body.size());
  }
  ByteWriter out;
  out.Put(kMagic);
  out.Put(kVersion);
  out.Put(static_cast<uint32_t>(body.size()));
  out.Put(HashString(body));
  out.PutRaw(body);
  return out.Take();
}

}  // namespace

std::string SerializePlan(const TravellingPlan& plan) {
  PlanWriter writer;
  writer.Add(plan.plan);
  ByteWriter body;
  body.PutVarint(plan.snapshot);
  body.PutRaw(writer.Finish());
  return Sealed(body.buffer());
}

std::string PlanIdentity(const PhysicalPtr& plan) {
  PlanWriter writer(/*identity=*/true);
  writer.Add(plan);
  return writer.Finish();
}

TravellingPlan DeserializePlan(std::string_view bytes, PlanResolver& resolver) {
  ByteReader header(bytes);
  PlanReader::Need(header.Get<uint32_t>() == kMagic, "magic");
  const auto version = header.Get<uint16_t>();
  if (version != kVersion) {
    throw Error::Operational(sqlstate::kDataCorrupted, "plan of another version: {}, this is {}", version, kVersion)
        .WithHint("All nodes must run versions that understand each other.");
  }
  const auto size = header.Get<uint32_t>();
  const auto checksum = header.Get<uint64_t>();
  const std::string_view body = header.GetRaw(size);
  PlanReader::Need(header.empty(), "bytes behind its end");
  PlanReader::Need(HashString(body) == checksum, "checksum");

  ByteReader in(body);
  TravellingPlan out;
  out.snapshot = in.GetVarint();
  PlanReader reader(in, resolver);
  out.plan = reader.ReadAll();
  PlanReader::Need(in.empty(), "bytes behind its nodes");
  return out;
}

void SealPlan(std::string& bytes) {
  bytes = Sealed(std::string_view(bytes).substr(std::min(bytes.size(), kHeaderBytes)));
}

}  // namespace weir
