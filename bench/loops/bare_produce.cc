// The limit of a source: librdkafka in a plain loop, no copies.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/loops/client.h"
#include "bench/loops/loops.h"
#include "bench/loops/samples.h"

namespace sluice::bench {
namespace {

constexpr std::size_t kStampDigits = 19;

struct Item {
  const char* key;  // null: no key
  std::size_t key_size;
  std::string_view value;
};

// The same records over and over.
class SampleFeed {
 public:
  explicit SampleFeed(const std::vector<Sample>& samples) : samples_(samples) {}
  Item next() {
    const Sample& sample = samples_[next_];
    if (++next_ == samples_.size()) next_ = 0;
    return {sample.has_key ? sample.key.data() : nullptr, sample.key.size(), sample.value};
  }

 private:
  const std::vector<Sample>& samples_;
  std::size_t next_ = 0;
};

// The lines of a file that is mapped into memory for as long as the process runs.
class LineFeed {
 public:
  explicit LineFeed(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (fd < 0 || ::fstat(fd, &status) != 0) die(path, std::strerror(errno));
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) die(path, std::strerror(errno));
    ::close(fd);
    rest_ = {static_cast<const char*>(data), size};
  }
  Item next() {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) die("bare-produce", "the file has fewer lines than records are wanted");
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return {nullptr, 0, line};
  }

 private:
  std::string_view rest_;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque);

// One producer and its share of the records. Belongs to one thread.
class Loop {
 public:
  Loop(const Options& options, std::int64_t records, int number) : options_(options), records_(records) {
    kafka::ConfigMap java{{"bootstrap.servers", options.bootstrap},
                          {"acks", "all"},
                          {"enable.idempotence", "false"},
                          {"max.in.flight.requests.per.connection", "1"},
                          {"delivery.timeout.ms", "2147483647"}};
    if (options.transaction > 0) {
      java["enable.idempotence"] = "true";
      java["max.in.flight.requests.per.connection"] = "5";
      java["transactional.id"] = "bare-" + options.topic + "-" + std::to_string(number);
      java.erase("delivery.timeout.ms");
    }
    for (const auto& [key, value] : options.settings) java[key] = value;
    rd_kafka_conf_t* conf = make_conf(java, kafka::ClientKind::kProducer);
    rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    rd_kafka_conf_set_opaque(conf, this);
    client_ = make_client(conf, RD_KAFKA_PRODUCER);
    topic_.reset(rd_kafka_topic_new(client_.get(), options.topic.c_str(), nullptr));
    await_topic(client_.get(), options.topic);
    if (options.transaction > 0) check(rd_kafka_init_transactions(client_.get(), 30'000));
  }

  template <typename Feed>
  void run(Feed feed) {
    began_ = Clock::now();
    if (options_.transaction > 0) check(rd_kafka_begin_transaction(client_.get()));
    for (std::int64_t i = 0; i < records_;) {
      if (options_.rate > 0) pace(i);
      const Item item = feed.next();
      while (!send(item)) rd_kafka_poll(client_.get(), 100);
      value_bytes += static_cast<std::int64_t>(item.value.size());
      ++i;
      if ((i & 1023) == 0) rd_kafka_poll(client_.get(), 0);
      if (options_.transaction > 0 && i % options_.transaction == 0) commit(i < records_);
    }
    if (options_.transaction > 0 && records_ % options_.transaction != 0) commit(false);
    while (done_ < records_) rd_kafka_poll(client_.get(), 100);
    last_at = steady_seconds();
  }

  void delivered() {
    if (done_++ == 0) first_at = steady_seconds();
  }

  std::int64_t value_bytes = 0;
  double first_at = 0, last_at = 0;

 private:
  // False: the queue is full.
  bool send(const Item& item) {
    int flags = 0;
    std::string_view value = item.value;
    if (options_.stamp) {
      stamped_.assign(value);
      if (stamped_.size() < kStampDigits) die("bare-produce", "a stamped value needs 19 bytes");
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      std::to_chars(stamped_.data(), stamped_.data() + kStampDigits,
                    std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
      value = stamped_;
      flags = RD_KAFKA_MSG_F_COPY;
    }
    if (rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, flags, const_cast<char*>(value.data()), value.size(),
                         item.key, item.key_size, nullptr) == 0)
      return true;
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) die("produce", rd_kafka_err2str(rd_kafka_last_error()));
    return false;
  }

  void pace(std::int64_t sent) {
    while (std::chrono::duration<double>(Clock::now() - began_).count() * static_cast<double>(options_.rate) <
           static_cast<double>(sent)) {
      rd_kafka_poll(client_.get(), 0);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  void commit(bool again) {
    check(rd_kafka_commit_transaction(client_.get(), 60'000));
    if (again) check(rd_kafka_begin_transaction(client_.get()));
  }

  static void check(rd_kafka_error_t* error) {
    if (error != nullptr) die("transaction", rd_kafka_error_string(error));
  }

  const Options& options_;
  const std::int64_t records_;
  std::int64_t done_ = 0;
  Clock::time_point began_;
  std::string stamped_;
  ClientHandle client_;
  TopicHandle topic_;
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) die("delivery", rd_kafka_err2str(message->err));
  static_cast<Loop*>(opaque)->delivered();
}

}  // namespace

Figures bare_produce(const Options& options) {
  std::vector<Sample> samples;
  if (!options.samples.empty())
    samples = read_samples(options.samples);
  else if (options.file.empty())
    samples = make_samples(options, 20'000);
  Figures figures;
  figures.records = options.records;
  const double began = steady_seconds();
  const double cpu = process_cpu_seconds();
  std::mutex mutex;
  const auto one = [&](int number) {
    const std::int64_t share = options.records / options.clients + (number < options.records % options.clients ? 1 : 0);
    Loop loop(options, share, number);
    if (options.file.empty())
      loop.run(SampleFeed(samples));
    else
      loop.run(LineFeed(options.file));
    const std::lock_guard lock(mutex);
    figures.value_bytes += loop.value_bytes;
    figures.first_at = figures.first_at == 0 ? loop.first_at : std::min(figures.first_at, loop.first_at);
    figures.last_at = std::max(figures.last_at, loop.last_at);
  };
  std::vector<std::thread> threads;
  for (int number = 1; number < options.clients; ++number) threads.emplace_back(one, number);
  one(0);
  for (std::thread& thread : threads) thread.join();
  figures.seconds = figures.last_at - began;
  figures.cpu_seconds = process_cpu_seconds() - cpu;
  return figures;
}

}  // namespace sluice::bench
