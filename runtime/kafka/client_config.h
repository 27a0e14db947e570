#pragma once
// Java client configuration -> librdkafka configuration. A pure function over one table of data
// (client_config_table.cc), which docs/client-config.md prints. Every producer, consumer and admin key of Kafka 4.3 has
// a row.
//
// A key that changes nothing here is ignored with a warning; a key that would weaken security or delivery if it were
// ignored is an error that says what to write instead. Keys that nobody knows are warnings, as in Java. Values of
// PASSWORD keys never appear in an error or a warning.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::kafka {

enum class ClientKind { kProducer, kConsumer, kAdmin };
std::string_view client_kind_name(ClientKind kind);  // "producer", "consumer", "admin"

// Java keys to values, without prefix (`producer.`, `consumer.override.` and the like are stripped by the caller, who
// also merges the framework's defaults beneath).
using ConfigMap = std::map<std::string, std::string>;

enum class OffsetReset { kEarliest, kLatest, kNone };

// How the client obtains OAUTHBEARER tokens, when not from librdkafka's own unsecured tokens.
struct OauthSettings {
  std::string token_endpoint_url;
  std::string client_id;
  std::string client_secret;  // secret
  std::string scope;
  std::string token_file;  // if set, the token is read from this file at each refresh
  bool header_urlencode = false;
  std::string subject_claim = "sub";
  std::map<std::string, std::string> extensions;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds read_timeout{10'000};
};

// Values that our wrappers, not librdkafka, act on.
struct ClientSettings {
  std::string client_id;
  bool embedded = false;  // bootstrap.servers=embedded: the address comes from the running EmbeddedBroker
  std::chrono::milliseconds request_timeout{30'000};
  std::chrono::milliseconds default_api_timeout{60'000};
  std::chrono::milliseconds retry_backoff{100};
  std::chrono::milliseconds metadata_max_age{300'000};
  std::optional<OauthSettings> oauth;
  // producer
  std::chrono::milliseconds max_block{60'000};
  std::int64_t buffer_memory_bytes = 33'554'432;
  bool transactional = false;
  // consumer
  std::string group_id;
  int max_poll_records = 500;
  std::chrono::milliseconds max_poll_interval{300'000};
  OffsetReset offset_reset = OffsetReset::kLatest;
  bool auto_commit = true;
  bool exclude_internal_topics = true;  // in pattern subscriptions
};

struct ClientConfig {
  ClientKind kind = ClientKind::kProducer;
  std::vector<std::pair<std::string, std::string>>
      librdkafka;  // in the order to set; holds secrets: never log the values
  ClientSettings settings;
  std::vector<std::string> warnings;  // for the log, once per client
};

// Errors: kInvalidConfig, with the key's name and what to write instead; all problems of a map are in one message, one
// a line. Touches no network. Reads the named key and trust stores, to tell their format and to turn a PKCS12 trust
// store into PEM.
base::Result<ClientConfig> translate_client_config(const ConfigMap& java, ClientKind kind);

// Checks only the syntax and meaning, one error a key: for connector validation of `producer.override.*` and so on.
std::vector<std::pair<std::string, std::string>> check_client_config(const ConfigMap& java, ClientKind kind);

// The table, for the docs and the tests.
enum class KeyAction {
  kTranslated,  // becomes librdkafka key(s), or drives our wrapper
  kIgnored,     // no meaning here, harmless: accepted silently or with a warning
  kRefused,     // would weaken security or delivery: error
};
struct KeyRow {
  std::string_view key;  // Java's name
  unsigned kinds = 0;    // bit set: 1 << int(ClientKind)
  KeyAction action = KeyAction::kTranslated;
  std::string_view target;  // librdkafka's key(s), or who acts on it; empty if ignored or refused
  std::string_view note;    // conversion, or why it is ignored, or what to write instead
};
std::span<const KeyRow> client_config_table();

}  // namespace sluice::kafka
