#pragma once
// The conformance kit: does a plugin keep the rules of docs/abi.md? Each test runs in a child process of its own with a
// deadline, so that a crash or a hang is a result and not the end of the run.
//
// Levels: 0 the file; 1 its description; 2 its configuration; 3 the life of its instances; 4 the data they handle.

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::plugin {

struct CheckOptions {
  std::string library;
  std::string self;         // this program: tests run as `<self> plugins check --run TEST ...`
  std::string component;    // only this one; empty: all
  bool hosted = false;      // connectors and tasks run in processes of their own, as with sluice.isolation=process
  std::string config_file;  // JSON: a configuration, or one for each component name; empty: none
  int level = 4;            // the highest level to run
};

enum class CheckOutcome { kPassed, kFailed, kSkipped };

struct CheckResult {
  std::string test;       // "lifecycle.create_destroy"
  std::string component;  // empty: the library as a whole
  int level = 0;
  std::string description;
  CheckOutcome outcome = CheckOutcome::kPassed;
  std::string reason;  // of a failure or a skip
  std::int64_t ms = 0;
};

struct CheckReport {
  std::string library;
  std::vector<CheckResult> results;
  int count(CheckOutcome outcome) const;
  int failed() const { return count(CheckOutcome::kFailed); }
};

// Error: the file cannot be read at all.
base::Result<CheckReport> check_library(const CheckOptions& options);
std::string to_text(const CheckReport& report);  // a table
std::string to_json(const CheckReport& report);

// In the child: runs one test ("<id>" or "<id>@<kind>:<component>") and returns the exit status: 0 passed, 1 failed, 3
// skipped. The reason goes to standard output; what the plugin writes there goes to standard error.
int run_check_test(const CheckOptions& options, const std::string& test);

}  // namespace sluice::plugin
