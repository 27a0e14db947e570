// The limit: librdkafka in a plain loop, one thread, no copies.

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/loops/loops.h"
#include "bench/loops/samples.h"
#include "runtime/kafka/client_config.h"

namespace sluice::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const char* what, const char* why) {
  std::fprintf(stderr, "sluice-bench-loops: %s: %s\n", what, why);
  std::exit(1);
}

// Exactly what the worker's translation of Connect's defaults gives the task's client.
rd_kafka_conf_t* make_conf(kafka::ConfigMap java, kafka::ClientKind kind) {
  auto config = kafka::translate_client_config(java, kind);
  if (!config) die("client configuration", config.error().message().c_str());
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [key, value] : config->librdkafka)
    if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK)
      die(key.c_str(), error);
  return conf;
}

struct Deliveries {
  std::int64_t done = 0;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) die("delivery", rd_kafka_err2str(message->err));
  ++static_cast<Deliveries*>(opaque)->done;
}

}  // namespace

Figures bare_produce(const Options& options) {
  const std::vector<Sample> samples = make_samples(options, 20'000);
  Deliveries deliveries;
  rd_kafka_conf_t* conf = make_conf({{"bootstrap.servers", options.bootstrap},
                                     {"acks", "all"},
                                     {"enable.idempotence", "false"},
                                     {"max.in.flight.requests.per.connection", "1"},
                                     {"delivery.timeout.ms", "2147483647"}},
                                    kafka::ClientKind::kProducer);
  rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_conf_set_opaque(conf, &deliveries);
  char error[512];
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (client == nullptr) die("producer", error);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client, options.topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  if (const auto code = rd_kafka_metadata(client, 0, topic, &metadata, 10'000)) die("metadata", rd_kafka_err2str(code));
  rd_kafka_metadata_destroy(metadata);

  Figures figures;
  figures.records = options.records;
  const auto began = Clock::now();
  const double cpu = process_cpu_seconds();
  std::size_t next = 0;
  for (std::int64_t i = 0; i < options.records;) {
    const Sample& sample = samples[next];
    if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, const_cast<char*>(sample.value.data()), sample.value.size(),
                         sample.has_key ? sample.key.data() : nullptr, sample.key.size(), nullptr) == 0) {
      figures.value_bytes += static_cast<std::int64_t>(sample.value.size());
      ++i;
      if (++next == samples.size()) next = 0;
      if ((i & 1023) == 0) rd_kafka_poll(client, 0);
    } else if (rd_kafka_last_error() == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(client, 100);
    } else {
      die("produce", rd_kafka_err2str(rd_kafka_last_error()));
    }
  }
  while (deliveries.done < options.records) rd_kafka_poll(client, 100);
  figures.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  figures.cpu_seconds = process_cpu_seconds() - cpu;
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return figures;
}

Figures bare_consume(const Options& options) {
  rd_kafka_conf_t* conf =
      make_conf({{"bootstrap.servers", options.bootstrap},
                 {"group.id", "bare-" + options.topic + "-" + std::to_string(Clock::now().time_since_epoch().count())},
                 {"enable.auto.commit", "false"},
                 {"auto.offset.reset", "earliest"}},
                kafka::ClientKind::kConsumer);
  char error[512];
  rd_kafka_t* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (client == nullptr) die("consumer", error);
  rd_kafka_poll_set_consumer(client);
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, options.topic.c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client);

  Figures figures;
  std::vector<rd_kafka_message_t*> messages(500);
  Clock::time_point began;
  double cpu = 0;
  while (figures.records < options.records) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, 1000, messages.data(), messages.size());
    if (count < 0) die("consume", rd_kafka_err2str(rd_kafka_last_error()));
    if (figures.records == 0 &&
        count > 0) {  // the clock starts with the first record: joining the group is not what is measured
      began = Clock::now();
      cpu = process_cpu_seconds();
    }
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++figures.records;
        figures.value_bytes += static_cast<std::int64_t>(message->len);
      }
      rd_kafka_message_destroy(message);
    }
  }
  figures.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  figures.cpu_seconds = process_cpu_seconds() - cpu;
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return figures;
}

}  // namespace sluice::bench
