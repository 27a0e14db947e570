#pragma once
// The process of one plugin instance, seen from the worker: starts it, calls into it, answers what it asks meanwhile,
// and tells how it ended. A thread of its own watches it: its log lines, what it says at any time, its share of the
// processor, its death. The other end is process_host.cc.
//
// One thread owns it: the task's or the connector's, which starts it and calls. The kernel kills the process when that
// thread goes (PR_SET_PDEATHSIG), so also when the worker is killed.

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "runtime/base/log.h"
#include "runtime/base/status.h"
#include "runtime/plugin/batch_transfer.h"
#include "runtime/plugin/cpu_budget.h"
#include "runtime/plugin/host_services.h"
#include "runtime/plugin/isolation.h"
#include "runtime/plugin/wire.h"

namespace sluice::plugin {

class HostedProcess {
 public:
  // What the records of a sink need; the rest goes to the services.
  struct SinkCallbacks {
    std::function<base::Result<std::uint64_t>(std::uint64_t put, std::uint32_t origin, base::Error)> report_errant;
    std::function<void(std::uint64_t put)> released;  // [any]
  };

  HostedProcess(HostServices& services, Isolation isolation);
  ~HostedProcess();
  HostedProcess(const HostedProcess&) = delete;
  HostedProcess& operator=(const HostedProcess&) = delete;

  // Starts it and has it load the library and make the instance. Error: why not, or how it ended meanwhile.
  base::Status create(const HostedComponent& component, SinkCallbacks callbacks = {});
  std::uint64_t features() const { return features_; }  // kHas*: which optional functions the table has

  // [owner] Calls, and waits for what comes back, which is left in `answer` if there is one: until the next call. The
  // error is the plugin's, or says that the process ended, how, and in which function.
  base::Status call(Op op, Callback callback, std::string_view bytes, Reader* answer = nullptr);
  // [owner] Calls what answers nothing.
  std::uint32_t retry_after_ms() const { return retry_after_ms_; }  // [owner] of the last call
  void post(Op op, Callback callback, std::string_view bytes);

  BatchTransfer& batches() { return batches_; }  // [owner]

  void request_stop();              // [any]
  void kill(std::string_view why);  // [any] `why` completes "was killed: "
  void destroy();                   // [owner] lets the instance end, or kills it

 private:
  static constexpr std::chrono::seconds kCreateTimeout{60};
  static constexpr std::chrono::seconds kDestroyTimeout{5};
  static constexpr std::chrono::seconds kEndTimeout{2};

  struct Ending {
    int status = 0;  // as waitpid gives it
    std::int64_t memory_peak_bytes = 0;
  };

  base::Status spawn(const std::string& command);
  std::optional<Frame> receive(std::optional<std::chrono::steady_clock::time_point> deadline);
  base::Status call_until(Op op, Callback callback, std::string_view bytes, Reader* answer,
                          std::optional<std::chrono::steady_clock::time_point> deadline);
  base::Error ended_in(Op op);
  std::string describe_end(std::string_view place);
  void add_memory_hint(base::Status& status) const;
  void answer(const Frame& question);  // of the plugin's, while it is called
  base::Status answer_offsets(std::string_view image, Writer& out);

  void watch();  // the watching thread
  void step_throttle();
  void handle_event(const Frame& event);
  void drain_events();
  void drain_output();
  void log_output(std::string_view line);
  bool reap(bool wait);  // true: it has ended
  int lowest_level() const;
  bool wait_ended(std::chrono::steady_clock::duration timeout);

  HostServices& services_;
  const Isolation isolation_;
  SinkCallbacks callbacks_;
  std::uint64_t features_ = 0;

  pid_t pid_ = -1;
  Fd pid_fd_;  // none on an old kernel
  std::optional<Channel> calls_;
  std::optional<Channel> events_;
  BatchTransfer batches_;
  Fd output_;  // what the process prints
  std::thread watcher_;

  Writer writer_;
  std::uint32_t retry_after_ms_ = 0;

  CpuBudget cpu_;
  std::string line_;                                                 // printed, without its end yet
  std::optional<std::chrono::steady_clock::time_point> deaf_since_;  // it closed its events
  bool stands_still_ = false;
  int level_sent_ = -1;
  Writer writer_level_;  // of the watching thread
  std::atomic<bool> stop_sent_{false};
  std::atomic<bool> leaving_{false};  // its end is asked for

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Ending> ending_;
  std::string killed_why_;
  std::string last_printed_;
};

inline constexpr std::uint64_t kHasDelivered = 1;
inline constexpr std::uint64_t kHasAlterOffsets = 2;

}  // namespace sluice::plugin
