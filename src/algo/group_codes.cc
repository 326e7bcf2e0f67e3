#include "algo/group_codes.h"

#include <algorithm>
#include <bit>

#include "algo/group_table.h"
#include "base/bytes.h"

namespace weir {

namespace {

constexpr size_t kSlotsMin = 64;
// A key has few texts when there are so many groups for each.
constexpr size_t kGroupsPerText = 64;
// Groups that are looked at.
constexpr size_t kGroupsLookedAt = size_t{1} << 15;

bool MayHaveCodes(const Type& type) {
  return !type.is_nested() && type.physical() == PhysicalType::kString;
}

bool HasFewTexts(const GroupLayout& layout, size_t key, const std::vector<uint8_t*>& rows, const Owners& owners) {
  TextNumbers texts;
  for (size_t begin = 0; begin < rows.size(); begin += kChunkRowsDefault) {
    const size_t count = std::min(kChunkRowsDefault, rows.size() - begin);
    const ColumnPtr column = layout.GatherKey(key, rows.data() + begin, count, count, owners);
    const ColumnView view(*column);
    for (size_t i = 0; i < count; ++i) {
      if (view.IsNull(i)) continue;
      const StringRef text = view.At<StringRef>(i);
      if (texts.Find(text) != TextNumbers::kUnknown) continue;
      if ((texts.size() + 1) * kGroupsPerText > rows.size()) return false;
      // Long texts live as long as the table.
      texts.Add(text, 0);
    }
  }
  return true;
}

}  // namespace

size_t TextNumbers::SlotOf(const StringRef& text) const {
  const size_t mask = slots_.size() - 1;
  size_t at = text.Hash() & mask;
  while (slots_[at].number != kUnknown && !(slots_[at].text == text)) at = (at + 1) & mask;
  return at;
}

uint32_t TextNumbers::Find(const StringRef& text) const {
  return slots_.empty() ? kUnknown : slots_[SlotOf(text)].number;
}

void TextNumbers::Add(const StringRef& text, uint32_t number) {
  if ((size_ + 1) * 2 > slots_.size()) {
    const std::vector<Slot> old = std::move(slots_);
    slots_.assign(std::max(kSlotsMin, old.size() * 2), Slot());
    for (const Slot& slot : old) {
      if (slot.number != kUnknown) slots_[SlotOf(slot.text)] = slot;
    }
  }
  slots_[SlotOf(text)] = {text, number};
  ++size_;
}

uint32_t KeyCodes::CodeOf(const StringRef& text, StringRef& stored) {
  const std::scoped_lock lock(mutex_);
  const uint32_t known = numbers_.Find(text);
  if (known != TextNumbers::kUnknown) {
    stored = texts_[known];
    return known;
  }
  if (texts_.size() == kCodesMax || heap_->bytes() + text.size() > kTextBytesMax) return kTooMany;
  const auto code = static_cast<uint32_t>(texts_.size());
  stored = heap_->Add(text.view());
  texts_.push_back(stored);
  numbers_.Add(stored, code);
  return code;
}

ColumnPtr KeyCodes::Texts() const {
  const std::scoped_lock lock(mutex_);
  if (texts_column_ == nullptr || texts_column_->size() != texts_.size()) {
    FlatWriter<StringRef> writer(type_, texts_.size());
    std::ranges::copy(texts_, writer.values());
    writer.SetNull(0);
    writer.AddOwners({heap_});
    texts_column_ = writer.Finish();
  }
  return texts_column_;
}

ColumnPtr KeyCodes::Decode(const uint8_t* const* rows, size_t count, size_t offset) const {
  const ColumnPtr texts = Texts();
  MutableBufferPtr indices = Buffer::Allocate(count * sizeof(uint32_t));
  auto* out = indices->as<uint32_t>();
  for (size_t i = 0; i < count; ++i) out[i] = LoadUnaligned<Code>(rows[i] + offset);
  ColumnPtr column = Column::Dictionary(texts, std::move(indices), count);
  return texts->size() > count ? Column::Flatten(column) : column;
}

uint32_t KeyEncoder::CodeOf(KeyCodes& codes, const StringRef& text) {
  const uint32_t known = known_.Find(text);
  if (known != TextNumbers::kUnknown) return known;
  StringRef stored;
  const uint32_t code = codes.CodeOf(text, stored);
  if (code != KeyCodes::kTooMany) known_.Add(stored, code);
  return code;
}

ColumnPtr KeyEncoder::EncodeFlat(KeyCodes& codes, const ColumnView& view, size_t size, const RowSet& rows) {
  FlatWriter<KeyCodes::Code> writer(KeyCodes::CodeType(), size);
  const auto* texts = view.values<StringRef>();
  for (size_t i = 0; i < rows.count(); ++i) {
    const size_t at = view.Index(rows[i]);
    const bool valid = !view.may_have_nulls() || GetBit(view.validity(), at);
    const uint32_t code = valid ? CodeOf(codes, texts[at]) : 0;
    if (code == KeyCodes::kTooMany) return nullptr;
    writer.Set(rows[i], static_cast<KeyCodes::Code>(code));
  }
  return writer.Finish();
}

ColumnPtr KeyEncoder::Encode(KeyCodes& codes, const ColumnPtr& column, const RowSet& rows) {
  const ColumnView view(*column);
  // A dictionary's texts are looked up once, if those are not many more than what is asked for.
  if (view.is_identity() || view.base().size() > std::min(2 * rows.count(), KeyCodes::kCodesMax)) {
    return EncodeFlat(codes, view, column->size(), rows);
  }
  const ColumnPtr& base = column->base();
  if (base_ != base) {
    base_ = base;
    base_codes_ = EncodeFlat(codes, ColumnView(*base), base->size(), RowSet::All(base->size()));
  }
  if (base_codes_ == nullptr) return nullptr;
  if (view.is_constant()) return Column::ConstantOf(base_codes_, 0, column->size());
  return Column::Dictionary(base_codes_, column->indices_buffer(), column->size());
}

std::shared_ptr<GroupCodes> GroupCodes::For(const std::shared_ptr<const GroupLayout>& plain) {
  // A single text is all there is to find a group by: its codes would be the groups.
  if (plain->key_types().size() < 2 || plain->packed_words() != 0) return nullptr;
  return std::ranges::any_of(plain->key_types(), MayHaveCodes) ? std::make_shared<GroupCodes>(plain) : nullptr;
}

std::shared_ptr<const GroupLayout> GroupCodes::Choose(const GroupTable& table) {
  if (abandoned()) return plain_;
  const std::scoped_lock lock(mutex_);
  if (!decided_) {
    decided_ = true;
    std::vector<uint8_t*> rows;
    table.storage()->rows.ForEach([&](uint8_t* row) {
      if (rows.size() < kGroupsLookedAt) rows.push_back(row);
    });
    const Owners owners{table.storage()->heap.owner()};
    std::vector<std::shared_ptr<KeyCodes>> codes(plain_->key_types().size());
    for (size_t k = 0; k < codes.size(); ++k) {
      const Type& type = plain_->key_types()[k];
      if (MayHaveCodes(type) && HasFewTexts(*plain_, k, rows, owners)) codes[k] = std::make_shared<KeyCodes>(type);
    }
    auto coded = std::make_shared<const GroupLayout>(plain_->key_types(), plain_->aggregates(), std::move(codes));
    if (coded->row_bytes() < plain_->row_bytes()) coded_ = std::move(coded);
  }
  return coded_ == nullptr ? plain_ : coded_;
}

std::shared_ptr<const GroupLayout> GroupCodes::layout() const {
  if (abandoned()) return plain_;
  const std::scoped_lock lock(mutex_);
  return coded_ == nullptr ? plain_ : coded_;
}

}  // namespace weir
