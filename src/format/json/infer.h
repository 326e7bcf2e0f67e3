#pragma once

#include <memory>

#include "format/json/records.h"
#include "types/type.h"

namespace weir::json {

// Finds the columns that hold the first records of one or several files. Objects become structs (maps, when their keys
// differ from one to the next), arrays lists, numbers bigint, largeint or double, texts that all have the form of one
// date, timestamp or timestamptz; what has no one type, json.
class JsonInference {
 public:
  explicit JsonInference(const JsonOptions& options);
  ~JsonInference();
  // Looks at the next file. Throws kBadCopyFileFormat for malformed records unless errors are ignored.
  void Add(const OpenFile& open);
  // Throws kBadCopyFileFormat when there was no record.
  Schema Finish() const;

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace weir::json
