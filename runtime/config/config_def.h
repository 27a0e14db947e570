#pragma once
// What a component can be configured with, as Kafka's ConfigDef describes it: used by the worker, converters,
// transforms, predicates and connectors alike.
//
//   ConfigDef file_source_config() {
//     return ConfigDef({
//         optional_key("file", Type::kString, Null{}, Importance::kHigh, "Source filename. ..."),
//         required_key("topic", Type::kString, Importance::kHigh, "The topic to publish data to")
//             .checked_by(non_empty_string())
//             .in_group("Common", 3, Width::kLong, "Topic"),
//     });
//   }
//
// parse() stops at the first error, validate() collects all of them; both leave keys that are not defined alone.
// Values, not references: a definition may be copied, embedded in another and outlive its maker. Immutable after
// construction, so any thread may read.

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/config/validator.h"
#include "runtime/config/value.h"

namespace sluice::config {

enum class Importance { kHigh, kMedium, kLow };
enum class Width { kNone, kShort, kMedium, kLong };
std::string_view importance_name(Importance importance);  // "HIGH", ...
std::string_view width_name(Width width);                 // "NONE", ...

// Suggests values for a key from the values that other keys parsed to. Either function may be empty.
struct Recommender {
  std::function<std::vector<Value>(std::string_view name, const ValueMap& parsed)> valid_values;
  std::function<bool(std::string_view name, const ValueMap& parsed)> visible;
  explicit operator bool() const { return valid_values || visible; }
};

struct ConfigKey {
  std::string name;
  Type type = Type::kString;
  std::optional<Value> default_value;  // nothing: the key is required. A null default is Value(Null{})
  Importance importance = Importance::kMedium;
  std::string documentation;
  Validator validator = {};
  std::optional<std::string> group = {};
  int order_in_group = -1;
  Width width = Width::kNone;
  std::string display_name = {};  // empty: the name
  std::vector<std::string> dependents = {};
  Recommender recommender = {};
  bool internal = false;  // not shown to users

  bool required() const { return !default_value.has_value(); }

  ConfigKey checked_by(Validator v) &&;
  ConfigKey in_group(std::string group_name, int order, Width w, std::string display) &&;
  ConfigKey with_dependents(std::vector<std::string> names) &&;
  ConfigKey with_recommender(Recommender r) &&;
  ConfigKey as_internal() &&;
};

ConfigKey required_key(std::string name, Type type, Importance importance, std::string documentation);
// `default_value` must be of `type` or null. Whole numbers may be given as int for every numeric type, texts as const
// char*.
ConfigKey optional_key(std::string name, Type type, Value default_value, Importance importance,
                       std::string documentation);
ConfigKey optional_key(std::string name, Type type, int default_value, Importance importance,
                       std::string documentation);
ConfigKey optional_key(std::string name, Type type, const char* default_value, Importance importance,
                       std::string documentation);

// One key's outcome of validate().
struct ConfigValue {
  std::string name;
  Value value;
  std::vector<Value> recommended;
  std::vector<std::string> errors;
  bool visible = true;
};

class ParsedConfig;

class ConfigDef {
 public:
  ConfigDef() = default;
  ConfigDef(std::initializer_list<ConfigKey> keys);

  // Adds a key at the end. Defining a name twice is a programmer's mistake for built-in definitions: check with `find`
  // first where names come from outside.
  ConfigDef& define(ConfigKey key);
  // Like define, but a key of the same name is replaced and keeps its place.
  ConfigDef& put(ConfigKey key);
  // Adds the keys of `child` under `key_prefix` in sorted order, in group `group`, numbered from `starting_order`.
  // Their validators and recommenders see names without the prefix, as in Java.
  ConfigDef& embed(std::string_view key_prefix, std::string_view group, int starting_order, const ConfigDef& child);

  const std::vector<ConfigKey>& keys() const { return keys_; }        // in order of definition
  const std::vector<std::string>& groups() const { return groups_; }  // in order of first use
  const ConfigKey* find(std::string_view name) const;
  // Sorted as Kafka lists them: group, order in group, required first, importance, name.
  std::vector<const ConfigKey*> sorted() const;

  // The first error in order of definition, or all values.
  base::Result<ParsedConfig> parse(const ConfigMap& props, const ClassResolver& resolver = {}) const;
  // One entry for each key, in order of definition, with every error found.
  std::vector<ConfigValue> validate(const ConfigMap& props, const ClassResolver& resolver = {}) const;

 private:
  void parse_for_validate(const ConfigKey& key, const ConfigMap& props, const ClassResolver& resolver, ValueMap& parsed,
                          std::vector<ConfigValue>& values, int depth) const;
  void recommend(const ConfigKey& key, const ValueMap& parsed, std::vector<ConfigValue>& values, int depth) const;
  std::vector<const ConfigKey*> roots() const;
  std::vector<std::string> undefined_dependents() const;
  std::optional<std::size_t> position(std::string_view name) const;

  std::vector<ConfigKey> keys_;
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> groups_;
};

// The values of a definition's keys, all present, each of its key's type or null. For start-up: look values up once and
// keep them. Asking for a key that is not defined, or as another type, or for a null by a getter that cannot give one,
// is a bug and aborts.
class ParsedConfig {
 public:
  ParsedConfig() = default;
  ParsedConfig(ValueMap values, ConfigMap originals) : values_(std::move(values)), originals_(std::move(originals)) {}

  const Value& value(std::string_view name) const;
  bool has(std::string_view name) const;  // defined and not null

  bool boolean(std::string_view name) const;
  std::int16_t int16(std::string_view name) const;
  std::int32_t int32(std::string_view name) const;
  std::int64_t int64(std::string_view name) const;  // of any whole-number type
  double float64(std::string_view name) const;
  const std::string& string(std::string_view name) const;
  std::optional<std::string> string_or_null(std::string_view name) const;
  std::optional<std::int64_t> int64_or_null(std::string_view name) const;  // of any whole-number type
  const List& list(std::string_view name) const;
  const std::string& class_name(std::string_view name) const;
  std::optional<std::string> class_name_or_null(std::string_view name) const;
  const Password& password(std::string_view name) const;
  std::optional<Password> password_or_null(std::string_view name) const;

  // Everything that was given, defined or not, as text.
  const ConfigMap& originals() const { return originals_; }
  ConfigMap originals_with_prefix(std::string_view prefix, bool strip = true) const {
    return originals_.with_prefix(prefix, strip);
  }

 private:
  template <typename T>
  const T& as(std::string_view name) const;

  ValueMap values_;
  ConfigMap originals_;
};

}  // namespace sluice::config
