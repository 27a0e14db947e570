#include "runtime/store/kafka_config_store.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "runtime/store/config_records.h"
#include "tests/unit/store/cluster_store_test.h"
#include "tests/unit/store/internal_topic_records.h"

namespace sluice::store {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Notes the calls as texts.
class Notes final : public ConfigListener {
 public:
  void on_connector_updated(const std::string& name) override { note("updated " + name); }
  void on_connector_removed(const std::string& name) override { note("removed " + name); }
  void on_tasks_updated(const std::string& name) override { note("tasks " + name); }
  void on_target_state_changed(const std::string& name) override { note("target " + name); }
  void on_session_key(const SessionKey& key) override { note("key " + key.key); }
  void on_restart_request(const StoredRestartRequest& request) override { note("restart " + request.connector); }
  void on_logger_level(const std::string& logger, const std::string& level) override {
    note("logger " + logger + " " + level);
  }
  void on_anomaly(const std::string& text) override { note("anomaly " + text); }

  std::vector<std::string> all() {
    std::lock_guard lock(mutex_);
    return all_;
  }
  bool wait_for(const std::string& beginning) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] {
      return std::any_of(all_.begin(), all_.end(), [&](const auto& text) { return text.starts_with(beginning); });
    });
  }

 private:
  void note(std::string text) {
    std::lock_guard lock(mutex_);
    all_.push_back(std::move(text));
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

class KafkaConfigStoreTest : public ClusterStoreTest {
 protected:
  std::unique_ptr<ConfigStore> store(const std::map<std::string, std::string>& more = {}) {
    auto made = make_kafka_config_store(worker(more), address(), base::system_clock());
    EXPECT_TRUE(made) << made.error().to_string();
    return std::move(*made);
  }
  std::unique_ptr<ConfigStore> started(Notes& notes, const std::map<std::string, std::string>& more = {}) {
    auto result = store(more);
    const auto status = result->start(notes);
    EXPECT_TRUE(status) << status.error().to_string();
    return result;
  }
  template <typename Put>
  static base::Status wait(Put&& put) {
    Outcome outcome;
    put(outcome.done());
    return outcome.wait();
  }
};
SLUICE_BROKER_TESTS(KafkaConfigStoreTest);

const config::ConfigMap kConfig{{"name", "c"}, {"connector.class", "X"}, {"tasks.max", "2"}};

TEST_P(KafkaConfigStoreTest, EverythingIsWrittenReadAndTold) {
  Notes notes, other_notes;
  auto leader = started(notes);
  auto follower = started(other_notes);
  const auto created = wait([&](auto done) { leader->put_connector("c", kConfig, TargetState::kPaused, done); });
  ASSERT_TRUE(created) << created.error().to_string();
  // The writer's own snapshot has it at once.
  ASSERT_NE(leader->snapshot()->find("c"), nullptr);
  EXPECT_EQ(leader->snapshot()->find("c")->config, kConfig);
  EXPECT_EQ(leader->snapshot()->find("c")->target, TargetState::kPaused);
  ASSERT_TRUE(wait([&](auto done) { leader->put_tasks("c", {{{"a", "1"}}, {{"a", "2"}}}, done); }));
  ASSERT_EQ(leader->snapshot()->find("c")->tasks.size(), 2U);
  EXPECT_EQ(leader->snapshot()->find("c")->tasks[1].get_or("a", ""), "2");
  ASSERT_TRUE(wait([&](auto done) { leader->put_task_count("c", 2, done); }));
  EXPECT_FALSE(leader->snapshot()->find("c")->pending_fencing);
  ASSERT_TRUE(wait([&](auto done) { leader->put_session_key({"secret", "HmacSHA256", 5}, done); }));
  EXPECT_EQ(leader->snapshot()->session_key->key, "secret");
  ASSERT_TRUE(wait([&](auto done) { leader->put_restart_request({"c", true, false}, done); }));
  ASSERT_TRUE(wait([&](auto done) { leader->claim_write_privileges(done); }));
  // Any worker's.
  ASSERT_TRUE(wait([&](auto done) { follower->put_target_state("c", TargetState::kStarted, done); }));
  ASSERT_TRUE(wait([&](auto done) { follower->put_logger_level("org.x", "debug", done); }));
  ASSERT_TRUE(wait([&](auto done) { follower->refresh(30s, done); }));
  EXPECT_EQ(follower->snapshot()->find("c")->target, TargetState::kStarted);
  ASSERT_TRUE(wait([&](auto done) { leader->remove_connector("c", done); }));
  EXPECT_EQ(leader->snapshot()->find("c"), nullptr);
  ASSERT_TRUE(wait([&](auto done) { follower->refresh(30s, done); }));
  const auto expected =
      ElementsAre("updated c", "tasks c", "key secret", "restart c", "target c", "logger org.x debug", "removed c");
  EXPECT_THAT(notes.all(), expected);
  EXPECT_THAT(other_notes.all(), expected);
  EXPECT_EQ(follower->snapshot()->offset, leader->snapshot()->offset);

  std::vector<std::string> lines;
  for (const auto& got : all_records(topic("config")))
    lines.push_back(got.key + (got.value_null ? " null" : " " + got.value));
  EXPECT_THAT(lines,
              ElementsAre(R"(target-state-c {"state":"PAUSED","state.v2":"PAUSED"})",
                          R"(connector-c {"properties":{"name":"c","connector.class":"X","tasks.max":"2"}})",
                          R"(task-c-0 {"properties":{"a":"1"}})", R"(task-c-1 {"properties":{"a":"2"}})",
                          R"(commit-c {"tasks":2})", R"(tasks-fencing-c {"task-count":2})",
                          R"(session-key {"key":"c2VjcmV0","algorithm":"HmacSHA256","creation-timestamp":5})",
                          R"(restart-connector-c {"include-tasks":true,"only-failed":false})",
                          R"(target-state-c {"state":"STARTED","state.v2":"STARTED"})",
                          R"(logger-cluster-org.x {"level":"debug"})", "connector-c null", "target-state-c null"));
  leader->stop();
  follower->stop();
}

TEST_P(KafkaConfigStoreTest, ReadsWhatConnectWrote) {
  ASSERT_TRUE(admin()->create_topic_if_missing({topic("config"), 1, 1, {{"cleanup.policy", "compact"}}}, 30s));
  const auto history = recorded("lifecycle-sink", "config");
  for (const auto& record : history) {
    if (record.step.starts_with("delete the sink")) break;
    write(topic("config"), record.key, record.value ? record.value->c_str() : nullptr);
  }
  Notes notes;
  auto store = started(notes);
  EXPECT_THAT(notes.all(), ElementsAre());
  const auto snapshot = store->snapshot();
  EXPECT_EQ(snapshot->connectors.size(), 2U);
  ASSERT_NE(snapshot->find("s-snk"), nullptr);
  EXPECT_EQ(snapshot->find("s-snk")->tasks.size(), 2U);
  EXPECT_EQ(snapshot->find("s-snk")->config.begin()->first, "connector.class");
  ASSERT_TRUE(snapshot->session_key);
  EXPECT_EQ(snapshot->session_key->key.size(), 32U);
  store->stop();
}

TEST_P(KafkaConfigStoreTest, TellsWhatCompactionTook) {
  ASSERT_TRUE(admin()->create_topic_if_missing({topic("config"), 1, 1, {{"cleanup.policy", "compact"}}}, 30s));
  write(topic("config"), "connector-c", R"({"properties":{"name":"c"}})");
  write(topic("config"), "commit-c", R"({"tasks":2})");
  Notes notes;
  auto store = started(notes);
  EXPECT_TRUE(notes.wait_for("anomaly Connector 'c' has committed 2 tasks"));
  EXPECT_TRUE(store->snapshot()->find("c")->inconsistent);
  ASSERT_TRUE(wait([&](auto done) { store->put_tasks("c", {{{"a", "1"}}}, done); }));
  EXPECT_FALSE(store->snapshot()->find("c")->inconsistent);
  EXPECT_EQ(store->snapshot()->find("c")->tasks.size(), 1U);
  store->stop();
}

TEST_P(KafkaConfigStoreTest, ThousandConnectorsInAFewRoundTrips) {
  constexpr int kCount = 1000;
  Notes notes;
  auto store = started(notes);
  const auto begin = std::chrono::steady_clock::now();
  std::vector<Outcome> outcomes(2 * kCount);
  for (int i = 0; i < kCount; ++i) {
    const std::string name = "c" + std::to_string(i);
    store->put_connector(name, {{"name", name}}, std::nullopt, outcomes[static_cast<std::size_t>(i)].done());
  }
  EXPECT_FALSE(outcomes.back().ended());  // nobody waited
  for (int i = 0; i < kCount; ++i)
    store->put_tasks("c" + std::to_string(i), {{{"a", "1"}}}, outcomes[static_cast<std::size_t>(kCount + i)].done());
  for (auto& outcome : outcomes) ASSERT_TRUE(outcome.wait());
  const auto took = std::chrono::steady_clock::now() - begin;
  RecordProperty("milliseconds", static_cast<int>(took / 1ms));
  std::printf("2000 writes in %d ms\n", static_cast<int>(took / 1ms));
  EXPECT_LT(took, 20s);
  const auto snapshot = store->snapshot();
  EXPECT_EQ(snapshot->connectors.size(), static_cast<std::size_t>(kCount));
  for (const auto& [name, state] : snapshot->connectors) {
    EXPECT_EQ(state->tasks.size(), 1U) << name;
    EXPECT_FALSE(state->inconsistent) << name;
  }
  store->stop();
}

TEST_P(KafkaConfigStoreTest, RequestsAboutOneConnectorKeepTheirOrder) {
  Notes notes;
  auto store = started(notes);
  std::vector<Outcome> outcomes(6);
  store->put_connector("c", {{"v", "1"}}, std::nullopt, outcomes[0].done());
  store->put_tasks("c", {{{"v", "1"}}}, outcomes[1].done());
  store->remove_connector("c", outcomes[2].done());
  store->put_connector("c", {{"v", "2"}}, std::nullopt, outcomes[3].done());
  store->put_target_state("c", TargetState::kPaused, outcomes[4].done());
  store->put_connector("d", {{"v", "1"}}, std::nullopt, outcomes[5].done());
  for (auto& outcome : outcomes) EXPECT_TRUE(outcome.wait());
  const auto* state = store->snapshot()->find("c");
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->config.get_or("v", ""), "2");
  EXPECT_TRUE(state->tasks.empty());
  EXPECT_EQ(state->target, TargetState::kPaused);
  EXPECT_THAT(notes.all(), ElementsAre("updated c", "tasks c", "removed c", "updated c", "target c", "updated d"));
  store->stop();
}

