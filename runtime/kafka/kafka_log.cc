#include "runtime/kafka/kafka_log.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "runtime/kafka/client_handle.h"
#include "runtime/kafka/partition_lists.h"

namespace sluice::kafka {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kPollMax{1000};
constexpr milliseconds kErrorPause{100};
constexpr milliseconds kEndOffsetsAttempt{5000};  // of the log's thread, which does nothing else meanwhile
constexpr milliseconds kStopFlush{5000};
constexpr milliseconds kCloseTimeout{5000};
constexpr int kPollRecords = 5000;

const base::Logger kLog{"org.apache.kafka.connect.util.KafkaBasedLog"};

base::Error stopping() {
  return base::Error(base::Code::kStopping, base::exceptions::kConnect, "the log has been stopped");
}

base::Error timed_out(std::string_view what, std::string_view topic) {
  return base::Error(base::Code::kTimeout, error_exception(error_code::kTimedOut),
                     fmt::format("{} of topic '{}' did not end in time", what, topic));
}

}  // namespace

struct KafkaLog::Impl {
  struct Send {
    std::uint64_t sequence;
    std::string key;
    std::string value;
    bool key_null;
    bool value_null;
    std::int32_t partition;
    OnSent on_sent;

    std::size_t bytes() const { return key.size() + value.size(); }
  };
  // A caller waiting for the end of the topic, or (read = false) only for its sends.
  struct Waiter {
    std::uint64_t after_sequence;  // sends up to here must have ended
    bool read;
    SteadyClock::time_point deadline;
    std::function<void(const base::Status&)> done;
    std::optional<std::vector<PartitionOffset>> ends{};  // once asked for
    SteadyClock::time_point next_attempt{};
  };

  KafkaLogOptions options;
  OnRecord on_record;
  OnError on_error;

  std::unique_ptr<Consumer> consumer;
  std::unique_ptr<ClientHandle> end_client;  // asks for end offsets, if there is no producer to do it
  std::unique_ptr<Producer> producer;
  Topic* topic = nullptr;
  std::vector<base::TopicPartition> partitions;
  std::thread thread;
  std::atomic<bool> stop{false};

  // The log's thread only.
  std::deque<std::unique_ptr<Send>> unsent;
  std::map<std::uint64_t, std::unique_ptr<Send>> in_flight;
  std::list<Waiter> waiters;

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::unique_ptr<Send>> new_sends;  // guarded by mutex, as all below
  std::deque<Waiter> new_waiters;
  std::uint64_t last_sequence = 0;
  std::size_t bytes = 0;  // of all sends that have not ended
  bool starting = false;  // a thread is in start()
  bool running = false;
  std::optional<base::Error> ended;  // why reading ended

  base::Status open();
  base::Result<std::vector<PartitionOffset>> end_offsets(milliseconds timeout);
  base::Status find_partitions();
  bool pause(milliseconds time);
  void run();
  void step(MessageBatch& batch);
  void take_commands();
  void send_some();
  void take_reports(milliseconds timeout);
  void end_send(std::unique_ptr<Send> send, const base::Status& result);
  void serve_waiters();
  bool serve(Waiter& waiter, std::optional<std::vector<PartitionOffset>>& fresh, base::Status& result);
  milliseconds poll_time() const;
  void finish(const base::Error& reason);
  base::Status add_waiter(Waiter waiter);
};

KafkaLog::KafkaLog(KafkaLogOptions options, OnRecord on_record, OnError on_error) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  impl_->on_record = std::move(on_record);
  impl_->on_error = std::move(on_error);
}

KafkaLog::~KafkaLog() {
  stop();
}

base::Status KafkaLog::start() {
  {
    std::lock_guard lock(impl_->mutex);
    SLUICE_ASSERT(!impl_->starting && !impl_->thread.joinable());
    if (impl_->stop.load()) return base::fail(stopping());
    impl_->starting = true;
  }
  const auto status = start_now();
  std::lock_guard lock(impl_->mutex);
  impl_->starting = false;
  impl_->changed.notify_all();
  return status;
}

base::Status KafkaLog::start_now() {
  auto& impl = *impl_;
  if (impl.options.initialize_topic) SLUICE_TRY(impl.options.initialize_topic());
  SLUICE_TRY(impl.open());
  std::promise<base::Status> promise;
  auto caught_up = promise.get_future();
  {
    std::lock_guard lock(impl.mutex);
    impl.running = true;
    impl.new_waiters.push_back({0, true, SteadyClock::now() + impl.options.end_offsets_timeout,
                                [&promise](const base::Status& status) { promise.set_value(status); }});
  }
  impl.thread = std::thread([&impl] { impl.run(); });
  if (auto status = caught_up.get(); !status) {
    request_stop();
    impl.thread.join();
    return status;
  }
  kLog.info("Read topic {} to its end", impl.options.topic);
  return {};
}

