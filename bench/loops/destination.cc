// Asks the destination: how many records are there, since when, how late, and which.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "bench/loops/client.h"
#include "bench/loops/loops.h"
#include "bench/loops/samples.h"
#include "runtime/kafka/admin.h"

namespace sluice::bench {
namespace {

constexpr std::size_t kStampDigits = 19;
constexpr std::chrono::milliseconds kAskFirst{2}, kAskNext{20};

void say_ready() {
  std::printf("ready\n");
  std::fflush(stdout);
}

// A number that depends on a record's bytes alone; their sum does not depend on the records' order.
std::uint64_t digest_of(std::string_view bytes, std::uint64_t hash) {
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(bytes.size(), sizeof word);
    std::memcpy(&word, bytes.data(), size);
    hash = (hash ^ word ^ size) * 0x9e3779b97f4a7c15ULL;
    hash ^= hash >> 29;
    bytes.remove_prefix(size);
  }
  return hash;
}

std::string_view bytes_of(const void* data, std::size_t size) {
  return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), size);
}

// Reads all partitions of a topic from their beginning, outside of any group.
class Reader {
 public:
  explicit Reader(const Options& options) : options_(options) {
    kafka::ConfigMap java{{"bootstrap.servers", options.bootstrap},
                          {"group.id", "destination-" + options.topic},
                          {"enable.auto.commit", "false"},
                          {"auto.offset.reset", "earliest"},
                          {"isolation.level", options.committed ? "read_committed" : "read_uncommitted"}};
    rd_kafka_conf_t* conf = make_conf(java, kafka::ClientKind::kConsumer);
    rd_kafka_conf_set(conf, "enable.partition.eof", "true", nullptr, 0);
    client_ = make_client(conf, RD_KAFKA_CONSUMER);
    rd_kafka_poll_set_consumer(client_.get());
    partitions_ = await_topic(client_.get(), options.topic);
    rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(partitions_);
    for (int i = 0; i < partitions_; ++i)
      rd_kafka_topic_partition_list_add(list, options.topic.c_str(), i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (const auto code = rd_kafka_assign(client_.get(), list)) die("assign", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);
  }

  // Hands each record on until `record` says false, the topic's ends are reached (with `to_ends`) or the time is up.
  template <typename OnRecord>
  void read(bool to_ends, OnRecord&& record) {
    using Queue = std::unique_ptr<rd_kafka_queue_t, decltype(&rd_kafka_queue_destroy)>;
    const Queue queue(rd_kafka_queue_get_consumer(client_.get()), rd_kafka_queue_destroy);
    std::vector<rd_kafka_message_t*> messages(500);
    std::vector<bool> ended(static_cast<std::size_t>(partitions_), false);
    const double deadline = steady_seconds() + options_.seconds_max;
    bool more = true;
    while (more && steady_seconds() < deadline) {
      const ssize_t count = rd_kafka_consume_batch_queue(queue.get(), 100, messages.data(), messages.size());
      for (ssize_t i = 0; i < count; ++i) {
        rd_kafka_message_t* const message = messages[static_cast<std::size_t>(i)];
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
          ended[static_cast<std::size_t>(message->partition)] = true;
        else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
          die("consume", rd_kafka_message_errstr(message));
        else if (more)
          more = record(*message);
        rd_kafka_message_destroy(message);
      }
      if (to_ends && std::find(ended.begin(), ended.end(), false) == ended.end()) return;
    }
  }

 private:
  const Options& options_;
  ClientHandle client_;
  int partitions_ = 0;
};

// Of records that were stamped by their maker.
class Delays {
 public:
  void add(std::string_view value) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    std::int64_t made = 0;
    if (value.size() < kStampDigits ||
        std::from_chars(value.data(), value.data() + kStampDigits, made).ptr != value.data() + kStampDigits)
      die("follow", "a value does not begin with 19 digits");
    values_.push_back(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - made);
  }
  // In milliseconds.
  double percentile(double part) {
    if (values_.empty()) return 0;
    const auto at = static_cast<std::size_t>(part * static_cast<double>(values_.size() - 1));
    std::nth_element(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(at), values_.end());
    return static_cast<double>(values_[at]) / 1e6;
  }

 private:
  std::vector<std::int64_t> values_;
};

std::unique_ptr<kafka::Admin> make_admin(const Options& options) {
  const auto config =
      kafka::translate_client_config({{"bootstrap.servers", options.bootstrap}}, kafka::ClientKind::kAdmin);
  if (!config) die("client configuration", config.error().message());
  auto admin = kafka::Admin::create(*config);
  if (!admin) die("admin client", admin.error().message());
  return *std::move(admin);
}

