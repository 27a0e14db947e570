#pragma once
// Checks on a parsed value. The texts are those of Kafka's ConfigDef; a null value is checked too, as in Java.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/value.h"

namespace sluice::config {

class Validator {
 public:
  // Gives the error that Connect would show for `value` under the key `name`.
  using Check = std::function<base::Status(std::string_view name, const Value& value)>;

  Validator() = default;  // accepts everything
  Validator(Check check, std::string description) : check_(std::move(check)), description_(std::move(description)) {}

  explicit operator bool() const { return static_cast<bool>(check_); }
  base::Status check(std::string_view name, const Value& value) const {
    return check_ ? check_(name, value) : base::Status();
  }
  // Whether parse() drops duplicates from a list before checking it, as Kafka 4.x does; validate() reports them.
  bool drops_duplicates() const { return drops_duplicates_; }
  Validator dropping_duplicates() && {
    drops_duplicates_ = true;
    return std::move(*this);
  }
  const std::string& description() const { return description_; }  // for documentation, e.g. "[1,...]"

 private:
  Check check_;
  std::string description_;
  bool drops_duplicates_ = false;
};

// Numbers. `null` is refused with "Value must be non-null".
Validator at_least(std::int64_t min);
Validator between(std::int64_t min, std::int64_t max);
Validator between(double min, double max);

// Texts.
Validator one_of(std::vector<std::string> texts);  // "String must be one of: a, b"
Validator one_of_ignoring_case(
    std::vector<std::string> texts);  // "String must be one of (case insensitive): ..."; lists in the order given
Validator non_empty_string();         // "String must be non-empty"; null passes
Validator non_empty_string_without_control_chars();  // "String may not be empty", "... control sequences ..."
Validator non_null();                                // "entry must be non null"
Validator regex();                                   // "Invalid regex: ..."

// Lists, with the rules of Kafka 4.x: no empty item, no duplicate, and no empty or null list unless allowed. parse()
// drops duplicates.
Validator list_without_duplicates(bool empty_allowed, bool null_allowed);
Validator list_of(std::vector<std::string> texts, bool empty_allowed = true);
Validator list_size_at_most(std::size_t max);     // "exceeds maximum list size of [N]."
Validator unique_aliases(std::string_view kind);  // "Duplicate alias provided."; kind: "transformation", "predicate"

// All of them, in order; the first error wins.
Validator all_of(std::vector<Validator> validators);

}  // namespace sluice::config
