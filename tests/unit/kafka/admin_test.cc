#include "runtime/kafka/admin.h"

#include <algorithm>

#include "tests/unit/kafka/broker_test.h"

namespace sluice::kafka {
namespace {

using base::Code;
using base::TopicPartition;

class AdminTest : public BrokerTest {
 protected:
  std::vector<std::string> topics() { return *admin()->list_topics(30s); }
};

TEST_P(AdminTest, CreatesDescribesAndListsTopics) {
  auto client = admin();
  const std::string topic = unique("t");
  const auto absent = client->describe_topic(topic, 30s);
  ASSERT_TRUE(absent) << absent.error().to_string();
  EXPECT_FALSE(*absent);
  EXPECT_FALSE(*client->describe_topic(topic, 30s)) << "asking must not create it";
  EXPECT_TRUE(*client->create_topic_if_missing({topic, 3, 1}, 30s));
  const auto again = client->create_topic({topic, 3, 1}, 30s);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Code::kExists);
  EXPECT_STREQ(again.error().exception(), "org.apache.kafka.common.errors.TopicExistsException");
  EXPECT_FALSE(*client->create_topic_if_missing({topic, 3, 1}, 30s));
  const auto description = client->describe_topic(topic, 30s);
  ASSERT_TRUE(description && *description);
  ASSERT_EQ((*description)->partitions.size(), 3u);
  EXPECT_EQ((*description)->partitions[2].id, 2);
  EXPECT_GE((*description)->partitions[2].leader, 0);
  EXPECT_EQ((*description)->partitions[2].replicas, 1);
  const auto all = topics();
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(std::count(all.begin(), all.end(), topic), 1);
}

TEST_P(AdminTest, DescribesTheCluster) {
  const auto cluster = admin()->describe_cluster(30s);
  ASSERT_TRUE(cluster) << cluster.error().to_string();
  EXPECT_EQ(cluster->brokers.size(), 1u);
  EXPECT_FALSE(cluster->cluster_id.empty());
  EXPECT_GE(cluster->controller, 0);
}

SLUICE_BROKER_TESTS_ON("embedded", EmbeddedAdminTest, AdminTest);

TEST_P(EmbeddedAdminTest, SaysWhatTheEmbeddedBrokerCannotDo) {
  auto client = admin();
  const std::string topic = new_topic();
  EXPECT_EQ(client->delete_topic(topic, 5s).error().code(), Code::kUnsupported);
  EXPECT_EQ(client->topic_configs(topic, 5s).error().code(), Code::kUnsupported);
  EXPECT_EQ(client->list_group_offsets("g", 5s).error().code(), Code::kUnsupported);
  EXPECT_EQ(client->alter_group_offsets("g", at(topic, 0, 1), 5s).error().code(), Code::kUnsupported);
  EXPECT_EQ(client->delete_group_offsets("g", std::vector<TopicPartition>{{topic, 0}}, 5s).error().code(),
            Code::kUnsupported);
  EXPECT_EQ(client->delete_group("g", 5s).error().code(), Code::kUnsupported);
  EXPECT_EQ(client->describe_group("g", 5s).error().code(), Code::kUnsupported);
  EXPECT_EQ(client->try_create_topic({"t", 1, 1}, 5s).error().code(), Code::kUnsupported);
}

TEST_P(AdminTest, TriesWithoutChangingAnything) {
  auto client = admin();
  const std::string topic = new_topic();
  produce(topic, {"a"});
  const auto read = client->try_read({topic, 0}, 30s);
  EXPECT_TRUE(read) << read.error().to_string();
  EXPECT_TRUE(client->try_read({topic, 0}, 30s)) << "a second time";
  if (embedded()) return;
  EXPECT_FALSE(client->try_read({topic, 7}, 5s)) << "no such partition";
  const std::string absent = unique("t");
  const auto possible = client->try_create_topic({absent, 1, 1, {{"cleanup.policy", "compact"}}}, 30s);
  EXPECT_TRUE(possible) << possible.error().to_string();
  EXPECT_FALSE(*client->describe_topic(absent, 30s));
  EXPECT_EQ(client->try_create_topic({topic, 1, 1}, 30s).error().code(), Code::kExists);
  const auto replicas = client->try_create_topic({absent, 1, 9}, 30s);
  ASSERT_FALSE(replicas);
  EXPECT_STREQ(replicas.error().exception(), "org.apache.kafka.common.errors.InvalidReplicationFactorException");
}

SLUICE_BROKER_TESTS_ON("real", RealAdminTest, AdminTest);

TEST_P(RealAdminTest, DescribesGroupsOfAnyType) {
  auto client = admin();
  const std::string topic = new_topic();
  const std::string group = unique("g");
  const auto absent = client->describe_group(group, 30s);
  ASSERT_TRUE(absent) << absent.error().to_string();
  EXPECT_FALSE(*absent);
  {
    auto reader = consumer({{"group.id", group}, {"client.id", "reader"}});
    ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
    ASSERT_TRUE(until([&] { return reader->poll(100ms) && reader->assignment().size() == 1; }));
    const auto found = client->describe_group(group, 30s);
    ASSERT_TRUE(found && *found) << found.error().to_string();
    EXPECT_EQ((*found)->protocol_type, "consumer");
    EXPECT_FALSE((*found)->protocol.empty());
    ASSERT_EQ((*found)->members.size(), 1u);
    EXPECT_EQ((*found)->members[0].client_id, "reader");
    EXPECT_FALSE((*found)->members[0].metadata.empty());
  }
  ASSERT_TRUE(client->delete_group(group, 30s));
}

TEST_P(AdminTest, SaysWhyAConnectionFailed) {
  auto nobody = Admin::create(*translate_client_config({{"bootstrap.servers", "127.0.0.1:1"}}, ClientKind::kAdmin));
  ASSERT_TRUE(nobody);
  EXPECT_FALSE((*nobody)->describe_cluster(500ms));
  const auto why = (*nobody)->take_connection_error();
  ASSERT_TRUE(why);
  EXPECT_NE(why->message().find("refused"), std::string::npos) << why->message();
  auto client = admin();
  ASSERT_TRUE(client->describe_cluster(30s));
  EXPECT_FALSE(client->take_connection_error());
}

TEST_P(AdminTest, EndOffsetsAndTimeouts) {
  const std::string topic = new_topic();
  produce(topic, {"a", "b"});
  const auto ends = admin()->end_offsets(std::vector<TopicPartition>{{topic, 0}}, 30s);
  ASSERT_TRUE(ends) << ends.error().to_string();
  EXPECT_EQ((*ends)[0].offset, 2);
  auto nobody = Admin::create(*translate_client_config({{"bootstrap.servers", "127.0.0.1:1"}}, ClientKind::kAdmin));
  ASSERT_TRUE(nobody);
  const auto begin = std::chrono::steady_clock::now();
  const auto listed = (*nobody)->list_topics(500ms);
  ASSERT_FALSE(listed);
  EXPECT_TRUE(listed.error().code() == Code::kTimeout || listed.error().code() == Code::kRetry)
      << listed.error().to_string();
  const auto created = (*nobody)->create_topic({"t", 1, 1}, 500ms);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code(), Code::kTimeout) << created.error().to_string();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
}

