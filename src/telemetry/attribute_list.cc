#include "telemetry/attribute_list.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <unordered_set>

#include <simdjson.h>

#include "base/bytes.h"
#include "base/json_text.h"
#include "types/text.h"

namespace weir {

namespace {

constexpr size_t kBlockBytes = 16 << 10;

bool IsAscii(std::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  uint64_t bits = 0;
  for (; left >= 8; at += 8, left -= 8) bits |= LoadUnaligned<uint64_t>(at);
  for (; left != 0; ++at, --left) bits |= static_cast<uint8_t>(*at);
  return (bits & 0x8080808080808080ULL) == 0;
}

// Bytes of the valid sequence at the front, or 0.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  return simdjson::validate_utf8(text.data(), length) ? length : 0;
}

}  // namespace

std::string_view TextArena::Add(std::string_view text) {
  char* copy = Allocate(text.size());
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  return {copy, text.size()};
}

char* TextArena::Allocate(size_t bytes) {
  while (block_ < blocks_.size() && blocks_[block_].size - used_ < bytes) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const size_t size = std::max(bytes, kBlockBytes);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
  }
  char* out = blocks_[block_].bytes.get() + used_;
  used_ += bytes;
  return out;
}

void TextArena::Reset() {
  // One block is enough for ordinary records; what an odd one needed is given back.
  if (blocks_.size() > 4) blocks_.resize(1);
  block_ = 0;
  used_ = 0;
}

void AttributeList::DropRepeated() {
  constexpr size_t kFewItems = 24;
  if (items_.size() <= kFewItems) {
    for (size_t i = 1; i < items_.size(); ++i) {
      for (size_t k = 0; k < i; ++k) {
        if (items_[k].key != items_[i].key) continue;
        items_.erase(items_.begin() + static_cast<ptrdiff_t>(i));
        --i;
        break;
      }
    }
    return;
  }
  std::unordered_set<std::string_view> seen;
  std::erase_if(items_, [&](const Item& item) { return !seen.insert(item.key).second; });
}

const AttributeList::Item* AttributeList::Find(std::string_view key) const {
  for (const Item& item : items_) {
    if (item.key == key) return &item;
  }
  return nullptr;
}

void AppendJsonDouble(double value, std::string& out) {
  if (std::isfinite(value)) return AppendDouble(value, out);
  out += '"';
  AppendDouble(value, out);
  out += '"';
}

void AppendJsonObject(const AttributeList& attributes, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& item : attributes.items()) {
    if (!first) out += ',';
    first = false;
    AppendJsonString(item.key, out);
    out += ':';
    if (item.is_null) {
      out += "null";
    } else {
      AppendJsonString(item.value, out);
    }
  }
  out += '}';
}

void AppendBase64(std::string_view bytes, std::string& out) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) out += k <= count ? kAlphabet[group >> (18 - 6 * k) & 63] : '=';
  }
}

std::string_view ValidUtf8(std::string_view text, TextArena& arena) {
  if (IsAscii(text) || simdjson::validate_utf8(text.data(), text.size())) return text;
  std::string repaired;
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    if (length == 0) {
      repaired += "\xEF\xBF\xBD";
      text.remove_prefix(1);
    } else {
      repaired.append(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  return arena.Add(repaired);
}

}  // namespace weir
