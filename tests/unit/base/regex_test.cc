#include "runtime/base/regex.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

Regex compiled(std::string_view pattern) {
  auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.has_value()) << pattern << ": " << (regex ? "" : regex.error().message());
  return *regex;
}
bool matches(std::string_view pattern, std::string_view text) {
  return compiled(pattern).matches(text).value();
}
std::string refusal(std::string_view pattern) {
  const auto regex = Regex::compile(pattern);
  return regex ? "accepted" : regex.error().message();
}
std::string first(std::string_view pattern, std::string_view text, std::string_view replacement) {
  const auto result = compiled(pattern).replace_first(text, replacement);
  return result ? *result : std::string(result.error().exception()) + ": " + result.error().message();
}

TEST(Regex, MatchesWholeTextOnly) {
  EXPECT_TRUE(matches("a|ab", "ab"));
  EXPECT_FALSE(matches("a", "ab"));
  EXPECT_FALSE(matches("a", "a\n"));
  EXPECT_TRUE(compiled("b").find("abc").value());
  EXPECT_FALSE(compiled("d").find("abc").value());
  EXPECT_TRUE(matches("", ""));
}

TEST(Regex, UnderstandsJavaSyntax) {
  EXPECT_TRUE(matches("\\p{Alpha}+\\p{Digit}", "ab1"));
  EXPECT_FALSE(matches("\\p{Alpha}+", "é"));
  EXPECT_TRUE(matches("\\p{L}+", "é"));
  EXPECT_TRUE(matches("\\p{IsLatin}+", "é"));
  EXPECT_TRUE(matches("\\P{Alpha}", "1"));
  EXPECT_TRUE(matches("[a-z&&[^bc]]+", "ade"));
  EXPECT_FALSE(matches("[a-z&&[^bc]]+", "abd"));
  EXPECT_TRUE(matches("[a[0-9]]+", "a1a"));
  EXPECT_TRUE(matches("[^a[0-9]]+", "bc"));
  EXPECT_FALSE(matches("[^a[0-9]]+", "b1"));
  EXPECT_TRUE(matches("\\Qa.b\\E+", "a.bb"));
  EXPECT_FALSE(matches("\\Qa.b\\E", "axb"));
  EXPECT_TRUE(matches("\\u00e9\\x41\\x{1F345}\\ud83c\\udf45\\0101", "éA🍅🍅A"));
  EXPECT_TRUE(matches("(a)(b)\\2\\1", "abba"));
  EXPECT_TRUE(matches("(?<x>a)\\k<x>", "aa"));
  EXPECT_TRUE(matches("(?i)ABC", "abc"));
  EXPECT_TRUE(matches("(?x) a b # words\n c", "abc"));
  EXPECT_TRUE(matches("a{2}b{1,}c{0,2}+", "aabbb"));
  EXPECT_TRUE(matches("[]a]+", "]a"));
  EXPECT_TRUE(matches("[a\\-z.]+", "-.z"));
  EXPECT_TRUE(matches("[\\w-]+", "a-b"));
  EXPECT_TRUE(matches(".", "🍅"));
}

