#include "runtime/store/config_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/store/config_records.h"
#include "tests/unit/store/internal_topic_records.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = ConfigEvent::Kind;

constexpr std::string_view kNull;

// Feeds records with growing offsets.
class Feed {
 public:
  explicit Feed(bool live = true) {
    if (live) end_catch_up();
  }
  std::vector<ConfigEvent> operator()(std::string_view key, std::string_view value) {
    std::vector<ConfigEvent> events;
    table.apply(next++, key, value, events);
    return events;
  }
  std::vector<ConfigEvent> operator()(const ConfigRecord& record) {
    return (*this)(record.key, record.value ? std::string_view(*record.value) : kNull);
  }
  std::vector<ConfigEvent> end_catch_up() {
    std::vector<ConfigEvent> events;
    table.finish_catch_up(events);
    return events;
  }
  std::shared_ptr<const ConnectorConfigState> find(const std::string& connector) {
    const auto snapshot = table.snapshot();
    const auto found = snapshot->connectors.find(connector);
    return found == snapshot->connectors.end() ? nullptr : found->second;
  }

  ConfigTable table;
  std::int64_t next = 0;
};

std::vector<Kind> kinds(const std::vector<ConfigEvent>& events) {
  std::vector<Kind> result;
  for (const auto& event : events) result.push_back(event.kind);
  return result;
}

ConfigRecord connector(const std::string& name, const std::string& max = "1") {
  return connector_record(name, {{"name", name}, {"tasks.max", max}});
}

ConfigRecord task(const std::string& name, int id, const std::string& value = "x") {
  return task_record(name, id, {{"task.class", "T"}, {"v", value}});
}

TEST(ConfigTable, TasksCountOnceTheyAreCommitted) {
  Feed feed;
  EXPECT_THAT(kinds(feed(connector("a-1"))), ElementsAre(Kind::kConnectorUpdated));
  EXPECT_THAT(feed(task("a-1", 0)), IsEmpty());
  EXPECT_THAT(feed(task("a-1", 1)), IsEmpty());
  EXPECT_TRUE(feed.find("a-1")->tasks.empty());
  EXPECT_FALSE(feed.find("a-1")->task_generation);
  const auto events = feed(commit_record("a-1", 2));
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kTasksUpdated));
  EXPECT_EQ(events[0].name, "a-1");
  const auto state = feed.find("a-1");
  ASSERT_EQ(state->tasks.size(), 2U);
  EXPECT_EQ(state->tasks[1].get_or("v", ""), "x");
  EXPECT_FALSE(state->inconsistent);
  EXPECT_EQ(state->applied, state->config);
  EXPECT_EQ(state->task_generation, 0);
  EXPECT_TRUE(state->pending_fencing);
  EXPECT_EQ(feed.table.snapshot()->offset, 4);
}

TEST(ConfigTable, FewerTasksThanBeforeAndNone) {
  Feed feed;
  feed(connector("c"));
  for (int i = 0; i < 3; ++i) feed(task("c", i));
  feed(commit_record("c", 3));
  for (int i = 0; i < 3; ++i) feed(task("c", i, "new"));  // more than are committed
  feed(commit_record("c", 1));
  EXPECT_EQ(feed.find("c")->tasks.size(), 1U);
  EXPECT_EQ(feed.find("c")->task_generation, 1);
  feed(commit_record("c", 0));
  EXPECT_TRUE(feed.find("c")->tasks.empty());
  EXPECT_FALSE(feed.find("c")->inconsistent);
}

TEST(ConfigTable, IncompleteSetIsInconsistentUntilACompleteOneComes) {
  Feed feed;
  feed(connector("c"));
  feed(task("c", 0));
  feed(commit_record("c", 1));
  feed(task("c", 0));
  feed(task("c", 2));
  const auto events = feed(commit_record("c", 3));
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kAnomaly, Kind::kTasksUpdated));
  EXPECT_THAT(events[0].text, HasSubstr("committed 3 tasks, but the configurations of tasks 1 are missing"));
  EXPECT_TRUE(feed.find("c")->inconsistent);
  EXPECT_TRUE(feed.find("c")->tasks.empty());
  EXPECT_EQ(feed.find("c")->task_generation, 0);
  feed(commit_record("c", 1));  // what was staged is gone
  EXPECT_TRUE(feed.find("c")->inconsistent);
  feed(task("c", 0));
  feed(commit_record("c", 1));
  EXPECT_FALSE(feed.find("c")->inconsistent);
  EXPECT_EQ(feed.find("c")->tasks.size(), 1U);
  EXPECT_EQ(feed.find("c")->task_generation, 1);
}

