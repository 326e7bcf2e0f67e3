#pragma once

#include "exec/file_format.h"

namespace weir {

// The text formats that read_csv and read_json read: their options by name, their files as units of a scan, several
// per file.
FileFormats MakeTextFormats();

}  // namespace weir
