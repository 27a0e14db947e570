#include "runtime/task/error_policy.h"

#include <algorithm>

#include "runtime/base/log.h"
#include "runtime/task/dead_letter_queue.h"
#include "runtime/task/failed_record.h"
#include "runtime/task/stop_signal.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.errors.LogReporter"};
constexpr std::int64_t kFirstDelayMs = 300;

}  // namespace

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::kTaskPoll:
      return "TASK_POLL";
    case Stage::kTaskPut:
      return "TASK_PUT";
    case Stage::kTransformation:
      return "TRANSFORMATION";
    case Stage::kKeyConverter:
      return "KEY_CONVERTER";
    case Stage::kValueConverter:
      return "VALUE_CONVERTER";
    case Stage::kHeaderConverter:
      return "HEADER_CONVERTER";
    case Stage::kKafkaProduce:
      return "KAFKA_PRODUCE";
    case Stage::kKafkaConsume:
      return "KAFKA_CONSUME";
  }
  return "UNKNOWN";
}

ErrorPolicy::ErrorPolicy(base::TaskId task, const config::ErrorPolicyConfig& config, DeadLetterQueue* dlq,
                         metrics::Group& metrics, StopSignal& stop, const base::Clock& clock)
    : task_(std::move(task)),
      config_(config),
      dlq_(dlq),
      stop_(stop),
      clock_(clock),
      failures_(metrics.counter("total-record-failures")),
      errors_(metrics.counter("total-record-errors")),
      skipped_(metrics.counter("total-records-skipped")),
      retries_(metrics.counter("total-retries")),
      logged_(metrics.counter("total-errors-logged")),
      last_error_(metrics.gauge("last-error-timestamp")) {
  if (dlq_ != nullptr && config_.dlq_ratio_max < 1) ratio_.emplace(config_.dlq_window_ms, clock_);
}

std::int64_t ErrorPolicy::backoff_ms(int attempt) {
  const std::int64_t delay = attempt > 30 ? config_.retry_delay_max_ms + 1 : kFirstDelayMs << (attempt - 1);
  if (delay <= config_.retry_delay_max_ms) return delay;
  return std::uniform_int_distribution<std::int64_t>(
      0, std::max<std::int64_t>(config_.retry_delay_max_ms - 1, 0))(random_);
}

ErrorPolicy::Retry ErrorPolicy::begin_retry() const {
  return {clock_.monotonic_ns() / 1'000'000 + config_.retry_timeout_ms};
}

ErrorPolicy::Wait ErrorPolicy::wait(Retry& retry) {
  if (stop_.requested()) return Wait::kStopping;
  if (config_.retry_timeout_ms == 0) return Wait::kOver;
  std::int64_t delay = backoff_ms(++retry.attempt);
  if (retry.deadline_ms >= 0) {
    const std::int64_t left = retry.deadline_ms - clock_.monotonic_ns() / 1'000'000;
    if (left <= 0) return Wait::kOver;
    delay = std::min(delay, left);
  }
  failures_.add();  // as Connect counts: every attempt
  retries_.add();
  return stop_.sleep_for(std::chrono::milliseconds(delay)) ? Wait::kStopping : Wait::kAgain;
}

base::Status ErrorPolicy::record_failed(const Failure& failure, const FailedRecord& record) {
  errors_.add();
  failures_.add();
  last_error_.set(static_cast<double>(clock_.now_ms()));
  if (config_.log_errors) log(failure, record);
  if (ratio_) {
    SLUICE_TRY(check_ratio(failure));
  }
  if (dlq_ != nullptr) dlq_->send(failure, record);
  // Retries that ran out skip the record whatever errors.tolerance says, as in Connect.
  if (tolerates() || failure.error.code() == base::Code::kRetry) {
    skipped_.add();
    return {};
  }
  return base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect, "Tolerance exceeded in error handler")
                        .with_cause(failure.error));
}

// A queue that takes most of what comes is no queue for odd records: something is wrong with all of them.
base::Status ErrorPolicy::check_ratio(const Failure& failure) {
  ratio_->failed();
  const FailureRatio::Count count = ratio_->count();
  const auto records = std::max(count.records, count.failed);
  const double ratio = static_cast<double>(count.failed) / static_cast<double>(records);
  if (records < config_.dlq_records_min || ratio <= config_.dlq_ratio_max) return {};
  return base::fail(
      base::Error(
          base::Code::kBadRecord, base::exceptions::kConnect,
          fmt::format("{} of the last {} records failed, a ratio of {:.3f}, and "
                      "sluice.errors.deadletterqueue.max.ratio={} lets no more go to dead-letter queue {} "
                      "(sluice.errors.deadletterqueue.window.ms={}). Correct what makes them fail and restart "
                      "the task, or allow a higher ratio",
                      count.failed, records, ratio, config_.dlq_ratio_max, config_.dlq_topic, config_.dlq_window_ms))
          .with_cause(failure.error));
}

void ErrorPolicy::log(const Failure& failure, const FailedRecord& record) {
  std::string text = fmt::format("Error encountered in task {}. Executing stage '{}' with class '{}'",
                                 task_.to_string(), stage_name(failure.stage), failure.executing_class);
  if (config_.log_include_messages) text += record.log_text();
  kLog.error("{}.\n{}", text, failure.error.trace());
  logged_.add();
}

}  // namespace sluice::task
