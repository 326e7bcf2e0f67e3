#include "base/find_text.h"

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace weir {

namespace {

const char* FindLong(const char* text, size_t size, std::string_view part) {
  return static_cast<const char*>(memmem(text, size, part.data(), part.size()));
}

#if defined(__SSE2__)
// Longer parts would be compared again and again in texts that repeat themselves.
constexpr size_t kPartMax = 64;

inline __m128i Load16(const char* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}
inline __m128i Load8(const char* from) {
  return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from));
}

// Looks at several places at once for the first and the last byte of the part, of at least two bytes.
class PartFinder {
 public:
  explicit PartFinder(std::string_view part)
      : part_(part), first_(_mm_set1_epi8(part.front())), last_(_mm_set1_epi8(part.back())) {}

  // `places`: how many there are, at least one.
  const char* Find(const char* text, size_t places) const {
    if (places >= 16) return FindBySteps<16>(text, places, Load16);
    if (places >= 8) return FindBySteps<8>(text, places, Load8);
    for (size_t i = 0; i < places; ++i) {
      if (text[i] == part_.front() && IsAt(text + i)) return text + i;
    }
    return nullptr;
  }

 private:
  bool IsAt(const char* place) const { return std::memcmp(place + 1, part_.data() + 1, part_.size() - 1) == 0; }

  template <size_t kStep, typename Load>
  const char* FindBySteps(const char* text, size_t places, Load load) const {
    for (size_t at = 0;;) {
      const __m128i first = _mm_cmpeq_epi8(load(text + at), first_);
      const __m128i last = _mm_cmpeq_epi8(load(text + at + part_.size() - 1), last_);
      auto candidates = static_cast<uint32_t>(_mm_movemask_epi8(_mm_and_si128(first, last)));
      candidates &= (uint32_t{1} << kStep) - 1;
      for (; candidates != 0; candidates &= candidates - 1) {
        const char* place = text + at + std::countr_zero(candidates);
        if (IsAt(place)) return place;
      }
      if (at + kStep == places) return nullptr;
      // The last step ends at the last place.
      at = at + 2 * kStep <= places ? at + kStep : places - kStep;
    }
  }

  std::string_view part_;
  __m128i first_, last_;
};
#endif

const char* Find(const char* text, size_t size, std::string_view part) {
  if (part.size() == 1) return static_cast<const char*>(std::memchr(text, part[0], size));
#if defined(__SSE2__)
  if (part.size() <= kPartMax) return PartFinder(part).Find(text, size - part.size() + 1);
#endif
  return FindLong(text, size, part);
}

}  // namespace

size_t FindText(std::string_view text, std::string_view part, size_t from) {
  if (part.empty()) return from;
  if (text.size() - from < part.size()) return std::string_view::npos;
  const char* at = Find(text.data() + from, text.size() - from, part);
  return at == nullptr ? std::string_view::npos : static_cast<size_t>(at - text.data());
}

}  // namespace weir
