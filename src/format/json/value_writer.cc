#include "format/json/value_writer.h"

#include <cmath>
#include <cstring>

#include "base/error.h"
#include "format/text_blocks.h"
#include "format/text_value.h"
#include "types/jsonb.h"
#include "types/text.h"

namespace weir::json {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

namespace {

bool Malformed(error_code error, ColumnBuilder& out, JsonFault& fault) {
  if (fault.syntax == simdjson::SUCCESS) fault.syntax = error;
  out.AppendNull();
  return false;
}

bool NoteValue(std::string_view text, JsonFault& fault) {
  if (fault.value.empty()) fault.value = ShortenedText(text);
  return false;
}

}  // namespace

std::string_view JsonToken(ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  while (!token.empty() &&
         (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r')) {
    token.remove_suffix(1);
  }
  return token;
}

bool IsJsonNumber(std::string_view text) {
  size_t at = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  const size_t first = at;
  const size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

JsonKeys::JsonKeys(std::vector<std::string> names) : names_(std::move(names)) {
  for (size_t i = 0; i < names_.size(); ++i) {
    positions_.emplace(names_[i], i);
    // As many bytes are readable behind any key.
    is_plain_.push_back(names_[i].size() < TextBlock::kPaddingBytes &&
                        names_[i].find_first_of("\"\\") == std::string::npos);
  }
}

size_t JsonKeys::Find(ondemand::field& field, error_code& error) {
  error = simdjson::SUCCESS;
  const char* const raw = field.key().raw();
  if (next_ < names_.size() && is_plain_[next_]) {
    const std::string& expected = names_[next_];
    if (std::memcmp(raw, expected.data(), expected.size()) == 0 && raw[expected.size()] == '"') return next_++;
  }
  const char* end = raw;
  while (*end != '"' && *end != '\\') ++end;
  std::string_view key(raw, static_cast<size_t>(end - raw));
  if (*end == '\\') {
    error = field.unescaped_key().get(key);
    if (error != simdjson::SUCCESS) return kNone;
  }
  const auto found = positions_.find(key);
  if (found == positions_.end()) return kNone;
  next_ = found->second + 1;
  return found->second;
}

JsonValueWriter::JsonValueWriter(const Type& type) : type_(type) {
  for (size_t i = 0; i < type_.child_count(); ++i) {
    children_.push_back(std::make_unique<JsonValueWriter>(type_.child(i)));
  }
  if (type_.is(TypeKind::kStruct)) {
    std::vector<std::string> names;
    for (const Field& field : type_.fields()) names.push_back(field.name);
    keys_ = std::make_unique<JsonKeys>(std::move(names));
  }
}

bool JsonValueWriter::Append(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  Kind kind;
  if (const error_code error = value.type().get(kind)) return Malformed(error, out, fault);
  switch (kind) {
    case Kind::number:
      return AppendNumber(value, out, fault);
    case Kind::string:
      return AppendString(value, out, fault);
    case Kind::boolean:
      return AppendBoolean(value, out, fault);
    case Kind::null: {
      bool is_null = false;
      if (value.is_null().get(is_null) != simdjson::SUCCESS || !is_null) {
        return Malformed(simdjson::N_ATOM_ERROR, out, fault);
      }
      out.AppendNull();
      return true;
    }
    case Kind::object:
      if (type_.is(TypeKind::kStruct)) return AppendStruct(value, out, fault);
      if (type_.is(TypeKind::kMap)) return AppendMap(value, out, fault);
      return AppendRaw(value, kind, out, fault);
    case Kind::array:
      if (type_.is(TypeKind::kList)) return AppendList(value, out, fault);
      return AppendRaw(value, kind, out, fault);
  }
  return Malformed(simdjson::TAPE_ERROR, out, fault);
}

bool JsonValueWriter::AppendNumber(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  if (type_.is(TypeKind::kInt64)) {
    int64_t integer;
    if (value.get_int64().get(integer) == simdjson::SUCCESS) return out.Append(integer), true;
  } else if (type_.is(TypeKind::kDouble)) {
    double number;
    if (value.get_double().get(number) == simdjson::SUCCESS) return out.Append(number), true;
  }
  const std::string_view token = JsonToken(value);
  if (!IsJsonNumber(token)) return Malformed(simdjson::NUMBER_ERROR, out, fault);
  if (type_.is_integer()) {
    if (AppendPlainValue(out, type_, token)) return true;
    // 1.0 and 1e3 are integers as well.
    constexpr double kExact = 9007199254740992.0;
    double number;
    if (value.get_double().get(number) == simdjson::SUCCESS && std::trunc(number) == number &&
        std::abs(number) <= kExact && AppendPlainValue(out, type_, fmt::format("{:.0f}", number))) {
      return true;
    }
    out.AppendNull();
    return NoteValue(token, fault);
  }
  if (type_.is(TypeKind::kJson)) return AppendJson(token, out, fault);
  if (type_.is_floating() || type_.is(TypeKind::kDecimal) || type_.is_string()) {
    return AppendTextValue(out, type_, token) || NoteValue(token, fault);
  }
  return Mismatch(value, out, fault);
}

bool JsonValueWriter::AppendString(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  const std::string_view token = type_.is(TypeKind::kJson) ? JsonToken(value) : std::string_view();
  std::string_view text;
  if (const error_code error = value.get_string().get(text)) return Malformed(error, out, fault);
  if (type_.is_string() && type_.max_length() == 0) return out.AppendString(text), true;
  if (type_.is(TypeKind::kJson)) return AppendJson(token, out, fault);
  if (!type_.is_nested() && AppendPlainValue(out, type_, text)) return true;
  if (type_.is_nested()) {
    out.AppendNull();
    return NoteValue(text, fault);
  }
  return AppendTextValue(out, type_, text) || NoteValue(text, fault);
}

bool JsonValueWriter::AppendBoolean(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  bool boolean;
  if (const error_code error = value.get_bool().get(boolean)) return Malformed(error, out, fault);
  const std::string_view text = boolean ? "true" : "false";
  if (type_.is(TypeKind::kBoolean)) {
    out.Append(static_cast<uint8_t>(boolean));
  } else if (type_.is_string() || type_.is(TypeKind::kJson)) {
    out.AppendString(text);
  } else {
    out.AppendNull();
    return NoteValue(text, fault);
  }
  return true;
}

// As it is written, or in jsonb's form.
bool JsonValueWriter::AppendJson(std::string_view token, ColumnBuilder& out, JsonFault& fault) {
  if (!type_.is_jsonb()) {
    out.AppendString(token);
    return true;
  }
  std::string text;
  if (CatchError([&] { text = NormalizeJsonb(token); }) != nullptr) {
    out.AppendNull();
    return NoteValue(token, fault);
  }
  out.AppendString(text);
  return true;
}

// Texts and json take any value as it is written.
bool JsonValueWriter::AppendRaw(ondemand::value& value, Kind kind, ColumnBuilder& out, JsonFault& fault) {
  std::string_view raw;
  error_code error;
  if (kind == Kind::object) {
    ondemand::object object;
    error = value.get_object().get(object);
    if (error == simdjson::SUCCESS) error = object.raw_json().get(raw);
  } else {
    ondemand::array array;
    error = value.get_array().get(array);
    if (error == simdjson::SUCCESS) error = array.raw_json().get(raw);
  }
  if (error != simdjson::SUCCESS) return Malformed(error, out, fault);
  if (!type_.is(TypeKind::kJson) && !(type_.is_string() && type_.max_length() == 0)) {
    out.AppendNull();
    return NoteValue(raw, fault);
  }
  while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ') raw.remove_suffix(1);
  // It was passed over by its brackets alone.
  if (CatchError([&] { ValidateJson(raw); }) != nullptr) return Malformed(simdjson::TAPE_ERROR, out, fault);
  if (type_.is_jsonb()) return AppendJson(raw, out, fault);
  out.AppendString(raw);
  return true;
}

bool JsonValueWriter::Mismatch(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  out.AppendNull();
  return NoteValue(JsonToken(value), fault);
}

bool JsonValueWriter::AppendList(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  ondemand::array array;
  if (const error_code error = value.get_array().get(array)) return Malformed(error, out, fault);
  bool good = true;
  for (auto element : array) {
    ondemand::value item;
    if (const error_code error = std::move(element).get(item)) {
      if (fault.syntax == simdjson::SUCCESS) fault.syntax = error;
      break;
    }
    good = children_[0]->Append(item, out.child(0), fault) && good;
    if (fault.syntax != simdjson::SUCCESS) break;
  }
  out.CloseRow();
  return good && fault.syntax == simdjson::SUCCESS;
}

bool JsonValueWriter::AppendStruct(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  ondemand::object object;
  if (const error_code error = value.get_object().get(object)) return Malformed(error, out, fault);
  bool good = true;
  const size_t rows = out.size() + 1;
  keys_->Rewind();
  for (auto member : object) {
    ondemand::field field;
    error_code error = std::move(member).get(field);
    const size_t at = error == simdjson::SUCCESS ? keys_->Find(field, error) : JsonKeys::kNone;
    if (error != simdjson::SUCCESS) {
      if (fault.syntax == simdjson::SUCCESS) fault.syntax = error;
      break;
    }
    // Of a key that comes twice the first counts.
    if (at == JsonKeys::kNone || out.child(at).size() == rows) continue;
    good = children_[at]->Append(field.value(), out.child(at), fault) && good;
    if (fault.syntax != simdjson::SUCCESS) break;
  }
  for (size_t i = 0; i < children_.size(); ++i) {
    if (out.child(i).size() < rows) out.child(i).AppendNull();
  }
  out.CloseRow();
  return good && fault.syntax == simdjson::SUCCESS;
}

bool JsonValueWriter::AppendMap(ondemand::value& value, ColumnBuilder& out, JsonFault& fault) {
  ondemand::object object;
  if (const error_code error = value.get_object().get(object)) return Malformed(error, out, fault);
  bool good = true;
  for (auto member : object) {
    ondemand::field field;
    std::string_view key;
    error_code error = std::move(member).get(field);
    if (error == simdjson::SUCCESS) error = field.unescaped_key().get(key);
    if (error != simdjson::SUCCESS) {
      if (fault.syntax == simdjson::SUCCESS) fault.syntax = error;
      break;
    }
    if (!AppendTextValue(out.child(0), type_.key(), key)) good = NoteValue(key, fault);
    good = children_[1]->Append(field.value(), out.child(1), fault) && good;
    if (fault.syntax != simdjson::SUCCESS) break;
  }
  out.CloseRow();
  return good && fault.syntax == simdjson::SUCCESS;
}

}  // namespace weir::json
