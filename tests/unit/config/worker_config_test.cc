#include "runtime/config/worker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/config/fake_catalog.h"

namespace sluice::config {
namespace {

ConfigMap with(ConfigMap map, const std::string& key, ConfigMap::Text text) {
  if (text) {
    map.set(key, std::move(text));
  } else {
    map.erase(key);
  }
  return map;
}

const ConfigMap kStandalone = {{"bootstrap.servers", "b:1"},
                               {"key.converter", "org.apache.kafka.connect.storage.StringConverter"},
                               {"value.converter", "org.apache.kafka.connect.json.JsonConverter"},
                               {"value.converter.schemas.enable", "false"},
                               {"offset.storage.file.filename", "/tmp/offsets"}};
const ConfigMap kDistributed = {{"bootstrap.servers", "b:1, b:2"},      {"key.converter", "StringConverter"},
                                {"value.converter", "StringConverter"}, {"group.id", "g"},
                                {"config.storage.topic", "c"},          {"offset.storage.topic", "o"},
                                {"status.storage.topic", "s"}};

WorkerConfig made(WorkerMode mode, const ConfigMap& map) {
  auto config = WorkerConfig::make(mode, map, builtin_config_providers());
  if (!config) ADD_FAILURE() << config.error().message();
  return std::move(config).value();
}
std::string refusal(WorkerMode mode, const ConfigMap& map) {
  const auto config = WorkerConfig::make(mode, map, builtin_config_providers());
  return config ? "accepted" : config.error().message();
}
std::string standalone_refusal(const std::string& key, ConfigMap::Text text) {
  return refusal(WorkerMode::kStandalone, with(kStandalone, key, std::move(text)));
}
std::string distributed_refusal(const std::string& key, ConfigMap::Text text) {
  return refusal(WorkerMode::kDistributed, with(kDistributed, key, std::move(text)));
}

TEST(WorkerConfig, DefaultsAreConnects) {
  const WorkerConfig config = made(WorkerMode::kStandalone, kStandalone);
  EXPECT_EQ(config.bootstrap_servers(), "b:1");
  EXPECT_EQ(config.offset_file(), "/tmp/offsets");
  EXPECT_EQ(config.offset_flush_interval_ms(), 60000);
  EXPECT_EQ(config.task_shutdown_timeout_ms(), 5000);
  EXPECT_EQ(config.listeners().at(0).port, 8083);
  EXPECT_FALSE(config.admin_listeners().has_value());
  EXPECT_TRUE(config.plugin_path().empty());
  EXPECT_TRUE(config.warnings().empty());
  EXPECT_EQ(config.converter("value.converter").config, ConfigMap({{"schemas.enable", "false"}}));
  EXPECT_EQ(config.advertised_url(1234, "h"), "http://h:8083/");
}

TEST(WorkerConfig, RefusesWithConnectsTexts) {
  EXPECT_EQ(standalone_refusal("bootstrap.servers", std::nullopt),
            "Missing required configuration \"bootstrap.servers\" which has no default value.");
  EXPECT_EQ(standalone_refusal("bootstrap.servers", ""),
            "Configuration 'bootstrap.servers' must not be empty. Valid values include: any non-empty value");
  EXPECT_EQ(standalone_refusal("key.converter", std::nullopt),
            "Missing required configuration \"key.converter\" which has no default value.");
  EXPECT_EQ(standalone_refusal("offset.storage.file.filename", std::nullopt),
            "Missing required configuration \"offset.storage.file.filename\" which has no default value.");
  EXPECT_EQ(standalone_refusal("plugin.path", "a,,b"), "Configuration 'plugin.path' values must not be empty.");
  EXPECT_EQ(standalone_refusal("plugin.discovery", "x"),
            "Invalid value x for configuration plugin.discovery: String must be one of (case insensitive): ONLY_SCAN, "
            "SERVICE_LOAD, "
            "HYBRID_WARN, HYBRID_FAIL");
  EXPECT_EQ(standalone_refusal("ssl.client.auth", "x"),
            "Invalid value x for configuration ssl.client.auth: String must be one of: required, requested, none");
  EXPECT_EQ(standalone_refusal("offset.flush.interval.ms", "x"),
            "Invalid value x for configuration offset.flush.interval.ms: Not a number of type LONG");
  EXPECT_EQ(distributed_refusal("group.id", std::nullopt),
            "Missing required configuration \"group.id\" which has no default value.");
  EXPECT_EQ(distributed_refusal("offset.storage.partitions", "0"),
            "Invalid value 0 for configuration offset.storage.partitions: Number of partitions must be positive, or -1 "
            "to use the broker's default");
  EXPECT_EQ(distributed_refusal("connect.protocol", "x"),
            "Invalid value x for configuration connect.protocol: Invalid Connect protocol compatibility");
  EXPECT_EQ(distributed_refusal("inter.worker.verification.algorithms", ""),
            "Invalid value [] for configuration inter.worker.verification.algorithms: At least one signature "
            "verification algorithm must be provided");
  EXPECT_EQ(distributed_refusal("inter.worker.verification.algorithms", "HmacSHA1"),
            "Invalid value HmacSHA256 for configuration inter.worker.signature.algorithm: Signature algorithm must be "
            "present in "
            "inter.worker.verification.algorithms list");
  EXPECT_EQ(
      distributed_refusal("inter.worker.key.size", "1"),
      "Unable to create key generator with algorithm HmacSHA256 and key size 1: Key length must be at least 40 bits");
  EXPECT_EQ(distributed_refusal("sasl.login.refresh.window.factor", "0.1"),
            "Invalid value 0.1 for configuration sasl.login.refresh.window.factor: Value must be at least 0.5");
  EXPECT_EQ(distributed_refusal("config.storage.replication.factor", "-1"), "accepted");
  EXPECT_EQ(distributed_refusal("connect.protocol", "EAGER"), "accepted");
}

TEST(WorkerConfig, RefusesListenersWithConnectsTexts) {
  constexpr const char* kFormat = "Listener doesn't have the right format (protocol://hostname:port).";
  for (const char* bad : {"http://", "foo", "http://a:x", "http://127.0.0.1"})
    EXPECT_EQ(standalone_refusal("listeners", bad), kFormat) << bad;
  EXPECT_EQ(standalone_refusal("listeners", "ftp://a:1"), "Listener protocol must be either \"http\" or \"https\".");
  EXPECT_EQ(standalone_refusal("listeners", "http://a:1,"), "Empty URL found when parsing listeners list.");
  EXPECT_EQ(
      standalone_refusal("listeners", ""),
      "Invalid value for listeners, at least one URL is expected, ex: http://localhost:8080,https://localhost:8443.");
  EXPECT_EQ(standalone_refusal("admin.listeners", ","), "Configuration 'admin.listeners' values must not be empty.");
  EXPECT_NE(standalone_refusal("listeners", "http://a:99999"), "accepted");
  const auto config = made(WorkerMode::kStandalone,
                           with(with(kStandalone, "listeners", "HTTP://[::1]:0,https://:8443"), "admin.listeners", ""));
  EXPECT_EQ(config.listeners()[0].host, "::1");
  EXPECT_TRUE(config.listeners()[1].https);
  EXPECT_TRUE(config.admin_listeners().value().empty());
  EXPECT_EQ(config.advertised_url(7, "h"), "http://[::1]:7/");
}

TEST(WorkerConfig, RefusesHeaderRulesWithConnectsTexts) {
  const auto refused = [](const char* rules) { return standalone_refusal("response.http.headers.config", rules); };
  EXPECT_EQ(refused("set"), "Invalid format of header config 'set'. Expected: '[action] [header name]:[header value]'");
  EXPECT_EQ(refused("set a b:c"), "Invalid header name 'a b'. The '[header name]' cannot contain whitespace");
  EXPECT_EQ(refused("del a:b"), "Invalid header config action: 'del'. Expected one of [set, add, setDate, addDate]");
  EXPECT_EQ(refused("set a:b:c"),
            "Invalid format of header name and header value pair 'a:b:c'. Expected: '[header name]:[header value]'");
  EXPECT_EQ(refused("set :b"), "Invalid header name ''. The '[header name]' cannot contain whitespace");
  const auto config = made(WorkerMode::kStandalone,
                           with(kStandalone, "response.http.headers.config", "add a: b, \"set c:d, e\",addDate x:5"));
  ASSERT_EQ(config.response_headers().size(), 3u);
  EXPECT_EQ(config.response_headers()[0].value, "b");
  EXPECT_EQ(config.response_headers()[1].value, "d, e");
  EXPECT_EQ(config.response_headers()[2].action, HeaderRule::Action::kAddDate);
}

TEST(WorkerConfig, RefusesWhatItWouldBeUnsafeToIgnore) {
  EXPECT_THAT(standalone_refusal("rest.extension.classes", "org.example.Auth"),
              ::testing::HasSubstr("rest.extension.classes"));
  EXPECT_THAT(standalone_refusal("ssl.engine.factory.class", "org.example.Tls"), ::testing::HasSubstr("ssl.keystore"));
  EXPECT_THAT(standalone_refusal("sluice.state.dri", "x"), ::testing::HasSubstr("sluice.state.dri"));
  EXPECT_EQ(standalone_refusal("rest.extension.classes", ""), "accepted");
  const std::string basic = "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension";
  EXPECT_EQ(standalone_refusal("rest.extension.classes", basic), "accepted");
  EXPECT_THAT(standalone_refusal("rest.extension.classes", basic + ",org.example.Auth"),
              ::testing::HasSubstr("Invalid value org.example.Auth for configuration rest.extension.classes"));
  EXPECT_TRUE(made(WorkerMode::kStandalone, with(kStandalone, "rest.extension.classes", " " + basic)).basic_auth());
  EXPECT_FALSE(made(WorkerMode::kStandalone, kStandalone).basic_auth());
}

TEST(WorkerConfig, WarnsOfWhatHasNoEffect) {
  const auto config = made(
      WorkerMode::kStandalone,
      with(with(with(kStandalone, "no.such.key", "1"), "internal.key.converter", "x"), "security.protocol", "SSL"));
  EXPECT_THAT(config.warnings(), ::testing::ElementsAre(::testing::HasSubstr("'no.such.key'"),
                                                        ::testing::HasSubstr("'internal.key.converter'")));
}

TEST(WorkerConfig, ChecksTheKeysOfACluster) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"offset.storage.partitions", "-2", "Number of partitions must be positive, or -1 to use the broker's default"},
      {"status.storage.partitions", "0", "Number of partitions must be positive, or -1 to use the broker's default"},
      {"config.storage.replication.factor", "0",
       "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to "
       "use the broker's default"},
      {"offset.storage.replication.factor", "-2",
       "Replication factor must be positive and not larger than the number of brokers in the Kafka cluster, or -1 to "
       "use the broker's default"},
      {"scheduled.rebalance.max.delay.ms", "-1", "Value must be at least 0"},
      {"inter.worker.key.ttl.ms", "-1", "Value must be at least 0"},
      {"exactly.once.source.support", "yes", "String must be one of (case insensitive): DISABLED, ENABLED, PREPARING"},
      {"connect.protocol", "cooperative", "Invalid Connect protocol compatibility"},
      {"session.timeout.ms", "soon", "Not a number of type INT"}};
  for (const auto& [key, text, why] : cases)
    EXPECT_EQ(distributed_refusal(key, text), "Invalid value " + text + " for configuration " + key + ": " + why);
  for (const char* key : {"inter.worker.key.generation.algorithm", "inter.worker.signature.algorithm",
                          "inter.worker.verification.algorithms"}) {
    EXPECT_THAT(distributed_refusal(key, "HmacSecret"),
                ::testing::StartsWith(std::string("Invalid value HmacSecret for configuration ") + key +
                                      ": the algorithm is not supported by this JVM; the supported algorithms are: ["));
  }
  for (const char* key : {"config.storage.topic", "offset.storage.topic", "status.storage.topic", "value.converter"})
    EXPECT_EQ(distributed_refusal(key, std::nullopt),
              std::string("Missing required configuration \"") + key + "\" which has no default value.");
  EXPECT_EQ(distributed_refusal("inter.worker.key.size", "512"), "accepted");
}

