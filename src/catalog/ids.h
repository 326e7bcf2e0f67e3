#pragma once

#include "base/strong_id.h"

namespace weir {

using DatabaseId = StrongId<struct DatabaseIdTag>;
using SchemaId = StrongId<struct SchemaIdTag>;
// Tables and views share one space of ids.
using TableId = StrongId<struct TableIdTag>;
// A column of a table for its whole life: stable under renaming, never given again. The field_id in Parquet files.
using FieldId = StrongId<struct FieldIdTag, uint32_t>;
// Position in the commit log: global and monotonically increasing. 0 is the empty database before any commit.
using Version = StrongId<struct VersionTag>;

}  // namespace weir
