#pragma once
// The three topics in which workers keep what they share (spec connect-runtime.md section 4.1): what each is to be
// like, how it is created or checked, and the clients that read and write it.

#include <chrono>
#include <functional>
#include <string>

#include "runtime/base/status.h"
#include "runtime/config/worker_config.h"
#include "runtime/kafka/admin.h"
#include "runtime/kafka/kafka_log.h"

namespace sluice::store {

enum class InternalTopic { kConfig, kOffset, kStatus };

// Name, partitions, replication factor and configs from the worker's `<kind>.storage.*` keys; always compacted.
kafka::NewTopic internal_topic(const config::WorkerConfig& worker, InternalTopic kind);

// What a topic is for, in the texts about it.
struct TopicUse {
  std::string property;  // "config.storage.topic"
  std::string purpose;   // "connector configurations"
};
TopicUse topic_use(InternalTopic kind);

// `<group.id>-[<client.id>-]`: what the ids of a worker's own clients begin with.
std::string client_id_base(const config::WorkerConfig& worker);

// Translated client configurations, from the worker's keys without a client prefix. Error: a key that cannot be
// honoured.
base::Result<kafka::ClientConfig> internal_admin_config(const config::WorkerConfig& worker,
                                                        const std::string& bootstrap_servers);
// The leader's transactional writer of the config topic.
base::Result<kafka::ClientConfig> leader_producer_config(const config::WorkerConfig& worker,
                                                         const std::string& bootstrap_servers);

// Whoever waits asks this now and then, and gives up with kStopping when it says true. [any]
using Stopping = std::function<bool()>;

// Creates `topic` or, if it is there, checks that it is compacted and nothing else. Lacking the right to create or to
// look, it assumes the best, as Connect does; brokers that are just starting are asked again until `timeout`. Error
// texts of Connect's TopicAdmin.
base::Status ensure_internal_topic(kafka::Admin& admin, const kafka::NewTopic& topic, const TopicUse& use,
                                   std::chrono::milliseconds timeout, const Stopping& stopping);

// How to read and write the topic, and to ensure it first. `stopping` must outlive the log.
base::Result<kafka::KafkaLogOptions> internal_log_options(const config::WorkerConfig& worker, InternalTopic kind,
                                                          const std::string& bootstrap_servers, Stopping stopping);

// Small queues: these topics are small, and an idle worker is to stay small.
void keep_small(kafka::ClientConfig& client);

}  // namespace sluice::store
