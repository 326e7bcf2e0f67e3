#pragma once

#include "exec/file_format.h"

namespace weir {

// read_json: options by name, inference over several files, scans.
std::unique_ptr<FileFormatScan> OpenJsonFiles(const FileSource& source, FileSystem& files);
Schema InferJsonFiles(const FileSource& source, FileSystem& files);

}  // namespace weir
