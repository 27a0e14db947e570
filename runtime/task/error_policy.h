#pragma once
// What happens when a record fails: retries with backoff, then errors.tolerance, the log and the dead-letter queue
// (spec connect-runtime.md section 6.7; KIP-298). One per task, used on the task's thread.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/failure_ratio.h"

namespace sluice::task {

class StopSignal;
class DeadLetterQueue;
class FailedRecord;

enum class Stage {
  kTaskPoll,
  kTaskPut,
  kTransformation,
  kKeyConverter,
  kValueConverter,
  kHeaderConverter,
  kKafkaProduce,
  kKafkaConsume
};
std::string_view stage_name(Stage stage);  // "TASK_POLL", ...

struct Failure {
  Stage stage;
  std::string_view executing_class;  // Java class name of the component
  const base::Error& error;
};

class ErrorPolicy {
 public:
  // `dlq` may be null. Everything referred to must outlive the policy.
  ErrorPolicy(base::TaskId task, const config::ErrorPolicyConfig& config, DeadLetterQueue* dlq, metrics::Group& metrics,
              StopSignal& stop, const base::Clock& clock);

  // Runs `operation` (returning a Status or Result), again while it asks for it with Code::kRetry and
  // errors.retry.timeout, counted from the first attempt's beginning, lasts. The last outcome is returned; kStopping if
  // a stop ended the waiting: the record is then to be left as it is, not given up.
  template <typename Operation>
  auto with_retry(Operation&& operation) -> decltype(operation()) {
    // Most have no retries: no clock is read for them.
    Retry retry = config_.retry_timeout_ms > 0 ? begin_retry() : Retry{-1};
    auto result = operation();
    while (!result && result.error().code() == base::Code::kRetry) [[unlikely]] {
        switch (wait(retry)) {
          case Wait::kOver:
            return result;
          case Wait::kStopping:
            return base::fail(base::Code::kStopping, base::exceptions::kConnect,
                              "A stop was requested between retries");
          case Wait::kAgain:
            break;
        }
        result = operation();
      }
    return result;
  }

  // Records that are about to be worked on: what failures are measured against. Once a batch.
  void records_came(std::size_t records) {
    if (ratio_) [[unlikely]]
      ratio_->came(static_cast<std::int64_t>(records));
  }

  // Reports a record that failed for good. OK: skip it. An error: the task must fail with it.
  base::Status record_failed(const Failure& failure, const FailedRecord& record);

  // Milliseconds to wait before retry number `attempt` (from 1), for whoever retries by other means (put, produce).
  std::int64_t backoff_ms(int attempt);
  const config::ErrorPolicyConfig& config() const { return config_; }
  bool tolerates() const { return config_.tolerance == config::Tolerance::kAll; }
  void count_retry() { retries_.add(); }

 private:
  struct Retry {
    std::int64_t deadline_ms;  // monotonic; negative: none
    int attempt = 0;
  };
  enum class Wait { kAgain, kOver, kStopping };
  Retry begin_retry() const;
  Wait wait(Retry& retry);
  base::Status check_ratio(const Failure& failure);
  void log(const Failure& failure, const FailedRecord& record);

  const base::TaskId task_;
  const config::ErrorPolicyConfig config_;
  DeadLetterQueue* const dlq_;
  StopSignal& stop_;
  const base::Clock& clock_;
  std::optional<FailureRatio> ratio_;  // only where there is a limit
  std::mt19937_64 random_{std::random_device{}()};
  metrics::Counter& failures_;
  metrics::Counter& errors_;
  metrics::Counter& skipped_;
  metrics::Counter& retries_;
  metrics::Counter& logged_;
  metrics::Gauge& last_error_;
};

}  // namespace sluice::task
