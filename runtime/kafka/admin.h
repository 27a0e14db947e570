#pragma once
// Administration: every call blocks up to its timeout, and may come from any thread. On the embedded broker, which has
// no admin protocol, topics are created through it directly and the rest answers kUnsupported where noted.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/producer.h"

namespace sluice::kafka {

struct NewTopic {
  std::string name;
  std::int32_t partitions = -1;  // -1: the broker's default
  std::int16_t replication_factor = -1;
  std::map<std::string, std::string> configs{};  // cleanup.policy and so on
};

struct TopicDescription {
  std::string name;
  struct Partition {
    std::int32_t id;
    std::int32_t leader;  // -1: none
    int replicas;
    int in_sync;
  };
  std::vector<Partition> partitions;
};

// A group of any protocol type, as its coordinator knows it.
struct GroupDescription {
  std::string state;          // "Stable", "Empty", "PreparingRebalance", ...
  std::string protocol_type;  // "consumer", "connect", ...; empty where the group has never had members
  std::string protocol;       // what the members agreed on; empty without members
  struct Member {
    std::string client_id;
    std::string host;
    std::string metadata;  // bytes that the member joined with
  };
  std::vector<Member> members;
};

struct ClusterDescription {
  std::string cluster_id;
  std::int32_t controller = -1;
  struct Broker {
    std::int32_t id;
    std::string host;
    int port;
  };
  std::vector<Broker> brokers;
};

class Admin {
 public:
  using Timeout = std::chrono::milliseconds;

  static base::Result<std::unique_ptr<Admin>> create(const ClientConfig& config);
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  base::Result<ClusterDescription> describe_cluster(Timeout timeout);
  base::Result<std::vector<std::string>> list_topics(Timeout timeout);  // sorted; internal ones too
  // Nothing for a topic that does not exist. Never creates topics.
  base::Result<std::optional<TopicDescription>> describe_topic(std::string_view name, Timeout timeout);

  // kExists if it exists already (TopicExistsException); other broker errors with their Java class and text.
  base::Status create_topic(const NewTopic& topic, Timeout timeout);
  // Whether create_topic would succeed: rights, replication factor, the broker's policies. Creates nothing. Embedded:
  // kUnsupported.
  base::Status try_create_topic(const NewTopic& topic, Timeout timeout);
  // True: created; false: it was there.
  base::Result<bool> create_topic_if_missing(const NewTopic& topic, Timeout timeout);
  base::Status delete_topic(std::string_view name, Timeout timeout);  // embedded: kUnsupported
  // All configs, with defaults. Embedded: kUnsupported. kNotFound if there is no such topic.
  base::Result<std::map<std::string, std::string>> topic_configs(std::string_view name, Timeout timeout);

  // Whether the end of a partition can be fetched: leave to read it, and a leader that serves it. Takes up to half a
  // second where all is well. kTimeout.
  base::Status try_read(const base::TopicPartition& partition, Timeout timeout);

  // End (next to be written) offsets, read_uncommitted.
  base::Result<std::vector<PartitionOffset>> end_offsets(std::span<const base::TopicPartition> partitions,
                                                         Timeout timeout);

  // Consumer groups. `list` returns what is committed, sorted. alter/delete need a group without members:
  // else kFatal with UnknownMemberIdException or GroupNotEmptyException / GroupSubscribedToTopicException as Java's
  // admin has it.
  base::Result<std::vector<PartitionOffset>> list_group_offsets(std::string_view group, Timeout timeout);
  base::Status alter_group_offsets(std::string_view group, std::span<const PartitionOffset> offsets, Timeout timeout);
  base::Status delete_group_offsets(std::string_view group, std::span<const base::TopicPartition> partitions,
                                    Timeout timeout);
  base::Status delete_group(std::string_view group, Timeout timeout);  // kNotFound: no such group
  // Nothing for a group that does not exist, or that this client may not see: the broker does not tell them apart.
  base::Result<std::optional<GroupDescription>> describe_group(std::string_view group, Timeout timeout);

  // Why the last connection failed, if one did since the last call: TLS, SASL and refused connections, which a call
  // only sees as a timeout.
  std::optional<base::Error> take_connection_error();

 private:
  struct Impl;
  explicit Admin(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::kafka
