#include "runtime/config/isolation_config.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sluice::config {
namespace {

std::string error_of(const ConfigMap& props) {
  ConfigDef def;
  for (ConfigKey& key : isolation_keys()) def.define(std::move(key));
  const auto parsed = def.parse(props);
  return parsed ? "" : parsed.error().message();
}

TEST(IsolationConfig, WithoutKeysThePluginRunsInside) {
  const IsolationConfig config = isolation_config({{"name", "c"}});
  EXPECT_FALSE(config.process);
  EXPECT_EQ(config.memory_max_bytes, 0);
  EXPECT_EQ(config.cpu_max, 0);
}

TEST(IsolationConfig, ReadsModeAndBudgets) {
  const IsolationConfig config = isolation_config({{"sluice.isolation", "process"},
                                                   {"sluice.isolation.memory.max", "268435456"},
                                                   {"sluice.isolation.cpu.max", "0.5"}});
  EXPECT_TRUE(config.process);
  EXPECT_EQ(config.memory_max_bytes, 268435456);
  EXPECT_EQ(config.cpu_max, 0.5);
  EXPECT_FALSE(isolation_config({{"sluice.isolation", "none"}}).process);
}

TEST(IsolationConfig, AModeThatIsNotUnderstoodKeepsThePluginOut) {
  EXPECT_TRUE(isolation_config({{"sluice.isolation", "proces"}}).process);
  EXPECT_EQ(error_of({{"sluice.isolation", "proces"}}),
            "Invalid value proces for configuration sluice.isolation: String must be one of: none, process");
}

TEST(IsolationConfig, BudgetsHaveBounds) {
  EXPECT_EQ(error_of({{"sluice.isolation.memory.max", "0"}, {"sluice.isolation.cpu.max", "0"}}), "");
  EXPECT_EQ(error_of({{"sluice.isolation.memory.max", "5"}}),
            "Invalid value 5 for configuration sluice.isolation.memory.max: Value must be 0 (no limit) or at least "
            "16777216 bytes (16 MiB)");
  EXPECT_EQ(error_of({{"sluice.isolation.cpu.max", "-1"}}),
            "Invalid value -1.0 for configuration sluice.isolation.cpu.max: Value must be 0 (no limit) or a number of "
            "cores between 0.01 and 1024");
  EXPECT_NE(error_of({{"sluice.isolation.cpu.max", "many"}}), "");
}

}  // namespace
}  // namespace sluice::config
