#include "runtime/task/source_task.h"

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/kafka/producer.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/registry.h"
#include "runtime/task/client_settings.h"
#include "runtime/task/components.h"
#include "runtime/task/connector_offsets.h"
#include "runtime/task/dead_letter_queue.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/failed_record.h"
#include "runtime/task/offset_committer.h"
#include "runtime/task/offset_tracker.h"
#include "runtime/task/source_acks.h"
#include "runtime/task/source_batch.h"
#include "runtime/task/source_encoder.h"
#include "runtime/task/source_services.h"
#include "runtime/task/source_transaction.h"
#include "runtime/task/task_thread.h"
#include "runtime/task/topic_creator.h"

namespace sluice::task {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

const base::Logger kLog{"org.apache.kafka.connect.runtime.AbstractWorkerSourceTask"};

constexpr milliseconds kQueueFullWait{100};
constexpr milliseconds kRetryPause{100};
constexpr std::chrono::seconds kProducerCloseTimeout{30};
constexpr std::size_t kRunMax = 256;  // records converted before they are handed to librdkafka together
// What sent batches may hold while they wait for acknowledgements. buffer.memory bounds their values; this bounds the
// rest, and the case where one Kafka partition is stuck and others go on.
constexpr std::size_t kHeldBytesMax = 8 * 1024 * 1024;
// Acknowledgements that one transaction keeps at most where an interval bounds it: it ends earlier then.
constexpr std::size_t kAcksMax = 100'000;
// Asking the leader to fence former tasks, and reading the config topic to its end.
constexpr std::chrono::seconds kGateTimeout{120};
constexpr std::chrono::seconds kAbortTimeout{5};
// A plugin whose empty polls return faster than this does not wait by itself: the task then does.
constexpr std::int64_t kEmptyPollMinNs = 200'000;
constexpr milliseconds kEmptyPollPause{1};
constexpr milliseconds kThrottleStep{100};  // between two looks at deliveries and commits

std::size_t held_bytes_max(const config::ConnectorConfig& connector) {
  const auto wanted = static_cast<std::size_t>(connector.queue_bytes_max());
  return wanted == 0 ? kHeldBytesMax : wanted;
}

class SourceTask final : public TaskThread {
 public:
  SourceTask(const WorkerContext& worker, TaskSpec spec, TaskListener& listener)
      : TaskThread(worker, std::move(spec), listener),
        source_metrics_(*worker_.metrics, id()),
        offsets_(worker_, spec_.connector, id().to_string()),
        services_(id().connector, spec_.connector.connector_class(), source_metrics_.group, offsets_.store(), stop_),
        held_bytes_max_(held_bytes_max(spec_.connector)),
        tracker_(id().connector),
        committer_(id(), {worker_.config->offset_flush_interval_ms(), worker_.config->offset_flush_timeout_ms()},
                   *offsets_.store(), tracker_, *metrics_, *worker_.clock) {}

 protected:
  base::Status run() override {
    services_.set_owner_thread();
    services_.track(progress_);
    auto status = open();
    if (status) status = loop();
    if (!status) report_failure(status.error());
    close(!status);
    return status;
  }

  void notify_stop() override {
    std::lock_guard lock(instance_mutex_);
    if (instance_ != nullptr) instance_->request_stop();
  }

  // What is queued may wait for its broker for long; delivered later it would come after what the next task sends.
  void notify_abandon() override {
    {
      std::lock_guard lock(instance_mutex_);
      for (const auto* instance : {&instance_, &stopped_instance_})
        if (*instance != nullptr) (*instance)->kill();
    }
    std::lock_guard lock(producer_mutex_);
    if (producer_ != nullptr) producer_->purge(true);
  }

 private:
  // ---- the ends of the task's life ----

