// CrashSource and CrashSink: a slow source and a sink that drops, which break the process that they run in, as
// `crash.how` says, in the callback that `crash.in` names. For tests of connectors in processes of their own.
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sluice/sink.hpp>
#include <sluice/source.hpp>

namespace {

constexpr auto kCrashIn = sluice::string_key("crash.in")
                              .doc("The callback that breaks.")
                              .default_value("")
                              .one_of("", "connector.start", "connector.stop", "connector.validate",
                                      "connector.task_configs", "connector.later", "task.start", "task.poll",
                                      "task.delivered", "task.commit", "task.stop", "sink.put", "sink.pre_commit");
constexpr auto kCrashHow = sluice::string_key("crash.how")
                               .doc("How it breaks: a signal, an exit, all memory, no end.")
                               .default_value("segv")
                               .one_of("segv", "abort", "exit", "leak", "spin", "hang");
constexpr auto kCrashAfter =
    sluice::int_key("crash.after").doc("How often the callback works before that.").default_value(0);

[[noreturn]] void spin_for_ever() {
  for (std::atomic<std::uint64_t> i{0};;) i.fetch_add(1, std::memory_order_relaxed);
}

// Touches what it takes, and never gives it back. Gives up by the exception that says that there is no more.
void leak_everything() {
  static std::vector<std::unique_ptr<std::string>> leaked;
  for (;;) leaked.push_back(std::make_unique<std::string>(1 << 20, 'x'));
}

class Crasher {
 public:
  void configure(const sluice::Config& config) {
    where_ = config.string_or("crash.in", "");
    how_ = config.string_or("crash.how", "segv");
    left_ = std::atoi(std::string(config.string_or("crash.after", "0")).c_str());
  }
  void pass(std::string_view callback) {
    if (where_ != callback || left_-- > 0) return;
    if (how_ == "segv") std::raise(SIGSEGV);
    if (how_ == "abort") {
      std::fputs("crash: giving up\n", stderr);
      std::abort();
    }
    if (how_ == "exit") std::_Exit(3);
    if (how_ == "leak") leak_everything();
    if (how_ == "spin") spin_for_ever();
    for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
  }
  bool is_for(std::string_view callback) const { return where_ == callback; }

 private:
  std::string where_;
  std::string how_ = "segv";
  int left_ = 0;
};

template <typename Base>
class CrashConnector : public Base {
 public:
  sluice::Status start(const sluice::Config& config) override {
    crasher_.configure(config);
    crasher_.pass("connector.start");
    config_ = sluice::StoredConfig(config);
    // A thread of the connector's own: nobody is calling when it breaks.
    if (crasher_.is_for("connector.later"))
      std::thread([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        std::raise(SIGSEGV);
      }).detach();
    return sluice::ok();
  }
  void stop() override { crasher_.pass("connector.stop"); }
  sluice::Status task_configs(std::uint32_t tasks_max, sluice::TaskConfigs& out) override {
    crasher_.pass("connector.task_configs");
    for (std::uint32_t i = 0; i < tasks_max; ++i) out.add(config_.pairs());
    return sluice::ok();
  }
  sluice::Status validate(const sluice::Config& config, sluice::Issues&) override {
    Crasher asked;
    asked.configure(config);
    asked.pass("connector.validate");
    return sluice::ok();
  }

 private:
  Crasher crasher_;
  sluice::StoredConfig config_;
};

class CrashSource final : public CrashConnector<sluice::SourceConnector> {
 public:
  static constexpr auto kConfig = sluice::config(
      kCrashIn, kCrashHow, kCrashAfter, sluice::string_key("topic").doc("Topic to write to.").default_value("crash"));
};

class CrashSink final : public CrashConnector<sluice::SinkConnector> {
 public:
  static constexpr auto kConfig = sluice::config(kCrashIn, kCrashHow, kCrashAfter);
};

class CrashSourceTask final : public sluice::SourceTask {
 public:
  sluice::Status start(const sluice::Config& config) override {
    crasher_.configure(config);
    crasher_.pass("task.start");
    topic_ = config.string("topic");
    next_ = context().stored_offset("crash").int64_or("n", 0);
    return sluice::ok();
  }
  sluice::Status poll(sluice::BatchBuilder& out) override {
    crasher_.pass("task.poll");
    if (!context().sleep_for(std::chrono::milliseconds(20))) return sluice::stopping();
    out.add(topic_).value(sluice::Value::int64(next_)).source("crash", {{"n", next_ + 1}});
    ++next_;
    return sluice::ok();
  }
  void delivered(std::span<const sluice_ack>) override { crasher_.pass("task.delivered"); }
  sluice::Status commit() override {
    crasher_.pass("task.commit");
    return sluice::ok();
  }
  void stop() override { crasher_.pass("task.stop"); }

 private:
  Crasher crasher_;
  std::string topic_;
  std::int64_t next_ = 0;
};

class CrashSinkTask final : public sluice::SinkTask {
 public:
  sluice::Status start(const sluice::Config& config) override {
    crasher_.configure(config);
    crasher_.pass("task.start");
    return sluice::ok();
  }
  sluice::Status put(sluice::SinkBatch& batch) override {
    if (batch.size() > 0) crasher_.pass("sink.put");
    return sluice::ok();
  }
  sluice::Status pre_commit(std::span<sluice_topic_offset>) override {
    crasher_.pass("sink.pre_commit");
    return sluice::ok();
  }
  void stop() override { crasher_.pass("task.stop"); }

 private:
  Crasher crasher_;
};

}  // namespace

SLUICE_PLUGIN("crash", "1.0.0", sluice::source<CrashSource, CrashSourceTask>("CrashSource"),
              sluice::sink<CrashSink, CrashSinkTask>("CrashSink"));
