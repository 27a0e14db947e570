#include "runtime/cmd/watchdog.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace sluice::cmd {

Watchdog::Watchdog(std::chrono::seconds limit, int status, std::string message)
    : thread_([this, limit, status, message = std::move(message)](const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        if (ended_.wait_for(lock, stop, limit, [] { return false; }) || stop.stop_requested()) return;
        fmt::print(stderr, "{}\n", message);
        std::fflush(nullptr);
        std::_Exit(status);
      }) {}

}  // namespace sluice::cmd