  base::Status open() {
    SLUICE_TRY_ASSIGN(component_,
                      worker_.plugins->connector(spec_.connector.connector_class(),
                                                 {spec_.connector.isolation(), id().connector, id().task, {}}));
    if (component_.kind != config::ComponentKind::kSource)
      return base::connect_error("{} is not a source connector", component_.class_name);
    SLUICE_TRY_ASSIGN(auto converters, make_converters(worker_, spec_.connector, services_));
    SLUICE_TRY(open_policy());
    encoder_.emplace(std::move(converters), *policy_, services_.schemas());
    SLUICE_TRY_ASSIGN(TransformChain chain, make_transform_chain(worker_, spec_.connector, services_));
    chain_.emplace(std::move(chain));
    SLUICE_TRY_ASSIGN(topics_, TopicCreator::make(worker_, spec_.connector, id()));
    if (!exactly_once()) {
      SLUICE_TRY(make_producer());
    }
    SLUICE_TRY(offsets_.start());
    services_.own_boundaries = exactly_once() && spec_.connector.transaction_boundary() == "connector";
    SLUICE_TRY_ASSIGN(auto instance, component_.make_source_task(services_));
    {
      std::lock_guard lock(instance_mutex_);
      instance_ = std::move(instance);
    }
    if (pause_wanted()) {
      report_paused();
      wait_while_paused();
    }
    if (stopping()) return {};
    if (exactly_once()) {
      SLUICE_TRY(begin_exactly_once());
    }
    SLUICE_TRY(instance_->start(spec_.task_config));
    started_ = true;
    report_startup(component_.version);
    return {};
  }

  base::Status open_policy() {
    const config::ErrorPolicyConfig& errors = spec_.connector.errors();
    if (!errors.dlq_topic.empty()) {
      SLUICE_TRY_ASSIGN(dlq_, DeadLetterQueue::open(worker_, spec_.connector, id(), metrics_->errors()));
    }
    policy_.emplace(id(), errors, dlq_.get(), metrics_->errors(), stop_, *worker_.clock);
    return {};
  }

  base::Status make_producer() {
    SLUICE_TRY_ASSIGN(const kafka::ClientConfig client,
                      source_producer_config(worker_, spec_.connector, id(), exactly_once()));
    SLUICE_TRY_ASSIGN(auto producer, kafka::Producer::create(client));
    std::lock_guard lock(producer_mutex_);
    producer_ = std::move(producer);
    return {};
  }

  // Former tasks are fenced, then this one's predecessor by taking over its transactional id; then it must still be the
  // task that is wanted, for the fences may have been put up by a later one.
  base::Status begin_exactly_once() {
    SLUICE_TRY(spec_.exactly_once->fence(Clock::now() + kGateTimeout));
    SLUICE_TRY(make_producer());
    SourceTransaction::Options options;
    options.task = id();
    options.boundary = transaction_boundary(spec_.connector.transaction_boundary());
    options.interval_ms =
        spec_.connector.transaction_interval_ms().value_or(worker_.config->offset_flush_interval_ms());
    options.offsets_topic = offsets_topic(worker_, spec_.connector);
    acks_.keep();
    transaction_.emplace(std::move(options), *producer_, *offsets_.store(), tracker_, *worker_.clock);
    SLUICE_TRY(transaction_->init([this] { return stopping(); }));
    return spec_.exactly_once->verify(Clock::now() + kGateTimeout);
  }

  void close(bool failed) {
    const auto deadline = Clock::now() + milliseconds(worker_.config->offset_flush_timeout_ms());
    if (transaction_) {
      if (!abandoned()) end_transactions(failed);
    } else if (producer_ != nullptr && !abandoned()) {
      const auto flushed =
          producer_->flush(deadline, [this](std::span<const kafka::Delivery> reports) { on_deliveries(reports); });
      if (!flushed)
        kLog.warn("{} records were not acknowledged in time; they will be sent again after a restart",
                  producer_->outstanding());
      // The instance hears of the final commit before it is stopped. One that was given up meanwhile commits nothing:
      // another may have gone on from where it was.
      const auto last = std::max(deadline, Clock::now() + milliseconds(100));
      if (dlq_ != nullptr && !dlq_->flush(std::chrono::ceil<milliseconds>(last - Clock::now())))
        kLog.warn("The dead-letter queue has not taken all records in time: no offset is committed");
      else if (!abandoned() && committer_.finish(last) && started_)
        commit_instance();
    }
    {
      std::lock_guard lock(instance_mutex_);
      stopped_instance_ = std::move(instance_);
    }
    if (stopped_instance_ != nullptr) stopped_instance_->stop();
    close_producer();
    offsets_.stop();
    std::unique_lock lock(instance_mutex_);
    const auto ended = std::move(stopped_instance_);
    lock.unlock();
  }

