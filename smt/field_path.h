#pragma once
// Where a field is: `field.syntax.version` V1 takes a path as one name, V2 splits it at dots into names of nested
// fields, with back-ticks around names that hold dots ("`a.b`.c"). A transform parses its path once, finds it once in
// each schema, and then reads values by position.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"

namespace sluice::smt {

enum class FieldSyntax { kV1, kV2 };

// The key `field.syntax.version`, and what it says.
config::ConfigKey field_syntax_version_key();
FieldSyntax field_syntax(const config::ParsedConfig& config);

// A parsed path. Immutable; any thread.
class FieldPath {
 public:
  // The way to a field from a struct of one schema.
  struct Place {
    struct Step {
      const Schema* schema = nullptr;
      std::uint32_t position = 0;
    };
    const Field* field = nullptr;  // nullptr: the schema has no such field
    std::vector<Step> steps;
  };

  // Error: ConfigException, "Incomplete backtick pair in path: ...".
  static base::Result<FieldPath> parse(std::string_view text, FieldSyntax syntax);

  // Error: DataException, "Cannot look up fields on non-struct type" for a name after a field that is no struct.
  base::Result<Place> find(const Schema& schema) const;

  // The value in a struct, for which `place` was found; null where a part of the way is null or absent. Nulls on the
  // way give their defaults, the last one only if `use_default`. Error: DataException, the value is no struct.
  static base::Result<Value> value_in(const Value& record, const Place& place, bool use_default);

  // The value in a map of maps, never nullptr; a null where a part of the way is null or absent. Error: DataException,
  // a part is no map.
  base::Result<const Value*> value_in_map(const Value& map) const;

  const std::vector<std::string>& names() const { return names_; }

 private:
  explicit FieldPath(std::vector<std::string> names) : names_(std::move(names)) {}
  base::Status check_not_empty() const;

  std::vector<std::string> names_;  // none for the empty path of V2, which fails when it is used
};

}  // namespace sluice::smt
