#include "tests/vectors/recordings.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

namespace sluice::vectors {
namespace {

// Files of group-protocol: which members are the outcome; the rest is input.
const std::map<std::string, std::vector<const char*>>& group_files() {
  static const std::map<std::string, std::vector<const char*>> kFiles{
      {"assignment", {"bytes", "read_back", "read_back_by_v1_reader"}},
      {"metadata", {"bytes", "read_back", "read_back_by_v1_reader"}},
      {"join-protocols", {"protocol_type", "protocols"}},
      {"malformed", {"read_back"}},
      {"leader-rounds", {"result"}},
      {"live-groups", {"protocol_type", "protocol", "members"}},
  };
  return kFiles;
}

std::optional<Json> group_case(const std::string& file, int number, Json record) {
  const auto found = group_files().find(file);
  if (found == group_files().end()) return std::nullopt;
  record["id"] = fmt::format("group-protocol/{}/{}", file, number);
  record["op"] = "group_" + file;
  if (record.contains("error")) {  // that it fails counts; the texts are those of Java's reader
    record["error"] = {{"class", record["error"]}, {"message", record.value("message", Json())}};
    record["jvm_message"] = true;
    return record;
  }
  for (const char* member : found->second)
    if (record.contains(member)) record["ok"][member] = record[member];
  return record;
}

Json history_case(Json record) {
  record["id"] = fmt::format("assignor/history/{}", record.at("history").get<int>());
  record["op"] = "assignor_history";
  record["ok"] = Json::array();
  for (const Json& round : record.at("rounds"))
    record["ok"].push_back({{"round", round.at("round")},
                            {"delay_ms", round.at("delay_ms")},
                            {"scheduled_rebalance_ms", round.at("scheduled_rebalance_ms")},
                            {"result", round.at("result")}});
  return record;
}

}  // namespace

bool is_array_of_cases(const std::filesystem::path& file) {
  return file.extension() == ".json" && std::filesystem::absolute(file).parent_path().filename() == "group-protocol" &&
         group_files().contains(file.stem().string());
}

std::optional<Json> as_case(const std::filesystem::path& file, int number, Json record) {
  if (!record.is_object()) return std::nullopt;
  if (is_array_of_cases(file)) return group_case(file.stem().string(), number, std::move(record));
  if (record.contains("history") && record.contains("rounds")) return history_case(std::move(record));
  if (record.contains("id") && record.contains("op")) return record;
  return std::nullopt;
}

}  // namespace sluice::vectors
