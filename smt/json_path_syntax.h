#pragma once
// What json_path_parser makes of a JSONPath and json_path walks: steps, and the expressions of filters.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/regex.h"
#include "runtime/base/status.h"
#include "runtime/data/arena.h"

namespace sluice::smt::json_path {

struct Expression;

enum class StepKind { kProperty, kProperties, kIndex, kIndexes, kSlice, kWildcard, kScan, kFilter, kLength };

struct Step {
  StepKind kind;
  std::vector<std::string> names = {};             // kProperty, kProperties
  std::vector<std::int32_t> indexes = {};          // kIndex, kIndexes
  std::optional<std::int32_t> from = {}, to = {};  // kSlice
  std::shared_ptr<const Expression> filter = {};   // kFilter
};

struct Steps {
  bool from_root = true;  // $, else @
  bool definite = true;
  std::vector<Step> steps = {};
};

enum class Operator {
  kEqual,
  kNotEqual,
  kSame,
  kNotSame,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kMatches,
  kIn,
  kNotIn,
  kContains,
  kAll,
  kSize,
  kEmpty,
  kSubsetOf,
  kAnyOf,
  kNoneOf,
};

// A literal's payload is in CompiledPath::literals.
using Operand = std::variant<Value, Steps, base::Regex>;

struct Expression {
  enum class Kind { kOr, kAnd, kNot, kCompare, kExists };
  Kind kind;
  std::vector<Expression> parts = {};  // kOr, kAnd: two or more; kNot: one
  Operand left = {}, right = {};       // kCompare: both; kExists: left, a path
  Operator op = Operator::kEqual;
};

struct CompiledPath {
  std::string text;
  Steps path;
  data::Arena literals;
};

// Error: kInvalidConfig, com.jayway.jsonpath.InvalidPathException.
base::Result<std::shared_ptr<const CompiledPath>> parse(std::string_view text);

}  // namespace sluice::smt::json_path