  // A batch that the poll boundary keeps together is not committed in part.
  void end_transactions(bool failed) {
    const bool whole = current_ == nullptr || transaction_->boundary() == TransactionBoundary::kInterval;
    if (!failed && whole && transaction_->boundary() != TransactionBoundary::kConnector) {
      if (auto committed = commit_transaction(); committed || abandoned()) return;
    }
    if (auto aborted = transaction_->abort(kAbortTimeout, [](std::span<const kafka::Delivery>) {}); !aborted)
      kLog.warn("WorkerSourceTask{{id={}}} Failed to abort a transaction; the broker will: {}", id().to_string(),
                aborted.error().to_string());
  }

  // What is still queued reads the batches in place: the producer must let go of them first.
  void close_producer() {
    if (producer_ == nullptr) return;
    producer_->purge(true);
    static_cast<void>(producer_->flush(Clock::now() + kProducerCloseTimeout, [](std::span<const kafka::Delivery>) {}));
    std::unique_lock lock(producer_mutex_);
    const auto closed = std::move(producer_);
    lock.unlock();  // its end may take a while, and abandon() must not wait
  }

  // ---- the loop ----

  base::Status loop() {
    while (!stopping()) {
      progress_->beat();
      drain(milliseconds(0));
      commit_offsets();
      if (pause_wanted()) {
        SLUICE_TRY(pause());
        continue;
      }
      if (send_error_) return base::fail(*send_error_);
      if (throttled()) continue;
      if (current_ == nullptr) {
        if (batches_.held_bytes() > held_bytes_max_) {
          drain(kQueueFullWait);
          continue;
        }
        SLUICE_TRY(poll());
        if (current_ == nullptr) {
          SLUICE_TRY(end_of_batch());
          continue;
        }
      }
      SLUICE_TRY(send());
      if (current_->sent() && run_sent_ == run_.size()) {
        finish_current();
        SLUICE_TRY(end_of_batch());
      }
    }
    return {};
  }

  // Waits a moment where the task's limits let nothing pass now. A batch that was polled may wait in part.
  bool throttled() {
    if (!limiter_.active()) [[likely]]
      return false;
    const std::int64_t wait_ns = limiter_.wait_ns();
    if (wait_ns == 0) return false;
    const std::int64_t began = worker_.clock->monotonic_ns();
    stop_.sleep_for(std::min(std::chrono::ceil<milliseconds>(std::chrono::nanoseconds(wait_ns)), kThrottleStep));
    metrics_->throttled(worker_.clock->monotonic_ns() - began);
    return true;
  }

  // ---- offsets: now and then, or with the records in transactions ----

  bool exactly_once() const { return spec_.exactly_once != nullptr; }

  void commit_offsets() {
    if (transaction_ || !dead_letters_written()) return;
    if (committer_.step()) commit_instance();
  }

  // A failed record is done with only when the dead-letter queue has it: no offset behind it is committed before.
  bool dead_letters_written() {
    if (dlq_ == nullptr || dlq_->idle()) return true;
    dlq_->poll();
    if (committer_.ms_until_due() > 0) return dlq_->idle();
    return dlq_->flush(milliseconds(worker_.config->offset_flush_timeout_ms())).has_value();
  }

  base::Status end_of_batch() {
    if (!transaction_) return {};
    switch (transaction_->boundary()) {
      case TransactionBoundary::kPoll:
        return commit_transaction();
      case TransactionBoundary::kInterval:
        return transaction_->interval_over() || acks_.size() > kAcksMax ? commit_transaction() : base::Status();
      case TransactionBoundary::kConnector:
        break;
    }
    auto status = end_behind(SLUICE_TRANSACTION_ALL, "transaction");
    services_.requests.clear();
    return status;
  }

  // What the connector asked for behind a record, or behind the batch.
  base::Status end_behind(std::uint32_t record, const std::string& what) {
    bool conflict = false;
    const TransactionEnd end = services_.requests.behind(record, &conflict);
    if (conflict) return base::connect_error("Connector requested both commit and abort of same {}", what);
    if (end == TransactionEnd::kNone) return {};
    if (end == TransactionEnd::kAbort) {
      kLog.info("WorkerSourceTask{{id={}}} Aborting transaction as requested by connector", id().to_string());
      // The offsets are committed all the same, or the same records would come again.
      aborting_ = true;
      auto aborted = transaction_->abort(kProducerCloseTimeout, deliveries());
      aborting_ = false;
      SLUICE_TRY(std::move(aborted));
    }
    return commit_transaction();
  }

