#include "runtime/config/connector_validation.h"

#include <algorithm>
#include <set>

#include "runtime/base/regex.h"
#include "runtime/base/strings.h"
#include "runtime/config/client_keys.h"
#include "runtime/config/component_check.h"
#include "runtime/config/hash_order.h"

namespace sluice::config {
namespace {

using base::Result;
using base::Status;

constexpr std::string_view kNullValue = "Null value can not be supplied as the configuration value.";
constexpr std::string_view kTopics = "topics";
constexpr std::string_view kTopicsRegex = "topics.regex";
constexpr std::string_view kDlqTopic = "errors.deadletterqueue.topic.name";

// The values of the framework's part, to which later checks add errors by name.
class Verdict {
 public:
  explicit Verdict(std::vector<ConfigValue> values) : values_(std::move(values)) {}

  void add_error(std::string_view name, std::optional<std::string> text, std::string error) {
    ConfigValue* value = find(name);
    if (value == nullptr) {
      values_.push_back({std::string(name), text ? Value(std::move(*text)) : Value(Null{}), {}, {}, true});
      value = &values_.back();
    }
    value->errors.push_back(std::move(error));
  }
  ConfigValue* find(std::string_view name) {
    const auto place =
        std::find_if(values_.begin(), values_.end(), [&](const auto& value) { return value.name == name; });
    return place == values_.end() ? nullptr : &*place;
  }
  std::vector<ConfigValue>& values() { return values_; }

