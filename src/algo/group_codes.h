#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "column/chunk.h"
#include "column/string_heap.h"
#include "runtime/memory_tracker.h"

namespace weir {

class GroupLayout;
class GroupTable;

// Numbers of texts, by hash. Whoever adds a text keeps its bytes. Not thread-safe.
class TextNumbers {
 public:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  uint32_t Find(const StringRef& text) const;
  // The text must be unknown.
  void Add(const StringRef& text, uint32_t number);
  size_t size() const { return size_; }
  size_t bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    StringRef text;
    uint32_t number = kUnknown;
  };
  // Where the text is or would be. There are empty slots.
  size_t SlotOf(const StringRef& text) const;
  std::vector<Slot> slots_;
  size_t size_ = 0;
};

// Codes of one key's texts, the same for all tables of an aggregation; 0 is NULL. Takes a few megabytes at most, which
// are not reserved. Threads: any.
class KeyCodes {
 public:
  using Code = uint16_t;
  static constexpr size_t kCodesMax = size_t{1} << 16;
  static constexpr size_t kTextBytesMax = size_t{4} << 20;
  static constexpr uint32_t kTooMany = UINT32_MAX;

  explicit KeyCodes(Type type) : type_(std::move(type)) {}

  // Of what rows hold: an integer as wide as a code.
  static Type CodeType() { return TypeKind::kInt16; }
  // kTooMany when there is none left. `stored` becomes the text as it is kept here.
  uint32_t CodeOf(const StringRef& text, StringRef& stored);
  // The texts of codes of rows, at an offset into them.
  ColumnPtr Decode(const uint8_t* const* rows, size_t count, size_t offset) const;

 private:
  ColumnPtr Texts() const;  // code by code

  const Type type_;
  mutable std::mutex mutex_;  // guards the below; leaf
  TextNumbers numbers_;
  std::vector<StringRef> texts_{StringRef()};
  std::shared_ptr<StringHeap> heap_ = std::make_shared<StringHeap>();
  mutable ColumnPtr texts_column_;  // of a moment
};

// One table's way from columns to codes, with what it has seen. Not thread-safe.
class KeyEncoder {
 public:
  // The column's codes, as far as `rows` go; null when there are too many texts.
  ColumnPtr Encode(KeyCodes& codes, const ColumnPtr& column, const RowSet& rows);
  size_t bytes() const { return known_.bytes(); }

 private:
  // kTooMany: there is none.
  uint32_t CodeOf(KeyCodes& codes, const StringRef& text);
  ColumnPtr EncodeFlat(KeyCodes& codes, const ColumnView& view, size_t size, const RowSet& rows);

  TextNumbers known_;
  ColumnPtr base_;        // of the last dictionary
  ColumnPtr base_codes_;  // null: not all have codes
};

// Short codes instead of the texts of keys that have few of them while there are many groups. The tables of one
// aggregation share this and bring their rows into one layout:
//
//   undecided --Choose, by the first table that is large--> coded or plain
//   coded --Abandon, when a key turns out to have too many texts--> plain
//
// Hashes of rows are those of the texts either way. Threads: any.
class GroupCodes {
 public:
  explicit GroupCodes(std::shared_ptr<const GroupLayout> plain) : plain_(std::move(plain)) {}
  // Null when codes would be of no use for any key.
  static std::shared_ptr<GroupCodes> For(const std::shared_ptr<const GroupLayout>& plain);

  const std::shared_ptr<const GroupLayout>& plain() const { return plain_; }
  // What large tables are to have: decides by the groups of this one, if it is the first.
  std::shared_ptr<const GroupLayout> Choose(const GroupTable& table);
  // What tables are to have at the end.
  std::shared_ptr<const GroupLayout> layout() const;
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }
  bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }

 private:
  const std::shared_ptr<const GroupLayout> plain_;
  std::atomic<bool> abandoned_{false};
  mutable std::mutex mutex_;  // guards the below
  bool decided_ = false;
  std::shared_ptr<const GroupLayout> coded_;
};

}  // namespace weir
