#include "runtime/herder/worker_metrics.h"

#include <gtest/gtest.h>

#include "runtime/herder/rebalance_metrics.h"

namespace sluice::herder {
namespace {

class WorkerMetricsTest : public ::testing::Test {
 protected:
  bool has(const std::string& line) const {
    return ("\n" + registry_.prometheus_text()).find("\nkafka_connect_" + line + "\n") != std::string::npos;
  }
  base::ManualClock clock_{1'000'000};
  metrics::Registry registry_{{}, clock_};
  MemoryStatusBook statuses_;
};

TEST_F(WorkerMetricsTest, TasksAreCountedByState) {
  WorkerMetrics metrics(&registry_, statuses_);
  for (const int task : {0, 1, 2}) metrics.task_starts({"c", task});
  statuses_.put_task({"c", 0}, state::kRunning);
  statuses_.put_task({"c", 1}, state::kFailed);
  EXPECT_TRUE(has("connect_worker_metrics_task_count 3"));
  EXPECT_TRUE(has(R"(connect_worker_metrics_connector_total_task_count{connector="c"} 3)"));
  EXPECT_TRUE(has(R"(connect_worker_metrics_connector_running_task_count{connector="c"} 1)"));
  EXPECT_TRUE(has(R"(connect_worker_metrics_connector_failed_task_count{connector="c"} 1)"));
  EXPECT_TRUE(has(R"(connect_worker_metrics_connector_unassigned_task_count{connector="c"} 1)"));
  EXPECT_TRUE(has(R"(connect_worker_metrics_connector_paused_task_count{connector="c"} 0)"));
}

TEST_F(WorkerMetricsTest, CountsGoWithTheLastTaskAndRestartsStay) {
  WorkerMetrics metrics(&registry_, statuses_);
  metrics.task_starts({"c", 0});
  EXPECT_TRUE(has(R"(connector_restart_metrics_task_restart_total{connector="c"} 0)"));
  metrics.task_gone({"c", 0});
  EXPECT_EQ(registry_.prometheus_text().find("connector_total_task_count"), std::string::npos);
  metrics.task_starts({"c", 0});
  metrics.task_starts({"c", 1});
  EXPECT_TRUE(has(R"(connector_restart_metrics_task_restart_total{connector="c"} 1)"));
  EXPECT_TRUE(has(R"(connect_worker_metrics_connector_total_task_count{connector="c"} 2)"));
  metrics.connector_starts("c");
  EXPECT_TRUE(has("connect_worker_metrics_connector_count 1"));
  metrics.connector_gone("c", false);  // the instance alone
  EXPECT_TRUE(has("connect_worker_metrics_connector_count 0"));
  EXPECT_TRUE(has("connect_worker_metrics_task_count 2"));
  metrics.connector_gone("c", true);
  EXPECT_TRUE(has("connect_worker_metrics_task_count 0"));
  EXPECT_EQ(registry_.prometheus_text().find("connector_total_task_count"), std::string::npos);
}

TEST_F(WorkerMetricsTest, RebalancesAreTimed) {
  RebalanceMetrics metrics(&registry_, clock_);
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_rebalancing 0"));
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_time_since_last_rebalance_ms +Inf"));
  metrics.began();
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_rebalancing 1"));
  clock_.advance(std::chrono::milliseconds(150));
  metrics.began();  // a second join of the same rebalance
  clock_.advance(std::chrono::milliseconds(100));
  metrics.completed({7, "http://leader:8083/", "SESSIONED", 2, 5});
  clock_.advance(std::chrono::seconds(3));
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_rebalancing 0"));
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_epoch 7"));
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_completed_rebalances_total 1"));
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_rebalance_max_time_ms 250"));
  EXPECT_TRUE(has("connect_worker_rebalance_metrics_time_since_last_rebalance_ms 3000"));
  EXPECT_TRUE(has(
      R"(connect_worker_rebalance_metrics_info{connect_protocol="SESSIONED",leader_name="http://leader:8083/"} 1)"));
  EXPECT_TRUE(has("connect_coordinator_metrics_assigned_connectors 2"));
  EXPECT_TRUE(has("connect_coordinator_metrics_assigned_tasks 5"));
  EXPECT_TRUE(has("connect_coordinator_metrics_last_rebalance_seconds_ago 3"));
}

}  // namespace
}  // namespace sluice::herder
