// Typed access to configurations, as plugins have it. Apart from tests that include the worker's own configuration.
#include <gtest/gtest.h>

#include <sluice/config.hpp>

namespace sluice {
namespace {

struct Described {
  static constexpr auto kConfig =
      config(string_key("topic").doc("d").required(), int_key("n").doc("d").default_value(-42),
             boolean_key("flag").doc("d").default_value(true), list_key("items").doc("d").default_value("a, b,c"),
             password_key("secret").doc("d"), double_key("ratio").doc("d").default_value("0.5"));
};

Config make(std::span<const sluice_kv> given) {
  return Config(given, detail::config_keys<Described>());
}

TEST(Config, GivesDefaultsWhereNothingIsGiven) {
  const Config config = make({});
  EXPECT_EQ(config.int32("n"), -42);
  EXPECT_TRUE(config.boolean("flag"));
  EXPECT_EQ(config.list("items"), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(config.float64("ratio"), 0.5);
  EXPECT_FALSE(config.has("secret"));
  EXPECT_THROW((void)config.string("topic"), ConfigError);
  EXPECT_EQ(config.int64_or("unknown", 7), 7);
}

TEST(Config, NamesTheKeyOfABadValue) {
  const sluice_kv given[] = {
      {str("n"), str("many")}, {str("flag"), str("perhaps")}, {str("secret"), str(" spaces stay ")}};
  const Config config = make(given);
  try {
    (void)config.int32("n");
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_EQ(error.key(), "n");
    EXPECT_STREQ(error.what(), "Invalid value many for configuration n: Not a number of type INT");
  }
  EXPECT_THROW((void)config.boolean("flag"), ConfigError);
  EXPECT_EQ(config.password("secret"), " spaces stay ");
}

TEST(Config, DescribesKeysAsData) {
  const auto keys = detail::config_keys<Described>();
  ASSERT_EQ(keys.size(), 6U);
  EXPECT_EQ(view(keys[1].default_value), "-42");
  EXPECT_TRUE(absent(keys[4].default_value));
  EXPECT_NE(keys[0].flags & SLUICE_KEY_REQUIRED, 0U);
}

}  // namespace
}  // namespace sluice
