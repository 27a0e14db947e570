#include "runtime/metrics/registry.h"

#include <gtest/gtest.h>

#include <thread>

namespace sluice::metrics {
namespace {

using std::chrono::seconds;

class RegistryTest : public ::testing::Test {
 protected:
  bool has_line(const std::string& line) const {
    const std::string text = registry_.prometheus_text();
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
  }

  base::ManualClock clock_{1'000'000};
  Registry registry_{{30000, 2, {{"group-id", "g"}}}, clock_};
  const Tags task_{{"connector", "c\"1"}, {"task", "0"}};
};

TEST_F(RegistryTest, NamesAndLabelsFollowTheMapping) {
  auto group = registry_.group("source-task-metrics", task_);
  group->rate_and_total("source-record-poll").add(3);
  group->gauge("source-record-active-count").set(7);
  const std::string labels = R"({connector="c\"1",task="0",group_id="g"})";
  EXPECT_TRUE(has_line("kafka_connect_source_task_metrics_source_record_poll_total" + labels + " 3"));
  EXPECT_TRUE(has_line("kafka_connect_source_task_metrics_source_record_active_count" + labels + " 7"));
  EXPECT_TRUE(has_line("# TYPE kafka_connect_source_task_metrics_source_record_poll_total counter"));
  EXPECT_TRUE(has_line("# TYPE kafka_connect_source_task_metrics_source_record_poll_rate gauge"));
}

TEST_F(RegistryTest, TextsAreLabelsOfOneInfoGauge) {
  std::string status = "running";
  auto group = registry_.group("connector-metrics", {{"connector", "c"}});
  group->text("status", [&] { return status; });
  group->text("connector-type", [] { return "source"; });
  EXPECT_TRUE(has_line(
      R"(kafka_connect_connector_metrics_info{connector="c",group_id="g",status="running",connector_type="source"} 1)"));
  status = "failed";
  EXPECT_TRUE(has_line(
      R"(kafka_connect_connector_metrics_info{connector="c",group_id="g",status="failed",connector_type="source"} 1)"));
}

TEST_F(RegistryTest, RatesAreOverTheWindow) {
  auto group = registry_.group("g", {});
  Counter& counter = group->rate_and_total("x");
  const std::string name = "kafka_connect_g_x_rate{group_id=\"g\"} ";
  counter.add(300);
  EXPECT_TRUE(has_line(name + "10"));  // over at least one full sample
  clock_.advance(seconds(60));
  EXPECT_TRUE(has_line(name + "5"));
  clock_.advance(seconds(60));
  EXPECT_TRUE(has_line(name + "0"));
  counter.add(600);
  clock_.advance(seconds(60));
  EXPECT_TRUE(has_line(name + "10"));
  clock_.advance(seconds(600));  // nobody looked: the span reaches back to the last look
  counter.add(600);
  EXPECT_TRUE(has_line(name + "1"));
}

TEST_F(RegistryTest, MaximaAndAveragesForgetOldSamples) {
  auto group = registry_.group("g", {});
  WindowedStat& stat = group->max_and_avg("batch-size-max", "batch-size-avg");
  const std::string max = "kafka_connect_g_batch_size_max{group_id=\"g\"} ";
  const std::string avg = "kafka_connect_g_batch_size_avg{group_id=\"g\"} ";
  EXPECT_TRUE(has_line(max + "Nan"));
  stat.observe(-10);
  stat.observe(-20);
  EXPECT_TRUE(has_line(max + "-10"));
  EXPECT_TRUE(has_line(avg + "-15"));
  clock_.advance(seconds(31));
  stat.observe(-30);
  EXPECT_TRUE(has_line(max + "-10"));
  EXPECT_TRUE(has_line(avg + "-20"));
  clock_.advance(seconds(30));
  EXPECT_TRUE(has_line(max + "-30"));
  clock_.advance(seconds(60));
  EXPECT_TRUE(has_line(avg + "Nan"));
}

