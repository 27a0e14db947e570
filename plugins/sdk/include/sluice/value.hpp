#pragma once
// C++ views over the data structs of abi.h: the one data model of worker and plugins. A view adds no state: `Value` is
// a sluice_value with member functions, and may be cast from one. Payload is never owned here; it lives in an arena, in
// static storage or in a buffer that the batch keeps alive.

#include <cstring>
#include <new>
#include <span>
#include <string_view>

#include <sluice/abi.h>

namespace sluice {

inline std::string_view view(const sluice_str& text) {
  return {text.data, static_cast<std::size_t>(text.size)};
}
constexpr sluice_str str(std::string_view text) {
  return {text.data(), text.size()};
}
inline bool absent(const sluice_str& text) {
  return text.data == nullptr;
}

enum class Kind : std::uint8_t {
  kNull = SLUICE_NULL,
  kInt8 = SLUICE_INT8,
  kInt16 = SLUICE_INT16,
  kInt32 = SLUICE_INT32,
  kInt64 = SLUICE_INT64,
  kFloat32 = SLUICE_FLOAT32,
  kFloat64 = SLUICE_FLOAT64,
  kBoolean = SLUICE_BOOLEAN,
  kString = SLUICE_STRING,
  kBytes = SLUICE_BYTES,
  kArray = SLUICE_ARRAY,
  kMap = SLUICE_MAP,
  kStruct = SLUICE_STRUCT,
  kDecimal = SLUICE_DECIMAL,
  kInstant = SLUICE_INSTANT,
};

struct Schema;
struct Value;

struct Value : sluice_value {
  Value() noexcept : sluice_value{} {}
  Value(const sluice_value& value) noexcept : sluice_value(value) {}  // NOLINT: a view converts freely

  static Value null() noexcept { return {}; }
  static Value int8(std::int8_t v) noexcept { return integer(SLUICE_INT8, v); }
  static Value int16(std::int16_t v) noexcept { return integer(SLUICE_INT16, v); }
  static Value int32(std::int32_t v) noexcept { return integer(SLUICE_INT32, v); }
  static Value int64(std::int64_t v) noexcept { return integer(SLUICE_INT64, v); }
  static Value boolean(bool v) noexcept { return integer(SLUICE_BOOLEAN, v ? 1 : 0); }
  static Value instant(std::int64_t epoch_ms) noexcept { return integer(SLUICE_INSTANT, epoch_ms); }
  // Any of INT8..INT64, BOOLEAN, INSTANT; `v` must fit the kind.
  static Value integer(std::uint8_t kind, std::int64_t v) noexcept {
    Value value;
    value.sluice_value::kind = kind;
    value.as.i64 = v;
    return value;
  }
  static Value float32(float v) noexcept {
    Value value;
    value.sluice_value::kind = SLUICE_FLOAT32;
    value.as.i64 = 0;
    value.as.f32 = v;
    return value;
  }
  static Value float64(double v) noexcept {
    Value value;
    value.sluice_value::kind = SLUICE_FLOAT64;
    value.as.f64 = v;
    return value;
  }
  // Views: the payload must outlive the value.
  static Value string(std::string_view v) noexcept { return payload(SLUICE_STRING, v.data(), v.size()); }
  static Value bytes(std::string_view v) noexcept { return payload(SLUICE_BYTES, v.data(), v.size()); }
  static Value array(const sluice_value* items, std::size_t count) noexcept { return list(SLUICE_ARRAY, items, count); }
  static Value map(const sluice_value* keys_and_values, std::size_t pairs) noexcept {
    return list(SLUICE_MAP, keys_and_values, pairs);
  }
  static Value record(const sluice_struct* fields, std::size_t field_count) noexcept {
    Value value;
    value.sluice_value::kind = SLUICE_STRUCT;
    value.size = static_cast<std::uint32_t>(field_count);
    value.as.record = fields;
    return value;
  }
  static Value decimal(const sluice_decimal* unscaled) noexcept {
    Value value;
    value.sluice_value::kind = SLUICE_DECIMAL;
    value.size = unscaled->size;
    value.as.decimal = unscaled;
    return value;
  }

