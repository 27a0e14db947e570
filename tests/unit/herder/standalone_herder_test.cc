#include "runtime/herder/standalone_herder.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/herder/fakes.h"

namespace sluice::herder {
namespace {

using namespace std::chrono_literals;

class StandaloneHerderTest : public testing::Test {
 protected:
  StandaloneHerderTest()
      : config_(config::WorkerConfig::make(config::WorkerMode::kStandalone,
                                           {{"bootstrap.servers", "embedded"},
                                            {"offset.storage.file.filename", "unused"},
                                            {"task.shutdown.graceful.timeout.ms", "50"},
                                            {"key.converter", "org.apache.kafka.connect.storage.StringConverter"},
                                            {"value.converter", "org.apache.kafka.connect.storage.StringConverter"}},
                                           {})
                    .value()),
        metrics_({}, base::system_clock()) {
    context_.config = &config_;
    context_.offsets = &offsets_;
    context_.metrics = &metrics_;
    HerderParts parts;
    parts.worker = &context_;
    parts.catalog = &catalog_;
    parts.converters = {"S", "S", "S"};
    parts.override_policy = config_.override_policy().value();
    parts.version = "4.3.1";
    parts.probe = &probe_;
    parts.runners.connector =
        [this](const task::WorkerContext&, config::ConnectorConfig config,
               task::ConnectorListener& listener) -> base::Result<std::shared_ptr<task::ConnectorRunner>> {
      if (config.originals().contains("fail")) return base::connect_error("cannot be made");
      const int tasks = std::stoi(config.originals().get_or("tasks", "1"));
      return std::make_shared<FakeConnector>(config.name(), listener, tasks, config.originals().contains("hang"));
    };
    parts.runners.task = [this](const task::WorkerContext&, task::TaskSpec spec,
                                task::TaskListener& listener) -> base::Result<std::shared_ptr<task::TaskRunner>> {
      if (spec.connector.originals().contains("fail.task")) return base::connect_error("no such task");
      const bool hang = spec.connector.originals().contains("hang.task");
      auto made = std::make_shared<FakeTask>(std::move(spec), listener, hang);
      made->told = told_;
      return made;
    };
    parts.sink_admin = [this](const task::WorkerContext&, const config::ConnectorConfig&) {
      return base::Result<std::unique_ptr<SinkOffsetAdmin>>(std::make_unique<FakeSinkOffsets>(group_));
    };
    herder_ = std::make_unique<StandaloneHerder>(std::move(parts));
    herder_->set_worker_id("host:8083");
    EXPECT_TRUE(herder_->start());
    herder_->set_ready();
  }
  ~StandaloneHerderTest() override { herder_->stop(); }

  static Deadline soon() { return std::chrono::steady_clock::now() + 20s; }
  static config::ConfigMap source(std::initializer_list<config::ConfigMap::Entry> more = {}) {
    config::ConfigMap config{{"connector.class", "Source"}, {"name", "c"}, {"tasks.max", "4"}};
    for (const auto& [key, value] : more) config.set(key, value);
    return config;
  }
  base::Result<ConnectorInfo> create(const config::ConfigMap& config, std::optional<TargetState> state = {}) {
    return herder_->create_connector({"c", config, state}, soon());
  }
  std::string connector_state() { return herder_->connector_status("c").value().connector.state; }
  // States follow a pause or a resume.
  void await_state(std::string_view wanted) {
    for (int i = 0; i < 2000 && connector_state() != wanted; ++i) static_cast<void>(herder_->connectors(soon()));
    EXPECT_EQ(connector_state(), wanted);
  }

  // The limits that the task has been told, when it has been told such ones.
  task::RateLimits limits_of(int task, const task::RateLimits& wanted) {
    task::RateLimits limits;
    for (int i = 0; i < 2000; ++i) {
      static_cast<void>(herder_->connectors(soon()));
      std::lock_guard lock(told_->mutex);
      limits = told_->limits[{"c", task}];
      if (limits == wanted) break;
    }
    return limits;
  }
  int task_starts() {
    std::lock_guard lock(told_->mutex);
    return told_->starts;
  }

