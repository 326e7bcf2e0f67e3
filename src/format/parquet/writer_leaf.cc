#include "format/parquet/writer_leaf.h"

#include <algorithm>

#include <libdeflate.h>

#include "base/check.h"
#include "format/parquet/codec.h"
#include "format/parquet/encode_delta.h"
#include "format/parquet/encode_rle.h"

namespace weir::parquet {

namespace {

// Entries that are taken before a page's size is looked at again.
constexpr size_t kStep = 1024;
constexpr uint32_t kNoCode = UINT32_MAX;

size_t WordBytes(StoredKind kind) {
  return kind == StoredKind::kInt32 || kind == StoredKind::kFloat ? 4 : 8;
}

void PutLength(size_t length, std::string& out) {
  const auto value = static_cast<uint32_t>(length);
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string EncodeLevels(const std::vector<uint32_t>& levels, int level_max) {
  std::string out;
  EncodeRle(levels, BitsFor(static_cast<uint32_t>(level_max)), out);
  return out;
}

}  // namespace

CompressionCodec CodecOf(WriterCodec codec) {
  switch (codec) {
    case WriterCodec::kNone:
      return CompressionCodec::kUncompressed;
    case WriterCodec::kSnappy:
      return CompressionCodec::kSnappy;
    case WriterCodec::kZstd:
      return CompressionCodec::kZstd;
    case WriterCodec::kLz4Raw:
      return CompressionCodec::kLz4Raw;
  }
  return CompressionCodec::kUncompressed;
}

LeafWriter::LeafWriter(const WriterLeaf& leaf, const WriterOptions& options)
    : leaf_(leaf), options_(options), dictionary_(leaf), bounds_(leaf) {
  StartChunk();
}

void LeafWriter::StartChunk() {
  const bool wants_dictionary =
      leaf_.encoding == WriterEncoding::kAuto || leaf_.encoding == WriterEncoding::kDictionary;
  mode_ = wants_dictionary && leaf_.stored != StoredKind::kBoolean ? Mode::kDictionary : FirstPlainMode();
  dictionary_.Clear();
  dictionary_used_ = false;
  pages_.clear();
  pages_bytes_ = 0;
  uncompressed_bytes_ = chunk_entries_ = chunk_nulls_ = 0;
  bounds_ = MinMax(leaf_);
  bloom_hashes_.clear();
  encodings_.clear();
  code_base_.reset();
  base_codes_.clear();
}

LeafWriter::Mode LeafWriter::FirstPlainMode() const {
  const bool has_delta =
      leaf_.stored == StoredKind::kInt32 || leaf_.stored == StoredKind::kInt64 || leaf_.stored == StoredKind::kBytes;
  const bool is_float = leaf_.stored == StoredKind::kFloat || leaf_.stored == StoredKind::kDouble;
  switch (leaf_.encoding) {
    case WriterEncoding::kAuto:
      return has_delta ? Mode::kUndecided : Mode::kPlain;
    case WriterEncoding::kDelta:
      return has_delta ? Mode::kDelta : Mode::kPlain;
    case WriterEncoding::kByteStreamSplit:
      return is_float ? Mode::kByteStreamSplit : Mode::kPlain;
    default:
      return Mode::kPlain;
  }
}

void LeafWriter::Append(const LeafBatch& batch) {
  size_t value = 0;  // of batch.rows
  for (size_t entry = 0; entry < batch.entries;) {
    // Pages begin where rows begin.
    size_t end = std::min(entry + kStep, batch.entries);
    if (batch.repetitions.empty()) {
      end = std::min(end, entry + std::max<size_t>(options_.page_rows - std::min(options_.page_rows, page_rows_), 1));
    } else {
      while (end < batch.entries && batch.repetitions[end] != 0) ++end;
    }
    size_t values = end - entry;
    if (!batch.definitions.empty()) {
      values = 0;
      for (size_t i = entry; i < end; ++i) {
        values += batch.definitions[i] == static_cast<uint32_t>(leaf_.definition_max) ? 1 : 0;
      }
      definitions_.insert(definitions_.end(), batch.definitions.begin() + static_cast<ptrdiff_t>(entry),
                          batch.definitions.begin() + static_cast<ptrdiff_t>(end));
    }
    if (batch.repetitions.empty()) {
      page_rows_ += end - entry;
    } else {
      for (size_t i = entry; i < end; ++i) page_rows_ += batch.repetitions[i] == 0 ? 1 : 0;
      repetitions_.insert(repetitions_.end(), batch.repetitions.begin() + static_cast<ptrdiff_t>(entry),
                          batch.repetitions.begin() + static_cast<ptrdiff_t>(end));
    }
    page_entries_ += end - entry;
    page_values_ += values;
    AppendValues(batch, value, values);
    value += values;
    entry = end;
    if (PageIsFull()) EndPage();
  }
}

void LeafWriter::AppendValues(const LeafBatch& batch, size_t first, size_t count) {
  const std::span<const uint32_t> rows(batch.rows.data() + first, count);
  if (mode_ == Mode::kDictionary && !batch.column->is_flat() && batch.column->base()->size() <= 1 << 20) {
    return AppendCodes(batch, rows);
  }
  StageValues(leaf_, *batch.column, rows, staged_);
  AppendStaged();
}

void LeafWriter::AppendCodes(const LeafBatch& batch, std::span<const uint32_t> rows) {
  const Column& column = *batch.column;
  if (code_base_ != column.base()) {
    code_base_ = column.base();
    base_codes_.assign(code_base_->size(), kNoCode);
  }
  const ColumnView view(column);
  for (const uint32_t row : rows) {
    const auto at = static_cast<uint32_t>(view.Index(row));
    uint32_t& code = base_codes_[at];
    if (code == kNoCode) {
      StageValues(leaf_, *code_base_, {&at, 1}, staged_);
      code =
          HoldsBytes(leaf_.stored) ? dictionary_.FindOrAdd(staged_.bytes[0]) : dictionary_.FindOrAdd(staged_.words[0]);
    }
    codes_.push_back(code);
  }
}

void LeafWriter::AppendStaged() {
  const bool holds_bytes = HoldsBytes(leaf_.stored);
  if (mode_ == Mode::kDictionary) {
    if (holds_bytes) {
      for (const std::string_view value : staged_.bytes) codes_.push_back(dictionary_.FindOrAdd(value));
    } else {
      for (const uint64_t word : staged_.words) codes_.push_back(dictionary_.FindOrAdd(word));
    }
    return;
  }
  if (holds_bytes) {
    for (const std::string_view value : staged_.bytes) {
      bytes_ += value;
      lengths_.push_back(static_cast<uint32_t>(value.size()));
    }
  } else {
    words_.insert(words_.end(), staged_.words.begin(), staged_.words.end());
  }
}

bool LeafWriter::PageIsFull() const {
  if (page_rows_ >= options_.page_rows) return true;
  size_t bytes = definitions_.size() / 8 + repetitions_.size() / 8;
  if (mode_ == Mode::kDictionary) {
    bytes += codes_.size() * 2;
    // A dictionary that grows beyond its size is looked at before the page is full.
    if (dictionary_.plain_bytes() > options_.dictionary_bytes_max) return true;
  } else {
    bytes += words_.size() * WordBytes(leaf_.stored) + bytes_.size() + lengths_.size() * 4;
  }
  return bytes >= options_.page_bytes;
}

bool LeafWriter::DictionaryPays() const {
  if (dictionary_.plain_bytes() > options_.dictionary_bytes_max) return false;
  if (leaf_.encoding == WriterEncoding::kDictionary || dictionary_used_) return true;
  // At the end of the first page: with indices it must be clearly smaller than without.
  if (codes_.empty()) return true;
  const double average = static_cast<double>(dictionary_.plain_bytes()) / static_cast<double>(dictionary_.size());
  const double plain = average * static_cast<double>(codes_.size());
  const double index_bits = BitsFor(static_cast<uint32_t>(dictionary_.size()));
  const double encoded =
      static_cast<double>(dictionary_.plain_bytes()) + index_bits / 8 * static_cast<double>(codes_.size());
  return encoded < 0.8 * plain;
}

void LeafWriter::LeaveDictionary() {
  mode_ = FirstPlainMode();
  for (const uint32_t code : codes_) {
    if (HoldsBytes(leaf_.stored)) {
      const std::string_view value = dictionary_.bytes(code);
      bytes_ += value;
      lengths_.push_back(static_cast<uint32_t>(value.size()));
    } else {
      words_.push_back(dictionary_.word(code));
    }
  }
  codes_.clear();
  code_base_.reset();
  if (dictionary_used_) return;
  dictionary_.Clear();
}

MinMax LeafWriter::PageBounds() const {
  MinMax bounds(leaf_);
  if (!leaf_.has_order) return bounds;
  if (mode_ == Mode::kDictionary) {
    std::vector<bool> seen(dictionary_.size());
    for (const uint32_t code : codes_) {
      if (seen[code]) continue;
      seen[code] = true;
      if (HoldsBytes(leaf_.stored)) {
        bounds.Add(dictionary_.bytes(code));
      } else {
        bounds.Add(dictionary_.word(code));
      }
    }
  } else if (HoldsBytes(leaf_.stored)) {
    size_t at = 0;
    for (const uint32_t length : lengths_) {
      bounds.Add(std::string_view(bytes_).substr(at, length));
      at += length;
    }
  } else {
    bounds.Add(words_);
  }
  return bounds;
}

PageEncoding LeafWriter::EncodingOf(Mode mode) const {
  switch (mode) {
    case Mode::kDictionary:
      return PageEncoding::kRleDictionary;
    case Mode::kDelta:
      return leaf_.stored == StoredKind::kBytes ? PageEncoding::kDeltaLengthByteArray
                                                : PageEncoding::kDeltaBinaryPacked;
    case Mode::kByteStreamSplit:
      return PageEncoding::kByteStreamSplit;
    default:
      return PageEncoding::kPlain;
  }
}

void LeafWriter::EncodeValues(Mode mode, std::string& out) const {
  if (mode == Mode::kDictionary) {
    const int width =
        std::max(1, BitsFor(static_cast<uint32_t>(dictionary_.size() - (dictionary_.size() == 0 ? 0 : 1))));
    out.push_back(static_cast<char>(width));
    EncodeRle(codes_, width, out);
    return;
  }
  if (leaf_.stored == StoredKind::kBoolean) return PackBits(words_, 1, out);
  if (leaf_.stored == StoredKind::kFixedBytes) {
    out += bytes_;
    return;
  }
  if (leaf_.stored == StoredKind::kBytes) {
    if (mode == Mode::kDelta) {
      std::vector<int64_t> lengths(lengths_.begin(), lengths_.end());
      EncodeDelta(lengths, 32, out);
      out += bytes_;
      return;
    }
    size_t at = 0;
    out.reserve(out.size() + bytes_.size() + lengths_.size() * 4);
    for (const uint32_t length : lengths_) {
      PutLength(length, out);
      out.append(bytes_, at, length);
      at += length;
    }
    return;
  }
  const size_t width = WordBytes(leaf_.stored);
  if (mode == Mode::kDelta) {
    EncodeDelta({reinterpret_cast<const int64_t*>(words_.data()), words_.size()}, static_cast<int>(width * 8), out);
    return;
  }
  const size_t start = out.size();
  out.resize(start + words_.size() * width);
  char* to = out.data() + start;
  if (mode == Mode::kByteStreamSplit) {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (size_t byte = 0; byte < width; ++byte)
        to[byte * words_.size() + i] = static_cast<char>(words_[i] >> (8 * byte));
    }
    return;
  }
  for (size_t i = 0; i < words_.size(); ++i) std::memcpy(to + i * width, &words_[i], width);
}

// The first page that has no dictionary tells: delta where it is smaller by a tenth, compressed.
void LeafWriter::ChooseMode() {
  std::string plain;
  std::string delta;
  EncodeValues(Mode::kPlain, plain);
  EncodeValues(Mode::kDelta, delta);
  mode_ = Compressed(delta).size() * 10 < Compressed(plain).size() * 9 ? Mode::kDelta : Mode::kPlain;
}

std::string LeafWriter::Compressed(std::string_view bytes) const {
  if (options_.codec == WriterCodec::kNone || bytes.empty()) return std::string(bytes);
  std::string out;
  Compress(CodecOf(options_.codec), options_.codec == WriterCodec::kZstd ? options_.codec_level : kCodecLevelDefault,
           AsBytes(bytes), out);
  return out;
}

void LeafWriter::NoteEncoding(PageType type, PageEncoding encoding) {
  for (PageEncodingStats& stats : encodings_) {
    if (stats.page_type != type || stats.encoding != encoding) continue;
    ++stats.count;
    return;
  }
  encodings_.push_back({type, encoding, 1});
}

std::string LeafWriter::BuildPage(std::string_view repetitions, std::string_view definitions, std::string_view values,
                                  PageEncoding encoding) {
  PageHeader header;
  std::string body;
  if (options_.data_page_v2) {
    header.type = PageType::kDataV2;
    DataPageHeaderV2& page = header.data_page_header_v2.emplace();
    page.num_values = static_cast<int32_t>(page_entries_);
    page.num_nulls = static_cast<int32_t>(page_entries_ - page_values_);
    page.num_rows = static_cast<int32_t>(page_rows_);
    page.encoding = encoding;
    page.definition_levels_byte_length = static_cast<int32_t>(definitions.size());
    page.repetition_levels_byte_length = static_cast<int32_t>(repetitions.size());
    const std::string compressed = Compressed(values);
    const bool is_compressed = options_.codec != WriterCodec::kNone && compressed.size() < values.size();
    page.is_compressed = is_compressed;
    body.append(repetitions).append(definitions).append(is_compressed ? std::string_view(compressed) : values);
    header.uncompressed_page_size = static_cast<int32_t>(repetitions.size() + definitions.size() + values.size());
  } else {
    header.type = PageType::kData;
    DataPageHeader& page = header.data_page_header.emplace();
    page.num_values = static_cast<int32_t>(page_entries_);
    page.encoding = encoding;
    std::string plain;
    plain.reserve(repetitions.size() + definitions.size() + values.size() + 8);
    if (leaf_.repetition_max > 0) {
      PutLength(repetitions.size(), plain);
      plain += repetitions;
    }
    if (leaf_.definition_max > 0) {
      PutLength(definitions.size(), plain);
      plain += definitions;
    }
    plain += values;
    header.uncompressed_page_size = static_cast<int32_t>(plain.size());
    body = Compressed(plain);
  }
  NoteEncoding(header.type, encoding);
  header.compressed_page_size = static_cast<int32_t>(body.size());
  if (options_.checksums) header.crc = static_cast<int32_t>(libdeflate_crc32(0, body.data(), body.size()));
  std::string out;
  WriteMetadata(header, out);
  uncompressed_bytes_ += static_cast<int64_t>(out.size()) + header.uncompressed_page_size;
  out += body;
  return out;
}

void LeafWriter::EndPage() {
  if (page_entries_ == 0) return;
  if (mode_ == Mode::kDictionary && !DictionaryPays()) LeaveDictionary();
  if (mode_ == Mode::kUndecided) ChooseMode();
  Page page;
  page.rows = static_cast<int64_t>(page_rows_);
  page.null_count = static_cast<int64_t>(page_entries_ - page_values_);
  page.all_null = page_values_ == 0;
  const MinMax bounds = PageBounds();
  bounds_.Merge(bounds);
  const auto min = bounds.Min(options_.statistics_bytes_max);
  const auto max = bounds.Max(options_.statistics_bytes_max);
  page.has_bounds = page.all_null || (min.has_value() && max.has_value());
  if (!page.all_null && page.has_bounds) {
    page.min = min->bytes;
    page.max = max->bytes;
  }
  if (leaf_.stored == StoredKind::kBytes) {
    if (mode_ == Mode::kDictionary) {
      for (const uint32_t code : codes_) page.byte_array_bytes += static_cast<int64_t>(dictionary_.bytes(code).size());
    } else {
      page.byte_array_bytes = static_cast<int64_t>(bytes_.size());
    }
  }
  if (mode_ == Mode::kDictionary) {
    dictionary_used_ = true;
  } else if (HoldsBytes(leaf_.stored)) {
    size_t at = 0;
    for (const uint32_t length : lengths_) {
      const uint64_t hash = HashBytesOf(std::string_view(bytes_).substr(at, length));
      distinct_.Add(hash);
      if (leaf_.bloom_filter) bloom_hashes_.push_back(hash);
      at += length;
    }
  } else {
    for (const uint64_t word : words_) {
      const uint64_t hash = HashWord(leaf_.stored, word);
      distinct_.Add(hash);
      if (leaf_.bloom_filter) bloom_hashes_.push_back(hash);
    }
  }
  std::string values;
  EncodeValues(mode_, values);
  const std::string repetitions = leaf_.repetition_max > 0 ? EncodeLevels(repetitions_, leaf_.repetition_max) : "";
  const std::string definitions = leaf_.definition_max > 0 ? EncodeLevels(definitions_, leaf_.definition_max) : "";
  page.header_and_body = BuildPage(repetitions, definitions, values, EncodingOf(mode_));
  if (page.header_and_body.size() > INT32_MAX) {
    throw Error::User(sqlstate::kProgramLimitExceeded, "a page of the Parquet file is too large: {} bytes",
                      page.header_and_body.size());
  }
  pages_bytes_ += page.header_and_body.size();
  chunk_entries_ += static_cast<int64_t>(page_entries_);
  chunk_nulls_ += page.null_count;
  pages_.push_back(std::move(page));
  definitions_.clear();
  repetitions_.clear();
  codes_.clear();
  words_.clear();
  bytes_.clear();
  lengths_.clear();
  page_entries_ = page_rows_ = page_values_ = 0;
}

size_t LeafWriter::buffered_bytes() const {
  return pages_bytes_ + dictionary_.plain_bytes() + words_.size() * 8 + bytes_.size() +
         (codes_.size() + lengths_.size() + definitions_.size() + repetitions_.size()) * 4;
}

std::string LeafWriter::DictionaryPage() {
  std::string values;
  for (uint32_t i = 0; i < dictionary_.size(); ++i) {
    if (leaf_.stored == StoredKind::kBytes) PutLength(dictionary_.bytes(i).size(), values);
    if (HoldsBytes(leaf_.stored)) {
      values += dictionary_.bytes(i);
    } else {
      const uint64_t word = dictionary_.word(i);
      values.append(reinterpret_cast<const char*>(&word), WordBytes(leaf_.stored));
    }
  }
  PageHeader header;
  header.type = PageType::kDictionary;
  DictionaryPageHeader& page = header.dictionary_page_header.emplace();
  page.num_values = static_cast<int32_t>(dictionary_.size());
  page.encoding = PageEncoding::kPlain;
  const std::string body = Compressed(values);
  header.uncompressed_page_size = static_cast<int32_t>(values.size());
  header.compressed_page_size = static_cast<int32_t>(body.size());
  if (options_.checksums) header.crc = static_cast<int32_t>(libdeflate_crc32(0, body.data(), body.size()));
  NoteEncoding(PageType::kDictionary, PageEncoding::kPlain);
  std::string out;
  WriteMetadata(header, out);
  uncompressed_bytes_ += static_cast<int64_t>(out.size() + values.size());
  out += body;
  return out;
}

EncodedChunk LeafWriter::EndChunk() {
  EndPage();
  EncodedChunk chunk(leaf_);
  ColumnMetaData& metadata = chunk.metadata;
  if (dictionary_used_) {
    chunk.bytes = DictionaryPage();
    metadata.dictionary_page_offset = 0;
    for (const uint64_t hash : dictionary_.hashes()) distinct_.Add(hash);
    if (leaf_.bloom_filter) {
      bloom_hashes_.insert(bloom_hashes_.end(), dictionary_.hashes().begin(), dictionary_.hashes().end());
    }
  }
  metadata.data_page_offset = static_cast<int64_t>(chunk.bytes.size());
  chunk.bytes.reserve(chunk.bytes.size() + pages_bytes_);
  chunk.has_index = leaf_.has_order;
  int64_t row = 0;
  SizeStatistics sizes;
  int64_t byte_array_bytes = 0;
  std::vector<const Page*> with_bounds;
  for (const Page& page : pages_) {
    chunk.offsets.page_locations.push_back(
        {static_cast<int64_t>(chunk.bytes.size()), static_cast<int32_t>(page.header_and_body.size()), row});
    if (leaf_.stored == StoredKind::kBytes) {
      chunk.offsets.unencoded_byte_array_data_bytes.push_back(page.byte_array_bytes);
      byte_array_bytes += page.byte_array_bytes;
    }
    row += page.rows;
    chunk.bytes += page.header_and_body;
    chunk.index.null_pages.push_back(page.all_null);
    chunk.index.min_values.push_back(page.min);
    chunk.index.max_values.push_back(page.max);
    chunk.index.null_counts.push_back(page.null_count);
    chunk.has_index = chunk.has_index && page.has_bounds;
  }
  metadata.type = leaf_.physical;
  metadata.path_in_schema = leaf_.path;
  metadata.codec = CodecOf(options_.codec);
  metadata.num_values = chunk_entries_;
  metadata.total_uncompressed_size = uncompressed_bytes_;
  metadata.total_compressed_size = static_cast<int64_t>(chunk.bytes.size());
  metadata.encodings.push_back(PageEncoding::kRle);
  for (const PageEncodingStats& stats : encodings_) {
    if (std::find(metadata.encodings.begin(), metadata.encodings.end(), stats.encoding) == metadata.encodings.end()) {
      metadata.encodings.push_back(stats.encoding);
    }
  }
  metadata.encoding_stats = encodings_;
  if (leaf_.stored == StoredKind::kBytes) {
    sizes.unencoded_byte_array_data_bytes = byte_array_bytes;
    metadata.size_statistics = sizes;
  }
  Statistics& statistics = metadata.statistics.emplace();
  statistics.null_count = chunk_nulls_;
  if (const auto min = bounds_.Min(options_.statistics_bytes_max)) {
    statistics.min_value = min->bytes;
    statistics.is_min_value_exact = min->exact;
  }
  if (const auto max = bounds_.Max(options_.statistics_bytes_max)) {
    statistics.max_value = max->bytes;
    statistics.is_max_value_exact = max->exact;
  }
  if (leaf_.bloom_filter && !bloom_hashes_.empty()) {
    chunk.bloom_filter = BuildBloomFilter(bloom_hashes_, options_.bloom_false_positives);
  }
  chunk.bounds = bounds_;
  StartChunk();
  return chunk;
}

}  // namespace weir::parquet
