#pragma once

#include <string>

#include "server/system/system_table.h"
#include "storage/job.h"

namespace weir {

// The CREATE statement that makes such a table or view.
std::string DefinitionOf(const RelationInfo& relation);

// weir_catalog.jobs: its columns, and a job as a row.
Schema JobColumns();
void WriteJob(const JobInfo& job, RowWriter& out);

}  // namespace weir
