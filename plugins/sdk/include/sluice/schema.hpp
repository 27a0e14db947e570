#pragma once
// Schemas: described once, interned by the worker, then compared by pointer. Handles live as long as the instance that
// asked.
//
//   const sluice::Schema* row = sluice::SchemaBuilder::structure("s.orders")
//       .field("id", schemas.int64()).field("note", schemas.optional_string()).build(schemas);

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/abi.h>
#include <sluice/status.hpp>
#include <sluice/value.hpp>

namespace sluice {

// The worker's pool of schemas, as one instance sees it. [task]
class Schemas {
 public:
  Schemas() = default;
  Schemas(const sluice_schema_host* table, void* ctx) noexcept : table_(table), ctx_(ctx) {}

  // Throws std::runtime_error with the worker's text if `description` is not a schema or the limit of schemas is
  // reached.
  const Schema* intern(const sluice_schema& description) const {
    sluice_error err = detail::empty_error();
    const sluice_schema* handle = table_ != nullptr ? table_->intern(ctx_, &description, &err) : nullptr;
    if (handle == nullptr)
      throw std::runtime_error(err.message_size > 0 ? std::string(err.message, err.message_size)
                                                    : "this host interns no schemas");
    return static_cast<const Schema*>(handle);
  }

  const Schema* primitive(Kind type, bool optional = false) const {
    const Schema*& known = primitives_[static_cast<int>(type)][optional ? 1 : 0];
    if (known == nullptr) {
      sluice_schema description{};
      description.struct_size = sizeof description;
      description.type = static_cast<std::uint8_t>(type);
      description.flags = optional ? SLUICE_SCHEMA_OPTIONAL : 0;
      known = intern(description);
    }
    return known;
  }
  const Schema* int8() const { return primitive(Kind::kInt8); }
  const Schema* int16() const { return primitive(Kind::kInt16); }
  const Schema* int32() const { return primitive(Kind::kInt32); }
  const Schema* int64() const { return primitive(Kind::kInt64); }
  const Schema* float32() const { return primitive(Kind::kFloat32); }
  const Schema* float64() const { return primitive(Kind::kFloat64); }
  const Schema* boolean() const { return primitive(Kind::kBoolean); }
  const Schema* string() const { return primitive(Kind::kString); }
  const Schema* bytes() const { return primitive(Kind::kBytes); }
  const Schema* optional_int32() const { return primitive(Kind::kInt32, true); }
  const Schema* optional_int64() const { return primitive(Kind::kInt64, true); }
  const Schema* optional_float64() const { return primitive(Kind::kFloat64, true); }
  const Schema* optional_boolean() const { return primitive(Kind::kBoolean, true); }
  const Schema* optional_string() const { return primitive(Kind::kString, true); }
  const Schema* optional_bytes() const { return primitive(Kind::kBytes, true); }

 private:
  const sluice_schema_host* table_ = nullptr;
  void* ctx_ = nullptr;
  mutable const Schema* primitives_[SLUICE_BYTES + 1][2] = {};
};

// Describes a schema step by step. Texts are copied; a default value is borrowed until build().
class SchemaBuilder {
 public:
  explicit SchemaBuilder(Kind type) : type_(type) {}
  static SchemaBuilder structure() { return SchemaBuilder(Kind::kStruct); }
  static SchemaBuilder structure(std::string_view name) { return std::move(SchemaBuilder(Kind::kStruct).name(name)); }
  static SchemaBuilder array(const Schema* element) {
    SchemaBuilder builder(Kind::kArray);
    builder.value_ = element;
    return builder;
  }
  static SchemaBuilder map(const Schema* key, const Schema* value) {
    SchemaBuilder builder(Kind::kMap);
    builder.key_ = key;
    builder.value_ = value;
    return builder;
  }
  // Connect's logical types.
  static SchemaBuilder decimal(std::int32_t scale) {
    return std::move(logical(Kind::kBytes, kDecimalName).parameter(kDecimalScaleParameter, std::to_string(scale)));
  }
  static SchemaBuilder date() { return logical(Kind::kInt32, kDateName); }
  static SchemaBuilder time() { return logical(Kind::kInt32, kTimeName); }
  static SchemaBuilder timestamp() { return logical(Kind::kInt64, kTimestampName); }

  SchemaBuilder& optional() {
    flags_ |= SLUICE_SCHEMA_OPTIONAL;
    return *this;
  }
  SchemaBuilder& name(std::string_view text) {
    name_ = text;
    has_name_ = true;
    return *this;
  }
  SchemaBuilder& doc(std::string_view text) {
    doc_ = text;
    has_doc_ = true;
    return *this;
  }
  SchemaBuilder& version(std::int32_t number) {
    version_ = number;
    flags_ |= SLUICE_SCHEMA_HAS_VERSION;
    return *this;
  }
  SchemaBuilder& parameter(std::string_view key, std::string_view value) {
    parameters_.emplace_back(key, value);
    flags_ |= SLUICE_SCHEMA_HAS_PARAMETERS;
    return *this;
  }
  SchemaBuilder& default_value(const Value& value) {
    default_ = value;
    flags_ |= SLUICE_SCHEMA_HAS_DEFAULT;
    return *this;
  }
  SchemaBuilder& field(std::string_view field_name, const Schema* schema) {
    fields_.emplace_back(field_name, schema);
    return *this;
  }

  const Schema* build(const Schemas& schemas) const {
    std::vector<sluice_field> fields;
    for (const auto& [field_name, schema] : fields_) fields.push_back({str(field_name), schema});
    std::vector<sluice_kv> parameters;
    for (const auto& [key, value] : parameters_) parameters.push_back({str(key), str(value)});
    sluice_schema description{};
    description.struct_size = sizeof description;
    description.type = static_cast<std::uint8_t>(type_);
    description.flags = flags_;
    description.version = version_;
    if (has_name_) description.name = str(name_);
    if (has_doc_) description.doc = str(doc_);
    description.fields = fields.data();
    description.field_count = static_cast<std::uint32_t>(fields.size());
    description.parameters = parameters.data();
    description.parameter_count = static_cast<std::uint32_t>(parameters.size());
    description.key_schema = key_;
    description.value_schema = value_;
    description.default_value = (flags_ & SLUICE_SCHEMA_HAS_DEFAULT) != 0 ? &default_ : nullptr;
    return schemas.intern(description);
  }

 private:
  static SchemaBuilder logical(Kind type, std::string_view schema_name) {
    return std::move(SchemaBuilder(type).name(schema_name).version(1));
  }

  Kind type_;
  std::uint16_t flags_ = 0;
  bool has_name_ = false, has_doc_ = false;
  std::int32_t version_ = 0;
  std::string name_, doc_;
  std::vector<std::pair<std::string, std::string>> parameters_;
  std::vector<std::pair<std::string, const Schema*>> fields_;
  const Schema* key_ = nullptr;
  const Schema* value_ = nullptr;
  Value default_;
};

}  // namespace sluice
