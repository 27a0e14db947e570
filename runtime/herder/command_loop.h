#pragma once
// The herder's thread: runs commands one at a time, in the order in which they came, and delayed ones when their time
// has come. Commands never block. Requests from outside are bounded; results of work that the herder itself began
// always find their way in (their number is bounded by the work).

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "runtime/base/clock.h"
#include "runtime/base/threads.h"
#include "runtime/herder/stage.h"

namespace sluice::herder {

class CommandLoop {
 public:
  using Command = std::function<void()>;
  static constexpr std::size_t kRequestsMax = 1000;

  explicit CommandLoop(const base::Clock& clock);
  ~CommandLoop();  // stop()
  CommandLoop(const CommandLoop&) = delete;
  CommandLoop& operator=(const CommandLoop&) = delete;

  void start();
  // Ends the thread after the command that runs; what is queued is dropped unrun. Not from the loop's own thread.
  void stop();

  // [any] A request: `stage` says in words what it does. False: stopped, or too many requests wait already.
  bool request(std::string stage, Command command);
  // [any] A result. Dropped once the loop is stopped.
  void post(Command command);
  // [any] Later, on the steady clock.
  void after(std::chrono::milliseconds delay, Command command);

  bool stopped() const;  // or not yet started
  // What the thread is doing, or did last.
  const StageTracker& stages() const { return stages_; }
  // [any] What the owner waits for from now on, until the next request is served.
  void stage(std::string description) { stages_.begin(std::move(description)); }

 private:
  struct Item {
    std::string stage;  // empty: not told
    Command command;
    bool is_request = false;
  };
  void run();
  bool next(Item& item);

  StageTracker stages_;
  mutable std::mutex mutex_;
  base::Condition wake_;
  std::deque<Item> items_;
  std::multimap<base::SteadyTime, Command> timers_;
  std::size_t requests_ = 0;
  bool stopping_ = true;  // not started
  base::Thread thread_;
};

}  // namespace sluice::herder
