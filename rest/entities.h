#pragma once
// JSON of what a herder answers, member order as Connect's entities (spec connect-runtime.md section 1.2).

#include <string>
#include <vector>

#include "rest/json_writer.h"
#include "runtime/herder/types.h"

namespace sluice::rest {

std::string to_json(const herder::ServerInfo& info);
std::string to_json(const herder::Health& health);
std::string to_json(const herder::ConnectorInfo& info);
std::string to_json(const herder::CreateRequest& request);  // older workers refuse members they do not know
std::string to_json(const herder::ConnectorStateInfo& info);
std::string to_json(const herder::TaskStateInfo& info);
std::string to_json(const config::ConfigMap& config);
std::string to_json(const std::vector<herder::TaskInfo>& tasks);
std::string to_json(const std::vector<config::ConfigMap>& task_configs);
std::string offsets_json(const std::vector<herder::OffsetInfo>& offsets);
std::string message_json(std::string_view message);
std::string names_json(const std::vector<std::string>& names);

}  // namespace sluice::rest
