#include "runtime/data/schema.h"

#include <algorithm>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "runtime/data/arena.h"
#include "runtime/data/value_ops.h"

namespace sluice::data {
namespace {

using base::Code;
using base::fail;

std::uint64_t mix(std::uint64_t hash, std::uint64_t more) {
  hash ^= more + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdULL;
}
std::uint64_t mix_text(std::uint64_t hash, const sluice_str& text) {
  return absent(text) ? mix(hash, 7) : mix(hash, std::hash<std::string_view>()(view(text)));
}
std::uint64_t mix_pointer(std::uint64_t hash, const void* pointer) {
  return mix(hash, reinterpret_cast<std::uintptr_t>(pointer));
}

// Children are handles of one pool already, so they hash and compare by pointer.
std::uint64_t hash_shallow(const sluice_schema& schema) {
  std::uint64_t hash = mix(schema.type, schema.flags);
  if ((schema.flags & SLUICE_SCHEMA_HAS_VERSION) != 0) hash = mix(hash, static_cast<std::uint64_t>(schema.version));
  hash = mix_text(mix_text(hash, schema.name), schema.doc);
  for (std::uint32_t i = 0; i < schema.parameter_count; ++i)
    hash = mix_text(mix_text(hash, schema.parameters[i].key), schema.parameters[i].value);
  for (std::uint32_t i = 0; i < schema.field_count; ++i)
    hash = mix_pointer(mix_text(hash, schema.fields[i].name), schema.fields[i].schema);
  hash = mix_pointer(mix_pointer(hash, schema.key_schema), schema.value_schema);
  if ((schema.flags & SLUICE_SCHEMA_HAS_DEFAULT) != 0) hash = mix(hash, hash_value(*schema.default_value));
  return hash;
}

bool same_text(const sluice_str& a, const sluice_str& b) {
  return absent(a) == absent(b) && view(a) == view(b);
}

// Everything but children and parameters.
bool same_attributes(const sluice_schema& a, const sluice_schema& b) {
  if (a.type != b.type || a.flags != b.flags || a.field_count != b.field_count ||
      a.parameter_count != b.parameter_count)
    return false;
  if ((a.flags & SLUICE_SCHEMA_HAS_VERSION) != 0 && a.version != b.version) return false;
  if (!same_text(a.name, b.name) || !same_text(a.doc, b.doc)) return false;
  return (a.flags & SLUICE_SCHEMA_HAS_DEFAULT) == 0 || values_equal(*a.default_value, *b.default_value);
}

bool same_shallow(const sluice_schema& a, const sluice_schema& b) {
  if (!same_attributes(a, b) || a.key_schema != b.key_schema || a.value_schema != b.value_schema) return false;
  for (std::uint32_t i = 0; i < a.parameter_count; ++i)
    if (view(a.parameters[i].key) != view(b.parameters[i].key) ||
        view(a.parameters[i].value) != view(b.parameters[i].value))
      return false;
  for (std::uint32_t i = 0; i < a.field_count; ++i)
    if (a.fields[i].schema != b.fields[i].schema || view(a.fields[i].name) != view(b.fields[i].name)) return false;
  return true;
}

base::Status check_shape(const sluice_schema& schema) {
  if (schema.type < SLUICE_INT8 || schema.type > SLUICE_STRUCT)
    return fail(Code::kBug, base::exceptions::kSchemaBuilder,
                "Schema type {} is not one of SLUICE_INT8 .. SLUICE_STRUCT", schema.type);
  if (schema.type != SLUICE_STRUCT && schema.field_count != 0)
    return fail(Code::kBug, base::exceptions::kSchemaBuilder, "Cannot create fields on type {}",
                type_name(static_cast<Kind>(schema.type)));
  std::unordered_set<std::string_view> names;
  for (std::uint32_t i = 0; i < schema.field_count; ++i) {
    if (absent(schema.fields[i].name))
      return fail(Code::kBug, base::exceptions::kSchemaBuilder, "fieldName cannot be null.");
    if (schema.fields[i].schema == nullptr)
      return fail(Code::kBug, base::exceptions::kSchemaBuilder, "fieldSchema for field {} cannot be null.",
                  view(schema.fields[i].name));
    if (!names.insert(view(schema.fields[i].name)).second)
      return fail(Code::kBadRecord, base::exceptions::kSchemaBuilder,
                  "Cannot create field because of field name duplication {}", view(schema.fields[i].name));
  }
  return {};
}

}  // namespace

struct SchemaPool::Impl {
  mutable std::mutex mutex;
  Arena arena{64 * 1024 * 1024};
  std::unordered_multimap<std::uint64_t, const Schema*> by_hash;

