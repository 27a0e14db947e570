// SLUICE_SIMULATION_SEED=n    lives one history, and tells it
// SLUICE_SIMULATION_COUNT=n   as many histories, from SLUICE_SIMULATION_FIRST (1) on

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "runtime/base/log.h"
#include "tests/simulation/history.h"

namespace sluice::simulation {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Histories : public testing::Test {
 protected:
  static void SetUpTestSuite() { base::set_logger_level("root", base::LogLevel::kOff, 0); }

  // False: something was wrong.
  bool live(std::uint64_t seed, bool telling) {
    History history(seed);
    history.world.telling = telling;
    const auto complaints = history.run();
    for (const std::string& complaint : complaints)
      ADD_FAILURE() << complaint << "\n  SLUICE_SIMULATION_SEED=" << seed << " tells this history";
    steps_ += history.world.steps();
    simulated_ += history.world.elapsed();
    longest_ = std::max(longest_, history.settled_after);
    return complaints.empty();
  }

  std::uint64_t steps_ = 0;
  Ms simulated_{0}, longest_{0};
};

TEST_F(Histories, AllComeRight) {
  if (const std::uint64_t seed = number_from("SLUICE_SIMULATION_SEED", 0); seed != 0) {
    if (std::getenv("SLUICE_SIMULATION_LOG") != nullptr) base::set_logger_level("root", base::LogLevel::kInfo, 0);
    live(seed, true);
    return;
  }
  const std::uint64_t first = number_from("SLUICE_SIMULATION_FIRST", 1);
  const std::uint64_t count = number_from("SLUICE_SIMULATION_COUNT", 300);
  const std::uint64_t failures_max = number_from("SLUICE_SIMULATION_FAILURES", 5);
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t failures = 0, lived = 0;
  for (std::uint64_t seed = first; seed < first + count && failures < failures_max; ++seed, ++lived)
    if (!live(seed, false)) ++failures;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf(
      "%llu histories in %.1f s: %.0f a second; %.0f simulated hours, %llu steps; longest to come right %.0f s\n",
      static_cast<unsigned long long>(lived), seconds, static_cast<double>(lived) / seconds,
      static_cast<double>(simulated_.count()) / 3.6e6, static_cast<unsigned long long>(steps_),
      static_cast<double>(longest_.count()) / 1000);
}

TEST_F(Histories, AreTheSameForTheSameSeed) {
  std::uint64_t steps[2] = {};
  for (std::uint64_t& each : steps) {
    History history(7);
    history.run();
    each = history.world.steps();
  }
  EXPECT_EQ(steps[0], steps[1]);
}

}  // namespace
}  // namespace sluice::simulation