  SourceTransaction::Deliveries deliveries() {
    return [this](std::span<const kafka::Delivery> reports) { on_deliveries(reports); };
  }

  base::Status commit_transaction() {
    const std::int64_t began = worker_.clock->monotonic_ns();
    if (dlq_ != nullptr) {
      SLUICE_TRY(dlq_->flush(milliseconds(worker_.config->offset_flush_timeout_ms())));
    }
    auto committed = transaction_->commit(deliveries(), send_error_, [this] { return abandoned(); });
    if (!committed) {
      metrics_->commit_failed();
      return committed;
    }
    metrics_->commit_succeeded(static_cast<double>(worker_.clock->monotonic_ns() - began) / 1e6);
    acks_.give(instance_.get());
    commit_instance();
    return {};
  }

  base::Status pause() {
    // An open transaction would keep consumers waiting, and time out.
    if (transaction_ && current_ == nullptr && transaction_->boundary() != TransactionBoundary::kConnector) {
      SLUICE_TRY(commit_transaction());
    }
    report_paused();
    while (pause_wanted() && !stopping()) {
      progress_->beat();
      if (auto error = services_.raised()) return base::fail(*std::move(error));
      drain(producer_->outstanding() > 0 ? kQueueFullWait : milliseconds(0));
      commit_offsets();
      if (producer_->outstanding() == 0)
        stop_.sleep_for(milliseconds(std::clamp<std::int64_t>(committer_.ms_until_due(), 10, 1000)));
    }
    if (!stopping()) report_resumed();
    return {};
  }

  base::Status poll() {
    std::unique_ptr<SourceBatch> batch = batches_.take();
    const std::int64_t began = worker_.clock->monotonic_ns();
    auto status = instance_->poll(*batch->data);
    if (!status) {
      batches_.give_back(std::move(batch));
      if (status.error().code() == base::Code::kStopping) return {};
      if (status.error().code() != base::Code::kRetry) return status;
      kLog.warn("WorkerSourceTask{{id={}}} failed to poll records from SourceTask. Will retry operation.\n{}",
                id().to_string(), status.error().trace());
      policy_->count_retry();
      progress_->retried(status.error().to_string());
      stop_.sleep_for(kRetryPause);
      return {};
    }
    const std::uint32_t count = batch->data->size();
    progress_->took_records(count);
    if (count == 0) {
      batches_.give_back(std::move(batch));
      if (worker_.clock->monotonic_ns() - began < kEmptyPollMinNs) stop_.sleep_for(kEmptyPollPause);
      return {};
    }
    batch->polled_ns = worker_.clock->monotonic_ns();
    source_metrics_.poll_time.observe(static_cast<double>(batch->polled_ns - began) / 1e6);
    source_metrics_.polled.add(count);
    metrics_->batch(count);
    policy_->records_came(count);
    active(static_cast<std::int64_t>(count));
    for (std::uint32_t i = 0; i < count; ++i) batch->data->record(i).origin = i;
    if (!chain_->empty()) {
      SLUICE_TRY(chain_->apply({&services_.schemas(), false}, *batch->data, *policy_));
    }
    if (!batch->prepare()) return base::fail(batch_too_large());
    current_ = std::move(batch);
    return {};
  }

  // Sends the current batch from where it stopped, until it is done, the producer is full, or a retriable error asks
  // for a pause. Records are converted in runs, so that librdkafka is called once for many.
  base::Status send() {
    SourceBatch& batch = *current_;
    for (;;) {
      if (run_sent_ == run_.size()) {
        run_.clear();
        run_sent_ = 0;
        if (ends_behind_) {
          const data::Record& last = batch.data->record(*std::exchange(ends_behind_, std::nullopt));
          SLUICE_TRY(end_behind(last.origin, fmt::format("record against topic {}", batch.data->topic(last))));
        }
        if (limiter_.active() && limiter_.wait_ns() > 0) [[unlikely]]
          return {};
        SLUICE_TRY(fill_run(batch));
        if (run_.empty() && !ends_behind_) return {};
        if (run_.empty()) continue;
      }
      SLUICE_TRY_ASSIGN(const bool all, send_run(batch));
      if (!all) return {};
    }
  }