TEST_P(RealAdminTest, TopicConfigsAndDeletion) {
  auto client = admin();
  const std::string topic = unique("t");
  ASSERT_TRUE(client->create_topic({topic, -1, -1, {{"cleanup.policy", "compact"}}}, 30s));
  const auto configs = client->topic_configs(topic, 30s);
  ASSERT_TRUE(configs) << configs.error().to_string();
  EXPECT_EQ(configs->at("cleanup.policy"), "compact");
  EXPECT_EQ(configs->at("compression.type"), "producer");
  ASSERT_TRUE(client->delete_topic(topic, 30s));
  ASSERT_TRUE(until([&] { return !*client->describe_topic(topic, 30s); }));
  EXPECT_EQ(client->delete_topic(topic, 30s).error().code(), Code::kNotFound);
  EXPECT_EQ(client->topic_configs(topic, 30s).error().code(), Code::kNotFound);
  EXPECT_EQ(client->create_topic({unique("t"), 1, 9}, 30s).error().code(), Code::kInvalidConfig)
      << "one broker, nine replicas";
  EXPECT_EQ(client->create_topic({unique("t"), 1, 1, {{"no.such.key", "x"}}}, 30s).error().code(),
            Code::kInvalidConfig);
  EXPECT_FALSE(client->create_topic({"bad name!", 1, 1}, 30s));
}

TEST_P(RealAdminTest, GroupOffsets) {
  auto client = admin();
  const std::string topic = new_topic(2);
  const std::string group = unique("g");
  EXPECT_TRUE(client->list_group_offsets(group, 30s)->empty());
  auto wanted = at(topic, 0, 7);
  wanted.push_back(at(topic, 1, 9)[0]);
  const auto altered = client->alter_group_offsets(group, wanted, 30s);
  ASSERT_TRUE(altered) << altered.error().to_string();
  auto offsets = client->list_group_offsets(group, 30s);
  ASSERT_TRUE(offsets) << offsets.error().to_string();
  ASSERT_EQ(offsets->size(), 2u);
  EXPECT_EQ((*offsets)[0].offset, 7);
  EXPECT_EQ((*offsets)[1].offset, 9);
  const auto deleted = client->delete_group_offsets(group, std::vector<TopicPartition>{{topic, 1}}, 30s);
  ASSERT_TRUE(deleted) << deleted.error().to_string();
  EXPECT_EQ(client->list_group_offsets(group, 30s)->size(), 1u);

  {  // with a member in it
    auto reader = consumer({{"group.id", group}});
    ASSERT_TRUE(reader->subscribe(std::vector<std::string>{topic}));
    ASSERT_TRUE(until([&] { return reader->poll(100ms) && reader->assignment().size() == 2; }));
    const auto busy = client->alter_group_offsets(group, wanted, 30s);
    ASSERT_FALSE(busy);
    EXPECT_STREQ(busy.error().exception(), "org.apache.kafka.common.errors.UnknownMemberIdException");
    const auto subscribed = client->delete_group_offsets(group, std::vector<TopicPartition>{{topic, 0}}, 30s);
    ASSERT_FALSE(subscribed);
    EXPECT_STREQ(subscribed.error().exception(), "org.apache.kafka.common.errors.GroupSubscribedToTopicException");
    const auto full = client->delete_group(group, 30s);
    ASSERT_FALSE(full);
    EXPECT_STREQ(full.error().exception(), "org.apache.kafka.common.errors.GroupNotEmptyException");
  }
  ASSERT_TRUE(client->delete_group(group, 30s));
  const auto gone = client->delete_group(group, 30s);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), Code::kNotFound);
}

SLUICE_BROKER_TESTS(AdminTest);

}  // namespace
}  // namespace sluice::kafka