TEST_F(RegistryTest, GroupsDisappearWithTheirOwnerAndAreReplaced) {
  auto first = registry_.group("g", task_);
  first->counter("x").add(1);
  auto second = registry_.group("g", task_);
  second->counter("x").add(2);
  const std::string name = R"(kafka_connect_g_x{connector="c\"1",task="0",group_id="g"} )";
  EXPECT_TRUE(has_line(name + "2"));
  EXPECT_FALSE(has_line(name + "1"));
  first.reset();
  EXPECT_TRUE(has_line(name + "2"));
  second.reset();
  EXPECT_EQ(registry_.prometheus_text(), "");
}

TEST_F(RegistryTest, OneNameGivesOneSeries) {
  auto group = registry_.group("g", {});
  Counter& counter = group->counter("a.b");
  EXPECT_EQ(&group->counter("a.b"), &counter);
  group->counter("a-b").add(5);
  counter.add(1);
  EXPECT_TRUE(has_line("kafka_connect_g_a_b{group_id=\"g\"} 1"));
  EXPECT_FALSE(has_line("kafka_connect_g_a_b{group_id=\"g\"} 5"));
}

// A function given to a group may look at its owner, who is gone right after the group.
TEST_F(RegistryTest, NothingIsReadAfterTheGroupIsGone) {
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) (void)registry_.prometheus_text();
  });
  for (int i = 0; i < 2000; ++i) {
    auto state = std::make_unique<std::atomic<double>>(1.0);
    auto group = registry_.group("g", {{"connector", std::to_string(i % 3)}});
    group->value("v", [s = state.get()] { return s->load(); });
    group->text("t", [s = state.get()] { return std::to_string(s->load()); });
    group.reset();
    state.reset();
  }
  stop = true;
  reader.join();
}

TEST(JmxNames, AreThereOnlyOnDemandAndBesideTheOthers) {
  base::ManualClock clock{1'000'000};
  for (const bool wanted : {false, true}) {
    Registry registry({30000, 2, {}, wanted}, clock);
    const auto connector = registry.group("connector-metrics", {{"connector", "c"}});
    connector->text("status", [] { return std::string("running"); });
    connector->text("connector-class", [] { return std::string("org.X"); });
    const auto task = registry.group("connector-task-metrics", {{"connector", "c"}, {"task", "0"}});
    task->text("status", [] { return std::string("failed"); });
    task->gauge("batch-size-avg").set(5);
    const auto source = registry.group("source-task-metrics", {{"connector", "c"}, {"task", "0"}});
    source->rate_and_total("source-record-poll").add(3);
    const auto errors = registry.group("task-error-metrics", {{"connector", "c"}, {"task", "0"}});
    errors->counter("total-record-errors").add(2);
    const auto worker = registry.group("connect-worker-metrics", {});
    worker->value("task-startup-failure-total", [] { return 1.0; });
    const auto plugin = registry.group("plugin", {});
    plugin->gauge("x").set(1);

    const std::string text = "\n" + registry.prometheus_text();
    const auto has = [&](const std::string& line) { return text.find("\n" + line + "\n") != std::string::npos; };
    EXPECT_TRUE(has(R"(kafka_connect_source_task_metrics_source_record_poll_total{connector="c",task="0"} 3)"));
    for (const char* line : {
             R"(kafka_connect_connector_status{connector="c",status="running"} 1)",
             R"(kafka_connect_connector_connector_class{connector="c",connector_class="org.X"} 1)",
             R"(kafka_connect_connector_metrics{connector="c",status="running"} 1)",
             R"(kafka_connect_connector_task_status{connector="c",task="0",status="failed"} 1)",
             R"(kafka_connect_task_status{connector="c",task="0",status="failed"} 1)",
             R"(kafka_connect_connector_task_batch_size_avg{connector="c",task="0"} 5)",
             R"(kafka_connect_batch_size_avg{connector="c",task="0"} 5)",
             R"(kafka_connect_source_task_source_record_poll_total{connector="c",task="0"} 3)",
             R"(kafka_connect_source_record_poll_total{connector="c",task="0"} 3)",
             R"(# TYPE kafka_connect_source_record_poll_total counter)",
             R"(# TYPE kafka_connect_source_record_poll_rate gauge)",
             R"(kafka_connect_task_error_total_record_errors{connector="c",task="0"} 2)",
             R"(kafka_connect_worker_task_startup_failure_total 1)",
         })
      EXPECT_EQ(has(line), wanted) << line << text;
  }
}

}  // namespace
}  // namespace sluice::metrics
