#include "runtime/cmd/signals.h"

#include <signal.h>

#include <cstdlib>
#include <thread>

#include "runtime/base/log.h"

namespace sluice::cmd {
namespace {

const base::Logger& logger() {
  static const base::Logger log{"org.apache.kafka.connect.runtime.Connect"};
  return log;
}

sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

}  // namespace

Signals::Signals() {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A closed connection and a full disk are errors of the call, not the end of the worker.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  // tidy: allow(detach): waits for signals until the process ends
  std::thread([this] { watch(); }).detach();
}

void Signals::watch() {
  const sigset_t signals = stop_signals();
  for (int number = 0;;) {
    if (sigwait(&signals, &number) != 0) continue;
    {
      std::lock_guard lock(mutex_);
      if (!requested_) {
        requested_ = true;
        logger().info("Received {}: stopping. Once more ends the worker at once",
                      number == SIGINT ? "SIGINT" : "SIGTERM");
        changed_.notify_all();
        continue;
      }
    }
    logger().warn("Received a second signal: ending at once; work since the last commit will be done again");
    end_process(128 + number);
  }
}

void Signals::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return requested_; });
}

void Signals::request() {
  std::lock_guard lock(mutex_);
  requested_ = true;
  changed_.notify_all();
}

bool Signals::requested() const {
  std::lock_guard lock(mutex_);
  return requested_;
}

void end_process(int status) {
  base::flush_logging();
  std::_Exit(status);
}

}  // namespace sluice::cmd
