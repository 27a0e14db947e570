// tidy: allow(size): one loop and its state; the parts that stand alone are in sink_batch, sink_decoder, sink_committer
// and offset_ledger
#include "runtime/task/sink_task.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/kafka/consumer.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/registry.h"
#include "runtime/task/client_settings.h"
#include "runtime/task/components.h"
#include "runtime/task/dead_letter_queue.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/failed_record.h"
#include "runtime/task/offset_ledger.h"
#include "runtime/task/plugin_services.h"
#include "runtime/task/sink_batch.h"
#include "runtime/task/sink_committer.h"
#include "runtime/task/sink_decoder.h"
#include "runtime/task/task_thread.h"

namespace sluice::task {
namespace {

using base::TopicPartition;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

const base::Logger kLog{"org.apache.kafka.connect.runtime.WorkerSinkTask"};

constexpr milliseconds kPollWaitMax{
    1000};  // an idle task looks at its stop flag and its pause wish at least this often
constexpr milliseconds kPollRetryPause{100};
constexpr milliseconds kThrottleStep{100};
constexpr milliseconds kHoldFrom{1000};  // a shorter wait costs less than fetching again what a pause throws away
constexpr milliseconds kCloseTimeout{30'000};
constexpr std::string_view kSinkTaskClass = "org.apache.kafka.connect.sink.SinkTask";

TopicPartition to_partition(const sluice_topic_partition& partition) {
  return {std::string(view(partition.topic)), partition.partition};
}

std::vector<TopicPartition> to_partitions(std::span<const sluice_topic_partition> partitions) {
  std::vector<TopicPartition> result;
  result.reserve(partitions.size());
  for (const auto& partition : partitions) result.push_back(to_partition(partition));
  return result;
}

std::vector<sluice_topic_partition> to_c(std::span<const TopicPartition> partitions) {
  std::vector<sluice_topic_partition> result;
  result.reserve(partitions.size());
  for (const TopicPartition& partition : partitions) result.push_back({str(partition.topic), partition.partition, 0});
  return result;
}

base::Error unrecoverable(base::Error cause) {
  return base::Error(base::Code::kFatal, base::exceptions::kConnect,
                     "Exiting WorkerSinkTask due to unrecoverable exception.")
      .with_cause(std::move(cause));
}

base::Error report_failed(base::Error cause) {
  return base::Error(base::Code::kFatal, base::exceptions::kConnect,
                     "A record that the sink reported as errant could not be written to the dead-letter queue")
      .with_cause(std::move(cause));
}

class SinkTask;

// What a sink's plugin asks of its task, beside what every plugin does.
class SinkServices final : public PluginServices {
 public:
  SinkServices(SinkTask& task, std::string connector, std::string logger, std::shared_ptr<metrics::Group> group,
               StopSignal& stop)
      : PluginServices(std::move(connector), std::move(logger), std::move(group), nullptr, stop), task_(task) {}

  bool serves(Extension extension) const override;
  std::span<const sluice_topic_partition> assignment() override;
  base::Status pause(std::span<const sluice_topic_partition> partitions) override;
  base::Status resume(std::span<const sluice_topic_partition> partitions) override;
  base::Status rewind(std::span<const sluice_topic_offset> offsets) override;
  void set_timeout(std::int64_t timeout_ms) override;
  void request_commit() override;
  base::Result<std::uint64_t> report_errant(const sluice_batch& batch, std::uint32_t index, base::Error cause) override;
  base::Status await_errant(std::uint64_t ticket, std::int64_t timeout_ms) override;

 private:
  SinkTask& task_;
};

class SinkTask final : public TaskThread, private kafka::RebalanceListener {
 public:
  SinkTask(const WorkerContext& worker, TaskSpec spec, TaskListener& listener)
      : TaskThread(worker, std::move(spec), listener),
        sink_metrics_(*worker_.metrics, id()),
        services_(*this, id().connector, spec_.connector.connector_class(), sink_metrics_.group, stop_),
        pool_(std::make_shared<SinkBatchPool>()),
        committer_(id(), *worker_.config, ledger_, *metrics_, sink_metrics_, *worker_.clock) {}

 protected:
  base::Status run() override {
    services_.set_owner_thread();
    services_.track(progress_);
    auto status = open();
    if (status) status = loop();
    if (!status) report_failure(status.error());
    close();
    return status;
  }

  void notify_stop() override {
    std::lock_guard lock(instance_mutex_);
    if (instance_ != nullptr) instance_->request_stop();
    if (consumer_ != nullptr) consumer_->wakeup();
  }

  void notify_abandon() override {
    std::lock_guard lock(instance_mutex_);
    for (const auto* instance : {&instance_, &stopped_instance_})
      if (*instance != nullptr) (*instance)->kill();
  }

  void notify_pause() override {
    std::lock_guard lock(instance_mutex_);
    if (consumer_ != nullptr) consumer_->wakeup();
  }

 private:
  friend class SinkServices;

  // ---- the ends of the task's life ----

  base::Status open() {
    SLUICE_TRY_ASSIGN(component_,
                      worker_.plugins->connector(spec_.connector.connector_class(),
                                                 {spec_.connector.isolation(), id().connector, id().task, {}}));
    if (component_.kind != config::ComponentKind::kSink)
      return base::connect_error("{} is not a sink connector", component_.class_name);
    const config::ErrorPolicyConfig& errors = spec_.connector.errors();
    if (!errors.dlq_topic.empty()) {
      SLUICE_TRY_ASSIGN(dlq_, DeadLetterQueue::open(worker_, spec_.connector, id(), metrics_->errors()));
    }
    policy_.emplace(id(), errors, dlq_.get(), metrics_->errors(), stop_, *worker_.clock);
    SLUICE_TRY_ASSIGN(Converters converters, make_converters(worker_, spec_.connector, services_));
    SLUICE_TRY_ASSIGN(TransformChain chain, make_transform_chain(worker_, spec_.connector, services_));
    decoder_.emplace(std::move(converters), std::move(chain), services_.schemas(), *policy_);
    SLUICE_TRY_ASSIGN(auto client, sink_consumer_config(worker_, spec_.connector, id()));
    SLUICE_TRY_ASSIGN(auto consumer, kafka::Consumer::create(client, this));
    SLUICE_TRY_ASSIGN(auto instance, component_.make_sink_task(services_));
    {
      std::lock_guard lock(instance_mutex_);
      consumer_ = std::move(consumer);
      instance_ = std::move(instance);
    }
    if (pause_wanted()) {
      report_paused();
      wait_while_paused();
    }
    if (stopping()) return {};
    SLUICE_TRY(subscribe());
    SLUICE_TRY(instance_->start(spec_.task_config));
    report_startup(component_.version);
    committer_.schedule();
    return {};
  }

  base::Status subscribe() {
    if (const auto regex = spec_.task_config.get("topics.regex"); regex && !base::java_trim(*regex).empty())
      return consumer_->subscribe_pattern(*regex);
    std::vector<std::string> topics;
    const std::string list = spec_.task_config.get_or("topics", "");
    for (const std::string_view item : base::split(list, ',')) {
      const std::string topic(base::java_trim(item));
      if (!topic.empty() && std::find(topics.begin(), topics.end(), topic) == topics.end()) topics.push_back(topic);
    }
    if (topics.empty())
      return base::config_error("Sink connector {} names no topic: set topics or topics.regex", id().connector);
    return consumer_->subscribe(topics);
  }

  void close() {
    closing_ = true;
    if (pending_ != nullptr) pool_->give_back(std::move(pending_));
    // Leaving the group revokes the partitions: the final commit and close() of the plugin happen there.
    if (consumer_ != nullptr) {
      if (auto status = consumer_->close(kCloseTimeout); !status)
        kLog.warn("The consumer did not close cleanly: {}", status.error().to_string());
    }
    std::unique_ptr<kafka::Consumer> consumer;
    {
      std::lock_guard lock(instance_mutex_);
      stopped_instance_ = std::move(instance_);
      consumer = std::move(consumer_);
    }
    if (stopped_instance_ != nullptr) stopped_instance_->stop();
    {
      std::unique_lock lock(instance_mutex_);
      const auto ended = std::move(stopped_instance_);
      lock.unlock();
    }
    if (dlq_ != nullptr) static_cast<void>(dlq_->flush(milliseconds(worker_.config->offset_flush_timeout_ms())));
  }

  // ---- the loop ----

  base::Status loop() {
    while (!stopping()) {
      progress_->beat();
      SLUICE_TRY(follow_pause());
      SLUICE_TRY(apply_rewinds());
      if (committer_.due()) committer_.commit_async(*consumer_, flush_);
      if (throttled()) continue;
      SLUICE_TRY(poll());
      if (callback_error_) return base::fail(*std::exchange(callback_error_, std::nullopt));
      if (stopping()) return {};
      SLUICE_TRY(decode());
      SLUICE_TRY(deliver());
      if (dlq_ != nullptr) dlq_->poll();
    }
    return {};
  }

  // Pausing keeps the membership: partitions are paused and polling goes on.
  base::Status follow_pause() {
    if (pause_wanted() == task_paused_) return {};
    task_paused_ = pause_wanted();
    if (task_paused_) {
      pause_all();
      report_paused();
    } else {
      resume_all();
      report_resumed();
    }
    return {};
  }

  // Where the task's limits let nothing pass now: waits a moment, or, where it takes long, holds the partitions and
  // goes on with the loop, so that the membership and the plugin's flushes go on too.
  bool throttled() {
    const bool active = limiter_.active();
    const std::int64_t wait_ns = active ? limiter_.wait_ns() : 0;
    if (wait_ns == 0) {
      if (std::exchange(held_, false) && !task_paused_) resume_all();
      return false;
    }
    const auto wait = std::chrono::ceil<milliseconds>(std::chrono::nanoseconds(wait_ns));
    if (wait > kHoldFrom && !std::exchange(held_, true)) pause_all();
    if (held_) return false;
    const std::int64_t began = worker_.clock->monotonic_ns();
    stop_.sleep_for(std::min(wait, kThrottleStep));
    metrics_->throttled(worker_.clock->monotonic_ns() - began);
    return true;
  }

  milliseconds poll_timeout() {
    std::int64_t wait = std::min<std::int64_t>(kPollWaitMax.count(), committer_.ms_until_due());
    if (const auto timeout = std::exchange(plugin_timeout_ms_, std::nullopt)) wait = std::min(wait, *timeout);
    if (pending_ != nullptr) wait = std::min(wait, ms_until_retry());
    if (held_) wait = std::min<std::int64_t>(wait, kThrottleStep.count());
    return milliseconds(std::max<std::int64_t>(wait, 0));
  }

  base::Status poll() {
    if (pending_ != nullptr) {
      // All partitions are paused: this serves the group, and nothing comes.
      auto status = consumer_->poll_into(idle_messages_, poll_timeout());
      if (!status && status.error().code() != base::Code::kRetry) return status;
      return {};
    }
    current_ = pool_->take();
    const bool limited = limiter_.active();
    const std::int64_t began = held_ ? worker_.clock->monotonic_ns() : 0;
    auto status = consumer_->poll_into(current_->messages, poll_timeout(), limited ? limiter_.records_max() : SIZE_MAX);
    if (held_) metrics_->throttled(worker_.clock->monotonic_ns() - began);
    if (limited) limiter_.took(current_->messages.size(), current_->messages.bytes());
    if (status) return {};
    if (status.error().code() != base::Code::kRetry) return status;
    kLog.warn("WorkerSinkTask{{id={}}} will poll again: {}", id().to_string(), status.error().to_string());
    stop_.sleep_for(kPollRetryPause);
    return {};
  }

  base::Status decode() {
    if (pending_ != nullptr || current_ == nullptr || current_->messages.empty()) return {};
    const std::size_t count = current_->messages.size();
    sink_metrics_.read.add(static_cast<double>(count));
    metrics_->batch(count);
    return decoder_->decode(*current_, [this](std::string_view topic) { note_topic(topic); });
  }

  // put() with what is there, also with nothing: sinks flush on time by it.
  base::Status deliver() {
    std::unique_ptr<SinkBatch> batch = pending_ != nullptr ? std::move(pending_) : std::move(current_);
    if (batch == nullptr) return {};
    if (retry_attempt_ > 0 && ms_until_retry() > 0) {
      pending_ = std::move(batch);
      return {};
    }
    // The plugin works on a copy of the struct: if it takes the batch over, it may release it before put() returns.
    sluice_batch c = *batch->records.c();
    const std::uint32_t count = c.record_count;
    std::uint32_t retry_after_ms = 0;
    const kafka::MessageBatch& messages = batch->messages;
    // From here the plugin may take the batch away: what is needed afterwards is copied.
    next_.swap(batch->next);
    SinkBatch* lent = batch.release();
    c.owner_data = lent;
    c.release = release_sink_batch;
    const std::int64_t first_timestamp_ms = messages.empty() ? -1 : messages.messages().front().timestamp_ms;
    sink_metrics_.queue_bytes.set(static_cast<double>(messages.bytes()));
    const std::int64_t began = worker_.clock->monotonic_ns();
    auto status = instance_->put(c, &retry_after_ms);
    const std::int64_t took = worker_.clock->monotonic_ns() - began;
    if (status && c.release == nullptr) {
      lent = nullptr;  // the sink owns it now, and may have released it already
    } else {
      batch.reset(lent);
    }
    // What the plugin was told of a report it may have kept to itself.
    if (auto refused = std::exchange(report_refused_, std::nullopt); refused && status) [[unlikely]] {
      if (batch == nullptr) return base::fail(unrecoverable(*std::move(refused)));
      status = base::fail(*std::move(refused));
    }
    if (!status) {
      batch->next.swap(next_);
      return put_failed(std::move(batch), std::move(status).error(), retry_after_ms);
    }
    if (count > 0) sink_metrics_.put_done(took, first_timestamp_ms, worker_.clock->now_ms());
    observe_lag(began);
    sink_metrics_.sent.add(count);
    progress_->took_records(count);
    for (const kafka::PartitionOffset& next : next_)
      if (auto* entry = ledger_.find(next.partition)) entry->delivered = next.offset;
    next_.clear();
    sink_metrics_.active.set(static_cast<double>(ledger_.uncommitted_records()));
    if (batch != nullptr) pool_->give_back(std::move(batch));
    if (std::exchange(retry_attempt_, 0) > 0 && !task_paused_) resume_all();
    return {};
  }

  void observe_lag(std::int64_t now_ns) {
    constexpr std::int64_t kLagEveryNs = 1'000'000'000;
    if (now_ns - lag_observed_ns_ < kLagEveryNs) return;
    lag_observed_ns_ = now_ns;
    sink_metrics_.lag.set(static_cast<double>(consumer_->lag_max()));
  }

  base::Status put_failed(std::unique_ptr<SinkBatch> batch, base::Error error, std::uint32_t retry_after_ms) {
    if (error.code() == base::Code::kStopping || stopping()) {
      pool_->give_back(std::move(batch));
      return {};
    }
    if (error.code() != base::Code::kRetry) {
      kLog.error(
          "WorkerSinkTask{{id={}}} Task threw an uncaught and unrecoverable exception. Task is being killed and will "
          "not recover until manually "
          "restarted. Error: {}",
          id().to_string(), error.message());
      pool_->give_back(std::move(batch));
      return base::fail(unrecoverable(std::move(error)));
    }
    if (retry_attempt_++ == 0) {
      kLog.error("WorkerSinkTask{{id={}}} RetriableException from SinkTask: {}", id().to_string(), error.to_string());
      pause_all();
    }
    policy_->count_retry();
    progress_->retried(error.to_string());
    const std::int64_t wait = retry_after_ms > 0
                                  ? retry_after_ms
                                  : plugin_timeout_ms_.value_or(policy_->backoff_ms(std::min(retry_attempt_, 8)));
    retry_at_ns_ = worker_.clock->monotonic_ns() + wait * 1'000'000;
    pending_ = std::move(batch);
    return {};
  }

  std::int64_t ms_until_retry() const {
    return std::max<std::int64_t>((retry_at_ns_ - worker_.clock->monotonic_ns() + 999'999) / 1'000'000, 0);
  }

  // ---- partitions ----

  void pause_all() {
    if (const auto all = consumer_->assignment(); !all.empty()) static_cast<void>(consumer_->pause(all));
  }

  void resume_all() {
    std::vector<TopicPartition> wanted;
    if (pending_ != nullptr || held_) return;  // whatever ends those resumes
    for (TopicPartition& partition : consumer_->assignment())
      if (!paused_by_plugin_.contains(partition)) wanted.push_back(std::move(partition));
    if (!wanted.empty()) static_cast<void>(consumer_->resume(wanted));
  }

  base::Status apply_rewinds() {
    if (rewinds_.empty()) return {};
    std::vector<kafka::PartitionOffset> seeks;
    for (kafka::PartitionOffset& rewind : rewinds_) {
      auto* entry = ledger_.find(rewind.partition);
      if (entry == nullptr) continue;
      entry->delivered = rewind.offset;
      entry->committed = -1;
      seeks.push_back(std::move(rewind));
    }
    rewinds_.clear();
    return seeks.empty() ? base::Status() : consumer_->seek(seeks);
  }

  void on_assigned(std::span<const kafka::PartitionOffset> partitions) override {
    if (partitions.empty()) return;
    std::vector<TopicPartition> added;
    for (const kafka::PartitionOffset& partition : partitions) {
      ledger_.add(partition.partition, partition.offset);
      added.push_back(partition.partition);
    }
    refresh_assignment();
    if (task_paused_ || pending_ != nullptr || held_) static_cast<void>(consumer_->pause(added));
    if (const auto c = to_c(added); instance_ != nullptr) keep_error(instance_->open(c));
    keep_error(apply_rewinds());
  }

  void on_revoked(std::span<const TopicPartition> partitions) override { remove(partitions, true); }
  void on_lost(std::span<const TopicPartition> partitions) override { remove(partitions, false); }

  void remove(std::span<const TopicPartition> partitions, bool commit) {
    if (partitions.empty()) return;
    if (commit && !abandoned() && instance_ != nullptr) committer_.commit_sync(*consumer_, partitions, flush_);
    if (const auto c = to_c(partitions); instance_ != nullptr) keep_error(instance_->close(c));
    for (const TopicPartition& partition : partitions) {
      ledger_.remove(partition);
      paused_by_plugin_.erase(partition);
    }
    refresh_assignment();
    drop_pending(partitions);
  }

  // Records that wait for a retry and are no longer ours will be delivered to whoever owns them now.
  void drop_pending(std::span<const TopicPartition> partitions) {
    if (pending_ == nullptr) return;
    data::Batch& records = pending_->records;
    std::uint32_t kept = 0;
    for (std::uint32_t i = 0; i < records.size(); ++i) {
      const kafka::Message& message = pending_->messages.messages()[records.record(i).origin];
      const bool gone = std::any_of(partitions.begin(), partitions.end(), [&](const TopicPartition& partition) {
        return partition.partition == message.partition && partition.topic == message.topic;
      });
      if (gone) continue;
      static_cast<sluice_record&>(records.record(kept)) = records.record(i);
      ++kept;
    }
    records.c()->record_count = kept;
    std::erase_if(pending_->next, [&](const kafka::PartitionOffset& next) {
      return std::find(partitions.begin(), partitions.end(), next.partition) != partitions.end();
    });
  }

  void refresh_assignment() {
    assignment_.clear();
    for (const auto& [partition, entry] : ledger_.entries())
      assignment_.push_back({str(partition.topic), partition.partition, 0});
    sink_metrics_.partitions.set(static_cast<double>(assignment_.size()));
  }

  void keep_error(base::Status status) {
    if (!status && !callback_error_) callback_error_ = std::move(status).error();
  }

  // ---- commits ----

  // What may be committed now, after pre_commit; nothing: pre_commit failed.
  std::optional<std::vector<kafka::PartitionOffset>> offsets_to_commit(std::span<const TopicPartition> partitions) {
    if (dlq_ != nullptr && !dlq_->idle()) {
      // A failed record is done with only when the dead-letter queue has it.
      if (auto status = dlq_->flush(milliseconds(worker_.config->offset_flush_timeout_ms())); !status) {
        kLog.warn(
            "WorkerSinkTask{{id={}}} Offsets are not committed: the dead-letter queue has not taken all records "
            "before them: {}",
            id().to_string(), status.error().to_string());
        metrics_->commit_failed();
        return std::nullopt;
      }
    }
    if (dlq_ != nullptr) {
      if (auto error = dlq_->take_report_error()) {
        keep_error(base::fail(report_failed(*std::move(error))));
        return std::nullopt;
      }
    }
    std::vector<sluice_topic_offset> offsets = ledger_.to_pre_commit(partitions);
    if (auto status = instance_->pre_commit(offsets); !status) {
      pre_commit_failed(status.error());
      return std::nullopt;
    }
    return ledger_.to_commit(offsets, [this](const TopicPartition& partition, std::int64_t offset) {
      kLog.warn("WorkerSinkTask{{id={}}} Ignoring invalid task provided offset {}/{} -- not yet consumed",
                id().to_string(), partition.to_string(), offset);
    });
  }

  void pre_commit_failed(const base::Error& error) {
    metrics_->commit_failed();
    if (closing_) {
      kLog.warn("WorkerSinkTask{{id={}}} Offset commit failed during close: {}", id().to_string(), error.to_string());
      return;
    }
    kLog.error("WorkerSinkTask{{id={}}} Offset commit failed, rewinding to last committed offsets: {}",
               id().to_string(), error.to_string());
    std::vector<kafka::PartitionOffset> seeks;
    for (const auto& [partition, entry] : ledger_.entries())
      if (entry.committed >= 0) seeks.push_back({partition, entry.committed});
    for (const kafka::PartitionOffset& seek : seeks) ledger_.find(seek.partition)->delivered = seek.offset;
    if (!seeks.empty()) static_cast<void>(consumer_->seek(seeks));
  }

  plugin::ConnectorComponent component_;
  SinkMetrics sink_metrics_;
  std::int64_t lag_observed_ns_ = 0;
  SinkServices services_;
  std::shared_ptr<SinkBatchPool> pool_;
  std::unique_ptr<DeadLetterQueue> dlq_;
  std::optional<ErrorPolicy> policy_;
  std::optional<SinkDecoder> decoder_;

  OffsetLedger ledger_;
  const SinkCommitter::Flush flush_ = [this](std::span<const TopicPartition> partitions) {
    return offsets_to_commit(partitions);
  };
  SinkCommitter committer_;

  std::mutex instance_mutex_;  // request_stop may come while these are made or destroyed
  std::unique_ptr<plugin::SinkTaskInstance> instance_;
  std::unique_ptr<plugin::SinkTaskInstance> stopped_instance_;
  std::unique_ptr<kafka::Consumer> consumer_;

  std::vector<sluice_topic_partition> assignment_;  // as the plugin sees it; texts are borrowed from ledger_
  std::set<TopicPartition> paused_by_plugin_;
  std::vector<kafka::PartitionOffset> rewinds_;
  std::optional<base::Error> callback_error_;
  std::optional<base::Error> report_refused_;  // a record was reported as errant beyond what is tolerated
  kafka::MessageBatch idle_messages_;

  std::unique_ptr<SinkBatch> current_;
  std::unique_ptr<SinkBatch> pending_;  // put() asked for a retry; all partitions are paused
  std::vector<kafka::PartitionOffset> next_;
  int retry_attempt_ = 0;
  std::int64_t retry_at_ns_ = 0;
  std::optional<std::int64_t> plugin_timeout_ms_;
  bool task_paused_ = false;
  bool held_ = false;  // the limits let nothing pass for longer than a moment: all partitions are paused
  bool closing_ = false;
};

bool SinkServices::serves(Extension extension) const {
  if (extension == Extension::kSinkContext) return true;
  if (extension == Extension::kErrant)  // as in Connect: where a report goes anywhere
    return task_.dlq_ != nullptr || task_.spec_.connector.errors().log_errors;
  return PluginServices::serves(extension);
}

std::span<const sluice_topic_partition> SinkServices::assignment() {
  return task_.assignment_;
}

base::Status SinkServices::pause(std::span<const sluice_topic_partition> partitions) {
  const auto wanted = to_partitions(partitions);
  SLUICE_TRY(task_.consumer_->pause(wanted));
  task_.paused_by_plugin_.insert(wanted.begin(), wanted.end());
  return {};
}

base::Status SinkServices::resume(std::span<const sluice_topic_partition> partitions) {
  const auto wanted = to_partitions(partitions);
  for (const TopicPartition& partition : wanted) task_.paused_by_plugin_.erase(partition);
  if (task_.task_paused_ || task_.pending_ != nullptr || task_.held_) return {};
  return task_.consumer_->resume(wanted);
}

base::Status SinkServices::rewind(std::span<const sluice_topic_offset> offsets) {
  for (const auto& offset : offsets)
    task_.rewinds_.push_back({{std::string(view(offset.topic)), offset.partition}, offset.offset});
  return {};
}

void SinkServices::set_timeout(std::int64_t timeout_ms) {
  if (timeout_ms < 0)
    task_.plugin_timeout_ms_.reset();
  else
    task_.plugin_timeout_ms_ = timeout_ms;
}

void SinkServices::request_commit() {
  task_.committer_.request();
}

base::Result<std::uint64_t> SinkServices::report_errant(const sluice_batch& batch, std::uint32_t index,
                                                        base::Error cause) {
  if (batch.owner_data == nullptr || index >= batch.record_count)
    return base::fail(base::Code::kBug, base::exceptions::kConnect,
                      "The record reported as errant is not of a batch that put() received");
  const auto& owner = *static_cast<const SinkBatch*>(batch.owner_data);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(batch.records) + std::size_t{index} * batch.record_stride;
  const ConsumedRecord record(owner.messages, reinterpret_cast<const sluice_record*>(bytes)->origin);
  auto reported = task_.policy_->record_failed({Stage::kTaskPut, kSinkTaskClass, cause}, record);
  if (!reported) {
    if (!task_.report_refused_) task_.report_refused_ = reported.error();
    return base::fail(std::move(reported).error());
  }
  return task_.dlq_ != nullptr ? 1 : 0;
}

base::Status SinkServices::await_errant(std::uint64_t ticket, std::int64_t timeout_ms) {
  if (ticket == 0 || task_.dlq_ == nullptr) return {};
  SLUICE_TRY(task_.dlq_->flush(milliseconds(timeout_ms)));
  if (auto error = task_.dlq_->take_report_error()) return base::fail(report_failed(*std::move(error)));
  return {};
}

}  // namespace

std::shared_ptr<TaskRunner> make_sink_task(const WorkerContext& worker, TaskSpec spec, TaskListener& listener) {
  return std::make_shared<SinkTask>(worker, std::move(spec), listener);
}

}  // namespace sluice::task
