#include "format/parquet/page_reader.h"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>

#include "base/bits.h"
#include "format/parquet/bit_unpack.h"
#include "format/parquet/codec.h"
#include "format/parquet/convert.h"
#include "format/parquet/corrupt.h"
#include "format/parquet/thrift_compact.h"
#include "format/parquet/utf8.h"

namespace weir::parquet {

FileWindow::FileWindow(const PageContext& context, uint64_t begin, uint64_t end)
    : context_(context), end_(end), read_ahead_end_(end), window_begin_(begin) {}

ByteSpan FileWindow::Fetch(uint64_t offset, size_t size) {
  if (offset > end_ || size > end_ - offset) {
    throw Corrupt("page reaches beyond its column chunk: {} bytes at offset {}, which ends at {}", size, offset, end_);
  }
  return Peek(offset, size);
}

ByteSpan FileWindow::Peek(uint64_t offset, size_t size) {
  if (offset >= end_) return {};
  size = static_cast<size_t>(std::min<uint64_t>(size, end_ - offset));
  const uint64_t window_end = window_begin_ + window_size_;
  if (offset < window_begin_ || offset + size > window_end) {
    const uint64_t ahead = std::max<uint64_t>(read_ahead_end_, offset) - offset;
    const auto wanted = static_cast<size_t>(std::max<uint64_t>(size, std::min<uint64_t>(context_.window_bytes, ahead)));
    auto next = context_.pool->Take(wanted, context_.tracker);
    size_t kept = 0;
    if (offset >= window_begin_ && offset < window_end) {
      kept = static_cast<size_t>(window_end - offset);
      std::memcpy(next->data(), buffer_->data() + (offset - window_begin_), kept);
    }
    context_.file->ReadExactly(offset + kept, {next->data() + kept, wanted - kept});
    // The system reads the next window while this one is decoded.
    if (const uint64_t end = offset + wanted; end < read_ahead_end_) {
      context_.file->Prefetch(end, std::min<uint64_t>(context_.window_bytes, read_ahead_end_ - end));
    }
    // Kernels look at the padding, though it changes nothing that they return.
    std::memset(next->data() + wanted, 0, Buffer::kPadding);
    bytes_read_ += wanted - kept;
    buffer_ = std::move(next);
    window_begin_ = offset;
    window_size_ = wanted;
  }
  return {buffer_->data() + (offset - window_begin_), size};
}

namespace {

// Where the chunk begins: at the dictionary if there is one.
uint64_t ChunkBegin(const ColumnMetaData& metadata) {
  int64_t begin = metadata.data_page_offset;
  if (const int64_t dictionary = metadata.dictionary_page_offset.value_or(0); dictionary > 0) {
    begin = std::min(begin, dictionary);
  }
  if (begin < 0) throw Corrupt("offset of a column chunk is negative: {}", begin);
  return static_cast<uint64_t>(begin);
}

uint64_t ChunkEnd(const ColumnMetaData& metadata, uint64_t file_size) {
  const uint64_t begin = ChunkBegin(metadata);
  if (begin > file_size || metadata.total_compressed_size < 0) {
    throw Corrupt("column chunk lies outside of the file: offset {}, {} bytes", begin, metadata.total_compressed_size);
  }
  // Some writers left the dictionary's header out of the size.
  constexpr uint64_t kSlack = 100;
  const auto size = static_cast<uint64_t>(metadata.total_compressed_size);
  return size >= file_size - begin ? file_size : std::min(begin + size + kSlack, file_size);
}

template <typename T>
void GatherTyped(const uint8_t* values, const uint32_t* indices, size_t count, uint8_t* out) {
  const auto* from = reinterpret_cast<const T*>(values);
  auto* to = reinterpret_cast<T*>(out);
  for (size_t i = 0; i < count; ++i) to[i] = from[indices[i]];
}

struct Wide {
  uint64_t parts[2];
};

// Without clearing again what was there.
void Grow(std::vector<uint32_t>& scratch, size_t size) {
  if (scratch.size() < size) scratch.resize(size);
}

}  // namespace

void GatherFixed(const uint8_t* values, size_t width, const uint32_t* indices, size_t count, uint8_t* out) {
  switch (width) {
    case 1:
      return GatherTyped<uint8_t>(values, indices, count, out);
    case 2:
      return GatherTyped<uint16_t>(values, indices, count, out);
    case 4:
      return GatherTyped<uint32_t>(values, indices, count, out);
    case 8:
      return GatherTyped<uint64_t>(values, indices, count, out);
    default:
      WEIR_DCHECK(width == sizeof(Wide));
      return GatherTyped<Wide>(values, indices, count, out);
  }
}

PageReader::PageReader(const PageContext& context, const Leaf& leaf, const ColumnMetaData& metadata,
                       std::shared_ptr<const OffsetIndex> index, uint64_t rows)
    : context_(context),
      leaf_(leaf),
      metadata_(metadata),
      index_(std::move(index)),
      rows_(rows),
      must_be_utf8_(context.verify_utf8 && (leaf.type.is(TypeKind::kVarchar) || leaf.type.is(TypeKind::kJson))),
      window_(context, ChunkBegin(metadata), ChunkEnd(metadata, context.file->size())),
      offset_(ChunkBegin(metadata)),
      cache_(metadata.codec == CompressionCodec::kUncompressed ? nullptr : context.cache) {
  if (metadata.type != leaf.physical) {
    throw Corrupt("column chunk has another type than the schema: {} for {}", ToString(metadata.type),
                  ToString(leaf.physical));
  }
  if (metadata.num_values < 0) throw Corrupt("number of values is negative: {}", metadata.num_values);
  if (!IsCodecSupported(metadata.codec)) {
    throw Error::Unsupported("Rewrite the file with ZSTD or SNAPPY.", "Parquet codec is not supported: {}",
                             ToString(metadata.codec));
  }
}

PageHeader PageReader::ReadHeader() {
  page_offset_ = offset_;
  if (cache_ != nullptr) {
    cached_ = cache_->Find(context_.cache_file, offset_);
    if (cached_ != nullptr) {
      body_offset_ = cached_->body_offset;
      offset_ = body_offset_ + static_cast<uint64_t>(cached_->header.compressed_page_size);
      return cached_->header;
    }
  }
  PageHeader header;
  size_t consumed = 0;
  constexpr size_t kHeaderBytesMax = 16 << 20;
  for (size_t size = 1024;; size *= 8) {
    const ByteSpan bytes = window_.Peek(offset_, size);
    try {
      ReadMetadata(bytes, header, &consumed);
      break;
    } catch (const ThriftTruncated&) {
      if (bytes.size() < size || size >= kHeaderBytesMax) throw;
    }
  }
  if (header.compressed_page_size < 0 || header.uncompressed_page_size < 0) {
    throw Corrupt("page size is negative: {}, {}", header.compressed_page_size, header.uncompressed_page_size);
  }
  body_offset_ = offset_ + consumed;
  const auto size = static_cast<uint64_t>(header.compressed_page_size);
  if (size > window_.end() - body_offset_) {
    throw Corrupt("page reaches beyond its column chunk: {} bytes at offset {}", size, body_offset_);
  }
  offset_ = body_offset_ + size;
  if (cache_ != nullptr) {
    // Without its body: pages that are moved over need not be looked at again either.
    auto page = std::make_shared<CachedPage>();
    page->header = header;
    page->body_offset = body_offset_;
    cached_ = page;
    cache_->Insert(context_.cache_file, page_offset_, std::move(page));
  }
  return header;
}

// The dictionary comes first, if at all.
void PageReader::ReadFirstHeader() {
  started_ = true;
  if (metadata_.num_values == 0) return;
  const uint64_t begin = offset_;
  if (index_ != nullptr && !wanted_.empty() && !index_->page_locations.empty()) {
    // Do not read ahead from the dictionary into pages that nobody wants.
    window_.set_read_ahead_end(static_cast<uint64_t>(std::max<int64_t>(index_->page_locations[0].offset, 0)));
  }
  PageHeader header = ReadHeader();
  if (header.type != PageType::kDictionary) {
    offset_ = begin;
    return;
  }
  if (!header.dictionary_page_header.has_value()) throw Corrupt("dictionary page lacks its header");
  dictionary_header_ = std::move(header);
  dictionary_offset_ = page_offset_;
  dictionary_body_offset_ = body_offset_;
  if (cached_ != nullptr && cached_->has_dictionary()) {
    cached_dictionary_ = std::move(cached_);
    return;
  }
  dictionary_body_ = window_.Fetch(body_offset_, static_cast<size_t>(dictionary_header_->compressed_page_size));
  dictionary_body_owner_ = window_.owner();
}

bool PageReader::Next() {
  if (!started_) ReadFirstHeader();
  if (index_ != nullptr) {
    const auto& pages = index_->page_locations;
    if (next_page_ >= pages.size()) return false;
    const size_t page = next_page_++;
    const PageLocation& location = pages[page];
    offset_ = static_cast<uint64_t>(location.offset);
    // Read ahead to the end of the wanted pages that follow without a large gap.
    size_t last = page;
    constexpr size_t kGap = 64 << 10;
    uint64_t ahead_end = offset_ + static_cast<uint64_t>(location.compressed_page_size);
    while (++last < pages.size()) {
      const auto begin = static_cast<uint64_t>(pages[last].offset);
      if (begin > ahead_end + kGap || begin - offset_ > context_.window_bytes) break;
      if (wanted_.empty() || wanted_[last]) ahead_end = begin + static_cast<uint64_t>(pages[last].compressed_page_size);
    }
    window_.set_read_ahead_end(ahead_end);
    const PageHeader header = ReadHeader();
    StartDataPage(header);
    first_row_ = static_cast<uint64_t>(location.first_row_index);
    const uint64_t end = page + 1 < pages.size() ? static_cast<uint64_t>(pages[page + 1].first_row_index) : rows_;
    const auto rows = static_cast<size_t>(end - first_row_);
    if (row_count_.has_value() && *row_count_ != rows) {
      throw Corrupt("page has another number of rows than the index says: {} for {}", *row_count_, rows);
    }
    row_count_ = rows;
    return true;
  }
  const auto total = static_cast<uint64_t>(metadata_.num_values);
  while (values_seen_ < total) {
    const PageHeader header = ReadHeader();
    if (header.type == PageType::kDictionary) throw Corrupt("column chunk has a second dictionary");
    if (header.type != PageType::kData && header.type != PageType::kDataV2) continue;
    StartDataPage(header);
    values_seen_ += value_count_;
    if (values_seen_ > total) throw Corrupt("pages have more values than their column chunk: {}", total);
    if (value_count_ > 0) return true;
  }
  return false;
}

void PageReader::StartDataPage(const PageHeader& header) {
  header_ = header;
  loaded_ = false;
  first_row_ = 0;
  int32_t values = 0;
  if (header_.type == PageType::kData && header_.data_page_header.has_value()) {
    values = header_.data_page_header->num_values;
    row_count_ = std::nullopt;
  } else if (header_.type == PageType::kDataV2 && header_.data_page_header_v2.has_value()) {
    values = header_.data_page_header_v2->num_values;
    const int32_t rows = header_.data_page_header_v2->num_rows;
    if (rows < 0 || rows > values) throw Corrupt("number of rows of the page is out of range: {}", rows);
    row_count_ = static_cast<size_t>(rows);
  } else {
    throw Corrupt("data page lacks its header");
  }
  if (values < 0) throw Corrupt("number of values of the page is negative: {}", values);
  value_count_ = static_cast<size_t>(values);
  if (leaf_.repetition_max == 0) {
    if (row_count_.has_value() && *row_count_ != value_count_) {
      throw Corrupt("page has {} rows of {} values", *row_count_, value_count_);
    }
    row_count_ = value_count_;
  }
}

void PageReader::SeekRow(uint64_t row) {
  if (!started_) ReadFirstHeader();
  const auto& pages = index_->page_locations;
  const auto after = std::upper_bound(pages.begin(), pages.end(), row, [](uint64_t wanted, const PageLocation& page) {
    return wanted < static_cast<uint64_t>(page.first_row_index);
  });
  if (after == pages.begin()) throw Corrupt("offset index has no page for row {}", row);
  next_page_ = static_cast<size_t>(after - pages.begin()) - 1;
  if (!Next()) throw Corrupt("offset index has no page for row {}", row);
}

ByteSpan PageReader::CheckBody(ByteSpan body, const PageHeader& header) const {
  if (context_.verify_checksums && header.crc.has_value()) {
    const uint32_t crc = libdeflate_crc32(0, body.data(), body.size());
    if (crc != static_cast<uint32_t>(*header.crc)) {
      throw Corrupt("checksum of the page is wrong: {:08x} instead of {:08x}", crc, static_cast<uint32_t>(*header.crc));
    }
  }
  return body;
}

ByteSpan PageReader::Decompress(ByteSpan body, size_t prefix, size_t size, bool keep, BufferPtr& buffer) const {
  if (size > context_.page_bytes_max) {
    throw Error::Operational(sqlstate::kProgramLimitExceeded, "Parquet page is too large: {} bytes", size);
  }
  CheckCompressionRatio(metadata_.codec, body.size() - prefix, size - prefix);
  auto out = keep ? context_.pool->TakeTight(size) : context_.pool->Take(size, context_.tracker);
  if (prefix > 0) std::memcpy(out->data(), body.data(), prefix);
  parquet::Decompress(metadata_.codec, body.subspan(prefix), {out->data() + prefix, size - prefix});
  std::memset(out->data() + size, 0, Buffer::kPadding);
  buffer = std::move(out);
  return {buffer->data(), size};
}

ByteSpan PageReader::TakeLevels(ByteSpan& bytes, int level_max, PageEncoding encoding) const {
  if (level_max == 0) return {};
  size_t size = 0;
  if (encoding == PageEncoding::kBitPacked) {
    const auto width = static_cast<size_t>(std::bit_width(static_cast<unsigned>(level_max)));
    size = (value_count_ * width + 7) / 8;
  } else if (encoding == PageEncoding::kRle) {
    if (bytes.size() < 4) throw Corrupt("levels of the page end early");
    size = LoadUnaligned<uint32_t>(bytes.data());
    bytes = bytes.subspan(4);
  } else {
    throw Corrupt("encoding of levels is invalid: {}", ToString(encoding));
  }
  if (size > bytes.size()) throw Corrupt("levels of the page end early");
  const ByteSpan out = bytes.first(size);
  bytes = bytes.subspan(size);
  return out;
}

bool PageReader::WillKeepBody() const {
  const auto size = static_cast<size_t>(header_.uncompressed_page_size);
  if (cache_ == nullptr || !cache_->Admits(size)) return false;
  return !IsBulky(size, value_count_) || cache_->WantsBulky(context_.cache_file, page_offset_, size);
}

ByteSpan PageReader::LoadBody(bool keep, BufferPtr& buffer) {
  if (cached_ != nullptr && cached_->body != nullptr) {
    buffer = cached_->body;
    page_owner_ = buffer;
    return {buffer->data(), cached_->body_bytes};
  }
  const ByteSpan body =
      CheckBody(window_.Fetch(body_offset_, static_cast<size_t>(header_.compressed_page_size)), header_);
  const auto size = static_cast<size_t>(header_.uncompressed_page_size);
  size_t levels = 0;  // of v2 pages, which are never compressed
  bool compressed = metadata_.codec != CompressionCodec::kUncompressed;
  if (header_.type == PageType::kDataV2) {
    const DataPageHeaderV2& data = *header_.data_page_header_v2;
    const int64_t both = int64_t{data.repetition_levels_byte_length} + data.definition_levels_byte_length;
    if (data.repetition_levels_byte_length < 0 || data.definition_levels_byte_length < 0 ||
        both > static_cast<int64_t>(body.size()) || both > static_cast<int64_t>(size)) {
      throw Corrupt("sizes of levels are out of range: {} and {}", data.repetition_levels_byte_length,
                    data.definition_levels_byte_length);
    }
    levels = static_cast<size_t>(both);
    compressed = compressed && data.is_compressed.value_or(true) && body.size() > levels;
  }
  if (!compressed) {
    const bool v1 = header_.type == PageType::kData;
    if (v1 && body.size() != size) throw Corrupt("uncompressed page has two sizes: {} and {}", body.size(), size);
    page_owner_ = window_.owner();
    return body;
  }
  const ByteSpan out = Decompress(body, levels, size, keep, buffer);
  page_owner_ = buffer;
  return out;
}

namespace {

// Of values as they are stored plainly, each behind its length.
bool AreUtf8(ByteSpan values) {
  while (values.size() >= sizeof(uint32_t)) {
    const auto size = LoadUnaligned<uint32_t>(values.data());
    values = values.subspan(sizeof(uint32_t));
    if (size > values.size() || !IsUtf8(AsText(values.first(size)))) return false;
    values = values.subspan(size);
  }
  return values.empty();
}

}  // namespace

void PageReader::Load() {
  WEIR_DCHECK(!loaded_);
  BufferPtr buffer;  // null: the page lies in the window
  const bool was_cached = cached_ != nullptr && cached_->body != nullptr;
  const bool keep = !was_cached && WillKeepBody();
  const ByteSpan body = LoadBody(keep, buffer);
  ByteSpan values = body;
  PageEncoding encoding = PageEncoding::kPlain;
  if (header_.type == PageType::kData) {
    const DataPageHeader& data = *header_.data_page_header;
    encoding = data.encoding;
    definition_encoding_ = data.definition_level_encoding;
    repetition_encoding_ = data.repetition_level_encoding;
    repetition_bytes_ = TakeLevels(values, leaf_.repetition_max, repetition_encoding_);
    definition_bytes_ = TakeLevels(values, leaf_.definition_max, definition_encoding_);
  } else {
    const DataPageHeaderV2& data = *header_.data_page_header_v2;
    encoding = data.encoding;
    definition_encoding_ = PageEncoding::kRle;
    repetition_encoding_ = PageEncoding::kRle;
    const auto repetition = static_cast<size_t>(data.repetition_levels_byte_length);
    const auto definition = static_cast<size_t>(data.definition_levels_byte_length);
    if (repetition + definition > body.size()) throw Corrupt("levels of the page end early");
    repetition_bytes_ = body.first(repetition);
    definition_bytes_ = body.subspan(repetition, definition);
    values = body.subspan(repetition + definition);
  }
  MakeDecoder(encoding, values);
  page_is_utf8_ = (was_cached && cached_->is_utf8) || !must_be_utf8_ ||
                  std::holds_alternative<DictionaryIndexDecoder>(decoder_) || IsAscii(AsText(StringBytes(values)));
  // Once for as long as the page is kept, rather than each time that it is read.
  if (!page_is_utf8_ && keep && std::holds_alternative<PlainBytesDecoder>(decoder_)) page_is_utf8_ = AreUtf8(values);
  loaded_ = true;
  ++pages_loaded_;
  if (cache_ == nullptr) return;
  if (was_cached) ++pages_from_cache_;
  cache_->CountLoad(was_cached);
  if (!keep || buffer == nullptr) return;
  auto page = std::make_shared<CachedPage>();
  page->header = header_;
  page->body_offset = body_offset_;
  page->body = std::move(buffer);
  page->body_bytes = body.size();
  page->is_utf8 = page_is_utf8_;
  page->is_bulky = IsBulky(body.size(), value_count_);
  cache_->Insert(context_.cache_file, page_offset_, std::move(page));
}

// The part of the page that holds text; lengths would pass for other than ASCII.
ByteSpan PageReader::StringBytes(ByteSpan values) const {
  if (const auto* lengths = std::get_if<DeltaLengthBytesDecoder>(&decoder_)) return lengths->string_bytes();
  if (const auto* deltas = std::get_if<DeltaBytesDecoder>(&decoder_)) return deltas->string_bytes();
  return values;
}

void PageReader::MakeDecoder(PageEncoding encoding, ByteSpan values) {
  const auto invalid = [&] {
    return Corrupt("encoding does not go with the type: {} of {}", ToString(encoding), ToString(leaf_.physical));
  };
  const PhysicalKind kind = leaf_.physical;
  switch (encoding) {
    case PageEncoding::kPlain:
      if (kind == PhysicalKind::kBoolean) {
        decoder_.emplace<PlainBoolDecoder>(values);
      } else if (kind == PhysicalKind::kByteArray) {
        decoder_.emplace<PlainBytesDecoder>(values);
      } else {
        decoder_.emplace<PlainFixedDecoder>(values, leaf_.raw_width());
      }
      return;
    case PageEncoding::kPlainDictionary:
    case PageEncoding::kRleDictionary:
      if (kind == PhysicalKind::kBoolean) throw invalid();
      LoadDictionary();
      decoder_.emplace<DictionaryIndexDecoder>(values, static_cast<uint32_t>(dictionary_size_));
      return;
    case PageEncoding::kRle:
      if (kind != PhysicalKind::kBoolean) throw invalid();
      decoder_.emplace<RleBoolDecoder>(values);
      return;
    case PageEncoding::kDeltaBinaryPacked:
      // A page of NULLs may have no bytes at all.
      if (values.empty()) {
        decoder_.emplace<PlainFixedDecoder>(values, size_t{1});
      } else if (kind == PhysicalKind::kInt32) {
        decoder_.emplace<DeltaIntDecoder<int32_t>>(values);
      } else if (kind == PhysicalKind::kInt64) {
        decoder_.emplace<DeltaIntDecoder<int64_t>>(values);
      } else {
        throw invalid();
      }
      return;
    case PageEncoding::kDeltaLengthByteArray:
      if (kind != PhysicalKind::kByteArray) throw invalid();
      if (values.empty()) {
        decoder_.emplace<PlainBytesDecoder>(values);
      } else {
        decoder_.emplace<DeltaLengthBytesDecoder>(values);
      }
      return;
    case PageEncoding::kDeltaByteArray:
      if (kind != PhysicalKind::kByteArray && kind != PhysicalKind::kFixedLenByteArray) throw invalid();
      if (values.empty()) {
        decoder_.emplace<PlainBytesDecoder>(values);
      } else {
        decoder_.emplace<DeltaBytesDecoder>(values);
      }
      return;
    case PageEncoding::kByteStreamSplit:
      if (kind == PhysicalKind::kBoolean || kind == PhysicalKind::kByteArray || kind == PhysicalKind::kInt96) {
        throw invalid();
      }
      decoder_.emplace<ByteStreamSplitDecoder>(values, leaf_.raw_width());
      return;
    case PageEncoding::kBitPacked:
      break;
  }
  throw Corrupt("encoding of the page is unknown: {}", ToString(encoding));
}

void PageReader::LoadDictionary() {
  if (dictionary_loaded_) return;
  if (!dictionary_header_.has_value()) throw Corrupt("page refers to a dictionary, but there is none");
  const bool was_cached = cached_dictionary_ != nullptr;
  if (was_cached) {
    dictionary_ = cached_dictionary_->dictionary;
    dictionary_with_null_ = cached_dictionary_->dictionary_with_null;
    narrow_dictionary_ = cached_dictionary_->narrow;
    cached_dictionary_ = nullptr;
  } else {
    MakeDictionary();
    if (cache_ != nullptr && dictionary_->size() > context_.fixed_dictionary_max) {
      narrow_dictionary_ = NarrowDictionary::TryMake(*dictionary_);
    }
    if (narrow_dictionary_ != nullptr) dictionary_ = dictionary_with_null_ = nullptr;
  }
  dictionary_size_ = narrow_dictionary_ != nullptr ? narrow_dictionary_->size() : dictionary_->size();
  const bool is_string = leaf_.type.physical() == PhysicalType::kString;
  hand_on_dictionary_ =
      narrow_dictionary_ == nullptr && (is_string || dictionary_size_ <= context_.fixed_dictionary_max);
  dictionary_loaded_ = true;
  dictionary_body_ = {};
  dictionary_body_owner_ = nullptr;
  if (cache_ == nullptr) return;
  cache_->CountLoad(was_cached);
  if (was_cached) return;
  auto page = std::make_shared<CachedPage>();
  page->header = *dictionary_header_;
  page->body_offset = dictionary_body_offset_;
  page->dictionary = dictionary_;
  page->dictionary_with_null = dictionary_with_null_;
  page->narrow = narrow_dictionary_;
  cache_->Insert(context_.cache_file, dictionary_offset_, std::move(page));
}

// Into dictionary_ and dictionary_with_null_.
void PageReader::MakeDictionary() {
  const DictionaryPageHeader& header = *dictionary_header_->dictionary_page_header;
  if (header.encoding != PageEncoding::kPlain && header.encoding != PageEncoding::kPlainDictionary) {
    throw Corrupt("encoding of the dictionary is invalid: {}", ToString(header.encoding));
  }
  if (header.num_values < 0) throw Corrupt("number of values of the dictionary is negative: {}", header.num_values);
  const auto count = static_cast<size_t>(header.num_values);
  const ByteSpan body = CheckBody(dictionary_body_, *dictionary_header_);
  const auto size = static_cast<size_t>(dictionary_header_->uncompressed_page_size);
  Owner owner = dictionary_body_owner_;
  ByteSpan bytes = body;
  if (metadata_.codec != CompressionCodec::kUncompressed) {
    BufferPtr buffer;
    bytes = Decompress(body, 0, size, cache_ != nullptr && cache_->Admits(size), buffer);
    owner = std::move(buffer);
  } else if (body.size() != size) {
    throw Corrupt("uncompressed page has two sizes: {} and {}", body.size(), size);
  }
  const bool is_bytes = leaf_.physical == PhysicalKind::kByteArray;
  if (count > bytes.size() / (is_bytes ? 4 : leaf_.raw_width())) {
    throw Corrupt("dictionary has fewer values than it says: {}", count);
  }
  // One slot more, for NULL.
  const size_t width = PhysicalWidth(leaf_.type.physical());
  auto values = Buffer::Allocate((count + 1) * width);
  std::memset(values->data() + count * width, 0, width);
  Owners owners;
  const bool is_string = leaf_.type.physical() == PhysicalType::kString;
  if (is_string) owners.push_back(owner);
  if (is_bytes) {
    PlainBytesDecoder decoder(bytes);
    if (is_string) {
      decoder.Decode(values->as<StringRef>(), count);
      if (must_be_utf8_ && !IsAscii(AsText(bytes))) CheckUtf8(values->as<StringRef>(), count);
    } else {
      std::vector<StringRef> views(count);
      decoder.Decode(views.data(), count);
      ConvertBytes(leaf_, views.data(), count, values->data());
    }
  } else {
    ConvertFixed(leaf_, bytes.data(), count, values->data());
    if (must_be_utf8_) CheckUtf8(values->as<StringRef>(), count);
  }
  auto validity = Buffer::AllocateZeroed(WordsForBits(count + 1) * sizeof(uint64_t));
  SetBits(validity->as<uint64_t>(), 0, count);
  dictionary_ = Column::Flat(leaf_.type, count, values, nullptr, owners);
  dictionary_with_null_ =
      Column::Flat(leaf_.type, count + 1, std::move(values), std::move(validity), std::move(owners));
}

ColumnPtr PageReader::WholeDictionary() {
  if (!started_) ReadFirstHeader();
  if (!dictionary_header_.has_value()) return nullptr;
  const bool only_dictionary = std::ranges::all_of(metadata_.encoding_stats, [](const PageEncodingStats& stats) {
    const bool is_data = stats.page_type == PageType::kData || stats.page_type == PageType::kDataV2;
    return !is_data || stats.count == 0 || stats.encoding == PageEncoding::kPlainDictionary ||
           stats.encoding == PageEncoding::kRleDictionary;
  });
  if (metadata_.encoding_stats.empty() || !only_dictionary) return nullptr;
  LoadDictionary();
  return narrow_dictionary_ != nullptr ? narrow_dictionary_->Widen(leaf_.type) : dictionary_;
}

void PageReader::CheckUtf8(const StringRef* values, size_t count) const {
  for (size_t i = 0; i < count; ++i) {
    if (!IsUtf8(values[i].view())) {
      throw Error::Operational(sqlstate::kCharacterNotInRepertoire, "string is not valid UTF-8: column {}", leaf_.path);
    }
  }
}

void PageReader::SkipValues(size_t count) {
  if (count == 0) return;
  std::visit(
      [&]<typename T>(T& decoder) {
        if constexpr (!std::is_same_v<T, std::monostate>) decoder.Skip(count);
      },
      decoder_);
}

const uint8_t* PageReader::TryTakeInPlace(size_t count) {
  auto* plain = std::get_if<PlainFixedDecoder>(&decoder_);
  if (plain == nullptr || leaf_.conversion != Conversion::kNone) return nullptr;
  if (reinterpret_cast<uintptr_t>(plain->position()) % PhysicalWidth(leaf_.type.physical()) != 0) return nullptr;
  return plain->Take(count);
}

void PageReader::DecodeIndices(uint32_t* out, size_t count) {
  std::get<DictionaryIndexDecoder>(decoder_).Decode(out, count);
}

void PageReader::DecodeSelectedIndices(uint32_t* out, std::span<const uint32_t> rows, size_t span) {
  // Unpacking one by itself takes about as long as so many in a row.
  constexpr size_t kInARow = 16;
  if (rows.size() * kInARow <= span) {
    return std::get<DictionaryIndexDecoder>(decoder_).DecodeSelected(out, rows, span);
  }
  Grow(scratch_indices_, span);
  DecodeIndices(scratch_indices_.data(), span);
  for (size_t i = 0; i < rows.size(); ++i) out[i] = scratch_indices_[rows[i]];
}

void PageReader::LookUp(const uint32_t* indices, size_t count, uint8_t* out, Owners& owners) const {
  if (narrow_dictionary_ != nullptr) {
    return narrow_dictionary_->Gather(indices, count, reinterpret_cast<int64_t*>(out));
  }
  MergeOwners(owners, dictionary_->owners());
  GatherFixed(static_cast<const uint8_t*>(dictionary_->raw_values()), PhysicalWidth(leaf_.type.physical()), indices,
              count, out);
}

const uint8_t* PageReader::DecodeRaw(size_t count, Owners& owners) {
  if (auto* plain = std::get_if<PlainFixedDecoder>(&decoder_)) {
    if (leaf_.type.physical() == PhysicalType::kString) owners.push_back(page_owner_);
    return plain->Take(count);
  }
  const size_t width = leaf_.raw_width();
  // Views of fixed-length strings point into what is decoded here, so it must be theirs.
  const bool keep = leaf_.conversion == Conversion::kFixedToString;
  if (keep || scratch_ == nullptr || scratch_->size() < count * width) scratch_ = Buffer::Allocate(count * width);
  if (keep) owners.push_back(scratch_);
  uint8_t* raw = scratch_->data();
  if (auto* deltas = std::get_if<DeltaBytesDecoder>(&decoder_)) {
    scratch_views_.resize(count);
    Owners ignored;
    deltas->Decode(scratch_views_.data(), count, ignored);
    for (size_t i = 0; i < count; ++i) {
      if (scratch_views_[i].size() != width) {
        throw Corrupt("fixed-length value has {} bytes instead of {}", scratch_views_[i].size(), width);
      }
      std::memcpy(raw + i * width, scratch_views_[i].data(), width);
    }
    return raw;
  }
  DecodeFixedTo(raw, count);
  return raw;
}

void PageReader::DecodeFixedTo(uint8_t* out, size_t count) {
  std::visit(
      [&]<typename T>(T& decoder) {
        if constexpr (requires { decoder.Decode(out, count); }) {
          decoder.Decode(out, count);
        } else {
          throw Error::Internal("decoder does not go with a fixed-width column: {}", leaf_.path);
        }
      },
      decoder_);
}

void PageReader::DecodeViews(StringRef* out, size_t count, Owners& owners) {
  if (auto* plain = std::get_if<PlainBytesDecoder>(&decoder_)) {
    plain->Decode(out, count);
  } else if (auto* lengths = std::get_if<DeltaLengthBytesDecoder>(&decoder_)) {
    lengths->Decode(out, count);
  } else {
    std::get<DeltaBytesDecoder>(decoder_).Decode(out, count, owners);
    return;
  }
  owners.push_back(page_owner_);
}

void PageReader::DecodeValues(uint8_t* out, size_t count, Owners& owners) {
  if (count == 0) return;
  if (std::holds_alternative<DictionaryIndexDecoder>(decoder_)) {
    Grow(scratch_indices_, count);
    DecodeIndices(scratch_indices_.data(), count);
    return LookUp(scratch_indices_.data(), count, out, owners);
  }
  if (leaf_.physical == PhysicalKind::kByteArray) {
    if (leaf_.type.physical() == PhysicalType::kString) {
      auto* views = reinterpret_cast<StringRef*>(out);
      DecodeViews(views, count, owners);
      if (!page_is_utf8_) CheckUtf8(views, count);
      return;
    }
    scratch_views_.resize(count);
    Owners ignored;
    DecodeViews(scratch_views_.data(), count, ignored);
    ConvertBytes(leaf_, scratch_views_.data(), count, out);
    return;
  }
  if (leaf_.conversion == Conversion::kNone) {
    DecodeFixedTo(out, count);
    return;
  }
  ConvertFixed(leaf_, DecodeRaw(count, owners), count, out);
  if (!page_is_utf8_) CheckUtf8(reinterpret_cast<const StringRef*>(out), count);
}

void PageReader::DecodeSelectedValues(uint8_t* out, std::span<const uint32_t> rows, size_t span, Owners& owners) {
  const PhysicalType physical = leaf_.type.physical();
  if (std::holds_alternative<DictionaryIndexDecoder>(decoder_)) {
    Grow(scratch_selected_, rows.size());
    DecodeSelectedIndices(scratch_selected_.data(), rows, span);
    return LookUp(scratch_selected_.data(), rows.size(), out, owners);
  }
  if (auto* plain = std::get_if<PlainBytesDecoder>(&decoder_); plain != nullptr && physical == PhysicalType::kString) {
    auto* views = reinterpret_cast<StringRef*>(out);
    plain->DecodeSelected(views, rows, span);
    owners.push_back(page_owner_);
    if (!page_is_utf8_) CheckUtf8(views, rows.size());
    return;
  }
  const uint8_t* values = TryTakeInPlace(span);
  if (values == nullptr) {
    const size_t bytes = span * PhysicalWidth(physical);
    if (scratch_values_ == nullptr || scratch_values_->size() < bytes) scratch_values_ = Buffer::Allocate(bytes);
    DecodeValues(scratch_values_->data(), span, owners);
    values = scratch_values_->data();
  }
  GatherFixed(values, PhysicalWidth(physical), rows.data(), rows.size(), out);
}

}  // namespace weir::parquet