TEST_P(KafkaConfigStoreTest, StopTellsWhoWaits) {
  Notes notes;
  auto store = started(notes);
  if (embedded()) broker().set_down(true);
  std::vector<Outcome> outcomes(20);
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    store->put_connector("c" + std::to_string(i), {}, std::nullopt, outcomes[i].done());
  store->stop();
  for (auto& outcome : outcomes) {
    const auto status = outcome.wait();
    if (embedded()) {
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code(), base::Code::kStopping) << status.error().to_string();
    }
  }
  EXPECT_EQ(wait([&](auto done) { store->put_target_state("c", TargetState::kPaused, done); }).error().code(),
            base::Code::kStopping);
  if (embedded()) broker().set_down(false);
}

SLUICE_BROKER_TESTS_ON("embedded", EmbeddedKafkaConfigStoreTest, KafkaConfigStoreTest);

// Needs a broker that goes away on demand.
TEST_P(EmbeddedKafkaConfigStoreTest, StopEndsAStartThatWaits) {
  Notes notes;
  auto waiting = store();
  broker().set_down(true);
  Outcome started;
  std::thread starter([&] { started.done()(waiting->start(notes)); });
  EXPECT_FALSE(started.ended());
  const auto begin = std::chrono::steady_clock::now();
  waiting->stop();
  const auto status = started.wait();
  starter.join();
  ASSERT_FALSE(status);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
  EXPECT_FALSE(waiting->start(notes));
  broker().set_down(false);
}

