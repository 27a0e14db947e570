#include "smt/java_schema_hash.h"

#include <array>
#include <cstdint>
#include <initializer_list>

#include "runtime/config/hash_order.h"

namespace sluice::smt {
namespace {

// Object.hashCode of Schema.Type's constants, by kind. Those of INT32 and STRUCT agree with the recorded merges.
constexpr std::array<std::uint32_t, 14> kTypeHashes = {0,          0x2a139a55, 0x15db9742, 0x6c5a6418, 0x06d06d69,
                                                       0x7852e922, 0x4e25154f, 0x70dea4e,  0x5c647e05, 0x33909752,
                                                       0x55f96302, 0x3d4eac69, 0x52dc4d97, 0};

constexpr std::uint32_t kTrueHash = 1231;  // Boolean.hashCode
constexpr std::uint32_t kFalseHash = 1237;

// Objects.hash and List.hashCode.
std::uint32_t hash_all(std::initializer_list<std::uint32_t> hashes) {
  std::uint32_t all = 1;
  for (const std::uint32_t hash : hashes) all = all * 31 + hash;
  return all;
}

// ConnectSchema.hashCode of a schema as inferred from JSON: without default, doc and parameters.
std::uint32_t schema_hash(const Schema& schema) {
  std::uint32_t fields = 0;
  if (schema.type() == Kind::kStruct) {
    fields = 1;
    std::uint32_t index = 0;
    for (const Field& field : schema.fields())
      fields = fields * 31 + hash_all({config::java_string_hash(field.name()), index++, schema_hash(field.schema())});
  }
  return hash_all({kTypeHashes[static_cast<std::size_t>(schema.type())], schema.optional() ? kTrueHash : kFalseHash, 0,
                   fields, schema.key_schema() != nullptr ? schema_hash(*schema.key_schema()) : 0,
                   schema.value_schema() != nullptr ? schema_hash(*schema.value_schema()) : 0,
                   schema.has_name() ? config::java_string_hash(schema.name()) : 0,
                   schema.has_version() ? static_cast<std::uint32_t>(schema.version) : 0, 0, 0});
}

}  // namespace

std::vector<std::size_t> java_hash_set_order(const std::vector<const Schema*>& schemas) {
  std::vector<std::uint32_t> hashes;
  hashes.reserve(schemas.size());
  for (const Schema* schema : schemas) hashes.push_back(schema_hash(*schema));
  return config::java_hash_map_order(hashes);
}

}  // namespace sluice::smt
