#include "runtime/kafka/admin.h"

#include <algorithm>
#include <array>
#include <functional>

#include "runtime/kafka/client_handle.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/kafka/partition_lists.h"

namespace sluice::kafka {
namespace {

using RdOptions = std::unique_ptr<rd_kafka_AdminOptions_t, RdDeleter<rd_kafka_AdminOptions_destroy>>;
using Call = std::function<void(const rd_kafka_AdminOptions_t* options, rd_kafka_queue_t* answers)>;
using Prepare = std::function<rd_kafka_resp_err_t(rd_kafka_AdminOptions_t* options)>;

// One admin request: sends it and waits for its result event.
base::Result<RdEvent> request(rd_kafka_t* client, rd_kafka_admin_op_t operation, std::string_view what,
                              Admin::Timeout timeout, bool waits_on_broker, const Call& call,
                              const Prepare& prepare = {}) {
  RdOptions options(rd_kafka_AdminOptions_new(client, operation));
  std::array<char, 256> reason{};
  const int ms = std::clamp(to_timeout(timeout), 1, 3'600'000);
  if (rd_kafka_AdminOptions_set_request_timeout(options.get(), ms, reason.data(), reason.size()) !=
          RD_KAFKA_RESP_ERR_NO_ERROR ||
      (waits_on_broker && rd_kafka_AdminOptions_set_operation_timeout(options.get(), ms, reason.data(),
                                                                      reason.size()) != RD_KAFKA_RESP_ERR_NO_ERROR) ||
      (prepare && prepare(options.get()) != RD_KAFKA_RESP_ERR_NO_ERROR))
    return base::fail(base::Code::kBug, base::exceptions::kIllegalArgument, "{}: {}", what, reason.data());
  RdQueue answers(rd_kafka_queue_new(client));
  call(options.get(), answers.get());
  RdEvent event(rd_kafka_queue_poll(answers.get(), ms + 1000));  // librdkafka itself answers at its timeout
  if (!event) return base::fail(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what));
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return base::fail(make_error(code, what, rd_kafka_event_error_string(event.get())));
  return event;
}

base::Status topic_status(const rd_kafka_topic_result_t* const* results, std::size_t count, std::string_view what) {
  if (count != 1)
    return base::fail(base::Code::kBug, base::exceptions::kKafka, "{}: the broker answered for {} topics", what, count);
  const auto code = rd_kafka_topic_result_error(results[0]);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  const char* text = rd_kafka_topic_result_error_string(results[0]);
  const base::Error error = make_error(code, what, text ? text : "");
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    return base::fail(base::Code::kNotFound, error.exception(), "{}", error.message());
  return base::fail(error);
}

base::Status group_status(const rd_kafka_group_result_t* const* results, std::size_t count, std::string_view what) {
  if (count != 1)
    return base::fail(base::Code::kBug, base::exceptions::kKafka, "{}: the broker answered for {} groups", what, count);
  if (const auto* error = rd_kafka_group_result_error(results[0]))
    return base::fail(make_error(rd_kafka_error_code(error), what, rd_kafka_error_string(error)));
  const auto* partitions = rd_kafka_group_result_partitions(results[0]);
  if (const int code = first_error(partitions); code != 0) return base::fail(make_error(code, what));
  return {};
}

}  // namespace

struct Admin::Impl {
  std::unique_ptr<ClientHandle> client;

  rd_kafka_t* raw() const { return client->get(); }
  EmbeddedBroker* broker() const { return client->embedded_broker(); }
  base::Status refuse_embedded(std::string_view what) const {
    if (!broker()) return {};
    return base::fail(base::Code::kUnsupported, base::exceptions::kUnsupportedOperation,
                      "the embedded broker cannot {}: use a Kafka cluster", what);
  }
  base::Status create_topic(const NewTopic& topic, Timeout timeout, bool only_validate) const;
};

