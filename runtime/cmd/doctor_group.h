#pragma once
// `sluice doctor`: the worker group: is it one of Connect workers, which protocol do they speak, who is in it.

#include <optional>
#include <string>

#include "runtime/base/status.h"
#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/worker_config.h"
#include "runtime/kafka/admin.h"

namespace sluice::cmd {

struct GroupFacts {
  std::string group_id;
  std::string protocol;        // connect.protocol of this worker
  std::string advertised_url;  // of this worker
  base::Result<std::optional<kafka::GroupDescription>> group;
  std::optional<base::Status> use;  // whether the group may be used; nothing: not tried
};

// Asks the coordinator; changes nothing. Leave to use the group is found out by committing an offset of a topic that
// does not exist: the broker checks the rights to the group, and then refuses the topic.
Findings check_group(const config::WorkerConfig& config, kafka::Admin& admin, const std::string& advertised_url,
                     const Deadline& deadline);
// Pure.
Findings judge_group(const GroupFacts& facts);

}  // namespace sluice::cmd
