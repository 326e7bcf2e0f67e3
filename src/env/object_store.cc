#include "env/object_store.h"

#include <algorithm>

#include "base/error.h"

namespace weir {

std::string ObjectStore::Get(const std::string& key) {
  const auto file = OpenForRead(key);
  return file->ReadString(0, file->size());
}

size_t ObjectStore::GetRange(const std::string& key, uint64_t offset, std::span<uint8_t> out) {
  return OpenForRead(key)->Read(offset, out);
}

void CheckObjectKey(std::string_view key) {
  bool good = !key.empty() && key.find('\0') == std::string_view::npos;
  size_t begin = 0;
  while (good && begin <= key.size()) {
    const size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view part = key.substr(begin, end - begin);
    good = !part.empty() && part != "." && part != "..";
    begin = end + 1;
  }
  if (!good) throw Error::User(sqlstate::kInvalidParameterValue, "invalid object key: {}", key);
}

}  // namespace weir