TEST(ConfigTable, TargetStates) {
  Feed feed;
  EXPECT_THAT(feed("target-state-c", R"({"state":"PAUSED","state.v2":"STOPPED"})"), IsEmpty());  // no connector yet
  feed(connector("c"));
  EXPECT_EQ(feed.find("c")->target, TargetState::kStopped);
  EXPECT_THAT(kinds(feed("target-state-c", R"({"state":"PAUSED"})")), ElementsAre(Kind::kTargetStateChanged));
  EXPECT_EQ(feed.find("c")->target, TargetState::kPaused);
  EXPECT_THAT(feed("target-state-c", R"({"state.v2":"PAUSED","state":"STARTED"})"), IsEmpty());  // no change
  for (const std::string_view bad : {R"({"state":"RUNNING"})", R"({"state":1})", "{}", "[]", "7"})
    EXPECT_THAT(kinds(feed("target-state-c", bad)), ElementsAre(Kind::kAnomaly)) << bad;
  EXPECT_THAT(feed("target-state-c", R"({"state.v2":7,"state":"STOPPED"})"), testing::SizeIs(1));
  EXPECT_EQ(feed.find("c")->target, TargetState::kStopped);
  EXPECT_THAT(feed("target-state-c", kNull), IsEmpty());
  EXPECT_EQ(feed.find("c")->target, TargetState::kStarted);
}

TEST(ConfigTable, RemovalForgetsAllButWhatFencingNeeds) {
  Feed feed;
  feed(connector("c"));
  feed(task("c", 0));
  feed(commit_record("c", 1));
  feed(task_count_record("c", 1));
  EXPECT_EQ(feed.find("c")->fenced_task_count, 1);
  EXPECT_FALSE(feed.find("c")->pending_fencing);
  feed(task("c", 0));  // staged
  EXPECT_THAT(kinds(feed(connector_tombstone("c"))), ElementsAre(Kind::kConnectorRemoved));
  EXPECT_THAT(feed(target_state_tombstone("c")), IsEmpty());
  EXPECT_EQ(feed.find("c"), nullptr);
  feed(connector("c"));
  const auto again = feed.find("c");
  EXPECT_TRUE(again->tasks.empty());
  EXPECT_FALSE(again->applied);
  EXPECT_EQ(again->fenced_task_count, 1);
  EXPECT_EQ(again->task_generation, 0);
  EXPECT_EQ(again->target, TargetState::kStarted);
  feed(commit_record("c", 1));  // nothing staged survived the removal
  EXPECT_TRUE(feed.find("c")->inconsistent);
}

TEST(ConfigTable, SnapshotsAreImmutableAndShared) {
  Feed feed;
  feed(connector("c", "1"));
  const auto before = feed.table.snapshot();
  EXPECT_EQ(before, feed.table.snapshot());
  feed(connector("c", "2"));
  feed(connector("d"));
  EXPECT_EQ(before->find("c")->config.get_or("tasks.max", ""), "1");
  EXPECT_EQ(before->find("d"), nullptr);
  const auto after = feed.table.snapshot();
  EXPECT_EQ(after->find("c")->config.get_or("tasks.max", ""), "2");
  feed(connector("e"));
  EXPECT_EQ(feed.table.snapshot()->find("d"), after->find("d"));  // the part that did not change
}

TEST(ConfigTable, SessionKeysAreChecked) {
  Feed feed;
  const SessionKey key{std::string("\0\1secret", 8), "HmacSHA256", 1700000000000};
  const auto events = feed(session_key_record(key));
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kSessionKey));
  EXPECT_EQ(events[0].key, key);
  EXPECT_EQ(feed.table.snapshot()->session_key, key);
  for (const std::string_view bad :
       {R"({"key":7,"algorithm":"A","creation-timestamp":1})", R"({"key":"!","algorithm":"A","creation-timestamp":1})",
        R"({"key":"AA==","creation-timestamp":1})", R"({"key":"AA==","algorithm":"A","creation-timestamp":"1"})",
        R"({"key":"AA==","algorithm":"A","creation-timestamp":1.5})", "null", "[]"})
    EXPECT_THAT(kinds(feed("session-key", bad)), ElementsAre(Kind::kAnomaly)) << bad;
  EXPECT_EQ(feed.table.snapshot()->session_key, key);
}

