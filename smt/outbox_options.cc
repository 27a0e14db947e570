#include "smt/outbox_options.h"

#include <fmt/ranges.h>

#include <array>
#include <string_view>
#include <utility>

#include "runtime/base/strings.h"
#include "smt/debezium_fields.h"
#include "smt/field_name_adjuster.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;
using config::Width;
using Text = std::optional<std::string>;

// AdditionalFieldsValidator.
Text placements_problem(const Text& text, const config::ConfigMap&) {
  if (!text) return std::nullopt;
  const auto items = base::java_split(*text, ',');
  for (const auto item : items) {
    const auto parts = base::java_split(item, ':').size();
    if (parts == 2 || parts == 3) continue;
    return fmt::format("A comma-separated list of valid String pairs or trios is expected but got: [{}]",
                       fmt::join(items, ", "));
  }
  return std::nullopt;
}

DebeziumField named(std::string name, Importance importance, std::string display, std::string documentation) {
  return debezium_field(std::move(name), Type::kString, importance, std::move(display), std::move(documentation))
      .width(Width::kMedium);
}

DebeziumField placement_field(std::string name, const std::string& example) {
  return debezium_field(std::move(name), Type::kList, Importance::kHigh,
                        "Settings for each additional column in the outbox table",
                        "Extra fields can be added as part of the event envelope or a message header, format is a list "
                        "of colon-delimited pairs or trios when you desire to have aliases, e.g. <code>" +
                            example + "</code> ")
      .width(Width::kMedium)
      .checked_by(placements_problem);
}

DebeziumField missing_field(std::string name, const std::string& placement) {
  return named(std::move(name), Importance::kMedium, "Behavior when an additional field is missing in the change data",
               "When transforming the '" + placement +
                   "' fields, defines the behavior when one of the configured fields is missing in the change data. "
                   "'error' (default) will throw an exception; 'ignore' will silently skip the missing field.")
      .one_of({"error", "ignore"})
      .defaults_to("error");
}

DebeziumField updates_field(std::string documentation) {
  return named("table.op.invalid.behavior", Importance::kMedium, "Behavior when capturing an unexpected outbox event",
               std::move(documentation))
      .one_of({"warn", "error", "fatal"})
      .defaults_to("warn");
}

DebeziumField expand_field(std::string name) {
  return debezium_field(std::move(name), Type::kBoolean, Importance::kMedium,
                        "Expand Payload escaped string as real JSON",
                        "Whether or not to try unescaping a JSON string and make it real JSON. It will infer schema "
                        "information from payload and update the record schema accordingly. If content is not JSON, it "
                        "just produces a warning and emits the record unchanged")
      .width(Width::kMedium)
      .defaults_to(false);
}

// The groups "Router" and "Tracing", which both definitions end with.
DebeziumFields router_fields(std::string route_by, std::string replacement) {
  return DebeziumFields(
      {named("route.by.field", Importance::kHigh, "Field to route events by", std::move(route_by))
           .defaults_to("aggregatetype"),
       named("route.topic.regex", Importance::kLow, "The name of the routed topic",
             "The default regex to use within the RegexRouter, the default capture will allow to replace the routed "
             "field into a new topic name defined in 'route.topic.replacement'")
           .regex()
           .defaults_to("(?<routedByValue>.*)"),
       named("route.topic.replacement", Importance::kHigh, "The name of the routed topic", std::move(replacement))
           .defaults_to("outbox.event.${routedByValue}"),
       debezium_field("route.tombstone.on.empty.payload", Type::kBoolean, Importance::kHigh,
                      "Empty payloads cause a tombstone message",
                      "Whether or not an empty payload should cause a tombstone event.")
           .width(Width::kMedium)
           .defaults_to(false)},
      "Router");
}

DebeziumFields tracing_fields() {
  return DebeziumFields(
      {named(
           "tracing.span.context.field", Importance::kHigh, "Serialized tracing span context field",
           "The name of the field containing java.util.Properties representation of serialized span context. Defaults "
           "to 'tracingspancontext'")
           .defaults_to("tracingspancontext"),
       named("tracing.operation.name", Importance::kHigh, "Tracing operation name",
             "The operation name representing Debezium processing span. Default is 'debezium-read'")
           .defaults_to("debezium-read"),
       debezium_field("tracing.with.context.field.only", Type::kBoolean, Importance::kHigh,
                      "Trace only events with context field present",
                      "Set to `true` when only events that have serialized context field should be traced.")
           .width(Width::kMedium)
           .defaults_to(false)},
      "Tracing");
}

