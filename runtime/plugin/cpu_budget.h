#pragma once
// Keeps a process to a share of the cores, as an ordinary user can: when it has used more than its share it is stopped
// (SIGSTOP) until the share has caught up. Looked at every kInterval; a process that idles may save up kBurst of it.

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace sluice::plugin {

class CpuBudget {
 public:
  static constexpr std::chrono::milliseconds kInterval{10};
  static constexpr std::chrono::milliseconds kBurst{100};

  // `cores` 0: no limit.
  explicit CpuBudget(double cores) : cores_(cores) {}
  bool limited() const { return cores_ > 0; }

  // What is to be done now that the process has used `used_ns` in all: true, it is to stand still.
  bool stands_still(std::int64_t now_ns, std::int64_t used_ns);

 private:
  const double cores_;
  std::int64_t last_ns_ = -1;
  std::int64_t last_used_ns_ = 0;
  double saved_ns_ = 0;  // negative: overdrawn
};

// Of all its threads since it began; -1: it is gone.
std::int64_t process_cpu_ns(pid_t pid);

}  // namespace sluice::plugin
