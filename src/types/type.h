#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class TypeKind : uint8_t {  // serialised: append only
  kUnknown = 0,                  // the type of NULL and of untyped literals before binding
  kBoolean = 1,
  kInt8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kInt128 = 6,
  kFloat = 7,
  kDouble = 8,
  kDecimal = 9,
  kDate = 10,
  kTime = 11,
  kTimestamp = 12,
  kTimestampTz = 13,
  kTimestampNs = 14,
  kTimestampTzNs = 15,
  kInterval = 16,
  kVarchar = 17,
  kVarbinary = 18,
  kUuid = 19,
  kJson = 20,
  kList = 21,
  kStruct = 22,
  kMap = 23,
  kBit = 24,   // bit(n), bit varying(n)
  kEnum = 25,  // one of the labels of a type that the user made
  kHll = 26,   // sketches that only their own functions understand
  kBitmap = 27,
  kPercentile = 28,
};

// How values lie in memory. Kernels are written per physical type.
enum class PhysicalType : uint8_t {
  kBool,      // uint8_t, 0 or 1
  kInt8,      // int8_t
  kInt16,     // int16_t
  kInt32,     // int32_t; date: days since 1970-01-01; enum: position of the label, so that numbers order as labels do
  kInt64,     // int64_t; decimal(<= 18); time: us since midnight; timestamps: us or ns since 1970-01-01 UTC
  kInt128,    // int128_t; decimal(> 18); uuid: the big-endian number with its top bit flipped, so that order is kept
  kFloat,     // float
  kDouble,    // double
  kInterval,  // Interval
  kString,    // StringRef; varchar (UTF-8), varbinary, json (its text), bit (a character '0' or '1' each), sketches
  kList,      // ListEntry into child 0
  kStruct,    // a child per field
  kMap,       // ListEntry into child 0 (keys) and child 1 (values)
};

struct Field;

// A value of an enum. `stored` is what files hold: it stays when the label is renamed and is no other label's.
struct EnumLabel {
  std::string text;
  std::string stored;
  friend bool operator==(const EnumLabel&, const EnumLabel&) = default;
};

// How text compares where it is not by its bytes. Expressions carry it in their type.
struct Collation {
  // Why an expression has it, weakest first: PostgreSQL's derivation.
  enum class Origin : uint8_t { kImplicit, kConflict, kExplicit };  // serialised: append only
  std::string name;                                                 // as shown: "de-x-icu"
  std::string locale;                                               // ICU's; "" compares bytes
  bool deterministic = true;  // false: texts that compare equal are equal though their bytes differ
  Origin origin = Origin::kImplicit;
  friend bool operator==(const Collation&, const Collation&) = default;
};

// A SQL type: a small value, cheap to copy; nested parts are shared and immutable.
class Type {
 public:
  static constexpr int kDecimalPrecisionMax = 38;
  static constexpr int kDecimalPrecisionInt64Max = 18;

  Type() = default;
  Type(TypeKind kind);  // NOLINT(google-explicit-constructor): a plain kind is a type; not for decimal and nested ones

  static Type Decimal(int precision, int scale);
  // numeric without a precision: as much room on either side of the point as there is for all uses. Its values show
  // without zeros at the end, which they need not have been written with.
  static Type Numeric() { return Decimal(kDecimalPrecisionMax, 10).WithNaturalScale(); }
  // What a calculation with such a number gives.
  Type WithNaturalScale(bool natural = true) const {
    Type type = *this;
    type.natural_scale_ = natural;
    return type;
  }
  static Type Varchar(uint32_t max_length) {
    Type type(TypeKind::kVarchar);
    type.length_ = max_length;
    return type;
  }
  // json whose text has one form (types/jsonb.h): a flavour of kJson, so that whatever takes json takes it too.
  static Type Jsonb() {
    Type type(TypeKind::kJson);
    type.length_ = 1;
    return type;
  }
  // time, timestamp, timestamptz and interval that keep so many digits of a second's fraction: timestamp(3).
  static Type WithFraction(TypeKind kind, int digits);
  // `length` 0: any. Without `varying` values have exactly that length.
  static Type Bit(uint32_t length, bool varying);
  // `name` as shown, "" for one written in place; `id` is the catalog's, 0 without.
  static Type Enum(std::string name, uint32_t id, std::vector<EnumLabel> labels);
  static Type List(Type element);
  static Type Map(Type key, Type value);
  static Type Struct(std::vector<Field> fields);