TEST_P(KafkaConfigStoreTest, TooLargeARecordFailsAlone) {
  Notes notes;
  auto store = started(notes);
  std::vector<Outcome> outcomes(3);
  store->put_connector("a", {{"v", "1"}}, std::nullopt, outcomes[0].done());
  store->put_connector("b", {{"v", std::string(5'000'000, 'x')}}, std::nullopt, outcomes[1].done());
  store->put_tasks("c", {{{"v", std::string(5'000'000, 'x')}}}, outcomes[2].done());
  EXPECT_TRUE(outcomes[0].wait());
  const auto failed = outcomes[1].wait();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "Error writing connector configuration to Kafka");
  EXPECT_STREQ(failed.error().exception(), base::exceptions::kConnect);
  ASSERT_NE(failed.error().cause(), nullptr);
  EXPECT_THAT(failed.error().cause()->exception(), HasSubstr("RecordTooLargeException"));
  EXPECT_EQ(outcomes[2].wait().error().message(), "Error writing task configurations to Kafka");
  ASSERT_TRUE(wait([&](auto done) { store->refresh(30s, done); }));
  EXPECT_EQ(store->snapshot()->connectors.size(), 1U);
  EXPECT_THAT(notes.all(), ElementsAre("updated a"));  // no commit without its tasks
  store->stop();
}