base::Status Admin::Impl::create_topic(const NewTopic& topic, Timeout timeout, bool only_validate) const {
  std::array<char, 256> reason{};
  std::unique_ptr<rd_kafka_NewTopic_t, RdDeleter<rd_kafka_NewTopic_destroy>> wanted(rd_kafka_NewTopic_new(
      topic.name.c_str(), topic.partitions, topic.replication_factor, reason.data(), reason.size()));
  const std::string what = fmt::format("creating topic {}", topic.name);
  if (!wanted)
    return base::fail(base::Code::kInvalidConfig, error_exception(RD_KAFKA_RESP_ERR_INVALID_PARTITIONS), "{}: {}", what,
                      reason.data());
  for (const auto& [key, value] : topic.configs) rd_kafka_NewTopic_set_config(wanted.get(), key.c_str(), value.c_str());
  const Prepare prepare = [&](rd_kafka_AdminOptions_t* options) {
    return rd_kafka_AdminOptions_set_validate_only(options, only_validate ? 1 : 0, reason.data(), reason.size());
  };
  SLUICE_TRY_ASSIGN(RdEvent event, request(
                                       raw(), RD_KAFKA_ADMIN_OP_CREATETOPICS, what, timeout, true,
                                       [&](const auto* options, auto* answers) {
                                         rd_kafka_NewTopic_t* list[] = {wanted.get()};
                                         rd_kafka_CreateTopics(raw(), list, 1, options, answers);
                                       },
                                       prepare));
  std::size_t count = 0;
  const auto* results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  return topic_status(results, count, what);
}

Admin::Admin(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Admin::~Admin() = default;

base::Result<std::unique_ptr<Admin>> Admin::create(const ClientConfig& config) {
  SLUICE_ASSERT(config.kind == ClientKind::kAdmin);
  auto impl = std::make_unique<Impl>();
  ClientConfig quiet =
      config;  // a consumer's metadata request does not create the topics it asks for; a producer's does
  quiet.librdkafka.emplace_back("allow.auto.create.topics", "false");
  quiet.librdkafka.emplace_back("isolation.level", "read_uncommitted");
  quiet.librdkafka.emplace_back("enable.partition.eof", "true");
  SLUICE_TRY_ASSIGN(impl->client, ClientHandle::create(quiet, RD_KAFKA_CONSUMER, impl.get(), nullptr));
  return std::unique_ptr<Admin>(new Admin(std::move(impl)));
}

base::Result<ClusterDescription> Admin::describe_cluster(Timeout timeout) {
  SLUICE_TRY_ASSIGN(RdMetadata metadata, fetch_metadata(*impl_->client, timeout));
  ClusterDescription cluster;
  for (int i = 0; i < metadata->broker_cnt; ++i) {
    const auto& broker = metadata->brokers[i];
    cluster.brokers.push_back({broker.id, broker.host, broker.port});
  }
  if (char* id = rd_kafka_clusterid(impl_->raw(), to_timeout(timeout))) {
    cluster.cluster_id = id;
    rd_kafka_mem_free(impl_->raw(), id);
  }
  cluster.controller = rd_kafka_controllerid(impl_->raw(), to_timeout(timeout));
  return cluster;
}

base::Result<std::vector<std::string>> Admin::list_topics(Timeout timeout) {
  SLUICE_TRY_ASSIGN(RdMetadata metadata, fetch_metadata(*impl_->client, timeout));
  std::vector<std::string> topics;
  for (int i = 0; i < metadata->topic_cnt; ++i) topics.emplace_back(metadata->topics[i].topic);
  std::sort(topics.begin(), topics.end());
  return topics;
}

base::Result<std::optional<TopicDescription>> Admin::describe_topic(std::string_view name, Timeout timeout) {
  const std::string topic(name);
  SLUICE_TRY_ASSIGN(RdMetadata metadata, fetch_topic_metadata(*impl_->client, topic, timeout));
  const auto* answer = find_topic(*metadata, topic);
  if (!answer) return std::nullopt;
  if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR && answer->err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    return base::fail(make_error(answer->err, fmt::format("describing topic {}", topic)));
  TopicDescription description{topic, {}};
  for (int p = 0; p < answer->partition_cnt; ++p) {
    const auto& partition = answer->partitions[p];
    description.partitions.push_back({partition.id, partition.leader, partition.replica_cnt, partition.isr_cnt});
  }
  std::sort(description.partitions.begin(), description.partitions.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  return description;
}

base::Status Admin::create_topic(const NewTopic& topic, Timeout timeout) {
  if (EmbeddedBroker* broker = impl_->broker()) return broker->create_topic(topic.name, topic.partitions);
  return impl_->create_topic(topic, timeout, false);
}

base::Status Admin::try_create_topic(const NewTopic& topic, Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("try the creation of topics"));
  return impl_->create_topic(topic, timeout, true);
}

base::Result<bool> Admin::create_topic_if_missing(const NewTopic& topic, Timeout timeout) {
  const auto status = create_topic(topic, timeout);
  if (status) return true;
  if (status.error().code() == base::Code::kExists) return false;
  return base::fail(status.error());
}

base::Status Admin::delete_topic(std::string_view name, Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("delete topics"));
  const std::string what = fmt::format("deleting topic {}", name);
  std::unique_ptr<rd_kafka_DeleteTopic_t, RdDeleter<rd_kafka_DeleteTopic_destroy>> wanted(
      rd_kafka_DeleteTopic_new(std::string(name).c_str()));
  SLUICE_TRY_ASSIGN(RdEvent event, request(impl_->raw(), RD_KAFKA_ADMIN_OP_DELETETOPICS, what, timeout, true,
                                           [&](const auto* options, auto* answers) {
                                             rd_kafka_DeleteTopic_t* list[] = {wanted.get()};
                                             rd_kafka_DeleteTopics(impl_->raw(), list, 1, options, answers);
                                           }));
  std::size_t count = 0;
  const auto* results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  return topic_status(results, count, what);
}

