#include "server/plan_round_trip.h"

#include "catalog/virtual_table.h"
#include "plan/plan_codec.h"

namespace weir {

namespace {

// Finds in a catalog what plans name.
class CatalogPlanResolver final : public PlanResolver {
 public:
  CatalogPlanResolver(const Registry& registry, const Catalog& catalog) : registry_(registry), catalog_(catalog) {}

  const Registry& registry() const override { return registry_; }

  Schema TableColumns(uint64_t table_id) override {
    Schema columns;
    for (const ColumnDef& column : catalog_.GetTable(TableId(table_id))->columns) {
      columns.push_back({column.name, column.type});
    }
    return columns;
  }

  std::shared_ptr<const VirtualTable> FindVirtualTable(std::string_view name) override {
    // Functions without arguments that clients read from are tables of pg_catalog.
    const size_t dot = name.find('.');
    const std::string_view schema = dot == std::string_view::npos ? "pg_catalog" : name.substr(0, dot);
    const std::string_view table = dot == std::string_view::npos ? name : name.substr(dot + 1);
    const VirtualTablePtr* found = catalog_.virtual_tables().Find(schema, table);
    if (found == nullptr) throw Error::Operational(sqlstate::kUndefinedTable, "no virtual table here: {}", name);
    return *found;
  }

 private:
  const Registry& registry_;
  const Catalog& catalog_;
};

}  // namespace

PhysicalPtr PlanRoundTrip(const PhysicalPtr& plan, const Registry& registry, const SnapshotPtr& snapshot,
                          const CatalogPtr& catalog) {
  const uint64_t version = snapshot == nullptr ? 0 : snapshot->version().value();
  CatalogPlanResolver resolver(registry, *catalog);
  const std::string bytes = SerializePlan({plan, version});
  const TravellingPlan read = DeserializePlan(bytes, resolver);
  if (read.snapshot != version || ExplainPhysical(read.plan) != ExplainPhysical(plan)) {
    throw Error::Internal("plan is another one after its round trip:\n{}instead of\n{}", ExplainPhysical(read.plan),
                          ExplainPhysical(plan));
  }
  if (SerializePlan(read) != bytes) throw Error::Internal("plan has other bytes after its round trip");
  return read.plan;
}

}  // namespace weir