  sluice_str copy(const sluice_str& text) {
    return absent(text) ? sluice_str{nullptr, 0} : str(arena.copy(view(text)));
  }

  // nullptr: no memory left.
  const Schema* store(const sluice_schema& description) {
    auto* schema = arena.alloc_array<sluice_schema>(1);
    if (schema == nullptr) return nullptr;
    *schema = description;
    schema->struct_size = sizeof(sluice_schema);
    schema->id = static_cast<std::uint32_t>(by_hash.size());
    schema->host_data = nullptr;
    schema->name = copy(description.name);
    schema->doc = copy(description.doc);
    auto* parameters = arena.alloc_array<sluice_kv>(description.parameter_count);
    auto* fields = arena.alloc_array<sluice_field>(description.field_count);
    if (parameters == nullptr || fields == nullptr) return nullptr;
    for (std::uint32_t i = 0; i < description.parameter_count; ++i)
      parameters[i] = {copy(description.parameters[i].key), copy(description.parameters[i].value)};
    for (std::uint32_t i = 0; i < description.field_count; ++i)
      fields[i] = {copy(description.fields[i].name), description.fields[i].schema};
    schema->parameters = parameters;
    schema->fields = fields;
    schema->default_value = nullptr;
    if ((description.flags & SLUICE_SCHEMA_HAS_DEFAULT) != 0) {
      auto* value = arena.alloc_array<sluice_value>(1);
      bool ok = value != nullptr;
      if (ok) *value = copy_value(arena.c(), *description.default_value, &ok);
      if (!ok) return nullptr;
      schema->default_value = value;
    }
    return static_cast<const Schema*>(schema);
  }
};

SchemaPool::SchemaPool() : impl_(std::make_unique<Impl>()) {
  for (int type = SLUICE_INT8; type <= SLUICE_BYTES; ++type) {
    for (const bool optional : {false, true}) {
      SchemaBuilder builder(static_cast<Kind>(type));
      primitives_[type][optional ? 1 : 0] = builder.optional(optional).build(*this).value();
    }
  }
}

SchemaPool::~SchemaPool() = default;

base::Result<const Schema*> SchemaPool::intern(const sluice_schema& description) {
  const std::uint64_t hash = hash_shallow(description);
  std::lock_guard lock(impl_->mutex);
  const auto [begin, end] = impl_->by_hash.equal_range(hash);
  for (auto it = begin; it != end; ++it)
    if (same_shallow(*it->second, description)) return it->second;
  // What is known has been checked before.
  SLUICE_TRY(check_shape(description));
  if (impl_->by_hash.size() >= kSchemasMax)
    return fail(
        Code::kFatal, base::exceptions::kConnect,
        "The task uses more than {} different schemas: a connector or transform makes a new schema for each record",
        kSchemasMax);
  const Schema* schema = impl_->store(description);
  if (schema == nullptr)
    return fail(Code::kNoMemory, base::exceptions::kConnect, "The task's schemas take more than 64 MiB");
  impl_->by_hash.emplace(hash, schema);
  return schema;
}

base::Result<const Schema*> SchemaPool::import(const sluice_schema& schema) {
  sluice_schema description = schema;
  std::vector<sluice_field> fields(schema.fields, schema.fields + schema.field_count);
  for (sluice_field& field : fields) {
    SLUICE_TRY_ASSIGN(field.schema, import(*field.schema));
  }
  description.fields = fields.data();
  if (schema.key_schema != nullptr) {
    SLUICE_TRY_ASSIGN(description.key_schema, import(*schema.key_schema));
  }
  if (schema.value_schema != nullptr) {
    SLUICE_TRY_ASSIGN(description.value_schema, import(*schema.value_schema));
  }
  return intern(description);
}

std::size_t SchemaPool::size() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->by_hash.size();
}

