// ScriptedSource and ScriptedSink: do what their configuration says, for tests of the task loops. Everything that
// happens to them is written as a line to the file `journal`.

#include <chrono>
#include <cstdio>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <sluice/sink.hpp>
#include <sluice/source.hpp>

namespace {

using sluice::Value;

class Journal {
 public:
  void open(const std::string& path) { path_ = path; }
  void line(const std::string& text) {
    if (path_.empty()) return;
    const std::lock_guard lock(mutex_);
    if (std::FILE* file = std::fopen(path_.c_str(), "a")) {
      std::fputs((text + "\n").c_str(), file);
      std::fclose(file);
    }
  }

 private:
  std::string path_;
  std::mutex mutex_;
};

class ScriptedSource final : public sluice::SourceTask {
 public:
  static constexpr auto kConfig =
      sluice::config(sluice::string_key("topic").doc("Topic to write to.").required(),
                     sluice::long_key("count").doc("Records to give.").default_value(10),
                     sluice::int_key("batch").doc("Records of a poll.").default_value(3),
                     sluice::int_key("lines").doc("Source partitions, taken in turn.").default_value(1),
                     sluice::long_key("retry.at")
                         .doc("The poll that would give this record asks for a retry, once.")
                         .default_value(-1),
                     sluice::long_key("fail.at").doc("The poll that would give this record fails.").default_value(-1),
                     sluice::long_key("filter.every").doc("Every n-th record gets the header `drop`.").default_value(0),
                     sluice::long_key("commit.at")
                         .doc("Where the connector ends transactions: behind this record one is committed.")
                         .default_value(-1),
                     sluice::long_key("abort.at").doc("Behind this record one is aborted.").default_value(-1),
                     sluice::boolean_key("fail.start").doc("start fails.").default_value(false),
                     sluice::string_key("fail.how")
                         .doc("What a failure is: an error's status, one of a configuration, or a C++ exception.")
                         .default_value("status")
                         .one_of("status", "config", "throw", "bad_alloc"),
                     sluice::boolean_key("hang.stop").doc("stop never returns.").default_value(false),
                     sluice::password_key("secret").doc("Told in the log and in the failure.").default_value(""),
                     sluice::string_key("journal").doc("File that hears of everything.").default_value(""));

  static std::uint64_t capabilities(const sluice::Config&) {
    return SLUICE_CAPABILITY_EXACTLY_ONCE_SUPPORTED | SLUICE_CAPABILITY_TRANSACTION_BOUNDARIES;
  }

  sluice::Status start(const sluice::Config& config) override {
    journal_.open(config.string("journal"));
    journal_.line("start");
    commit_at_ = config.int64("commit.at");
    abort_at_ = config.int64("abort.at");
    secret_ = config.password("secret");
    if (!secret_.empty()) context().info("logging in with {}", secret_);
    fail_how_ = config.string("fail.how");
    hang_stop_ = config.boolean("hang.stop");
    if (config.boolean("fail.start")) {
      if (fail_how_ == "config") return sluice::invalid_config("told to fail at start");
      return sluice::fatal("told to fail at start");
    }
    topic_ = config.string("topic");
    count_ = config.int64("count");
    batch_ = config.int32("batch");
    lines_ = config.int32("lines");
    retry_at_ = config.int64("retry.at");
    fail_at_ = config.int64("fail.at");
    filter_every_ = config.int64("filter.every");
    std::int64_t next = 0;
    for (std::int32_t line = 0; line < lines_; ++line) {
      const std::int64_t n = context().stored_offset({{"line", line}}).int64_or("n", 0);
      if (n > next) next = n;
    }
    next_ = next;
    journal_.line("resume " + std::to_string(next_));
    return sluice::ok();
  }

  sluice::Status poll(sluice::BatchBuilder& out) override {
    if (next_ >= count_) {
      context().sleep_for(std::chrono::milliseconds(50));
      return sluice::ok();
    }
    for (std::int32_t i = 0; i < batch_ && next_ < count_; ++i) {
      if (next_ == retry_at_ && out.empty()) {
        retry_at_ = -1;
        journal_.line("retry");
        return sluice::retry("told to retry at {}", next_);
      }
      if (next_ == fail_at_ && out.empty()) {
        if (fail_how_ == "throw") throw std::runtime_error("told to throw");
        if (fail_how_ == "bad_alloc") throw std::bad_alloc();
        if (secret_.empty()) return sluice::fatal("told to fail at {}", next_);
        return sluice::fatal("told to fail at {}: no login for db://user:{}@host", next_, secret_);
      }
      if (next_ == retry_at_ || next_ == fail_at_) break;
      auto record = out.add(topic_);
      record.value(context().schemas().string(), out.format("{}", next_)).cookie(static_cast<std::uint64_t>(next_));
      if (filter_every_ > 0 && next_ % filter_every_ == 0) record.header("drop", Value::boolean(true));
      const auto partition = out.partition({{"line", next_ % lines_}});
      if (next_ == commit_at_) context().commit_transaction(static_cast<std::uint32_t>(i));
      if (next_ == abort_at_) context().abort_transaction(static_cast<std::uint32_t>(i));
      ++next_;
      record.source(partition, {{"n", next_}});
    }
    if (next_ >= count_) context().commit_transaction();
    return sluice::ok();
  }

