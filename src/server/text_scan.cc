#include "server/text_scan.h"

namespace weir {

namespace {

class TextUnit final : public FileUnitReader {
 public:
  TextUnit(std::function<Chunk(size_t)> next, std::string path, int filename_column)
      : next_(std::move(next)), path_(std::move(path)), filename_column_(filename_column) {}
  bool Next(size_t rows_max, Chunk& out) override {
    Chunk chunk = next_(rows_max);
    if (chunk.empty()) return false;
    if (filename_column_ >= 0) {
      std::vector<ColumnPtr> columns = chunk.columns();
      columns.insert(columns.begin() + filename_column_, Column::Constant(Value::String(path_), chunk.size()));
      chunk = chunk.WithColumns(std::move(columns));
    }
    out = std::move(chunk);
    return true;
  }

 private:
  const std::function<Chunk(size_t)> next_;
  const std::string path_;
  const int filename_column_;
};

}  // namespace

TextScan::TextScan(const FileSource& source, FileSystem& files, TextCompression compression)
    : files_(files), filename_column_(source.filename_column) {
  for (size_t i = 0; i < source.column_ordinals.size(); ++i) {
    if (static_cast<int>(i) != filename_column_) columns_.push_back(source.column_ordinals[i]);
  }
  for (const std::string& path : source.paths) {
    auto file = std::make_unique<File>();
    file->path = path;
    const auto info = files.Stat(path);
    const uint64_t bytes = info.has_value() ? info->size : 0;
    bytes_ += bytes;
    file->lanes_left = TextLanes(bytes, CompressionOf(path, compression) != TextCompression::kNone);
    units_.insert(units_.end(), file->lanes_left, file.get());
    opened_.push_back(std::move(file));
  }
}

std::unique_ptr<FileUnitReader> TextScan::OpenUnit(size_t unit, std::shared_ptr<MemoryTracker> tracker) const {
  File& file = *units_[unit];
  MakeReader make;
  {
    const std::lock_guard lock(file.mutex);
    if (file.make == nullptr) file.make = OpenFile(file.path);
    // The last one lets the file go.
    make = --file.lanes_left == 0 ? std::exchange(file.make, nullptr) : file.make;
  }
  return std::make_unique<TextUnit>(make(std::move(tracker)), file.path, filename_column_);
}

}  // namespace weir
