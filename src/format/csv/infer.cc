#include "format/csv/infer.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "format/csv/records.h"
#include "format/plain_forms.h"

namespace weir::csv {

namespace {

constexpr size_t kDelimiterSampleRecords = 200;
constexpr size_t kSampleBlockBytes = 256 << 10;
constexpr size_t kColumnsMax = 16'384;

using TypeMask = uint8_t;
constexpr TypeKind kCandidates[] = {TypeKind::kBoolean, TypeKind::kInt64,     TypeKind::kInt128,     TypeKind::kDouble,
                                    TypeKind::kDate,    TypeKind::kTimestamp, TypeKind::kTimestampTz};
constexpr TypeMask kAllCandidates = (1 << std::size(kCandidates)) - 1;

TypeMask CandidatesOf(std::string_view text) {
  bool boolean;
  int64_t integer;
  double number;
  int32_t date;
  int64_t timestamp;
  int128_t wide;
  TypeMask mask = 0;
  if (ParsePlainBoolean(text, boolean)) mask |= 1 << 0;
  if (ParsePlainInteger(text, integer)) {
    mask |= (1 << 1) | (1 << 2);
  } else if (ParsePlainInt128(text, wide)) {
    mask |= 1 << 2;
  }
  if (ParsePlainDouble(text, number)) mask |= 1 << 3;
  if (ParsePlainDate(text, date)) mask |= 1 << 4;
  bool has_zone = false;
  if (ParsePlainTimestamp(text, timestamp, has_zone)) mask |= has_zone ? 1 << 6 : (1 << 5) | (1 << 6);
  return mask;
}

TypeKind NarrowestOf(TypeMask mask) {
  for (size_t i = 0; i < std::size(kCandidates); ++i) {
    if ((mask >> i & 1) != 0) return kCandidates[i];
  }
  return TypeKind::kVarchar;
}

// What the values of a column have in common.
struct ColumnSample {
  TypeMask mask = kAllCandidates;
  bool has_values = false;
  void Add(std::string_view text) {
    has_values = true;
    // Testing what is out already costs time and changes nothing.
    if (mask != 0) mask &= CandidatesOf(text);
  }
  TypeKind kind() const { return has_values ? NarrowestOf(mask) : TypeKind::kUnknown; }
};

bool IsNullText(const CsvField& field, std::string_view text, const CsvOptions& options) {
  if (text.empty()) return true;
  return !field.quoted && std::ranges::find(options.null_strings, text) != options.null_strings.end();
}

[[noreturn]] void ThrowEmpty(const std::string& path) {
  throw Error::User(sqlstate::kBadCopyFileFormat, "columns cannot be inferred from an empty file: {}", path);
}

// More is better: columns of the records, less for every record that has another number of them.
double ScoreOf(const OpenFile& open, char delimiter, const CsvOptions& options) {
  CsvRecords reader(OpenCsvText(open(), delimiter, options, kSampleBlockBytes), delimiter, options);
  const CsvTokenizer& tokens = reader.tokens();
  size_t columns = 0;
  size_t records = 0;
  size_t even = 0;
  try {
    while (records < kDelimiterSampleRecords && reader.Next()) {
      if (tokens.is_empty_line()) continue;
      if (records++ == 0) columns = tokens.fields().size();
      if (tokens.fields().size() == columns) ++even;
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUser) throw;
    return 0;  // quotes do not fit this delimiter
  }
  if (records == 0 || columns < 2) return 0;
  const double share = static_cast<double>(even) / static_cast<double>(records);
  // A few uneven records may be faults of the file; many say that this is not what divides it.
  return share < 0.5 ? 0 : share * share * share * static_cast<double>(columns);
}

}  // namespace

char DetectDelimiter(const OpenFile& open, const CsvOptions& options) {
  if (options.delimiter.has_value()) return *options.delimiter;
  const std::string path = open()->path();
  std::string_view candidates = ",\t;|";
  if (path.find(".tsv") != std::string::npos) candidates = "\t,;|";
  char best = candidates[0];
  double best_score = 0;
  for (const char candidate : candidates) {
    const double score = ScoreOf(open, candidate, options);
    if (score > best_score) {
      best = candidate;
      best_score = score;
    }
  }
  return best;
}

std::vector<std::string> HeaderNames(const CsvTokenizer& tokens) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  std::string scratch;
  for (size_t i = 0; i < tokens.fields().size(); ++i) {
    std::string_view text = tokens.TextOf(tokens.fields()[i], scratch);
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    const std::string base = text.empty() || !IsUtf8(text) ? fmt::format("column{}", i) : std::string(text);
    std::string name = base;
    for (int suffix = 1; !taken.insert(name).second; ++suffix) name = fmt::format("{}_{}", base, suffix);
    names.push_back(std::move(name));
  }
  return names;
}

