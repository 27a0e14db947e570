#include "runtime/herder/command_loop.h"

#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "runtime/herder/operation_queue.h"
#include "runtime/herder/reply.h"
#include "runtime/herder/work_pool.h"

namespace sluice::herder {
namespace {

using namespace std::chrono_literals;

std::chrono::steady_clock::time_point in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

// Runs `command` on the loop and waits for it.
template <typename F>
void on_loop(CommandLoop& loop, F command) {
  std::promise<void> done;
  loop.post([&] {
    command();
    done.set_value();
  });
  done.get_future().wait();
}

TEST(Stage, SpeaksAsConnectDoes) {
  base::ManualClock clock(1729862130123);
  StageTracker stage(clock);
  EXPECT_EQ(stage.summary(), std::nullopt);
  EXPECT_EQ(request_timed_out(stage).message(), "Request timed out");
  stage.begin("stopping connector x");
  EXPECT_EQ(
      request_timed_out(stage).message(),
      "Request timed out. The worker is currently stopping connector x, which began at 2024-10-25T13:15:30.123Z.");
  clock.advance(877ms);
  stage.end();
  EXPECT_EQ(stage.summary(),
            "The last operation the worker completed was stopping connector x, which began at "
            "2024-10-25T13:15:30.123Z and completed at 2024-10-25T13:15:31Z.");
  EXPECT_EQ(iso_instant(-1), "1969-12-31T23:59:59.999Z");
}

TEST(Reply, FirstAnswerCounts) {
  Awaited<int> answer(base::system_clock());
  {
    const auto reply = answer.reply();
    reply.complete(1);
    reply.complete(2);
  }
  EXPECT_EQ(answer.wait(in(0ms)).value(), 1);
}

TEST(Reply, DroppedRequestIsAnswered) {
  Awaited<int> answer(base::system_clock());
  answer.reply();
  EXPECT_EQ(answer.wait(in(10s)).error().message(), "Worker is shutting down");
}

TEST(Reply, DeadlinePassesWithTheStage) {
  Awaited<int> answer(base::system_clock());
  const auto reply = answer.reply();
  reply.stage("thinking");
  const auto result = answer.wait(in(1ms));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), base::Code::kTimeout);
  EXPECT_EQ(result.error().message().find("Request timed out. The worker is currently thinking, which began at "), 0u);
}

TEST(CommandLoop, RunsInOrderAndTimersWhenDue) {
  CommandLoop loop(base::system_clock());
  loop.start();
  std::vector<int> order;
  std::promise<void> done;
  loop.after(20ms, [&] {
    order.push_back(3);
    done.set_value();
  });
  EXPECT_TRUE(loop.request("one", [&] { order.push_back(1); }));
  loop.post([&] { order.push_back(2); });
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_NE(loop.stages().summary()->find("one"), std::string::npos);
}

TEST(CommandLoop, BoundsRequestsAndNeverResults) {
  CommandLoop loop(base::system_clock());
  loop.start();
  std::promise<void> go;
  std::promise<void> begun;
  loop.post([&, wait = go.get_future().share()] {
    begun.set_value();
    wait.wait();
  });
  begun.get_future().wait();
  std::size_t accepted = 0;
  while (accepted < 2 * CommandLoop::kRequestsMax && loop.request("r", [] {})) ++accepted;
  EXPECT_EQ(accepted, CommandLoop::kRequestsMax);
  bool result_ran = false;
  loop.post([&] { result_ran = true; });
  go.set_value();
  on_loop(loop, [] {});
  EXPECT_TRUE(result_ran);
}

TEST(CommandLoop, WhatIsQueuedAtTheEndIsAnswered) {
  CommandLoop loop(base::system_clock());
  loop.start();
  Awaited<int> answer(base::system_clock());
  loop.after(1h, [reply = answer.reply()] { reply.complete(1); });
  loop.stop();
  EXPECT_EQ(answer.wait(in(10s)).error().message(), "Worker is shutting down");
  EXPECT_FALSE(loop.request("late", [] {}));
  EXPECT_TRUE(loop.stopped());
}

TEST(OperationQueue, OneAfterAnotherForAConnectorAndNotForTwo) {
  const auto loop = std::make_shared<CommandLoop>(base::system_clock());
  OperationQueue queue(loop, 1h, [](const std::string&) {});
  loop->start();
  std::vector<std::string> begun;
  Turn held;
  on_loop(*loop, [&] {
    queue.enqueue("a", [&](Turn turn) {
      begun.push_back("a1");
      held = std::move(turn);
    });
    queue.enqueue("a", [&](const Turn&) { begun.push_back("a2"); });
    queue.enqueue("b", [&](const Turn&) { begun.push_back("b1"); });
  });
  on_loop(*loop, [] {});
  EXPECT_EQ(begun, (std::vector<std::string>{"a1", "b1"}));
  held.reset();
  on_loop(*loop, [] {});
  on_loop(*loop, [] {});
  EXPECT_EQ(begun, (std::vector<std::string>{"a1", "b1", "a2"}));
  on_loop(*loop, [&] { EXPECT_TRUE(queue.idle()); });
  loop->stop();
}

TEST(OperationQueue, AsksToInterruptOnlyWhenSomebodyWaits) {
  const auto loop = std::make_shared<CommandLoop>(base::system_clock());
  Turn held;
  std::promise<std::string> interrupted;
  OperationQueue queue(loop, 1ms, [&](const std::string& connector) {
    if (held.use_count() > 0) interrupted.set_value(connector);
    held.reset();
  });
  loop->start();
  on_loop(*loop, [&] { queue.enqueue("hung", [&](Turn turn) { held = std::move(turn); }); });
  auto asked = interrupted.get_future();
  EXPECT_EQ(asked.wait_for(20ms), std::future_status::timeout);
  std::promise<void> next;
  on_loop(*loop, [&] { queue.enqueue("hung", [&](const Turn&) { next.set_value(); }); });
  EXPECT_EQ(asked.get(), "hung");
  next.get_future().wait();
  loop->stop();
}

TEST(WorkPool, HungWorkKeepsOnlyItsThread) {
  std::promise<void> release;
  const auto hang = release.get_future().share();
  {
    WorkPool pool("test", 2, 10);
    ASSERT_TRUE(pool.submit([hang] { hang.wait(); }));
    std::promise<int> done;
    ASSERT_TRUE(pool.submit([&] { done.set_value(7); }));
    EXPECT_EQ(done.get_future().get(), 7);
    EXPECT_FALSE(pool.stop(in(1ms)));
    EXPECT_FALSE(pool.submit([] {}));
  }
  release.set_value();
}

TEST(WorkPool, RefusesWhatDoesNotFit) {
  std::promise<void> release;
  const auto hang = release.get_future().share();
  WorkPool pool("test", 1, 1);
  std::promise<void> begun;
  ASSERT_TRUE(pool.submit([&, hang] {
    begun.set_value();
    hang.wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  release.set_value();
  EXPECT_TRUE(pool.stop(in(10s)));
}

}  // namespace
}  // namespace sluice::herder
