#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

// Texts that live until Reset: what a record's values are turned into while they are decoded. Blocks are kept for the
// next record.
class TextArena {
 public:
  std::string_view Add(std::string_view text);
  char* Allocate(size_t bytes);
  void Reset();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  std::vector<Block> blocks_;
  size_t block_ = 0;
  size_t used_ = 0;
};

// The attributes of one record, resource or scope as text; keys once each, the first one counts. Borrows the texts.
class AttributeList {
 public:
  struct Item {
    std::string_view key;
    std::string_view value;
    bool is_null = false;
  };
  void Add(std::string_view key, std::string_view value, bool is_null = false) {
    items_.push_back({key, value, is_null});
  }
  // Drops later items of equal keys. Call once when all are added.
  void DropRepeated();
  void Clear() { items_.clear(); }
  const std::vector<Item>& items() const { return items_; }
  const Item* Find(std::string_view key) const;

 private:
  std::vector<Item> items_;
};

// NaN and the infinities, which JSON does not have, become strings.
void AppendJsonDouble(double value, std::string& out);
void AppendJsonObject(const AttributeList& attributes, std::string& out);
void AppendBase64(std::string_view bytes, std::string& out);

// The text itself when it is UTF-8, else a copy with U+FFFD for every byte that is not.
std::string_view ValidUtf8(std::string_view text, TextArena& arena);

}  // namespace weir
