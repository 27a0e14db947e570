#include "bench/loops/client.h"

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace sluice::bench {

void die(const std::string& what, const std::string& why) {
  std::fprintf(stderr, "sluice-bench-loops: %s: %s\n", what.c_str(), why.c_str());
  std::exit(1);
}

double steady_seconds() {
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

rd_kafka_conf_t* make_conf(const kafka::ConfigMap& java, kafka::ClientKind kind) {
  auto config = kafka::translate_client_config(java, kind);
  if (!config) die("client configuration", config.error().message());
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [key, value] : config->librdkafka)
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) die(key, error);
  return conf;
}

ClientHandle make_client(rd_kafka_conf_t* conf, rd_kafka_type_t type) {
  char error[512];
  ClientHandle client(rd_kafka_new(type, conf, error, sizeof error));
  if (!client) die("client", error);
  return client;
}

int await_topic(rd_kafka_t* client, const std::string& topic) {
  const TopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  while (true) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (const auto code = rd_kafka_metadata(client, 0, handle.get(), &metadata, 10'000))
      die("metadata", rd_kafka_err2str(code));
    const int partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(metadata);
    if (partitions > 0) return partitions;
    if (Clock::now() > deadline) die("topic " + topic, "not there after 30 s");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace sluice::bench
