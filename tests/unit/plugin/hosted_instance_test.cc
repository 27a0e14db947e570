#include "runtime/plugin/hosted_instance.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "runtime/plugin/registry.h"
#include "tests/unit/plugin/test_files.h"
#include "tests/unit/plugin/test_services.h"

namespace sluice::plugin {
namespace {

fs::path crash_plugin() {
  return fs::path(SLUICE_TEST_PLUGINS) / "crash" / "crash.so";
}

class HostedInstance : public testing::Test {
 protected:
  HostedInstance() {
    copy_plugin(crash_plugin(), directory_ / "plugins/crash.so");
    Registry::Options options;
    options.plugin_path = {(directory_ / "plugins").string()};
    options.state_dir = (directory_ / "state").string();
    options.probe_command = SLUICE_PLUGIN_TOOL;
    registry_ = std::make_unique<Registry>(options);
    registry_->scan();
  }

  ConnectorComponent component(const std::string& name, std::optional<int> task, std::int64_t memory_max_bytes = 0) {
    Isolation isolation;
    isolation.config.process = true;
    isolation.config.memory_max_bytes = memory_max_bytes;
    isolation.connector = "c";
    isolation.task = task;
    auto found = registry_->connector(name, isolation);
    EXPECT_TRUE(found);
    return *found;
  }

  TempDir directory_;
  std::unique_ptr<Registry> registry_;
  TestServices services_;
};

TEST_F(HostedInstance, ASourceGivesRecordsAndResumesAtAStoredOffset) {
  const Value entry[2] = {Value::string("n"), Value::int64(41)};
  services_.stored = Value::map(entry, 1);
  auto source = component("CrashSource", 0).make_source_task(services_);
  ASSERT_TRUE(source) << source.error().message();
  ASSERT_TRUE((*source)->start({{"topic", "here"}}));
  EXPECT_TRUE((*source)->wants_acks());
  data::Batch batch;
  for (int round = 0; round < 3; ++round) {
    batch.reset();
    ASSERT_TRUE((*source)->poll(batch));
    ASSERT_EQ(batch.size(), 1U);
    EXPECT_EQ(batch.record(0).value.as.i64, 41 + round);
    EXPECT_EQ(batch.topic(batch.record(0)), "here");
  }
  const sluice_ack ack{1, str("here"), 0, 0, 5, 6};
  (*source)->delivered({&ack, 1});
  EXPECT_TRUE((*source)->commit());
  // It arrives beside the calls: some more polls may begin before it.
  (*source)->request_stop();
  base::Status status;
  for (int polls = 0; status && polls < 1000; ++polls) {
    batch.reset();
    status = (*source)->poll(batch);
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code(), base::Code::kStopping);
  (*source)->stop();
}

TEST_F(HostedInstance, ACrashIsAnErrorThatNamesTheSignalAndTheFunction) {
  auto source = component("CrashSource", 0).make_source_task(services_);
  ASSERT_TRUE(source);
  ASSERT_TRUE((*source)->start({{"crash.in", "task.poll"}, {"crash.how", "abort"}}));
  data::Batch batch;
  for (int round = 0; round < 2; ++round) {
    const auto status = (*source)->poll(batch);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code(), base::Code::kFatal);
    EXPECT_EQ(status.error().message(),
              "The plugin's process was killed by signal 6 (SIGABRT) in poll; it wrote: crash: giving up");
  }
}

TEST_F(HostedInstance, AProcessThatHangsCanBeKilledFromAnotherThread) {
  auto source = component("CrashSource", 0).make_source_task(services_);
  ASSERT_TRUE(source);
  ASSERT_TRUE((*source)->start({{"crash.in", "task.poll"}, {"crash.how", "hang"}}));
  std::thread killer([&] { (*source)->kill(); });
  data::Batch batch;
  const auto status = (*source)->poll(batch);
  killer.join();
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "The plugin's process was killed in poll: it did not stop in time");
}

TEST_F(HostedInstance, MemoryBeyondTheLimitIsRefusedAndNamed) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer does not go on after an allocation that the system refused";
#endif
  constexpr std::int64_t kMemoryMax = 64 * 1024 * 1024;
  auto source = component("CrashSource", 0, kMemoryMax).make_source_task(services_);
  ASSERT_TRUE(source) << source.error().message();
  ASSERT_TRUE((*source)->start({{"crash.in", "task.poll"}, {"crash.how", "leak"}}));
  data::Batch batch;
  const auto status = (*source)->poll(batch);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("may allocate 67108864 bytes (sluice.isolation.memory.max)"),
            std::string::npos)
      << status.error().message();
}

TEST_F(HostedInstance, AConnectorGivesTaskConfigsAndValidates) {
  auto connector = component("CrashSource", std::nullopt).make_connector(services_);
  ASSERT_TRUE(connector) << connector.error().message();
  const auto issues = (*connector)->validate({{"topic", "t"}});
  ASSERT_TRUE(issues);
  EXPECT_TRUE(issues->empty());
  EXPECT_EQ((*connector)->capabilities({}), 0U);
  ASSERT_TRUE((*connector)->start({{"topic", "t"}}));
  const auto configs = (*connector)->task_configs(3);
  ASSERT_TRUE(configs);
  ASSERT_EQ(configs->size(), 3U);
  EXPECT_EQ(configs->front().get_or("topic", ""), "t");
  (*connector)->stop();
}

TEST_F(HostedInstance, ALibraryThatIsNotWhatItWasIsRefused) {
  const ConnectorComponent found = component("CrashSource", 0);
  copy_plugin(hang_plugin(), directory_ / "plugins/crash.so");
  const auto source = found.make_source_task(services_);
  ASSERT_FALSE(source);
  EXPECT_NE(source.error().message().find("has changed since it was looked at"), std::string::npos);
}

}  // namespace
}  // namespace sluice::plugin
