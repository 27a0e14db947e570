#include "runtime/store/config_writer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/base/log.h"

namespace sluice::store {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Calls of the transactional producer return that often, to see a stop.
constexpr milliseconds kTurn{2000};
constexpr milliseconds kAbortMax{2000};
constexpr milliseconds kQueueFullPause{20};

const base::Logger kLog{"org.apache.kafka.connect.storage.KafkaConfigBackingStore"};

base::Error stopped() {
  return base::Error(base::Code::kStopping, base::exceptions::kConnect, "the config store has been stopped");
}

std::string_view view(const std::optional<std::string>& value) {
  return value ? std::string_view(*value) : std::string_view();
}

std::size_t size_of(const ConfigWrite& write) {
  std::size_t bytes = 0;
  for (const ConfigRecord& record : write.records) bytes += record.key.size() + view(record.value).size();
  return bytes;
}

milliseconds left_until(SteadyClock::time_point deadline) {
  return std::max(std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now()), milliseconds(0));
}

// The operation's own text over what happened; a stop stays a stop.
base::Error outer(const base::Error& error, const std::string& text, const char* exception) {
  return base::Error(error.code(), exception, text).with_cause(error);
}

}  // namespace

// Outstanding sends of one step; shared with the log's callbacks, which may come after a deadline.
struct ConfigWriter::Sends {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t outstanding = 0;
  std::vector<std::optional<base::Error>> errors;  // of each request, the first

  void ended(std::size_t request, const base::Status& result) {
    std::lock_guard lock(mutex);
    if (!result && !errors[request]) errors[request] = result.error();
    --outstanding;
    changed.notify_all();
  }
};

ConfigWriter::ConfigWriter(kafka::KafkaLog& log, std::string topic, std::optional<kafka::ClientConfig> transactional)
    : log_(log), topic_(std::move(topic)), transactional_(std::move(transactional)) {}

ConfigWriter::~ConfigWriter() {
  stop();
}

void ConfigWriter::start() {
  std::lock_guard lock(mutex_);
  if (!stopping_) thread_ = std::thread([this] { run(); });
}

void ConfigWriter::request_stop() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

void ConfigWriter::stop() {
  request_stop();
  std::thread thread;
  std::deque<Request> rest;
  {
    std::lock_guard lock(mutex_);
    thread.swap(thread_);
  }
  if (thread.joinable()) thread.join();
  {
    std::lock_guard lock(mutex_);
    rest.swap(pending_);
  }
  for (const Request& request : rest)
    if (request.write.done) request.write.done(base::fail(stopped()));
}

void ConfigWriter::write(ConfigWrite request) {
  enqueue({std::move(request), nullptr});
}

void ConfigWriter::claim(std::function<void(base::Status)> done) {
  if (!transactional_) return done({});
  ConfigWrite refused;
  refused.done = done;
  enqueue({std::move(refused), [this, done = std::move(done)] { done(claim_now()); }});
}

void ConfigWriter::post(std::function<void()> work) {
  enqueue({{}, std::move(work)});
}

void ConfigWriter::enqueue(Request request) {
  base::Error refusal = stopped();
  {
    std::lock_guard lock(mutex_);
    if (!stopping_ && pending_.size() < kPendingMax) {
      pending_.push_back(std::move(request));
      wake_.notify_all();
      return;
    }
    if (!stopping_)
      refusal = base::Error(base::Code::kRetry, base::exceptions::kRetriable,
                            fmt::format("{} writes to the config topic are waiting already", kPendingMax));
  }
  if (request.write.done) request.write.done(base::fail(refusal));
}

void ConfigWriter::run() {
  for (;;) {
    std::vector<ConfigWrite> writes;
    std::function<void()> work;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !pending_.empty(); });
      if (stopping_) break;
      if (pending_.front().work) {
        work = std::move(pending_.front().work);
        pending_.pop_front();
      } else {
        writes = take_together();
      }
    }
    if (work) {
      work();
    } else {
      write_together(writes);
    }
  }
  producer_.reset();
}

// With the mutex held.
std::vector<ConfigWrite> ConfigWriter::take_together() {
  std::vector<ConfigWrite> writes;
  std::set<std::string> connectors;
  std::size_t bytes = 0;
  while (!pending_.empty() && !pending_.front().work && writes.size() < kTogetherMax && bytes < kTogetherBytes) {
    ConfigWrite& next = pending_.front().write;
    if (!writes.empty() && (next.leader != writes.front().leader || next.connector.empty() ||
                            writes.front().connector.empty() || connectors.contains(next.connector)))
      break;
    connectors.insert(next.connector);
    bytes += size_of(next);
    writes.push_back(std::move(next));
    pending_.pop_front();
  }
  return writes;
}

void ConfigWriter::write_together(std::vector<ConfigWrite>& writes) {
  const Deadline deadline = SteadyClock::now() + kBudget;
  const bool leader = writes.front().leader;
  const bool commits = std::any_of(writes.begin(), writes.end(), [](const auto& write) { return write.commit; });
  const bool tasks = std::any_of(writes.begin(), writes.end(),
                                 [](const auto& write) { return write.commit && !write.records.empty(); });
  std::vector<base::Status> results(writes.size());
  if (commits) read_to_end(deadline, results);
  send(writes, false, deadline, results);
  if (tasks) read_to_end(deadline, results);
  if (commits) send(writes, true, deadline, results);
  if (leader) read_to_end(deadline, results);
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!results[i]) {
      const bool fenced = leader && transactional_ && !producer_;
      const char* exception = fenced ? kPrivilegedWriteException : base::exceptions::kConnect;
      results[i] = base::fail(outer(results[i].error(), writes[i].failure, exception));
    }
    writes[i].done(std::move(results[i]));
  }
}

