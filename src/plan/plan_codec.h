#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "expr/registry.h"
#include "plan/physical.h"

namespace weir {

// What a plan names and the reading side has: functions, and the tables that are made on the spot. Tables of the
// catalog go by id, files by path: the executor finds them.
class PlanResolver {
 public:
  virtual ~PlanResolver() = default;
  virtual const Registry& registry() const = 0;
  // The columns of a table of the catalog, as the plan's snapshot has them; throws when it is not there.
  virtual Schema TableColumns(uint64_t table_id) = 0;
  // The virtual table of this name (VirtualSource::name); throws when there is none.
  virtual std::shared_ptr<const VirtualTable> FindVirtualTable(std::string_view name) = 0;
};

// A physical plan as bytes: what travels between nodes. Nodes, expressions and types that are shared stay shared.
// `snapshot` is the version that its tables are to be read at; 0 when that has no number. Little-endian, versioned,
// with a checksum; docs/formats/plan.md says byte by byte.
struct TravellingPlan {
  PhysicalPtr plan;
  uint64_t snapshot = 0;
};
std::string SerializePlan(const TravellingPlan& plan);

// Bytes that are the same for plans that compute the same in the same way: as above, but without what the optimizer
// guessed and where in the statement's text expressions came from. For keys; not to be read.
std::string PlanIdentity(const PhysicalPtr& plan);

// Throws kDataCorrupted on whatever SerializePlan does not write, also when the checksum is right: positions, types of
// inputs, counts and nesting are checked, as operators rely on them. kUndefinedFunction and what the resolver throws:
// the plan is from a process that has more.
TravellingPlan DeserializePlan(std::string_view bytes, PlanResolver& resolver);

// Puts the right checksum and length into a damaged plan: for fuzzers, which would not come past the header otherwise.
void SealPlan(std::string& bytes);

}  // namespace weir
