#pragma once
// The record path out of Kafka: a group consumer or a manually assigned one. Used by one thread (the owner), but for
// wakeup() and for MessageBatch, which any thread may release. Heartbeats and fetching run on librdkafka's own threads;
// rebalances are delivered on the owner's thread, inside poll().
//
// A caller that cannot take more records pauses its partitions and keeps polling. One that does not poll for
// max.poll.interval.ms is put out of the group, as in Java: the log says so, and the next poll() tells the listener
// that its partitions are lost and joins again.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/errors.h"
#include "runtime/kafka/producer.h"
#include "runtime/kafka/record_view.h"

namespace sluice::kafka {

// One consumed record: views into librdkafka's fetch buffer, valid while its MessageBatch lives.
struct Message {
  std::string_view topic;
  std::string_view key;    // data() == nullptr: null
  std::string_view value;  // data() == nullptr: null
  std::int64_t offset;
  std::int64_t timestamp_ms;  // kNoTimestamp if the record has none
  std::int32_t partition;
  TimestampType timestamp_type;
};

// Owns the fetch buffers of its messages. Movable; may be handed to and destroyed on another thread, also after the
// Consumer is gone. Records of one partition are in offset order.
class MessageBatch {
 public:
  MessageBatch();
  MessageBatch(MessageBatch&&) noexcept;
  MessageBatch& operator=(MessageBatch&&) noexcept;
  ~MessageBatch();

  std::span<const Message> messages() const { return messages_; }
  std::size_t size() const { return messages_.size(); }
  bool empty() const { return messages_.empty(); }
  std::size_t bytes() const { return bytes_; }  // keys and values

  // Headers of message `index`, in order, appended to `out`: views that live as long as the batch. Parses on the first
  // call, so one thread at a time.
  void headers(std::size_t index, std::vector<HeaderView>& out) const;
  // Lets go of everything but keeps the vectors' memory, so that poll_into() allocates nothing in the steady state.
  void clear();

 private:
  friend class Consumer;
  std::vector<Message> messages_;
  std::vector<void*> raw_;
  std::size_t bytes_ = 0;
  std::shared_ptr<void> client_;
};

// Calls on the owner's thread, within poll() or close(). Inside, position/committed/commit_sync/seek/pause may be
// called for the partitions concerned.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  // Newly assigned partitions with the offset each will start at (committed, or by auto.offset.reset); seek() here
  // moves it.
  virtual void on_assigned(std::span<const PartitionOffset> partitions) = 0;
  // Still owned during the call: the last moment to commit.
  virtual void on_revoked(std::span<const base::TopicPartition> partitions) = 0;
  // No longer owned: committing would fail.
  virtual void on_lost(std::span<const base::TopicPartition> partitions) = 0;
};

// Who this consumer is in its group, for Producer::send_offsets. Opaque; taken just before use.
class GroupMetadata {
 public:
  explicit GroupMetadata(void* raw) : raw_(raw) {}
  ~GroupMetadata();
  GroupMetadata(GroupMetadata&& other) noexcept : raw_(other.raw_) { other.raw_ = nullptr; }
  GroupMetadata& operator=(GroupMetadata&&) = delete;
  void* raw() const { return raw_; }

 private:
  void* raw_;
};

// Result of an asynchronous commit: error_code::kNone or why it failed, and the offsets that were asked for.
using CommitCallback = std::function<void(int error, std::span<const PartitionOffset> offsets)>;

