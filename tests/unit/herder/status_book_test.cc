#include "runtime/herder/status_book.h"

#include <gtest/gtest.h>

#include "runtime/herder/restart_plan.h"

namespace sluice::herder {
namespace {

void fill(MemoryStatusBook& book) {
  book.set_worker_id("host:8083");
  book.set_type("c", ConnectorType::kSink);
  book.set_connector_version("c", "1.0");
  book.put_connector("c", state::kRunning);
  for (int i = 0; i < 2; ++i) {
    book.set_task_version({"c", i}, "1.0");
    book.put_task({"c", i}, state::kRunning);
  }
}

TEST(StatusBook, NothingBeforeTheFirstStatus) {
  MemoryStatusBook book;
  book.set_type("c", ConnectorType::kSource);
  EXPECT_FALSE(book.connector("c"));
  EXPECT_FALSE(book.task({"c", 0}));
}

TEST(StatusBook, ShowsWhoRunsWhat) {
  MemoryStatusBook book;
  fill(book);
  const auto info = book.connector("c");
  ASSERT_TRUE(info);
  EXPECT_EQ(info->connector.state, "RUNNING");
  EXPECT_EQ(info->connector.worker_id, "host:8083");
  EXPECT_EQ(info->connector.version, "1.0");
  EXPECT_EQ(info->type, ConnectorType::kSink);
  ASSERT_EQ(info->tasks.size(), 2u);
  EXPECT_EQ(info->tasks[1].id, 1);
  book.put_task({"c", 1}, state::kFailed, "trace");
  EXPECT_EQ(book.task({"c", 1})->state.trace, "trace");
  EXPECT_EQ(book.task({"c", 1})->state.version, "1.0");
}

TEST(StatusBook, LateWordsBringNothingBack) {
  MemoryStatusBook book;
  fill(book);
  book.remove_task({"c", 1});
  book.task_ended({"c", 1});
  EXPECT_FALSE(book.task({"c", 1}));
  book.remove_connector("c");
  book.task_ended({"c", 0});
  book.connector_ended("c");
  EXPECT_FALSE(book.connector("c"));
}

TEST(StatusBook, TopicsOutliveTheirConnector) {
  MemoryStatusBook book;
  fill(book);
  book.add_topic({"c", 0}, "b");
  book.add_topic({"c", 0}, "a");
  book.add_topic({"c", 0}, "a");
  book.remove_connector("c");
  EXPECT_EQ(book.topics("c"), (std::vector<std::string>{"a", "b"}));
  const auto generation = book.topics_generation();
  book.reset_topics("c");
  EXPECT_TRUE(book.topics("c").empty());
  EXPECT_GT(book.topics_generation(), generation) << "tasks tell again what they use";
}

TEST(RestartPlan, ConcernsWhatWasAskedFor) {
  MemoryStatusBook book;
  fill(book);
  book.put_task({"c", 1}, state::kFailed, "trace");
  const auto status = *book.connector("c");

  const auto all = make_restart_plan({"c", true, false}, status);
  EXPECT_TRUE(all.connector);
  EXPECT_EQ(all.tasks.size(), 2u);
  EXPECT_EQ(all.outcome.connector.state, "RESTARTING");
  EXPECT_EQ(all.outcome.tasks[0].state.state, "RESTARTING");

  const auto failed = make_restart_plan({"c", true, true}, status);
  EXPECT_FALSE(failed.connector);
  EXPECT_EQ(failed.tasks, (std::vector<base::TaskId>{{"c", 1}}));
  EXPECT_EQ(failed.outcome.connector.state, "RUNNING");
  EXPECT_EQ(failed.outcome.tasks[0].state.state, "RUNNING");
  EXPECT_EQ(failed.outcome.tasks[1].state.state, "RESTARTING");

  const auto connector_only = make_restart_plan({"c", false, false}, status);
  EXPECT_TRUE(connector_only.connector);
  EXPECT_TRUE(connector_only.tasks.empty());
  EXPECT_EQ(connector_only.outcome.tasks[1].state.state, "FAILED");
}

}  // namespace
}  // namespace sluice::herder