std::string arrivals(double first_at, std::int64_t first_records, double last_at, std::int64_t records) {
  return fmt::format(R"("first_at":{:.6f},"first_records":{},"last_at":{:.6f},"records":{})", first_at, first_records,
                     last_at, records);
}

// Asks again while a partition has no leader, as one of a new topic may.
std::int64_t records_held(rd_kafka_t* client, const std::string& topic, int partitions) {
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  std::int64_t records = 0;
  for (int i = 0; i < partitions;) {
    std::int64_t low = 0, high = 0;
    const auto code = rd_kafka_query_watermark_offsets(client, topic.c_str(), i, &low, &high, 10'000);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      records += high - low;
      ++i;
    } else if (Clock::now() > deadline) {
      die("end of the topic", rd_kafka_err2str(code));
    } else {
      std::this_thread::sleep_for(kAskNext);
    }
  }
  return records;
}

constexpr std::chrono::milliseconds kAdminTimeout{30'000};

}  // namespace

std::string watch(const Options& options) {
  const ClientHandle client = make_client(
      make_conf({{"bootstrap.servers", options.bootstrap}}, kafka::ClientKind::kProducer), RD_KAFKA_PRODUCER);
  const int partitions = await_topic(client.get(), options.topic);
  std::int64_t records = records_held(client.get(), options.topic, partitions), first_records = 0;
  say_ready();
  double first_at = 0, last_at = 0;
  const double deadline = steady_seconds() + options.seconds_max;
  while (records < options.records && steady_seconds() < deadline) {
    std::this_thread::sleep_for(first_records == 0 ? kAskFirst : kAskNext);
    if ((records = records_held(client.get(), options.topic, partitions)) == 0) continue;
    last_at = steady_seconds();
    if (first_records != 0) continue;
    first_records = records;
    first_at = last_at;
  }
  return "{" + arrivals(first_at, first_records, last_at, records) + "}";
}

std::string follow(const Options& options) {
  Reader reader(options);
  say_ready();
  std::int64_t records = 0;
  double first_at = 0, last_at = 0;
  Delays delays;
  reader.read(false, [&](const rd_kafka_message_t& message) {
    last_at = steady_seconds();
    if (records++ == 0) first_at = last_at;
    if (options.stamp && records > options.skip) delays.add(bytes_of(message.payload, message.len));
    return records < options.records;
  });
  return fmt::format(R"({{{},"p50_ms":{:.3f},"p99_ms":{:.3f},"p999_ms":{:.3f},"longest_ms":{:.3f}}})",
                     arrivals(first_at, 1, last_at, records), delays.percentile(0.5), delays.percentile(0.99),
                     delays.percentile(0.999), delays.percentile(1));
}

std::string count(const Options& options) {
  Reader reader(options);
  std::int64_t records = 0, value_bytes = 0;
  std::uint64_t digest = 0;
  reader.read(true, [&](const rd_kafka_message_t& message) {
    ++records;
    value_bytes += static_cast<std::int64_t>(message.len);
    digest += digest_of(bytes_of(message.payload, message.len), digest_of(bytes_of(message.key, message.key_len), 1));
    return true;
  });
  return fmt::format(R"({{"records":{},"value_bytes":{},"digest":"{:016x}"}})", records, value_bytes, digest);
}

std::string capture(const Options& options) {
  Reader reader(options);
  std::vector<Sample> samples;
  reader.read(true, [&](const rd_kafka_message_t& message) {
    samples.push_back({std::string(bytes_of(message.key, message.key_len)), message.key != nullptr,
                       std::string(bytes_of(message.payload, message.len))});
    return static_cast<std::int64_t>(samples.size()) < options.samples_max;
  });
  write_samples(options.out, samples);
  return fmt::format(R"({{"records":{}}})", samples.size());
}

std::string topic_create(const Options& options) {
  if (const auto status = make_admin(options)->create_topic({options.topic, options.partitions, 1}, kAdminTimeout);
      !status)
    die("topic " + options.topic, status.error().message());
  return "{}";
}

std::string topic_delete(const Options& options) {
  if (const auto status = make_admin(options)->delete_topic(options.topic, kAdminTimeout); !status)
    die("topic " + options.topic, status.error().message());
  return "{}";
}

}  // namespace sluice::bench
