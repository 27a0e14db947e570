#include "runtime/data/batch.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/data/schema.h"

namespace sluice::data {
namespace {

std::string topic_name(int number) {
  return "topic-" + std::to_string(number);
}

TEST(BatchTables, FindsEachOfManyTopicsAgain) {
  Batch batch;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(batch.topic_index(topic_name(i)), static_cast<std::uint32_t>(i));
    for (int i = 1000; i-- > 0;) ASSERT_EQ(batch.topic_index(topic_name(i)), static_cast<std::uint32_t>(i));
    EXPECT_EQ(batch.c()->topic_count, 1000U);
    batch.reset();  // forgets the topics, and may put new ones at the places of the old
  }
  EXPECT_EQ(batch.topic_index("topic-999"), 0U);
}

TEST(BatchTables, FindsEachOfManySchemasAgain) {
  SchemaPool pool;
  Batch batch;
  std::vector<const Schema*> schemas;
  for (int i = 0; i < 200; ++i) schemas.push_back(SchemaBuilder::structure().name(topic_name(i)).build(pool).value());
  for (int round = 0; round < 2; ++round)
    for (std::uint32_t i = 0; i < schemas.size(); ++i) ASSERT_EQ(batch.schema_index(schemas[i]), i);
  EXPECT_EQ(batch.schema_index(nullptr), SLUICE_NO_SCHEMA);
}

// A plugin puts a table of its own in the place of ours.
TEST(BatchTables, FindsTopicsOfATableThatAPluginPutThere) {
  Batch batch;
  for (int i = 0; i < 100; ++i) batch.topic_index(topic_name(i));
  auto* topics = batch.arena().alloc_array<sluice_str>(101);
  topics[0] = str("first");
  for (std::uint32_t i = 0; i < 100; ++i) topics[i + 1] = batch.c()->topics[i];
  batch.c()->topics = topics;
  batch.c()->topic_count = 101;
  EXPECT_EQ(batch.topic_index("first"), 0U);
  EXPECT_EQ(batch.topic_index("topic-3"), 4U);
  EXPECT_EQ(batch.topic_index("another"), 101U);
  EXPECT_EQ(batch.topic_index("topic-3"), 4U);
}

}  // namespace
}  // namespace sluice::data
