#include "runtime/cmd/dlq_replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <span>

#include "runtime/kafka/errors.h"
#include "runtime/task/failed_record.h"

namespace sluice::cmd {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBrokerTimeout{30'000};
constexpr milliseconds kPollWait{1000};
constexpr std::chrono::seconds kSilenceMax{30};  // without a record that should be there

base::Result<std::int32_t> partition_of(std::string_view text) {
  std::int32_t partition = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), partition);
  if (error != std::errc() || end != text.data() + text.size() || partition < 0)
    return base::config_error("its header {} is '{}', which is no partition: leave --keep-partition out",
                              task::kErrorPartitionHeader, text);
  return partition;
}

}  // namespace

std::uint64_t ReplaySummary::total() const {
  return std::accumulate(sent.begin(), sent.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& topic) { return sum + topic.second; });
}

base::Result<ReplayTarget> replay_target(const std::vector<kafka::HeaderView>& headers, const ReplayOptions& options) {
  ReplayTarget target;
  std::optional<std::string_view> topic, intended, partition, form;
  for (const kafka::HeaderView& header : headers) {
    // The last of a name counts: a record may have been through another queue before.
    if (header.key == task::kErrorTopicHeader) topic = header.value;
    if (header.key == task::kIntendedTopicHeader) intended = header.value;
    if (header.key == task::kErrorPartitionHeader) partition = header.value;
    if (header.key == task::kFormHeader) form = header.value;
    if (!header.key.starts_with(task::kErrorHeaderPrefix) && !header.key.starts_with(task::kOwnErrorHeaderPrefix))
      target.headers.push_back(header);
  }
  if (options.to) {
    target.topic = *options.to;
  } else if (form == task::kFormJson) {
    return base::config_error(
        "it is of a source and holds the JSON form of what its converters did not come to: name the topic that takes "
        "JSON with --to");
  } else if (topic || intended) {
    target.topic = topic ? *topic : *intended;
  } else {
    return base::config_error(
        "it has no header {}, so it does not tell where it came from "
        "(errors.deadletterqueue.context.headers.enable was off): name the topic with --to",
        task::kErrorTopicHeader);
  }
  if (target.topic == options.queue)
    return base::config_error("it would be sent to the queue itself: name another topic with --to");
  if (options.keep_partition && partition) {
    SLUICE_TRY_ASSIGN(target.partition, partition_of(*partition));
  }
  return target;
}

base::Status DlqReplay::open() {
  kafka::ConfigMap consumer = options_.client;
  consumer["group.id"] = options_.group;
  consumer["enable.auto.commit"] = "false";
  consumer["auto.offset.reset"] = "earliest";
  kafka::ConfigMap producer = options_.client;
  producer["acks"] = "all";
  SLUICE_TRY_ASSIGN(const auto consumer_config, kafka::translate_client_config(consumer, kafka::ClientKind::kConsumer));
  SLUICE_TRY_ASSIGN(const auto producer_config, kafka::translate_client_config(producer, kafka::ClientKind::kProducer));
  SLUICE_TRY_ASSIGN(consumer_, kafka::Consumer::create(consumer_config));
  SLUICE_TRY_ASSIGN(producer_, kafka::Producer::create(producer_config));
  return {};
}

base::Status DlqReplay::find_range() {
  SLUICE_TRY_ASSIGN(const auto partitions, consumer_->partitions_of(options_.queue, kBrokerTimeout));
  SLUICE_TRY_ASSIGN(const auto begins, consumer_->beginning_offsets(partitions, kBrokerTimeout));
  SLUICE_TRY_ASSIGN(const auto ends, consumer_->end_offsets(partitions, kBrokerTimeout));
  SLUICE_TRY_ASSIGN(const auto committed, consumer_->committed(partitions, kBrokerTimeout));
  for (const auto& begin : begins) partitions_[begin.partition.partition].next = begin.offset;
  for (const auto& end : ends) partitions_[end.partition.partition].end = end.offset;
  for (const auto& commit : committed) {
    End& range = partitions_[commit.partition.partition];
    if (!options_.from_beginning) range.next = std::max(range.next, commit.offset);
  }
  std::vector<kafka::PartitionOffset> starts;
  for (const auto& [partition, range] : partitions_)
    if (range.next < range.end) starts.push_back({{options_.queue, partition}, range.next});
  return starts.empty() ? base::Status() : consumer_->assign(starts);
}

