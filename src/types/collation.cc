#include "types/collation.h"

#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

#include <algorithm>
#include <memory>
#include <unordered_map>

#include "base/error.h"

namespace weir {

namespace {

constexpr std::string_view kIcuSuffix = "-x-icu";

struct CloseCollator {
  void operator()(UCollator* collator) const { ucol_close(collator); }
};
using CollatorPtr = std::unique_ptr<UCollator, CloseCollator>;

CollatorPtr OpenCollator(const std::string& locale) {
  UErrorCode status = U_ZERO_ERROR;
  CollatorPtr collator(ucol_open(locale.c_str(), &status));
  if (U_FAILURE(status) != 0) {
    throw Error::User(sqlstate::kInvalidParameterValue, "could not open collator for locale \"{}\": {}", locale,
                      u_errorName(status));
  }
  return collator;
}

// Collators belong to one thread: ICU gives no promise for more.
UCollator* CollatorOf(const std::string& locale) {
  thread_local std::unordered_map<std::string, CollatorPtr> collators;
  CollatorPtr& slot = collators[locale];
  if (slot == nullptr) slot = OpenCollator(locale);
  return slot.get();
}

// Language tags of ICU's locales, sorted.
const std::vector<std::string>& AvailableTags() {
  static const std::vector<std::string> kTags = [] {
    std::vector<std::string> tags = {"und"};
    for (int32_t i = 0; i < uloc_countAvailable(); ++i) {
      char tag[ULOC_FULLNAME_CAPACITY];
      UErrorCode status = U_ZERO_ERROR;
      uloc_toLanguageTag(uloc_getAvailable(i), tag, sizeof(tag), 0, &status);
      if (U_SUCCESS(status) != 0) tags.emplace_back(tag);
    }
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    return tags;
  }();
  return kTags;
}

}  // namespace

std::optional<Collation> FindBuiltinCollation(std::string_view name) {
  Collation collation;
  collation.name = name;
  for (const std::string_view bytes : {"C", "POSIX", "default", "ucs_basic"}) {
    if (name == bytes) return collation;
  }
  if (!name.ends_with(kIcuSuffix)) return std::nullopt;
  collation.locale = name.substr(0, name.size() - kIcuSuffix.size());
  const auto& tags = AvailableTags();
  if (!std::binary_search(tags.begin(), tags.end(), collation.locale)) return std::nullopt;
  return collation;
}

std::vector<Collation> BuiltinCollations() {
  std::vector<Collation> out;
  for (const std::string_view name : {"default", "C", "POSIX", "ucs_basic"}) out.push_back(*FindBuiltinCollation(name));
  for (const std::string& tag : AvailableTags()) out.push_back(*FindBuiltinCollation(tag + std::string(kIcuSuffix)));
  return out;
}

bool IsIcuLocale(std::string_view locale) {
  char language[ULOC_LANG_CAPACITY];
  UErrorCode status = U_ZERO_ERROR;
  uloc_getLanguage(std::string(locale).c_str(), language, sizeof(language), &status);
  if (U_FAILURE(status) != 0) return false;
  const auto& tags = AvailableTags();
  // The root locale goes by several names.
  return language[0] == '\0' || std::string_view(language) == "root" ||
         std::binary_search(tags.begin(), tags.end(), std::string(language));
}

void AppendCollationKey(std::string_view text, const std::string& locale, bool deterministic, std::string& out) {
  UCollator* collator = CollatorOf(locale);
  std::u16string wide(text.size(), u'\0');
  int32_t length = 0;
  UErrorCode status = U_ZERO_ERROR;
  u_strFromUTF8WithSub(wide.data(), static_cast<int32_t>(wide.size()), &length, text.data(),
                       static_cast<int32_t>(text.size()), 0xFFFD, nullptr, &status);
  if (U_FAILURE(status) != 0) {
    throw Error::Internal("text is not converted for its collation: {}", u_errorName(status));
  }
  const size_t before = out.size();
  out.resize(before + static_cast<size_t>(length) * 4 + 16);
  const auto key = [&] {
    return static_cast<size_t>(ucol_getSortKey(collator, wide.data(), length,
                                               reinterpret_cast<uint8_t*>(out.data()) + before,
                                               static_cast<int32_t>(out.size() - before)));
  };
  size_t bytes = key();
  if (bytes > out.size() - before) {
    out.resize(before + bytes);
    bytes = key();
  }
  // The key ends with its only zero byte, so what follows decides among equal keys only.
  out.resize(before + bytes);
  if (deterministic) out.append(text);
}

std::string IcuVersion() {
  return U_ICU_VERSION;
}

}  // namespace weir
