#include "runtime/task/error_policy.h"

#include <algorithm>

#include "runtime/base/log.h"
#include "runtime/kafka/consumer.h"
#include "runtime/task/dead_letter_queue.h"
#include "runtime/task/stop_signal.h"

namespace sluice::task {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.runtime.errors.LogReporter"};
constexpr std::int64_t kFirstDelayMs = 300;

std::string_view timestamp_type_name(kafka::TimestampType type) {
  switch (type) {
    case kafka::TimestampType::kCreateTime:
      return "CreateTime";
    case kafka::TimestampType::kLogAppendTime:
      return "LogAppendTime";
    case kafka::TimestampType::kNone:
      break;
  }
  return "NoTimestampType";
}

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
      last_error_(metrics.gauge("last-error-timestamp")) {}

std::int64_t ErrorPolicy::backoff_ms(int attempt) {
  const std::int64_t delay = attempt > 30 ? config_.retry_delay_max_ms + 1 : kFirstDelayMs << (attempt - 1);
  if (delay <= config_.retry_delay_max_ms) return delay;
  return std::uniform_int_distribution<std::int64_t>(
      0, std::max<std::int64_t>(config_.retry_delay_max_ms - 1, 0))(random_);
}

ErrorPolicy::Retry ErrorPolicy::begin_retry() const {
  if (config_.retry_timeout_ms < 0) return {-1};
  return {clock_.monotonic_ns() / 1'000'000 + config_.retry_timeout_ms};
}

bool ErrorPolicy::wait(Retry& retry) {
  std::int64_t delay = backoff_ms(++retry.attempt);
  if (retry.deadline_ms >= 0) {
    const std::int64_t left = retry.deadline_ms - clock_.monotonic_ns() / 1'000'000;
    if (left <= 0) return false;
    delay = std::min(delay, left);
  }
  retries_.add();
  return !stop_.sleep_for(std::chrono::milliseconds(delay));
}

base::Status ErrorPolicy::record_failed(const Failure& failure, const FailedRecord& record) {
  errors_.add();
  failures_.add();
  last_error_.set(static_cast<double>(clock_.now_ms()));
  if (config_.log_errors) log(failure, record);
  if (dlq_ != nullptr && record.messages != nullptr) dlq_->send(failure, record);
  // Retries that ran out skip the record whatever errors.tolerance says, as in Connect.
  if (tolerates() || failure.error.code() == base::Code::kRetry) {
    skipped_.add();
    return {};
  }
  return base::fail(base::Error(base::Code::kFatal, base::exceptions::kConnect, "Tolerance exceeded in error handler")
                        .with_cause(failure.error));
}

void ErrorPolicy::log(const Failure& failure, const FailedRecord& record) {
  std::string text = fmt::format("Error encountered in task {}. Executing stage '{}' with class '{}'",
                                 task_.to_string(), stage_name(failure.stage), failure.executing_class);
  if (config_.log_include_messages && record.messages != nullptr) {
    const kafka::Message& message = record.messages->messages()[record.message];
    text += fmt::format(", where consumed record is {{topic='{}', partition={}, offset={}", message.topic,
                        message.partition, message.offset);
    if (message.timestamp_type != kafka::TimestampType::kNone)
      text += fmt::format(", timestamp={}, timestampType={}", message.timestamp_ms,
                          timestamp_type_name(message.timestamp_type));
    text += '}';
  } else if (config_.log_include_messages && record.describe) {
    text += fmt::format(", where source record is = {}", record.describe());
  }
  kLog.error("{}.\n{}", text, failure.error.trace());
  logged_.add();
}

}  // namespace sluice::task
