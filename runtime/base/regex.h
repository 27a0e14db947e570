#pragma once
// Regular expressions with Java's syntax as users write it in topics.regex, RegexRouter or an allow list, on top of
// PCRE2 (docs/adr/0002-regular-expressions.md). Immutable after compile(): any thread may match. A match is bounded; an
// expression that exceeds the bound is an error, never a hang.

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::base {

class Regex {
 public:
  // Error: kInvalidConfig, java.util.regex.PatternSyntaxException, with Java's text for the mistakes people make most
  // ("Unclosed group near index 1\n("); PCRE2's own words in the same form otherwise.
  static Result<Regex> compile(std::string_view pattern);

  const std::string& pattern() const { return *pattern_; }

  // Whether the whole of `text` (UTF-8) matches. Error: the match limit was exceeded.
  Result<bool> matches(std::string_view text) const;
  // Whether any part of `text` matches.
  Result<bool> find(std::string_view text) const;
  // `text` with its first match replaced; `text` itself if there is none. `replacement` is Java's: $1, ${name}, and a
  // backslash makes the next character literal. Error: "No group 3", "Illegal group reference", ... with Java's
  // exception.
  Result<std::string> replace_first(std::string_view text, std::string_view replacement) const;
  Result<std::string> replace_all(std::string_view text, std::string_view replacement) const;

  ~Regex();
  Regex(const Regex&);
  Regex& operator=(const Regex&);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

 private:
  struct Code;
  Regex(std::shared_ptr<const std::string> pattern, std::shared_ptr<const Code> code);
  Result<std::string> replace(std::string_view text, std::string_view replacement, bool all) const;

  std::shared_ptr<const std::string> pattern_;
  std::shared_ptr<const Code> code_;  // shared: copying a Regex is cheap
};

}  // namespace sluice::base
