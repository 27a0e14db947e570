// Whole tasks whose records fail: what reaches the dead-letter queue, and when the task fails instead.

#include "tests/unit/task/task_flow.h"

namespace sluice::task {
namespace {

class DeadLetterFlow : public TaskFlow {
 protected:
  static config::ConfigMap with_queue(config::ConfigMap properties) {
    properties.set("errors.deadletterqueue.topic.name", "dead");
    properties.set("errors.deadletterqueue.topic.replication.factor", "1");
    properties.set("errors.deadletterqueue.context.headers.enable", "true");
    return properties;
  }
  // The headers but for the error's message and trace, which must be there and fit each other.
  static std::map<std::string, std::string> without_texts(std::map<std::string, std::string> headers) {
    const std::string message = headers["__connect.errors.exception.message"];
    EXPECT_FALSE(message.empty());
    EXPECT_TRUE(headers["__connect.errors.exception.stacktrace"].starts_with(
        headers["__connect.errors.exception.class.name"] + ": " + message));
    headers.erase("__connect.errors.exception.stacktrace");
    headers.erase("__connect.errors.exception.message");
    return headers;
  }
};

INSTANTIATE_TEST_SUITE_P(Isolation, DeadLetterFlow, testing::Values("none", "process"),
                         [](const auto& mode) { return std::string(mode.param); });

TEST_P(DeadLetterFlow, RecordsThatDoNotConvertGoToTheDeadLetterQueue) {
  fill("in", 4);  // "0" .. "3" are four bytes short of an integer
  auto runner =
      start(config::ConnectorKind::kSink, {{"topics", "in"},
                                           {"value.converter", "org.apache.kafka.connect.converters.IntegerConverter"},
                                           {"errors.tolerance", "all"},
                                           {"errors.deadletterqueue.topic.name", "dead"},
                                           {"errors.deadletterqueue.topic.replication.factor", "1"},
                                           {"errors.deadletterqueue.context.headers.enable", "true"}});
  EXPECT_EQ(values_in("dead", 4), numbers(0, 4));
  EXPECT_TRUE(stop(runner));
}

TEST_P(DeadLetterFlow, ErrantRecordsGoToTheDeadLetterQueue) {
  fill("in", 6);
  auto runner = start(config::ConnectorKind::kSink, {{"topics", "in"},
                                                     {"errant", "true"},
                                                     {"errors.tolerance", "all"},
                                                     {"errors.deadletterqueue.topic.name", "dead"},
                                                     {"errors.deadletterqueue.topic.replication.factor", "1"}});
  EXPECT_EQ(values_in("dead", 3), (std::vector<std::string>{"1", "3", "5"}));
  EXPECT_TRUE(stop(runner));
}

TEST_P(DeadLetterFlow, AQueuesRecordOfASinkTellsWhatWentWrong) {
  fill("in", 1);
  auto runner = start(config::ConnectorKind::kSink,
                      with_queue({{"topics", "in"},
                                  {"value.converter", "org.apache.kafka.connect.converters.IntegerConverter"},
                                  {"errors.tolerance", "all"}}));
  const auto records = records_in("dead", 1);
  ASSERT_EQ(records.size(), 1u);
  const auto headers = without_texts(records[0].headers);
  EXPECT_EQ(headers, (std::map<std::string, std::string>{
                         {"__connect.errors.topic", "in"},
                         {"__connect.errors.partition", "0"},
                         {"__connect.errors.offset", "0"},
                         {"__connect.errors.connector.name", "flow"},
                         {"__connect.errors.task.id", "0"},
                         {"__connect.errors.stage", "VALUE_CONVERTER"},
                         {"__connect.errors.class.name", "org.apache.kafka.connect.converters.IntegerConverter"},
                         {"__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"}}));
  EXPECT_TRUE(stop(runner));
}

TEST_P(DeadLetterFlow, ASourcesRecordsGoToTheQueueAsFarAsTheyGot) {
  auto runner = start(config::ConnectorKind::kSource,
                      with_queue({{"topic", "out"},
                                  {"count", "2"},
                                  {"value.converter", "org.apache.kafka.connect.converters.IntegerConverter"},
                                  {"errors.tolerance", "all"}}));
  const auto records = records_in("dead", 2);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].value, "\"0\"");
  EXPECT_EQ(records[1].value, "\"1\"");
  const auto headers = without_texts(records[1].headers);
  EXPECT_EQ(headers, (std::map<std::string, std::string>{
                         {"__sluice.errors.topic", "out"},
                         {"__sluice.errors.form", "json"},
                         {"__sluice.errors.source.partition", R"({"line":0})"},
                         {"__sluice.errors.source.offset", R"({"n":2})"},
                         {"__connect.errors.connector.name", "flow"},
                         {"__connect.errors.task.id", "0"},
                         {"__connect.errors.stage", "VALUE_CONVERTER"},
                         {"__connect.errors.class.name", "org.apache.kafka.connect.converters.IntegerConverter"},
                         {"__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"}}));
  EXPECT_TRUE(stop(runner));
}