SchemaBuilder SchemaBuilder::decimal(std::int32_t scale) {
  SchemaBuilder builder(Kind::kBytes);
  builder.name(kDecimalName).version(1).parameter(kDecimalScaleParameter, fmt::format("{}", scale));
  return builder;
}
SchemaBuilder SchemaBuilder::date() {
  SchemaBuilder builder(Kind::kInt32);
  builder.name(kDateName).version(1);
  return builder;
}
SchemaBuilder SchemaBuilder::time() {
  SchemaBuilder builder(Kind::kInt32);
  builder.name(kTimeName).version(1);
  return builder;
}
SchemaBuilder SchemaBuilder::timestamp() {
  SchemaBuilder builder(Kind::kInt64);
  builder.name(kTimestampName).version(1);
  return builder;
}

SchemaBuilder SchemaBuilder::like(const Schema& schema) {
  SchemaBuilder builder(schema.type());
  builder.optional_ = schema.optional();
  if (schema.has_name()) builder.name(schema.name());
  if (schema.has_version()) builder.version(schema.sluice_schema::version);
  if (schema.has_doc()) builder.doc(schema.doc());
  builder.has_parameters_ = schema.has_parameters();
  for (const sluice_kv& entry : schema.parameters()) builder.parameter(view(entry.key), view(entry.value));
  if (schema.has_default()) builder.default_value(schema.default_value());
  for (const Field& field : schema.fields()) builder.field(field.name(), &field.schema());
  builder.key_ = schema.key_schema();
  builder.value_ = schema.value_schema();
  return builder;
}

SchemaBuilder& SchemaBuilder::parameter(std::string_view key, std::string_view value) {
  has_parameters_ = true;
  parameters_.emplace_back(std::string(key), std::string(value));
  return *this;
}

base::Result<const Schema*> SchemaBuilder::build(SchemaPool& pool) const {
  sluice_schema description{};
  description.struct_size = sizeof(sluice_schema);
  description.type = static_cast<std::uint8_t>(type_);
  unsigned flags = 0;
  if (optional_) flags |= SLUICE_SCHEMA_OPTIONAL;
  if (has_version_) flags |= SLUICE_SCHEMA_HAS_VERSION;
  if (has_parameters_) flags |= SLUICE_SCHEMA_HAS_PARAMETERS;
  if (has_default_) flags |= SLUICE_SCHEMA_HAS_DEFAULT;
  description.flags = static_cast<std::uint16_t>(flags);
  description.version = has_version_ ? version_ : 0;
  if (has_name_) description.name = str(name_);
  if (has_doc_) description.doc = str(doc_);
  std::vector<sluice_kv> parameters;
  parameters.reserve(parameters_.size());
  for (const auto& [key, value] : parameters_) parameters.push_back({str(key), str(value)});
  std::vector<sluice_field> fields;
  fields.reserve(fields_.size());
  for (const auto& [name, schema] : fields_) fields.push_back({str(name), schema});
  description.parameters = parameters.data();
  description.parameter_count = static_cast<std::uint32_t>(parameters.size());
  description.fields = fields.data();
  description.field_count = static_cast<std::uint32_t>(fields.size());
  description.key_schema = key_;
  description.value_schema = value_;
  if (has_default_) description.default_value = &default_;
  return pool.intern(description);
}

bool schemas_equal(const Schema* a, const Schema* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr || !same_attributes(*a, *b)) return false;
  for (const sluice_kv& entry : a->parameters()) {
    const std::string_view other = b->parameter(view(entry.key));
    if (other.data() == nullptr || other != view(entry.value)) return false;
  }
  for (std::uint32_t i = 0; i < a->field_count; ++i)
    if (a->fields()[i].name() != b->fields()[i].name() ||
        !schemas_equal(&a->fields()[i].schema(), &b->fields()[i].schema()))
      return false;
  return schemas_equal(a->key_schema(), b->key_schema()) && schemas_equal(a->value_schema(), b->value_schema());
}

std::string_view type_name(Kind type) {
  static constexpr std::string_view kNames[] = {"NULL",    "INT8",    "INT16",   "INT32",   "INT64",
                                                "FLOAT32", "FLOAT64", "BOOLEAN", "STRING",  "BYTES",
                                                "ARRAY",   "MAP",     "STRUCT",  "DECIMAL", "INSTANT"};
  return kNames[static_cast<int>(type)];
}

std::string_view type_name_lower(Kind type) {
  static constexpr std::string_view kNames[] = {"null",    "int8",    "int16",   "int32",   "int64",
                                                "float32", "float64", "boolean", "string",  "bytes",
                                                "array",   "map",     "struct",  "decimal", "instant"};
  return kNames[static_cast<int>(type)];
}

}  // namespace sluice::data
