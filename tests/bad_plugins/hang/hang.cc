// HangSource and HangSink: never return from the callback that `hang.in` names. Without it they are a slow source and a
// sink that drops. For tests of a worker that must not be held up by either.
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include <sluice/sink.hpp>
#include <sluice/source.hpp>

namespace {

constexpr auto kHangIn = sluice::string_key("hang.in")
                             .doc("The callback that never returns.")
                             .default_value("")
                             .one_of("", "connector.start", "connector.stop", "connector.validate",
                                     "connector.task_configs", "task.start", "task.poll", "task.stop", "sink.put");

// The callback as it is configured, kept by each instance.
class Hanger {
 public:
  void configure(const sluice::Config& config) { where_ = config.string_or("hang.in", ""); }
  void pass(std::string_view callback) const {
    while (where_ == callback) std::this_thread::sleep_for(std::chrono::hours(1));
  }

 private:
  std::string where_;
};

template <typename Base>
class HangConnector : public Base {
 public:
  sluice::Status start(const sluice::Config& config) override {
    hanger_.configure(config);
    hanger_.pass("connector.start");
    config_ = sluice::StoredConfig(config);
    return sluice::ok();
  }
  void stop() override { hanger_.pass("connector.stop"); }
  sluice::Status task_configs(std::uint32_t tasks_max, sluice::TaskConfigs& out) override {
    hanger_.pass("connector.task_configs");
    for (std::uint32_t i = 0; i < tasks_max; ++i) out.add(config_.pairs());
    return sluice::ok();
  }
  sluice::Status validate(const sluice::Config& config, sluice::Issues&) override {
    Hanger asked;
    asked.configure(config);
    asked.pass("connector.validate");
    return sluice::ok();
  }

 private:
  Hanger hanger_;
  sluice::StoredConfig config_;
};

class HangSource final : public HangConnector<sluice::SourceConnector> {
 public:
  static constexpr auto kConfig =
      sluice::config(kHangIn, sluice::string_key("topic").doc("Topic to write to.").default_value("hang"));
};

class HangSink final : public HangConnector<sluice::SinkConnector> {
 public:
  static constexpr auto kConfig = sluice::config(kHangIn);
};

class HangSourceTask final : public sluice::SourceTask {
 public:
  sluice::Status start(const sluice::Config& config) override {
    hanger_.configure(config);
    hanger_.pass("task.start");
    topic_ = config.string("topic");
    next_ = context().stored_offset("hang").int64_or("n", 0);
    return sluice::ok();
  }
  sluice::Status poll(sluice::BatchBuilder& out) override {
    hanger_.pass("task.poll");
    if (!context().sleep_for(std::chrono::milliseconds(100))) return sluice::stopping();
    out.add(topic_).value(sluice::Value::int64(next_)).source("hang", {{"n", next_ + 1}});
    ++next_;
    return sluice::ok();
  }
  void stop() override { hanger_.pass("task.stop"); }

 private:
  Hanger hanger_;
  std::string topic_;
  std::int64_t next_ = 0;
};

class HangSinkTask final : public sluice::SinkTask {
 public:
  sluice::Status start(const sluice::Config& config) override {
    hanger_.configure(config);
    hanger_.pass("task.start");
    return sluice::ok();
  }
  sluice::Status put(sluice::SinkBatch& batch) override {
    if (batch.size() > 0) hanger_.pass("sink.put");
    return sluice::ok();
  }
  void stop() override { hanger_.pass("task.stop"); }

 private:
  Hanger hanger_;
};

}  // namespace

SLUICE_PLUGIN("hang", "1.0.0", sluice::source<HangSource, HangSourceTask>("HangSource"),
              sluice::sink<HangSink, HangSinkTask>("HangSink"));
