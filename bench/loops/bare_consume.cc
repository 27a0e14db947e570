// The limit of a sink: librdkafka in a plain loop that looks at nothing.

#include <sys/types.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/loops/client.h"
#include "bench/loops/loops.h"

namespace sluice::bench {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// What all clients of a run count together. The clock runs from the first record to the last: joining and leaving the
// group are not what is measured.
struct Shared {
  std::atomic<std::int64_t> records{0};
  std::atomic<std::int64_t> value_bytes{0};
  std::once_flag first, last;
  double first_at = 0, cpu_at_first = 0, last_at = 0, cpu_at_last = 0;
};

void consume(const Options& options, const std::string& group, std::FILE* out, Shared& shared) {
  kafka::ConfigMap java{{"bootstrap.servers", options.bootstrap},
                        {"group.id", group},
                        {"enable.auto.commit", "false"},
                        {"auto.offset.reset", "earliest"}};
  for (const auto& [key, value] : options.settings) java[key] = value;
  const ClientHandle client = make_client(make_conf(java, kafka::ClientKind::kConsumer), RD_KAFKA_CONSUMER);
  rd_kafka_poll_set_consumer(client.get());
  rd_kafka_topic_partition_list_t* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, options.topic.c_str(), RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client.get(), topics);
  rd_kafka_topic_partition_list_destroy(topics);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(client.get());
  std::vector<rd_kafka_message_t*> messages(500);
  while (shared.records.load(std::memory_order_relaxed) < options.records) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, 100, messages.data(), messages.size());
    if (count < 0) die("consume", rd_kafka_err2str(rd_kafka_last_error()));
    std::int64_t records = 0, bytes = 0;
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* message = messages[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++records;
        bytes += static_cast<std::int64_t>(message->len);
        if (out != nullptr) {
          std::fwrite(message->payload, 1, message->len, out);
          std::fputc('\n', out);
        }
      }
      rd_kafka_message_destroy(message);
    }
    if (records == 0) continue;
    std::call_once(shared.first, [&] {
      shared.first_at = steady_seconds();
      shared.cpu_at_first = process_cpu_seconds();
    });
    if (out != nullptr && std::fflush(out) != 0) die(options.out, "cannot be written");
    shared.value_bytes += bytes;
    if ((shared.records += records) < options.records) continue;
    std::call_once(shared.last, [&] {
      shared.last_at = steady_seconds();
      shared.cpu_at_last = process_cpu_seconds();
    });
  }
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client.get());
}

}  // namespace

Figures bare_consume(const Options& options) {
  const std::string group = "bare-" + options.topic + "-" + std::to_string(Clock::now().time_since_epoch().count());
  const File out(options.out.empty() ? nullptr : std::fopen(options.out.c_str(), "w"));
  if (!options.out.empty() && !out) die(options.out, "cannot be opened");
  if (out && options.clients > 1) die("bare-consume", "--out takes one client");
  Shared shared;
  Figures figures;
  const auto one = [&] { consume(options, group, out.get(), shared); };
  std::vector<std::thread> threads;
  for (int number = 1; number < options.clients; ++number) threads.emplace_back(one);
  one();
  for (std::thread& thread : threads) thread.join();
  figures.records = shared.records;
  figures.value_bytes = shared.value_bytes;
  figures.first_at = shared.first_at;
  figures.last_at = shared.last_at;
  figures.seconds = figures.last_at - figures.first_at;
  figures.cpu_seconds = shared.cpu_at_last - shared.cpu_at_first;
  return figures;
}

}  // namespace sluice::bench