TEST(WorkerConfig, CreatesInternalTopicsCompactedWithTheirOwnKeys) {
  ConfigMap map = kDistributed;
  for (const auto& [key, text] : ConfigMap({{"config.storage.partitions", "3"},
                                            {"config.storage.cleanup.policy", "delete"},
                                            {"config.storage.replication.factor", "1"},
                                            {"config.storage.max.message.bytes", "5000000"},
                                            {"offset.storage.cleanup.policy", "delete"},
                                            {"offset.storage.segment.bytes", "1000000"},
                                            {"status.storage.min.insync.replicas", "2"}}))
    map.set(key, text);
  const auto config = made(WorkerMode::kDistributed, map);
  EXPECT_EQ(config.internal_topic_config("config.storage."),
            ConfigMap({{"max.message.bytes", "5000000"}, {"cleanup.policy", "compact"}}));
  EXPECT_EQ(config.internal_topic_config("offset.storage."),
            ConfigMap({{"segment.bytes", "1000000"}, {"cleanup.policy", "compact"}}));
  EXPECT_EQ(config.internal_topic_config("status.storage."),
            ConfigMap({{"min.insync.replicas", "2"}, {"cleanup.policy", "compact"}}));
  EXPECT_THAT(
      config.warnings(),
      ::testing::UnorderedElementsAre(
          "The configuration 'config.storage.partitions' has no effect: the config topic always has one partition.",
          "The configuration 'config.storage.cleanup.policy' has no effect: internal topics are always compacted.",
          "The configuration 'offset.storage.cleanup.policy' has no effect: internal topics are always compacted."));
}

