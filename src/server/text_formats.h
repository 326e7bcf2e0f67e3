#pragma once

#include "exec/file_format.h"

namespace weir {

// The text formats that read_csv reads: their options by name, their files as units of a scan, one per file.
FileFormats MakeTextFormats();

}  // namespace weir