  // Converts the next records into run_, passing over those that are not to be sent. Empty: the batch is at its end, or
  // a topic is not ready yet.
  base::Status fill_run(SourceBatch& batch) {
    const std::uint32_t count = batch.data->size();
    const bool limited = limiter_.active();
    const std::size_t run_max = limited ? std::min(kRunMax, limiter_.records_max()) : kRunMax;
    while (batch.next < count && run_.size() < run_max && !ends_behind_) {
      data::Record& record = batch.data->record(batch.next);
      if (!record.live()) [[unlikely]] {
        if (record.failed()) {
          SLUICE_TRY(transform_failed(batch, record));
        }
        skip(record);
        passed(batch, record);
        continue;
      }
      SLUICE_TRY_ASSIGN(kafka::Topic* const topic, topic_of(batch, record));
      if (topic == nullptr) return {};
      kafka::OutRecord& out = run_.emplace_back();
      auto ready = encoder_->encode(*batch.data, record, out);
      if (!ready || !*ready) [[unlikely]] {
        run_.pop_back();
        if (!ready) return tl::unexpected(std::move(ready).error());
        skip(record);
        passed(batch, record);
        continue;
      }
      out.topic = topic;
      out.opaque = &batch.in_flight[batch.next];
      batch.in_flight[batch.next] = {&batch, batch.next, false, {}};
      passed(batch, record);
    }
    if (limited) [[unlikely]] {
      std::size_t bytes = 0;
      for (const kafka::OutRecord& out : run_) bytes += out.key.size() + out.value.size();
      limiter_.took(run_.size(), bytes);
    }
    return {};
  }

  // The run takes in, or leaves out, this record; it ends here if a transaction does.
  void passed(SourceBatch& batch, const data::Record& record) {
    if (!services_.requests.empty()) [[unlikely]] {
      bool conflict = false;
      if (services_.requests.behind(record.origin, &conflict) != TransactionEnd::kNone) ends_behind_ = batch.next;
    }
    ++batch.next;
  }

  // Hands the rest of run_ to the producer. False: it is full, or one record could not be placed yet.
  base::Result<bool> send_run(SourceBatch& batch) {
    while (run_sent_ < run_.size()) {
      if (abandoned()) return false;
      if (transaction_) {
        SLUICE_TRY(transaction_->begin());
      }
      const std::size_t plain = plain_records(run_sent_);
      const std::size_t wanted = plain > 0 ? plain : 1;
      for (std::size_t i = 0; i < wanted; ++i) {
        SLUICE_TRY(track(batch, run_[run_sent_ + i]));
      }
      std::size_t taken = 0;
      if (plain > 0) {
        taken = producer_->produce_batch(run_[run_sent_].topic, std::span(run_).subspan(run_sent_, plain));
      } else {
        const kafka::ProduceStatus status = producer_->produce(run_[run_sent_]);
        if (status == kafka::ProduceStatus::kFailed) {
          SLUICE_TRY(refused(batch, run_[run_sent_]));
          ++run_sent_;
          continue;
        }
        taken = status == kafka::ProduceStatus::kOk ? 1 : 0;
      }
      batch.outstanding += static_cast<std::uint32_t>(taken);
      for (std::size_t i = wanted; i-- > taken;) untrack(run_[run_sent_ + i]);
      run_sent_ += taken;
      if (taken < wanted) {
        drain(kQueueFullWait);
        return false;
      }
    }
    return true;
  }

  // How many records from `begin` on go in one call: to one topic, without headers and timestamps.
  std::size_t plain_records(std::size_t begin) const {
    std::size_t end = begin;
    while (end < run_.size() && run_[end].topic == run_[begin].topic && run_[end].headers.empty() &&
           run_[end].timestamp_ms == kafka::kNoTimestamp)
      ++end;
    return end - begin;
  }

  base::Status track(SourceBatch& batch, kafka::OutRecord& out) {
    InFlight& flight = *static_cast<InFlight*>(out.opaque);
    const data::Record& record = batch.data->record(flight.record);
    if (record.source_partition >= batch.lines.size()) return {};
    std::uint32_t& line = batch.lines[record.source_partition];
    if (line == SourceBatch::kNoLine) {
      SLUICE_TRY_ASSIGN(line, tracker_.line(batch.data->source_partition(record)));
    }
    flight.tracked = true;
    flight.ticket = tracker_.submit(line, record.source_offset, &flight);
    return {};
  }

