#pragma once
// Schemas: interned, immutable, compared by pointer. A SchemaPool lives as long as its task (and the batches of it).
//
//   SchemaPool pool;
//   const Schema* row = SchemaBuilder::structure().name("s.orders").field("id", pool.int64()).build(pool).value();
//
// Equality of handles is Connect's ConnectSchema.equals, except that parameters given in another order make another
// handle; schemas_equal() answers for those, and for handles of different pools.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::data {

// Thread-safe: a batch may be read on another thread while the task interns. Limits: kSchemasMax schemas.
class SchemaPool {
 public:
  static constexpr std::size_t kSchemasMax = 100'000;

  SchemaPool();
  ~SchemaPool();
  SchemaPool(const SchemaPool&) = delete;
  SchemaPool& operator=(const SchemaPool&) = delete;

  // Copies `description` (children must be handles of this pool; the default value is copied deeply). Checks its shape:
  // type in range, children where the type needs them, no two fields of one name. Does not check the default value
  // against the type.
  base::Result<const Schema*> intern(const sluice_schema& description);

  // A schema of another pool, or a description with foreign children, as a handle of this pool.
  base::Result<const Schema*> import(const sluice_schema& schema);

  // The primitive schemas without name, ready at once.
  const Schema* primitive(Kind type, bool optional = false) const {
    return primitives_[static_cast<int>(type)][optional ? 1 : 0];
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

  std::size_t size() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  const Schema* primitives_[static_cast<int>(Kind::kBytes) + 1][2] = {};
};

// Describes a schema step by step; build() interns it. Values given as defaults are borrowed until build().
class SchemaBuilder {
 public:
  explicit SchemaBuilder(Kind type) : type_(type) {}
  static SchemaBuilder structure() { return SchemaBuilder(Kind::kStruct); }
  static SchemaBuilder array(const Schema* element) {
    SchemaBuilder b(Kind::kArray);
    b.value_ = element;
    return b;
  }
  static SchemaBuilder map(const Schema* key, const Schema* value) {
    SchemaBuilder b(Kind::kMap);
    b.key_ = key;
    b.value_ = value;
    return b;
  }
  // Logical types (version 1, as Connect defines them).
  static SchemaBuilder decimal(std::int32_t scale);
  static SchemaBuilder date();
  static SchemaBuilder time();
  static SchemaBuilder timestamp();
  // Starts from everything that `schema` says, to change a part of it.
  static SchemaBuilder like(const Schema& schema);

  SchemaBuilder& optional(bool yes = true) {
    optional_ = yes;
    return *this;
  }
  SchemaBuilder& name(std::string_view name) {
    name_ = std::string(name);
    has_name_ = true;
    return *this;
  }
  SchemaBuilder& no_name() {
    has_name_ = false;
    return *this;
  }
  SchemaBuilder& version(std::int32_t version) {
    version_ = version;
    has_version_ = true;
    return *this;
  }
  SchemaBuilder& no_version() {
    has_version_ = false;
    return *this;
  }
  SchemaBuilder& doc(std::string_view doc) {
    doc_ = std::string(doc);
    has_doc_ = true;
    return *this;
  }
  SchemaBuilder& parameter(std::string_view key, std::string_view value);
  SchemaBuilder& empty_parameters() {
    has_parameters_ = true;
    return *this;
  }
  SchemaBuilder& default_value(const Value& value) {
    default_ = value;
    has_default_ = true;
    return *this;
  }
  SchemaBuilder& no_default() {
    has_default_ = false;
    return *this;
  }
  SchemaBuilder& field(std::string_view name, const Schema* schema) {
    fields_.emplace_back(std::string(name), schema);
    return *this;
  }
  SchemaBuilder& clear_fields() {
    fields_.clear();
    return *this;
  }

  base::Result<const Schema*> build(SchemaPool& pool) const;

 private:
  Kind type_;
  bool optional_ = false, has_name_ = false, has_version_ = false, has_doc_ = false, has_parameters_ = false,
       has_default_ = false;
  std::int32_t version_ = 0;
  std::string name_, doc_;
  std::vector<std::pair<std::string, std::string>> parameters_;
  std::vector<std::pair<std::string, const Schema*>> fields_;
  const Schema* key_ = nullptr;
  const Schema* value_ = nullptr;
  Value default_;
};

// Connect's ConnectSchema.equals. Null equals null only.
bool schemas_equal(const Schema* a, const Schema* b);

// "INT8", "STRUCT", ... as Schema.Type prints.
std::string_view type_name(Kind type);
// "int8", "struct", ...: Schema.Type.getName().
std::string_view type_name_lower(Kind type);

}  // namespace sluice::data