base::Status KafkaLog::Impl::open() {
  ClientConfig reader = options.consumer;
  std::erase_if(reader.librdkafka,
                [](const auto& entry) { return entry.first == "group.id" || entry.first == "group.instance.id"; });
  reader.settings.group_id.clear();
  reader.settings.max_poll_records = kPollRecords;
  reader.settings.offset_reset = OffsetReset::kEarliest;
  for (const auto& [key, value] : {std::pair{"auto.offset.reset", "earliest"},
                                   {"allow.auto.create.topics", "false"},
                                   {"enable.auto.commit", "false"},
                                   {"enable.partition.eof", "true"}})
    reader.librdkafka.emplace_back(key, value);
  SLUICE_TRY_ASSIGN(consumer, Consumer::create(reader));
  SLUICE_TRY(find_partitions());
  if (options.read_only) {
    reader.librdkafka.emplace_back("isolation.level", "read_uncommitted");
    reader.warnings.clear();
    SLUICE_TRY_ASSIGN(end_client, ClientHandle::create(reader, RD_KAFKA_CONSUMER, nullptr, nullptr));
  } else {  // after the topic was seen, since a producer's interest in a topic creates it
    SLUICE_TRY_ASSIGN(producer, Producer::create(options.producer));
    SLUICE_TRY_ASSIGN(topic, producer->topic(options.topic));
    producer->set_notify([](void* context) { static_cast<Consumer*>(context)->wakeup(); }, consumer.get());
  }
  const auto deadline = SteadyClock::now() + options.end_offsets_timeout;
  for (;;) {
    const auto begins = consumer->beginning_offsets(partitions, kEndOffsetsAttempt);
    if (begins) return consumer->assign(*begins);
    if (begins.error().code() == base::Code::kFatal || SteadyClock::now() >= deadline)
      return base::fail(begins.error());
    kLog.info("Topic {} is not ready yet: {}", options.topic, begins.error().message());  // as after its creation
    if (!pause(kErrorPause)) return base::fail(stopping());
  }
}

base::Status KafkaLog::Impl::find_partitions() {
  const auto deadline = SteadyClock::now() + options.metadata_timeout;
  milliseconds wait{100};
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    auto found = consumer->partitions_of(options.topic, std::max(std::min(left, kEndOffsetsAttempt), milliseconds(1)));
    if (found) {
      partitions = std::move(*found);
      return {};
    }
    if (found.error().code() == base::Code::kFatal) return base::fail(found.error());
    if (SteadyClock::now() + wait >= deadline)
      return base::connect_error(
          "Could not look up partition metadata for topic '{}' in the allotted period. This could indicate a "
          "connectivity issue, unavailable topic partitions, or "
          "if this is your first use of the topic it may have taken too long to create.",
          options.topic);
    if (!pause(wait)) return base::fail(stopping());
    wait = std::min(wait * 2, milliseconds(1000));
  }
}

// False if a stop was asked for.
bool KafkaLog::Impl::pause(milliseconds time) {
  std::unique_lock lock(mutex);
  return !changed.wait_for(lock, time, [&] { return stop.load(); });
}

base::Result<std::vector<PartitionOffset>> KafkaLog::Impl::end_offsets(milliseconds timeout) {
  // Not by the consumer: its answer would wait behind a fetch that waits for records. And always as read_uncommitted,
  // so that the end lies behind transactions that are open now.
  if (end_client) return query_offsets(end_client->get(), partitions, RD_KAFKA_OFFSET_END, timeout);
  return producer->end_offsets(partitions, timeout);
}

void KafkaLog::Impl::run() {
  MessageBatch batch;
  take_commands();  // start()'s: at the end of an empty topic no record would come to end the first poll
  while (!stop.load()) {
    step(batch);
    std::lock_guard lock(mutex);
    if (ended) break;
  }
  batch.clear();
  if (producer) {
    const auto deadline = SteadyClock::now() + kStopFlush;
    take_commands();
    while ((!unsent.empty() || !in_flight.empty()) && SteadyClock::now() < deadline) {
      send_some();
      take_reports(milliseconds(20));
    }
  }
  base::Error reason = stopping();
  {
    std::lock_guard lock(mutex);
    running = false;
    if (ended) reason = *ended;
  }
  finish(reason);
}

