// What a user would see of a source and a sink.

#include "tests/unit/task/task_flow.h"

#include <future>

namespace sluice::task {
namespace {

INSTANTIATE_TEST_SUITE_P(Isolation, TaskFlow, testing::Values("none", "process"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(TaskFlow, ASourceDeliversCommitsAndResumes) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "10"}});
  EXPECT_EQ(values_in("out", 10), numbers(0, 10));
  EXPECT_TRUE(eventually([&] { return stored_offset(R"({"line":0})") == R"({"n":10})"; }));
  EXPECT_TRUE(eventually([&] { return journal_count("commit") > 0; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(listener_.events(), (std::vector<std::string>{"RUNNING", "topic out", "UNASSIGNED"}));
  EXPECT_EQ(journal_count("delivered 9"), 1u);
  EXPECT_EQ(journal_lines().back(), "stop");

  runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "12"}});
  EXPECT_EQ(values_in("out", 12), numbers(0, 12));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("resume 10"), 1u);
}

TEST_P(TaskFlow, ARetriedPollLosesNothing) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"retry.at", "5"}});
  EXPECT_EQ(values_in("out", 10), numbers(0, 10));
  EXPECT_EQ(journal_count("retry"), 1u);
  EXPECT_TRUE(stop(runner));
}

TEST_P(TaskFlow, AFailingPollFailsTheTaskAfterItsRecordsAreSafe) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"fail.at", "6"}});
  EXPECT_NE(listener_.wait_for("FAILED").find("told to fail at 6"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  EXPECT_EQ(values_in("out", 6), numbers(0, 6));
  EXPECT_EQ(stored_offset(R"({"line":0})"), R"({"n":6})");
}

TEST_P(TaskFlow, AFailingStartIsToldAndTheInstanceIsNotStopped) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"fail.start", "true"}});
  EXPECT_NE(listener_.wait_for("FAILED").find("told to fail at start"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  EXPECT_EQ(journal_count("stop"), 0u);
}

TEST_P(TaskFlow, BrokenTopicCreationSettingsFailTheTask) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"topic.creation.default.partitions", "1"}});
  EXPECT_NE(listener_.wait_for("FAILED").find("topic.creation.default.replication.factor"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
}

TEST_P(TaskFlow, TopicsThatCannotBeCreatedAsWantedFailTheConnector) {
  const config::ConfigMap properties = {{"name", "flow"},
                                        {"connector.class", "ScriptedSource"},
                                        {"journal", journal().string()},
                                        {"topic", "out"},
                                        {"topic.creation.default.replication.factor", "0"},
                                        {"topic.creation.default.partitions", "1"}};
  RecordingConnectorListener listener;
  auto runner = make_connector_runner(
      worker_, must(config::ConnectorConfig::make(config::ConnectorKind::kSource, properties, *plugins_)), listener);
  std::promise<base::Result<ConnectorState>> reached;
  runner->start(ConnectorState::kStarted, [&](base::Result<ConnectorState> result) { reached.set_value(result); });
  const auto outcome = reached.get_future().get();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message(),
            "Invalid value 0 for configuration replication.factor: Replication factor must be positive and not larger "
            "than the number of brokers in the Kafka cluster, or -1 to use the broker's default");
  runner->request_stop();
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  ASSERT_FALSE(listener.events.empty());
  EXPECT_TRUE(listener.events[0].starts_with("FAILED org.apache.kafka.common.config.ConfigException: Invalid value 0"));
}

TEST_P(TaskFlow, TopicsAreToldAgainWhenTheyWereForgotten) {
  fill("in", 1);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  ASSERT_EQ(listener_.wait_for("topic"), "topic in");
  const auto told = [&] {
    const auto events = listener_.events();
    return std::count(events.begin(), events.end(), "topic in");
  };
  const auto before = told();
  listener_.forget_topics();
  fill("in", 1);
  EXPECT_TRUE(eventually([&] { return told() > before; }));
  EXPECT_TRUE(stop(runner));
}

TEST_P(TaskFlow, OffsetsThatCouldNotBeStoredGoWithTheNextWrite) {
  offsets_.fail_puts(2, base::Error(base::Code::kRetry, base::exceptions::kConnect, "the disk is full"));
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "4"}});
  EXPECT_TRUE(eventually([&] { return stored_offset(R"({"line":0})") == R"({"n":4})"; }));
  EXPECT_TRUE(stop(runner));
}