  const std::shared_ptr<FakeTask::Told> told_ = std::make_shared<FakeTask::Told>();
  config::WorkerConfig config_;
  metrics::Registry metrics_;
  store::MemoryOffsetStore offsets_;
  FakeCatalog catalog_;
  FakeProbe probe_;
  std::map<base::TopicPartition, std::int64_t> group_;
  task::WorkerContext context_;
  std::unique_ptr<StandaloneHerder> herder_;
};

TEST_F(StandaloneHerderTest, CreatesWithTasksAndRefusesTheNameTwice) {
  const auto created = create(source({{"tasks", "2"}}));
  ASSERT_TRUE(created) << created.error().to_string();
  EXPECT_EQ(created->tasks.size(), 2u);
  EXPECT_EQ(created->type, ConnectorType::kSource);
  EXPECT_EQ(connector_state(), "RUNNING");
  EXPECT_EQ(herder_->task_status({"c", 1})->state.state, "RUNNING");
  EXPECT_EQ(herder_->task_infos("c", soon())->at(0).config.get("task.class"), "SourceTask");
  const auto again = create(source());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message(), "Connector c already exists");
  EXPECT_STREQ(again.error().exception(), base::exceptions::kAlreadyExists);
  EXPECT_EQ(herder_->connectors(soon()).value(), (std::vector<std::string>{"c"}));
}

TEST_F(StandaloneHerderTest, RefusesWhatValidationRefuses) {
  const auto bad = create(source({{"bad", "1"}}));
  ASSERT_FALSE(bad);
  EXPECT_STREQ(bad.error().exception(), base::exceptions::kBadRequest);
  EXPECT_NE(bad.error().message().find("bad is bad"), std::string::npos);
  const auto no_class = herder_->create_connector({"c", {{"name", "c"}, {"x", std::nullopt}}, {}}, soon());
  EXPECT_EQ(no_class.error().message(), "Connector config {name=c, x=null} contains no connector type");
  EXPECT_EQ(herder_->connector_info("c", soon()).error().message(), "Connector c not found");
  EXPECT_EQ(herder_->connector_status("c").error().message(), "No status found for connector c");
}

TEST_F(StandaloneHerderTest, ConnectorThatCannotBeMadeIsThereAndFailed) {
  const auto created = create(source({{"fail", "1"}}));
  ASSERT_FALSE(created);
  EXPECT_EQ(connector_state(), "FAILED");
  EXPECT_EQ(herder_->connector_status("c")->connector.version, std::nullopt);
  EXPECT_NE(herder_->connector_status("c")->connector.trace.find("cannot be made"), std::string::npos);
  EXPECT_TRUE(herder_->put_connector_config("c", source(), soon()));
  EXPECT_EQ(connector_state(), "RUNNING");
}

TEST_F(StandaloneHerderTest, TaskThatCannotBeMadeIsFailed) {
  ASSERT_TRUE(create(source({{"fail.task", "1"}})));
  EXPECT_EQ(connector_state(), "RUNNING");
  EXPECT_EQ(herder_->task_status({"c", 0})->state.state, "FAILED");
  EXPECT_EQ(herder_->restart_task({"c", 0}, soon()).error().message(), "Failed to start task: c-0");
}

TEST_F(StandaloneHerderTest, UpdatesAndPatches) {
  ASSERT_TRUE(create(source({{"tasks", "3"}})));
  const auto updated = herder_->put_connector_config("c", source({{"tasks", "1"}}), soon());
  ASSERT_TRUE(updated);
  EXPECT_FALSE(updated->created);
  EXPECT_EQ(updated->info.tasks.size(), 1u);
  EXPECT_EQ(herder_->connector_status("c")->tasks.size(), 1u);
  const auto patched = herder_->patch_connector_config("c", {{"tasks", "2"}, {"tasks.max", std::nullopt}}, soon());
  ASSERT_TRUE(patched);
  EXPECT_EQ(patched->tasks.size(), 1u);  // tasks.max is 1 by default
  EXPECT_EQ(patched->config.get("tasks"), "2");
  EXPECT_FALSE(patched->config.contains("tasks.max"));
  EXPECT_EQ(herder_->patch_connector_config("no", {}, soon()).error().message(), "Connector no not found");
}

TEST_F(StandaloneHerderTest, PausesResumesAndStops) {
  ASSERT_TRUE(create(source()));
  ASSERT_TRUE(herder_->pause_connector("c", soon()));
  await_state("PAUSED");
  EXPECT_EQ(herder_->task_status({"c", 0})->state.state, "PAUSED");
  ASSERT_TRUE(herder_->resume_connector("c", soon()));
  await_state("RUNNING");
  ASSERT_TRUE(herder_->stop_connector("c", soon()));
  await_state("STOPPED");
  EXPECT_TRUE(herder_->connector_status("c")->tasks.empty());
  ASSERT_TRUE(herder_->resume_connector("c", soon()));
  await_state("RUNNING");
  EXPECT_EQ(herder_->pause_connector("no", soon()).error().message(), "Unknown connector no");
  EXPECT_EQ(herder_->stop_connector("no", soon()).error().message(), "No connector `no` configured");
}

TEST_F(StandaloneHerderTest, InitialStates) {
  ASSERT_TRUE(create(source(), TargetState::kPaused));
  EXPECT_EQ(connector_state(), "PAUSED");
  EXPECT_TRUE(herder_->connector_info("c", soon())->tasks.empty());
  ASSERT_TRUE(herder_->delete_connector("c", soon()));
  EXPECT_FALSE(herder_->connector_status("c"));
  ASSERT_TRUE(create(source(), TargetState::kStopped));
  EXPECT_EQ(connector_state(), "STOPPED");
}

TEST_F(StandaloneHerderTest, Restarts) {
  ASSERT_TRUE(create(source({{"tasks", "2"}})));
  EXPECT_TRUE(herder_->restart_connector("c", soon()));
  EXPECT_EQ(connector_state(), "RUNNING");
  EXPECT_TRUE(herder_->restart_task({"c", 1}, soon()));
  EXPECT_EQ(herder_->task_status({"c", 1})->state.state, "RUNNING");
  const auto plan = herder_->restart_connector_and_tasks({"c", true, false}, soon());
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->connector.state, "RESTARTING");
  EXPECT_EQ(plan->tasks.at(1).state.state, "RESTARTING");
  EXPECT_EQ(herder_->restart_task({"c", 7}, soon()).error().message(), "Task c-7 not found");
  EXPECT_EQ(herder_->restart_task({"no", 0}, soon()).error().message(),
            "Failed to start task no-0 since it is not a recognizable type (source or sink)");
  EXPECT_EQ(herder_->restart_connector_and_tasks({"no", true, false}, soon()).error().message(),
            "Unknown connector: no");
  EXPECT_STREQ(herder_->restart_connector("no", soon()).error().exception(), base::exceptions::kNullPointer);
}

