#include "runtime/config/connector_config.h"

#include <algorithm>
#include <set>

#include "runtime/base/strings.h"
#include "runtime/config/component_check.h"
#include "runtime/config/connector_extensions.h"
#include "runtime/config/secret_keys.h"

namespace sluice::config {
namespace {

using base::config_error;
using base::Result;
using base::Status;

constexpr std::string_view kPredicate = "predicate";
constexpr std::string_view kNegate = "negate";
constexpr std::string_view kVersionSuffix = "plugin.version";

std::optional<std::string> latest_version(const std::optional<std::string>& class_name,
                                          const ComponentCatalog& catalog) {
  if (!class_name) return std::nullopt;
  auto versions = catalog.versions(*class_name);
  if (versions.empty()) return std::nullopt;
  return std::move(versions.back());
}

Value text_or_null(std::optional<std::string> text) {
  return text ? Value(std::move(*text)) : Value(Null{});
}

std::vector<Value> class_values(ComponentKind kind, const ComponentCatalog& catalog) {
  std::vector<Value> values;
  for (auto& name : catalog.list(kind)) values.emplace_back(ClassName{std::move(name)});
  return values;
}

// Suggests the classes of a kind; always visible.
Recommender recommend_classes(ComponentKind kind, const ComponentCatalog& catalog) {
  Recommender recommender;
  recommender.valid_values = [kind, &catalog](std::string_view, const ValueMap&) {
    return class_values(kind, catalog);
  };
  return recommender;
}

// Suggests the versions of `class_name`; `visible` only if there is a class.
Recommender recommend_versions(std::optional<std::string> class_name, const ComponentCatalog& catalog) {
  Recommender recommender;
  recommender.visible = [known = class_name.has_value()](std::string_view, const ValueMap&) { return known; };
  recommender.valid_values = [class_name = std::move(class_name), &catalog](std::string_view, const ValueMap&) {
    std::vector<Value> values;
    if (class_name)
      for (auto& version : catalog.versions(*class_name)) values.emplace_back(std::move(version));
    return values;
  };
  return recommender;
}

Validator version_exists(std::optional<std::string> class_name, const ComponentCatalog& catalog) {
  return Validator(
      [class_name = std::move(class_name), &catalog](std::string_view, const Value& value) -> Status {
        const auto* requirement = std::get_if<std::string>(&value);
        if (requirement == nullptr || !class_name) return {};
        return check_version(*class_name, *requirement, catalog);
      },
      "a version of the plugin");
}

// The class that `key` of `props` means, if it is a known one.
std::optional<std::string> resolved_class(const ConfigMap& props, std::string_view key,
                                          const ComponentCatalog& catalog) {
  const auto text = props.get(key);
  return text ? catalog.resolve(base::java_trim(*text)) : std::nullopt;
}

// Shows the worker's converter as the default, and the versions that there are.
void enrich_converter(std::string_view key, const std::string& worker_class, ComponentKind kind, const ConfigMap& props,
                      const ComponentCatalog& catalog, ConfigDef& def) {
  const std::string version_key = std::string(key) + "." + std::string(kVersionSuffix);
  auto in_effect = props.contains(key) ? resolved_class(props, key, catalog) : std::optional(worker_class);
  ConfigKey converter = *def.find(key);
  converter.default_value = Value(ClassName{worker_class});
  converter.recommender = recommend_classes(kind, catalog);
  const auto version = props.get(version_key);
  if (in_effect && version) {
    converter.validator = all_of(
        {converter.validator,
         Validator([in_effect, wanted = std::string(*version), &catalog](std::string_view, const Value& value)
                       -> Status { return is_null(value) ? Status() : check_version(*in_effect, wanted, catalog); },
                   "")});
  }
  def.put(std::move(converter));

  ConfigKey version_def = *def.find(version_key);
  version_def.default_value = text_or_null(latest_version(in_effect, catalog));
  version_def.recommender = recommend_versions(in_effect, catalog);
  version_def.validator = version_exists(in_effect, catalog);
  def.put(std::move(version_def));
}

void enrich_framework_keys(const ConfigMap& props, const WorkerConverters& converters, const ComponentCatalog& catalog,
                           ConfigDef& def) {
  const auto connector = resolved_class(props, "connector.class", catalog);
  ConfigKey version = *def.find("connector.plugin.version");
  version.default_value = text_or_null(latest_version(connector, catalog));
  version.recommender = recommend_versions(connector, catalog);
  version.validator = version_exists(connector, catalog);
  def.put(std::move(version));
  enrich_converter("key.converter", converters.key, ComponentKind::kConverter, props, catalog, def);
  enrich_converter("value.converter", converters.value, ComponentKind::kConverter, props, catalog, def);
  enrich_converter("header.converter", converters.header, ComponentKind::kHeaderConverter, props, catalog, def);
}

// What transforms and predicates differ in.
struct AliasedKind {
  ComponentKind kind;
  std::string_view list_key;  // "transforms"
  std::string_view group;     // "Transforms"
  std::string_view word;      // "transformation"
};
constexpr AliasedKind kTransforms = {ComponentKind::kTransformation, "transforms", "Transforms", "transformation"};
constexpr AliasedKind kPredicates = {ComponentKind::kPredicate, "predicates", "Predicates", "predicate"};

// The aliases that `props` lists, each once, in order.
std::vector<std::string> aliases(const AliasedKind& what, const ConfigMap& props) {
  const auto* text = props.find(what.list_key);
  if (text == nullptr) return {};
  const auto parsed = parse_type(what.list_key, *text, Type::kList, {});
  std::vector<std::string> result;
  std::set<std::string> seen;
  if (const auto* list = parsed ? std::get_if<List>(&*parsed) : nullptr) {
    for (const auto& alias : *list)
      if (seen.insert(alias).second) result.push_back(alias);
  }
  return result;
}

// The own keys of the class at `type_key`. Error: Connect's text for why it has none.
Result<std::shared_ptr<const ConfigDef>> own_keys(const AliasedKind& what, std::string_view type_key,
                                                  std::string_view class_name, const ComponentCatalog& catalog) {
  SLUICE_TRY(check_component(class_name, what.kind, catalog));
  auto def = catalog.config_def(class_name, what.kind);
  if (!def) {
    return base::fail(invalid_value(
        type_key, ClassName{std::string(class_name)},
        fmt::format("Error getting config definition from {}: {}", kind_interface(what.kind), def.error().message())));
  }
  return def;
}

// Checks the `type` key of one alias as Connect does, class and implicit keys together.
Validator type_validator(const AliasedKind& what, std::string prefix, const ConfigMap& props,
                         const ComponentCatalog& catalog) {
  const std::string negate_key = prefix + std::string(kNegate);
  const std::string predicate_key = prefix + std::string(kPredicate);
  const bool lone_negate =
      what.kind == ComponentKind::kTransformation && props.contains(negate_key) && !props.contains(predicate_key);
  const std::string version = props.get_or(prefix + std::string(kVersionSuffix), "");
  return Validator(
      [=, &what, &catalog](std::string_view name, const Value& value) -> Status {
        if (lone_negate) {
          return config_error(
              "Config '{}' was provided but there is no config '{}' defining a predicate to be negated.", negate_key,
              predicate_key);
        }
        const auto* class_name = std::get_if<ClassName>(&value);
        if (class_name == nullptr) return {};  // reported when it was parsed
        SLUICE_TRY(check_component(class_name->name, what.kind, catalog));
        SLUICE_TRY(check_version(class_name->name, version, catalog));
        const auto def = own_keys(what, name, class_name->name, catalog);
        if (!def) return base::fail(def.error());
        return {};
      },
      fmt::format("valid configs for a {}", what.word));
}

// Adds the keys of one alias: type, version, the implicit ones, and the class's own.
Status enrich_alias(const AliasedKind& what, const std::string& alias, const ConfigMap& props,
                    const ComponentCatalog& catalog, bool require_all, ConfigDef& def) {
  const std::string prefix = fmt::format("{}.{}.", what.list_key, alias);
  const std::string type_key = prefix + "type";
  const std::string version_key = prefix + std::string(kVersionSuffix);
  const std::string group = fmt::format("{}: {}", what.group, alias);
  if (def.find(type_key) != nullptr || def.find(version_key) != nullptr)
    return config_error("Configuration {} is defined twice.", def.find(type_key) != nullptr ? type_key : version_key);
  const auto class_name = resolved_class(props, type_key, catalog);

  def.define(
      required_key(type_key, Type::kClass, Importance::kHigh, fmt::format("Class for the '{}' {}.", alias, what.word))
          .checked_by(type_validator(what, prefix, props, catalog))
          .in_group(group, 0, Width::kLong, fmt::format("{} type for {}", kind_interface(what.kind), alias))
          .with_recommender(recommend_classes(what.kind, catalog)));
  def.define(optional_key(version_key, Type::kString, text_or_null(latest_version(class_name, catalog)),
                          Importance::kHigh, fmt::format("Version of the '{}' {}.", alias, what.word))
                 .checked_by(version_exists(class_name, catalog))
                 .in_group(group, 1, Width::kLong, fmt::format("{} version for {}", kind_interface(what.kind), alias))
                 .with_recommender(recommend_versions(class_name, catalog)));

  ConfigDef child;
  if (what.kind == ComponentKind::kTransformation) {
    child.define(optional_key(std::string(kPredicate), Type::kString, Value(Null{}), Importance::kMedium,
                              "The alias of a predicate used to determine whether to apply this transformation."));
    child.define(optional_key(std::string(kNegate), Type::kBoolean, Value(false), Importance::kMedium,
                              "Whether the configured predicate should be negated."));
  }
  const auto own = [&]() -> Result<std::shared_ptr<const ConfigDef>> {
    const auto* text = props.find(type_key);
    SLUICE_TRY_ASSIGN(const Value type,
                      parse_type(type_key, text == nullptr ? std::nullopt : *text, Type::kClass, catalog.resolver()));
    const auto* found = std::get_if<ClassName>(&type);
    if (found == nullptr)
      return base::fail(invalid_value(type_key, Null{}, fmt::format("Not a {}", kind_interface(what.kind))));
    return own_keys(what, type_key, found->name, catalog);
  }();
  if (!own) {
    if (require_all) return base::fail(own.error());
    return {};
  }
  // The implicit keys mask the class's own of the same name.
  for (const auto& key : (*own)->keys())
    if (child.find(key.name) == nullptr) child.define(key);
  for (const auto& key : child.keys())
    if (def.find(prefix + key.name) != nullptr)
      return config_error("Configuration {}{} is defined twice.", prefix, key.name);
  def.embed(prefix, group, 2, child);
  return {};
}

Status enrich_aliases(const ConfigMap& props, const ComponentCatalog& catalog, bool require_all, ConfigDef& def) {
  for (const AliasedKind* what : {&kTransforms, &kPredicates}) {
    for (const auto& alias : aliases(*what, props))
      SLUICE_TRY(enrich_alias(*what, alias, props, catalog, require_all, def));
  }
  return {};
}

ConfigDef plain_config_def(ConnectorKind kind, const ComponentCatalog& catalog) {
  return kind == ConnectorKind::kSource ? source_config_def(catalog) : sink_config_def(catalog);
}

ErrorPolicyConfig error_policy(const ParsedConfig& parsed) {
  ErrorPolicyConfig errors;
  errors.retry_timeout_ms = parsed.int64("errors.retry.timeout");
  errors.retry_delay_max_ms = parsed.int64("errors.retry.delay.max.ms");
  errors.tolerance = parsed.string("errors.tolerance") == "all" ? Tolerance::kAll : Tolerance::kNone;
  errors.log_errors = parsed.boolean("errors.log.enable");
  errors.log_include_messages = parsed.boolean("errors.log.include.messages");
  errors.dlq_topic = parsed.string("errors.deadletterqueue.topic.name");
  errors.dlq_replication_factor = parsed.int16("errors.deadletterqueue.topic.replication.factor");
  errors.dlq_context_headers = parsed.boolean("errors.deadletterqueue.context.headers.enable");
  errors.dlq_ratio_max = parsed.float64("sluice.errors.deadletterqueue.max.ratio");
  errors.dlq_window_ms = parsed.int64("sluice.errors.deadletterqueue.window.ms");
  errors.dlq_records_min = parsed.int64("sluice.errors.deadletterqueue.min.records");
  return errors;
}

// The predicate that a transform names. Error: there is none of that alias.
Result<PredicateSpec> predicate_spec(std::string_view alias, const ParsedConfig& parsed) {
  PredicateSpec spec;
  spec.alias = alias;
  const std::string prefix = fmt::format("predicates.{}.", alias);
  const auto& listed = parsed.list("predicates");
  if (std::find(listed.begin(), listed.end(), alias) == listed.end())
    return config_error("Unknown configuration '{}type'", prefix);
  spec.class_name = parsed.class_name(prefix + "type");
  spec.config = parsed.originals_with_prefix(prefix);
  spec.config.erase("type");
  return spec;
}

Result<TransformSpec> transform_spec(const std::string& alias, const ParsedConfig& parsed) {
  TransformSpec spec;
  spec.alias = alias;
  const std::string prefix = fmt::format("transforms.{}.", alias);
  spec.class_name = parsed.class_name(prefix + "type");
  spec.config = parsed.originals_with_prefix(prefix);
  const auto predicate = spec.config.get(kPredicate);
  // As Boolean.parseBoolean: any other text is false.
  spec.negate = base::equals_ignore_case_ascii(spec.config.get_or(kNegate, ""), "true");
  if (predicate) {
    SLUICE_TRY_ASSIGN(spec.predicate, predicate_spec(*predicate, parsed));
  }
  for (const std::string_view key : {std::string_view("type"), kPredicate, kNegate}) spec.config.erase(key);
  return spec;
}

}  // namespace

Result<ConfigDef> enriched_config_def(ConnectorKind kind, const ConfigMap& props, const WorkerConverters& converters,
                                      const ComponentCatalog& catalog, bool require_all) {
  ConfigDef def = plain_config_def(kind, catalog);
  for (ConfigKey& key : extension_keys(kind, catalog))
    if (props.contains(key.name)) def.define(std::move(key));
  enrich_framework_keys(props, converters, catalog, def);
  SLUICE_TRY(enrich_aliases(props, catalog, require_all, def));
  return def;
}

Result<ConnectorConfig> ConnectorConfig::make(ConnectorKind kind, ConfigMap props, const ComponentCatalog& catalog) {
  keep_secrets(props, SecretKeys(props, &catalog));
  ConfigDef def = plain_config_def(kind, catalog);
  for (ConfigKey& key : extension_keys(kind, catalog)) def.define(std::move(key));
  SLUICE_TRY(def.parse(props, catalog.resolver()));
  SLUICE_TRY(enrich_aliases(props, catalog, true, def));
  SLUICE_TRY_ASSIGN(ParsedConfig parsed, def.parse(props, catalog.resolver()));
  ConnectorConfig config(kind, std::move(parsed));
  config.errors_ = error_policy(config.parsed_);
  config.isolation_ = isolation_config(config.originals());
  for (const auto& alias : config.parsed_.list("transforms")) {
    SLUICE_TRY_ASSIGN(TransformSpec spec, transform_spec(alias, config.parsed_));
    config.transforms_.push_back(std::move(spec));
  }
  return config;
}

std::optional<ConverterSpec> ConnectorConfig::converter(std::string_view key) const {
  auto class_name = parsed_.class_name_or_null(key);
  if (!class_name) return std::nullopt;
  return ConverterSpec{std::move(*class_name), parsed_.originals_with_prefix(std::string(key) + ".")};
}

ConfigMap ConnectorConfig::client_overrides(std::string_view client) const {
  return parsed_.originals_with_prefix(std::string(client) + ".override.");
}

List ConnectorConfig::topics() const {
  return kind_ == ConnectorKind::kSink ? parsed_.list("topics") : List();
}

std::string ConnectorConfig::topics_regex() const {
  return kind_ == ConnectorKind::kSink ? parsed_.string("topics.regex") : std::string();
}

bool ConnectorConfig::topic_creation_configured() const {
  return kind_ == ConnectorKind::kSource && !originals().with_prefix("topic.creation.").empty();
}

bool ConnectorConfig::exactly_once_required() const {
  return kind_ == ConnectorKind::kSource &&
         base::equals_ignore_case_ascii(parsed_.string("exactly.once.support"), "required");
}

std::string ConnectorConfig::transaction_boundary() const {
  return kind_ == ConnectorKind::kSource ? base::to_lower_ascii(parsed_.string("transaction.boundary")) : std::string();
}

std::optional<std::int64_t> ConnectorConfig::transaction_interval_ms() const {
  return kind_ == ConnectorKind::kSource ? parsed_.int64_or_null("transaction.boundary.interval.ms") : std::nullopt;
}

std::optional<std::string> ConnectorConfig::offsets_topic() const {
  return kind_ == ConnectorKind::kSource ? parsed_.string_or_null("offsets.storage.topic") : std::nullopt;
}

}  // namespace sluice::config
