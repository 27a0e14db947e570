#pragma once
// Runs cases of the vector files: finds the operation, gives it the case, compares its outcome with the recorded one.

#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "tests/vectors/notation.h"

namespace sluice::vectors {

// The component that a case is about is not part of this build.
struct NotBuilt : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What an operation gave, and whether it is what the case's `ok` holds (or `unchanged`). Where the case expects an
// error, `equal` is not read.
struct Outcome {
  bool equal = false;
  Json got;  // in the notation, for people
};

// The operation reads its input from the case (NotationError where it is malformed) and compares with `expected`, the
// case's `ok`, null where the case has none.
using Operation = std::function<base::Result<Outcome>(const Json& test_case, const Json& expected, Notation& notation)>;
using Operations = std::map<std::string, Operation, std::less<>>;

// One file of operations each.
void add_data_operations(Operations& operations);
void add_config_operations(Operations& operations);
void add_converter_operations(Operations& operations);
void add_transform_operations(Operations& operations);
void add_group_operations(Operations& operations);
Operations all_operations();

struct Verdict {
  enum class Kind { kPassed, kFailed, kNotBuilt } kind;
  std::string expected, got;  // where it did not pass
};
Verdict run_case(const Operations& operations, const Json& test_case);

// Java's identity hashes become "@<identity>", as in the files.
std::string without_identities(std::string_view text);

}  // namespace sluice::vectors