  void untrack(const kafka::OutRecord& out) {
    InFlight& flight = *static_cast<InFlight*>(out.opaque);
    if (std::exchange(flight.tracked, false)) tracker_.withdraw(flight.ticket);
  }

  // The producer will not take this record.
  base::Status refused(SourceBatch& batch, const kafka::OutRecord& out) {
    InFlight& flight = *static_cast<InFlight*>(out.opaque);
    const data::Record& record = batch.data->record(flight.record);
    SLUICE_TRY(produce_failed(batch, record, producer_->last_error()));
    skip(record);
    if (flight.tracked) {  // tolerated: its offset advances
      ++batch.outstanding;
      tracker_.ack(flight.ticket);
      collect_offsets();
    }
    return {};
  }

  // The handle of the record's topic; nullptr: not ready, try again after the pause that was made.
  base::Result<kafka::Topic*> topic_of(SourceBatch& batch, const data::Record& record) {
    if (record.topic >= batch.topics.size()) batch.topics.resize(batch.data->c()->topic_count, nullptr);
    kafka::Topic*& topic = batch.topics[record.topic];
    if (topic != nullptr) [[likely]]
      return topic;
    auto found = topic_handle(batch.data->topic(record));
    if (found) return topic = *found;
    if (found.error().code() != base::Code::kRetry) return found;
    kLog.warn("WorkerSourceTask{{id={}}} Failed to send record; will retry: {}", id().to_string(),
              found.error().to_string());
    stop_.sleep_for(kRetryPause);
    return nullptr;
  }

  // Looks the topic up once: it is created if the connector says how, and tracked as active.
  base::Result<kafka::Topic*> topic_handle(std::string_view name) {
    if (transaction_ && transaction_->offsets_topic() == name)
      return base::connect_error(
          "Source tasks may not produce to their own offsets topics when exactly-once support is enabled");
    SLUICE_TRY(topics_->ensure(name));
    SLUICE_TRY_ASSIGN(kafka::Topic * topic, producer_->topic(name));
    note_topic(name);
    return topic;
  }

  // ---- failures ----

  base::Status transform_failed(SourceBatch& batch, const data::Record& record) {
    const auto& failures = chain_->failures();
    while (batch.failure < failures.size() && failures[batch.failure].record < batch.next) ++batch.failure;
    if (batch.failure >= failures.size() || failures[batch.failure].record != batch.next)
      return base::fail(base::Code::kBug, base::exceptions::kConnect,
                        "A transform marked a record as failed without saying why");
    const TransformFailure& failure = failures[batch.failure];
    return policy_->record_failed({Stage::kTransformation, failure.executing_class, failure.error},
                                  PolledRecord(*batch.data, record));
  }

