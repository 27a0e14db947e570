#include "runtime/task/stop_signal.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace sluice::task {

StopSignal::StopSignal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

StopSignal::~StopSignal() {
  if (fd_ >= 0) ::close(fd_);
}

void StopSignal::request() {
  {
    std::lock_guard lock(mutex_);
    if (requested_.exchange(true, std::memory_order_acq_rel)) return;
  }
  changed_.notify_all();
  const std::uint64_t one = 1;
  if (fd_ >= 0) [[maybe_unused]]
    const auto written = ::write(fd_, &one, sizeof one);  // an eventfd takes it unless it overflows
}

bool StopSignal::sleep_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [&] { return requested() || woken_; });
  woken_ = false;
  return requested();
}

void StopSignal::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

}  // namespace sluice::task
