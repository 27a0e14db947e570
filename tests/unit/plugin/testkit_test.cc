// The kit as plugin authors call it.
#include <sluice/testkit.hpp>

#include "tests/unit/plugin/test_files.h"

namespace sluice::plugin {
namespace {

TEST(Testkit, SaysWhetherAPluginConforms) {
  ASSERT_EQ(::setenv("SLUICE_PROGRAM", SLUICE_PLUGIN_TOOL, 1), 0);
  testkit::Check check;
  check.level = 1;
  testkit::expect_conforms(hang_plugin().string(), check);
  const auto outcome = testkit::run_check(bad_plugin("foreign").string(), check);
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_NE(outcome.table.find("FAIL"), std::string::npos);
}

}  // namespace
}  // namespace sluice::plugin
