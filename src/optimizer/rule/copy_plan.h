#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "optimizer/columns.h"

namespace weir {

// Ids above all that the plan uses.
class FreshIds {
 public:
  explicit FreshIds(const LogicalNode& plan) { Note(plan); }
  PlanColumn Make(const Type& type, const std::string& name) {
    last_ = last_.next();
    return {last_, type, name};
  }
  CteId MakeCte() { return last_cte_ = last_cte_.next(); }

 private:
  void Note(const LogicalNode& plan);

  ColumnId last_;
  CteId last_cte_;
};

// Computes a plan a second time: the same nodes, with new ids for everything that they make. What they take from
// outside (columns of outer queries, CTEs defined further up) stays as it is.
class PlanCopier {
 public:
  explicit PlanCopier(FreshIds& ids) : ids_(ids) {}
  LogicalPtr Copy(const LogicalPtr& plan);
  // Columns of the plan and what they are in the copy.
  const ColumnMap& columns() const { return map_; }

 private:
  std::vector<PlanColumn> Renew(const std::vector<PlanColumn>& columns);

  FreshIds& ids_;
  ColumnMap map_;
  std::unordered_map<CteId, CteId> ctes_;
};

}  // namespace weir
