// What health makes of progress, what the watch does about it, and when a failed part is restarted: on a manual clock.

#include <gtest/gtest.h>

#include "runtime/herder/health_book.h"
#include "runtime/herder/self_healing.h"
#include "runtime/herder/task_watch.h"

namespace sluice::herder {
namespace {

using plugin::Callback;
using namespace std::chrono_literals;

class HealthTest : public testing::Test {
 protected:
  HealthTest() {
    statuses_.set_observer([this](const base::TaskId& id, const StateInfo& state) {
      book_.note(id, state.state, state.worker_id, state.trace);
    });
    statuses_.set_worker_id("w:1");
    statuses_.put_connector("c", state::kRunning);
    clock_.advance(std::chrono::hours(1));
  }
  void run_task() {
    book_.watch(kTask, progress_);
    progress_->set_phase(task::Phase::kRunning);
    progress_->beat();
    statuses_.put_task(kTask, state::kRunning);
  }
  std::string codes(const std::vector<HealthReason>& reasons) const {
    std::string text;
    for (const auto& reason : reasons) text += reason.code + " ";
    return text;
  }
  ConnectorHealth health() const { return book_.health(*statuses_.connector("c")); }
  std::string task_codes() const { return codes(health().tasks.at(0).reasons); }
  std::string task_state() const { return statuses_.task(kTask)->state.state; }

  const base::TaskId kTask{"c", 0};
  base::ManualClock clock_;
  HealthBook book_{clock_};
  MemoryStatusBook statuses_;
  std::shared_ptr<task::TaskProgress> progress_ = std::make_shared<task::TaskProgress>(clock_);
};

TEST_F(HealthTest, AConnectorThatRunsWithoutTasksIsDegraded) {
  EXPECT_EQ(codes(health().connector.reasons), "NO_TASKS ");
  EXPECT_EQ(health().level, HealthLevel::kDegraded);
  run_task();
  EXPECT_EQ(health().level, HealthLevel::kHealthy);
}

TEST_F(HealthTest, ACallThatDoesNotReturnIsSeenWithinFiveSeconds) {
  run_task();
  progress_->entered(Callback::kPut);
  clock_.advance(3900ms);
  EXPECT_EQ(task_codes(), "");
  clock_.advance(200ms);
  EXPECT_EQ(task_codes(), "CALLBACK_LONG ");
  EXPECT_EQ(health().tasks[0].reasons[0].text, "put() of the plugin has not returned for 4 s");
  progress_->left();
  EXPECT_EQ(task_codes(), "");
  clock_.advance(4s);
  EXPECT_EQ(task_codes(), "STALLED ");
  progress_->beat();
  EXPECT_EQ(task_codes(), "");
}

TEST_F(HealthTest, AStartThatHangsIsThereBeforeAnyStatus) {
  book_.watch(kTask, progress_);
  progress_->set_phase(task::Phase::kStarting);
  progress_->entered(Callback::kStart);
  clock_.advance(5s);
  const auto now = health();
  ASSERT_EQ(now.tasks.size(), 1u);
  EXPECT_EQ(now.tasks[0].state.state, "UNASSIGNED");
  EXPECT_EQ(codes(now.tasks[0].reasons), "UNASSIGNED CALLBACK_LONG ");
}

TEST_F(HealthTest, RecordsThatKafkaDoesNotAcknowledge) {
  run_task();
  progress_->outstanding(7);
  for (int i = 0; i < 3; ++i) {
    clock_.advance(1s);
    progress_->beat();
  }
  EXPECT_EQ(task_codes(), "");
  clock_.advance(1s);
  EXPECT_EQ(task_codes(), "NO_ACKNOWLEDGEMENT ");
  progress_->acknowledged();
  EXPECT_EQ(task_codes(), "");
  progress_->outstanding(0);
  clock_.advance(1h);
  progress_->beat();
  EXPECT_EQ(task_codes(), "");
}

TEST_F(HealthTest, RetriesAndCommitsThatFail) {
  run_task();
  progress_->retried("no disk");
  progress_->commit_failed();
  clock_.advance(4s);
  progress_->beat();
  EXPECT_EQ(task_codes(), "RETRYING COMMITS_FAIL ");
  EXPECT_EQ(health().tasks[0].reasons[0].text, "the plugin has been asking for retries for 4 s: no disk");
  progress_->took_records(3);
  progress_->committed();
  EXPECT_EQ(task_codes(), "");
  EXPECT_EQ(health().tasks[0].progress->records, 3u);
}

TEST_F(HealthTest, HistoryKeepsCausesAndIsBounded) {
  statuses_.put_task(kTask, state::kRunning);
  statuses_.put_task(kTask, state::kRunning);
  statuses_.put_task(kTask, state::kFailed, "why");
  const auto events = book_.history("c");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].task, -1);
  EXPECT_EQ(events[2].state, "FAILED");
  EXPECT_EQ(events[2].cause, "why");
  EXPECT_EQ(events[2].worker_id, "w:1");
  for (int i = 0; i < 500; ++i) statuses_.put_task(kTask, state::kFailed, std::to_string(i));
  EXPECT_EQ(book_.history("c").size(), HealthBook::kEventsMax);
  EXPECT_EQ(book_.history("c").back().cause, "499");
  book_.forget("c");
  EXPECT_TRUE(book_.history("c").empty());
}

