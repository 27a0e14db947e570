// Level 3: instances come and go without leaving anything behind, stop when they are asked to, and know nothing of each
// other.

#include <malloc.h>

#include "runtime/plugin/check_tasks.h"

namespace sluice::plugin {

base::Result<config::ConfigMap> first_task_config(const CheckSubject& subject) {
  CheckServices services;
  SLUICE_TRY_ASSIGN(auto connector, subject.connector.make_connector(services));
  SLUICE_TRY(connector->start(subject.config));
  auto configs = connector->task_configs(1);
  connector->stop();
  if (!configs) return base::fail(std::move(configs).error());
  if (configs->empty()) return base::connect_error("the connector gives no task");
  return std::move(configs->front());
}

namespace {

using namespace std::chrono_literals;
using base::Code;
using Clock = std::chrono::steady_clock;

constexpr int kRounds = 1000;
constexpr int kHostedRounds = 20;
constexpr std::size_t kLeakBytesMax = 512 * 1024;  // over kRounds: a leak of 600 bytes each
constexpr auto kStopDeadline = 5s;
const std::vector<std::int32_t> kConnectors = {SLUICE_KIND_SOURCE, SLUICE_KIND_SINK};
const std::vector<std::int32_t> kOthers = {SLUICE_KIND_TRANSFORM, SLUICE_KIND_PREDICATE};

// Runs `once` many times and looks for what is left over.
template <typename Once>
Verdict leaves_nothing(int rounds, Once once) {
  for (int i = 0; i < 10; ++i)  // caches fill
    if (auto verdict = once(); verdict.outcome != CheckOutcome::kPassed) return verdict;
  const auto bytes = ::mallinfo2().uordblks;
  const int descriptors = open_descriptors();
  const int threads = running_threads();
  for (int i = 0; i < rounds; ++i)
    if (auto verdict = once(); verdict.outcome != CheckOutcome::kPassed) return verdict;
  if (open_descriptors() > descriptors)
    return failed("{} file descriptors are left open after {} rounds", open_descriptors() - descriptors, rounds);
  if (running_threads() > threads)
    return failed("{} threads outlive destroy after {} rounds", running_threads() - threads, rounds);
  const auto now = ::mallinfo2().uordblks;
  if (now > bytes && now - bytes > kLeakBytesMax)
    return failed("{} bytes are left after {} rounds", now - bytes, rounds);
  return passed();
}

template <typename Task>
Verdict create_and_destroy(CheckSubject& subject) {
  // What is left in a process that has ended is nobody's; the worker's side of it is what is looked at then.
  const int rounds = subject.connector.hosted != nullptr ? kHostedRounds : kRounds;
  return leaves_nothing(rounds, [&]() -> Verdict {
    CheckServices services;
    auto connector = subject.connector.make_connector(services);
    if (!connector) return failed_with("create of the connector", connector.error());
    Task task;
    if (auto status = task.create(subject); !status) return failed_with("create of the task", status.error());
    return passed();
  });
}

Verdict connectors_come_and_go(CheckSubject& subject) {
  return subject.described.kind == SLUICE_KIND_SOURCE ? create_and_destroy<CheckSource>(subject)
                                                      : create_and_destroy<CheckSink>(subject);
}

Verdict others_come_and_go(CheckSubject& subject) {
  return leaves_nothing(kRounds, [&]() -> Verdict {
    CheckServices services;
    base::Status status;
    if (subject.described.kind == SLUICE_KIND_TRANSFORM) {
      auto made = make_plugin_transform(*static_cast<const sluice_transform_vtable*>(subject.component->vtable),
                                        services, subject.config);
      if (!made) status = base::fail(std::move(made).error());
    } else {
      auto made = make_plugin_predicate(*static_cast<const sluice_predicate_vtable*>(subject.component->vtable),
                                        services, subject.config);
      if (!made) status = base::fail(std::move(made).error());
    }
    return status ? passed() : failed_with("create", status.error());
  });
}

// A start that fails is followed by destroy only.
template <typename Task>
Verdict start_without_config(CheckSubject& subject) {
  return leaves_nothing(20, [&]() -> Verdict {
    Task task;
    if (auto status = task.create(subject); !status) return failed_with("create", status.error());
    const auto status = task.instance->start({});
    if (status)
      task.stop();
    else if (status.error().code() == Code::kBug)
      return failed_with("start with an empty configuration", status.error());
    return passed();
  });
}

Verdict failed_start_is_clean(CheckSubject& subject) {
  return subject.described.kind == SLUICE_KIND_SOURCE ? start_without_config<CheckSource>(subject)
                                                      : start_without_config<CheckSink>(subject);
}

template <typename Task>
Verdict start_stop(CheckSubject& subject, int rounds) {
  return leaves_nothing(rounds, [&]() -> Verdict {
    Task task;
    if (auto status = task.start(subject); !status) return failed_with("start", status.error());
    task.stop();
    return passed();
  });
}

Verdict start_and_stop(CheckSubject& subject) {
  return subject.described.kind == SLUICE_KIND_SOURCE ? start_stop<CheckSource>(subject, 20)
                                                      : start_stop<CheckSink>(subject, 20);
}

// One thread polls, as the worker's task thread does; another asks it to stop.
Verdict poll_stops(CheckSubject& subject) {
  std::atomic<bool> polling{false};
  std::atomic<bool> done{false};
  std::string error;
  std::mutex mutex;  // between request_stop and destroy
  CheckSource task;
  std::thread thread([&] {
    if (auto status = task.start(subject); !status) {
      error = fmt::format("start: {}", status.error().message());
    } else {
      data::Batch batch;
      while (!task.services.is_stopping()) {
        polling = true;
        const auto polled = task.instance->poll(batch);
        if (!polled && polled.error().code() != Code::kStopping && polled.error().code() != Code::kRetry) {
          error = fmt::format("poll: {}", polled.error().message());
          break;
        }
        batch.reset();
      }
      task.instance->stop();
      std::lock_guard lock(mutex);
      task.instance.reset();
    }
    done = true;
  });
  while (!polling && !done) std::this_thread::sleep_for(1ms);
  std::this_thread::sleep_for(200ms);
  const auto asked = Clock::now();
  task.services.request_stop();
  {
    std::lock_guard lock(mutex);
    if (polling && task.instance != nullptr) task.instance->request_stop();
  }
  while (!done && Clock::now() - asked < kStopDeadline) std::this_thread::sleep_for(1ms);
  if (!done) {
    thread.detach();  // tidy: allow(detach): this process ends with the verdict
    return failed("poll and stop did not return within {} s of request_stop", kStopDeadline.count());
  }
  thread.join();
  return error.empty() ? passed() : failed("{}", error);
}

Verdict two_tasks_are_independent(CheckSubject& subject) {
  std::atomic<int> failures{0};
  std::mutex mutex;
  std::string reason;
  const auto run = [&] {
    base::Status status;
    const auto note = [&](base::Status outcome) {
      if (outcome || outcome.error().code() == Code::kStopping || outcome.error().code() == Code::kRetry) return;
      ++failures;
      std::lock_guard lock(mutex);
      reason = outcome.error().message();
    };
    if (subject.described.kind == SLUICE_KIND_SOURCE) {
      CheckSource task;
      status = task.start(subject);
      note(status);
      data::Batch batch;
      if (status) {
        for (int i = 0; i < 3; ++i) {
          note(task.instance->poll(batch));
          batch.reset();
        }
        task.stop();
      }
    } else {
      CheckSink task;
      status = task.start(subject);
      note(status);
      if (status) task.stop();
    }
  };
  std::thread first(run);
  std::thread second(run);
  first.join();
  second.join();
  return failures == 0 ? passed() : failed("two tasks at a time: {}", reason);
}

}  // namespace

std::span<const CheckTest> lifecycle_checks() {
  static const std::vector<CheckTest> tests = {
      {"lifecycle.create_destroy", 3, "1,000 instances come and go without a leak", 60s, kConnectors, false,
       connectors_come_and_go},
      {"lifecycle.create_destroy", 3, "1,000 instances come and go without a leak", 60s, kOthers, true,
       others_come_and_go},
      {"lifecycle.failed_start", 3, "a start without configuration fails cleanly", 30s, kConnectors, false,
       failed_start_is_clean},
      {"lifecycle.start_stop", 3, "start and stop leave nothing behind", 60s, kConnectors, true, start_and_stop},
      {"lifecycle.request_stop",
       3,
       "request_stop ends a poll within the deadline",
       30s,
       {SLUICE_KIND_SOURCE},
       true,
       poll_stops},
      {"lifecycle.two_tasks", 3, "two tasks run beside each other", 10s, kConnectors, true, two_tasks_are_independent},
  };
  return tests;
}

}  // namespace sluice::plugin
