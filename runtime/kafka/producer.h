#pragma once
// The record path into Kafka. One Producer per task, used by one thread (the owner); only `purge()` may come from
// another. It adds no thread and no lock of its own to librdkafka.
//
//   SLUICE_TRY_ASSIGN(auto producer, Producer::create(config));
//   SLUICE_TRY_ASSIGN(Topic* topic, producer->topic("orders"));
//   while (producer->produce({.topic = topic, .value = bytes, .opaque = batch}) == ProduceStatus::kQueueFull)
//     producer->poll_deliveries(100ms, on_delivery);
//
// Values are NOT copied: the bytes of `value` must stay valid and unchanged until the delivery report of the record
// (success or failure) has been handed to the poll_deliveries callback, or the Producer is destroyed. Key, headers and
// topic are copied. Each accepted record gets exactly one report. The order of reports within one partition is the
// order of produce() unless a record fails.
//
// Limits: bytes in the queue by buffer.memory, records by kQueueRecordsMax. When either is reached produce() says
// kQueueFull and the caller polls; nothing here blocks but the calls that take a timeout.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/errors.h"
#include "runtime/kafka/record_view.h"

namespace sluice::kafka {

class GroupMetadata;  // consumer.h
class Topic;          // a cached topic handle; owned by its Producer

struct OutRecord {
  Topic* topic = nullptr;
  std::int32_t partition = kAnyPartition;  // kAnyPartition: murmur2 of the key as Java does; null key: sticky
  std::string_view key{};                  // data() == nullptr: null
  std::string_view value{};  // data() == nullptr: null (a tombstone); stays owned by the caller, see above
  std::int64_t timestamp_ms = kNoTimestamp;
  std::span<const HeaderView> headers{};
  void* opaque = nullptr;  // comes back in the Delivery
};

enum class ProduceStatus {
  kOk,         // accepted: one Delivery will come
  kQueueFull,  // not accepted: poll_deliveries, then try the same record again
  kFailed,  // not accepted and will not be: last_error() says why (too large, unknown partition, fatal producer error)
};

struct Delivery {
  void* opaque;
  int error;  // error_code::kNone, or why it was not delivered (errors.h)
  std::int32_t partition;
  std::int64_t offset;  // kNoOffset on error, and with acks=0
  std::int64_t timestamp_ms;
};

struct PartitionOffset {
  base::TopicPartition partition;
  std::int64_t offset = kNoOffset;
  std::string metadata{};
};

class Producer {
 public:
  // Bound on queued records whatever their size: a queued record costs librdkafka about 300 bytes beside its value.
  static constexpr int kQueueRecordsMax = 100'000;

  // `config` is of kind kProducer. Makes no network call; a broker that does not answer shows in delivery reports (and
  // in the log).
  static base::Result<std::unique_ptr<Producer>> create(const ClientConfig& config);
  ~Producer();  // does not wait: undelivered records are dropped without report. flush() first.
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // [owner] Cached; the handle lives as long as the Producer.
  base::Result<Topic*> topic(std::string_view name);

  // [owner] Never blocks.
  ProduceStatus produce(const OutRecord& record);
  // [owner] Records of one topic, in order; headers and timestamps are not looked at (librdkafka's batch call has
  // none). Returns how many were taken; the rest found the queue full: poll, then offer them again. A record that
  // produce() would answer with kFailed is taken, and reported as failed by the next poll_deliveries.
  std::size_t produce_batch(Topic* topic, std::span<const OutRecord> records);
  // [owner] Of the last kFailed.
  base::Error last_error() const;

  // [owner] Waits up to `timeout` for the first report, then hands over what is there: `callback(std::span<const
  // Delivery>)`, several times at most, never with an empty span. The callback may produce. Also serves log, error,
  // throttle and token events. Returns the number of reports.
  template <typename Callback>
  std::size_t poll_deliveries(std::chrono::milliseconds timeout, Callback&& callback) {
    using Plain = std::remove_reference_t<Callback>;
    return poll_raw(
        timeout, [](void* context, std::span<const Delivery> reports) { (*static_cast<Plain*>(context))(reports); },
        const_cast<void*>(static_cast<const void*>(&callback)));
  }

  // [owner] Sends without lingering and polls until every accepted record is reported, or the deadline: then kTimeout.
  template <typename Callback>
  base::Status flush(std::chrono::steady_clock::time_point deadline, Callback&& callback) {
    using Plain = std::remove_reference_t<Callback>;
    return flush_raw(
        deadline, [](void* context, std::span<const Delivery> reports) { (*static_cast<Plain*>(context))(reports); },
        const_cast<void*>(static_cast<const void*>(&callback)));
  }

  // [any] Fails everything queued, and what is in flight if asked; the reports (kPurgedQueue, kPurgedInFlight) come
  // with the next poll.
  void purge(bool in_flight);

  // [owner] `notify(context)` is called, from librdkafka's threads, when reports begin to wait for a poll: it must only
  // wake whoever polls.
  void set_notify(void (*notify)(void* context), void* context);

  // Records accepted and not yet reported to the callback.
  std::size_t outstanding() const;
  // Set once librdkafka raised a fatal error (fenced, idempotence broken): the Producer can only be destroyed. [any]
  std::optional<base::Error> fatal_error() const;

  // [owner] Partition count by a metadata request. kTimeout, or kNotFound if the topic does not exist and is not
  // auto-created.
  base::Result<std::int32_t> partition_count(std::string_view topic, std::chrono::milliseconds timeout);

  // [any] Next-to-be-written offsets, read_uncommitted.
  base::Result<std::vector<PartitionOffset>> end_offsets(std::span<const base::TopicPartition> partitions,
                                                         std::chrono::milliseconds timeout);

  // Transactions: thin, blocking up to the timeout, owner thread only. Errors say in their code what to do: kRetry =
  // call again; kBadRecord = abort_transaction() then go on; kFatal = destroy the producer (fenced: exception is
  // ProducerFencedException).
  base::Status init_transactions(std::chrono::milliseconds timeout);
  base::Status begin_transaction();
  base::Status send_offsets(std::span<const PartitionOffset> offsets, const GroupMetadata& group,
                            std::chrono::milliseconds timeout);
  // Reports of the transaction's records must be polled: pass the same callback as to poll_deliveries.
  template <typename Callback>
  base::Status commit_transaction(std::chrono::milliseconds timeout, Callback&& callback) {
    SLUICE_TRY(flush(std::chrono::steady_clock::now() + timeout, callback));
    return commit_flushed(timeout);
  }
  // Drops what is queued (reported as kPurgedQueue) and waits for what is in flight; the same callback again.
  template <typename Callback>
  base::Status abort_transaction(std::chrono::milliseconds timeout, Callback&& callback) {
    using Plain = std::remove_reference_t<Callback>;
    return abort_raw(
        timeout, [](void* context, std::span<const Delivery> reports) { (*static_cast<Plain*>(context))(reports); },
        const_cast<void*>(static_cast<const void*>(&callback)));
  }

 private:
  struct Impl;
  using RawCallback = void (*)(void* context, std::span<const Delivery> reports);
  explicit Producer(std::unique_ptr<Impl> impl);
  std::size_t poll_raw(std::chrono::milliseconds timeout, RawCallback callback, void* context);
  base::Status flush_raw(std::chrono::steady_clock::time_point deadline, RawCallback callback, void* context);
  base::Status commit_flushed(std::chrono::milliseconds timeout);
  base::Status abort_raw(std::chrono::milliseconds timeout, RawCallback callback, void* context);

  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::kafka
