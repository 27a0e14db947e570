#pragma once
// The conformance kit inside GoogleTest: include it in a test program of your plugin, after or before gtest.h.
//
//   TEST(Tick, Conforms) { sluice::testkit::expect_conforms("build/plugins/tick/tick.so", {.config_file =
//   "check.json"}); }
//
// It runs `sluice plugins check`: the program that the environment's SLUICE_PROGRAM names, or `sluice` on the PATH.

#include <fcntl.h>
#include <gtest/gtest.h>  // tidy: allow(third-party): the adapter header of the kit
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

extern char** environ;

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

inline Outcome run_check(const std::string& library, const Check& check = {}) {
  const char* program = std::getenv("SLUICE_PROGRAM");
  std::vector<std::string> words = {program != nullptr ? program : "sluice", "plugins", "check", "--level",
                                    std::to_string(check.level)};
  if (!check.config_file.empty()) words.insert(words.end(), {"--config", check.config_file});
  if (!check.component.empty()) words.insert(words.end(), {"--component", check.component});
  words.push_back(library);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  Outcome outcome;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return outcome;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
  pid_t child = -1;
  const int failed = ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (failed == 0) {
    char buffer[4096];
    for (ssize_t count; (count = ::read(ends[0], buffer, sizeof buffer)) > 0;)
      outcome.table.append(buffer, static_cast<std::size_t>(count));
    int status = 0;
    if (::waitpid(child, &status, 0) == child && WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
  } else {
    outcome.table = "cannot start " + words[0] + "; set SLUICE_PROGRAM to the sluice program";
  }
  ::close(ends[0]);
  return outcome;
}

inline void expect_conforms(const std::string& library, const Check& check = {}) {
  const Outcome outcome = run_check(library, check);
  EXPECT_EQ(outcome.exit_status, 0) << outcome.table;
}

}  // namespace sluice::testkit
