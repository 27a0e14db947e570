#include "runtime/store/offset_table.h"

#include <gtest/gtest.h>

#include "runtime/kafka/murmur2.h"
#include "tests/unit/store/internal_topic_records.h"

namespace sluice::store {
namespace {

TEST(OffsetTable, KeysKeepTheirFirstBytes) {
  OffsetTable table;
  table.apply({R"(["c",{"b":1,"a":2}])", "1"});
  table.apply({R"(["c",{"a":2,"b":1}])", "2"});
  EXPECT_EQ(table.all().size(), 1U);
  EXPECT_EQ(table.all()[0].key, R"(["c",{"b":1,"a":2}])");
  EXPECT_EQ(*table.find(R"([ "c", {"a":2,"b":1} ])"), "2");
  EXPECT_EQ(table.stored_key(R"(["c",{"a":2,"b":1}])"), R"(["c",{"b":1,"a":2}])");
  EXPECT_EQ(table.stored_key(R"(["c",{"a":3}])"), R"(["c",{"a":3}])");
  table.apply({R"(["c",{"a":2,"b":1}])", std::nullopt});
  EXPECT_EQ(table.find(R"(["c",{"b":1,"a":2}])"), nullptr);
  EXPECT_EQ(table.stored_key(R"(["c",{"a":2,"b":1}])"), R"(["c",{"b":1,"a":2}])");  // removals go there too
}

TEST(OffsetTable, TwoRecordsOfATopicWithOneMeaningStayTwo) {
  const std::string one = R"(["c",{"b":1,"a":2}])", other = R"(["c",{"a":2,"b":1}])";
  OffsetTable table;
  table.apply_as_it_stands({one, "1"});
  table.apply_as_it_stands({other, "2"});
  EXPECT_EQ(*table.find(one), "1");
  EXPECT_EQ(*table.find(other), "2");
  EXPECT_EQ(table.stored_key(other), other);
  EXPECT_EQ(*table.find(R"(["c", {"a":2,"b":1}])"), "2");
  table.apply_as_it_stands({other, std::nullopt});
  EXPECT_EQ(*table.find(one), "1");
  EXPECT_EQ(table.find(other), nullptr);
  EXPECT_EQ(table.of_connector("c").size(), 1U);
}

TEST(OffsetTable, ConnectorsAreFoundByName) {
  OffsetTable table;
  for (const char* key : {R"(["c",{"a":1}])", R"(["cc",{"a":1}])", R"([ "c" , {"a":2}])", R"(["\u0063",{"a":3}])",
                          R"(["q\"x",{"a":1}])", R"(["c",[1]])", "foreign", R"(["c"])"})
    table.apply_as_it_stands({key, "{}"});
  EXPECT_EQ(table.of_connector("c").size(), 3U);
  EXPECT_EQ(table.of_connector("cc").size(), 1U);
  EXPECT_EQ(table.of_connector("q\"x").size(), 1U);
  EXPECT_TRUE(table.of_connector("x").empty());
}

TEST(OffsetTable, RecordedHistories) {
  for (const std::string& scenario : {std::string("lifecycle-source"), std::string("exactly-once")}) {
    OffsetTable table;
    for (const auto& record : recorded(scenario, "offset")) {
      EXPECT_EQ(kafka::partition_for_key(record.key, 5), record.partition);
      EXPECT_EQ(table.stored_key(record.key), record.key);
      table.apply_as_it_stands({record.key, record.value});
      if (record.value) {
        EXPECT_EQ(*table.find(record.key), *record.value);
      } else {
        EXPECT_EQ(table.find(record.key), nullptr);
      }
    }
  }
}

}  // namespace
}  // namespace sluice::store