TEST(WorkerConfig, FindsEveryProblem) {
  ConfigMap map = kDistributed;
  map.erase("group.id");
  for (const auto& [key, text] : ConfigMap({{"session.timeout.ms", "soon"},
                                            {"rest.extension.classes", "org.example.Auth"},
                                            {"sluice.stat.dir", "x"},
                                            {"listeners", "ftp://a:1"},
                                            {"inter.worker.key.size", "1"},
                                            {"inter.worker.verification.algorithms", "HmacSHA1"},
                                            {"no.such.key", "1"}}))
    map.set(key, text);
  const auto found = WorkerConfig::find_problems(WorkerMode::kDistributed, map, builtin_config_providers());
  std::vector<std::string> keys;
  for (const auto& problem : found.errors) keys.push_back(problem.key);
  EXPECT_THAT(keys,
              ::testing::ElementsAre("rest.extension.classes", "sluice.stat.dir", "group.id", "session.timeout.ms",
                                     "inter.worker.key.size", "inter.worker.signature.algorithm", "listeners"));
  EXPECT_THAT(found.warnings, ::testing::ElementsAre(::testing::HasSubstr("'no.such.key'")));
  EXPECT_TRUE(
      WorkerConfig::find_problems(WorkerMode::kDistributed, kDistributed, builtin_config_providers()).errors.empty());
  const auto providers = WorkerConfig::find_problems(
      WorkerMode::kDistributed, with(with(kDistributed, "config.providers", "x"), "connect.protocol", "y"),
      builtin_config_providers());
  EXPECT_EQ(providers.errors.size(), 2u);
}

