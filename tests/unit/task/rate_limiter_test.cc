// Token buckets with a clock of our own: how much passes in a minute, and at once.

#include "runtime/task/rate_limiter.h"

#include <gtest/gtest.h>

namespace sluice::task {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

class RateLimiterTest : public testing::Test {
 protected:
  // Takes all it may, in portions of `most` at most, for so long; how many records that were.
  std::size_t move(std::chrono::seconds time, std::size_t record_bytes, std::size_t most = 256) {
    const std::int64_t end = clock_.monotonic_ns() + nanoseconds(time).count();
    std::size_t moved = 0;
    while (clock_.monotonic_ns() < end) {
      EXPECT_TRUE(limiter_.active());
      if (const std::int64_t wait = limiter_.wait_ns(); wait > 0) {
        // A task wakes up late, and to whole milliseconds.
        clock_.advance(std::chrono::ceil<milliseconds>(nanoseconds(wait)) + std::chrono::microseconds(300));
        continue;
      }
      const std::size_t records = std::min(limiter_.records_max(), most);
      limiter_.took(records, records * record_bytes);
      moved += records;
      portion_max_ = std::max(portion_max_, records);
      clock_.advance(std::chrono::microseconds(50));
    }
    return moved;
  }
  static void expect_within_two_percent(double moved, double wanted) { EXPECT_NEAR(moved, wanted, wanted * 0.02); }

  base::ManualClock clock_{1000};
  RateLimiter limiter_{clock_};
  std::size_t portion_max_ = 0;
};

TEST_F(RateLimiterTest, WithoutLimitsNothingIsActive) {
  EXPECT_FALSE(limiter_.active());
  limiter_.set_limits({10, 0});
  EXPECT_TRUE(limiter_.active());
  limiter_.set_limits({});
  EXPECT_FALSE(limiter_.active());
}

TEST_F(RateLimiterTest, RecordsOfAMinuteAreWithinTwoPercent) {
  for (const double rate : {3.0, 50.0, 1000.0, 33'333.0, 400'000.0}) {
    limiter_.set_limits({rate, 0});
    expect_within_two_percent(static_cast<double>(move(std::chrono::seconds(60), 100)), rate * 60);
  }
}

TEST_F(RateLimiterTest, BytesOfAMinuteAreWithinTwoPercent) {
  limiter_.set_limits({0, 1e6});
  for (const std::size_t bytes : {100u, 5000u}) {
    const double moved = static_cast<double>(move(std::chrono::seconds(60), bytes) * bytes);
    expect_within_two_percent(moved, 60e6);
  }
}

TEST_F(RateLimiterTest, TheLowerOfTwoLimitsCounts) {
  limiter_.set_limits({1000, 50'000});
  expect_within_two_percent(static_cast<double>(move(std::chrono::seconds(60), 100)), 500 * 60);
}

TEST_F(RateLimiterTest, ARecordLargerThanASecondsBytesPassesAndIsPaidFor) {
  limiter_.set_limits({0, 1000});
  ASSERT_TRUE(limiter_.active());
  clock_.advance(std::chrono::seconds(1));
  ASSERT_EQ(limiter_.wait_ns(), 0);
  EXPECT_EQ(limiter_.records_max(), 1u);
  limiter_.took(1, 10'000'000);
  EXPECT_NEAR(static_cast<double>(limiter_.wait_ns()) / 1e9, 10'000, 1);
}

TEST_F(RateLimiterTest, APauseIsMadeUpForByATenthOfASecondOnly) {
  limiter_.set_limits({10'000, 0});
  ASSERT_TRUE(limiter_.active());
  clock_.advance(std::chrono::hours(1));
  EXPECT_EQ(limiter_.records_max(), 1000u);
  limiter_.took(1000, 0);
  EXPECT_GT(limiter_.wait_ns(), 0);
}

TEST_F(RateLimiterTest, AChangeCountsAtOnce) {
  limiter_.set_limits({0.001, 0});
  ASSERT_TRUE(limiter_.active());
  limiter_.took(1, 0);
  EXPECT_GT(limiter_.wait_ns(), 1'000'000'000'000);
  limiter_.set_limits({1000, 0});
  ASSERT_TRUE(limiter_.active());
  EXPECT_LT(limiter_.wait_ns(), 100'000'000);
  expect_within_two_percent(static_cast<double>(move(std::chrono::seconds(60), 1)), 60'000);
}

}  // namespace
}  // namespace sluice::task
