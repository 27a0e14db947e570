#include "runtime/task/error_policy.h"

#include <gtest/gtest.h>

#include "runtime/base/clock.h"
#include "runtime/metrics/registry.h"
#include "runtime/task/failed_record.h"
#include "runtime/task/stop_signal.h"

namespace sluice::task {
namespace {

using base::Code;

class ErrorPolicyTest : public testing::Test {
 protected:
  ErrorPolicy policy(const config::ErrorPolicyConfig& config) {
    return {{"c", 0}, config, nullptr, *group_, stop_, clock_};
  }
  static base::Status retriable() { return base::fail(Code::kRetry, base::exceptions::kRetriable, "busy"); }

  struct NoRecord final : FailedRecord {
    std::string log_text() const override { return {}; }
    void dead_letter(DeadLetter&) const override {}
  };
  const NoRecord record_;

  metrics::Registry registry_{{}, base::system_clock()};
  std::shared_ptr<metrics::Group> group_ = registry_.group("task-error-metrics", {});
  StopSignal stop_;
  const base::Clock& clock_ = base::system_clock();
};

TEST_F(ErrorPolicyTest, WithoutATimeoutNothingIsRetried) {
  ErrorPolicy subject = policy({});
  int calls = 0;
  const auto status = subject.with_retry([&]() -> base::Status {
    ++calls;
    return retriable();
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(status.error().message(), "busy");
}

TEST_F(ErrorPolicyTest, RetriesUntilItSucceeds) {
  config::ErrorPolicyConfig config;
  config.retry_timeout_ms = -1;
  config.retry_delay_max_ms = 1;
  ErrorPolicy subject = policy(config);
  int calls = 0;
  EXPECT_TRUE(subject.with_retry([&]() -> base::Status { return ++calls < 5 ? retriable() : base::Status(); }));
  EXPECT_EQ(calls, 5);
}

TEST_F(ErrorPolicyTest, OtherErrorsAreNotRetried) {
  config::ErrorPolicyConfig config;
  config.retry_timeout_ms = -1;
  ErrorPolicy subject = policy(config);
  int calls = 0;
  const auto status = subject.with_retry([&]() -> base::Status {
    ++calls;
    return base::data_error("bad");
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(status.error().code(), Code::kBadRecord);
}

TEST_F(ErrorPolicyTest, ToleranceDecidesOverARecord) {
  config::ErrorPolicyConfig config;
  const base::Error error(Code::kBadRecord, base::exceptions::kData, "bad");
  const Failure failure{Stage::kValueConverter, "com.acme.Converter", error};
  {
    ErrorPolicy subject = policy(config);
    const auto status = subject.record_failed(failure, record_);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "Tolerance exceeded in error handler");
    ASSERT_NE(status.error().cause(), nullptr);
    EXPECT_EQ(status.error().cause()->message(), "bad");
  }
  config.tolerance = config::Tolerance::kAll;
  ErrorPolicy subject = policy(config);
  EXPECT_TRUE(subject.record_failed(failure, record_));
}

TEST_F(ErrorPolicyTest, RetriesThatRanOutSkipWhateverTheTolerance) {
  ErrorPolicy subject = policy({});
  const base::Error error(Code::kRetry, base::exceptions::kRetriable, "busy");
  EXPECT_TRUE(subject.record_failed({Stage::kTransformation, "com.acme.T", error}, record_));
}

TEST_F(ErrorPolicyTest, BackoffDoublesFrom300MsAndIsRandomBeyondTheMaximum) {
  config::ErrorPolicyConfig config;
  config.retry_delay_max_ms = 1000;
  ErrorPolicy subject = policy(config);
  EXPECT_EQ(subject.backoff_ms(1), 300);
  EXPECT_EQ(subject.backoff_ms(2), 600);
  for (const int attempt : {3, 10, 62, 1000}) {
    const std::int64_t delay = subject.backoff_ms(attempt);
    EXPECT_GE(delay, 0);
    EXPECT_LT(delay, 1000);
  }
}

TEST_F(ErrorPolicyTest, TheTimeoutCountsFromTheBeginningOfTheFirstAttempt) {
  config::ErrorPolicyConfig config;
  config.retry_timeout_ms = 1000;
  base::ManualClock clock;
  ErrorPolicy subject({"c", 0}, config, nullptr, *group_, stop_, clock);
  int calls = 0;
  const auto status = subject.with_retry([&]() -> base::Status {
    ++calls;
    clock.advance(std::chrono::milliseconds(1000));  // a slow attempt leaves no time for another
    return retriable();
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(status.error().code(), Code::kRetry);
}

TEST_F(ErrorPolicyTest, AStopEndsTheRetriesAndGivesTheRecordNotUp) {
  config::ErrorPolicyConfig config;
  config.retry_timeout_ms = -1;
  ErrorPolicy subject = policy(config);
  int calls = 0;
  const auto status = subject.with_retry([&]() -> base::Status {
    if (++calls == 1) stop_.request();
    return retriable();
  });
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(status.error().code(), Code::kStopping);
}

TEST(FailureRatioTest, CountsWhatTheWindowHolds) {
  base::ManualClock clock;
  FailureRatio subject(10'000, clock);
  subject.came(100);
  subject.failed();
  clock.advance(std::chrono::seconds(5));
  subject.came(50);
  subject.failed();
  EXPECT_EQ(subject.count().records, 150);
  EXPECT_EQ(subject.count().failed, 2);
  clock.advance(std::chrono::seconds(5));  // the first hundred are ten seconds old
  EXPECT_EQ(subject.count().records, 50);
  EXPECT_EQ(subject.count().failed, 1);
  clock.advance(std::chrono::hours(1));
  EXPECT_EQ(subject.count().records, 0);
  EXPECT_EQ(subject.count().failed, 0);
}

}  // namespace
}  // namespace sluice::task
