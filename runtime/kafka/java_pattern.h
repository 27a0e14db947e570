#pragma once
// A Java regular expression, matched against whole topic names. PCRE2's syntax covers Java's but for class intersection
// ([a&&b]) and Java's own property names (\p{javaUpperCase}, \p{Alnum}), which are refused.

#include <memory>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::kafka {

class JavaPattern {
 public:
  // kInvalidConfig, with PCRE2's text and the position.
  static base::Result<JavaPattern> compile(std::string_view java_regex);
  JavaPattern(JavaPattern&&) noexcept;
  JavaPattern& operator=(JavaPattern&&) noexcept;
  ~JavaPattern();

  // As Java's Matcher.matches(). A pattern that takes too long on a name (1,000,000 steps) does not match it.
  bool matches(std::string_view text) const;

 private:
  struct Impl;
  explicit JavaPattern(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::kafka
