#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/file_system.h"
#include "format/csv/options.h"
#include "format/csv/tokenizer.h"
#include "types/type.h"

namespace weir::csv {

// Opens the file that is looked at, from its start; called several times.
using OpenFile = std::function<std::unique_ptr<RandomAccessFile>()>;

// What was found out about a file.
struct CsvLayout {
  char delimiter = ',';
  bool header = false;
  Schema schema;  // kUnknown where the sample holds NULLs only; see Settled
};

// Looks at the first records: the delimiter of , ; | and tab that divides them most evenly, whether the first one
// names the columns, and per column the narrowest of boolean, bigint, largeint, double, date, timestamp, timestamptz
// and varchar that holds every value. Throws kBadCopyFileFormat for a file without records.
CsvLayout InferCsvLayout(const OpenFile& open, const CsvOptions& options);
Schema InferCsvSchema(const OpenFile& open, const CsvOptions& options);
// The schema that holds the rows of both files: columns by position, of the same number.
Schema MergeSchemas(const Schema& a, const Schema& b, const std::string& path_of_b);
// Unknown types become varchar.
Schema Settled(Schema schema);

char DetectDelimiter(const OpenFile& open, const CsvOptions& options);
// Column names from a header record: empty ones become column<i>, repeated ones get a suffix.
std::vector<std::string> HeaderNames(const CsvTokenizer& tokens);

}  // namespace weir::csv