  Kind kind() const noexcept { return static_cast<Kind>(sluice_value::kind); }
  bool is(Kind k) const noexcept { return kind() == k; }
  bool is_null() const noexcept { return sluice_value::kind == SLUICE_NULL; }
  bool is_integer() const noexcept { return sluice_value::kind >= SLUICE_INT8 && sluice_value::kind <= SLUICE_INT64; }

  // Accessors: the kind must fit (as noted in abi.h); nothing is converted.
  std::int64_t i64() const noexcept { return as.i64; }
  bool boolean_value() const noexcept { return as.i64 != 0; }
  float f32() const noexcept { return as.f32; }
  double f64() const noexcept { return as.f64; }
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(as.bytes), size}; }  // STRING or BYTES
  std::span<const Value> items() const noexcept {  // ARRAY: elements. MAP: key, value, key, value, ... STRUCT: fields
    if (sluice_value::kind == SLUICE_STRUCT) return {static_cast<const Value*>(&as.record->fields[0]), size};
    const std::size_t count = sluice_value::kind == SLUICE_MAP ? std::size_t{size} * 2 : size;
    return {static_cast<const Value*>(as.items), count};
  }
  const Schema& struct_schema() const noexcept;
  std::int32_t decimal_scale() const noexcept { return as.decimal->scale; }
  std::string_view decimal_unscaled() const noexcept {
    return {reinterpret_cast<const char*>(as.decimal->unscaled), as.decimal->size};
  }

 private:
  static Value payload(std::uint8_t kind, const char* data, std::size_t size) noexcept {
    Value value;
    value.sluice_value::kind = kind;
    value.size = static_cast<std::uint32_t>(size);
    // A view of no bytes may carry a null pointer; payload pointers are never null.
    value.as.bytes = reinterpret_cast<const std::uint8_t*>(data != nullptr ? data : "");
    return value;
  }
  static Value list(std::uint8_t kind, const sluice_value* items, std::size_t count) noexcept {
    Value value;
    value.sluice_value::kind = kind;
    value.size = static_cast<std::uint32_t>(count);
    value.as.items = items;
    return value;
  }
};
static_assert(sizeof(Value) == sizeof(sluice_value));

struct Field : sluice_field {
  std::string_view name() const noexcept { return view(sluice_field::name); }
  const Schema& schema() const noexcept;
};
static_assert(sizeof(Field) == sizeof(sluice_field));

// An interned schema. Never constructed here: handles come from the host. Pointer equality is schema equality within
// one task.
struct Schema : sluice_schema {
  Schema(const Schema&) = delete;
  Schema& operator=(const Schema&) = delete;

  Kind type() const noexcept { return static_cast<Kind>(sluice_schema::type); }
  bool optional() const noexcept { return (flags & SLUICE_SCHEMA_OPTIONAL) != 0; }
  bool has_name() const noexcept { return sluice_schema::name.data != nullptr; }
  std::string_view name() const noexcept { return view(sluice_schema::name); }
  bool has_version() const noexcept { return (flags & SLUICE_SCHEMA_HAS_VERSION) != 0; }
  bool has_doc() const noexcept { return sluice_schema::doc.data != nullptr; }
  std::string_view doc() const noexcept { return view(sluice_schema::doc); }
  bool has_parameters() const noexcept { return (flags & SLUICE_SCHEMA_HAS_PARAMETERS) != 0; }
  std::span<const sluice_kv> parameters() const noexcept { return {sluice_schema::parameters, parameter_count}; }
  // The text of a parameter; data() == nullptr if there is none.
  std::string_view parameter(std::string_view key) const noexcept {
    for (const sluice_kv& entry : parameters())
      if (view(entry.key) == key) return view(entry.value);
    return {};
  }
  bool has_default() const noexcept { return (flags & SLUICE_SCHEMA_HAS_DEFAULT) != 0; }
  Value default_value() const noexcept { return has_default() ? Value(*sluice_schema::default_value) : Value(); }
  std::span<const Field> fields() const noexcept {
    return {static_cast<const Field*>(sluice_schema::fields), field_count};
  }
  // Index of a field, or -1.
  int field_index(std::string_view name) const noexcept {
    for (std::uint32_t i = 0; i < field_count; ++i)
      if (view(sluice_schema::fields[i].name) == name) return static_cast<int>(i);
    return -1;
  }
  const Schema* key_schema() const noexcept { return static_cast<const Schema*>(sluice_schema::key_schema); }
  const Schema* value_schema() const noexcept { return static_cast<const Schema*>(sluice_schema::value_schema); }
};