CsvLayout InferCsvLayout(const OpenFile& open, const CsvOptions& options) {
  CsvLayout layout;
  layout.delimiter = DetectDelimiter(open, options);
  CsvRecords reader(OpenCsvText(open(), layout.delimiter, options), layout.delimiter, options);
  const CsvTokenizer& tokens = reader.tokens();
  do {
    if (!reader.Next()) ThrowEmpty(tokens.path());
  } while (tokens.is_empty_line());
  const size_t columns = tokens.fields().size();
  if (columns > kColumnsMax) {
    throw Error::User(sqlstate::kTooManyColumns, "file has more than {} columns: {}", kColumnsMax, tokens.path());
  }
  std::string scratch;
  const std::vector<std::string> header = HeaderNames(tokens);
  std::vector<ColumnSample> first(columns);
  bool first_is_full = true;
  std::set<std::string, std::less<>> first_texts;
  std::vector<std::string> first_values;
  for (size_t i = 0; i < columns; ++i) {
    const std::string_view text = tokens.TextOf(tokens.fields()[i], scratch);
    first_values.emplace_back(text);
    if (IsNullText(tokens.fields()[i], text, options)) {
      first_is_full = false;
    } else {
      first[i].Add(text);
    }
    first_texts.emplace(text);
  }
  // The other records.
  std::vector<ColumnSample> rest(columns);
  std::vector<bool> repeats_first(columns);
  for (size_t records = 1; options.sample_records == 0 || records < options.sample_records; ++records) {
    if (!reader.Next()) break;
    if (tokens.fields().size() != columns) continue;  // reported (or skipped) by the reader
    for (size_t i = 0; i < columns; ++i) {
      const CsvField& field = tokens.fields()[i];
      const std::string_view text = tokens.TextOf(field, scratch);
      if (IsNullText(field, text, options)) continue;
      rest[i].Add(text);
      if (text == first_values[i]) repeats_first[i] = true;
    }
  }
  if (options.header.has_value()) {
    layout.header = *options.header;
  } else {
    // A header is all text, and either stands above a column of something else or could be names of all columns.
    bool is_text = true;
    bool above_other = false;
    for (size_t i = 0; i < columns; ++i) {
      is_text = is_text && (!first[i].has_values || first[i].kind() == TypeKind::kVarchar);
      above_other = above_other || (first[i].has_values && rest[i].has_values && rest[i].kind() != TypeKind::kVarchar);
    }
    const bool could_be_names =
        first_is_full && first_texts.size() == columns && std::ranges::find(repeats_first, true) == repeats_first.end();
    layout.header = is_text && (above_other || could_be_names);
  }
  for (size_t i = 0; i < columns; ++i) {
    ColumnSample sample = rest[i];
    if (!layout.header && first[i].has_values) {
      sample.has_values = true;
      sample.mask &= first[i].mask;
    }
    const Type type(options.all_varchar ? TypeKind::kVarchar : sample.kind());
    layout.schema.push_back({layout.header ? header[i] : fmt::format("column{}", i), type});
  }
  return layout;
}

Schema InferCsvSchema(const OpenFile& open, const CsvOptions& options) {
  return Settled(InferCsvLayout(open, options).schema);
}

Schema MergeSchemas(const Schema& a, const Schema& b, const std::string& path_of_b) {
  if (a.size() != b.size()) {
    throw Error::User(sqlstate::kBadCopyFileFormat, "files differ in their columns: {} has {}, those before it {}",
                      path_of_b, b.size(), a.size());
  }
  const auto is_one_of = [](TypeKind kind, std::initializer_list<TypeKind> kinds) {
    return std::ranges::find(kinds, kind) != kinds.end();
  };
  Schema out = a;
  for (size_t i = 0; i < a.size(); ++i) {
    const TypeKind left = a[i].type.kind();
    const TypeKind right = b[i].type.kind();
    if (left == right || right == TypeKind::kUnknown) continue;
    const auto both = [&](std::initializer_list<TypeKind> kinds) {
      return is_one_of(left, kinds) && is_one_of(right, kinds);
    };
    using enum TypeKind;
    if (left == kUnknown) {
      out[i].type = b[i].type;
    } else if (both({kInt64, kInt128})) {
      out[i].type = kInt128;
    } else if (both({kInt64, kInt128, kDouble})) {
      out[i].type = kDouble;
    } else if (both({kDate, kTimestamp})) {
      out[i].type = kTimestamp;
    } else if (both({kDate, kTimestamp, kTimestampTz})) {
      out[i].type = kTimestampTz;
    } else {
      out[i].type = kVarchar;
    }
  }
  return out;
}

Schema Settled(Schema schema) {
  for (Field& field : schema) {
    if (field.type.is(TypeKind::kUnknown)) field.type = TypeKind::kVarchar;
  }
  return schema;
}

}  // namespace weir::csv