void ConfigWriter::send(const std::vector<ConfigWrite>& writes, bool commits, Deadline deadline,
                        std::vector<base::Status>& results) {
  if (!writes.front().leader || !transactional_) return send_to_log(writes, commits, deadline, results);
  std::vector<const ConfigRecord*> records;
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!results[i]) continue;
    if (!commits)
      for (const ConfigRecord& record : writes[i].records) records.push_back(&record);
    else if (writes[i].commit)
      records.push_back(&*writes[i].commit);
  }
  if (records.empty()) return;
  const auto status = send_in_transaction(records, deadline);
  if (status) return;
  for (base::Status& result : results)
    if (result) result = base::fail(status.error());
}

void ConfigWriter::send_to_log(const std::vector<ConfigWrite>& writes, bool commits, Deadline deadline,
                               std::vector<base::Status>& results) {
  auto sends = std::make_shared<Sends>();
  sends->errors.resize(writes.size());
  const auto send_one = [&](std::size_t request, const ConfigRecord& record) {
    {
      std::lock_guard lock(sends->mutex);
      ++sends->outstanding;
    }
    const auto sent = log_.send(record.key, view(record.value),
                                [sends, request](const base::Status& result) { sends->ended(request, result); });
    if (!sent) sends->ended(request, sent);
  };
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!results[i]) continue;
    if (!commits)
      for (const ConfigRecord& record : writes[i].records) send_one(i, record);
    else if (writes[i].commit)
      send_one(i, *writes[i].commit);
  }
  std::unique_lock lock(sends->mutex);
  const bool all = sends->changed.wait_until(lock, deadline, [&] { return sends->outstanding == 0; });
  for (std::size_t i = 0; i < writes.size(); ++i) {
    if (!results[i]) continue;
    if (sends->errors[i]) {
      results[i] = base::fail(*sends->errors[i]);
    } else if (!all) {
      results[i] = base::fail(base::Code::kTimeout, base::exceptions::kTimeout,
                              "topic '{}' did not take the records within {} s", topic_, kBudget.count());
    }
  }
}

base::Status ConfigWriter::send_in_transaction(const std::vector<const ConfigRecord*>& records, Deadline deadline) {
  if (!producer_)
    return base::fail(base::Code::kFatal, base::exceptions::kIllegalState,
                      "Cannot write to config topic without claiming write privileges first");
  const auto status = run_transaction(records, deadline);
  if (status) return {};
  kLog.warn("Writing to topic '{}' in a transaction failed; this worker has to claim it again: {}", topic_,
            status.error().to_string());
  std::ignore = producer_->abort_transaction(kAbortMax, [](std::span<const kafka::Delivery>) {});
  producer_.reset();
  return status;
}

base::Status ConfigWriter::run_transaction(const std::vector<const ConfigRecord*>& records, Deadline deadline) {
  std::optional<base::Error> failed;
  const auto take = [&](std::span<const kafka::Delivery> reports) {
    for (const kafka::Delivery& report : reports)
      if (report.error != 0 && !failed)
        failed = kafka::make_error(report.error, fmt::format("writing to topic {}", topic_));
  };
  SLUICE_TRY(producer_->begin_transaction());
  for (const ConfigRecord* record : records) {
    for (;;) {
      const auto taken = producer_->produce({.topic = handle_, .key = record->key, .value = view(record->value)});
      if (taken == kafka::ProduceStatus::kOk) break;
      if (taken == kafka::ProduceStatus::kFailed) return base::fail(producer_->last_error());
      if (stopping_ || left_until(deadline) == milliseconds(0)) return base::fail(producer_->last_error());
      producer_->poll_deliveries(kQueueFullPause, take);
    }
  }
  for (;;) {
    const auto turn = std::min(left_until(deadline), kTurn);
    const auto status = producer_->commit_transaction(turn, take);
    if (failed) return base::fail(*failed);
    if (status) return {};
    const auto code = status.error().code();
    const bool again = code == base::Code::kRetry || code == base::Code::kTimeout;
    if (!again || stopping_ || left_until(deadline) == milliseconds(0)) return status;
  }
}

void ConfigWriter::read_to_end(Deadline deadline, std::vector<base::Status>& results) {
  if (std::none_of(results.begin(), results.end(), [](const auto& result) { return result.has_value(); })) return;
  const auto status = log_.read_to_end(deadline);
  if (status) return;
  for (base::Status& result : results)
    if (result) result = base::fail(status.error());
}

base::Status ConfigWriter::claim_now() {
  producer_.reset();
  SLUICE_TRY_ASSIGN(auto producer, kafka::Producer::create(*transactional_));
  const Deadline deadline = SteadyClock::now() + kBudget;
  for (;;) {
    const auto status = producer->init_transactions(std::clamp(left_until(deadline), milliseconds(1), kTurn));
    if (status) break;
    const auto code = status.error().code();
    const bool again = code == base::Code::kRetry || code == base::Code::kTimeout;
    if (stopping_) return base::fail(stopped());
    if (!again || left_until(deadline) == milliseconds(0)) return status;
  }
  SLUICE_TRY_ASSIGN(handle_, producer->topic(topic_));
  producer_ = std::move(producer);
  return {};
}

}  // namespace sluice::store