TEST(WorkerConfig, SplitsClientSettings) {
  ConfigMap map = kDistributed;
  for (const auto& [key, text] : ConfigMap({{"producer.acks", "1"},
                                            {"consumer.fetch.min.bytes", "2"},
                                            {"admin.retries", "3"},
                                            {"security.protocol", "SSL"}}))
    map.set(key, text);
  const auto config = made(WorkerMode::kDistributed, map);
  EXPECT_EQ(config.client_config(ClientKind::kProducer), ConfigMap({{"acks", "1"}}));
  EXPECT_EQ(config.client_config(ClientKind::kConsumer), ConfigMap({{"fetch.min.bytes", "2"}}));
  EXPECT_EQ(config.client_config(ClientKind::kAdmin),
            ConfigMap({{"bootstrap.servers", "b:1, b:2"}, {"security.protocol", "SSL"}, {"retries", "3"}}));
  EXPECT_EQ(config.worker_client_config(),
            ConfigMap({{"bootstrap.servers", "b:1, b:2"}, {"security.protocol", "SSL"}}));
}

TEST(WorkerConfig, ChecksConvertersAgainstTheCatalog) {
  const FakeCatalog catalog;
  const auto converters = made(WorkerMode::kDistributed, kDistributed).check_components(catalog);
  ASSERT_TRUE(converters.has_value());
  EXPECT_EQ(converters->key, "org.apache.kafka.connect.storage.StringConverter");
  EXPECT_EQ(converters->header, "org.apache.kafka.connect.storage.SimpleHeaderConverter");
  const auto unknown =
      made(WorkerMode::kDistributed, with(kDistributed, "key.converter", "no.X")).check_components(catalog);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().message(),
            "Invalid value no.X for configuration key.converter: Class no.X could not be found.");
}