TEST(ConfigTable, RestartRequestsAndLoggers) {
  Feed feed;
  auto events = feed("restart-connector-c", R"({"include-tasks":true,"only-failed":"yes"})");
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kRestartRequest));
  EXPECT_EQ(events[0].restart, (StoredRestartRequest{"c", true, false}));
  EXPECT_THAT(kinds(feed("restart-connector-c", "[]")), ElementsAre(Kind::kAnomaly));
  events = feed("logger-cluster-org.sample", R"({"level":"debug"})");
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kLoggerLevel));
  EXPECT_EQ(events[0].name, "org.sample");
  EXPECT_EQ(events[0].text, "debug");
  EXPECT_THAT(kinds(feed("logger-cluster-x", R"({"level":3})")), ElementsAre(Kind::kAnomaly));
}

TEST(ConfigTable, OfThePastOnlyTheStateCounts) {
  Feed feed(false);
  EXPECT_THAT(feed(connector("c")), IsEmpty());
  EXPECT_THAT(feed("target-state-c", R"({"state":"PAUSED"})"), IsEmpty());
  EXPECT_THAT(feed("restart-connector-c", R"({"include-tasks":true})"), IsEmpty());
  EXPECT_THAT(feed("logger-cluster-x", R"({"level":"DEBUG"})"), IsEmpty());
  EXPECT_THAT(feed(session_key_record({"k", "A", 1})), IsEmpty());
  EXPECT_THAT(feed.end_catch_up(), IsEmpty());
  EXPECT_EQ(feed.find("c")->target, TargetState::kPaused);
  EXPECT_TRUE(feed.table.snapshot()->session_key);
}

TEST(ConfigTable, ForeignRecordsAreToldAndIgnored) {
  Feed feed;
  feed(connector("c"));
  for (const auto& [key, value] :
       std::vector<std::pair<std::string_view, std::string_view>>{{"unknown", "{}"},
                                                                  {kNull, "{}"},
                                                                  {"connector-d", "[1]"},
                                                                  {"connector-d", R"({"properties":[1]})"},
                                                                  {"connector-d", R"({"properties":{"a":{}}})"},
                                                                  {"connector-c", R"({"config":{}})"},
                                                                  {"task-c", R"({"properties":{}})"},
                                                                  {"task-c-x", R"({"properties":{}})"},
                                                                  {"task-c-99999999999", R"({"properties":{}})"},
                                                                  {"task-c-0", kNull},
                                                                  {"commit-c", kNull},
                                                                  {"commit-c", R"({"tasks":"1"})"},
                                                                  {"commit-c", R"({"tasks":-1})"},
                                                                  {"commit-c", R"({"tasks":99999999999})"},
                                                                  {"tasks-fencing-c", R"({"task-count":1.5})"},
                                                                  {"tasks-fencing-c", kNull}})
    EXPECT_THAT(kinds(feed(key, value)), ElementsAre(Kind::kAnomaly)) << key << ' ' << value;
  EXPECT_EQ(feed.table.snapshot()->connectors.size(), 1U);
  EXPECT_EQ(feed.find("c")->config.get_or("name", ""), "c");
  // A record that is no JSON does not count as read, as in Connect.
  const auto offset = feed.table.snapshot()->offset;
  EXPECT_THAT(kinds(feed("connector-c", "{")), ElementsAre(Kind::kAnomaly));
  EXPECT_EQ(feed.table.snapshot()->offset, offset);
  // Numbers and texts of other programs are taken as what they say; 64-bit numbers are as good as 32-bit ones.
  feed("connector-c", R"({"properties":{"tasks.max":2,"on":true,"none":null}} trailing)");
  EXPECT_EQ(feed.find("c")->config, (config::ConfigMap{{"tasks.max", "2"}, {"on", "true"}, {"none", std::nullopt}}));
}

TEST(ConfigTable, HugeCommitOfNothingIsQuick) {
  Feed feed;
  feed(connector("c"));
  const auto events = feed("commit-c", R"({"tasks":2147483647})");
  ASSERT_FALSE(events.empty());
  EXPECT_THAT(events[0].text, HasSubstr("tasks 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... are missing"));
}

