#include "runtime/kafka/consumer.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "runtime/kafka/consumer_impl.h"

namespace sluice::kafka {
namespace {

TimestampType to_type(rd_kafka_timestamp_type_t type) {
  switch (type) {
    case RD_KAFKA_TIMESTAMP_CREATE_TIME:
      return TimestampType::kCreateTime;
    case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME:
      return TimestampType::kLogAppendTime;
    default:
      return TimestampType::kNone;
  }
}

// A null pointer and no length is null; librdkafka gives a pointer for empty bytes.
std::string_view view(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

}  // namespace

base::Error no_group_error() {
  return base::Error(base::Code::kInvalidConfig, "org.apache.kafka.common.errors.InvalidGroupIdException",
                     "To use the group management or offset commit APIs, you must provide a valid group.id in the "
                     "consumer configuration.");
}

// ----------------------------------------------------------------------------------------------------------------
// MessageBatch

MessageBatch::MessageBatch() = default;
MessageBatch::MessageBatch(MessageBatch&& other) noexcept {
  *this = std::move(other);
}

MessageBatch& MessageBatch::operator=(MessageBatch&& other) noexcept {
  if (this == &other) return *this;
  clear();
  messages_ = std::exchange(other.messages_, {});
  raw_ = std::exchange(other.raw_, {});
  bytes_ = std::exchange(other.bytes_, 0);
  client_ = std::exchange(other.client_, nullptr);
  return *this;
}

MessageBatch::~MessageBatch() {
  clear();
}

void MessageBatch::clear() {
  for (void* message : raw_) rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(message));
  raw_.clear();
  messages_.clear();
  bytes_ = 0;
  client_.reset();
}

namespace {

// librdkafka allocates a reader for the headers of each record, even of those without. Its messages are views into the
// fetched batch, where (KIP-98, record format 2) the value stands between its size and the number of headers. Where
// that size is found, a zero behind the value says that there are no headers; false says nothing.
bool surely_no_headers(const rd_kafka_message_t& message) {
  if (message.payload == nullptr) return false;
  std::uint8_t size_text[10];
  std::ptrdiff_t count = 0;
  std::uint64_t size = std::uint64_t{message.len} << 1;  // zigzag
  for (; size > 0x7F; size >>= 7) size_text[count++] = static_cast<std::uint8_t>(size | 0x80);
  size_text[count++] = static_cast<std::uint8_t>(size);
  const auto* const value = static_cast<const std::uint8_t*>(message.payload);
  const bool key_fits = message.key == nullptr
                            ? value[-count - 1] == 1  // -1 in zigzag: no key
                            : static_cast<const std::uint8_t*>(message.key) + message.key_len == value - count;
  return key_fits && std::memcmp(value - count, size_text, static_cast<std::size_t>(count)) == 0 &&
         value[message.len] == 0;
}

}  // namespace

void MessageBatch::headers(std::size_t index, std::vector<HeaderView>& out) const {
  if (surely_no_headers(*static_cast<rd_kafka_message_t*>(raw_[index]))) return;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(static_cast<rd_kafka_message_t*>(raw_[index]), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i)
    out.push_back({name, view(value, size)});
}

// ---------------------------------------------------------------------------------------------------------------
// GroupMetadata

GroupMetadata::~GroupMetadata() {
  if (raw_) rd_kafka_consumer_group_metadata_destroy(static_cast<rd_kafka_consumer_group_metadata_t*>(raw_));
}

// --------------------------------------------------------------------------------------------------------------------
// Consumer

Consumer::Impl::~Impl() {
  stop_manual_fetching();
}

Consumer::Consumer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Consumer::~Consumer() {
  if (!impl_->closed) std::ignore = close(std::chrono::seconds(5));
}

base::Result<std::unique_ptr<Consumer>> Consumer::create(const ClientConfig& config, RebalanceListener* listener) {
  SLUICE_ASSERT(config.kind == ClientKind::kConsumer);
  auto impl = std::make_unique<Impl>();
  impl->settings = config.settings;
  impl->listener = listener;
  SLUICE_TRY_ASSIGN(
      impl->client, ClientHandle::create(config, RD_KAFKA_CONSUMER, impl.get(), [](rd_kafka_conf_t* conf) {
        rd_kafka_conf_set_rebalance_cb(
            conf, [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* partitions, void* opaque) {
              ClientHandle::owner_of<Impl>(opaque).on_rebalance(code, partitions);
            });
      }));
  if (impl->has_group()) {
    rd_kafka_poll_set_consumer(impl->raw());
    impl->queue.reset(rd_kafka_queue_get_consumer(impl->raw()));
  } else {
    impl->queue.reset(rd_kafka_queue_new(impl->raw()));
  }
  impl->commit_queue.reset(rd_kafka_queue_new(impl->raw()));
  impl->fetched.resize(static_cast<std::size_t>(config.settings.max_poll_records));
  return std::unique_ptr<Consumer>(new Consumer(std::move(impl)));
}

base::Result<MessageBatch> Consumer::poll(std::chrono::milliseconds timeout) {
  MessageBatch batch;
  SLUICE_TRY(poll_into(batch, timeout));
  return batch;
}

base::Status Consumer::poll_into(MessageBatch& batch, std::chrono::milliseconds timeout, std::size_t records_max) {
  batch.clear();
  auto& impl = *impl_;
  if (impl.closed)
    return base::fail(base::Code::kBug, base::exceptions::kIllegalState, "This consumer has already been closed.");
  if (auto error = std::exchange(impl.error, std::nullopt)) return base::fail(std::move(*error));
  impl.look_up_pattern();
  impl.serve_commits(0);
  if (!impl.has_group())
    rd_kafka_poll(impl.raw(), 0);  // errors and statistics; with a group they come through its queue
  impl.fetch(timeout, records_max);
  batch.client_ = impl.client;
  impl.hand_over(batch.messages_, batch.raw_, batch.bytes_);
  impl.serve_commits(0);
  if (auto fatal = impl.client->fatal_error()) impl.note(std::move(*fatal));
  if (auto access = impl.client->take_access_error()) impl.note(std::move(*access));
  if (batch.empty())
    if (auto error = std::exchange(impl.error, std::nullopt)) return base::fail(std::move(*error));
  return {};
}

// Leaves in `fetched` what came, and sets its size. librdkafka's batch call waits until the batch is full or the time
// is over, so a first call takes what is there, and only if that is nothing a second one waits for one record, and a
// third takes what came with it.
void Consumer::Impl::fetch(std::chrono::milliseconds timeout, std::size_t records_max) {
  const auto room = std::clamp<std::size_t>(records_max, 1, static_cast<std::size_t>(settings.max_poll_records));
  fetched.resize(room);
  const auto take = [&](int wait, std::size_t at, std::size_t most) {
    const ssize_t got = rd_kafka_consume_batch_queue(queue.get(), wait, fetched.data() + at, most);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  };
  std::size_t count = take(0, 0, room);
  if (count == 0 && timeout.count() > 0 && !error && !wakeup.exchange(false)) {
    count = take(to_timeout(timeout), 0, 1);
    if (count == 1 && room > 1) count += take(0, 1, room - 1);
  }
  wakeup.store(false);
  fetched.resize(count);
}

void Consumer::Impl::hand_over(std::vector<Message>& messages, std::vector<void*>& owners, std::size_t& bytes) {
  messages.reserve(fetched.size());
  owners.reserve(fetched.size());
  const rd_kafka_topic_t* topic_handle = nullptr;
  std::string_view topic;
  Owned* current = nullptr;
  std::int32_t partition = -1;
  for (rd_kafka_message_t* raw_message : fetched) {
    if (raw_message->err != RD_KAFKA_RESP_ERR_NO_ERROR) [[unlikely]] {
      on_message_error(*raw_message);
      rd_kafka_message_destroy(raw_message);
      continue;
    }
    if (raw_message->rkt != topic_handle || raw_message->partition != partition) {
      topic_handle = raw_message->rkt;
      partition = raw_message->partition;
      topic = rd_kafka_topic_name(topic_handle);
      const auto found = owned.find({std::string(topic), partition});
      current = found == owned.end() ? nullptr : &found->second;
    }
    if (!current) [[unlikely]] {  // its partition went away within this very poll
      rd_kafka_message_destroy(raw_message);
      continue;
    }
    rd_kafka_timestamp_type_t type{};
    const std::int64_t timestamp = rd_kafka_message_timestamp(raw_message, &type);
    messages.push_back({topic, view(raw_message->key, raw_message->key_len),
                        view(raw_message->payload, raw_message->len), raw_message->offset, timestamp, partition,
                        to_type(type)});
    owners.push_back(raw_message);
    bytes += raw_message->len + raw_message->key_len;
    current->position = raw_message->offset + 1;
  }
  fetched.clear();
}

void Consumer::Impl::on_message_error(const rd_kafka_message_t& message) {
  const int code = message.err;
  const char* text = rd_kafka_message_errstr(&message);
  if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    // The end is known even if nothing readable is left before it (compacted away, or transaction marks).
    const auto found = owned.find({rd_kafka_topic_name(message.rkt), message.partition});
    if (found != owned.end()) found->second.position = std::max(found->second.position, message.offset);
    return;
  }
  if (code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    client->log().warn(
        "The group has put this consumer out, because the time between polls was longer than max.poll.interval.ms={}: "
        "raise it, or take fewer "
        "records at a time (max.poll.records). It joins again.",
        settings.max_poll_interval.count());
    return;
  }
  if (is_retriable(code)) {
    client->log().warn("{}", text);
    return;
  }
  note(make_error(code,
                  message.rkt ? fmt::format("reading {}-{}", rd_kafka_topic_name(message.rkt), message.partition)
                              : std::string("reading"),
                  text));
}

