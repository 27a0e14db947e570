// Whole tasks under limits of speed. How exact they are is rate_limiter_test's; here: that they hold, change while the
// task runs, and keep nobody from stopping.

#include "tests/unit/task/task_flow.h"

namespace sluice::task {
namespace {

class RateFlow : public TaskFlow {
 protected:
  std::shared_ptr<TaskRunner> start_limited(config::ConnectorKind kind, config::ConfigMap properties,
                                            const RateLimits& limits) {
    auto runner = start(kind, std::move(properties), true);
    EXPECT_EQ(listener_.wait_for("PAUSED"), "PAUSED");
    runner->set_limits(limits);
    began_ = Clock::now();
    runner->set_paused(false);
    return runner;
  }
  std::chrono::duration<double> elapsed() const { return Clock::now() - began_; }
  // As /metrics shows it; 0 where there is no task.
  double throttled_ms() {
    const std::string text = metrics_.prometheus_text();
    const std::string name = "\nkafka_connect_connector_task_metrics_throttle_time_ms_total{";
    const auto series = text.find(name);
    return series == std::string::npos ? 0 : std::stod(text.substr(text.find("} ", series) + 2));
  }

  Clock::time_point began_;
};

INSTANTIATE_TEST_SUITE_P(Isolation, RateFlow, testing::Values("none", "process"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(RateFlow, ASourceIsNotFasterThanItsLimitAndFollowsANewOne) {
  auto runner = start_limited(config::ConnectorKind::kSource,
                              {{"topic", "out"}, {"count", "100000"}, {"batch", "1000"}}, {500, 0});
  EXPECT_EQ(values_in("out", 500).empty(), false);
  EXPECT_GE(elapsed().count(), 0.7);  // at most a tenth of a second's records come early
  EXPECT_GT(throttled_ms(), 0);
  runner->set_limits({});  // at the former speed the rest would take minutes
  EXPECT_TRUE(eventually([&] { return size_of("out") == 100'000; }));
  EXPECT_TRUE(stop(runner));
}

TEST_P(RateFlow, BytesOfASourceAreLimitedToo) {
  auto runner =
      start_limited(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "300"}, {"batch", "50"}}, {0, 800});
  EXPECT_EQ(values_in("out", 300).size(), 300u);  // 790 bytes
  EXPECT_GE(elapsed().count(), 0.6);
  EXPECT_TRUE(stop(runner));
}

TEST_P(RateFlow, ASinkIsNotFasterThanItsLimitAndFollowsANewOne) {
  fill("in", 2000);
  auto runner = start_limited(config::ConnectorKind::kSink, {{"topics", "in"}}, {200, 0});
  EXPECT_TRUE(eventually([&] { return journal_count("put 199") == 1; }));
  EXPECT_GE(elapsed().count(), 0.7);
  runner->set_limits({0, 1});  // a byte a second: the partitions are held
  EXPECT_TRUE(eventually([&] { return throttled_ms() > 2000; }));
  EXPECT_EQ(journal_count("put 1999"), 0u);
  runner->set_limits({});
  EXPECT_TRUE(eventually([&] { return journal_count("put 1999") == 1; }));
  EXPECT_TRUE(stop(runner));
  std::vector<std::string> puts;
  for (const std::string& line : journal_lines())
    if (line.starts_with("put ")) puts.push_back(line.substr(4));
  EXPECT_EQ(puts, numbers(0, 2000));
}

TEST_P(RateFlow, WhatWaitsForItsLimitCanBePausedAndStopped) {
  fill("in", 50);
  for (const auto kind : {config::ConnectorKind::kSource, config::ConnectorKind::kSink}) {
    config::ConfigMap properties{{"count", "1000"}};
    properties.set(kind == config::ConnectorKind::kSource ? "topic" : "topics",
                   kind == config::ConnectorKind::kSource ? "out" : "in");
    const double before = throttled_ms();
    auto runner = start_limited(kind, properties, {0.001, 0});
    EXPECT_TRUE(eventually([&] { return throttled_ms() > before; }));
    const auto paused = [&] {
      const auto events = listener_.events();
      return std::count(events.begin(), events.end(), "PAUSED");
    };
    const auto paused_before = paused();
    runner->set_paused(true);
    EXPECT_TRUE(eventually([&] { return paused() > paused_before; }));
    runner->set_paused(false);
    EXPECT_TRUE(stop(runner));
  }
}

TEST_P(RateFlow, TasksOfTheSmallestBudgetMoveAll) {
  const std::string key = "sluice.task.queue.bytes.max";
  ASSERT_TRUE(broker_->create_topic("out", 1));  // before asking for its size would make it, with more partitions
  auto runner =
      start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "20000"}, {"batch", "500"}, {key, "1048576"}});
  EXPECT_TRUE(eventually([&] { return size_of("out") >= 20'000; })) << size_of("out");
  EXPECT_EQ(size_of("out"), 20'000);
  EXPECT_TRUE(stop(runner));
  runner = start(config::ConnectorKind::kSink, {{"topics", "out"}, {key, "1048576"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 19999") == 1; }));
  EXPECT_TRUE(stop(runner));
}

}  // namespace
}  // namespace sluice::task
