#include "runtime/config/component_check.h"
#include "runtime/config/connector_config.h"

// The tables below are what REST clients see word for word; their order is the order of the answers.

namespace sluice::config {
namespace {

Recommender hidden_without(std::string class_key) {
  Recommender recommender;
  recommender.visible = [class_key = std::move(class_key)](std::string_view, const ValueMap& parsed) {
    const auto place = parsed.find(class_key);
    return place != parsed.end() && !is_null(place->second);
  };
  return recommender;
}

Validator at_least_or_null(std::int64_t min) {
  return Validator(
      [inner = at_least(min)](std::string_view name, const Value& value) {
        return is_null(value) ? base::Status() : inner.check(name, value);
      },
      "at least " + std::to_string(min) + " or null");
}

}  // namespace

ConfigDef common_config_def(const ComponentCatalog& catalog) {
  return ConfigDef({
      required_key("name", Type::kString, Importance::kHigh, "Globally unique name to use for this connector.")
          .checked_by(non_empty_string_without_control_chars())
          .in_group("Common", 1, Width::kMedium, "Connector name"),
      required_key("connector.class", Type::kString, Importance::kHigh,
                   "Name or alias of the class for this connector. Must be a subclass of "
                   "org.apache.kafka.connect.connector.Connector. If the connector is "
                   "org.apache.kafka.connect.file.FileStreamSinkConnector, you can either specify this full name,  "
                   "or use \"FileStreamSink\" or \"FileStreamSinkConnector\" to make the configuration a bit shorter")
          .in_group("Common", 2, Width::kLong, "Connector class"),
      optional_key("connector.plugin.version", Type::kString, Value(Null{}), Importance::kMedium,
                   "Version of the connector.")
          .with_recommender(hidden_without("connector.class"))
          .in_group("Common", 3, Width::kMedium, "Connector version"),
      optional_key("tasks.max", Type::kInt, 1, Importance::kHigh, "Maximum number of tasks to use for this connector.")
          .checked_by(at_least(1))
          .in_group("Common", 4, Width::kShort, "Tasks max"),
      optional_key("tasks.max.enforce", Type::kBoolean, Value(true), Importance::kLow,
                   "(Deprecated) Whether to enforce that the tasks.max property is respected by the connector. By "
                   "default, connectors that generate too many tasks will fail, and existing sets of tasks that "
                   "exceed the tasks.max property will also be failed. If this property is set to false, then "
                   "connectors will be allowed to generate more than the maximum number of tasks, and existing sets"
                   " of tasks that exceed the tasks.max property will be allowed to run. This property is "
                   "deprecated and will be removed in an upcoming major release.")
          .in_group("Common", 5, Width::kShort, "Enforce tasks max"),
      optional_key("key.converter", Type::kClass, Value(Null{}), Importance::kLow,
                   "Converter class used to convert between Kafka Connect format and the serialized form that is "
                   "written to Kafka. This controls the format of the keys in messages written to or read from "
                   "Kafka, and since this is independent of connectors it allows any connector to work with any "
                   "serialization format. Examples of common formats include JSON and Avro.")
          .checked_by(implements(ComponentKind::kConverter, catalog))
          .in_group("Common", 6, Width::kShort, "Key converter class"),
      optional_key("key.converter.plugin.version", Type::kString, Value(Null{}), Importance::kLow,
                   "Version of the key converter.")
          .with_recommender(hidden_without("key.converter"))
          .in_group("Common", 7, Width::kShort, "Key converter version"),
      optional_key("value.converter", Type::kClass, Value(Null{}), Importance::kLow,
                   "Converter class used to convert between Kafka Connect format and the serialized form that is "
                   "written to Kafka. This controls the format of the values in messages written to or read from "
                   "Kafka, and since this is independent of connectors it allows any connector to work with any "
                   "serialization format. Examples of common formats include JSON and Avro.")
          .checked_by(implements(ComponentKind::kConverter, catalog))
          .in_group("Common", 8, Width::kShort, "Value converter class"),
      optional_key("value.converter.plugin.version", Type::kString, Value(Null{}), Importance::kLow,
                   "Version of the value converter.")
          .with_recommender(hidden_without("value.converter"))
          .in_group("Common", 9, Width::kShort, "Value converter version"),
      optional_key("header.converter", Type::kClass, Value(Null{}), Importance::kLow,
                   "HeaderConverter class used to convert between Kafka Connect format and the serialized form that"
                   " is written to Kafka. This controls the format of the header values in messages written to or "
                   "read from Kafka, and since this is independent of connectors it allows any connector to work "
                   "with any serialization format. Examples of common formats include JSON and Avro. By default, "
                   "the SimpleHeaderConverter is used to serialize header values to strings and deserialize them by"
                   " inferring the schemas.")
          .checked_by(implements(ComponentKind::kHeaderConverter, catalog))
          .in_group("Common", 10, Width::kShort, "Header converter class"),
      optional_key("header.converter.plugin.version", Type::kString, Value(Null{}), Importance::kLow,
                   "Version of the header converter.")
          .with_recommender(hidden_without("header.converter"))
          .in_group("Common", 11, Width::kShort, "Header converter version"),
      optional_key("transforms", Type::kList, "", Importance::kLow,
                   "Aliases for the transformations to be applied to records.")
          .checked_by(unique_aliases("transformation"))
          .in_group("Transforms", 12, Width::kLong, "Transforms"),
      optional_key("predicates", Type::kList, "", Importance::kLow,
                   "Aliases for the predicates used by transformations.")
          .checked_by(unique_aliases("predicate"))
          .in_group("Predicates", 13, Width::kLong, "Predicates"),
      optional_key("config.action.reload", Type::kString, "restart", Importance::kLow,
                   "The action that Connect should take on the connector when changes in external configuration "
                   "providers result in a change in the connector's configuration properties. A value of 'none' "
                   "indicates that Connect will do nothing. A value of 'restart' indicates that Connect should "
                   "restart/reload the connector with the updated configuration properties.The restart may actually"
                   " be scheduled in the future if the external configuration provider indicates that a "
                   "configuration value will expire in the future.")
          .checked_by(one_of({"none", "restart"}))
          .in_group("Common", 14, Width::kMedium, "Reload Action"),
      optional_key("errors.retry.timeout", Type::kLong, 0, Importance::kMedium,
                   "The maximum duration in milliseconds that a failed operation will be reattempted. The default "
                   "is 0, which means no retries will be attempted. Use -1 for infinite retries.")
          .in_group("Error Handling", 1, Width::kMedium, "Retry Timeout for Errors"),
      optional_key("errors.retry.delay.max.ms", Type::kLong, 60000, Importance::kMedium,
                   "The maximum duration in milliseconds between consecutive retry attempts. Jitter will be added "
                   "to the delay once this limit is reached to prevent thundering herd issues.")
          .in_group("Error Handling", 2, Width::kMedium, "Maximum Delay Between Retries for Errors"),
      optional_key("errors.tolerance", Type::kString, "none", Importance::kMedium,
                   "Behavior for tolerating errors during connector operation. 'none' is the default value and "
                   "signals that any error will result in an immediate connector task failure; 'all' changes the "
                   "behavior to skip over problematic records.")
          .checked_by(one_of({"none", "all"}))
          .in_group("Error Handling", 3, Width::kShort, "Error Tolerance"),
      optional_key("errors.log.enable", Type::kBoolean, Value(false), Importance::kMedium,
                   "If true, write each error and the details of the failed operation and problematic record to the"
                   " Connect application log. This is 'false' by default, so that only errors that are not "
                   "tolerated are reported.")
          .in_group("Error Handling", 4, Width::kShort, "Log Errors"),
      optional_key("errors.log.include.messages", Type::kBoolean, Value(false), Importance::kMedium,
                   "Whether to include in the log the Connect record that resulted in a failure. For sink records, "
                   "the topic, partition, offset, and timestamp will be logged. For source records, the key and "
                   "value (and their schemas), all headers, and the timestamp, Kafka topic, Kafka partition, source"
                   " partition, and source offset will be logged. This is 'false' by default, which will prevent "
                   "record keys, values, and headers from being written to log files.")
          .in_group("Error Handling", 5, Width::kShort, "Log Error Details"),
  });
}

ConfigDef source_config_def(const ComponentCatalog& catalog) {
  ConfigDef def = common_config_def(catalog);
  const std::vector<ConfigKey> keys = {
      optional_key("topic.creation.groups", Type::kList, "", Importance::kLow,
                   "Groups of configurations for topics created by source connectors")
          .checked_by(unique_aliases("topic creation group"))
          .in_group("Topic Creation", 1, Width::kLong, "Topic Creation Groups"),
      optional_key("exactly.once.support", Type::kString, "requested", Importance::kMedium,
                   "Permitted values are requested, required. If set to \"required\", forces a preflight check for "
                   "the connector to ensure that it can provide exactly-once semantics with the given "
                   "configuration. Some connectors may be capable of providing exactly-once semantics but not "
                   "signal to Connect that they support this; in that case, documentation for the connector should "
                   "be consulted carefully before creating it, and the value for this property should be set to "
                   "\"requested\". Additionally, if the value is set to \"required\" but the worker that performs "
                   "preflight validation does not have exactly-once support enabled for source connectors, requests"
                   " to create or validate the connector will fail.")
          .checked_by(one_of_ignoring_case({"required", "requested"}))
          .in_group("Exactly Once Support", 2, Width::kShort, "Exactly once support"),
      optional_key("transaction.boundary", Type::kString, "poll", Importance::kMedium,
                   "Permitted values are: poll, interval, connector. If set to 'poll', a new producer transaction "
                   "will be started and committed for every batch of records that each task from this connector "
                   "provides to Connect. If set to 'connector', relies on connector-defined transaction boundaries;"
                   " note that not all connectors are capable of defining their own transaction boundaries, and in "
                   "that case, attempts to instantiate a connector with this value will fail. Finally, if set to "
                   "'interval', commits transactions only after a user-defined time interval has passed.")
          .checked_by(one_of_ignoring_case({"interval", "poll", "connector"}))
          .in_group("Exactly Once Support", 3, Width::kShort, "Transaction Boundary"),
      optional_key("transaction.boundary.interval.ms", Type::kLong, Value(Null{}), Importance::kLow,
                   "If 'transaction.boundary' is set to 'interval', determines the interval for producer "
                   "transaction commits by connector tasks. If unset, defaults to the value of the worker-level "
                   "'offset.flush.interval.ms' property. It has no effect if a different transaction.boundary is "
                   "specified.")
          .checked_by(at_least_or_null(0))
          .in_group("Exactly Once Support", 4, Width::kShort, "Transaction boundary interval"),
      optional_key("offsets.storage.topic", Type::kString, Value(Null{}), Importance::kLow,
                   "The name of a separate offsets topic to use for this connector. If empty or not specified, the "
                   "worker’s global offsets topic name will be used. If specified, the offsets topic will be "
                   "created if it does not already exist on the Kafka cluster targeted by this connector (which may"
                   " be different from the one used for the worker's global offsets topic if the bootstrap.servers "
                   "property of the connector's producer has been overridden from the worker's). Only applicable in"
                   " distributed mode; in standalone mode, setting this property will have no effect.")
          .checked_by(non_empty_string())
          .in_group("offsets.topic", 1, Width::kLong, "Offsets topic"),
  };
  for (const auto& key : keys) def.define(key);
  return def;
}

ConfigDef sink_config_def(const ComponentCatalog& catalog) {
  ConfigDef def = common_config_def(catalog);
  const std::vector<ConfigKey> keys = {
      optional_key("topics", Type::kList, "", Importance::kHigh, "List of topics to consume, separated by commas")
          .checked_by(list_without_duplicates(true, false))
          .in_group("Common", 4, Width::kLong, "Topics"),
      optional_key("topics.regex", Type::kString, "", Importance::kHigh,
                   "Regular expression giving topics to consume. Under the hood, the regex is compiled to a "
                   "<code>java.util.regex.Pattern</code>. Only one of topics or topics.regex should be specified.")
          .checked_by(regex())
          .in_group("Common", 4, Width::kLong, "Topics regex"),
      optional_key("errors.deadletterqueue.topic.name", Type::kString, "", Importance::kMedium,
                   "The name of the topic to be used as the dead letter queue (DLQ) for messages that result in an "
                   "error when processed by this sink connector, or its transformations or converters. The topic "
                   "name is blank by default, which means that no messages are to be recorded in the DLQ.")
          .in_group("Error Handling", 6, Width::kMedium, "Dead Letter Queue Topic Name"),
      optional_key("errors.deadletterqueue.topic.replication.factor", Type::kShort, 3, Importance::kMedium,
                   "Replication factor used to create the dead letter queue topic when it doesn't already exist.")
          .in_group("Error Handling", 7, Width::kMedium, "Dead Letter Queue Topic Replication Factor"),
      optional_key("errors.deadletterqueue.context.headers.enable", Type::kBoolean, Value(false), Importance::kMedium,
                   "If true, add headers containing error context to the messages written to the dead letter queue."
                   " To avoid clashing with headers from the original record, all error context header keys, all "
                   "error context header keys will start with <code>__connect.errors.</code>")
          .in_group("Error Handling", 8, Width::kMedium, "Enable Error Context Headers"),
  };
  for (const auto& key : keys) def.define(key);
  return def;
}

}  // namespace sluice::config
