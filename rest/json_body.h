#pragma once
// Request bodies: JSON into a small tree that keeps numbers as they were written, and from there into what the
// endpoints take. Texts of errors follow Jackson's, which Connect's clients see as the message of a 500.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/herder/types.h"

namespace sluice::rest {

struct JsonMember;

struct JsonValue {
  enum class Kind { kNull, kBoolean, kInteger, kFloat, kString, kArray, kObject };

  Kind kind = Kind::kNull;
  std::string text;  // a string's content, a number or boolean as written
  std::vector<JsonValue> items;
  std::vector<JsonMember> members;  // in order; a repeated name keeps its last value
  std::size_t position = 0;         // bytes of the body up to and including its first character

  bool is_null() const { return kind == Kind::kNull; }
  bool is_scalar() const { return kind != Kind::kArray && kind != Kind::kObject; }
  const JsonValue* find(std::string_view name) const;
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

// At most 1000 levels deep and 500 000 values. An empty body (or only blanks) is null.
// Error: com.fasterxml.jackson.core.JsonParseException with line and column.
base::Result<JsonValue> parse_json(std::string_view body);

// JSON text without white space; numbers as they were written.
void append_json(const JsonValue& value, std::string& out);

// A flat map of texts: numbers and booleans become texts, null stays null. Nothing for a null body.
base::Result<std::optional<config::ConfigMap>> bind_string_map(const JsonValue& value, std::string_view body);

struct CreateBody {
  std::optional<std::string> name;
  std::optional<config::ConfigMap> config;
  std::optional<herder::TargetState> initial_state;
};
// Nothing for a null body.
base::Result<std::optional<CreateBody>> bind_create_request(const JsonValue& value, std::string_view body);

// Nothing for a null body; an absent or null list is empty.
base::Result<std::optional<std::vector<herder::OffsetInfo>>> bind_offsets(const JsonValue& value,
                                                                          std::string_view body);

// A list of flat maps: POST /connectors/{c}/tasks.
base::Result<std::vector<config::ConfigMap>> bind_task_configs(const JsonValue& value, std::string_view body);

}  // namespace sluice::rest