TEST_P(DeadLetterFlow, WithoutToleranceTheRecordThatFailsASourceIsInTheQueue) {
  auto runner = start(
      config::ConnectorKind::kSource,
      with_queue({{"topic", "out"}, {"value.converter", "org.apache.kafka.connect.converters.IntegerConverter"}}));
  EXPECT_NE(listener_.wait_for("FAILED").find("Tolerance exceeded in error handler"), std::string::npos);
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  EXPECT_EQ(values_in("dead", 1), std::vector<std::string>{"\"0\""});
}

TEST_P(DeadLetterFlow, TheTaskFailsInsteadOfFillingTheQueue) {
  fill("in", 50);
  auto runner = start(config::ConnectorKind::kSink,
                      with_queue({{"topics", "in"},
                                  {"value.converter", "org.apache.kafka.connect.converters.IntegerConverter"},
                                  {"errors.tolerance", "all"},
                                  {"sluice.errors.deadletterqueue.max.ratio", "0.2"},
                                  {"sluice.errors.deadletterqueue.min.records", "10"},
                                  {"sluice.errors.deadletterqueue.window.ms", "3600000"}}));
  const std::string failure = listener_.wait_for("FAILED");
  EXPECT_NE(failure.find("sluice.errors.deadletterqueue.max.ratio=0.2"), std::string::npos) << failure;
  EXPECT_NE(failure.find("sluice.errors.deadletterqueue.window.ms=3600000"), std::string::npos) << failure;
  EXPECT_NE(failure.find("queue dead"), std::string::npos) << failure;
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  EXPECT_LT(size_of("dead"), 50);
  EXPECT_GT(size_of("dead"), 0);
}

TEST_P(DeadLetterFlow, ASourceFailsInsteadOfFillingTheQueue) {
  auto runner = start(config::ConnectorKind::kSource,
                      with_queue({{"topic", "out"},
                                  {"count", "1000"},
                                  {"value.converter", "org.apache.kafka.connect.converters.IntegerConverter"},
                                  {"errors.tolerance", "all"},
                                  {"sluice.errors.deadletterqueue.max.ratio", "0.5"},
                                  {"sluice.errors.deadletterqueue.min.records", "30"}}));
  const std::string failure = listener_.wait_for("FAILED");
  EXPECT_NE(failure.find("28 of the last 30 records failed"), std::string::npos) << failure;
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
  EXPECT_EQ(size_of("dead"), 27);  // the batch of the 28th is counted as a whole
}

TEST_P(DeadLetterFlow, ASinkMayWaitForItsReports) {
  fill("in", 4);
  auto runner =
      start(config::ConnectorKind::kSink,
            with_queue({{"topics", "in"}, {"errant", "true"}, {"errant.await", "true"}, {"errors.tolerance", "all"}}));
  EXPECT_TRUE(eventually([&] { return journal_count("awaited 3") == 1; }));
  EXPECT_EQ(size_of("dead"), 2);
  EXPECT_TRUE(stop(runner));
}

TEST_P(DeadLetterFlow, ARefusedReportFailsTheTaskAlsoWhereTheSinkGoesOn) {
  fill("in", 4);
  auto runner = start(config::ConnectorKind::kSink,
                      with_queue({{"topics", "in"}, {"errant", "true"}, {"errant.swallow", "true"}}));
  const std::string failure = listener_.wait_for("FAILED");
  EXPECT_NE(failure.find("Exiting WorkerSinkTask due to unrecoverable exception."), std::string::npos) << failure;
  EXPECT_NE(failure.find("Tolerance exceeded in error handler"), std::string::npos) << failure;
  EXPECT_NE(failure.find("odd 1"), std::string::npos) << failure;
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
}

TEST_P(DeadLetterFlow, AReportThatCannotBeWrittenFailsTheTask) {
  fill("in", 4);
  auto properties = with_queue({{"topics", "in"}, {"errant", "true"}, {"errors.tolerance", "all"}});
  broker_->fail_requests(0, 87, 100);  // produce: INVALID_RECORD
  auto runner = start(config::ConnectorKind::kSink, properties);
  const std::string failure = listener_.wait_for("FAILED");
  EXPECT_NE(failure.find("could not be written to the dead-letter queue"), std::string::npos) << failure;
  EXPECT_TRUE(runner->await(Clock::now() + kPatience));
}

TEST_P(DeadLetterFlow, LoggingErrorsIsEnoughForASinkToReport) {
  fill("in", 4);
  auto runner =
      start(config::ConnectorKind::kSink,
            {{"topics", "in"}, {"errant", "true"}, {"errors.tolerance", "all"}, {"errors.log.enable", "true"}});
  EXPECT_TRUE(eventually([&] { return journal_count("put 2") == 1 && journal_count("errant 3") == 1; }));
  EXPECT_TRUE(stop(runner));
}

}  // namespace
}  // namespace sluice::task
