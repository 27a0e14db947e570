#pragma once
// The JSON notation of the vector files (form: tests/vectors/README.md): schemas, typed values and texts, both ways.

#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/data/arena.h"
#include "runtime/data/converter.h"
#include "runtime/data/schema.h"

namespace sluice::vectors {

using Json = nlohmann::ordered_json;

// A vector file that is not in the notation. Thrown by the readers, caught once per case by the runner.
struct NotationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A JSON string, or {"utf16": hex}, as WTF-8; nothing for null.
std::optional<std::string> read_text(const Json& json);
std::string require_text(const Json& json);
Json write_text(std::string_view text);

// One case's memory: values and schemas read live as long as this.
class Notation {
 public:
  Notation() : arena_(64 * 1024 * 1024) {}

  data::SchemaPool& schemas() { return schemas_; }
  sluice_arena* arena() { return arena_.c(); }
  data::ConvertContext context() { return {arena_.c(), &schemas_}; }

  const Schema* read_schema(const Json& json);  // null: schemaless
  // `place` is the schema that stands at this place, which structs without one of their own have.
  Value read_value(const Json& json, const Schema* place);

  Json write_schema(const Schema* schema) const;
  Json write_value(const Value& value, const Schema* place) const;

 private:
  Value read_struct(const Json& json, const Schema* place);
  Value read_items(const Json& pairs, const Schema* place);
  std::string_view keep(std::string_view text) { return arena_.copy(text); }

  data::Arena arena_;
  data::SchemaPool schemas_;
};

// Equality of outcomes: maps as sets of pairs, bytes and buffers alike, all dates and times by milliseconds.
bool same_value(const Value& a, const Value& b);

}  // namespace sluice::vectors
