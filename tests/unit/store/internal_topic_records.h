#pragma once
// The recorded records of Connect's internal topics (tests/golden/vectors/internal-topics).

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::store {

struct RecordedRecord {
  std::string step;
  std::string topic;  // "config", "offset", "status"
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
  std::string_view value_view() const { return value ? std::string_view(*value) : std::string_view(); }
};

inline std::string internal_topic_file(const std::string& name) {
  return std::string(SLUICE_SOURCE_DIR) + "/tests/golden/vectors/internal-topics/" + name;
}

inline std::vector<std::string> recorded_scenarios() {
  return {"eager",          "exactly-once",     "initial-state-and-names",
          "lifecycle-sink", "lifecycle-source", "loggers-and-sessions",
          "tracking-off"};
}

inline std::vector<RecordedRecord> recorded(const std::string& scenario) {
  std::vector<RecordedRecord> records;
  std::ifstream in(internal_topic_file(scenario + ".jsonl"));
  EXPECT_TRUE(in) << scenario;
  std::string step;
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line);
    if (json.contains("step")) step = json["step"];
    if (!json.contains("topic")) continue;
    RecordedRecord record{step, json["topic"], json["partition"], json["offset"], json["key"], std::nullopt};
    if (!json["value"].is_null()) record.value = json["value"].get<std::string>();
    records.push_back(std::move(record));
  }
  EXPECT_FALSE(records.empty()) << scenario;
  return records;
}

inline std::vector<RecordedRecord> recorded(const std::string& scenario, const std::string& topic) {
  std::vector<RecordedRecord> records;
  for (auto& record : recorded(scenario))
    if (record.topic == topic) records.push_back(std::move(record));
  return records;
}

}  // namespace sluice::store
