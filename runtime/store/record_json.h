#pragma once
// The JSON of records in the config and status topics, read as Connect's JSON converter without schemas reads it.
// Inside the module.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/convert/json_tree.h"
#include "runtime/data/arena.h"

namespace sluice::store {

// Reads one record after another; memory is reused.
class RecordJson {
 public:
  using Node = convert::json::Node;

  // The root, valid until the next call (and as long as `bytes`). kNull for a null value, for nothing but blanks and
  // for JSON's null. Error: it is no JSON.
  base::Result<Node> parse(std::string_view bytes);

 private:
  data::Arena nodes_{std::size_t{64} << 20};
  data::Arena texts_{std::size_t{64} << 20};
};

// The member's text; nothing if it is absent or no string.
std::optional<std::string_view> text_member(const convert::json::Node& object, std::string_view name);
// The member's value; nothing if it is absent or no integer of 64 bits.
std::optional<std::int64_t> integer_member(const convert::json::Node& object, std::string_view name);
std::optional<bool> boolean_member(const convert::json::Node& object, std::string_view name);
// The members of `object` as a configuration, in the order of Java's HashMap, which is what Connect shows. Numbers and
// booleans become their texts. Nothing if a member is an array or an object.
std::optional<config::ConfigMap> config_of(const convert::json::Node& object);

// `{"a":"b","c":null}`, in the order of the map.
void append_config(const config::ConfigMap& config, std::string& out);

}  // namespace sluice::store