const DebeziumFields& table_fields() {
  static const DebeziumFields kFields(
      {named("table.field.event.id", Importance::kLow, "Event ID Field",
             "The column which contains the event ID within the outbox table")
           .defaults_to("id"),
       named("table.field.event.key", Importance::kLow, "Event Key Field",
             "The column which contains the event key within the outbox table")
           .defaults_to("aggregateid"),
       named("table.field.event.type", Importance::kLow, "Event Type Field",
             "The column which contains the event type within the outbox table")
           .defaults_to("type"),
       named("table.field.event.payload", Importance::kLow, "Event Payload Field",
             "The column which contains the event payload within the outbox table")
           .defaults_to("payload"),
       named("table.field.event.timestamp", Importance::kMedium, "Event Timestamp Field",
             "Optionally you can override the Kafka message timestamp with a value from a chosen column, otherwise "
             "it'll be the Debezium event processed timestamp."),
       placement_field("table.fields.additional.placement", "id:header,field_name:envelope:alias,field_name:partition"),
       missing_field("table.field.additional.missing", "table.fields.additional.placement"),
       named("table.field.event.schema.version", Importance::kLow, "Event Schema Version Field",
             "The column which contains the event schema version within the outbox table"),
       updates_field("While Debezium is capturing changes from the outbox table, it is expecting only to process "
                     "'create' or 'delete' row events; in case something else is processed this transform can log it "
                     "as warning, error or stop the process."),
       expand_field("table.expand.json.payload"),
       named("table.json.payload.null.behavior", Importance::kMedium, "Behavior when json payload including null value",
             "Behavior when json payload including null value, the default will ignore null, optional_bytes will keep "
             "the null value, and treat null as optional bytes of connect.")
           .one_of({"ignore", "optional_bytes"})
           .defaults_to("ignore")},
      "Table");
  return kFields;
}

const DebeziumFields& collection_fields() {
  static const DebeziumFields kFields(
      {named("collection.field.event.id", Importance::kLow, "Event ID Field",
             "The field which contains the event ID within the outbox collection")
           .defaults_to("_id"),
       named("collection.field.event.key", Importance::kLow, "Event Key Field",
             "The field which contains the event key within the outbox collection"),
       named("collection.field.event.type", Importance::kLow, "Event Type Field",
             "The field which contains the event type within the outbox collection")
           .defaults_to("type"),
       named("collection.field.event.payload", Importance::kLow, "Event Payload Field",
             "The field which contains the event payload within the outbox collection")
           .defaults_to("payload"),
       named(
           "collection.field.event.timestamp", Importance::kMedium, "Event Timestamp Field",
           "Optionally you can override the Kafka message timestamp with a value from a chosen field, otherwise it'll "
           "be the Debezium event processed timestamp."),
       placement_field("collection.fields.additional.placement", "id:header,field_name:envelope:alias"),
       missing_field("collection.field.additional.missing", "collection.fields.additional.placement"),
       named("collection.field.event.schema.version", Importance::kLow, "Event Schema Version Field",
             "The field which contains the event schema version within the outbox collection"),
       updates_field(
           "While Debezium is monitoring the collection, it's expecting only to see 'create' document events, "
           "in case something else is processed this transform can log it as warning, error or stop the "
           "process"),
       expand_field("collection.expand.json.payload")},
      "Collection");
  return kFields;
}

const DebeziumFields& table_router_fields() {
  static const DebeziumFields kFields = router_fields(
      "The column which determines how the events will be routed, the value will become part of the topic "
      "name",
      "The name of the topic in which the events will be routed, a replacement '${routedByValue}' is "
      "available which is the value of The column configured via 'route.by.field'");
  return kFields;
}

const DebeziumFields& collection_router_fields() {
  static const DebeziumFields kFields = router_fields(
      "The field which determines how the events will be routed within the outbox collection. The value will become a "
      "part of the topic name",
      "The name of the topic in which the events will be routed, a replacement '${routedByValue}' is available which "
      "is "
      "the value of the field configured via 'route.by.field'");
  return kFields;
}

OutboxPlacement parse_placement(std::string_view word) {
  if (base::equals_ignore_case_ascii(word, "header")) return OutboxPlacement::kHeader;
  if (base::equals_ignore_case_ascii(word, "envelope")) return OutboxPlacement::kEnvelope;
  if (base::equals_ignore_case_ascii(word, "partition")) return OutboxPlacement::kPartition;
  return OutboxPlacement::kNowhere;
}