TEST_P(KafkaConfigStoreTest, TransactionsOfTheLeader) {
  const std::map<std::string, std::string> exactly_once{{"exactly.once.source.support", "enabled"}};
  Notes notes, other_notes;
  auto first = started(notes, exactly_once);
  const auto unclaimed = wait([&](auto done) { first->put_connector("c", kConfig, std::nullopt, done); });
  ASSERT_FALSE(unclaimed);
  EXPECT_STREQ(unclaimed.error().exception(), kPrivilegedWriteException);
  auto claimed = wait([&](auto done) { first->claim_write_privileges(done); });
  ASSERT_TRUE(claimed) << claimed.error().to_string();
  const auto created = wait([&](auto done) { first->put_connector("c", kConfig, TargetState::kStopped, done); });
  ASSERT_TRUE(created) << created.error().to_string();
  ASSERT_TRUE(wait([&](auto done) { first->put_tasks("c", {{{"a", "1"}}}, done); }));
  ASSERT_TRUE(wait([&](auto done) { first->put_target_state("c", TargetState::kPaused, done); }));
  ASSERT_TRUE(wait([&](auto done) { first->refresh(30s, done); }));
  EXPECT_EQ(first->snapshot()->find("c")->tasks.size(), 1U);
  EXPECT_EQ(first->snapshot()->find("c")->target, TargetState::kPaused);
  auto second = started(other_notes, exactly_once);
  EXPECT_EQ(second->snapshot()->find("c")->tasks.size(), 1U);
  if (embedded()) {  // it does not fence
    first->stop();
    second->stop();
    return;
  }
  // Another leader fences the first, which has to claim again.
  ASSERT_TRUE(wait([&](auto done) { second->claim_write_privileges(done); }));
  ASSERT_TRUE(wait([&](auto done) { second->put_task_count("c", 1, done); }));
  const auto fenced = wait([&](auto done) { first->put_task_count("c", 7, done); });
  ASSERT_FALSE(fenced);
  EXPECT_STREQ(fenced.error().exception(), kPrivilegedWriteException);
  ASSERT_TRUE(wait([&](auto done) { first->refresh(30s, done); }));
  EXPECT_EQ(first->snapshot()->find("c")->fenced_task_count, 1);
  ASSERT_TRUE(wait([&](auto done) { first->claim_write_privileges(done); }));
  ASSERT_TRUE(wait([&](auto done) { first->put_task_count("c", 2, done); }));
  EXPECT_EQ(first->snapshot()->find("c")->fenced_task_count, 2);
  // Offsets have gaps where transactions end, as with Connect: two records, the task, the commit and the state of any
  // worker, which is in no transaction.
  std::vector<std::int64_t> offsets;
  for (const auto& got : all_records(topic("config"))) offsets.push_back(got.offset);
  EXPECT_THAT(offsets, ElementsAre(0, 1, 3, 5, 7, 8, testing::_));
  first->stop();
  second->stop();
}

TEST_P(KafkaConfigStoreTest, RefusesATopicWithMorePartitions) {
  ASSERT_TRUE(admin()->create_topic_if_missing({topic("config"), 3, 1, {{"cleanup.policy", "compact"}}}, 30s));
  Notes notes;
  const auto status = store()->start(notes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "Topic '" + topic("config") +
                "' supplied via the 'config.storage.topic' property is required to have a single partition in order to "
                "guarantee consistency of connector configurations, but found 3 partitions.");
}

SLUICE_BROKER_TESTS_ON("real", RealKafkaConfigStoreTest, KafkaConfigStoreTest);

// The embedded broker has no topic configurations.
TEST_P(RealKafkaConfigStoreTest, RefusesATopicThatIsNotCompacted) {
  ASSERT_TRUE(admin()->create_topic_if_missing({topic("config"), 1, 1, {{"cleanup.policy", "compact,delete"}}}, 30s));
  Notes notes;
  const auto status = store()->start(notes);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(),
            "Topic '" + topic("config") +
                "' supplied via the 'config.storage.topic' property is required to have 'cleanup.policy=compact' to "
                "guarantee consistency and durability of connector configurations, but found the topic currently has "
                "'cleanup.policy=compact,delete'. Continuing would likely result in eventually losing connector "
                "configurations and problems restarting this Connect cluster in the future. Change the "
                "'config.storage.topic' property in the Connect worker configurations to use a topic with "
                "'cleanup.policy=compact'.");
}

TEST_P(KafkaConfigStoreTest, TheTopicIsCreatedWithTheWorkersKeys) {
  Notes notes;
  auto store = started(notes, {{"config.storage.min.compaction.lag.ms", "7"}, {"config.storage.partitions", "4"}});
  const auto description = admin()->describe_topic(topic("config"), 30s);
  ASSERT_TRUE(description && *description);
  EXPECT_EQ((*description)->partitions.size(), 1U);
  if (!embedded()) {
    const auto configs = admin()->topic_configs(topic("config"), 30s);
    ASSERT_TRUE(configs);
    EXPECT_EQ(configs->at("cleanup.policy"), "compact");
    EXPECT_EQ(configs->at("min.compaction.lag.ms"), "7");
  }
  store->stop();
}

}  // namespace
}  // namespace sluice::store