// Everything that still waits is told.
void KafkaLog::Impl::finish(const base::Error& reason) {
  take_commands();
  while (!unsent.empty()) {
    auto send = std::move(unsent.front());
    unsent.pop_front();
    end_send(std::move(send), base::fail(reason));
  }
  producer.reset();  // librdkafka lets go of the values
  topic = nullptr;
  while (!in_flight.empty()) {
    auto send = std::move(in_flight.begin()->second);
    in_flight.erase(in_flight.begin());
    end_send(std::move(send), base::fail(reason));
  }
  for (Waiter& waiter : waiters) waiter.done(base::fail(reason));
  waiters.clear();
  std::ignore = consumer->close(kCloseTimeout);
}

void KafkaLog::Impl::step(MessageBatch& batch) {
  const auto status = consumer->poll_into(batch, poll_time());
  for (const Message& message : batch.messages()) on_record(message);
  if (!status) {
    if (on_error) on_error(status.error());
    if (status.error().code() == base::Code::kFatal) {
      std::lock_guard lock(mutex);
      ended = status.error();
      return;
    }
    pause(kErrorPause);
  }
  if (options.on_tick) options.on_tick();
  take_commands();
  if (producer) {
    send_some();
    take_reports(milliseconds(0));
  }
  serve_waiters();
}

milliseconds KafkaLog::Impl::poll_time() const {
  if (!unsent.empty()) return milliseconds(10);
  milliseconds time = kPollMax;
  for (const Waiter& waiter : waiters) {
    const auto left = std::chrono::duration_cast<milliseconds>(
        std::min(waiter.deadline, waiter.ends ? waiter.deadline : waiter.next_attempt) - SteadyClock::now());
    time = std::clamp(left, milliseconds(1), time);
  }
  return time;
}

void KafkaLog::Impl::take_commands() {
  std::lock_guard lock(mutex);
  for (auto& send : new_sends) unsent.push_back(std::move(send));
  new_sends.clear();
  for (auto& waiter : new_waiters) waiters.push_back(std::move(waiter));
  new_waiters.clear();
}

void KafkaLog::Impl::send_some() {
  const auto view = [](const std::string& text, bool null) {
    return null ? std::string_view() : std::string_view(text);
  };
  while (!unsent.empty()) {
    Send& send = *unsent.front();
    const auto status = producer->produce({.topic = topic,
                                           .partition = send.partition,
                                           .key = view(send.key, send.key_null),
                                           .value = view(send.value, send.value_null),
                                           .opaque = &send});
    if (status == ProduceStatus::kQueueFull) return;
    auto owned = std::move(unsent.front());
    unsent.pop_front();
    if (status == ProduceStatus::kFailed)
      end_send(std::move(owned), base::fail(producer->last_error()));
    else
      in_flight.emplace(owned->sequence, std::move(owned));
  }
}

void KafkaLog::Impl::take_reports(milliseconds timeout) {
  while (producer->poll_deliveries(timeout, [&](std::span<const Delivery> reports) {
    for (const Delivery& report : reports) {
      const auto found = in_flight.find(static_cast<const Send*>(report.opaque)->sequence);
      auto send = std::move(found->second);
      in_flight.erase(found);
      if (report.error == 0)
        end_send(std::move(send), {});
      else
        end_send(std::move(send),
                 base::fail(make_error(report.error, fmt::format("writing to topic {}", options.topic))));
    }
  }) > 0)
    timeout = milliseconds(0);
}

void KafkaLog::Impl::end_send(std::unique_ptr<Send> send, const base::Status& result) {
  {
    std::lock_guard lock(mutex);
    bytes -= send->bytes();
  }
  if (send->on_sent) send->on_sent(result);
}

void KafkaLog::Impl::serve_waiters() {
  std::optional<std::vector<PartitionOffset>> ends;  // asked for once for all
  for (auto waiter = waiters.begin(); waiter != waiters.end();) {
    base::Status result;
    if (!serve(*waiter, ends, result)) {
      ++waiter;
      continue;
    }
    std::list<Waiter> done;
    done.splice(done.begin(), waiters, waiter++);
    done.front().done(result);
  }
}

