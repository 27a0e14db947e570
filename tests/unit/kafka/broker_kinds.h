#pragma once
// Which brokers tests run on: the embedded one, and with SLUICE_TEST_BOOTSTRAP a real one too.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::kafka {

inline std::vector<std::string> broker_kinds() {
  std::vector<std::string> kinds{"embedded"};
  const char* real = std::getenv("SLUICE_TEST_BOOTSTRAP");
  if (real && *real) kinds.emplace_back("real");
  return kinds;
}
// That kind, if there is one.
inline std::vector<std::string> broker_kinds(std::string_view only) {
  std::vector<std::string> kinds = broker_kinds();
  std::erase_if(kinds, [only](const std::string& kind) { return kind != only; });
  return kinds;
}

// A suite for what only one kind of broker can do, or be made to do.
#define SLUICE_BROKER_TESTS_ON(kind, suite, base)                                                  \
  class suite : public base {};                                                                    \
  GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(suite); /* where there is no broker of the kind */ \
  INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::ValuesIn(::sluice::kafka::broker_kinds(kind)),    \
                           [](const auto& parameter) { return parameter.param; })

#define SLUICE_BROKER_TESTS(suite)                                                          \
  INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::ValuesIn(::sluice::kafka::broker_kinds()), \
                           [](const auto& parameter) { return parameter.param; })

}  // namespace sluice::kafka