TEST_F(StandaloneHerderTest, HungConnectorCanBeDeletedAndHoldsUpNobody) {
  const auto begun = std::chrono::steady_clock::now();
  const auto created = herder_->create_connector({"c", source({{"hang", "1"}}), {}}, begun + 50ms);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().message().find("Request timed out. The worker is currently starting the connector"), 0u)
      << created.error().message();
  EXPECT_EQ(herder_->health(soon()).status, Health::Status::kHealthy);
  EXPECT_TRUE(herder_->connector_info("c", soon()));
  EXPECT_TRUE(herder_->delete_connector("c", soon()));
  EXPECT_FALSE(herder_->connector_info("c", soon()));
}

TEST_F(StandaloneHerderTest, HungTaskIsLeftBehind) {
  ASSERT_TRUE(create(source({{"hang.task", "1"}})));
  ASSERT_TRUE(herder_->delete_connector("c", soon()));
  EXPECT_FALSE(herder_->connector_status("c"));
}

TEST_F(StandaloneHerderTest, SourceOffsetsChangeOnlyWhenStopped) {
  offsets_.put({{R"(["c",{"f":"x"}])", R"({"position":4})"}, {R"(["other",{}])", "{}"}}, [](const base::Status&) {});
  ASSERT_TRUE(create(source({{"own.offsets", "1"}})));
  const auto read = herder_->connector_offsets("c", soon());
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->at(0).partition_json, R"({"f":"x"})");
  EXPECT_EQ(herder_->alter_connector_offsets("c", {{"{}", "{}"}}, soon())
                .error()
                .message()
                .find("Connectors must be in the STOPPED state"),
            0u);
  ASSERT_TRUE(herder_->stop_connector("c", soon()));
  EXPECT_EQ(herder_->alter_connector_offsets("c", {{R"( {"f" : "x"} )", R"({ "position": 9 })"}}, soon()).value(),
            "The offsets for this connector have been altered successfully");
  EXPECT_EQ(herder_->connector_offsets("c", soon())->at(0).offset_json, R"({"position":9})");
  EXPECT_EQ(herder_->alter_connector_offsets("c", {{R"({"f":"x"})", R"({"a":{"b":1}})"}}, soon()).error().message(),
            "Offsets may only contain primitive types as values, but field a contains MAP");
  EXPECT_TRUE(herder_->reset_connector_offsets("c", soon()));
  EXPECT_TRUE(herder_->connector_offsets("c", soon())->empty());
  EXPECT_EQ(herder_->alter_connector_offsets("c", {}, soon()).error().message(),
            "Partitions / offsets need to be provided for an alter offsets request");
}

