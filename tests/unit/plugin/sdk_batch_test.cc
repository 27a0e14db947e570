// What the SDK builds is what the worker reads.
#include <gtest/gtest.h>

#include <sluice/batch_editor.hpp>

#include "runtime/data/batch.h"
#include "runtime/data/schema.h"

namespace sluice {
namespace {

TEST(BatchBuilder, RecordsReadBackAsTheyWereAdded) {
  data::Batch batch;
  data::SchemaPool pool;
  BatchBuilder out(batch.c(), 2);
  for (int i = 0; i < 1000; ++i) {
    out.add(i % 2 == 0 ? "even" : "odd")
        .key(pool.int64(), Value::int64(i))
        .value(out.format("{} {{}} {}", i, i % 2 == 0))
        .timestamp(i)
        .header("h1", Value::int64(1))
        .header("h2", Value::string("two"))
        .header("h3", Value())
        .source("p", {{"n", i + 1}, {"file", "name"}});
  }
  ASSERT_TRUE(out.finish());
  ASSERT_EQ(batch.size(), 1000U);
  EXPECT_EQ(batch.c()->topic_count, 2U);
  EXPECT_EQ(batch.c()->source_partition_count, 1U);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const auto& record = batch.record(i);
    EXPECT_EQ(batch.topic(record), i % 2 == 0 ? "even" : "odd");
    EXPECT_EQ(batch.key_schema(record), pool.int64());
    EXPECT_EQ(batch.value_schema(record), nullptr);
    EXPECT_EQ(record.key_value().i64(), i);
    EXPECT_EQ(record.value_value().text(), std::to_string(i) + (i % 2 == 0 ? " {} true" : " {} false"));
    ASSERT_EQ(record.header_count, 3U);
    EXPECT_EQ(view(record.headers[1].key), "h2");
    const Value offset = record.source_offset;
    EXPECT_EQ(offset.items()[0].text(), "n");
    EXPECT_EQ(offset.items()[1].i64(), i + 1);
    EXPECT_EQ(offset.items()[3].text(), "name");
    EXPECT_EQ(batch.source_partition(record).items()[1].text(), "p");
  }
}

TEST(BatchBuilder, ASpentArenaIsAnAnswerNotACrash) {
  data::Batch batch(128 * 1024);
  BatchBuilder out(batch.c());
  for (int i = 0; i < 100'000; ++i)
    out.add("topic").value("some text that takes room").header("h", Value()).source("p", {{"n", i}});
  const Status status = out.finish();
  EXPECT_EQ(status.code(), SLUICE_NO_MEMORY);
  EXPECT_EQ(batch.size(), 0U);
}

TEST(BatchEditor, TablesThatAPluginGrewAreNotOverrunByTheWorker) {
  data::Batch batch;
  ASSERT_TRUE(batch.allocate_records(1));
  batch.record(0).topic = batch.topic_index("first");  // the worker's own table, with room for 8
  {
    BatchEditor editor(batch.c());
    for (int i = 0; i < 6; ++i) editor[0].set_topic("edited-" + std::to_string(i));
  }
  EXPECT_EQ(batch.topic(batch.record(0)), "edited-5");
  const sluice_str* plugin_table = batch.c()->topics;
  const auto index = batch.topic_index("another");
  EXPECT_NE(batch.c()->topics, plugin_table);  // copied before it was added to
  EXPECT_EQ(view(batch.c()->topics[index]), "another");
  EXPECT_EQ(batch.topic(batch.record(0)), "edited-5");
}

TEST(BatchView, SkipsDroppedAndFailedRecords) {
  data::Batch batch;
  ASSERT_TRUE(batch.allocate_records(4));
  const auto topic = batch.topic_index("t");
  for (std::uint32_t i = 0; i < 4; ++i) {
    batch.record(i).topic = topic;
    batch.record(i).kafka_offset = i;
  }
  batch.record(0).flags |= SLUICE_RECORD_DROP;
  batch.record(2).flags |= SLUICE_RECORD_FAILED;
  std::vector<std::int64_t> seen;
  for (const RecordView& record : BatchView(batch.c())) seen.push_back(record.offset());
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 3}));
}

}  // namespace
}  // namespace sluice
