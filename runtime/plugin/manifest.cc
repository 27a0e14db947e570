#include "runtime/plugin/manifest.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "runtime/base/regex.h"

namespace sluice::plugin {
namespace {

using base::Code;
using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;
constexpr std::size_t kManifestBytesMax = 16 << 20;

// Names for the numbers of abi.h, in manifests; a number's position is its value minus `first`.
struct Names {
  std::int32_t first;
  std::span<const std::string_view> names;
  std::string_view name(std::int32_t value) const {
    const std::int64_t at = std::int64_t{value} - first;
    return at >= 0 && at < static_cast<std::int64_t>(names.size()) ? names[static_cast<std::size_t>(at)]
                                                                   : std::string_view();
  }
  std::optional<std::int32_t> value(std::string_view name) const {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == name) return first + static_cast<std::int32_t>(i);
    return std::nullopt;
  }
};
constexpr std::array<std::string_view, 7> kKindTexts = {
    "source", "sink", "transform", "predicate", "converter", "header_converter", "config_provider"};
constexpr std::array<std::string_view, 9> kTypeTexts = {"BOOLEAN", "STRING", "INT",   "SHORT",   "LONG",
                                                        "DOUBLE",  "LIST",   "CLASS", "PASSWORD"};
constexpr std::array<std::string_view, 3> kImportanceTexts = {"HIGH", "MEDIUM", "LOW"};
constexpr std::array<std::string_view, 4> kWidthTexts = {"NONE", "SHORT", "MEDIUM", "LONG"};
constexpr std::array<std::string_view, 9> kValidatorTexts = {
    "none", "range", "at_least", "one_of", "one_of_nocase", "non_empty", "regex", "valid_regex", "non_empty_list"};
constexpr Names kKinds{SLUICE_KIND_SOURCE, kKindTexts};
constexpr Names kTypes{SLUICE_TYPE_BOOLEAN, kTypeTexts};
constexpr Names kImportances{SLUICE_IMPORTANCE_HIGH, kImportanceTexts};
constexpr Names kWidths{SLUICE_WIDTH_NONE, kWidthTexts};
constexpr Names kValidators{SLUICE_VALIDATOR_NONE, kValidatorTexts};

template <typename... Args>
tl::unexpected<base::Error> bad(fmt::format_string<Args...> text, Args&&... args) {
  return base::fail(Code::kInvalidConfig, base::exceptions::kConnect, text, std::forward<Args>(args)...);
}

Json key_json(const KeyManifest& key) {
  Json json{{"name", key.name}, {"type", kTypes.name(key.type)}, {"required", key.required}};
  if (key.default_value) json["default"] = *key.default_value;
  json["importance"] = kImportances.name(key.importance);
  if (key.width != SLUICE_WIDTH_NONE) json["width"] = kWidths.name(key.width);
  if (key.group) json["group"] = *key.group;
  if (key.order_in_group != -1) json["order"] = key.order_in_group;
  if (!key.display_name.empty()) json["display_name"] = key.display_name;
  if (key.internal) json["internal"] = true;
  if (key.validator != SLUICE_VALIDATOR_NONE) {
    Json validator{{"kind", kValidators.name(key.validator)}};
    if (key.validator == SLUICE_VALIDATOR_RANGE || key.validator == SLUICE_VALIDATOR_AT_LEAST)
      validator["min"] = key.number_min;
    if (key.validator == SLUICE_VALIDATOR_RANGE) validator["max"] = key.number_max;
    if (!key.items.empty()) validator["items"] = key.items;
    json["validator"] = std::move(validator);
  }
  if (!key.dependents.empty()) json["dependents"] = key.dependents;
  json["doc"] = key.doc;
  return json;
}

// Members of a JSON object by name; a member that is absent leaves the default.
class Reader {
 public:
  Reader(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  base::Status object() const {
    if (!json_.is_object()) return bad("{}: an object is expected", where_);
    return {};
  }
  template <typename T>
  base::Status read(const char* name, T& into) const {
    const auto found = json_.find(name);
    if (found == json_.end()) return {};
    bool fits = false;
    if constexpr (std::is_same_v<T, bool>)
      fits = found->is_boolean();
    else if constexpr (std::is_same_v<T, std::uint32_t>)
      fits = found->is_number_unsigned() && found->template get<std::uint64_t>() <= UINT32_MAX;
    else if constexpr (std::is_same_v<T, std::int32_t>)
      fits = found->is_number_integer() &&
             (!found->is_number_unsigned() || found->template get<std::uint64_t>() <= INT32_MAX) &&
             found->template get<std::int64_t>() >= INT32_MIN && found->template get<std::int64_t>() <= INT32_MAX;
    else if constexpr (std::is_same_v<T, double>)
      fits = found->is_number();
    else
      fits = found->is_string();
    if (!fits) return bad("{}: member '{}' has the wrong type", where_, name);
    into = found->template get<T>();
    return {};
  }
  base::Status read(const char* name, std::optional<std::string>& into) const {
    if (json_.find(name) == json_.end()) return {};
    return read(name, into.emplace());
  }
  base::Status read(const char* name, std::vector<std::string>& into) const {
    const auto found = json_.find(name);
    if (found == json_.end()) return {};
    if (!found->is_array()) return bad("{}: member '{}' is not a list", where_, name);
    for (const auto& item : *found) {
      if (!item.is_string()) return bad("{}: an item of '{}' is not a text", where_, name);
      into.push_back(item.get<std::string>());
    }
    return {};
  }
  base::Status read(const char* name, const Names& names, std::int32_t& into) const {
    std::optional<std::string> text;
    SLUICE_TRY(read(name, text));
    if (!text) return {};
    const auto value = names.value(*text);
    if (!value) return bad("{}: '{}' is not a known {}", where_, *text, name);
    into = *value;
    return {};
  }
  const Json* member(const char* name) const {
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }
  const std::string& where() const { return where_; }

 private:
  const Json& json_;
  std::string where_;
};

base::Result<KeyManifest> parse_key(const Json& json, const std::string& where) {
  const Reader reader(json, where);
  SLUICE_TRY(reader.object());
  KeyManifest key;
  SLUICE_TRY(reader.read("name", key.name));
  SLUICE_TRY(reader.read("type", kTypes, key.type));
  SLUICE_TRY(reader.read("required", key.required));
  SLUICE_TRY(reader.read("default", key.default_value));
  SLUICE_TRY(reader.read("importance", kImportances, key.importance));
  SLUICE_TRY(reader.read("width", kWidths, key.width));
  SLUICE_TRY(reader.read("group", key.group));
  SLUICE_TRY(reader.read("order", key.order_in_group));
  SLUICE_TRY(reader.read("display_name", key.display_name));
  SLUICE_TRY(reader.read("internal", key.internal));
  SLUICE_TRY(reader.read("doc", key.doc));
  SLUICE_TRY(reader.read("dependents", key.dependents));
  if (const Json* validator = reader.member("validator")) {
    const Reader inner(*validator, where + ".validator");
    SLUICE_TRY(inner.object());
    SLUICE_TRY(inner.read("kind", kValidators, key.validator));
    SLUICE_TRY(inner.read("min", key.number_min));
    SLUICE_TRY(inner.read("max", key.number_max));
    SLUICE_TRY(inner.read("items", key.items));
    if (key.validator == SLUICE_VALIDATOR_NONE) return bad("{}.validator: a kind is expected", where);
    // Numbers that the kind has no use for are not kept.
    if (key.validator != SLUICE_VALIDATOR_RANGE) key.number_max = 0;
    if (key.validator != SLUICE_VALIDATOR_RANGE && key.validator != SLUICE_VALIDATOR_AT_LEAST) key.number_min = 0;
  }
  if (key.name.empty()) return bad("{}: a key without a name", where);
  return key;
}

base::Result<ComponentManifest> parse_component(const Json& json, const std::string& where) {
  const Reader reader(json, where);
  SLUICE_TRY(reader.object());
  ComponentManifest component;
  SLUICE_TRY(reader.read("kind", kKinds, component.kind));
  SLUICE_TRY(reader.read("name", component.name));
  SLUICE_TRY(reader.read("version", component.version));
  SLUICE_TRY(reader.read("summary", component.summary));
  SLUICE_TRY(reader.read("aliases", component.aliases));
  if (component.kind == 0 || component.name.empty()) return bad("{}: a component without kind or name", where);
  if (const Json* keys = reader.member("config")) {
    if (!keys->is_array()) return bad("{}.config: a list is expected", where);
    for (std::size_t i = 0; i < keys->size(); ++i) {
      SLUICE_TRY_ASSIGN(KeyManifest key, parse_key((*keys)[i], fmt::format("{}.config[{}]", where, i)));
      component.keys.push_back(std::move(key));
    }
  }
  return component;
}

config::Validator make_validator(const KeyManifest& key) {
  const bool whole = key.type != SLUICE_TYPE_DOUBLE;
  // A double outside the range of int64 would be undefined when converted.
  const auto clamp = [](double number) {
    if (std::isnan(number)) return std::int64_t{0};
    if (number <= -9.2e18) return INT64_MIN;
    if (number >= 9.2e18) return INT64_MAX;
    return static_cast<std::int64_t>(number);
  };
  switch (key.validator) {
    case SLUICE_VALIDATOR_RANGE:
      return whole ? config::between(clamp(key.number_min), clamp(key.number_max))
                   : config::between(key.number_min, key.number_max);
    case SLUICE_VALIDATOR_AT_LEAST:
      return whole ? config::at_least(clamp(key.number_min)) : config::between(key.number_min, HUGE_VAL);
    case SLUICE_VALIDATOR_ONE_OF:
      return config::one_of(key.items);
    case SLUICE_VALIDATOR_ONE_OF_NOCASE:
      return config::one_of_ignoring_case(key.items);
    case SLUICE_VALIDATOR_NON_EMPTY:
      return config::non_empty_string();
    case SLUICE_VALIDATOR_VALID_REGEX:
      return config::regex();
    case SLUICE_VALIDATOR_NON_EMPTY_LIST:
      return config::list_without_duplicates(false, true);
    case SLUICE_VALIDATOR_REGEX: {
      auto regex = base::Regex::compile(key.items.empty() ? std::string_view() : key.items[0]);
      if (!regex) return {};  // refused by make_config_def before
      return config::Validator(
          [pattern = *regex](std::string_view name, const config::Value& value) -> base::Status {
            const auto* text = std::get_if<std::string>(&value);
            if (text == nullptr) return {};
            SLUICE_TRY_ASSIGN(const bool matches, pattern.matches(*text));
            if (matches) return {};
            return base::fail(
                config::invalid_value(name, value, fmt::format("String must match {}", pattern.pattern())));
          },
          key.items.empty() ? std::string() : key.items[0]);
    }
    default:
      return {};
  }
}

}  // namespace

std::string_view kind_name(std::int32_t kind) {
  return kKinds.name(kind);
}

const std::string& ComponentManifest::class_name() const {
  for (const auto& alias : aliases)
    if (alias.find('.') != std::string::npos) return alias;
  return name;
}

std::string to_json(const Manifest& manifest) {
  Json json{{"manifest", kFormat},
            {"sha256", manifest.sha256},
            {"abi", {{"major", manifest.abi_major}, {"minor", manifest.abi_minor}}},
            {"name", manifest.name},
            {"version", manifest.version}};
  if (!manifest.vendor.empty()) json["vendor"] = manifest.vendor;
  if (!manifest.required_extensions.empty()) json["required_extensions"] = manifest.required_extensions;
  Json components = Json::array();
  for (const auto& component : manifest.components) {
    Json entry{{"kind", kKinds.name(component.kind)}, {"name", component.name}, {"version", component.version}};
    if (!component.summary.empty()) entry["summary"] = component.summary;
    if (!component.aliases.empty()) entry["aliases"] = component.aliases;
    Json keys = Json::array();
    for (const auto& key : component.keys) keys.push_back(key_json(key));
    entry["config"] = std::move(keys);
    components.push_back(std::move(entry));
  }
  json["components"] = std::move(components);
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

base::Result<Manifest> parse_manifest(std::string_view text) {
  if (text.size() > kManifestBytesMax) return bad("The manifest is larger than {} bytes", kManifestBytesMax);
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return bad("The manifest is not JSON");
  const Reader reader(json, "manifest");
  SLUICE_TRY(reader.object());
  std::int32_t format = 0;
  SLUICE_TRY(reader.read("manifest", format));
  if (format != kFormat) return bad("The manifest has format {}, this worker reads {}", format, kFormat);
  Manifest manifest;
  SLUICE_TRY(reader.read("sha256", manifest.sha256));
  SLUICE_TRY(reader.read("name", manifest.name));
  SLUICE_TRY(reader.read("version", manifest.version));
  SLUICE_TRY(reader.read("vendor", manifest.vendor));
  SLUICE_TRY(reader.read("required_extensions", manifest.required_extensions));
  if (const Json* abi = reader.member("abi")) {
    const Reader inner(*abi, "manifest.abi");
    SLUICE_TRY(inner.object());
    SLUICE_TRY(inner.read("major", manifest.abi_major));
    SLUICE_TRY(inner.read("minor", manifest.abi_minor));
  }
  const Json* components = reader.member("components");
  if (components == nullptr || !components->is_array()) return bad("manifest.components: a list is expected");
  for (std::size_t i = 0; i < components->size(); ++i) {
    SLUICE_TRY_ASSIGN(ComponentManifest component,
                      parse_component((*components)[i], fmt::format("manifest.components[{}]", i)));
    manifest.components.push_back(std::move(component));
  }
  return manifest;
}

base::Result<config::ConfigDef> make_config_def(const ComponentManifest& component) {
  config::ConfigDef def;
  for (const auto& key : component.keys) {
    if (def.find(key.name) != nullptr) return bad("{}: the key '{}' is described twice", component.name, key.name);
    const auto type = config::parse_type_name(kTypes.name(key.type));
    if (!type) return bad("{}: the key '{}' has an unknown type", component.name, key.name);
    if (key.validator == SLUICE_VALIDATOR_REGEX &&
        !base::Regex::compile(key.items.empty() ? std::string_view() : key.items[0]))
      return bad("{}: the pattern of the key '{}' does not compile", component.name, key.name);
    config::ConfigKey made;
    made.name = key.name;
    made.type = *type;
    if (!key.required) {
      auto value = config::parse_type(key.name, key.default_value, *type,
                                      [](std::string_view name) { return std::optional(std::string(name)); });
      if (!value)
        return bad("{}: the default of the key '{}' is not of its type: {}", component.name, key.name,
                   value.error().message());
      made.default_value = std::move(*value);
    }
    made.importance = static_cast<config::Importance>(key.importance - SLUICE_IMPORTANCE_HIGH);
    made.documentation = key.doc;
    made.validator = make_validator(key);
    made.group = key.group;
    made.order_in_group = key.order_in_group;
    made.width = static_cast<config::Width>(key.width - SLUICE_WIDTH_NONE);
    made.display_name = key.display_name;
    made.dependents = key.dependents;
    made.internal = key.internal;
    def.define(std::move(made));
  }
  return def;
}

bool host_knows_extension(std::string_view id) {
  constexpr std::array<std::string_view, 12> kKnown = {
      SLUICE_EXT_LOG,           SLUICE_EXT_METRICS,           SLUICE_EXT_SCHEMA,
      SLUICE_EXT_OFFSET_READER, SLUICE_EXT_CONNECTOR_CONTEXT, SLUICE_EXT_SINK_CONTEXT,
      SLUICE_EXT_ERRANT,        SLUICE_EXT_RECORD_ERROR,      SLUICE_EXT_TRANSACTION,
      SLUICE_EXT_STOP,          SLUICE_EXT_THREAD_CHECK,      SLUICE_EXT_TEXT};
  return std::find(kKnown.begin(), kKnown.end(), id) != kKnown.end();
}

std::optional<std::string> abi_refusal(std::uint32_t major, std::uint32_t minor,
                                       const std::vector<std::string>& required_extensions, std::uint32_t host_major,
                                       std::uint32_t host_minor) {
  if (major != host_major)
    return fmt::format("is built for plugin ABI {}.{}, this worker has {}.{}: rebuild it with the worker's SDK", major,
                       minor, host_major, host_minor);
  for (const auto& id : required_extensions)
    if (!host_knows_extension(id))
      return fmt::format("requires the host extension {}, which this worker (ABI {}.{}) does not have", id, host_major,
                         host_minor);
  if (host_major == 0 && minor != host_minor)
    return fmt::format(
        "is built for plugin ABI {}.{}, this worker has {}.{}; until ABI 1.0 both must be equal: rebuild it with the "
        "worker's SDK",
        major, minor, host_major, host_minor);
  return std::nullopt;
}

}  // namespace sluice::plugin