bool DlqReplay::done() const {
  if (options_.max && summary_.total() >= *options_.max) return true;
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [](const auto& partition) { return partition.second.next >= partition.second.end; });
}

base::Status DlqReplay::run() {
  SLUICE_TRY(open());
  SLUICE_TRY(find_range());
  kafka::MessageBatch batch;
  auto heard = std::chrono::steady_clock::now();
  while (!done()) {
    auto polled = consumer_->poll_into(batch, kPollWait);
    if (!polled && polled.error().code() != base::Code::kRetry) return polled;
    const auto now = std::chrono::steady_clock::now();
    if (!batch.empty()) {
      heard = now;
      SLUICE_TRY(send(batch));
    } else if (now - heard > kSilenceMax) {
      return base::fail(base::Code::kTimeout, base::exceptions::kTimeout,
                        "no record of {} came for {} s although there are more: the brokers do not answer",
                        options_.queue, kSilenceMax.count());
    }
  }
  return {};
}

// What cannot be sent ends the run; what came before it is sent, and committed.
base::Status DlqReplay::send(const kafka::MessageBatch& batch) {
  base::Status outcome;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto sent = send_one(batch, i);
    if (sent && *sent) continue;
    if (!sent) outcome = base::fail(std::move(sent).error());
    break;
  }
  SLUICE_TRY(flush_and_commit());
  return outcome;
}

base::Result<bool> DlqReplay::send_one(const kafka::MessageBatch& batch, std::size_t index) {
  const kafka::Message& message = batch.messages()[index];
  End& range = partitions_[message.partition];
  if (message.offset < range.next || message.offset >= range.end) return true;
  std::uint64_t total = summary_.total();
  for (const auto& [topic, count] : pending_) total += count;
  if (options_.max && total >= *options_.max) return false;
  const auto refuse = [&](const base::Error& why) {
    return base::fail(base::Error(base::Code::kBadRecord, base::exceptions::kConnect,
                                  fmt::format("the record at {}-{} offset {} cannot be replayed: {}", options_.queue,
                                              message.partition, message.offset, why.message())));
  };
  std::vector<kafka::HeaderView> headers;
  batch.headers(index, headers);
  auto target = replay_target(headers, options_);
  if (!target) return refuse(target.error());
  if (!options_.dry_run) {
    SLUICE_TRY_ASSIGN(kafka::Topic* const topic, producer_->topic(target->topic));
    const kafka::OutRecord out{.topic = topic,
                               .partition = target->partition,
                               .key = message.key,
                               .value = message.value,
                               .timestamp_ms = message.timestamp_ms,
                               .headers = target->headers};
    kafka::ProduceStatus status = producer_->produce(out);
    const auto deadline = std::chrono::steady_clock::now() + kBrokerTimeout;
    while (status == kafka::ProduceStatus::kQueueFull && std::chrono::steady_clock::now() < deadline) {
      producer_->poll_deliveries(milliseconds(100), [this](auto deliveries) { note_deliveries(deliveries); });
      status = producer_->produce(out);
    }
    if (status != kafka::ProduceStatus::kOk)
      return refuse(status == kafka::ProduceStatus::kFailed
                        ? producer_->last_error()
                        : base::Error(base::Code::kTimeout, base::exceptions::kTimeout, "the brokers take no more"));
  }
  ++pending_[target->topic];
  range.next = message.offset + 1;
  return true;
}

void DlqReplay::note_deliveries(std::span<const kafka::Delivery> deliveries) {
  for (const kafka::Delivery& delivery : deliveries)
    if (delivery.error != kafka::error_code::kNone && !delivery_error_)
      delivery_error_ = kafka::make_error(delivery.error, "a record was not taken");
}

base::Status DlqReplay::flush_and_commit() {
  SLUICE_TRY(producer_->flush(std::chrono::steady_clock::now() + kBrokerTimeout,
                              [this](auto deliveries) { note_deliveries(deliveries); }));
  if (delivery_error_) return base::fail(*delivery_error_);
  for (const auto& [topic, count] : std::exchange(pending_, {})) summary_.sent[topic] += count;
  if (options_.dry_run) return {};
  std::vector<kafka::PartitionOffset> offsets;
  for (const auto& [partition, range] : partitions_) offsets.push_back({{options_.queue, partition}, range.next});
  return consumer_->commit_sync(offsets, kBrokerTimeout);
}

}  // namespace sluice::cmd
