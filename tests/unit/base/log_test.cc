#include "runtime/base/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "runtime/base/secrets.h"
#include "runtime/base/status.h"

namespace sluice::base {
namespace {

class LogTest : public ::testing::Test {
 protected:
  void start(bool json) {
    path_ = std::filesystem::temp_directory_path() / fmt::format("log-test-{}", ::getpid());
    init_logging({json, path_.string(), LogLevel::kInfo});
  }
  void TearDown() override {
    init_logging({});
    std::filesystem::remove(path_);
  }
  std::vector<std::string> lines() const {
    flush_logging();
    std::ifstream file(path_);
    std::vector<std::string> result;
    for (std::string line; std::getline(file, line);) result.push_back(line);
    return result;
  }
  nlohmann::json only_line() const {
    const auto all = lines();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? nlohmann::json() : nlohmann::json::parse(all.front());
  }

  std::filesystem::path path_;
  const Logger log_{"test.Log"};
};

TEST_F(LogTest, JsonHasOneObjectForEachEvent) {
  start(true);
  log_.info("a \"quoted\"\nsecond line\t{}", "\xff");
  const auto event = only_line();
  EXPECT_EQ(event["level"], "INFO");
  EXPECT_EQ(event["logger"], "test.Log");
  EXPECT_EQ(event["message"], "a \"quoted\"\nsecond line\t\xEF\xBF\xBD");
  EXPECT_FALSE(event.contains("connector"));
  EXPECT_FALSE(event.contains("task"));
  EXPECT_FALSE(event.contains("error"));
  const std::string time = event["time"];
  EXPECT_EQ(time.size(), std::string("2026-01-02T03:04:05.678Z").size());
  EXPECT_EQ(time[10], 'T');
  EXPECT_EQ(time.back(), 'Z');
}

TEST_F(LogTest, JsonNamesConnectorAndTask) {
  start(true);
  {
    const LogContext connector("or|ders", std::nullopt);
    const LogContext task("orders", 3);
    log_.warn("in the task");
  }
  const auto event = only_line();
  EXPECT_EQ(event["connector"], "orders");
  EXPECT_EQ(event["task"], 3);
}

TEST_F(LogTest, JsonTellsErrorsApartFromTheMessage) {
  start(true);
  const Error error = Error(Code::kFatal, exceptions::kConnect, "two\nlines: here")
                          .with_cause(Error(Code::kFatal, exceptions::kTimeout, "late"));
  log_.error("Failed to start\n{}", error.trace());
  const auto event = only_line();
  EXPECT_EQ(event["message"], "Failed to start");
  EXPECT_EQ(event["error"]["class"], exceptions::kConnect);
  EXPECT_EQ(event["error"]["message"], "two\nlines: here");
  EXPECT_EQ(event["error"]["trace"], error.trace());
}

TEST_F(LogTest, TextHasTheContextInBrackets) {
  start(false);
  {
    const LogContext task("orders", 0);
    log_.info("running");
  }
  {
    const LogContext connector("orders", std::nullopt);
    log_.info("started");
  }
  log_.info("alone");
  const auto all = lines();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(all[0].ends_with("INFO [orders|task-0] running (test.Log)")) << all[0];
  EXPECT_TRUE(all[1].ends_with("INFO [orders|worker] started (test.Log)")) << all[1];
  EXPECT_TRUE(all[2].ends_with("INFO alone (test.Log)")) << all[2];
}

TEST_F(LogTest, SecretsAreMasked) {
  keep_secret("canary-for-the-log");
  for (const bool json : {false, true}) {
    start(json);
    log_.error("a plugin said canary-for-the-log");
    const auto all = lines();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].find("canary"), std::string::npos);
    EXPECT_NE(all[0].find("a plugin said ****"), std::string::npos);
    std::filesystem::remove(path_);
  }
}

}  // namespace
}  // namespace sluice::base