base::Result<std::map<std::string, std::string>> Admin::topic_configs(std::string_view name, Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("describe topic configs"));
  const std::string what = fmt::format("describing the configuration of topic {}", name);
  std::unique_ptr<rd_kafka_ConfigResource_t, RdDeleter<rd_kafka_ConfigResource_destroy>> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, std::string(name).c_str()));
  SLUICE_TRY_ASSIGN(RdEvent event, request(impl_->raw(), RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, what, timeout, false,
                                           [&](const auto* options, auto* answers) {
                                             rd_kafka_ConfigResource_t* list[] = {resource.get()};
                                             rd_kafka_DescribeConfigs(impl_->raw(), list, 1, options, answers);
                                           }));
  std::size_t count = 0;
  const auto* resources =
      rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event.get()), &count);
  if (count != 1)
    return base::fail(base::Code::kBug, base::exceptions::kKafka, "{}: the broker answered for {} resources", what,
                      count);
  if (const auto code = rd_kafka_ConfigResource_error(resources[0]); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* text = rd_kafka_ConfigResource_error_string(resources[0]);
    const base::Error error = make_error(code, what, text ? text : "");
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      return base::fail(base::Code::kNotFound, error.exception(), "{}", error.message());
    return base::fail(error);
  }
  std::map<std::string, std::string> configs;
  const auto* entries = rd_kafka_ConfigResource_configs(resources[0], &count);
  for (std::size_t i = 0; i < count; ++i)
    if (const char* value = rd_kafka_ConfigEntry_value(entries[i]))
      configs.emplace(rd_kafka_ConfigEntry_name(entries[i]), value);
  return configs;
}

