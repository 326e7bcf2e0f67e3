#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exec/file_format.h"
#include "format/text_blocks.h"

namespace weir {

// A scan of text files: several units per file, which share the file's blocks. Threads: any.
class TextScan : public FileFormatScan {
 public:
  size_t unit_count() const final { return units_.size(); }
  std::unique_ptr<FileUnitReader> OpenUnit(size_t unit, std::shared_ptr<MemoryTracker> tracker) const final;
  uint64_t bytes() const final { return bytes_; }

 protected:
  // Gives the next rows, at most so many; none at the end.
  using NextRows = std::function<Chunk(size_t rows_max)>;
  // Makes readers of one file; all of them share what it has captured.
  using MakeReader = std::function<NextRows(std::shared_ptr<MemoryTracker> tracker)>;

  TextScan(const FileSource& source, FileSystem& files, TextCompression compression);
  // Once per file, on the first of its units.
  virtual MakeReader OpenFile(const std::string& path) const = 0;

  FileSystem& files_;
  std::vector<size_t> columns_;  // wanted ones, without the file's name

 private:
  struct File {
    std::string path;
    size_t lanes_left = 0;
    std::mutex mutex;  // guards the below while the file is opened
    MakeReader make;
  };
  std::vector<std::unique_ptr<File>> opened_;
  std::vector<File*> units_;
  const int filename_column_;
  uint64_t bytes_ = 0;
};

}  // namespace weir
