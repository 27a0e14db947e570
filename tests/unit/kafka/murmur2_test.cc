#include "runtime/kafka/murmur2.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "runtime/base/strings.h"

namespace sluice::kafka {
namespace {

TEST(Murmur2, EqualsJavaOnEveryVector) {
  std::ifstream file(SLUICE_SOURCE_DIR "/tests/golden/vectors/partitioner.jsonl");
  ASSERT_TRUE(file);
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto vector = nlohmann::json::parse(line);
    const auto key = base::from_hex(vector["key"].get<std::string>());
    ASSERT_TRUE(key);
    EXPECT_EQ(static_cast<std::int32_t>(murmur2(*key)), vector["ok"]["murmur2"].get<std::int32_t>()) << vector["id"];
    EXPECT_EQ(partition_for_key(*key, vector["partitions"].get<std::int32_t>()),
              vector["ok"]["partition"].get<std::int32_t>())
        << vector["id"];
  }
  EXPECT_EQ(count, 213);
}

}  // namespace
}  // namespace sluice::kafka
