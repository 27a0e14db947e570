#pragma once
// Runs a program to its end, or kills it at a deadline with everything it started. For work that may crash or hang:
// plugin code that nobody has vetted yet.

#include <sys/types.h>

#include <chrono>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::plugin {

struct ChildOutcome {
  int exit_status = -1;    // when it ended by itself
  int signal = 0;          // when a signal ended it
  bool timed_out = false;  // killed at the deadline
  std::string out;         // standard output and error, each cut at `output_max`
  std::string err;

  bool succeeded() const { return !timed_out && signal == 0 && exit_status == 0; }
  // "exited with status 3", "was killed by signal 11 (Segmentation fault)", "did not finish within 10 s".
  std::string describe(std::chrono::milliseconds timeout) const;
};

// In the child, before it runs what may hang: it ends when whoever started it does, even by kill -9.
void end_with_parent();

// Starts a program in a process group of its own, with default signals. Its standard input is empty; descriptor i + 1
// is a copy of descriptors[i], and it has no others. The caller waits for it.
base::Result<pid_t> spawn_child(const std::vector<std::string>& command, std::span<const int> descriptors);

std::string describe_signal(int signal);  // "was killed by signal 11 (SIGSEGV)"

// Blocks. `command` is a path and its arguments; nothing of the worker's descriptors is inherited. Error: it could not
// be started.
base::Result<ChildOutcome> run_child(const std::vector<std::string>& command, std::chrono::milliseconds timeout,
                                     std::size_t output_max = 16 << 20);

}  // namespace sluice::plugin
