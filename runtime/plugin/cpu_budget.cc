#include "runtime/plugin/cpu_budget.h"

#include <time.h>

#include <algorithm>

namespace sluice::plugin {

bool CpuBudget::stands_still(std::int64_t now_ns, std::int64_t used_ns) {
  if (cores_ <= 0) return false;
  if (last_ns_ < 0) {
    last_ns_ = now_ns;
    last_used_ns_ = used_ns;
    return false;
  }
  const double burst = cores_ * static_cast<double>(std::chrono::nanoseconds(kBurst).count());
  saved_ns_ = std::min(saved_ns_ + cores_ * static_cast<double>(now_ns - last_ns_), burst);
  saved_ns_ -= static_cast<double>(used_ns - last_used_ns_);
  last_ns_ = now_ns;
  last_used_ns_ = used_ns;
  return saved_ns_ < 0;
}

std::int64_t process_cpu_ns(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return -1;
  return used.tv_sec * std::int64_t{1'000'000'000} + used.tv_nsec;
}

}  // namespace sluice::plugin
