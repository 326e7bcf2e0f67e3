#pragma once

#include "exec/file_format.h"

namespace weir {

// read_csv: options by name, inference over several files, scans.
std::unique_ptr<FileFormatScan> OpenCsvFiles(const FileSource& source, FileSystem& files);
Schema InferCsvFiles(const FileSource& source, FileSystem& files);

}  // namespace weir
