#include "runtime/config/config_def.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace sluice::config {
namespace {

using base::config_error;
using base::Result;

constexpr std::array<std::string_view, 3> kImportanceNames = {"HIGH", "MEDIUM", "LOW"};
constexpr std::array<std::string_view, 4> kWidthNames = {"NONE", "SHORT", "MEDIUM", "LONG"};
// Dependents form a graph that a component may close into a ring; Java would overflow its stack there.
constexpr int kDependentDepthMax = 32;

std::string missing(std::string_view name) {
  return fmt::format("Missing required configuration \"{}\" which has no default value.", name);
}

// A name inside an embedded definition, as its own validators and recommenders know it.
std::string_view without_prefix(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

Validator embedded(const Validator& validator, const std::string& prefix) {
  if (!validator) return {};
  return Validator(
      [validator, prefix](std::string_view name, const Value& value) {
        return validator.check(without_prefix(name, prefix), value);
      },
      validator.description());
}

Recommender embedded(const Recommender& recommender, const std::string& prefix) {
  const auto own_values = [prefix](const ValueMap& parsed) {
    ValueMap own;
    for (const auto& [name, value] : parsed)
      if (name.starts_with(prefix)) own.emplace(name.substr(prefix.size()), value);
    return own;
  };
  Recommender result;
  if (recommender.valid_values) {
    result.valid_values = [inner = recommender.valid_values, own_values, prefix](std::string_view name,
                                                                                 const ValueMap& parsed) {
      return inner(without_prefix(name, prefix), own_values(parsed));
    };
  }
  if (recommender.visible) {
    result.visible = [inner = recommender.visible, own_values, prefix](std::string_view name, const ValueMap& parsed) {
      return inner(without_prefix(name, prefix), own_values(parsed));
    };
  }
  return result;
}

void drop_duplicates(Value& value) {
  auto* list = std::get_if<List>(&value);
  if (list == nullptr) return;
  List unique;
  for (auto& item : *list)
    if (std::find(unique.begin(), unique.end(), item) == unique.end()) unique.push_back(std::move(item));
  *list = std::move(unique);
}

Value default_of(Type type, int number) {
  switch (type) {
    case Type::kShort:
      return Value(static_cast<std::int16_t>(number));
    case Type::kLong:
      return Value(static_cast<std::int64_t>(number));
    case Type::kDouble:
      return Value(static_cast<double>(number));
    default:
      SLUICE_ASSERT(type == Type::kInt);
      return Value(static_cast<std::int32_t>(number));
  }
}

Value default_of(Type type, const char* text) {
  switch (type) {
    case Type::kClass:
      return Value(ClassName{text});
    case Type::kPassword:
      return Value(Password(text));
    default: {
      auto parsed = parse_type("default", std::string(text), type, {});
      SLUICE_ASSERT(parsed.has_value());
      return std::move(*parsed);
    }
  }
}

}  // namespace

std::string_view importance_name(Importance importance) {
  return kImportanceNames[static_cast<std::size_t>(importance)];
}
std::string_view width_name(Width width) {
  return kWidthNames[static_cast<std::size_t>(width)];
}

ConfigKey ConfigKey::checked_by(Validator v) && {
  validator = std::move(v);
  return std::move(*this);
}
ConfigKey ConfigKey::in_group(std::string group_name, int order, Width w, std::string display) && {
  group = std::move(group_name);
  order_in_group = order;
  width = w;
  display_name = std::move(display);
  return std::move(*this);
}
ConfigKey ConfigKey::with_dependents(std::vector<std::string> names) && {
  dependents = std::move(names);
  return std::move(*this);
}
ConfigKey ConfigKey::with_recommender(Recommender r) && {
  recommender = std::move(r);
  return std::move(*this);
}
ConfigKey ConfigKey::as_internal() && {
  internal = true;
  return std::move(*this);
}

ConfigKey required_key(std::string name, Type type, Importance importance, std::string documentation) {
  ConfigKey key;
  key.name = std::move(name);
  key.type = type;
  key.importance = importance;
  key.documentation = std::move(documentation);
  return key;
}

ConfigKey optional_key(std::string name, Type type, Value default_value, Importance importance,
                       std::string documentation) {
  ConfigKey key = required_key(std::move(name), type, importance, std::move(documentation));
  key.default_value = std::move(default_value);
  return key;
}
ConfigKey optional_key(std::string name, Type type, int default_value, Importance importance,
                       std::string documentation) {
  return optional_key(std::move(name), type, default_of(type, default_value), importance, std::move(documentation));
}
ConfigKey optional_key(std::string name, Type type, const char* default_value, Importance importance,
                       std::string documentation) {
  return optional_key(std::move(name), type, default_of(type, default_value), importance, std::move(documentation));
}

ConfigDef::ConfigDef(std::initializer_list<ConfigKey> keys) {
  for (const auto& key : keys) define(key);
}

ConfigDef& ConfigDef::define(ConfigKey key) {
  if (key.display_name.empty()) key.display_name = key.name;
  const bool added = index_.try_emplace(key.name, keys_.size()).second;
  SLUICE_ASSERT(added);
  if (key.group && std::find(groups_.begin(), groups_.end(), *key.group) == groups_.end())
    groups_.push_back(*key.group);
  keys_.push_back(std::move(key));
  return *this;
}

ConfigDef& ConfigDef::put(ConfigKey key) {
  const auto at = position(key.name);
  if (!at) return define(std::move(key));
  if (key.display_name.empty()) key.display_name = key.name;
  if (key.group && std::find(groups_.begin(), groups_.end(), *key.group) == groups_.end())
    groups_.push_back(*key.group);
  keys_[*at] = std::move(key);
  return *this;
}

ConfigDef& ConfigDef::embed(std::string_view key_prefix, std::string_view group, int starting_order,
                            const ConfigDef& child) {
  const std::string prefix(key_prefix);
  for (const ConfigKey* key : child.sorted()) {
    ConfigKey copy = *key;
    copy.name = prefix + key->name;
    copy.validator = embedded(key->validator, prefix);
    copy.recommender = embedded(key->recommender, prefix);
    copy.group = std::string(group) + (key->group ? ": " + *key->group : "");
    copy.order_in_group = starting_order++;
    for (auto& dependent : copy.dependents) dependent.insert(0, prefix);
    define(std::move(copy));
  }
  return *this;
}

std::optional<std::size_t> ConfigDef::position(std::string_view name) const {
  const auto place = index_.find(std::string(name));
  return place == index_.end() ? std::nullopt : std::optional(place->second);
}

const ConfigKey* ConfigDef::find(std::string_view name) const {
  const auto at = position(name);
  return at ? &keys_[*at] : nullptr;
}

std::vector<const ConfigKey*> ConfigDef::sorted() const {
  const auto rank = [this](const ConfigKey* key) {
    const auto group = key->group ? std::find(groups_.begin(), groups_.end(), *key->group) - groups_.begin() : -1;
    return std::make_tuple(group, key->order_in_group, key->required() ? 0 : 1,
                           // Only keys with a default (or without, among themselves) are told apart by importance.
                           static_cast<int>(key->importance), std::string_view(key->name));
  };
  std::vector<const ConfigKey*> result;
  for (const auto& key : keys_) result.push_back(&key);
  std::sort(result.begin(), result.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return result;
}

Result<ParsedConfig> ConfigDef::parse(const ConfigMap& props, const ClassResolver& resolver) const {
  if (const auto undefined = undefined_dependents(); !undefined.empty()) {
    return config_error("Some configurations in are referred in the dependents, but not defined: {}",
                        fmt::join(undefined, ","));
  }
  ValueMap values;
  for (const auto& key : keys_) {
    Value value;
    if (const auto* text = props.find(key.name)) {
      SLUICE_TRY_ASSIGN(value, parse_type(key.name, *text, key.type, resolver));
    } else if (key.required()) {
      return config_error("{}", missing(key.name));
    } else {
      value = *key.default_value;
    }
    if (key.validator.drops_duplicates()) drop_duplicates(value);
    SLUICE_TRY(key.validator.check(key.name, value));
    values.emplace(key.name, std::move(value));
  }
  return ParsedConfig(std::move(values), props);
}

std::vector<ConfigValue> ConfigDef::validate(const ConfigMap& props, const ClassResolver& resolver) const {
  std::vector<ConfigValue> values;
  values.reserve(keys_.size());
  for (const auto& key : keys_) values.push_back({key.name, {}, {}, {}, true});
  ValueMap parsed;
  const auto tops = roots();
  for (const ConfigKey* key : tops) parse_for_validate(*key, props, resolver, parsed, values, 0);
  for (const ConfigKey* key : tops) recommend(*key, parsed, values, 0);
  for (const auto& name : undefined_dependents())
    values.push_back({name, {}, {}, {name + " is referred in the dependents, but not defined."}, false});
  return values;
}

void ConfigDef::parse_for_validate(const ConfigKey& key, const ConfigMap& props, const ClassResolver& resolver,
                                   ValueMap& parsed, std::vector<ConfigValue>& values, int depth) const {
  ConfigValue& result = values[*position(key.name)];
  Value value;
  if (const auto* text = props.find(key.name)) {
    auto outcome = parse_type(key.name, *text, key.type, resolver);
    if (outcome) {
      value = std::move(*outcome);
    } else {
      result.errors.push_back(outcome.error().message());
    }
  } else if (key.required()) {
    result.errors.push_back(missing(key.name));
  } else {
    value = *key.default_value;
  }
  // A value that failed to parse is checked as null, which is why one mistake may show two errors.
  if (const auto status = key.validator.check(key.name, value); !status)
    result.errors.push_back(status.error().message());
  parsed.insert_or_assign(key.name, value);
  result.value = std::move(value);
  if (depth >= kDependentDepthMax) return;
  for (const auto& dependent : key.dependents)
    if (const ConfigKey* next = find(dependent)) parse_for_validate(*next, props, resolver, parsed, values, depth + 1);
}

void ConfigDef::recommend(const ConfigKey& key, const ValueMap& parsed, std::vector<ConfigValue>& values,
                          int depth) const {
  ConfigValue& result = values[*position(key.name)];
  if (key.recommender) {
    auto suggested =
        key.recommender.valid_values ? key.recommender.valid_values(key.name, parsed) : std::vector<Value>();
    if (!result.recommended.empty()) {
      // Reached by more than one parent: only what all of them suggest stays.
      std::erase_if(suggested, [&](const Value& value) {
        return std::find(result.recommended.begin(), result.recommended.end(), value) == result.recommended.end();
      });
    }
    result.recommended = std::move(suggested);
    result.visible = !key.recommender.visible || key.recommender.visible(key.name, parsed);
  }
  if (depth >= kDependentDepthMax) return;
  for (const auto& dependent : key.dependents)
    if (const ConfigKey* next = find(dependent)) recommend(*next, parsed, values, depth + 1);
}

std::vector<const ConfigKey*> ConfigDef::roots() const {
  std::vector<bool> is_dependent(keys_.size());
  for (const auto& key : keys_)
    for (const auto& dependent : key.dependents)
      if (const auto at = position(dependent)) is_dependent[*at] = true;
  std::vector<const ConfigKey*> result;
  for (std::size_t i = 0; i < keys_.size(); ++i)
    if (!is_dependent[i]) result.push_back(&keys_[i]);
  return result;
}

std::vector<std::string> ConfigDef::undefined_dependents() const {
  std::vector<std::string> result;
  for (const auto& key : keys_) {
    for (const auto& dependent : key.dependents)
      if (!position(dependent) && std::find(result.begin(), result.end(), dependent) == result.end())
        result.push_back(dependent);
  }
  return result;
}

const Value& ParsedConfig::value(std::string_view name) const {
  const auto place = values_.find(std::string(name));
  SLUICE_ASSERT(place != values_.end());
  return place->second;
}

template <typename T>
const T& ParsedConfig::as(std::string_view name) const {
  const T* found = std::get_if<T>(&value(name));
  SLUICE_ASSERT(found != nullptr);
  return *found;
}

bool ParsedConfig::has(std::string_view name) const {
  const auto place = values_.find(std::string(name));
  return place != values_.end() && !is_null(place->second);
}
bool ParsedConfig::boolean(std::string_view name) const {
  return as<bool>(name);
}
std::int16_t ParsedConfig::int16(std::string_view name) const {
  return as<std::int16_t>(name);
}
std::int32_t ParsedConfig::int32(std::string_view name) const {
  return as<std::int32_t>(name);
}
std::int64_t ParsedConfig::int64(std::string_view name) const {
  const auto found = int64_or_null(name);
  SLUICE_ASSERT(found.has_value());
  return *found;
}
double ParsedConfig::float64(std::string_view name) const {
  return as<double>(name);
}
const std::string& ParsedConfig::string(std::string_view name) const {
  return as<std::string>(name);
}
const List& ParsedConfig::list(std::string_view name) const {
  return as<List>(name);
}
const std::string& ParsedConfig::class_name(std::string_view name) const {
  return as<ClassName>(name).name;
}
const Password& ParsedConfig::password(std::string_view name) const {
  return as<Password>(name);
}

std::optional<std::string> ParsedConfig::string_or_null(std::string_view name) const {
  if (is_null(value(name))) return std::nullopt;
  return string(name);
}
std::optional<std::int64_t> ParsedConfig::int64_or_null(std::string_view name) const {
  const Value& found = value(name);
  if (is_null(found)) return std::nullopt;
  if (const auto* v = std::get_if<std::int16_t>(&found)) return *v;
  if (const auto* v = std::get_if<std::int32_t>(&found)) return *v;
  return as<std::int64_t>(name);
}
std::optional<std::string> ParsedConfig::class_name_or_null(std::string_view name) const {
  if (is_null(value(name))) return std::nullopt;
  return class_name(name);
}
std::optional<Password> ParsedConfig::password_or_null(std::string_view name) const {
  if (is_null(value(name))) return std::nullopt;
  return password(name);
}

}  // namespace sluice::config
