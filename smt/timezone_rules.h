#pragma once
// TimezoneConverter's `include.list` and `exclude.list`: which fields of which events a rule speaks of.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::smt {

// The fields that a rule names, sorted by the struct of the event that they are in.
struct TimezoneFields {
  using Names = std::set<std::string, std::less<>>;
  bool all = true;  // the rule names none
  Names before, after, source;

  void add(std::string_view field);
};

class TimezoneRules {
 public:
  // Whether the list has the form of rules: "source:table:field", "topic:name", "name:field".
  static bool well_formed(const std::vector<std::string>& list);

  explicit TimezoneRules(const std::vector<std::string>& list);

  // The rule for an event; nullptr: none. The topic's name counts before the table's, a rule that says which it means
  // before one that does not.
  const TimezoneFields* find(std::string_view topic, std::optional<std::string_view> table) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using ByName = std::unordered_map<std::string, TimezoneFields, Hash, std::equal_to<>>;

  ByName topics_, tables_, others_;
};

}  // namespace sluice::smt