TEST_P(TaskFlow, APausedSourceDoesNotPoll) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "3"}}, true);
  EXPECT_EQ(listener_.wait_for("PAUSED"), "PAUSED");
  EXPECT_EQ(journal_count("start"), 0u);
  runner->set_paused(false);
  EXPECT_EQ(values_in("out", 3), numbers(0, 3));
  runner->set_paused(true);
  EXPECT_TRUE(eventually([&] {
    const auto events = listener_.events();
    return std::count(events.begin(), events.end(), "PAUSED") == 2;
  }));
  EXPECT_TRUE(stop(runner));
}

TEST_P(TaskFlow, AnAbandonedSourceDeliversNothingWhenItsBrokerComesBack) {
  auto runner = start(config::ConnectorKind::kSource, {{"topic", "out"}, {"count", "3"}}, true);
  EXPECT_EQ(listener_.wait_for("PAUSED"), "PAUSED");
  broker_->set_down(true);
  runner->set_paused(false);
  EXPECT_EQ(listener_.wait_for("topic out"), "topic out");  // its records are with the producer now
  runner->request_stop();
  EXPECT_FALSE(runner->await(Clock::now() + milliseconds(200)));  // waits for the broker
  runner->abandon();
  broker_->set_down(false);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  fill("out", 1);
  EXPECT_EQ(values_in("out", 1), numbers(0, 1));
  EXPECT_EQ(size_of("out"), 1);
  EXPECT_EQ(stored_offset(R"({"line":0})"), "");
}

TEST_P(TaskFlow, ASinkPutsAndCommits) {
  fill("in", 20);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 19") == 1; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("open 1"), 1u);
  EXPECT_EQ(journal_count("close 1"), 1u);
  // The group goes on where it was: nothing is put twice.
  runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  fill("in", 21);
  EXPECT_TRUE(eventually([&] { return journal_count("put 20") == 1; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("put 5"), 2u);  // once of each filling
}

TEST_P(TaskFlow, ASinkThatAsksForARetryGetsTheSameRecordsInOrder) {
  fill("in", 10);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"retry.times", "3"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 9") == 1; }));
  EXPECT_TRUE(stop(runner));
  EXPECT_EQ(journal_count("retry 0"), 3u);
  std::vector<std::string> puts;
  for (const std::string& line : journal_lines())
    if (line.starts_with("put ")) puts.push_back(line.substr(4));
  EXPECT_EQ(puts, numbers(0, 10));
}

TEST_P(TaskFlow, ASinkMayKeepABatchAndReleaseItOnAnotherThread) {
  fill("in", 50);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"keep", "true"}});
  EXPECT_TRUE(eventually([&] { return journal_count("kept 49") == 1; }));
  EXPECT_TRUE(stop(runner));
}

TEST_P(TaskFlow, ASinkThatHoldsOffsetsBackGetsItsRecordsAgain) {
  fill("in", 5);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"hold", "true"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 1; }));
  EXPECT_TRUE(stop(runner));
  runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 2; }));
  EXPECT_TRUE(stop(runner));
}

TEST_P(TaskFlow, AFailedPreCommitRewindsToTheLastCommittedOffsets) {
  fill("in", 5);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"fail.pre.commit", "true"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 2; }));
  EXPECT_EQ(journal_count("pre_commit fails"), 1u);
  EXPECT_TRUE(stop(runner));
}

TEST_P(TaskFlow, AFailingPutFailsTheTaskAndCommitsNothingOfThatBatch) {
  fill("in", 5);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"}, {"fail.at", "3"}});
  const std::string failure = listener_.wait_for("FAILED");
  EXPECT_NE(failure.find("Exiting WorkerSinkTask due to unrecoverable exception."), std::string::npos);
  EXPECT_NE(failure.find("told to fail at 3"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  runner = start(config::ConnectorKind::kSink, {{"topics", "in"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 4") == 1; }));
  EXPECT_EQ(journal_count("put 0"), 2u);
  EXPECT_TRUE(stop(runner));
}

}  // namespace
}  // namespace sluice::task
