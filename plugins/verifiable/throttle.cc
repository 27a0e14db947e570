#include "throttle.h"

#include <algorithm>

namespace verifiable {
namespace {

constexpr std::chrono::milliseconds kWaitMax{500};

}  // namespace

std::int64_t Throttle::allowed(std::int64_t done, std::int64_t wanted) const {
  if (per_second_ < 0) return wanted;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  const auto due = static_cast<std::int64_t>(seconds * static_cast<double>(per_second_));
  return std::clamp<std::int64_t>(due - done, 0, wanted);
}

std::chrono::milliseconds Throttle::wait(std::int64_t done) const {
  if (per_second_ <= 0) return per_second_ < 0 ? std::chrono::milliseconds(0) : kWaitMax;
  const double due_s = static_cast<double>(done + 1) / static_cast<double>(per_second_);
  const double now_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  const double left_ms = std::clamp((due_s - now_s) * 1000.0 + 1.0, 1.0, static_cast<double>(kWaitMax.count()));
  return std::chrono::milliseconds(static_cast<std::int64_t>(left_ms));
}

}  // namespace verifiable
