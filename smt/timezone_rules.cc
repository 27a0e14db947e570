#include "smt/timezone_rules.h"

#include "runtime/base/regex.h"
#include "runtime/base/strings.h"
#include "smt/debezium_fields.h"

namespace sluice::smt {

void TimezoneFields::add(std::string_view field) {
  all = false;
  const auto within = [&](std::string_view prefix) { return field.starts_with(prefix); };
  if (within("source.")) {
    source.emplace(field.substr(7));
  } else if (within("before.")) {
    before.emplace(field.substr(7));
  } else if (within("after.")) {
    after.emplace(field.substr(6));
  } else {
    before.emplace(field);
    after.emplace(field);
  }
}

// Debezium matches what Java prints for the list, so a rule after the first one begins with a blank.
bool TimezoneRules::well_formed(const std::vector<std::string>& list) {
  static const auto kForm =
      base::Regex::compile(R"(^\[(source|topic|[".\w\s_]+):([".\w\s_]+(?::[".\w\s_]+)?(?:,|]$))+$)");
  return kForm && kForm->matches("[" + base::join(list, ", ") + "]").value_or(false);
}

TimezoneRules::TimezoneRules(const std::vector<std::string>& list) {
  // A prefix also counts for the rules behind it that have none.
  std::string_view prefix;
  for (const auto& rule : list) {
    const auto parts = base::java_split(rule, ':');
    const bool prefixed = parts.size() > 1 && (base::equals_ignore_case_ascii(parts[0], "source") ||
                                               base::equals_ignore_case_ascii(parts[0], "topic"));
    if (prefixed) prefix = parts[0];
    const std::size_t name = prefixed ? 1 : 0;
    ByName& rules = prefix == "topic" ? topics_ : prefix == "source" ? tables_ : others_;
    TimezoneFields& fields = rules[std::string(parts[name])];
    if (parts.size() > name + 1) fields.add(parts[name + 1]);
  }
}

const TimezoneFields* TimezoneRules::find(std::string_view topic, std::optional<std::string_view> table) const {
  const auto in = [](const ByName& rules, std::optional<std::string_view> name) -> const TimezoneFields* {
    if (!name) return nullptr;
    const auto found = rules.find(*name);
    return found == rules.end() ? nullptr : &found->second;
  };
  if (const auto* fields = in(topics_, topic)) return fields;
  if (const auto* fields = in(tables_, table)) return fields;
  if (const auto* fields = in(others_, topic)) return fields;
  return in(others_, table);
}

}  // namespace sluice::smt
