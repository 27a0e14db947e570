#include "runtime/kafka/producer.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "runtime/kafka/answer_wait.h"
#include "runtime/kafka/client_handle.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/embedded_broker.h"
#include "runtime/kafka/partition_lists.h"

namespace sluice::kafka {

class Topic {
 public:
  explicit Topic(rd_kafka_topic_t* raw) : raw_(raw) {}
  ~Topic() { rd_kafka_topic_destroy(raw_); }
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;
  rd_kafka_topic_t* raw() const { return raw_; }

 private:
  rd_kafka_topic_t* raw_;
};

namespace {

// How long flush() lets librdkafka skip the linger, and then waits for reports, in turns.
constexpr int kFlushKickMs = 1;
constexpr int kAbortTurnMs = 50;
constexpr std::chrono::milliseconds kFlushPoll{20};
// Events that one poll_deliveries() takes at most: a bound on its time when reports come without end.
constexpr int kEventsPerPoll = 256;

// librdkafka's interface is not const, though it never writes to a payload.
void* unconst(std::string_view bytes) {
  return const_cast<char*>(bytes.data());
}

base::Error transaction_error(rd_kafka_error_t* raw, std::string_view what) {
  RdError error(raw);
  const int code = rd_kafka_error_code(raw);
  base::Code reaction = base::Code::kFatal;
  if (rd_kafka_error_is_fatal(raw))
    reaction = base::Code::kFatal;
  else if (rd_kafka_error_txn_requires_abort(raw))
    reaction = base::Code::kBadRecord;
  else if (rd_kafka_error_is_retriable(raw))
    reaction = base::Code::kRetry;
  return base::Error(reaction, error_exception(code), fmt::format("{}: {}", what, rd_kafka_error_string(raw)));
}

}  // namespace

struct Producer::Impl {
  // Order matters: topics and queue go before the client.
  std::unique_ptr<ClientHandle> client;
  RdQueue queue;
  std::map<std::string, std::unique_ptr<Topic>, std::less<>> topics;
  std::vector<rd_kafka_message_t> batch;   // of produce_batch, kept for its memory
  std::vector<Delivery> refused_in_batch;  // reported by the next poll
  std::size_t outstanding = 0;
  void (*notify)(void*) = nullptr;
  void* notify_context = nullptr;
  int last_code = 0;
  std::int64_t last_size = 0;
  std::string last_topic;

  ProduceStatus refused(int code, const OutRecord& record) {
    if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return ProduceStatus::kQueueFull;
    last_code = code;
    last_size = static_cast<std::int64_t>(record.key.size() + record.value.size());
    last_topic = rd_kafka_topic_name(record.topic->raw());
    return ProduceStatus::kFailed;
  }

