// The conformance kit finds the fault of each bad plugin, and none where there is none.
#include "runtime/plugin/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/plugin/test_files.h"

namespace sluice::plugin {
namespace {

std::vector<std::string> failures(const fs::path& library, int level, const std::string& config = {}) {
  CheckOptions options;
  options.library = library.string();
  options.self = SLUICE_PLUGIN_TOOL;
  options.level = level;
  options.config_file = config;
  const auto report = check_library(options);
  if (!report) return {report.error().message()};
  std::vector<std::string> found;
  for (const auto& result : report->results)
    if (result.outcome == CheckOutcome::kFailed) found.push_back(result.test + ": " + result.reason);
  return found;
}

struct Fault {
  const char* plugin;
  const char* test;
  const char* text;
};

class CheckFinds : public testing::TestWithParam<Fault> {};

TEST_P(CheckFinds, TheFault) {
  const auto found = failures(bad_plugin(GetParam().plugin), 4);
  EXPECT_THAT(found, testing::Contains(
                         testing::AllOf(testing::StartsWith(GetParam().test), testing::HasSubstr(GetParam().text))));
}

INSTANTIATE_TEST_SUITE_P(
    Plugins, CheckFinds,
    testing::Values(
        Fault{"no_entry", "static.exports", "does not export"}, Fault{"null_entry", "scan.", "returned null"},
        Fault{"wrong_major", "static.note", "99"}, Fault{"crash_in_entry", "scan.entry", "signal"},
        Fault{"crash_in_poll", "data.batches", "signal"}, Fault{"double_release", "data.release", "released the batch"},
        Fault{"leaks_thread", "lifecycle.start_stop", "threads outlive"},
        Fault{"exports_malloc", "static.exports", "malloc"}, Fault{"skips_on_restart", "data.restart", "lost"},
        Fault{"edits_payload", "data.corpus", "the test's process"}, Fault{"bad_index", "data.batches", "topic index"},
        Fault{"prints", "lifecycle.start_stop", "starting"}, Fault{"throws", "data.batches", "thrown in poll"},
        Fault{"foreign", "static.note", "no .note.sluice"}),
    [](const auto& fault) { return std::string(fault.param.plugin); });

TEST(Check, FindsNothingWrongWithAGoodPlugin) {
  for (const auto& failure : failures(bad_plugin("good_1"), 4)) {
    // Built without the version script of sluice_add_plugin, which sanitizers' own symbols would need.
    EXPECT_THAT(failure, testing::StartsWith("static.exports"));
  }
}

TEST(Check, AHangIsAResult) {
  TempDir temp;
  write_content(temp / "config.json", R"({"hang.in": "task.poll", "topic": "t"})");
  const auto found = failures(hang_plugin(), 3, (temp / "config.json").string());
  EXPECT_THAT(found, testing::Contains(testing::StartsWith("lifecycle.request_stop")));
}

}  // namespace
}  // namespace sluice::plugin
