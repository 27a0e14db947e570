#pragma once
// Inside the module: librdkafka's partition lists to and from ours, and the calls on them that consumer, admin and log
// share.

#include <span>
#include <vector>

#include "runtime/kafka/client_handle.h"
#include "runtime/kafka/producer.h"

namespace sluice::kafka {

RdPartitions make_list(std::span<const base::TopicPartition> partitions, std::int64_t offset);
RdPartitions make_list(std::span<const PartitionOffset> offsets);
std::vector<base::TopicPartition> partitions_of_list(const rd_kafka_topic_partition_list_t* list);
// Offsets below zero become kNoOffset.
std::vector<PartitionOffset> offsets_of_list(const rd_kafka_topic_partition_list_t* list);

// ListOffsets for a time, or for librdkafka's OFFSET_BEGINNING or OFFSET_END in its place.
base::Result<std::vector<PartitionOffset>> query_offsets(rd_kafka_t* client,
                                                         std::span<const base::TopicPartition> partitions,
                                                         std::int64_t time, std::chrono::milliseconds timeout);

// The first error among the partitions of a list, or 0.
int first_error(const rd_kafka_topic_partition_list_t* list);

using RdMetadata = std::unique_ptr<const rd_kafka_metadata_t, RdDeleter<rd_kafka_metadata_destroy>>;
// Metadata of all topics.
base::Result<RdMetadata> fetch_metadata(const ClientHandle& client, std::chrono::milliseconds timeout);
// Metadata of one topic, somewhere in the answer: see find_topic. Whether asking creates it is the client's
// allow.auto.create.topics; on the embedded broker it never does.
base::Result<RdMetadata> fetch_topic_metadata(const ClientHandle& client, const std::string& topic,
                                              std::chrono::milliseconds timeout);
// Null if it is not there or does not exist. Any other error of the topic is in its `err`.
const rd_kafka_metadata_topic_t* find_topic(const rd_kafka_metadata_t& metadata, std::string_view topic);

}  // namespace sluice::kafka
