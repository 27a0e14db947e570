#include "runtime/kafka/partition_lists.h"

namespace sluice::kafka {

RdPartitions make_list(std::span<const base::TopicPartition> partitions, std::int64_t offset) {
  RdPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto& partition : partitions)
    rd_kafka_topic_partition_list_add(list.get(), partition.topic.c_str(), partition.partition)->offset = offset;
  return list;
}

RdPartitions make_list(std::span<const PartitionOffset> offsets) {
  RdPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& entry : offsets) {
    auto* item =
        rd_kafka_topic_partition_list_add(list.get(), entry.partition.topic.c_str(), entry.partition.partition);
    item->offset = entry.offset;
    if (entry.metadata.empty()) continue;
    item->metadata = strdup(entry.metadata.c_str());  // freed with the list
    item->metadata_size = entry.metadata.size();
  }
  return list;
}

std::vector<base::TopicPartition> partitions_of_list(const rd_kafka_topic_partition_list_t* list) {
  std::vector<base::TopicPartition> partitions;
  for (int i = 0; list && i < list->cnt; ++i) partitions.push_back({list->elems[i].topic, list->elems[i].partition});
  return partitions;
}

std::vector<PartitionOffset> offsets_of_list(const rd_kafka_topic_partition_list_t* list) {
  std::vector<PartitionOffset> offsets;
  for (int i = 0; list && i < list->cnt; ++i) {
    const auto& item = list->elems[i];
    PartitionOffset entry{{item.topic, item.partition}, item.offset < 0 ? kNoOffset : item.offset};
    if (item.metadata) entry.metadata.assign(static_cast<const char*>(item.metadata), item.metadata_size);
    offsets.push_back(std::move(entry));
  }
  return offsets;
}

int first_error(const rd_kafka_topic_partition_list_t* list) {
  for (int i = 0; list && i < list->cnt; ++i)
    if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return list->elems[i].err;
  return 0;
}

base::Result<std::vector<PartitionOffset>> query_offsets(rd_kafka_t* client,
                                                         std::span<const base::TopicPartition> partitions,
                                                         std::int64_t time, std::chrono::milliseconds timeout) {
  if (partitions.empty()) return std::vector<PartitionOffset>{};
  const RdPartitions list = make_list(partitions, time);
  int code = rd_kafka_offsets_for_times(client, list.get(), to_timeout(timeout));
  if (code == 0) code = first_error(list.get());
  if (code != 0) return base::fail(make_error(code, "looking up offsets"));
  return offsets_of_list(list.get());
}

base::Result<RdMetadata> fetch_metadata(const ClientHandle& client, std::chrono::milliseconds timeout) {
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(client.get(), 1, nullptr, &raw, to_timeout(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return base::fail(make_error(code, "fetching metadata"));
  return RdMetadata(raw);
}

base::Result<RdMetadata> fetch_topic_metadata(const ClientHandle& client, const std::string& topic,
                                              std::chrono::milliseconds timeout) {
  if (client.embedded_broker()) return fetch_metadata(client, timeout);
  std::unique_ptr<rd_kafka_topic_t, RdDeleter<rd_kafka_topic_destroy>> handle(
      rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  if (!handle) return base::fail(make_error(rd_kafka_last_error(), fmt::format("topic '{}'", topic)));
  const rd_kafka_metadata_t* raw = nullptr;
  const auto code = rd_kafka_metadata(client.get(), 0, handle.get(), &raw, to_timeout(timeout));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return base::fail(make_error(code, "fetching metadata"));
  return RdMetadata(raw);
}

const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata, std::string_view topic) {
  for (int i = 0; i < metadata.topic_cnt; ++i) {
    const auto& entry = metadata.topics[i];
    if (topic == entry.topic) return entry.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? nullptr : &entry;
  }
  return nullptr;
}

}  // namespace sluice::kafka