TEST_F(StandaloneHerderTest, OffsetsAreShownWhileKafkaIsAwayAndNotChanged) {
  offsets_.put({{R"(["c",{"f":"x"}])", R"({"position":4})"}}, [](const base::Status&) {});
  ASSERT_TRUE(create(source({{"own.offsets", "1"}}), TargetState::kStopped));
  offsets_.fail_reads(base::Error(base::Code::kTimeout, base::exceptions::kTimeout, "Kafka does not answer"));
  const auto read = herder_->connector_offsets("c", soon());
  ASSERT_TRUE(read) << read.error().to_string();
  ASSERT_EQ(read->size(), 1u);
  EXPECT_EQ(read->at(0).offset_json, R"({"position":4})");
  EXPECT_FALSE(herder_->reset_connector_offsets("c", soon()));
  offsets_.fail_reads(std::nullopt);
  EXPECT_EQ(herder_->connector_offsets("c", soon())->size(), 1u);
}

TEST_F(StandaloneHerderTest, ConnectorMayForbidOtherOffsets) {
  ASSERT_TRUE(create(source({{"fixed.offsets", "1"}}), TargetState::kStopped));
  EXPECT_EQ(herder_->alter_connector_offsets("c", {{R"({"f":"x"})", "{}"}}, soon()).error().message(),
            "Failed to modify offsets for connector c because it doesn't support external modification of offsets");
  EXPECT_TRUE(offsets_.all_of("c", soon())->empty());
}

TEST_F(StandaloneHerderTest, SinkOffsetsAreThoseOfItsGroup) {
  group_[{"t", 0}] = 5;
  const config::ConfigMap sink{{"connector.class", "Sink"}, {"name", "c"}, {"topics", "t"}};
  ASSERT_TRUE(create(sink, TargetState::kStopped));
  EXPECT_EQ(herder_->connector_offsets("c", soon())->at(0).offset_json, R"({"kafka_offset":5})");
  const auto altered =
      herder_->alter_connector_offsets("c",
                                       {{R"({"kafka_topic":"t","kafka_partition":"1"})", R"({"kafka_offset":7})"},
                                        {R"({"kafka_topic":"t","kafka_partition":0})", "null"}},
                                       soon());
  ASSERT_TRUE(altered) << altered.error().to_string();
  EXPECT_EQ(altered->find("The Connect framework-managed offsets"), 0u);
  EXPECT_EQ(group_, (std::map<base::TopicPartition, std::int64_t>{{{"t", 1}, 7}}));
  EXPECT_EQ(herder_->alter_connector_offsets("c", {{"{}", "null"}}, soon()).error().message(),
            "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'");
  EXPECT_TRUE(herder_->reset_connector_offsets("c", soon()));
  EXPECT_TRUE(group_.empty());
}

TEST_F(StandaloneHerderTest, RequestsAfterTheEndAreAnswered) {
  ASSERT_TRUE(create(source()));
  herder_->stop();
  EXPECT_EQ(connector_state(), "UNASSIGNED");
  EXPECT_EQ(herder_->connectors(soon()).error().message(), "Worker is shutting down");
}

TEST_F(StandaloneHerderTest, NewLimitsAreToldToRunningTasks) {
  ASSERT_TRUE(create(source({{"tasks", "2"}, {"sluice.rate.records.per.second", "1000"}})));
  EXPECT_EQ(limits_of(1, {500, 0}), (task::RateLimits{500, 0}));
  EXPECT_EQ(task_starts(), 2);
  const auto changed = source({{"tasks", "2"},
                               {"sluice.rate.records.per.second", "1000"},
                               {"sluice.rate.task.records.per.second", "300"},
                               {"sluice.rate.bytes.per.second", "5000"}});
  const auto put = herder_->put_connector_config("c", changed, soon());
  ASSERT_TRUE(put) << put.error().to_string();
  EXPECT_FALSE(put->created);
  EXPECT_EQ(limits_of(0, {300, 2500}), (task::RateLimits{300, 2500}));
  EXPECT_EQ(limits_of(1, {300, 2500}), (task::RateLimits{300, 2500}));
  EXPECT_EQ(herder_->connector_config("c", soon()).value(), changed);
  EXPECT_EQ(task_starts(), 2);
  // Anything else is a new start, with the limits that hold then.
  ASSERT_TRUE(herder_->put_connector_config("c", source({{"tasks", "2"}, {"other", "1"}}), soon()));
  EXPECT_EQ(task_starts(), 4);
  EXPECT_EQ(limits_of(0, {}), task::RateLimits{});
  EXPECT_FALSE(herder_->put_connector_config("c", source({{"sluice.rate.bytes.per.second", "-1"}}), soon()));
}

}  // namespace
}  // namespace sluice::herder
