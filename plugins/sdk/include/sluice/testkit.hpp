#pragma once
// The conformance kit inside GoogleTest: include it in a test program of your plugin, after or before gtest.h.
//
//   TEST(Tick, Conforms) { sluice::testkit::expect_conforms("build/plugins/tick/tick.so", {.config_file = "check.json"}); }
//
// It runs `sluice plugins check`: the program that the environment's SLUICE_PROGRAM names, or `sluice` on the PATH.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace sluice::testkit {

struct Check {
  std::string config_file = {};  // JSON: a configuration to run the components with
  std::string component = {};    // only this one
  int level = 4;
};

struct Outcome {
  int exit_status = -1;  // 0: conforms, 1: does not
  std::string table;     // each test with its outcome
};

inline std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

inline Outcome run_check(const std::string& library, const Check& check = {}) {
  const char* program = std::getenv("SLUICE_PROGRAM");
  std::string command = quoted(program != nullptr ? program : "sluice") + " plugins check --level " + std::to_string(check.level);
  if (!check.config_file.empty()) command += " --config " + quoted(check.config_file);
  if (!check.component.empty()) command += " --component " + quoted(check.component);
  command += " " + quoted(library) + " 2>&1";
  Outcome outcome;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) outcome.table.append(buffer, count);
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
  return outcome;
}

inline void expect_conforms(const std::string& library, const Check& check = {}) {
  const Outcome outcome = run_check(library, check);
  EXPECT_EQ(outcome.exit_status, 0) << outcome.table;
}

}  // namespace sluice::testkit
