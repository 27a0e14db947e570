#include "runtime/cmd/doctor_topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string_view>

#include "runtime/kafka/errors.h"
#include "runtime/kafka/producer.h"

namespace sluice::cmd {
namespace {

using namespace std::chrono_literals;
using base::Code;

constexpr auto kCallMax = 5'000ms;
constexpr int kTrialBytesMax = 16 << 20;  // a topic that takes larger records is not tried

struct Role {
  const char* prefix;
  const char* purpose;  // as in Connect's text
};
constexpr Role kRoles[] = {{"config.storage.", "connector configurations"},
                           {"offset.storage.", "source connector offsets"},
                           {"status.storage.", "connector and task statuses"}};

const char* purpose_of(const std::string& key) {
  for (const auto& role : kRoles)
    if (key.starts_with(role.prefix)) return role.purpose;
  return "";
}

bool is_denied(const base::Error& error) {
  return std::string_view(error.exception()).ends_with("AuthorizationException");
}

// A record that the topic cannot take, for two reasons: it has no key, which a compacted topic wants, and it is larger
// than max.message.bytes. Refused as bad means: the rights are there, and nothing was written.
base::Status try_write(const config::WorkerConfig& config, const std::string& topic, std::size_t message_bytes_max,
                       const std::string& bootstrap_servers, std::chrono::milliseconds timeout) {
  const std::string too_large(message_bytes_max + 1, 'x');
  kafka::ConfigMap java;
  for (const auto& [key, value] : config.worker_client_config())
    if (value) java[key] = *value;
  java["bootstrap.servers"] = bootstrap_servers;
  java["acks"] = "all";
  java["enable.idempotence"] = "false";
  java["retries"] = "0";
  java["linger.ms"] = "0";
  java["compression.type"] = "none";
  java["max.request.size"] = std::to_string(too_large.size() + 4096);
  SLUICE_TRY_ASSIGN(const auto translated, kafka::translate_client_config(java, kafka::ClientKind::kProducer));
  SLUICE_TRY_ASSIGN(const auto producer, kafka::Producer::create(translated));
  SLUICE_TRY_ASSIGN(kafka::Topic* const handle, producer->topic(topic));
  if (producer->produce({.topic = handle, .partition = 0, .value = too_large}) != kafka::ProduceStatus::kOk)
    return base::fail(producer->last_error());
  int code = kafka::error_code::kTimedOut;
  const auto flushed = producer->flush(std::chrono::steady_clock::now() + timeout, [&](auto reports) {
    for (const auto& report : reports) code = report.error;
  });
  if (!flushed) producer->purge(true);
  const auto error = kafka::make_error(code, fmt::format("writing to {}", topic));
  const std::string_view exception = error.exception();
  if (exception.ends_with("InvalidRecordException") || exception.ends_with("RecordTooLargeException")) return {};
  return base::fail(error);
}

std::optional<int> number(const std::map<std::string, std::string>& configs, const std::string& key) {
  const auto found = configs.find(key);
  if (found == configs.end()) return std::nullopt;
  int value = 0;
  const char* end = found->second.data() + found->second.size();
  const auto [stop, error] = std::from_chars(found->second.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

class Judge {
 public:
  explicit Judge(const TopicFacts& facts) : facts_(facts), name_(facts.key.substr(0, facts.key.find('.'))) {}

  Findings run() {
    if (facts_.name.empty() || !facts_.description) return {};
    const auto& description = *facts_.description;
    if (!description) {
      denied_or("rights", "describe", description.error(), "Describe on the topic");
    } else if (!*description) {
      missing();
    } else {
      partitions(**description);
      replicas(**description);
      policy();
      rights();
      if (findings_.empty())
        add(Level::kOk, "topic",
            fmt::format("topic '{}': compacted, {} partition(s), {} replica(s); this worker may read and write it",
                        facts_.name, (*description)->partitions.size(), replicas_min(**description)),
            {}, {});
    }
    return std::move(findings_);
  }

 private:
  void add(Level level, std::string_view family, std::string found, std::string cause, std::string fix) {
    findings_.push_back(
        {level, fmt::format("{}.{}", family, name_), std::move(found), std::move(cause), std::move(fix)});
  }

  // A call that failed: for want of rights, or for another reason.
  void denied_or(std::string_view family, std::string_view verb, const base::Error& error, std::string_view right) {
    if (is_denied(error))
      add(Level::kError, family, fmt::format("this worker's user may not {} topic '{}'", verb, facts_.name),
          error.message(), fmt::format("allow its principal {} '{}'", right, facts_.name));
    else
      add(error.code() == Code::kTimeout ? Level::kWarning : Level::kError, family,
          fmt::format("topic '{}' ({}): {} failed", facts_.name, facts_.key, verb), error.message(),
          "the broker's log says more; if time was short, give more with --timeout SECONDS");
  }

  void missing() {
    if (!facts_.creation) return;
    const auto& creation = *facts_.creation;
    if (creation) {
      add(Level::kOk, "topic",
          fmt::format("topic '{}' does not exist, and this worker may create it at its start; whether it may read and "
                      "write it shows when it exists",
                      facts_.name),
          {}, {});
    } else if (creation.error().code() == Code::kExists) {
      add(Level::kOk, "topic", fmt::format("topic '{}' has just been created", facts_.name), {}, {});
    } else if (is_denied(creation.error())) {
      add(Level::kError, "rights",
          fmt::format("topic '{}' does not exist, and this worker's user may not create it", facts_.name),
          creation.error().message(),
          fmt::format("create it with cleanup.policy=compact{}, or allow the principal Create on the topic",
                      name_ == "config" ? " and one partition" : ""));
    } else {
      const bool replication =
          std::string_view(creation.error().exception()).ends_with("InvalidReplicationFactorException");
      const std::string key = facts_.key.substr(0, facts_.key.rfind('.')) + ".replication.factor";
      add(Level::kError, replication ? "topic.replicas" : "topic",
          fmt::format("topic '{}' does not exist, and cannot be created", facts_.name), creation.error().message(),
          replication ? fmt::format("set {}={} (the cluster has {} broker{}), or -1 for the broker's default", key,
                                    std::min(facts_.brokers, 3), facts_.brokers, facts_.brokers == 1 ? "" : "s")
                      : fmt::format("correct the keys that begin with {}", key.substr(0, key.find("replication"))));
    }
  }

  static int replicas_min(const kafka::TopicDescription& topic) {
    int least = topic.partitions.empty() ? 0 : topic.partitions.front().replicas;
    for (const auto& partition : topic.partitions) least = std::min(least, partition.replicas);
    return least;
  }

  void partitions(const kafka::TopicDescription& topic) {
    if (name_ == "config" && topic.partitions.size() != 1)
      add(Level::kError, "topic.partitions",
          fmt::format("Topic '{}' supplied via the '{}' property is required to have a single partition in order to "
                      "guarantee consistency of connector configurations, but found {} partitions.",
                      facts_.name, facts_.key, topic.partitions.size()),
          "records of several partitions have no common order; the worker does not start",
          fmt::format("name another topic in {}, or one that this worker may create", facts_.key));
    for (const auto& partition : topic.partitions)
      if (partition.leader < 0) {
        add(Level::kError, "topic.leader",
            fmt::format("topic '{}': partition {} has no leader", facts_.name, partition.id),
            "all brokers that hold it are down", "bring one of them back");
        break;
      }
  }

  void replicas(const kafka::TopicDescription& topic) {
    const int replicas = replicas_min(topic);
    const auto least =
        facts_.configs && *facts_.configs ? number(**facts_.configs, "min.insync.replicas").value_or(1) : 1;
    if (replicas < least) {
      add(Level::kError, "topic.replicas",
          fmt::format("topic '{}' has {} replica(s), and min.insync.replicas={}", facts_.name, replicas, least),
          "no write can ever be acknowledged", "lower min.insync.replicas of the topic, or add replicas");
    } else if (replicas == 1 && facts_.brokers > 1) {
      add(Level::kWarning, "topic.replicas", fmt::format("topic '{}' has one replica", facts_.name),
          "the loss of one broker stops all workers, and the loss of its disk loses what is in the topic",
          "give the topic three replicas (kafka-reassign-partitions)");
    } else if (replicas > 1 && replicas == least) {
      add(Level::kWarning, "topic.replicas",
          fmt::format("topic '{}' has {} replicas, and min.insync.replicas is {} too", facts_.name, replicas, least),
          "one broker down stops all writes to it", "lower min.insync.replicas of the topic by one");
    }
    for (const auto& partition : topic.partitions)
      if (replicas >= least && partition.in_sync < least) {
        add(Level::kError, "topic.in_sync",
            fmt::format("topic '{}': {} of {} replicas of partition {} are in sync, {} are needed", facts_.name,
                        partition.in_sync, partition.replicas, partition.id, least),
            "writes to it are refused until the others have caught up", "bring the brokers that hold it back");
        break;
      }
  }

  void policy() {
    if (!facts_.configs) return;
    if (!*facts_.configs) {
      add(Level::kWarning, "topic.policy", fmt::format("the cleanup policy of topic '{}' is unknown", facts_.name),
          facts_.configs->error().message(),
          "allow the principal DescribeConfigs on the topic, or make sure that it has cleanup.policy=compact");
      return;
    }
    const auto found = (*facts_.configs)->find("cleanup.policy");
    const std::string text = found == (*facts_.configs)->end() ? "" : found->second;
    if (text == "compact") return;
    add(Level::kError, "topic.policy",
        fmt::format(
            "Topic '{}' supplied via the '{}' property is required to have 'cleanup.policy=compact' to guarantee "
            "consistency and durability of {}, but found the topic currently has 'cleanup.policy={}'.",
            facts_.name, facts_.key, purpose_of(facts_.key), text),
        "what is older than the topic's retention would be lost; the worker does not start",
        fmt::format("kafka-configs --alter --entity-type topics --entity-name {} --add-config cleanup.policy=compact",
                    facts_.name));
  }

  void rights() {
    if (facts_.read && !*facts_.read) denied_or("rights", "read", facts_.read->error(), "Read on the topic");
    if (facts_.write && !*facts_.write) denied_or("rights", "write", facts_.write->error(), "Write on the topic");
  }

  const TopicFacts& facts_;
  const std::string name_;  // "config", "offset", "status"
  Findings findings_;
};

// Only a topic that takes no record without a key may be tried.
bool is_compacted(const TopicFacts& facts) {
  if (!facts.configs || !*facts.configs) return false;
  const auto found = (*facts.configs)->find("cleanup.policy");
  return found != (*facts.configs)->end() && found->second.find("compact") != std::string::npos;
}

}  // namespace

std::vector<TopicFacts> gather_topics(const config::WorkerConfig& config, kafka::Admin& admin,
                                      const std::string& bootstrap_servers, int brokers, const Deadline& deadline) {
  std::vector<TopicFacts> all;
  for (const auto& role : kRoles) {
    TopicFacts facts;
    facts.key = std::string(role.prefix) + "topic";
    facts.name = config.parsed().string(facts.key);
    facts.brokers = brokers;
    facts.wanted_replicas = config.parsed().int16(std::string(role.prefix) + "replication.factor");
    const bool is_config = facts.key.starts_with("config.");
    if (!facts.name.empty() && !deadline.passed()) {
      facts.description = admin.describe_topic(facts.name, deadline.at_most(kCallMax));
      if (*facts.description && **facts.description) {
        facts.configs = admin.topic_configs(facts.name, deadline.at_most(kCallMax));
        facts.read = admin.try_read({facts.name, 0}, deadline.at_most(kCallMax));
        if (is_compacted(facts)) {
          const auto bytes_max = number(**facts.configs, "max.message.bytes").value_or(kTrialBytesMax + 1);
          if (bytes_max >= 0 && bytes_max <= kTrialBytesMax)
            facts.write = try_write(config, facts.name, static_cast<std::size_t>(bytes_max), bootstrap_servers,
                                    deadline.at_most(kCallMax));
        }
      } else if (*facts.description) {
        kafka::NewTopic topic{facts.name,
                              is_config ? 1 : config.parsed().int32(std::string(role.prefix) + "partitions"),
                              facts.wanted_replicas,
                              {}};
        for (const auto& [key, value] : config.internal_topic_config(role.prefix))
          if (value) topic.configs[key] = *value;
        facts.creation = admin.try_create_topic(topic, deadline.at_most(kCallMax));
      }
    }
    all.push_back(std::move(facts));
  }
  return all;
}

Findings judge_topic(const TopicFacts& facts) {
  return Judge(facts).run();
}

Findings judge_names(const std::vector<TopicFacts>& topics) {
  std::map<std::string, std::string> first;
  Findings findings;
  for (const auto& topic : topics) {
    if (topic.name.empty()) continue;
    const auto [place, added] = first.emplace(topic.name, topic.key);
    if (!added)
      findings.push_back({Level::kError, "topic.names",
                          fmt::format("{} and {} both name topic '{}'", place->second, topic.key, topic.name),
                          "workers would read each kind of record as the other", "name three different topics"});
  }
  return findings;
}

}  // namespace sluice::cmd
