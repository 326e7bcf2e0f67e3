#include "server/text_formats.h"

#include "server/csv_files.h"
#include "server/json_files.h"

namespace weir {

FileFormats MakeTextFormats() {
  FileFormats formats;
  formats.open[FileSource::Format::kCsv] = [](const FileSource& source, FileSystem& files,
                                              const std::shared_ptr<MemoryTracker>& /*tracker*/) {
    return OpenCsvFiles(source, files);
  };
  formats.infer[FileSource::Format::kCsv] = InferCsvFiles;
  formats.open[FileSource::Format::kJson] = [](const FileSource& source, FileSystem& files,
                                               const std::shared_ptr<MemoryTracker>& /*tracker*/) {
    return OpenJsonFiles(source, files);
  };
  formats.infer[FileSource::Format::kJson] = InferJsonFiles;
  return formats;
}

}  // namespace weir