  ProduceStatus produce_full(const OutRecord& record);
  std::size_t sort_out(std::span<const OutRecord> records);
  std::size_t deliver(rd_kafka_event_t* event, RawCallback callback, void* context);
};

Producer::Producer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Producer::~Producer() {
  if (impl_->notify) rd_kafka_queue_cb_event_enable(impl_->queue.get(), nullptr, nullptr);
  impl_->topics.clear();
  impl_->queue.reset();
}

base::Result<std::unique_ptr<Producer>> Producer::create(const ClientConfig& config) {
  SLUICE_ASSERT(config.kind == ClientKind::kProducer);
  auto impl = std::make_unique<Impl>();
  ClientConfig full = config;
  full.librdkafka.emplace_back("isolation.level", "read_uncommitted");  // of end_offsets()
  SLUICE_TRY_ASSIGN(impl->client, ClientHandle::create(full, RD_KAFKA_PRODUCER, impl.get(), [&](rd_kafka_conf_t* conf) {
                      wait_for_answers(conf, full);
                      rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
                    }));
  impl->queue.reset(rd_kafka_queue_get_main(impl->client->get()));
  return std::unique_ptr<Producer>(new Producer(std::move(impl)));
}

base::Result<Topic*> Producer::topic(std::string_view name) {
  if (const auto found = impl_->topics.find(name); found != impl_->topics.end()) return found->second.get();
  if (EmbeddedBroker* broker = impl_->client->embedded_broker()) broker->ensure_topic(name);
  std::string key(name);
  rd_kafka_topic_t* raw = rd_kafka_topic_new(impl_->client->get(), key.c_str(), nullptr);
  if (!raw) return base::fail(make_error(rd_kafka_last_error(), fmt::format("topic '{}'", name)));
  auto topic = std::make_unique<Topic>(raw);
  Topic* handle = topic.get();
  impl_->topics.emplace(std::move(key), std::move(topic));
  return handle;
}

ProduceStatus Producer::produce(const OutRecord& record) {
  if (record.timestamp_ms != kNoTimestamp || !record.headers.empty()) return impl_->produce_full(record);
  if (rd_kafka_produce(record.topic->raw(), record.partition, 0, unconst(record.value), record.value.size(),
                       record.key.data(), record.key.size(), record.opaque) == 0) [[likely]] {
    ++impl_->outstanding;
    return ProduceStatus::kOk;
  }
  return impl_->refused(rd_kafka_last_error(), record);
}

// librdkafka's variadic call, as an array: the one that knows timestamps and headers.
ProduceStatus Producer::Impl::produce_full(const OutRecord& record) {
  std::array<rd_kafka_vu_t, 7> arguments;
  std::size_t count = 0;
  const auto next = [&](rd_kafka_vtype_t type) -> auto& {
    arguments[count].vtype = type;
    return arguments[count++].u;
  };
  next(RD_KAFKA_VTYPE_RKT).rkt = record.topic->raw();
  next(RD_KAFKA_VTYPE_PARTITION).i32 = record.partition;
  next(RD_KAFKA_VTYPE_OPAQUE).ptr = record.opaque;
  next(RD_KAFKA_VTYPE_VALUE).mem = {unconst(record.value), record.value.size()};
  next(RD_KAFKA_VTYPE_KEY).mem = {unconst(record.key), record.key.size()};
  if (record.timestamp_ms != kNoTimestamp) next(RD_KAFKA_VTYPE_TIMESTAMP).i64 = record.timestamp_ms;
  rd_kafka_headers_t* headers = nullptr;
  if (!record.headers.empty()) {
    headers = rd_kafka_headers_new(record.headers.size());
    for (const HeaderView& header : record.headers)
      rd_kafka_header_add(headers, header.key.data(), static_cast<ssize_t>(header.key.size()), header.value.data(),
                          static_cast<ssize_t>(header.value.size()));
    next(RD_KAFKA_VTYPE_HEADERS).headers = headers;
  }
  rd_kafka_error_t* error = rd_kafka_produceva(client->get(), arguments.data(), count);
  if (!error) [[likely]] {
    ++outstanding;
    return ProduceStatus::kOk;
  }
  if (headers) rd_kafka_headers_destroy(headers);  // taken over only on success
  const int code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  return refused(code, record);
}

std::size_t Producer::produce_batch(Topic* topic, std::span<const OutRecord> records) {
  auto& batch = impl_->batch;
  batch.resize(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const OutRecord& record = records[i];
    rd_kafka_message_t& message = batch[i];
    message.partition = record.partition;
    message.payload = unconst(record.value);
    message.len = record.value.size();
    message.key = unconst(record.key);
    message.key_len = record.key.size();
    message._private = record.opaque;
  }
  const int good = rd_kafka_produce_batch(topic->raw(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_PARTITION, batch.data(),
                                          static_cast<int>(batch.size()));
  std::size_t taken = static_cast<std::size_t>(good);
  if (taken < records.size()) taken = impl_->sort_out(records);
  impl_->outstanding += taken;
  return taken;
}

// Once the queue is full librdkafka refuses all that follow; any other failure is of one record, and the following were
// tried.
std::size_t Producer::Impl::sort_out(std::span<const OutRecord> records) {
  std::size_t taken = 0;
  for (; taken < records.size() && batch[taken].err != RD_KAFKA_RESP_ERR__QUEUE_FULL; ++taken)
    if (batch[taken].err != RD_KAFKA_RESP_ERR_NO_ERROR)
      refused_in_batch.push_back(
          {records[taken].opaque, batch[taken].err, records[taken].partition, kNoOffset, kNoTimestamp});
  return taken;
}

base::Error Producer::last_error() const {
  if (impl_->last_code == RD_KAFKA_RESP_ERR__FATAL)
    if (auto fatal = fatal_error()) return *fatal;
  if (impl_->last_code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    return make_error(
        impl_->last_code, fmt::format("record for topic {}", impl_->last_topic),
        fmt::format("The message is {} bytes, which is larger than the maximum of the max.request.size configuration.",
                    impl_->last_size));
  return make_error(impl_->last_code, fmt::format("record for topic {}", impl_->last_topic));
}

std::size_t Producer::Impl::deliver(rd_kafka_event_t* event, RawCallback callback, void* context) {
  std::array<Delivery, 512> reports;
  std::size_t total = 0;
  for (;;) {
    std::size_t count = 0;
    while (count < reports.size()) {
      const rd_kafka_message_t* message = rd_kafka_event_message_next(event);
      if (!message) break;
      reports[count++] = {message->_private, message->err, message->partition,
                          message->err ? kNoOffset : message->offset, rd_kafka_message_timestamp(message, nullptr)};
    }
    if (count == 0) return total;
    total += count;
    outstanding -= count;
    callback(context, {reports.data(), count});
  }
}

std::size_t Producer::poll_raw(std::chrono::milliseconds timeout, RawCallback callback, void* context) {
  std::size_t total = 0;
  int wait = to_timeout(timeout);
  if (!impl_->refused_in_batch.empty()) {
    const auto reports = std::exchange(impl_->refused_in_batch, {});
    impl_->outstanding -= reports.size();
    total += reports.size();
    callback(context, reports);
    wait = 0;
  }
  for (int i = 0; i < kEventsPerPoll; ++i) {
    RdEvent event(rd_kafka_queue_poll(impl_->queue.get(), wait));
    if (!event) break;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_DR) {
      total += impl_->deliver(event.get(), callback, context);
      wait = 0;
    } else {
      impl_->client->on_event(event.get());
      wait = 0;
    }
  }
  return total;
}

base::Status Producer::flush_raw(std::chrono::steady_clock::time_point deadline, RawCallback callback, void* context) {
  while (impl_->outstanding > 0) {
    rd_kafka_flush(impl_->client->get(), kFlushKickMs);
    poll_raw(kFlushPoll, callback, context);
    if (impl_->outstanding > 0 && std::chrono::steady_clock::now() >= deadline)
      return base::fail(base::Code::kTimeout, error_exception(RD_KAFKA_RESP_ERR__TIMED_OUT),
                        "{} records were not delivered in time", impl_->outstanding);
  }
  return {};
}

void Producer::purge(bool in_flight) {
  rd_kafka_purge(impl_->client->get(),
                 RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_NON_BLOCKING | (in_flight ? RD_KAFKA_PURGE_F_INFLIGHT : 0));
}

void Producer::set_notify(void (*notify)(void* context), void* context) {
  impl_->notify = notify;
  impl_->notify_context = context;
  rd_kafka_queue_cb_event_enable(
      impl_->queue.get(),
      [](rd_kafka_t*, void* opaque) {
        const auto* impl = static_cast<const Impl*>(opaque);
        impl->notify(impl->notify_context);
      },
      impl_.get());
}

std::size_t Producer::outstanding() const {
  return impl_->outstanding;
}
std::optional<base::Error> Producer::fatal_error() const {
  return impl_->client->fatal_error();
}

base::Result<std::int32_t> Producer::partition_count(std::string_view name, std::chrono::milliseconds timeout) {
  const std::string text(name);
  SLUICE_TRY_ASSIGN(RdMetadata metadata, fetch_topic_metadata(*impl_->client, text, timeout));
  const auto* answer = find_topic(*metadata, text);
  if (!answer)
    return base::fail(base::Code::kNotFound, error_exception(error_code::kUnknownTopicOrPartition),
                      "Topic '{}' does not exist", text);
  if (answer->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return base::fail(make_error(answer->err, fmt::format("partitions of topic {}", text)));
  return answer->partition_cnt;
}

base::Result<std::vector<PartitionOffset>> Producer::end_offsets(std::span<const base::TopicPartition> partitions,
                                                                 std::chrono::milliseconds timeout) {
  return query_offsets(impl_->client->get(), partitions, RD_KAFKA_OFFSET_END, timeout);
}

base::Status Producer::init_transactions(std::chrono::milliseconds timeout) {
  if (auto* error = rd_kafka_init_transactions(impl_->client->get(), to_timeout(timeout)))
    return base::fail(transaction_error(error, "initializing transactions"));
  return {};
}

base::Status Producer::begin_transaction() {
  if (auto* error = rd_kafka_begin_transaction(impl_->client->get()))
    return base::fail(transaction_error(error, "beginning a transaction"));
  return {};
}

base::Status Producer::send_offsets(std::span<const PartitionOffset> offsets, const GroupMetadata& group,
                                    std::chrono::milliseconds timeout) {
  RdPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const PartitionOffset& offset : offsets)
    rd_kafka_topic_partition_list_add(list.get(), offset.partition.topic.c_str(), offset.partition.partition)->offset =
        offset.offset;
  auto* error = rd_kafka_send_offsets_to_transaction(impl_->client->get(), list.get(),
                                                     static_cast<rd_kafka_consumer_group_metadata_t*>(group.raw()),
                                                     to_timeout(timeout));
  if (error) return base::fail(transaction_error(error, "sending offsets to the transaction"));
  return {};
}

base::Status Producer::commit_flushed(std::chrono::milliseconds timeout) {
  if (auto* error = rd_kafka_commit_transaction(impl_->client->get(), to_timeout(timeout)))
    return base::fail(transaction_error(error, "committing a transaction"));
  return {};
}

// librdkafka drops the queue itself and then waits for the reports to be taken, which only this thread does: so in
// short turns, which it allows to be resumed.
base::Status Producer::abort_raw(std::chrono::milliseconds timeout, RawCallback callback, void* context) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    rd_kafka_error_t* error = rd_kafka_abort_transaction(impl_->client->get(), kAbortTurnMs);
    poll_raw(std::chrono::milliseconds(0), callback, context);
    if (!error) return {};
    const bool again = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT && rd_kafka_error_is_retriable(error);
    if (!again || std::chrono::steady_clock::now() >= deadline)
      return base::fail(transaction_error(error, "aborting a transaction"));
    rd_kafka_error_destroy(error);
  }
}

}  // namespace sluice::kafka
