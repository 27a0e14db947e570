#pragma once
// What an outbox router can be configured with: the keys of EventRouter and of MongoEventRouter, which are the same
// under other names.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/regex.h"
#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "smt/json_schema_data.h"

namespace sluice::smt {

enum class OutboxUpdates { kWarn, kError, kFatal };

// kNowhere: a word that Debezium does not know; it only fails where the field is to be placed.
enum class OutboxPlacement { kNowhere, kHeader, kEnvelope, kPartition };

struct OutboxField {
  OutboxPlacement placement = OutboxPlacement::kNowhere;
  std::string field;
  std::string alias;
};

struct OutboxOptions {
  std::string event_id;
  std::string event_key;
  std::string payload;
  std::string route_by;
  std::optional<std::string> timestamp;
  std::optional<std::string> schema_version;
  std::vector<OutboxField> additional;
  bool ignore_missing = false;
  OutboxUpdates updates = OutboxUpdates::kWarn;
  bool tombstone_on_empty_payload = false;
  bool expand_json = false;
  JsonNulls json_nulls = JsonNulls::kIgnored;
  JsonSchemaData::NameAdjuster json_names;
  base::Regex topic_regex;
  std::string topic_replacement;
};

// EventRouter's. Error: ConfigException with Debezium's text.
config::ConfigDef event_router_config();
base::Result<OutboxOptions> parse_event_router(const config::ConfigMap& config);

// MongoEventRouter's. Its keys are read as EventRouter's of the same meaning, which error texts name; what it does with
// its documents itself is in `documents`.
struct OutboxDocuments {
  std::optional<std::string> timestamp;
  std::string payload;
  bool expand_payload = false;
};
config::ConfigDef mongo_event_router_config();
base::Result<OutboxOptions> parse_mongo_event_router(const config::ConfigMap& config, OutboxDocuments& documents);

}  // namespace sluice::smt