void Consumer::wakeup() {
  impl_->wakeup.store(true);
  std::lock_guard lock(impl_->queue_mutex);
  if (impl_->queue) rd_kafka_queue_yield(impl_->queue.get());
}

std::int64_t Consumer::lag_max() const {
  std::int64_t furthest = 0;
  for (const auto& [partition, owned] : impl_->owned) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto error =
        rd_kafka_get_watermark_offsets(impl_->raw(), partition.topic.c_str(), partition.partition, &low, &high);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && owned.position >= 0)
      furthest = std::max(furthest, high - owned.position);
  }
  return furthest;
}

base::Result<std::int64_t> Consumer::position(const base::TopicPartition& partition) const {
  const auto found = impl_->owned.find(partition);
  if (found == impl_->owned.end())
    return base::fail(base::Code::kNotFound, base::exceptions::kIllegalState,
                      "You can only check the position for partitions assigned to this consumer.");
  auto& owned = found->second;
  if (owned.position >= 0) return owned.position;
  const bool committed_first = owned.position == kOffsetCommitted;
  std::int64_t where = owned.position;
  if (committed_first) {
    const auto starts = impl_->starting_offsets({&partition, 1});
    where = starts.front().offset;
  } else {
    SLUICE_TRY_ASSIGN(auto found_offsets,
                      query_offsets(impl_->raw(), {&partition, 1}, where, impl_->settings.default_api_timeout));
    where = found_offsets.front().offset;
  }
  if (where < 0)
    return base::fail(make_error(RD_KAFKA_RESP_ERR__NO_OFFSET, fmt::format("position of {}", partition.to_string())));
  return owned.position = where;
}