TEST(Regex, RefusesWithJavasText) {
  EXPECT_EQ(refusal("("), "Unclosed group near index 1\n(");
  EXPECT_EQ(refusal("a("), "Unclosed group near index 2\na(");
  EXPECT_EQ(refusal("[a"), "Unclosed character class near index 1\n[a\n ^");
  EXPECT_EQ(refusal("*x"), "Dangling meta character '*' near index 0\n*x\n^");
  EXPECT_EQ(refusal("a**"), "Dangling meta character '*' near index 2\na**\n  ^");
  EXPECT_EQ(refusal("é(*x"), "Dangling meta character '*' near index 2\né(*x\n  ^");
  EXPECT_EQ(refusal("a{2,1}"), "Illegal repetition range near index 5\na{2,1}\n     ^");
  EXPECT_EQ(refusal("{"), "Illegal repetition near index 1\n{");
  EXPECT_EQ(refusal("x{,2}"), "Illegal repetition near index 2\nx{,2}\n  ^");
  EXPECT_EQ(refusal("${x}"), "Illegal repetition near index 2\n${x}\n  ^");
  EXPECT_EQ(refusal("a\\"), "Unexpected internal error near index 2\na\\");
  EXPECT_EQ(refusal("(?<1>a)"), "capturing group name does not start with a Latin letter near index 3\n(?<1>a)\n   ^");
  EXPECT_EQ(refusal("(a)\\k<1>"),
            "capturing group name does not start with a Latin letter near index 6\n(a)\\k<1>\n      ^");
  EXPECT_EQ(refusal("\\k<x>"), "named capturing group <x> does not exist near index 4\n\\k<x>\n    ^");
  EXPECT_EQ(refusal("a)"), "Unmatched closing ')' near index 0\na)\n^");
  EXPECT_EQ(refusal("(?<n>a)(?<n>b)"),
            "Named capturing group <n> is already defined near index 11\n(?<n>a)(?<n>b)\n           ^");
  EXPECT_EQ(refusal("\\p{Foo}"), "Unknown character property name {Foo} near index 6\n\\p{Foo}\n      ^");
  EXPECT_EQ(refusal("(?z)a"), "Unknown inline modifier near index 2\n(?z)a\n  ^");
  EXPECT_EQ(refusal("\\y"), "Illegal/unsupported escape sequence near index 1\n\\y\n ^");
  EXPECT_EQ(refusal("[z-a]"), "Illegal character range near index 3\n[z-a]\n   ^");
  EXPECT_NE(refusal(std::string(1000, '(')), "accepted");
  EXPECT_NE(refusal(std::string(1000, '[')), "accepted");
}

TEST(Regex, ReplacesAsJavaDoes) {
  EXPECT_EQ(first("(.*)\\.(.*)", "a.b", "$2-$1"), "b-a");
  EXPECT_EQ(first("(?<head>[a-z]+).*", "ab1", "${head}!"), "ab!");
  EXPECT_EQ(first("(a)", "xax", "\\$1"), "x$1x");
  EXPECT_EQ(first("(a)", "a", "$11"), "a1");
  EXPECT_EQ(first("(a)|(b)", "a", "[$2]"), "[]");
  EXPECT_EQ(first("b", "a", "$9"), "a");
  EXPECT_EQ(compiled("a*").replace_all("baac", "-").value(), "-b--c-");
  EXPECT_EQ(compiled("é").replace_all("éaé", "e").value(), "eae");
  EXPECT_EQ(first("(\\w+)", "x", "$2"), "java.lang.IndexOutOfBoundsException: No group 2");
  EXPECT_EQ(first("(.*)", "x", "$"),
            "java.lang.IllegalArgumentException: Illegal group reference: group index is missing");
  EXPECT_EQ(first("(.*)", "x", "a\\"), "java.lang.IllegalArgumentException: character to be escaped is missing");
  EXPECT_EQ(first("(.*)", "x", "${1}"),
            "java.lang.IllegalArgumentException: capturing group name {1} starts with digit character");
  EXPECT_EQ(first("(.*)", "x", "${"), "java.lang.IllegalArgumentException: named capturing group has 0 length name");
  EXPECT_EQ(first("(.*)", "x", "${a"),
            "java.lang.IllegalArgumentException: named capturing group is missing trailing '}'");
  EXPECT_EQ(first("(?<a>.*)", "x", "${b}"), "java.lang.IllegalArgumentException: No group with name {b}");
  EXPECT_EQ(first("(.*)", "x", "$x"), "java.lang.IllegalArgumentException: Illegal group reference");
}

TEST(Regex, GivesUpOnExponentialExpressions) {
  const auto result = compiled("(a+)+$").find(std::string(64, 'a') + "b");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code(), Code::kBadRecord);
}

TEST(Regex, SurvivesMalformedUtf8) {
  EXPECT_TRUE(compiled("a")
                  .find("\xff\xfe"
                        "a")
                  .value());
  EXPECT_FALSE(matches("a\xff", "b"));
}

}  // namespace
}  // namespace sluice::base
