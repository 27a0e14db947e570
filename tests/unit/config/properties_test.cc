#include "runtime/config/properties.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sluice::config {
namespace {

ConfigMap parsed(std::string_view text) {
  auto map = parse_properties(text);
  EXPECT_TRUE(map.has_value()) << text;
  return map.value_or(ConfigMap());
}

TEST(Properties, ReadsWhatJavaReads) {
  EXPECT_EQ(parsed("a=1\nb: 2\r\nc 3\rd\t=\t4\n"), ConfigMap({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}}));
  EXPECT_EQ(parsed("# comment\n  ! comment \\\na=b\n\n \t\n"), ConfigMap({{"a", "b"}}));
  EXPECT_EQ(parsed("k = v1,\\\n     v2,\\\r\n\t v3 \n"), ConfigMap({{"k", "v1,v2,v3 "}}));
  EXPECT_EQ(parsed("a\\=b\\:c\\ d = e"), ConfigMap({{"a=b:c d", "e"}}));
  EXPECT_EQ(parsed("p=c:\\\\dir\\t\\q\\n\\u00e9\\ud83c\\udf45"), ConfigMap({{"p", "c:\\dir\tq\né🍅"}}));
  EXPECT_EQ(parsed("empty\nempty2=\nempty3:"), ConfigMap({{"empty", ""}, {"empty2", ""}, {"empty3", ""}}));
  EXPECT_EQ(parsed("a=1\na=2"), ConfigMap({{"a", "2"}}));
  EXPECT_EQ(parsed("=v"), ConfigMap({{"", "v"}}));
  EXPECT_EQ(parsed("a==b"), ConfigMap({{"a", "=b"}}));
  EXPECT_EQ(parsed("a = = b"), ConfigMap({{"a", "= b"}}));
  EXPECT_EQ(parsed("a=b\\"), ConfigMap({{"a", "b"}}));
  EXPECT_EQ(parsed("a=b\\\n# not a comment"), ConfigMap({{"a", "b# not a comment"}}));
  EXPECT_EQ(parsed("a\\\nb=c"), ConfigMap({{"ab", "c"}}));
  EXPECT_EQ(parsed("a\\\n=c"), ConfigMap({{"a", "c"}}));
  EXPECT_EQ(parsed(""), ConfigMap());
}

TEST(Properties, TakesUtf8AndLatin1) {
  EXPECT_EQ(parsed("a=caf\xc3\xa9"), ConfigMap({{"a", "café"}}));
  EXPECT_EQ(parsed("a=caf\xe9"), ConfigMap({{"a", "café"}}));
  EXPECT_EQ(parsed("\xef\xbb\xbf"
                   "a=b"),
            ConfigMap({{"a", "b"}}));
}

TEST(Properties, NamesTheLineOfABadEscape) {
  const auto map = parse_properties("a=1\n\nb=x\\\n  \\u12g4");
  ASSERT_FALSE(map.has_value());
  EXPECT_EQ(map.error().message(), "Malformed \\uxxxx encoding. (line 4)");
  EXPECT_FALSE(parse_properties("a=\\u12").has_value());
}

class ConnectorFiles : public ::testing::Test {
 protected:
  ConnectorFiles() { std::filesystem::create_directories(dir_); }
  ~ConnectorFiles() override { std::filesystem::remove_all(dir_); }
  std::filesystem::path write(std::string_view text) const {
    const auto file = dir_ / "c";
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  std::string refusal(std::string_view text) const {
    const auto result = read_connector_file(write(text));
    return result ? "accepted" : result.error().message();
  }
  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("sluice-properties-" + std::to_string(::getpid()) + "-" +
                                                ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ConnectorFiles, TakesJsonAndProperties) {
  const auto flat =
      read_connector_file(write(R"({"name":"n","tasks.max":2,"ratio":1.50,"on":true,"none":null})")).value();
  EXPECT_EQ(flat.name, "n");
  EXPECT_EQ(flat.config,
            ConfigMap({{"name", "n"}, {"tasks.max", "2"}, {"ratio", "1.50"}, {"on", "true"}, {"none", std::nullopt}}));

  const auto request =
      read_connector_file(write(R"({"name":"n","config":{"topic":"t"},"initial_state":"stopped","more":{"x":1}})"))
          .value();
  EXPECT_EQ(request.config, ConfigMap({{"topic", "t"}, {"name", "n"}}));
  EXPECT_EQ(request.initial_state, "STOPPED");

  const auto properties = read_connector_file(write("name=n\ntopic=t\n")).value();
  EXPECT_EQ(properties.config, ConfigMap({{"name", "n"}, {"topic", "t"}}));
}

TEST_F(ConnectorFiles, RefusesWithConnectsTexts) {
  const std::string file = (dir_ / "c").string();
  EXPECT_EQ(refusal("{\"topic\":\"t\"}"),
            "Connector configuration at '" + file + "' is missing the mandatory 'name' configuration");
  EXPECT_EQ(refusal("topic=t"),
            "Connector configuration at '" + file + "' is missing the mandatory 'name' configuration");
  EXPECT_EQ(refusal(R"({"name":"a","config":{"name":"b"}})"),
            "Connector name configuration in 'config' doesn't match the one specified in 'name' at '" + file + "'");
  EXPECT_NE(refusal(R"({"name":"a","config":{"x":[1]}})"), "accepted");
  EXPECT_NE(refusal(R"({"name":"a",)"), "accepted");
  EXPECT_NE(refusal(R"({"name":"a","config":{},"initial_state":"odd"})"), "accepted");
  EXPECT_FALSE(read_connector_file(dir_ / "absent").has_value());
  EXPECT_FALSE(read_connector_file(dir_).has_value());
}

}  // namespace
}  // namespace sluice::config