// KAFKA-17719: what compaction may leave.
TEST(ConfigTable, CompactionTookTaskConfigurations) {
  Feed feed(false);
  feed(connector("c"));
  feed(commit_record("c", 2));
  const auto events = feed.end_catch_up();
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kAnomaly));
  EXPECT_EQ(events[0].text,
            "Connector 'c' has committed 2 tasks, but the configurations of tasks 0, 1 are missing from the config "
            "topic: compaction of the topic has removed them, or a write was cut short. The connector runs no tasks "
            "until the leader has asked it for its task configurations again and stored them.");
  EXPECT_TRUE(feed.find("c")->inconsistent);
}

TEST(ConfigTable, CompactionLeftTasksBeforeTheirConnector) {
  Feed feed(false);
  feed(task("c", 0));
  feed(commit_record("c", 1));
  feed(connector("c"));
  const auto events = feed.end_catch_up();
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kAnomaly));
  EXPECT_THAT(events[0].text, HasSubstr("stand before its configuration"));
  EXPECT_TRUE(feed.find("c")->inconsistent);
  feed(task("c", 0));
  feed(commit_record("c", 1));
  EXPECT_FALSE(feed.find("c")->inconsistent);
}

TEST(ConfigTable, CompactionTookTheCommit) {
  Feed feed(false);
  feed(connector("c"));
  feed(task("c", 0));
  const auto events = feed.end_catch_up();
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kAnomaly));
  EXPECT_THAT(events[0].text, HasSubstr("no record commits them"));
  EXPECT_TRUE(feed.find("c")->inconsistent);
  feed(commit_record("c", 1));  // it was only on its way
  EXPECT_FALSE(feed.find("c")->inconsistent);
}

TEST(ConfigTable, CompactionTookTheConnector) {
  Feed feed(false);
  feed(task("c", 0));
  feed(commit_record("c", 1));
  feed("target-state-c", R"({"state":"PAUSED"})");
  // What deleted connectors leave behind is no anomaly.
  feed(connector("deleted"));
  feed(task("deleted", 0));
  feed(commit_record("deleted", 1));
  feed(connector_tombstone("deleted"));
  feed(target_state_tombstone("deleted"));
  feed(task("deleted-long-ago", 0));
  feed(commit_record("deleted-long-ago", 1));
  const auto events = feed.end_catch_up();
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kAnomaly));
  EXPECT_THAT(events[0].text, HasSubstr("Connector 'c' has a target state and task configurations"));
  EXPECT_EQ(feed.table.leftovers(), 1U);
  EXPECT_TRUE(feed.table.snapshot()->connectors.empty());
}

TEST(ConfigTable, AnomaliesOfTheStartAreBounded) {
  Feed feed(false);
  for (int i = 0; i < 1000; ++i) feed("foreign", "{}");
  const auto events = feed.end_catch_up();
  ASSERT_EQ(events.size(), ConfigTable::kAnomaliesMax + 1);
  EXPECT_EQ(events.back().text, "900 more records of the config topic are ignored");
}

// ---- recorded truth

class Recorded : public testing::TestWithParam<std::string> {};

TEST_P(Recorded, HistoryIsReadWithoutAnomaly) {
  for (const bool live : {false, true}) {
    Feed feed(live);
    std::vector<ConfigEvent> events;
    for (const auto& record : recorded(GetParam(), "config")) {
      feed.table.apply(record.offset, record.key, record.value_view(), events);
      EXPECT_EQ(feed.table.snapshot()->offset, record.offset + 1);
    }
    if (!live) feed.table.finish_catch_up(events);
    EXPECT_THAT(kinds(events), testing::Not(testing::Contains(Kind::kAnomaly)));
  }
}