base::Status Admin::try_read(const base::TopicPartition& partition, Timeout timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const std::string what = fmt::format("reading {}-{}", partition.topic, partition.partition);
  std::unique_ptr<rd_kafka_topic_t, RdDeleter<rd_kafka_topic_destroy>> topic(
      rd_kafka_topic_new(impl_->raw(), partition.topic.c_str(), nullptr));
  if (!topic || rd_kafka_consume_start(topic.get(), partition.partition, RD_KAFKA_OFFSET_END) != 0)
    return base::fail(make_error(rd_kafka_last_error(), what));
  base::Status outcome = base::fail(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, what));
  while (std::chrono::steady_clock::now() < deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    std::unique_ptr<rd_kafka_message_t, RdDeleter<rd_kafka_message_destroy>> message(
        rd_kafka_consume(topic.get(), partition.partition, std::clamp(to_timeout(left), 1, 500)));
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
      outcome = {};
    else
      outcome = base::fail(make_error(message->err, what));
    break;
  }
  rd_kafka_consume_stop(topic.get(), partition.partition);
  return outcome;
}

base::Result<std::vector<PartitionOffset>> Admin::end_offsets(std::span<const base::TopicPartition> partitions,
                                                              Timeout timeout) {
  return query_offsets(impl_->raw(), partitions, RD_KAFKA_OFFSET_END, timeout);
}

base::Result<std::vector<PartitionOffset>> Admin::list_group_offsets(std::string_view group, Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("list the offsets of groups"));
  const std::string what = fmt::format("listing offsets of group {}", group);
  std::unique_ptr<rd_kafka_ListConsumerGroupOffsets_t, RdDeleter<rd_kafka_ListConsumerGroupOffsets_destroy>> wanted(
      rd_kafka_ListConsumerGroupOffsets_new(std::string(group).c_str(), nullptr));
  SLUICE_TRY_ASSIGN(RdEvent event, request(impl_->raw(), RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, what, timeout,
                                           false, [&](const auto* options, auto* answers) {
                                             rd_kafka_ListConsumerGroupOffsets_t* list[] = {wanted.get()};
                                             rd_kafka_ListConsumerGroupOffsets(impl_->raw(), list, 1, options, answers);
                                           }));
  std::size_t count = 0;
  const auto* results = rd_kafka_ListConsumerGroupOffsets_result_groups(
      rd_kafka_event_ListConsumerGroupOffsets_result(event.get()), &count);
  SLUICE_TRY(group_status(results, count, what));
  auto offsets = offsets_of_list(rd_kafka_group_result_partitions(results[0]));
  std::erase_if(offsets, [](const PartitionOffset& entry) { return entry.offset < 0; });
  std::sort(offsets.begin(), offsets.end(), [](const auto& a, const auto& b) { return a.partition < b.partition; });
  return offsets;
}

base::Status Admin::alter_group_offsets(std::string_view group, std::span<const PartitionOffset> offsets,
                                        Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("alter the offsets of groups"));
  if (offsets.empty()) return {};
  const std::string what = fmt::format("altering offsets of group {}", group);
  std::unique_ptr<rd_kafka_AlterConsumerGroupOffsets_t, RdDeleter<rd_kafka_AlterConsumerGroupOffsets_destroy>> wanted(
      rd_kafka_AlterConsumerGroupOffsets_new(std::string(group).c_str(), make_list(offsets).get()));
  SLUICE_TRY_ASSIGN(RdEvent event, request(impl_->raw(), RD_KAFKA_ADMIN_OP_ALTERCONSUMERGROUPOFFSETS, what, timeout,
                                           false, [&](const auto* options, auto* answers) {
                                             rd_kafka_AlterConsumerGroupOffsets_t* list[] = {wanted.get()};
                                             rd_kafka_AlterConsumerGroupOffsets(impl_->raw(), list, 1, options,
                                                                                answers);
                                           }));
  std::size_t count = 0;
  const auto* results = rd_kafka_AlterConsumerGroupOffsets_result_groups(
      rd_kafka_event_AlterConsumerGroupOffsets_result(event.get()), &count);
  return group_status(results, count, what);
}