TEST(WorkerConfig, ResolvesVariablesButNotInThePluginPath) {
  ::setenv("SLUICE_TEST_GROUP", "from-env", 1);
  ConfigMap map =
      with(with(kDistributed, "config.providers", "env"), "config.providers.env.class", "EnvVarConfigProvider");
  map.set("group.id", "${env:SLUICE_TEST_GROUP}");
  map.set("plugin.path", "/a,${env:SLUICE_TEST_GROUP}");
  const auto config = made(WorkerMode::kDistributed, map);
  EXPECT_EQ(config.group_id(), "from-env");
  EXPECT_EQ(config.plugin_path(), List({"/a", "${env:SLUICE_TEST_GROUP}"}));
}

TEST(ClientOverrides, PoliciesAllowAsConnects) {
  const ConfigMap overrides = {{"acks", "1"},           {"linger.ms", "1"},         {"sasl.jaas.config", "1"},
                               {"sasl.mechanism", "1"}, {"security.protocol", "1"}, {"client.id", "1"}};
  const auto refused = [&](std::string_view policy) {
    std::vector<std::string> names;
    const auto made_policy =
        make_override_policy(policy, {{"connector.client.config.override.allowlist", "acks,linger.ms"}}).value();
    const auto values = made_policy->validate(ClientKind::kProducer, overrides).value();
    for (const auto& value : values)
      if (!value.errors.empty()) names.push_back(value.name);
    return names;
  };
  EXPECT_TRUE(refused("All").empty());
  // In the order of Java's hash map, which Connect's answers show.
  EXPECT_THAT(refused("None"), ::testing::ElementsAre("security.protocol", "sasl.mechanism", "acks", "sasl.jaas.config",
                                                      "linger.ms", "client.id"));
  EXPECT_THAT(refused("org.apache.kafka.connect.connector.policy.PrincipalConnectorClientConfigOverridePolicy"),
              ::testing::ElementsAre("acks", "linger.ms", "client.id"));
  EXPECT_THAT(refused("Allowlist"),
              ::testing::ElementsAre("security.protocol", "sasl.mechanism", "sasl.jaas.config", "client.id"));
  EXPECT_FALSE(make_override_policy("Nope", {}).has_value());
}

}  // namespace
}  // namespace sluice::config
