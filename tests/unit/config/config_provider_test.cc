#include "runtime/config/config_provider.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "runtime/config/config_transformer.h"

namespace sluice::config {
namespace {

namespace fs = std::filesystem;

class ConfigProviders : public ::testing::Test {
 protected:
  ConfigProviders() {
    fs::create_directories(dir_ / "inside");
    fs::create_directories(dir_ / "inside-not");
    std::ofstream(dir_ / "inside" / "secrets.properties") << "user=u\npassword=p\\u00e9\n";
    std::ofstream(dir_ / "inside-not" / "other.properties") << "user=x\n";
    std::ofstream(dir_ / "inside" / "token") << "abc\n";
  }
  ~ConfigProviders() override { fs::remove_all(dir_); }

  ConfigTransformer transformer(ConfigMap worker) const {
    auto providers = make_config_providers(worker, builtin_config_providers());
    EXPECT_TRUE(providers.has_value()) << (providers ? "" : providers.error().message());
    return ConfigTransformer(providers.value_or(ConfigProviderMap()));
  }
  static std::string transformed(const ConfigTransformer& transformer, const std::string& text) {
    const auto result = transformer.transform({{"k", text}});
    return result ? std::string(*result->config.get("k")) : "!" + result.error().message();
  }
  std::string path(const char* rest) const { return (dir_ / rest).string(); }

  const fs::path dir_ = fs::temp_directory_path() / ("sluice-providers-" + std::to_string(::getpid()) + "-" +
                                                     ::testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ConfigProviders, ReplacesWhatIsKnownAndLeavesTheRest) {
  const auto subject =
      transformer({{"config.providers", "file, dir"},
                   {"config.providers.file.class", "org.apache.kafka.common.config.provider.FileConfigProvider"},
                   {"config.providers.dir.class", "DirectoryConfigProvider"}});
  const std::string file = path("inside/secrets.properties");
  EXPECT_EQ(transformed(subject, "a ${file:" + file + ":user}/${file:" + file + ":password} b"), "a u/pé b");
  EXPECT_EQ(transformed(subject, "${dir:" + path("inside") + ":token}"), "abc\n");
  EXPECT_EQ(transformed(subject, "${file:" + file + ":absent}"), "${file:" + file + ":absent}");
  EXPECT_EQ(transformed(subject, "${nope:x:y} ${plain} $${file} ${"), "${nope:x:y} ${plain} $${file} ${");
  EXPECT_EQ(transformed(subject, "${file:/no/such/file:x}"), "!Could not read properties from file /no/such/file");
  EXPECT_EQ(transformed(subject, "${dir:/no/such:x}"), "${dir:/no/such:x}");
  EXPECT_EQ(transformed(subject, "${file:x}"), "${file:x}");  // no path: no data
}

TEST_F(ConfigProviders, KeepsToTheAllowedPaths) {
  const auto subject = transformer({{"config.providers", "file"},
                                    {"config.providers.file.class", "FileConfigProvider"},
                                    {"config.providers.file.param.allowed.paths", path("inside")}});
  EXPECT_EQ(transformed(subject, "${file:" + path("inside/secrets.properties") + ":user}"), "u");
  for (const char* outside : {"inside-not/other.properties", "inside/../inside-not/other.properties"}) {
    const std::string text = "${file:" + path(outside) + ":user}";
    EXPECT_EQ(transformed(subject, text), text);
  }
  const auto refused = make_config_providers({{"config.providers", "f"},
                                              {"config.providers.f.class", "FileConfigProvider"},
                                              {"config.providers.f.param.allowed.paths", "relative"}},
                                             builtin_config_providers());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message(), "Path relative is not absolute");
}

TEST_F(ConfigProviders, ReadsTheEnvironmentThroughItsAllowList) {
  ::setenv("SLUICE_TEST_VISIBLE", "yes", 1);
  ::setenv("SLUICE_TEST_HIDDEN", "no", 1);
  const auto subject = transformer({{"config.providers", "env"},
                                    {"config.providers.env.class", "EnvVarConfigProvider"},
                                    {"config.providers.env.param.allowlist.pattern", "SLUICE_TEST_V.*"}});
  EXPECT_EQ(transformed(subject, "${env:SLUICE_TEST_VISIBLE}"), "yes");
  EXPECT_EQ(transformed(subject, "${env:SLUICE_TEST_HIDDEN}"), "${env:SLUICE_TEST_HIDDEN}");
  EXPECT_EQ(transformed(subject, "${env:p:X}"), "!Path is not supported for EnvVarConfigProvider, invalid value 'p'");
}

TEST_F(ConfigProviders, UnknownClassesAreRefused) {
  const auto outcome = make_config_providers(
      {{"config.providers", "v"}, {"config.providers.v.class", "com.example.Vault"}}, builtin_config_providers());
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().message(),
            "Invalid value com.example.Vault for configuration config.providers.v.class: Class com.example.Vault could "
            "not be found.");
}

// A provider whose texts expire.
class ExpiringProvider final : public ConfigProvider {
 public:
  base::Status configure(const ConfigMap&) override { return {}; }
  base::Result<ProvidedData> get(std::string_view path, const std::set<std::string>&) const override {
    return get(path);
  }
  base::Result<ProvidedData> get(std::string_view path) const override {
    return ProvidedData{{{"k", "v"}}, static_cast<std::int64_t>(path.size())};
  }
};

TEST(ConfigTransformer, TellsHowLongTextsLast) {
  ConfigTransformer subject(ConfigProviderMap{{"p", std::make_shared<ExpiringProvider>()}});
  const auto result = subject.transform({{"a", "${p:xx:k}"}, {"b", "${p:yyyy:k:${p:xx:k}"}, {"null", std::nullopt}});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->ttls_ms, (std::map<std::string, std::int64_t>{{"xx", 2}, {"yyyy", 4}}));
  EXPECT_EQ(result->config.get("a"), "v");
}

TEST(ConfigTransformer, ReverseTransformRestoresVariables) {
  const ConfigMap connector = {{"password", "${file:/s:p}"}, {"plain", "x"}, {"other", "${env:Y}"}};
  const auto tasks = reverse_transform(connector, {{{"password", "resolved"}, {"plain", "changed"}}, {{"z", "1"}}});
  EXPECT_EQ(tasks[0], ConfigMap({{"password", "${file:/s:p}"}, {"plain", "changed"}}));
  EXPECT_EQ(tasks[1], ConfigMap({{"z", "1"}}));
}

}  // namespace
}  // namespace sluice::config
