#pragma once
// `sluice doctor`: the three internal topics: what they are, what they must be, and what may be done with them.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/cmd/doctor_findings.h"
#include "runtime/config/worker_config.h"
#include "runtime/kafka/admin.h"

namespace sluice::cmd {

// What was learnt of one internal topic. Nothing: it was not tried, for lack of what it needs or of time.
struct TopicFacts {
  std::string key;   // "config.storage.topic"
  std::string name;  // of the topic
  int brokers = 1;   // of the cluster
  std::int16_t wanted_replicas = -1;
  std::optional<base::Result<std::optional<kafka::TopicDescription>>> description;
  std::optional<base::Result<std::map<std::string, std::string>>> configs;
  std::optional<base::Status> creation;  // of a topic that does not exist: whether it could be created
  std::optional<base::Status> read;
  std::optional<base::Status> write;
};

// Asks the cluster; changes nothing. Leave to write is found out by a record that the broker must refuse, which it does
// only after it has checked the rights: one without a key, and larger than the topic's max.message.bytes. It is tried
// on compacted topics only.
std::vector<TopicFacts> gather_topics(const config::WorkerConfig& config, kafka::Admin& admin,
                                      const std::string& bootstrap_servers, int brokers, const Deadline& deadline);
// Pure.
Findings judge_topic(const TopicFacts& facts);
// Keys that should name three different topics.
Findings judge_names(const std::vector<TopicFacts>& topics);

}  // namespace sluice::cmd
