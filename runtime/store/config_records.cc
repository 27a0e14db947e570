#include "runtime/store/config_records.h"

#include <fmt/format.h>

#include "runtime/base/json_text.h"
#include "runtime/base/strings.h"
#include "runtime/store/record_json.h"

namespace sluice::store {
namespace {

std::string key_of(std::string_view prefix, std::string_view name) {
  return fmt::format("{}{}", prefix, name);
}

std::string properties(const config::ConfigMap& config) {
  std::string value = R"({"properties":)";
  append_config(config, value);
  value += '}';
  return value;
}

std::string quoted(std::string_view text) {
  std::string out;
  base::append_json_string(text, out);
  return out;
}

}  // namespace

std::string_view target_state_name(TargetState state) {
  return state == TargetState::kStarted ? "STARTED" : state == TargetState::kPaused ? "PAUSED" : "STOPPED";
}

std::optional<TargetState> parse_target_state(std::string_view name) {
  for (const TargetState state : {TargetState::kStarted, TargetState::kPaused, TargetState::kStopped})
    if (name == target_state_name(state)) return state;
  return std::nullopt;
}

ConfigRecord connector_record(std::string_view connector, const config::ConfigMap& config) {
  return {key_of(config_keys::kConnector, connector), properties(config)};
}

ConfigRecord connector_tombstone(std::string_view connector) {
  return {key_of(config_keys::kConnector, connector), std::nullopt};
}

ConfigRecord target_state_record(std::string_view connector, TargetState state) {
  // Workers older than state.v2 know no STOPPED and take it for PAUSED.
  const auto old = state == TargetState::kStopped ? TargetState::kPaused : state;
  return {key_of(config_keys::kTargetState, connector),
          fmt::format(R"({{"state":"{}","state.v2":"{}"}})", target_state_name(old), target_state_name(state))};
}

ConfigRecord target_state_tombstone(std::string_view connector) {
  return {key_of(config_keys::kTargetState, connector), std::nullopt};
}

ConfigRecord task_record(std::string_view connector, int task, const config::ConfigMap& config) {
  return {fmt::format("{}{}-{}", config_keys::kTask, connector, task), properties(config)};
}

ConfigRecord commit_record(std::string_view connector, std::size_t tasks) {
  return {key_of(config_keys::kCommit, connector), fmt::format(R"({{"tasks":{}}})", tasks)};
}

ConfigRecord task_count_record(std::string_view connector, int count) {
  return {key_of(config_keys::kFencing, connector), fmt::format(R"({{"task-count":{}}})", count)};
}

ConfigRecord session_key_record(const SessionKey& key) {
  std::string encoded;
  base::append_base64(key.key, encoded);
  return {std::string(config_keys::kSessionKey), fmt::format(R"({{"key":"{}","algorithm":{},"creation-timestamp":{}}})",
                                                             encoded, quoted(key.algorithm), key.created_ms)};
}

ConfigRecord restart_record(const StoredRestartRequest& request) {
  return {key_of(config_keys::kRestart, request.connector),
          fmt::format(R"({{"include-tasks":{},"only-failed":{}}})", request.include_tasks, request.only_failed)};
}

ConfigRecord logger_record(std::string_view logger, std::string_view level) {
  return {key_of(config_keys::kLogger, logger), fmt::format(R"({{"level":{}}})", quoted(level))};
}

}  // namespace sluice::store