 private:
  std::vector<ConfigValue> values_;
};

bool is_blank(const std::optional<std::string_view>& text) {
  return !text || base::java_trim(*text).empty();
}

std::optional<std::string> copy(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

Status check_dlq(const ConfigMap& config, std::string_view dlq, Verdict& verdict) {
  const auto topics = config.get(kTopics);
  const auto regex = config.get(kTopicsRegex);
  if (!is_blank(topics)) {
    const Value parsed = *parse_type(kTopics, std::string(*topics), Type::kList, {});
    const auto& list = std::get<List>(parsed);
    if (std::find(list.begin(), list.end(), dlq) != list.end()) {
      verdict.add_error(
          kTopics, copy(topics),
          fmt::format(
              "The DLQ topic '{}' may not be included in the list of topics ('topics={}') consumed by the connector",
              dlq, to_message_text(parsed)));
    }
  }
  if (!is_blank(regex)) {
    SLUICE_TRY_ASSIGN(const auto pattern, base::Regex::compile(*regex));
    SLUICE_TRY_ASSIGN(const bool matched, pattern.matches(dlq));
    if (matched) {
      verdict.add_error(
          kTopicsRegex, copy(regex),
          fmt::format(
              "The DLQ topic '{}' may not be matched by the regex for the topics ('topics.regex={}') consumed by "
              "the connector",
              dlq, *regex));
    }
  }
  return {};
}

Status check_sink(const ConfigMap& config, Verdict& verdict) {
  const auto topics = config.get(kTopics);
  const auto regex = config.get(kTopicsRegex);
  if (is_blank(topics) == is_blank(regex)) {
    const std::string error = is_blank(topics)
                                  ? "Must configure one of topics or topics.regex"
                                  : "topics and topics.regex are mutually exclusive options, but both are set.";
    verdict.add_error(kTopics, copy(topics), error);
    verdict.add_error(kTopicsRegex, copy(regex), error);
  }
  const std::string dlq(base::java_trim(config.get_or(kDlqTopic, "")));
  if (!dlq.empty()) SLUICE_TRY(check_dlq(config, dlq, verdict));
  return {};
}

void check_sink_group(const ConfigMap& config, std::string_view worker_group, Verdict& verdict) {
  constexpr std::string_view kGroupOverride = "consumer.override.group.id";
  if (config.contains(kGroupOverride)) {
    const auto group = config.get(kGroupOverride);
    if (group == worker_group) {
      verdict.add_error(kGroupOverride, copy(group),
                        fmt::format("Consumer group {} conflicts with Connect worker group {}", *group, worker_group));
    }
    return;
  }
  const ConfigValue* name = verdict.find("name");
  const auto* text = name == nullptr ? nullptr : std::get_if<std::string>(&name->value);
  if (text != nullptr && "connect-" + *text == worker_group) {
    verdict.add_error("name", *text,
                      fmt::format("Consumer group for sink connector named {} conflicts with Connect worker group {}",
                                  *text, worker_group));
  }
}

// The text of a value that passed its own check, in lower case.
std::optional<std::string> checked_text(const ConfigValue* value) {
  if (value == nullptr || !value->errors.empty()) return std::nullopt;
  const auto* text = std::get_if<std::string>(&value->value);
  return text == nullptr ? std::nullopt : std::optional(base::to_lower_ascii(base::java_trim(*text)));
}

void check_exactly_once(const ValidationRequest& request, Verdict& verdict) {
  ConfigValue* support = verdict.find("exactly.once.support");
  if (checked_text(support) == "required") {
    if (!*request.exactly_once_enabled)
      support->errors.emplace_back("This worker does not have exactly-once source support enabled.");
    if (!request.connector.exactly_once) {
      support->errors.emplace_back(
          "The connector does not implement the API required for preflight validation of exactly-once source support. "
          "Please consult the documentation for the connector to determine whether it supports exactly-once semantics, "
          "and then consider reconfiguring the connector to use the value \"requested\" for this property (which will "
          "disable this preflight check and allow the connector to be created).");
    } else if (!*request.connector.exactly_once) {
      support->errors.emplace_back(
          "The connector does not support exactly-once semantics with the provided configuration.");
    }
  }
  ConfigValue* boundary = verdict.find("transaction.boundary");
  if (checked_text(boundary) == "connector" && !request.connector.own_transaction_boundaries) {
    boundary->errors.emplace_back(
        "The connector does not support connector-defined transaction boundaries with the given configuration. Please "
        "reconfigure it to use a different transaction boundary definition.");
  }
}

// Infos for a part of the answer whose names carry a prefix. Unlike in the main part, error_count is the number of
// entries with errors.
ConfigInfos prefixed_infos(const ConfigDef& def, const std::vector<ConfigValue>& values, std::string_view prefix) {
  ConfigInfos infos;
  for (const auto& value : values) {
    ConfigInfo info;
    const ConfigKey* key = def.find(value.name);
    if (key != nullptr) {
      if (key->group && std::find(infos.groups.begin(), infos.groups.end(), *key->group) == infos.groups.end())
        infos.groups.push_back(*key->group);
      info.definition = key_info(*key);
      info.definition->name = std::string(prefix) + key->name;
    }
    info.value = value_info(value);
    info.value->name = std::string(prefix) + value.name;
    info.value->visible = true;
    if (!value.errors.empty()) ++infos.error_count;
    infos.configs.push_back(std::move(info));
  }
  return infos;
}

// Checks the keys of a converter that the connector sets itself; nothing if it sets none, or one that was refused
// already.
std::optional<ConfigInfos> check_converter(const ValidationRequest& request, std::string_view key, ComponentKind kind,
                                           std::string_view type, Verdict& verdict) {
  ConfigValue* setting = verdict.find(key);
  const auto text = request.config.get(key);
  if (!text || setting == nullptr || !setting->errors.empty()) return std::nullopt;
  const auto* class_name = std::get_if<ClassName>(&setting->value);
  if (class_name == nullptr) return std::nullopt;
  const auto def = request.catalog.config_def(class_name->name, kind);
  if (!def) {
    setting->errors.push_back(
        fmt::format("Failed to load ConfigDef from {} converter: {}", type, def.error().message()));
    return std::nullopt;
  }
  const std::string prefix = std::string(key) + ".";
  ConfigMap own = request.config.with_prefix(prefix);
  if (!own.contains("converter.type")) own.set("converter.type", std::string(type));
  const auto values = (*def)->validate(own, request.catalog.resolver());
  std::vector<std::string> names;
  for (const auto& value : values) names.push_back(value.name);
  std::vector<ConfigValue> ordered;
  for (const std::size_t at : java_hash_map_order(names)) ordered.push_back(values[at]);
  return prefixed_infos(**def, ordered, prefix);
}

bool uses_client(const ValidationRequest& request, ClientKind client) {
  const bool has_dlq = !is_blank(request.config.get(kDlqTopic));
  const bool source = request.kind == ConnectorKind::kSource;
  switch (client) {
    case ClientKind::kProducer:
      return source || has_dlq;
    case ClientKind::kConsumer:
      return !source || request.source_has_own_offsets;
    case ClientKind::kAdmin:
      if (has_dlq || !source) return has_dlq;
      return request.source_has_own_offsets || !request.config.with_prefix("topic.creation.").empty();
  }
  return false;
}

Result<std::optional<ConfigInfos>> check_overrides(const ValidationRequest& request, ClientKind client) {
  if (!uses_client(request, client)) return std::optional<ConfigInfos>();
  const std::string_view prefix = override_prefix(client);
  auto values = request.policy.validate(client, request.config.with_prefix(prefix));
  if (!values) return base::fail(values.error());  // Connect answers 500 with the exception's own name and text
  return std::optional(prefixed_infos(client_config_def(client), *values, prefix));
}

void append(ConfigInfos& all, ConfigInfos part) {
  all.error_count += part.error_count;
  for (auto& config : part.configs) all.configs.push_back(std::move(config));
  for (auto& group : part.groups)
    if (std::find(all.groups.begin(), all.groups.end(), group) == all.groups.end())
      all.groups.push_back(std::move(group));
}

// A version of the connector that is not here: Connect cannot load the class, and answers with the common keys alone.
std::optional<ConfigInfos> refused_version(const ValidationRequest& request, const std::string& class_text) {
  const auto version = request.config.get("connector.plugin.version");
  const auto class_name = request.catalog.resolve(base::java_trim(class_text));
  if (!version || !class_name) return std::nullopt;
  const auto status = check_version(*class_name, *version, request.catalog);
  if (status) return std::nullopt;
  auto full = enriched_config_def(request.kind, request.config, request.converters, request.catalog, false);
  if (!full) return std::nullopt;
  const ConfigDef plain = common_config_def(request.catalog);
  ConfigDef common;
  for (const auto& key : plain.keys()) common.define(*full->find(key.name));
  Verdict verdict(common.validate(request.config, request.catalog.resolver()));
  verdict.add_error("connector.class", class_text, status.error().message());
  return make_config_infos(class_text, common, verdict.values());
}

}  // namespace

bool asks_for_exactly_once(const ConfigMap& config) {
  const auto is = [&](std::string_view key, std::string_view wanted) {
    const auto text = config.get(key);
    return text && base::equals_ignore_case_ascii(base::java_trim(*text), wanted);
  };
  return is("exactly.once.support", "required") || is("transaction.boundary", "connector");
}

Result<ConfigInfos> validate_connector(const ValidationRequest& request) {
  const std::string class_text = request.config.get_or("connector.class", "");
  if (auto refused = refused_version(request, class_text)) return std::move(*refused);
  SLUICE_TRY_ASSIGN(ConfigDef def,
                    enriched_config_def(request.kind, request.config, request.converters, request.catalog, false));
  Verdict verdict(def.validate(request.config, request.catalog.resolver()));
  if (request.kind == ConnectorKind::kSink) {
    SLUICE_TRY(check_sink(request.config, verdict));
    if (request.worker_group_id) check_sink_group(request.config, *request.worker_group_id, verdict);
  } else if (request.exactly_once_enabled) {
    check_exactly_once(request, verdict);
  }
  for (const auto& [key, text] : request.config)
    if (!text) verdict.add_error(key, std::nullopt, std::string(kNullValue));

  // Before the values are copied: these may add errors to the class keys.
  auto header = check_converter(request, "header.converter", ComponentKind::kHeaderConverter, "header", verdict);
  auto key = check_converter(request, "key.converter", ComponentKind::kConverter, "key", verdict);
  auto value = check_converter(request, "value.converter", ComponentKind::kConverter, "value", verdict);

  if (request.connector.def)
    for (const auto& own : request.connector.def->keys()) def.put(own);
  std::vector<ConfigValue> values;
  std::set<std::string_view> replaced;
  for (const auto& own : request.connector.values) replaced.insert(own.name);
  for (auto& framework : verdict.values())
    if (!replaced.contains(framework.name)) values.push_back(std::move(framework));
  values.insert(values.end(), request.connector.values.begin(), request.connector.values.end());

  ConfigInfos all = make_config_infos(class_text, def, values);
  for (const ClientKind client : {ClientKind::kProducer, ClientKind::kConsumer, ClientKind::kAdmin}) {
    SLUICE_TRY_ASSIGN(auto part, check_overrides(request, client));
    if (part) append(all, std::move(*part));
  }
  for (auto* part : {&header, &key, &value})
    if (*part) append(all, std::move(**part));
  return all;
}

std::optional<std::string> refusal_text(const ConfigInfos& infos) {
  if (infos.error_count == 0) return std::nullopt;
  std::string text =
      fmt::format("Connector configuration is invalid and contains the following {} error(s):", infos.error_count);
  for (const auto& config : infos.configs) {
    if (!config.value) continue;
    for (const auto& error : config.value->errors) text += "\n" + error;
  }
  return text +
         "\nYou can also find the above list of errors at the endpoint "
         "`/connector-plugins/{connectorType}/config/validate`";
}

std::vector<ConfigKeyInfo> connector_plugin_keys(ConnectorKind kind, std::string_view class_name, const ConfigDef& own,
                                                 const ComponentCatalog& catalog) {
  std::vector<ConfigKeyInfo> infos = plugin_keys(own);
  const ConfigDef framework = kind == ConnectorKind::kSource ? source_config_def(catalog) : sink_config_def(catalog);
  for (const auto& key : framework.keys()) {
    if (own.find(key.name) != nullptr) continue;
    infos.push_back(key_info(key));
    const auto versions =
        key.name == "connector.plugin.version" ? catalog.versions(class_name) : std::vector<std::string>();
    if (!versions.empty()) infos.back().default_value = versions.back();
  }
  return infos;
}

std::vector<ConfigKeyInfo> plugin_keys(const ConfigDef& own) {
  std::vector<ConfigKeyInfo> infos;
  for (const auto& key : own.keys())
    if (!key.internal) infos.push_back(key_info(key));
  return infos;
}

}  // namespace sluice::config