  TypeKind kind() const { return kind_; }
  PhysicalType physical() const;
  int precision() const { return precision_; }               // decimal: 1..38
  int scale() const { return scale_; }                       // decimal: 0..precision
  uint32_t max_length() const { return length_; }            // varchar(n), bit(n): characters; 0 = unlimited
  bool has_natural_scale() const { return natural_scale_; }  // a matter of how values show; no part of equality
  // 0..5 where fewer digits of a second than six are kept, else -1. A matter of what is stored, not of what the type
  // is: types that differ in nothing else are equal.
  int fraction_digits() const { return fraction_ - 1; }
  bool is_varying() const { return scale_ != 0; }  // bit
  const std::string& enum_name() const;
  uint32_t enum_id() const { return length_; }
  std::span<const EnumLabel> labels() const;  // of an enum, in order
  std::optional<int32_t> FindLabel(std::string_view text) const;
  std::optional<int32_t> FindStoredLabel(std::string_view stored) const;
  const Type& element() const;            // list
  const Type& key() const;                // map
  const Type& value() const;              // map
  std::span<const Field> fields() const;  // struct
  // The types of a column's children: list 1, map 2, struct one per field, others none.
  size_t child_count() const;
  const Type& child(size_t i) const;

  // What a type carries that its values know nothing of: equality of types does not look at it, and types that
  // functions make are without it. A domain's name (values and operators are the base type's); a collation.
  std::string_view domain() const;
  uint32_t domain_id() const;
  Type WithDomain(std::string name, uint32_t id) const;
  const Collation* collation() const;  // null: by bytes
  Type WithCollation(std::optional<Collation> collation) const;
  bool SameNotes(const Type& other) const;  // the same domain and collation

  bool is(TypeKind kind) const { return kind_ == kind; }
  bool is_integer() const { return kind_ >= TypeKind::kInt8 && kind_ <= TypeKind::kInt128; }
  bool is_floating() const { return kind_ == TypeKind::kFloat || kind_ == TypeKind::kDouble; }
  bool is_numeric() const { return kind_ >= TypeKind::kInt8 && kind_ <= TypeKind::kDecimal; }
  bool is_timestamp() const { return kind_ >= TypeKind::kTimestamp && kind_ <= TypeKind::kTimestampTzNs; }
  bool is_timestamp_ns() const { return kind_ == TypeKind::kTimestampNs || kind_ == TypeKind::kTimestampTzNs; }
  bool has_time_zone() const { return kind_ == TypeKind::kTimestampTz || kind_ == TypeKind::kTimestampTzNs; }
  bool is_temporal() const { return kind_ >= TypeKind::kDate && kind_ <= TypeKind::kInterval; }
  bool is_string() const { return kind_ == TypeKind::kVarchar; }
  bool is_jsonb() const { return kind_ == TypeKind::kJson && length_ != 0; }
  bool is_nested() const { return kind_ >= TypeKind::kList && kind_ <= TypeKind::kMap; }
  bool is_sketch() const { return kind_ >= TypeKind::kHll && kind_ <= TypeKind::kPercentile; }

  // As PostgreSQL writes it: "bigint", "numeric(15,2)", "timestamp with time zone", "integer[]";
  // "struct(a integer, b text)" and "map(text, bigint)" where it has no name for it.
  std::string ToString() const;
  // Without precision, scale and length, as messages and pg_typeof have it: "numeric", "character varying".
  std::string Name() const;

  friend bool operator==(const Type& a, const Type& b);

 private:
  struct Nested;
  std::shared_ptr<Nested> CopyNested() const;
  static std::shared_ptr<const Nested> WithFields(std::vector<Field> fields);
  TypeKind kind_ = TypeKind::kUnknown;
  uint8_t precision_ = 0;
  uint8_t scale_ = 0;
  uint8_t fraction_ = 0;  // digits + 1; 0: all
  bool natural_scale_ = false;
  uint32_t length_ = 0;
  std::shared_ptr<const Nested> nested_;
};

struct Field {
  std::string name;
  Type type;
  bool nullable = true;
  friend bool operator==(const Field&, const Field&) = default;
};

// The columns of a table, a chunk or a result, in order.
using Schema = std::vector<Field>;

// Months, days and microseconds are separate, as in PostgreSQL: a day is not always 24 hours.
struct Interval {
  int32_t months = 0;
  int32_t days = 0;
  int64_t micros = 0;
  friend bool operator==(const Interval&, const Interval&) = default;  // of the parts; SQL equality is NormalizedMicros
  // For SQL comparison: 30-day months and 24-hour days, as PostgreSQL.
  __int128 NormalizedMicros() const { return ((static_cast<__int128>(months) * 30 + days) * 86'400'000'000) + micros; }
};
static_assert(sizeof(Interval) == 16);

// The slice of the child column(s) that a list or map value is.
struct ListEntry {
  uint32_t offset = 0;
  uint32_t length = 0;
};

// Bytes per value in a flat column; 0 for struct.
size_t PhysicalWidth(PhysicalType type);
std::string_view PhysicalTypeName(PhysicalType type);

// Infinity of date and timestamps is the extreme of the representation, as in PostgreSQL.
inline constexpr int64_t kTimestampInfinity = INT64_MAX;
inline constexpr int64_t kTimestampMinusInfinity = INT64_MIN;
inline constexpr int32_t kDateInfinity = INT32_MAX;
inline constexpr int32_t kDateMinusInfinity = INT32_MIN;

}  // namespace weir