class Consumer {
 public:
  // `config` is of kind kConsumer. `listener` may be null; it must outlive the Consumer. Makes no network call.
  static base::Result<std::unique_ptr<Consumer>> create(const ClientConfig& config,
                                                        RebalanceListener* listener = nullptr);
  ~Consumer();  // close() with a short deadline, if the owner did not
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // [owner] Group subscription; replaces the one before.
  base::Status subscribe(std::span<const std::string> topics);
  // [owner] Topics whose whole name matches the Java regular expression. Matching is ours (PCRE2, whose syntax covers
  // Java's), looked up at once and every metadata.max.age.ms within poll(). kInvalidConfig if the pattern does not
  // compile. Internal topics (__*) are excluded, as exclude.internal.topics=true does.
  base::Status subscribe_pattern(std::string_view java_regex);
  // [owner] Manual assignment without a group's rebalances; offset kOffsetBeginning/kOffsetEnd/kOffsetCommitted or
  // absolute.
  base::Status assign(std::span<const PartitionOffset> partitions);
  static constexpr std::int64_t kOffsetBeginning = -2;
  static constexpr std::int64_t kOffsetEnd = -1;
  static constexpr std::int64_t kOffsetCommitted = -1000;

  // [owner] Waits up to `timeout` for a first record, then takes what is there, up to max.poll.records, into `batch`
  // (cleared first). An empty batch: nothing came, or a wakeup. Rebalances and commit results are served inside.
  // Errors: kRetry for what may pass, kFatal for what will not (authorization, fatal client error, no offset with
  // auto.offset.reset=none). Being out of reach of all brokers is no error: only a log line.
  // `records_max`: take fewer than max.poll.records, at least one.
  base::Status poll_into(MessageBatch& batch, std::chrono::milliseconds timeout, std::size_t records_max = SIZE_MAX);
  base::Result<MessageBatch> poll(std::chrono::milliseconds timeout);
  // [any] Makes the poll that waits, or the next one, return at once. Also during and after close().
  void wakeup();

  // [owner] Partitions must be assigned (else kNotFound).
  base::Status pause(std::span<const base::TopicPartition> partitions);
  base::Status resume(std::span<const base::TopicPartition> partitions);
  base::Status seek(std::span<const PartitionOffset> offsets);
  std::vector<base::TopicPartition> assignment() const;
  // The offset of the next record that poll will give: of what was handed out, sought or started at. kNotFound if not
  // assigned.
  base::Result<std::int64_t> position(const base::TopicPartition& partition) const;
  // [owner] Of the assigned partition that is furthest behind, how many offsets there are from its position to the end
  // that the last fetch told of; 0 where nothing has been fetched yet. No network call.
  std::int64_t lag_max() const;

  // [owner] Offsets to commit are those of the next record to read. Sync waits up to the timeout and returns the first
  // error (kFatal with CommitFailedException if the group has moved on).
  base::Status commit_sync(std::span<const PartitionOffset> offsets, std::chrono::milliseconds timeout);
  // The callback comes on the owner's thread inside poll_into(), commit_sync() or close(); exactly once unless this
  // call returns an error.
  base::Status commit_async(std::span<const PartitionOffset> offsets, CommitCallback callback);
  // kNoOffset where the group has committed nothing.
  base::Result<std::vector<PartitionOffset>> committed(std::span<const base::TopicPartition> partitions,
                                                       std::chrono::milliseconds timeout);

  // [any] First and next-to-be-written offsets (read_uncommitted).
  base::Result<std::vector<PartitionOffset>> beginning_offsets(std::span<const base::TopicPartition> partitions,
                                                               std::chrono::milliseconds timeout);
  base::Result<std::vector<PartitionOffset>> end_offsets(std::span<const base::TopicPartition> partitions,
                                                         std::chrono::milliseconds timeout);
  // kNotFound if the topic does not exist.
  base::Result<std::vector<base::TopicPartition>> partitions_of(std::string_view topic,
                                                                std::chrono::milliseconds timeout);

  base::Result<GroupMetadata> group_metadata() const;
  std::string member_id() const;

  // [owner] Leaves the group: the listener is told of the revocation first. Waits up to the timeout for the broker.
  // Idempotent.
  base::Status close(std::chrono::milliseconds timeout);

 private:
  struct Impl;
  explicit Consumer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::kafka
