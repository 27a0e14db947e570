#include "runtime/store/status_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/kafka/murmur2.h"
#include "tests/unit/store/internal_topic_records.h"

namespace sluice::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kNull;

std::string running(int generation, const std::string& worker = "w1:8083") {
  return status_value({"RUNNING", "", worker, generation, "4.3.1"});
}
std::string state(const std::string& name, int generation, const std::string& worker = "w1:8083") {
  return status_value({name, "", worker, generation, std::nullopt});
}

TEST(StatusTable, KeysAndValues) {
  EXPECT_EQ(connector_status_key("c"), "status-connector-c");
  EXPECT_EQ(task_status_key({"c-1", 2}), "status-task-c-1-2");
  EXPECT_EQ(topic_status_key("t", "c"), "status-topic-t:connector-c");
  EXPECT_EQ(status_value({"FAILED", "a\n\tat \"b\"", "10.0.0.1:8083", 5, std::nullopt}),
            R"({"state":"FAILED","trace":"a\n\tat \"b\"","worker_id":"10.0.0.1:8083","generation":5,"version":null})");
  EXPECT_EQ(topic_status_value({"t", "c", 0, 1700000000000}),
            R"({"topic":{"name":"t","connector":"c","task":0,"discoverTimestamp":1700000000000}})");
}

TEST(StatusTable, FollowsRecordsAndTombstones) {
  StatusTable table;
  ASSERT_TRUE(table.apply("status-connector-c", running(3)));
  ASSERT_TRUE(table.apply("status-task-c-0", running(4)));
  ASSERT_TRUE(table.apply("status-task-c-1", state("FAILED", 4)));
  ASSERT_TRUE(table.apply("status-task-c-x-0", running(1)));  // of connector c-x
  ASSERT_NE(table.connector("c"), nullptr);
  EXPECT_EQ(*table.connector("c"), (Status{"RUNNING", "", "w1:8083", 3, "4.3.1"}));
  EXPECT_EQ(table.tasks("c").size(), 2U);
  EXPECT_EQ(table.task({"c", 1})->state, "FAILED");
  EXPECT_EQ(table.tasks("c-x").size(), 1U);
  ASSERT_TRUE(table.apply("status-task-c-1", kNull));
  EXPECT_EQ(table.task({"c", 1}), nullptr);
  ASSERT_TRUE(table.apply("status-connector-c", kNull));  // with its tasks
  EXPECT_THAT(table.connectors(), IsEmpty());
  EXPECT_THAT(table.tasks("c"), IsEmpty());
  EXPECT_EQ(table.tasks("c-x").size(), 1U);
}

TEST(StatusTable, TheWorkerThatLostATaskDoesNotHideTheOneThatRunsIt) {
  StatusTable table;
  ASSERT_TRUE(table.apply("status-task-c-0", running(5, "new:1")));
  ASSERT_TRUE(table.apply("status-task-c-0", state("UNASSIGNED", 5, "old:1")));
  EXPECT_EQ(table.task({"c", 0})->state, "RUNNING");
  ASSERT_TRUE(table.apply("status-task-c-0", state("UNASSIGNED", 6, "old:1")));
  EXPECT_EQ(table.task({"c", 0})->state, "UNASSIGNED");
  ASSERT_TRUE(table.apply("status-task-c-0", running(7, "new:1")));
  ASSERT_TRUE(table.apply("status-task-c-0", state("UNASSIGNED", 7, "new:1")));  // its own word is true
  EXPECT_EQ(table.task({"c", 0})->state, "UNASSIGNED");
}

TEST(StatusTable, Topics) {
  StatusTable table;
  const auto value = topic_status_value({"t", "c:connector-d", 0, 1});
  ASSERT_TRUE(table.apply("status-topic-t:connector-c:connector-d", value));
  ASSERT_TRUE(table.apply("status-topic-a:connector-c:connector-d", value));
  EXPECT_THAT(table.topics("c:connector-d"), ElementsAre("a", "t"));
  EXPECT_TRUE(table.has_topic("c:connector-d", "t"));
  EXPECT_FALSE(table.has_topic("c", "t"));
  ASSERT_TRUE(table.apply("status-topic-t:connector-c:connector-d", kNull));
  EXPECT_THAT(table.topics("c:connector-d"), ElementsAre("a"));
  EXPECT_EQ(table.topics_forgotten(), 1u);
  ASSERT_TRUE(table.apply("status-topic-unknown:connector-c", kNull));
  EXPECT_EQ(table.topics_forgotten(), 1u) << "nobody knew it";
}

TEST(StatusTable, ForeignRecordsAreRefused) {
  StatusTable table;
  for (const auto& [key, value] : std::vector<std::pair<std::string_view, std::string>>{
           {"other", "{}"},
           {"", "{}"},
           {"status-connector-", running(1)},
           {"status-connector-c", "{"},
           {"status-connector-c", ""},
           {"status-connector-c", "[]"},
           {"status-connector-c", R"({"state":"HAPPY","worker_id":"w","generation":1})"},
           {"status-connector-c", R"({"state":"RUNNING","worker_id":"w","generation":"1"})"},
           {"status-connector-c", R"({"state":"RUNNING","generation":1})"},
           {"status-task-c", running(1)},
           {"status-task--1", running(1)},
           {"status-task-c-99999999999", running(1)},
           {"status-task-c-+1", running(1)},
           {"status-topic-t", "{}"},
           {"status-topic-t:c", "{}"},
           {"status-topic-:connector-c", "{}"},
           {"status-topic-t:connector-", "{}"},
           {"status-topic-t:connector-c", "{}"},
           {"status-topic-t:connector-c", R"({"topic":[]})"}})
    EXPECT_FALSE(table.apply(key, value)) << key << ' ' << value;
  EXPECT_EQ(table.apply("other", "{}").error().message(), "Discarding record with invalid key other");
  EXPECT_THAT(table.connectors(), IsEmpty());
}

TEST(StatusTable, RecordedHistoriesAreReadAndWrittenWithTheSameBytes) {
  for (const std::string& scenario : recorded_scenarios()) {
    StatusTable table;
    RecordJson json;
    for (const auto& record : recorded(scenario, "status")) {
      EXPECT_EQ(kafka::partition_for_key(record.key, 5), record.partition) << record.key;
      const auto status = table.apply(record.key, record.value_view());
      ASSERT_TRUE(status) << scenario << ' ' << status.error().message();
      if (!record.value) continue;
      const auto root = json.parse(*record.value);
      ASSERT_TRUE(root);
      if (const auto* topic = root->get("topic")) {
        const TopicStatus written{
            std::string(*text_member(*topic, "name")), std::string(*text_member(*topic, "connector")),
            static_cast<int>(*integer_member(*topic, "task")), *integer_member(*topic, "discoverTimestamp")};
        EXPECT_EQ(topic_status_key(written.topic, written.connector), record.key);
        EXPECT_EQ(topic_status_value(written), *record.value);
        EXPECT_TRUE(table.has_topic(written.connector, written.topic));
      } else {
        Status written{std::string(*text_member(*root, "state")), std::string(text_member(*root, "trace").value_or("")),
                       std::string(*text_member(*root, "worker_id")),
                       static_cast<int>(*integer_member(*root, "generation")), std::nullopt};
        if (const auto version = text_member(*root, "version")) written.version = *version;
        EXPECT_EQ(status_value(written), *record.value);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::store
