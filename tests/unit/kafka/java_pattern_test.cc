#include "runtime/kafka/java_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace sluice::kafka {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const auto compiled = JavaPattern::compile(pattern);
  EXPECT_TRUE(compiled) << compiled.error().to_string();
  return compiled && compiled->matches(text);
}

TEST(JavaPattern, MatchesWholeNamesOnly) {
  EXPECT_TRUE(matches("orders", "orders"));
  EXPECT_FALSE(matches("orders", "orders2"));
  EXPECT_FALSE(matches("orders", "my-orders"));
  EXPECT_TRUE(matches("a|ab", "ab")) << "the alternative that fits the whole name is found";
  EXPECT_FALSE(matches("", "x"));
}

TEST(JavaPattern, KnowsJavasSyntax) {
  EXPECT_TRUE(matches("db\\.\\w+\\.t\\d{2,}+", "db.public.t42"));
  EXPECT_TRUE(matches("(?i)ORDERS(?!-old).*", "orders-new"));
  EXPECT_FALSE(matches("(?i)ORDERS(?!-old).*", "orders-old"));
  EXPECT_TRUE(matches("\\Qa.b\\E", "a.b"));
  EXPECT_FALSE(matches("\\Qa.b\\E", "axb"));
  EXPECT_TRUE(matches("(?<team>[a-z]+)-\\k<team>", "x-x"));
  EXPECT_TRUE(matches(".*(?<=-eu)", "t-eu"));
}

TEST(JavaPattern, RefusesWhatItCannotHonour) {
  for (const char* pattern : {"a(b", "[a-z&&[^x]]", "\\p{javaLowerCase}", "\\p{Alnum}", "[", "*"}) {
    const auto compiled = JavaPattern::compile(pattern);
    ASSERT_FALSE(compiled) << pattern;
    EXPECT_EQ(compiled.error().code(), base::Code::kInvalidConfig);
    EXPECT_NE(compiled.error().message().find(pattern), std::string::npos);
  }
}

TEST(JavaPattern, EndsOnPatternsThatExplode) {
  EXPECT_FALSE(matches("(a+)+b", std::string(200, 'a')));
}

}  // namespace
}  // namespace sluice::kafka
