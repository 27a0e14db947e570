#include "runtime/task/stop_signal.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <thread>

namespace sluice::task {
namespace {

using std::chrono::milliseconds;

TEST(StopSignal, IsSeenAsFlagSleepAndDescriptor) {
  StopSignal stop;
  pollfd waiting{stop.fd(), POLLIN, 0};
  EXPECT_FALSE(stop.requested());
  EXPECT_FALSE(stop.sleep_for(milliseconds(1)));
  EXPECT_EQ(::poll(&waiting, 1, 0), 0);
  stop.request();
  stop.request();
  EXPECT_TRUE(stop.requested());
  EXPECT_TRUE(stop.sleep_for(std::chrono::hours(1)));
  EXPECT_EQ(::poll(&waiting, 1, 0), 1);
}

TEST(StopSignal, ASleepEndsWhenAnotherThreadAsks) {
  StopSignal stop;
  std::thread asker([&] { stop.request(); });
  EXPECT_TRUE(stop.sleep_for(std::chrono::hours(1)));
  asker.join();
}

TEST(StopSignal, AWakeEndsOneSleepOnly) {
  StopSignal stop;
  stop.wake();
  EXPECT_FALSE(stop.sleep_for(std::chrono::hours(1)));
  EXPECT_FALSE(stop.sleep_for(milliseconds(1)));
}

}  // namespace
}  // namespace sluice::task