// True if the waiter's end has come, with `result`. `fresh`: the end offsets, if somebody has asked in this round.
bool KafkaLog::Impl::serve(Waiter& waiter, std::optional<std::vector<PartitionOffset>>& fresh, base::Status& result) {
  const auto now = SteadyClock::now();
  const auto oldest_unsent = unsent.empty() ? UINT64_MAX : unsent.front()->sequence;
  const auto oldest_in_flight = in_flight.empty() ? UINT64_MAX : in_flight.begin()->first;
  const bool sent = std::min(oldest_unsent, oldest_in_flight) > waiter.after_sequence;
  if (sent && !waiter.read) return true;
  if (sent && !waiter.ends && now >= waiter.next_attempt) {
    const auto left = std::chrono::duration_cast<milliseconds>(waiter.deadline - now);
    auto ends = fresh ? base::Result<std::vector<PartitionOffset>>(*fresh)
                      : end_offsets(std::clamp(left, milliseconds(1), kEndOffsetsAttempt));
    if (ends) {
      fresh = *ends;
      waiter.ends = std::move(*ends);
    } else {
      waiter.next_attempt = now + kErrorPause;
      if (ends.error().code() == base::Code::kFatal) return result = base::fail(ends.error()), true;
    }
  }
  if (waiter.ends) {
    const bool reached = std::all_of(waiter.ends->begin(), waiter.ends->end(), [&](const PartitionOffset& end) {
      const auto position = consumer->position(end.partition);
      return position && *position >= end.offset;
    });
    if (reached) return true;
  }
  if (now < waiter.deadline) return false;
  result = base::fail(timed_out(waiter.read ? "Reading to the end" : "Flushing", options.topic));
  return true;
}

void KafkaLog::request_stop() {
  impl_->stop.store(true);
  {
    std::lock_guard lock(impl_->mutex);
    impl_->changed.notify_all();
    if (!impl_->running) return;  // nobody polls: the consumer may be going away
    impl_->consumer->wakeup();
  }
}

void KafkaLog::stop() {
  request_stop();
  {
    std::unique_lock lock(impl_->mutex);
    impl_->changed.wait(lock, [&] { return !impl_->starting; });
  }
  if (impl_->thread.joinable()) impl_->thread.join();
}

std::int32_t KafkaLog::partition_count() const {
  return static_cast<std::int32_t>(impl_->partitions.size());
}

base::Status KafkaLog::Impl::add_waiter(Waiter waiter) {
  std::lock_guard lock(mutex);
  if (!running) return base::fail(ended ? *ended : stopping());
  waiter.after_sequence = last_sequence;
  new_waiters.push_back(std::move(waiter));
  consumer->wakeup();
  return {};
}

base::Status KafkaLog::read_to_end(SteadyClock::time_point deadline) {
  SLUICE_ASSERT(std::this_thread::get_id() != impl_->thread.get_id());
  std::promise<base::Status> promise;
  auto reached = promise.get_future();
  SLUICE_TRY(
      impl_->add_waiter({0, true, deadline, [&promise](const base::Status& status) { promise.set_value(status); }}));
  return reached.get();
}

void KafkaLog::read_to_end_async(SteadyClock::time_point deadline, std::function<void(const base::Status&)> done) {
  if (auto status = impl_->add_waiter({0, true, deadline, done}); !status) done(status);
}

base::Status KafkaLog::flush(SteadyClock::time_point deadline) {
  SLUICE_ASSERT(std::this_thread::get_id() != impl_->thread.get_id());
  std::promise<base::Status> promise;
  auto flushed = promise.get_future();
  SLUICE_TRY(
      impl_->add_waiter({0, false, deadline, [&promise](const base::Status& status) { promise.set_value(status); }}));
  return flushed.get();
}

base::Status KafkaLog::send(std::string_view key, std::string_view value, OnSent on_sent, std::int32_t partition) {
  auto& impl = *impl_;
  SLUICE_ASSERT(!impl.options.read_only);
  auto send = std::make_unique<Impl::Send>(Impl::Send{0, std::string(key), std::string(value), key.data() == nullptr,
                                                      value.data() == nullptr, partition, std::move(on_sent)});
  std::lock_guard lock(impl.mutex);
  if (!impl.running) return base::fail(impl.ended ? *impl.ended : stopping());
  if (impl.bytes > 0 &&
      impl.bytes + send->bytes() > static_cast<std::size_t>(impl.options.producer.settings.buffer_memory_bytes))
    return base::fail(make_error(error_code::kQueueFull, fmt::format("writing to topic {}", impl.options.topic)));
  impl.bytes += send->bytes();
  send->sequence = ++impl.last_sequence;
  impl.new_sends.push_back(std::move(send));
  impl.consumer->wakeup();
  return {};
}

}  // namespace sluice::kafka