std::vector<OutboxField> parse_placements(const Text& text) {
  std::vector<OutboxField> fields;
  if (!text) return fields;
  for (const auto item : base::java_split(*text, ',')) {
    const auto parts = base::java_split(item, ':');
    const auto part = [&](std::size_t i) { return std::string(base::java_trim(parts[i])); };
    fields.push_back({parse_placement(part(1)), part(0), parts.size() == 3 ? part(2) : part(0)});
  }
  return fields;
}

OutboxUpdates parse_updates(std::string_view word) {
  word = base::java_trim(word);
  if (base::equals_ignore_case_ascii(word, "fatal")) return OutboxUpdates::kFatal;
  return base::equals_ignore_case_ascii(word, "error") ? OutboxUpdates::kError : OutboxUpdates::kWarn;
}

bool is_word(const Text& text, std::string_view word) {
  return text && base::equals_ignore_case_ascii(base::java_trim(*text), word);
}

// MongoEventRouter's keys that EventRouter has under another name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kCollectionKeys = {{
    {"collection.field.event.id", "table.field.event.id"},
    {"collection.field.event.key", "table.field.event.key"},
    {"collection.field.event.type", "table.field.event.type"},
    {"collection.field.event.timestamp", "table.field.event.timestamp"},
    {"collection.field.event.payload", "table.field.event.payload"},
    {"collection.fields.additional.placement", "table.fields.additional.placement"},
    {"collection.field.additional.missing", "table.field.additional.missing"},
    {"collection.field.event.schema.version", "table.field.event.schema.version"},
}};
constexpr std::array<std::string_view, 5> kSharedKeys = {"route.by.field", "route.topic.regex",
                                                         "route.topic.replacement", "route.tombstone.on.empty.payload",
                                                         "table.op.invalid.behavior"};

}  // namespace

config::ConfigDef event_router_config() {
  return table_fields().followed_by(table_router_fields()).followed_by(tracing_fields()).config_def();
}

base::Result<OutboxOptions> parse_event_router(const config::ConfigMap& config) {
  // The tracing fields are not among those that are checked.
  static const DebeziumFields kFields = table_fields().followed_by(table_router_fields());
  SLUICE_TRY(kFields.validate(config));
  const auto text = [&](std::string_view name) { return kFields.text(config, name); };
  SLUICE_TRY_ASSIGN(auto regex, base::Regex::compile(*text("route.topic.regex")));
  const bool expand = kFields.boolean(config, "table.expand.json.payload");
  JsonSchemaData::NameAdjuster names;
  if (expand) {
    SLUICE_TRY_ASSIGN(names, field_name_adjuster(config.get("field.name.adjustment.mode").value_or("none")));
  }
  return OutboxOptions{
      .event_id = *text("table.field.event.id"),
      .event_key = *text("table.field.event.key"),
      .payload = *text("table.field.event.payload"),
      .route_by = *text("route.by.field"),
      .timestamp = text("table.field.event.timestamp"),
      .schema_version = text("table.field.event.schema.version"),
      .additional = parse_placements(text("table.fields.additional.placement")),
      .ignore_missing = is_word(text("table.field.additional.missing"), "ignore"),
      .updates = parse_updates(*text("table.op.invalid.behavior")),
      .tombstone_on_empty_payload = kFields.boolean(config, "route.tombstone.on.empty.payload"),
      .expand_json = expand,
      .json_nulls = is_word(text("table.json.payload.null.behavior"), "optional_bytes") ? JsonNulls::kOptionalBytes
                                                                                        : JsonNulls::kIgnored,
      .json_names = std::move(names),
      .topic_regex = std::move(regex),
      .topic_replacement = *text("route.topic.replacement"),
  };
}

config::ConfigDef mongo_event_router_config() {
  return collection_fields().followed_by(collection_router_fields()).followed_by(tracing_fields()).config_def();
}

base::Result<OutboxOptions> parse_mongo_event_router(const config::ConfigMap& config, OutboxDocuments& documents) {
  documents.timestamp = collection_fields().text(config, "collection.field.event.timestamp");
  documents.payload = *collection_fields().text(config, "collection.field.event.payload");
  documents.expand_payload = collection_fields().boolean(config, "collection.expand.json.payload");
  config::ConfigMap renamed;
  renamed.set("table.field.event.id", "_id");
  for (const auto& [from, to] : kCollectionKeys)
    if (const auto* text = config.find(from)) renamed.set(to, *text);
  for (const auto key : kSharedKeys)
    if (const auto* text = config.find(key)) renamed.set(key, *text);
  return parse_event_router(renamed);
}

}  // namespace sluice::smt
