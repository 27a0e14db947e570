#include "runtime/plugin/cpu_budget.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace sluice::plugin {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(CpuBudget, NoLimitNeverStands) {
  CpuBudget budget(0);
  EXPECT_FALSE(budget.limited());
  EXPECT_FALSE(budget.stands_still(0, 0));
  EXPECT_FALSE(budget.stands_still(10 * kMs, 1000 * kMs));
}

// A process that takes all it can get on one core gets its share of it over time.
TEST(CpuBudget, AProcessThatSpinsGetsItsShare) {
  CpuBudget budget(0.25);
  std::int64_t used = 0;
  bool still = false;
  for (std::int64_t now = 0; now <= 10'000 * kMs; now += 10 * kMs) {
    if (!still && now > 0) used += 10 * kMs;
    still = budget.stands_still(now, used);
  }
  EXPECT_NEAR(static_cast<double>(used) / static_cast<double>(10'000 * kMs), 0.25, 0.01);
}

TEST(CpuBudget, WhatIsSavedIsBounded) {
  CpuBudget budget(0.5);
  EXPECT_FALSE(budget.stands_still(0, 0));
  EXPECT_FALSE(budget.stands_still(60'000 * kMs, 0));  // idle for a minute: 50 ms saved
  EXPECT_FALSE(budget.stands_still(60'000 * kMs, 49 * kMs));
  EXPECT_TRUE(budget.stands_still(60'000 * kMs, 51 * kMs));
}

TEST(CpuBudget, ReadsTheTimeOfAProcess) {
  EXPECT_GT(process_cpu_ns(::getpid()), 0);
}

}  // namespace
}  // namespace sluice::plugin