// What is read is written with the same bytes. (Members of a configuration are in hash order once they were read, as in
// Connect, whose requests' own order is met only by what comes straight from a request.)
TEST_P(Recorded, WritersGiveTheSameBytes) {
  RecordJson json;
  std::map<std::string, int> seen;
  for (const auto& record : recorded(GetParam(), "config")) {
    const auto behind = [&](std::string_view prefix) { return record.key.substr(prefix.size()); };
    if (!record.value) {
      const bool connector = record.key.starts_with(config_keys::kConnector);
      const auto tombstone = connector ? connector_tombstone(behind(config_keys::kConnector))
                                       : target_state_tombstone(behind(config_keys::kTargetState));
      EXPECT_EQ(tombstone.key, record.key);
      EXPECT_FALSE(tombstone.value);
      continue;
    }
    const auto root = json.parse(*record.value);
    ASSERT_TRUE(root);
    ConfigRecord written;
    if (record.key.starts_with(config_keys::kTargetState)) {
      written =
          target_state_record(behind(config_keys::kTargetState), *parse_target_state(*text_member(*root, "state.v2")));
    } else if (record.key.starts_with(config_keys::kConnector) || record.key.starts_with(config_keys::kTask)) {
      config::ConfigMap config;
      for (const auto& member : root->get("properties")->fields())
        config.set(member.name, member.value.is_null() ? config::ConfigMap::Text() : std::string(member.value.text));
      if (record.key.starts_with(config_keys::kConnector)) {
        written = connector_record(behind(config_keys::kConnector), config);
      } else {
        const auto dash = record.key.rfind('-');
        written = task_record(record.key.substr(5, dash - 5), std::stoi(record.key.substr(dash + 1)), config);
        EXPECT_EQ(config_of(*root->get("properties"))->begin()->first, config.begin()->first);
      }
    } else if (record.key.starts_with(config_keys::kCommit)) {
      written = commit_record(behind(config_keys::kCommit), static_cast<std::size_t>(*integer_member(*root, "tasks")));
    } else if (record.key.starts_with(config_keys::kFencing)) {
      written =
          task_count_record(behind(config_keys::kFencing), static_cast<int>(*integer_member(*root, "task-count")));
    } else if (record.key.starts_with(config_keys::kRestart)) {
      written = restart_record({behind(config_keys::kRestart), *boolean_member(*root, "include-tasks"),
                                *boolean_member(*root, "only-failed")});
    } else if (record.key.starts_with(config_keys::kLogger)) {
      written = logger_record(behind(config_keys::kLogger), *text_member(*root, "level"));
    } else {
      Feed feed;
      feed(record.key, *record.value);
      ASSERT_TRUE(feed.table.snapshot()->session_key) << record.key;
      written = session_key_record(*feed.table.snapshot()->session_key);
    }
    EXPECT_EQ(written.key, record.key);
    EXPECT_EQ(written.value, record.value);
    ++seen[record.key.substr(0, 6)];
  }
  EXPECT_FALSE(seen.empty());
}

INSTANTIATE_TEST_SUITE_P(Scenario, Recorded, testing::ValuesIn(recorded_scenarios()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

// The states after the named steps of the life of a source connector.
TEST(RecordedLife, OfASourceConnector) {
  Feed feed;
  std::string step;
  std::map<std::string, std::shared_ptr<const ConnectorConfigState>> after;
  std::vector<ConfigEvent> events;
  for (const auto& record : recorded("lifecycle-source", "config")) {
    feed.table.apply(record.offset, record.key, record.value_view(), events);
    after[record.step] = feed.find("it-src");
  }
  const auto at = [&](std::string_view name) {
    for (const auto& [text, state] : after)
      if (text.starts_with(name)) return state;
    ADD_FAILURE() << name;
    return std::shared_ptr<const ConnectorConfigState>();
  };
  EXPECT_EQ(at("create source")->tasks.size(), 1U);
  EXPECT_EQ(at("create source")->tasks[0].get_or("file", ""), "it-src.in");
  EXPECT_EQ(at("PATCH x=y")->config.get_or("x", ""), "y");
  EXPECT_EQ(at("pause ->")->target, TargetState::kPaused);
  EXPECT_EQ(at("resume ->")->target, TargetState::kStarted);
  EXPECT_EQ(at("stop ->")->target, TargetState::kStopped);
  EXPECT_TRUE(at("stop ->")->tasks.empty());
  EXPECT_FALSE(at("stop ->")->inconsistent);
  EXPECT_EQ(at("resume: reads")->tasks.size(), 1U);
  EXPECT_EQ(at("delete ->"), nullptr);
  EXPECT_EQ(std::count_if(events.begin(), events.end(), [](const auto& e) { return e.kind == Kind::kRestartRequest; }),
            3);
}

TEST(RecordedLife, ExactlyOnceFencing) {
  Feed feed;
  std::vector<ConfigEvent> events;
  for (const auto& record : recorded("exactly-once", "config")) {
    feed.table.apply(record.offset, record.key, record.value_view(), events);
    const auto state = feed.find("eo");
    if (record.key == "commit-eo") {
      EXPECT_TRUE(state->pending_fencing);
    }
    if (record.key == "tasks-fencing-eo") {
      EXPECT_FALSE(state->pending_fencing);
      EXPECT_EQ(*state->fenced_task_count, static_cast<int>(state->tasks.size()));
    }
  }
}

}  // namespace
}  // namespace sluice::store