base::Status Admin::delete_group_offsets(std::string_view group, std::span<const base::TopicPartition> partitions,
                                         Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("delete the offsets of groups"));
  if (partitions.empty()) return {};
  const std::string what = fmt::format("deleting offsets of group {}", group);
  std::unique_ptr<rd_kafka_DeleteConsumerGroupOffsets_t, RdDeleter<rd_kafka_DeleteConsumerGroupOffsets_destroy>> wanted(
      rd_kafka_DeleteConsumerGroupOffsets_new(std::string(group).c_str(),
                                              make_list(partitions, RD_KAFKA_OFFSET_INVALID).get()));
  SLUICE_TRY_ASSIGN(RdEvent event, request(impl_->raw(), RD_KAFKA_ADMIN_OP_DELETECONSUMERGROUPOFFSETS, what, timeout,
                                           false, [&](const auto* options, auto* answers) {
                                             rd_kafka_DeleteConsumerGroupOffsets_t* list[] = {wanted.get()};
                                             rd_kafka_DeleteConsumerGroupOffsets(impl_->raw(), list, 1, options,
                                                                                 answers);
                                           }));
  std::size_t count = 0;
  const auto* results = rd_kafka_DeleteConsumerGroupOffsets_result_groups(
      rd_kafka_event_DeleteConsumerGroupOffsets_result(event.get()), &count);
  return group_status(results, count, what);
}

base::Status Admin::delete_group(std::string_view group, Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("delete groups"));
  const std::string what = fmt::format("deleting group {}", group);
  std::unique_ptr<rd_kafka_DeleteGroup_t, RdDeleter<rd_kafka_DeleteGroup_destroy>> wanted(
      rd_kafka_DeleteGroup_new(std::string(group).c_str()));
  SLUICE_TRY_ASSIGN(RdEvent event, request(impl_->raw(), RD_KAFKA_ADMIN_OP_DELETEGROUPS, what, timeout, false,
                                           [&](const auto* options, auto* answers) {
                                             rd_kafka_DeleteGroup_t* list[] = {wanted.get()};
                                             rd_kafka_DeleteGroups(impl_->raw(), list, 1, options, answers);
                                           }));
  std::size_t count = 0;
  const auto* results = rd_kafka_DeleteGroups_result_groups(rd_kafka_event_DeleteGroups_result(event.get()), &count);
  return group_status(results, count, what);
}

base::Result<std::optional<GroupDescription>> Admin::describe_group(std::string_view group, Timeout timeout) {
  SLUICE_TRY(impl_->refuse_embedded("describe groups"));
  // The newer call, rd_kafka_DescribeConsumerGroups, refuses every group whose protocol type is not "consumer".
  const struct rd_kafka_group_list* raw = nullptr;
  const std::string name(group);
  const auto code = rd_kafka_list_groups(impl_->raw(), name.c_str(), &raw, std::max(to_timeout(timeout), 1));
  const std::unique_ptr<const rd_kafka_group_list, RdDeleter<rd_kafka_group_list_destroy>> list(raw);
  const std::string what = fmt::format("describing group {}", name);
  // Some broker did not answer: the group may be that one's.
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR && !(code == RD_KAFKA_RESP_ERR__PARTIAL && list && list->group_cnt > 0))
    return base::fail(make_error(code, what));
  for (int i = 0; list && i < list->group_cnt; ++i) {
    const auto& found = list->groups[i];
    if (name != found.group) continue;
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return base::fail(make_error(found.err, what));
    GroupDescription description{found.state, found.protocol_type, found.protocol, {}};
    for (int m = 0; m < found.member_cnt; ++m) {
      const auto& member = found.members[m];
      description.members.push_back({member.client_id, member.client_host,
                                     std::string(static_cast<const char*>(member.member_metadata),
                                                 static_cast<std::size_t>(std::max(member.member_metadata_size, 0)))});
    }
    return description;
  }
  return std::nullopt;
}

std::optional<base::Error> Admin::take_connection_error() {
  rd_kafka_poll(impl_->raw(), 0);
  return impl_->client->take_connection_error();
}

}  // namespace sluice::kafka
