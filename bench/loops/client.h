#pragma once
// What the plain loops share: librdkafka's handles as the worker's tasks would have them, and an end with a message.

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <string>

#include "bench/loops/loops.h"
#include "runtime/kafka/client_config.h"

namespace sluice::bench {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what, const std::string& why);

// Since the clock's beginning, which all processes of a machine share.
double steady_seconds();

struct DestroyClient {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct DestroyTopic {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
using ClientHandle = std::unique_ptr<rd_kafka_t, DestroyClient>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, DestroyTopic>;

// Exactly what the worker's translation of Connect's defaults gives the task's client; `java` by Java's names.
rd_kafka_conf_t* make_conf(const kafka::ConfigMap& java, kafka::ClientKind kind);
ClientHandle make_client(rd_kafka_conf_t* conf, rd_kafka_type_t type);
// Waits until the topic is there; how many partitions it has.
int await_topic(rd_kafka_t* client, const std::string& topic);

}  // namespace sluice::bench
