#include "sql/parser/keywords.h"

#include <array>
#include <cstddef>

#include "base/check.h"

namespace weir {
namespace {

constexpr auto kKeywords = std::to_array<KeywordInfo>({{"", Keyword::kNoKeyword, KeywordClass::kUnreserved, true},
#define X(word, enumerator, keyword_class, bare_label) \
  {#word, Keyword::enumerator, KeywordClass::keyword_class, bare_label},
                                                       WEIR_SQL_KEYWORDS(X)
#undef X
});

constexpr size_t kSlots = 2048;
static_assert(kKeywords.size() * 3 < kSlots, "keep the probe sequences short");

constexpr size_t kShortest = 2;
constexpr size_t kLongest = 20;

constexpr uint32_t HashWord(std::string_view word) {
  uint32_t hash = static_cast<uint32_t>(word.size());
  for (const char c : word) hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193U;
  return hash ^ (hash >> 15);
}

// Open addressing; 0 is a free slot.
constexpr std::array<uint16_t, kSlots> MakeSlots() {
  std::array<uint16_t, kSlots> slots{};
  for (size_t i = 1; i < kKeywords.size(); ++i) {
    size_t slot = HashWord(kKeywords[i].word) % kSlots;
    while (slots[slot] != 0) slot = (slot + 1) % kSlots;
    slots[slot] = static_cast<uint16_t>(i);
  }
  return slots;
}
constexpr std::array<uint16_t, kSlots> kTable = MakeSlots();

constexpr bool LengthsHold() {
  for (size_t i = 1; i < kKeywords.size(); ++i) {
    if (kKeywords[i].word.size() < kShortest || kKeywords[i].word.size() > kLongest) return false;
  }
  return true;
}
static_assert(LengthsHold());

}  // namespace

const KeywordInfo* FindKeyword(std::string_view word) {
  if (word.size() < kShortest || word.size() > kLongest) return nullptr;
  for (size_t slot = HashWord(word) % kSlots;; slot = (slot + 1) % kSlots) {
    const uint16_t index = kTable[slot];
    if (index == 0) return nullptr;
    if (kKeywords[index].word == word) return &kKeywords[index];
  }
}

const KeywordInfo& InfoOf(Keyword keyword) {
  WEIR_DCHECK(static_cast<size_t>(keyword) < kKeywords.size());
  return kKeywords[static_cast<size_t>(keyword)];
}

}  // namespace weir