  base::Status produce_failed(SourceBatch& batch, const data::Record& record, const base::Error& error) {
    if (policy_->tolerates())
      return policy_->record_failed({Stage::kKafkaProduce, component_.class_name, error},
                                    PolledRecord(*batch.data, record));
    return base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect,
                                  "Unrecoverable exception from producer send callback")
                          .with_cause(error));
  }

  // The record will not be sent: filtered, or failed and tolerated.
  void skip(const data::Record& record) {
    active(-1);
    if (instance_->wants_acks()) acks_.not_sent(record);
  }

  // ---- deliveries ----

  void drain(milliseconds timeout) {
    producer_->poll_deliveries(timeout, [this](std::span<const kafka::Delivery> reports) { on_deliveries(reports); });
    hand_over_acks();
  }

  void on_deliveries(std::span<const kafka::Delivery> reports) {
    const bool wants_acks = instance_ != nullptr && instance_->wants_acks();
    std::uint64_t written = 0;
    for (const kafka::Delivery& report : reports) {
      InFlight& flight = *static_cast<InFlight*>(report.opaque);
      SourceBatch& batch = *flight.batch;
      const data::Record& record = batch.data->record(flight.record);
      if (aborting_) [[unlikely]] {
        skip(record);  // dropped with its transaction, but its offset counts
      } else if (report.error != kafka::error_code::kNone) [[unlikely]] {
        if (report.error == kafka::error_code::kPurgedQueue || report.error == kafka::error_code::kPurgedInFlight)
          continue;  // given up: whoever goes on sends it again
        if (auto status = produce_failed(batch, record, kafka::make_error(report.error, "Failed to deliver a record"));
            !status) {
          if (!send_error_) send_error_ = std::move(status).error();
          continue;  // not acknowledged: its offset, and later ones of its source partition, stay uncommitted
        }
        skip(record);
      } else {
        ++written;
        if (wants_acks) acks_.sent(record, batch.data->c()->topics[record.topic], report);
      }
      if (flight.tracked) tracker_.ack(flight.ticket);
    }
    if (written > 0) progress_->acknowledged();
    source_metrics_.written.add(static_cast<double>(written));
    active(-static_cast<std::int64_t>(written));
    hand_over_acks();
    for (const kafka::Delivery& report : reports) {
      InFlight& flight = *static_cast<InFlight*>(report.opaque);
      if (!flight.tracked) let_go(flight);
    }
    collect_offsets();
  }

  void collect_offsets() {
    tracker_.collect([this](void* owner) { let_go(*static_cast<InFlight*>(owner)); });
  }

  // Nothing refers to the record any more; recycles its batch after the last one.
  void let_go(InFlight& flight) {
    SourceBatch* batch = flight.batch;
    if (--batch->outstanding > 0 || batch == current_.get()) return;
    source_metrics_.ack_time.observe(static_cast<double>(worker_.clock->monotonic_ns() - batch->polled_ns) / 1e6);
    batches_.release(batch);
    source_metrics_.queued(batches_.held_bytes(), held_bytes_max_);
  }

  void hand_over_acks() {
    if (!transaction_) acks_.give(instance_.get());  // else when they are committed
  }

  void commit_instance() {
    if (auto status = instance_->commit(); !status)
      kLog.error("WorkerSourceTask{{id={}}} Exception thrown while calling task.commit(): {}", id().to_string(),
                 status.error().to_string());
  }

  // ---- batches ----

  void finish_current() {
    hand_over_acks();
    if (current_->outstanding == 0)
      batches_.give_back(std::move(current_));
    else
      batches_.hold(std::move(current_));
    source_metrics_.queued(batches_.held_bytes(), held_bytes_max_);
  }

  void active(std::int64_t change) {
    active_ += change;
    progress_->outstanding(static_cast<std::uint64_t>(std::max<std::int64_t>(active_, 0)));
    source_metrics_.active.set(static_cast<double>(active_));
    if (change > 1 || change < -1) source_metrics_.active_window.observe(static_cast<double>(active_));
  }

  plugin::ConnectorComponent component_;
  SourceMetrics source_metrics_;
  ConnectorOffsets offsets_;
  SourceServices services_;
  std::unique_ptr<DeadLetterQueue> dlq_;
  std::optional<ErrorPolicy> policy_;
  const std::size_t held_bytes_max_;
  OffsetTracker tracker_;
  OffsetCommitter committer_;
  std::optional<SourceEncoder> encoder_;
  std::optional<TransformChain> chain_;
  std::unique_ptr<TopicCreator> topics_;

  SourceBatchPool batches_;
  std::unique_ptr<SourceBatch> current_;       // being sent
  std::mutex producer_mutex_;                  // abandon() may come while the producer is made or destroyed
  std::unique_ptr<kafka::Producer> producer_;  // after the batches: it is destroyed first

  std::mutex instance_mutex_;  // request_stop may come while the instance is made or destroyed
  std::unique_ptr<plugin::SourceTaskInstance> instance_;
  std::unique_ptr<plugin::SourceTaskInstance> stopped_instance_;
  bool started_ = false;

  std::vector<kafka::OutRecord> run_;  // converted records of the current batch
  std::size_t run_sent_ = 0;           // of run_, already with the producer
  SourceAcks acks_;

  std::optional<SourceTransaction> transaction_;  // exactly once
  std::optional<std::uint32_t> ends_behind_;      // the record of the current batch behind which a transaction ends
  bool aborting_ = false;
  std::optional<base::Error> send_error_;
  std::int64_t active_ = 0;
};

}  // namespace

std::shared_ptr<TaskRunner> make_source_task(const WorkerContext& worker, TaskSpec spec, TaskListener& listener) {
  return std::make_shared<SourceTask>(worker, std::move(spec), listener);
}

}  // namespace sluice::task