class TaskWatchTest : public HealthTest {
 protected:
  std::string failure_;
  int came_back_ = 0;
  TaskWatch watch_{book_,
                   statuses_,
                   clock_,
                   60s,
                   {.failed = [this](const base::TaskId&, const base::Error& error) { failure_ = error.message(); },
                    .came_back = [this](const base::TaskId&) { ++came_back_; }}};
};

TEST_F(TaskWatchTest, AHungCallFailsTheTaskUntilItComesBack) {
  run_task();
  progress_->entered(Callback::kPoll);
  clock_.advance(59s);
  watch_.check();
  EXPECT_EQ(task_state(), "RUNNING");
  clock_.advance(1s);
  watch_.check();
  EXPECT_EQ(task_state(), "FAILED");
  EXPECT_EQ(failure_,
            "poll() of the plugin of task c-0 has not returned for 60000 ms; it may for 60000 ms "
            "(sluice.task.hang.timeout.ms)");
  clock_.advance(1s);
  watch_.check();
  EXPECT_EQ(came_back_, 0);
  progress_->left();
  watch_.check();
  EXPECT_EQ(task_state(), "RUNNING");
  EXPECT_EQ(came_back_, 1);
}

TEST_F(TaskWatchTest, WhatHasFailedMeanwhileStaysFailed) {
  run_task();
  progress_->entered(Callback::kPoll);
  clock_.advance(60s);
  watch_.check();
  progress_->left();
  statuses_.put_task(kTask, state::kFailed, "its own cause");
  progress_->set_told();
  watch_.check();
  EXPECT_EQ(task_state(), "FAILED");
  EXPECT_EQ(came_back_, 0);
}

TEST_F(TaskWatchTest, AThreadThatEndedWithoutAWordIsFailedOnce) {
  run_task();
  progress_->set_phase(task::Phase::kEnded);
  EXPECT_EQ(task_codes(), "ENDED ");
  watch_.check();
  EXPECT_EQ(task_state(), "FAILED");
  EXPECT_EQ(failure_, "The task's thread ended without a word");
  failure_.clear();
  watch_.check();
  EXPECT_EQ(failure_, "");
}

TEST_F(TaskWatchTest, AFailedTaskMayTakeItsTimeToCleanUp) {
  run_task();
  statuses_.put_task(kTask, state::kFailed, "cause");
  progress_->set_told();
  progress_->entered(Callback::kStop);
  clock_.advance(1h);
  watch_.check();
  EXPECT_EQ(statuses_.task(kTask)->state.trace, "cause");
}

TEST(RestartBackoff, DoublesUpToTheLongestAndEndsWithTheWindow) {
  const RestartOptions options{true, 1s, 10s, 60s};
  RestartBackoff backoff;
  EXPECT_EQ(backoff.next(options, 0, 0.5), 1000);
  EXPECT_EQ(backoff.next(options, 1000, 0.5), 2000);
  EXPECT_EQ(backoff.next(options, 3000, 0.5), 4000);
  EXPECT_EQ(backoff.next(options, 7000, 0.5), 8000);
  EXPECT_EQ(backoff.next(options, 15'000, 0.5), 10'000);
  EXPECT_EQ(backoff.next(options, 60'000, 0.5), 10'000);
  EXPECT_EQ(backoff.next(options, 60'001, 0.5), std::nullopt);
  EXPECT_EQ(backoff.count(), 6u);
}

TEST(RestartBackoff, BeginsAnewAfterItRanForLong) {
  const RestartOptions options{true, 1s, 10s, 60s};
  RestartBackoff backoff;
  backoff.next(options, 0, 0.5);
  backoff.running(1000);
  EXPECT_EQ(backoff.next(options, 10'999, 0.5), 2000);  // ran for less than the longest delay
  backoff.running(13'000);
  EXPECT_EQ(backoff.next(options, 23'000, 0.5), 1000);
  EXPECT_EQ(backoff.count(), 1u);
}

TEST(RestartBackoff, JitterIsAFifth) {
  const RestartOptions options{true, 10s, 10s, 60s};
  RestartBackoff backoff;
  EXPECT_EQ(backoff.next(options, 0, 0.0), 8000);
  EXPECT_GE(backoff.next(options, 0, 0.999).value_or(0), 11'990);
}

TEST(SelfHealing, HealsWhatMayPassOnly) {
  const auto error = [](base::Code code) { return base::Error(code, base::exceptions::kConnect, "x"); };
  EXPECT_TRUE(may_heal(error(base::Code::kFatal)));
  EXPECT_TRUE(may_heal(error(base::Code::kNoMemory)));
  EXPECT_TRUE(may_heal(error(base::Code::kTimeout)));
  EXPECT_FALSE(may_heal(error(base::Code::kInvalidConfig)));
  EXPECT_FALSE(may_heal(error(base::Code::kFatal).with_cause(error(base::Code::kBadRecord))));
  EXPECT_TRUE(may_heal(error(base::Code::kFatal).with_cause(error(base::Code::kRetry))));
}

}  // namespace
}  // namespace sluice::herder
