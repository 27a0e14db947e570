#pragma once
// Java's regular expression syntax turned into PCRE2's. Part of Regex: include regex.h instead.

#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::base {

// The same expression for PCRE2 with the UTF option. Error: java.util.regex.PatternSyntaxException with Java's text,
// for what Java refuses; also for the little of Java that PCRE2 cannot do. `known_property` says whether PCRE2 knows
// \p{name}.
Result<std::string> java_regex_to_pcre2(std::string_view pattern, bool (*known_property)(std::string_view name));

// Java's message: "D near index I", the pattern, and a mark under the place. `at` is a byte position; before the start
// means no place.
Error regex_syntax_error(std::string_view description, std::ptrdiff_t at, std::string_view pattern);

}  // namespace sluice::base
