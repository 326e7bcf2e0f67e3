#include "format/json/infer.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "format/json/parse_record.h"
#include "format/json/value_writer.h"
#include "format/plain_forms.h"

namespace weir::json {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

namespace {

// Objects with more keys, or with keys that hardly one of them shares, are maps.
constexpr size_t kStructFieldsMax = 200;
constexpr double kKeyShareMin = 0.1;
constexpr size_t kColumnsMax = 16'384;

// What values in one place have in common.
struct Shape {
  enum : uint8_t { kBoolean = 1, kNumber = 2, kText = 4, kObject = 8, kArray = 16 };
  uint8_t kinds = 0;
  bool is_integer = true;  // numbers
  bool is_bigint = true;
  bool is_date = true;  // texts
  bool is_timestamp = true;
  bool is_timestamp_tz = true;
  uint64_t objects = 0;
  struct Member;
  std::vector<Member> members;
  std::unordered_map<std::string, size_t> member_positions;
  std::unique_ptr<Shape> element;

  void Merge(const Shape& other);
  Shape& MemberNamed(std::string_view name);
  Type ToType(size_t depth_left) const;
};

struct Shape::Member {
  std::string name;
  uint64_t seen = 0;
  Shape shape;
};

Shape& Shape::MemberNamed(std::string_view name) {
  const auto [at, is_new] = member_positions.try_emplace(std::string(name), members.size());
  if (is_new) members.push_back({std::string(name), 0, {}});
  Member& member = members[at->second];
  ++member.seen;
  return member.shape;
}

void Shape::Merge(const Shape& other) {
  kinds |= other.kinds;
  is_integer = is_integer && other.is_integer;
  is_bigint = is_bigint && other.is_bigint;
  is_date = is_date && other.is_date;
  is_timestamp = is_timestamp && other.is_timestamp;
  is_timestamp_tz = is_timestamp_tz && other.is_timestamp_tz;
  objects += other.objects;
  for (const Member& member : other.members) {
    MemberNamed(member.name).Merge(member.shape);
    members[member_positions.at(member.name)].seen += member.seen - 1;
  }
  if (other.element != nullptr) {
    if (element == nullptr) element = std::make_unique<Shape>();
    element->Merge(*other.element);
  }
}

Type Shape::ToType(size_t depth_left) const {
  switch (kinds) {
    case kBoolean:
      return TypeKind::kBoolean;
    case kNumber:
      return !is_integer ? TypeKind::kDouble : is_bigint ? TypeKind::kInt64 : TypeKind::kInt128;
    case kText:
      return is_date           ? TypeKind::kDate
             : is_timestamp    ? TypeKind::kTimestamp
             : is_timestamp_tz ? TypeKind::kTimestampTz
                               : TypeKind::kVarchar;
    case kArray:
      if (depth_left == 0) return TypeKind::kJson;
      return Type::List(element == nullptr ? Type(TypeKind::kJson) : element->ToType(depth_left - 1));
    case kObject: {
      if (depth_left == 0 || members.empty()) return TypeKind::kJson;
      uint64_t seen = 0;
      for (const Member& member : members) seen += member.seen;
      const double share = static_cast<double>(seen) / static_cast<double>(members.size() * objects);
      if (members.size() > kStructFieldsMax || share < kKeyShareMin) {
        Shape values;
        for (const Member& member : members) values.Merge(member.shape);
        return Type::Map(TypeKind::kVarchar, values.ToType(depth_left - 1));
      }
      std::vector<Field> fields;
      for (const Member& member : members) fields.push_back({member.name, member.shape.ToType(depth_left - 1)});
      return Type::Struct(std::move(fields));
    }
    default:
      return TypeKind::kJson;
  }
}

void LookAtNumber(std::string_view token, Shape& shape) {
  shape.kinds |= Shape::kNumber;
  int64_t integer;
  int128_t wide;
  if (ParsePlainInteger(token, integer)) return;
  shape.is_bigint = false;
  if (!ParsePlainInt128(token, wide)) shape.is_integer = false;
}

void LookAtText(std::string_view text, Shape& shape) {
  shape.kinds |= Shape::kText;
  if (!shape.is_timestamp_tz) return;  // the widest is out already
  int32_t date;
  int64_t micros;
  bool has_zone = false;
  const bool is_timestamp = ParsePlainTimestamp(text, micros, has_zone);
  shape.is_date = shape.is_date && ParsePlainDate(text, date);
  shape.is_timestamp = shape.is_timestamp && is_timestamp && !has_zone;
  shape.is_timestamp_tz = is_timestamp;
}

error_code LookAt(ondemand::value& value, Shape& shape) {
  ondemand::json_type kind;
  if (const error_code error = value.type().get(kind)) return error;
  switch (kind) {
    case ondemand::json_type::number: {
      const std::string_view token = JsonToken(value);
      if (!IsJsonNumber(token)) return simdjson::NUMBER_ERROR;
      LookAtNumber(token, shape);
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::string: {
      std::string_view text;
      if (const error_code error = value.get_string().get(text)) return error;
      LookAtText(text, shape);
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::boolean: {
      bool boolean;
      shape.kinds |= Shape::kBoolean;
      return value.get_bool().get(boolean);
    }
    case ondemand::json_type::null: {
      bool is_null = false;
      return value.is_null().get(is_null) == simdjson::SUCCESS && is_null ? simdjson::SUCCESS : simdjson::N_ATOM_ERROR;
    }
    case ondemand::json_type::array: {
      shape.kinds |= Shape::kArray;
      ondemand::array array;
      if (const error_code error = value.get_array().get(array)) return error;
      for (auto element : array) {
        ondemand::value item;
        if (const error_code error = std::move(element).get(item)) return error;
        if (shape.element == nullptr) shape.element = std::make_unique<Shape>();
        if (const error_code error = LookAt(item, *shape.element)) return error;
      }
      return simdjson::SUCCESS;
    }
    case ondemand::json_type::object: {
      shape.kinds |= Shape::kObject;
      ++shape.objects;
      ondemand::object object;
      if (const error_code error = value.get_object().get(object)) return error;
      for (auto member : object) {
        ondemand::field field;
        std::string_view key;
        if (const error_code error = std::move(member).get(field)) return error;
        if (const error_code error = field.unescaped_key().get(key)) return error;
        if (const error_code error = LookAt(field.value(), shape.MemberNamed(key))) return error;
      }
      return simdjson::SUCCESS;
    }
  }
  return simdjson::TAPE_ERROR;
}

}  // namespace

struct JsonInference::Impl {
  JsonOptions options;
  RecordParser parser;
  Shape top;
  std::string first_path;
  std::optional<bool> records;
  bool has_records = false;
};

JsonInference::JsonInference(const JsonOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
}

JsonInference::~JsonInference() = default;

void JsonInference::Add(const OpenFile& open) {
  const JsonShapeOfFile found = DetectJsonLayout(open, impl_->options);
  JsonRecords records(OpenJsonText(open(), found.layout, impl_->options), found.layout, impl_->options);
  if (impl_->first_path.empty()) impl_->first_path = records.path();
  if (found.empty) return;
  if (!impl_->records.has_value()) impl_->records = found.records;
  const size_t count_max = impl_->options.sample_records == 0 ? SIZE_MAX : impl_->options.sample_records;
  for (size_t count = 0; count < count_max && records.Next(); ++count) {
    ondemand::value value;
    error_code error = impl_->parser.Parse(records.record(), value);
    if (error == simdjson::SUCCESS) error = LookAt(value, impl_->top);
    if (error != simdjson::SUCCESS && !impl_->options.ignore_errors) {
      ThrowMalformedRecord(records.path(), records.line(), records.record(), error);
    }
    impl_->has_records = true;
  }
}

Schema JsonInference::Finish() const {
  if (!impl_->has_records) {
    throw Error::User(sqlstate::kBadCopyFileFormat, "columns cannot be inferred from a file without records: {}",
                      impl_->first_path)
        .WithHint("columns => '...' names them.");
  }
  const Shape& top = impl_->top;
  const size_t depth = impl_->options.depth_max;
  if (!impl_->records.value_or(true)) return {{"json", top.ToType(depth)}};
  Schema schema;
  if (top.members.size() > kColumnsMax) {
    throw Error::User(sqlstate::kTooManyColumns, "file has more than {} columns: {}", kColumnsMax, impl_->first_path)
        .WithHint("records => false reads every object into one column.");
  }
  for (const Shape::Member& member : top.members) {
    schema.push_back({member.name, member.shape.ToType(depth == SIZE_MAX ? depth : depth == 0 ? 0 : depth - 1)});
  }
  if (schema.empty()) schema.push_back({"json", TypeKind::kJson});
  return schema;
}

}  // namespace weir::json