  void delivered(std::span<const sluice_ack> acks) override {
    for (const sluice_ack& ack : acks)
      journal_.line((ack.partition < 0 ? "skipped " : "delivered ") + std::to_string(ack.cookie));
  }
  sluice::Status commit() override {
    journal_.line("commit");
    return sluice::ok();
  }
  void stop() override {
    journal_.line("stop");
    while (hang_stop_) std::this_thread::sleep_for(std::chrono::hours(1));
  }

 private:
  Journal journal_;
  std::string topic_, fail_how_, secret_;
  bool hang_stop_ = false;
  std::int64_t count_ = 0, next_ = 0, retry_at_ = -1, fail_at_ = -1, filter_every_ = 0;
  std::int64_t commit_at_ = -1, abort_at_ = -1;
  std::int32_t batch_ = 3, lines_ = 1;
};

class ScriptedSink final : public sluice::SinkTask {
 public:
  static constexpr auto kConfig = sluice::config(
      sluice::int_key("retry.times").doc("The first puts with records that ask for a retry.").default_value(0),
      sluice::long_key("fail.at").doc("put fails at the record of this value.").default_value(-1),
      sluice::boolean_key("keep")
          .doc("Keeps each batch and releases it later, on another thread.")
          .default_value(false),
      sluice::boolean_key("hold").doc("pre_commit lets nothing go.").default_value(false),
      sluice::boolean_key("fail.pre.commit").doc("The first pre_commit with something new fails.").default_value(false),
      sluice::boolean_key("errant").doc("Reports each record of an odd number as errant.").default_value(false),
      sluice::boolean_key("errant.await").doc("Waits for each of its reports.").default_value(false),
      sluice::boolean_key("errant.swallow").doc("Goes on where a report is refused.").default_value(false),
      sluice::string_key("journal").doc("File that hears of everything.").default_value(""));

  ~ScriptedSink() override {
    for (std::thread& thread : threads_) thread.join();
  }

  sluice::Status start(const sluice::Config& config) override {
    journal_.open(config.string("journal"));
    retries_ = config.int32("retry.times");
    fail_at_ = config.int64("fail.at");
    keep_ = config.boolean("keep");
    hold_ = config.boolean("hold");
    fail_pre_commit_ = config.boolean("fail.pre.commit");
    errant_ = config.boolean("errant");
    await_ = config.boolean("errant.await");
    swallow_ = config.boolean("errant.swallow");
    journal_.line("start");
    return sluice::ok();
  }
  sluice::Status open(sluice::TopicPartitions partitions) override {
    journal_.line("open " + std::to_string(partitions.size()));
    return sluice::ok();
  }
  sluice::Status close(sluice::TopicPartitions partitions) override {
    journal_.line("close " + std::to_string(partitions.size()));
    return sluice::ok();
  }
  sluice::Status put(sluice::SinkBatch& batch) override {
    if (batch.size() == 0) return sluice::ok();
    if (retries_ > 0) {
      --retries_;
      journal_.line("retry " + std::string(batch[0].value().text()));
      return sluice::retry("told to retry");
    }
    for (const sluice::RecordView record : batch) {
      const std::string text(record.value().text());
      if (text == std::to_string(fail_at_)) return sluice::fatal("told to fail at {}", text);
      if (errant_ && (text.back() - '0') % 2 == 1) {
        journal_.line("errant " + text);
        std::uint64_t ticket = 0;
        sluice::Status status = context().report_errant(record, batch, sluice::bad_record("odd {}", text), &ticket);
        if (status.is_ok() && await_) {
          status = context().await_errant(ticket, std::chrono::seconds(30));
          if (status.is_ok()) journal_.line("awaited " + text);
        }
        if (!status.is_ok() && !swallow_) return status;
        continue;
      }
      journal_.line("put " + text);
    }
    if (!keep_) return sluice::ok();
    threads_.emplace_back([owned = batch.take(), this]() mutable {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      for (const sluice::RecordView record : owned.view()) journal_.line("kept " + std::string(record.value().text()));
      owned.reset();
    });
    return sluice::ok();
  }
  sluice::Status pre_commit(std::span<sluice_topic_offset> offsets) override {
    for (sluice_topic_offset& offset : offsets) {
      if (fail_pre_commit_ && offset.offset > 0) {
        fail_pre_commit_ = false;
        journal_.line("pre_commit fails");
        return sluice::fatal("told to fail in pre_commit");
      }
      if (hold_) offset.flags |= SLUICE_OFFSET_SKIP;
    }
    return sluice::ok();
  }
  void stop() override { journal_.line("stop"); }

 private:
  Journal journal_;
  int retries_ = 0;
  std::int64_t fail_at_ = -1;
  bool keep_ = false, hold_ = false, fail_pre_commit_ = false, errant_ = false, await_ = false, swallow_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

SLUICE_PLUGIN("scripted", "0.1.0", sluice::simple_source<ScriptedSource>("ScriptedSource"),
              sluice::simple_sink<ScriptedSink>("ScriptedSink"));
