#include "format/parquet/rle.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bits.h"
#include "format/parquet/bit_unpack.h"
#include "format/parquet/corrupt.h"

namespace weir::parquet {

RleDecoder::RleDecoder(ByteSpan bytes, int width)
    : at_(bytes.data()), end_(bytes.data() + bytes.size()), width_(width) {
  if (width < 0 || width > 32) throw Corrupt("bit width is out of range: {}", width);
}

uint64_t RleDecoder::ReadHeader() {
  uint64_t header = 0;
  for (int shift = 0;; shift += 7) {
    if (at_ == end_) throw Corrupt("run-length encoded values end early");
    if (shift > 28) throw Corrupt("run header is longer than 32 bits");
    const uint8_t byte = *at_++;
    header |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return header;
  }
}

void RleDecoder::NextRun() {
  uint64_t header = 0;
  if (at_ != end_ && *at_ < 0x80) {
    header = *at_++;
  } else {
    header = ReadHeader();
  }
  const auto bytes_left = static_cast<size_t>(end_ - at_);
  is_run_ = (header & 1) == 0;
  left_ = header >> 1;
  if (is_run_) {
    const auto value_bytes = static_cast<size_t>(width_ + 7) / 8;
    if (value_bytes > bytes_left) throw Corrupt("run-length encoded values end early");
    // There is padding to read.
    const auto mask = static_cast<uint32_t>((uint64_t{1} << value_bytes * 8) - 1);
    run_value_ = LoadUnaligned<uint32_t>(at_) & mask;
    if (width_ < 32 && run_value_ >> width_ != 0) throw Corrupt("run value is wider than {} bits", width_);
    at_ += value_bytes;
    return;
  }
  const auto group_bytes = static_cast<size_t>(width_);
  size_t bytes = left_ * group_bytes;
  left_ *= 8;
  // The last group may be cut where its values end.
  if (bytes > bytes_left) {
    bytes = bytes_left;
    left_ = bytes_left * 8 / group_bytes;
    if (left_ == 0) throw Corrupt("bit-packed values end early");
  }
  packed_ = at_;
  packed_pos_ = 0;
  at_ += bytes;
}

void RleDecoder::Unpack(uint32_t* out, size_t count) {
  const auto width = static_cast<size_t>(width_);
  uint32_t group[8];
  if (const size_t within = packed_pos_ % 8; within != 0) {
    const size_t take = std::min(count, 8 - within);
    UnpackBits(packed_ + packed_pos_ / 8 * width, width_, 8, group);
    std::memcpy(out, group + within, take * sizeof(uint32_t));
    packed_pos_ += take;
    out += take;
    count -= take;
  }
  if (const size_t whole = count & ~size_t{7}; whole != 0) {
    UnpackBits(packed_ + packed_pos_ / 8 * width, width_, whole, out);
    packed_pos_ += whole;
    out += whole;
    count -= whole;
  }
  if (count != 0) {
    UnpackBits(packed_ + packed_pos_ / 8 * width, width_, 8, group);
    std::memcpy(out, group, count * sizeof(uint32_t));
    packed_pos_ += count;
  }
}

void RleDecoder::Decode(uint32_t* out, size_t count) {
  constexpr size_t kShort = 16;
  while (count > 0) {
    if (left_ == 0) {
      NextRun();
      continue;
    }
    const size_t take = std::min(count, left_);
    if (is_run_) {
      if (take <= kShort && count >= kShort) {
        // Beyond the run too: what follows it is written next.
        for (size_t i = 0; i < kShort; ++i) out[i] = run_value_;
      } else {
        std::fill_n(out, take, run_value_);
      }
    } else {
      Unpack(out, take);
    }
    left_ -= take;
    out += take;
    count -= take;
  }
}

uint32_t RleDecoder::PackedValue(size_t position) const {
  const size_t bit = position * static_cast<size_t>(width_);
  const uint64_t mask = (uint64_t{1} << width_) - 1;
  return static_cast<uint32_t>(LoadUnaligned<uint64_t>(packed_ + bit / 8) >> bit % 8 & mask);
}

void RleDecoder::DecodeSelected(uint32_t* out, std::span<const uint32_t> rows, size_t span) {
  size_t next = 0;  // of rows
  for (size_t begin = 0; begin < span;) {
    if (left_ == 0) {
      NextRun();
      continue;
    }
    const size_t take = std::min(span - begin, left_);
    for (; next < rows.size() && rows[next] < begin + take; ++next) {
      out[next] = is_run_ ? run_value_ : PackedValue(packed_pos_ + rows[next] - begin);
    }
    if (!is_run_) packed_pos_ += take;
    left_ -= take;
    begin += take;
  }
}

void RleDecoder::DecodeBytes(uint8_t* out, size_t count) {
  while (count > 0) {
    if (left_ == 0) {
      NextRun();
      continue;
    }
    size_t take = std::min(count, left_);
    if (is_run_) {
      std::memset(out, static_cast<int>(run_value_), take);
    } else {
      uint32_t values[256];
      take = std::min<size_t>(take, 256);
      Unpack(values, take);
      for (size_t i = 0; i < take; ++i) out[i] = static_cast<uint8_t>(values[i]);
    }
    left_ -= take;
    out += take;
    count -= take;
  }
}

size_t RleDecoder::DecodeBits(uint64_t* words, size_t offset, size_t count) {
  size_t ones = 0;
  while (count > 0) {
    if (left_ == 0) {
      NextRun();
      continue;
    }
    const size_t take = std::min(count, left_);
    if (is_run_) {
      if (run_value_ != 0) {
        SetBits(words, offset, take);
        ones += take;
      }
    } else {
      ones += AppendBits(packed_, packed_pos_, take, words, offset);
      packed_pos_ += take;
    }
    left_ -= take;
    offset += take;
    count -= take;
  }
  return ones;
}

void RleDecoder::Skip(size_t count) {
  while (count > 0) {
    if (left_ == 0) {
      NextRun();
      continue;
    }
    const size_t take = std::min(count, left_);
    if (!is_run_) packed_pos_ += take;
    left_ -= take;
    count -= take;
  }
}

size_t RleDecoder::SkipCounting(size_t count, uint32_t value) {
  size_t found = 0;
  while (count > 0) {
    if (left_ == 0) {
      NextRun();
      continue;
    }
    size_t take = std::min(count, left_);
    if (is_run_) {
      found += run_value_ == value ? take : 0;
    } else if (width_ == 1) {
      take = std::min<size_t>(take, 64);
      uint64_t word = 0;
      const size_t ones = AppendBits(packed_, packed_pos_, take, &word, 0);
      found += value == 1 ? ones : take - ones;
      packed_pos_ += take;
    } else {
      uint32_t values[256];
      take = std::min<size_t>(take, 256);
      Unpack(values, take);
      for (size_t i = 0; i < take; ++i) found += static_cast<size_t>(values[i] == value);
    }
    left_ -= take;
    count -= take;
  }
  return found;
}

size_t RleDecoder::PeekRun(uint32_t& value) {
  while (left_ == 0) {
    if (at_ == end_) return 0;
    NextRun();
  }
  if (!is_run_) return 0;
  value = run_value_;
  return left_;
}

}  // namespace weir::parquet
