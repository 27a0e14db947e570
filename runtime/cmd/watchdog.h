#pragma once
// For commands that must come to an end whatever hangs: a plugin, a disk, a file system.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace sluice::cmd {

// While it lives, the process has `limit` left; then `message` goes to the standard error, and the process ends with
// `status`.
class Watchdog {
 public:
  Watchdog(std::chrono::seconds limit, int status, std::string message);

 private:
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace sluice::cmd