inline const Schema& Value::struct_schema() const noexcept {
  return *static_cast<const Schema*>(as.record->schema);
}
inline const Schema& Field::schema() const noexcept {
  return *static_cast<const Schema*>(sluice_field::schema);
}

// Names of Connect's logical types.
inline constexpr std::string_view kDecimalName = "org.apache.kafka.connect.data.Decimal";
inline constexpr std::string_view kDateName = "org.apache.kafka.connect.data.Date";
inline constexpr std::string_view kTimeName = "org.apache.kafka.connect.data.Time";
inline constexpr std::string_view kTimestampName = "org.apache.kafka.connect.data.Timestamp";
inline constexpr std::string_view kDecimalScaleParameter = "scale";

// ---- building values in an arena
// ----------------------------------------------------------------------------------------

// Memory of the batch, or nullptr when its budget is spent. `align` is a power of two. Owner of the batch only.
inline void* arena_alloc(sluice_arena* arena, std::uint64_t size, std::uint32_t align) noexcept {
  const auto at =
      (reinterpret_cast<std::uintptr_t>(arena->cursor) + align - 1) & ~static_cast<std::uintptr_t>(align - 1);
  const auto limit = reinterpret_cast<std::uintptr_t>(arena->limit);
  if (at < limit && size <= limit - at) {  // never null for no bytes, which would look like no memory
    arena->cursor = reinterpret_cast<std::uint8_t*>(at) + size;
    return reinterpret_cast<void*>(at);
  }
  return arena->alloc(arena, size, align);
}

template <typename T>
T* arena_array(sluice_arena* arena, std::size_t count) noexcept {
  return static_cast<T*>(arena_alloc(arena, sizeof(T) * count, alignof(T)));
}

// Copies bytes; data() == nullptr: no memory.
inline std::string_view arena_copy(sluice_arena* arena, std::string_view bytes) noexcept {
  auto* copy = static_cast<char*>(arena_alloc(arena, bytes.size() == 0 ? 1 : bytes.size(), 1));
  if (copy == nullptr) return {};
  std::memcpy(copy, bytes.data() != nullptr ? bytes.data() : "", bytes.size());
  return {copy, bytes.size()};
}

// A struct of `schema` with every field null, or nullptr. Set fields through the returned pointer, then use
// Value::record.
inline sluice_struct* arena_struct(sluice_arena* arena, const sluice_schema* schema) noexcept {
  const std::size_t size = sizeof(sluice_struct) + sizeof(sluice_value) * schema->field_count;
  auto* fields = static_cast<sluice_struct*>(arena_alloc(arena, size, alignof(sluice_value)));
  if (fields == nullptr) return nullptr;
  std::memset(fields, 0, size);
  fields->schema = schema;
  return fields;
}

// A decimal from its scale and its two's complement big-endian unscaled value (shortened here), or a null value without
// memory.
inline Value arena_decimal(sluice_arena* arena, std::int32_t scale, std::string_view unscaled) noexcept {
  while (unscaled.size() > 1 &&
         ((unscaled[0] == 0 && (unscaled[1] & 0x80) == 0) || (unscaled[0] == -1 && (unscaled[1] & 0x80) != 0)))
    unscaled.remove_prefix(1);
  auto* decimal = static_cast<sluice_decimal*>(
      arena_alloc(arena, sizeof(sluice_decimal) + unscaled.size() + 1, alignof(sluice_decimal)));
  if (decimal == nullptr) return {};
  decimal->scale = scale;
  decimal->size = unscaled.empty() ? 1 : static_cast<std::uint32_t>(unscaled.size());
  decimal->unscaled[0] = 0;
  std::memcpy(decimal->unscaled, unscaled.data(), unscaled.size());
  return Value::decimal(decimal);
}

}  // namespace sluice