std::vector<base::TopicPartition> Consumer::assignment() const {
  std::vector<base::TopicPartition> all;
  for (const auto& [partition, state] : impl_->owned) all.push_back(partition);
  std::sort(all.begin(), all.end());
  return all;
}

base::Result<std::vector<PartitionOffset>> Consumer::beginning_offsets(std::span<const base::TopicPartition> partitions,
                                                                       std::chrono::milliseconds timeout) {
  return query_offsets(impl_->raw(), partitions, RD_KAFKA_OFFSET_BEGINNING, timeout);
}

base::Result<std::vector<PartitionOffset>> Consumer::end_offsets(std::span<const base::TopicPartition> partitions,
                                                                 std::chrono::milliseconds timeout) {
  return query_offsets(impl_->raw(), partitions, RD_KAFKA_OFFSET_END, timeout);
}

base::Result<std::vector<base::TopicPartition>> Consumer::partitions_of(std::string_view topic,
                                                                        std::chrono::milliseconds timeout) {
  const std::string name(topic);
  SLUICE_TRY_ASSIGN(RdMetadata metadata, fetch_topic_metadata(*impl_->client, name, timeout));
  const auto* answer = find_topic(*metadata, name);
  if (answer && answer->err != RD_KAFKA_RESP_ERR_NO_ERROR)
    return base::fail(make_error(answer->err, fmt::format("partitions of topic {}", name)));
  if (!answer || answer->partition_cnt == 0)
    return base::fail(base::Code::kNotFound, error_exception(error_code::kUnknownTopicOrPartition),
                      "Topic '{}' does not exist", name);
  std::vector<base::TopicPartition> partitions;
  for (int i = 0; i < answer->partition_cnt; ++i) partitions.push_back({name, answer->partitions[i].id});
  std::sort(partitions.begin(), partitions.end());
  return partitions;
}

base::Status Consumer::close(std::chrono::milliseconds timeout) {
  auto& impl = *impl_;
  if (std::exchange(impl.closed, true)) return {};
  const auto deadline = Impl::Clock::now() + timeout;
  const auto left = [&] {
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Impl::Clock::now()),
                    std::chrono::milliseconds(0));
  };
  base::Status result;
  impl.stop_manual_fetching();
  if (impl.has_group()) {
    RdQueue events(rd_kafka_queue_new(impl.raw()));
    if (rd_kafka_error_t* error = rd_kafka_consumer_close_queue(impl.raw(), events.get())) {
      result = base::fail(take_error(error, "closing the consumer"));
    } else {
      while (!rd_kafka_consumer_closed(impl.raw())) {
        if (left().count() == 0) {
          result = base::fail(make_error(RD_KAFKA_RESP_ERR__TIMED_OUT, "closing the consumer"));
          break;
        }
        RdEvent event(rd_kafka_queue_poll(events.get(), to_timeout(std::min(left(), std::chrono::milliseconds(100)))));
        if (event) impl.serve_event(event.get());
      }
    }
  }
  while (!impl.commits.empty() && left().count() > 0)
    impl.serve_commits(to_timeout(std::min(left(), std::chrono::milliseconds(100))));
  while (!impl.commits.empty()) impl.finish_commit(&impl.commits.front(), RD_KAFKA_RESP_ERR__DESTROY, nullptr);
  impl.owned.clear();
  impl.commit_queue.reset();
  std::lock_guard lock(impl.queue_mutex);
  impl.queue.reset();
  return result;
}

}  // namespace sluice::kafka
