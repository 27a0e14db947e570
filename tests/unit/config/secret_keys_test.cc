#include "runtime/config/secret_keys.h"

#include <gtest/gtest.h>

#include "runtime/base/secrets.h"
#include "runtime/config/config_transformer.h"
#include "runtime/config/worker_config.h"
#include "tests/unit/config/fake_catalog.h"

namespace sluice::config {
namespace {

class SecretKeysTest : public ::testing::Test {
 protected:
  SecretKeysTest() {
    catalog_.add("org.test.DbSource", {ComponentKind::kSource});
    catalog_.define("org.test.DbSource",
                    ConfigDef({optional_key("db.password", Type::kPassword, Value(Null{}), Importance::kHigh, ""),
                               optional_key("password.file", Type::kString, "", Importance::kHigh, ""),
                               optional_key("ssl.key.password", Type::kString, "", Importance::kLow, "")}));
    catalog_.add("org.test.Encrypt", {ComponentKind::kTransformation});
    catalog_.define("org.test.Encrypt", ConfigDef({required_key("key", Type::kPassword, Importance::kHigh, "")}));
    catalog_.add("org.test.Registry", {ComponentKind::kConverter});
    catalog_.define("org.test.Registry",
                    ConfigDef({optional_key("auth", Type::kPassword, Value(Null{}), Importance::kHigh, "")}));
  }
  SecretKeys keys(const ConfigMap& config) const { return SecretKeys(config, &catalog_); }

  FakeCatalog catalog_;
  const ConfigMap db_ = {{"connector.class", " org.test.DbSource"},
                         {"transforms", "enc, lost"},
                         {"transforms.enc.type", "org.test.Encrypt"},
                         {"transforms.lost.type", "org.test.Gone"},
                         {"value.converter", "org.test.Registry"}};
};

TEST_F(SecretKeysTest, AreThoseTypedPasswordByTheirComponent) {
  const SecretKeys keys = this->keys(db_);
  EXPECT_TRUE(keys.contains("db.password"));
  EXPECT_TRUE(keys.contains("transforms.enc.key"));
  EXPECT_TRUE(keys.contains("value.converter.auth"));
  EXPECT_FALSE(keys.contains("transforms.enc.type"));
  EXPECT_FALSE(keys.contains("password.file"));
  EXPECT_FALSE(keys.contains("connector.class"));
  EXPECT_FALSE(keys.contains("key"));
}

TEST_F(SecretKeysTest, KafkasClientsHaveTheirsBehindAnyPrefix) {
  const SecretKeys keys = this->keys(db_);
  EXPECT_TRUE(keys.contains("producer.override.sasl.jaas.config"));
  EXPECT_TRUE(keys.contains("consumer.override.ssl.truststore.password"));
  EXPECT_TRUE(keys.contains("schema.history.internal.producer.sasl.jaas.config"));
  EXPECT_FALSE(keys.contains("producer.override.sasl.mechanism"));
  EXPECT_FALSE(keys.contains("ssl.key.password"));  // the connector says that it is none
}

TEST_F(SecretKeysTest, NamesCountOnlyWhereNobodyKnowsTheTypes) {
  EXPECT_FALSE(keys(db_).contains("my.secret.thing"));
  EXPECT_TRUE(keys(db_).contains("transforms.lost.api.key"));
  EXPECT_FALSE(keys(db_).contains("transforms.lost.field"));
  const SecretKeys unknown = keys({{"connector.class", "org.test.Gone"}});
  EXPECT_TRUE(unknown.contains("database.PASSWORD"));
  EXPECT_FALSE(unknown.contains("database.user"));
  EXPECT_TRUE(SecretKeys({}, nullptr).contains("db.password"));
}

TEST_F(SecretKeysTest, WhatIsShownIsTheVariableOrTheMask) {
  ConfigMap config = db_;
  config.set("db.password", "written");
  config.set("transforms.enc.key", "${file:/run/secrets:key}");
  config.set("value.converter.auth", "user:${file:/run/secrets:pw}");
  config.set("producer.override.sasl.jaas.config", std::nullopt);
  config.set("consumer.override.sasl.jaas.config", "");
  const ConfigMap shown = without_secrets(config, keys(config));
  EXPECT_EQ(shown.get("db.password"), "****");
  EXPECT_EQ(shown.get("transforms.enc.key"), "${file:/run/secrets:key}");
  EXPECT_EQ(shown.get("value.converter.auth"), "****");
  EXPECT_EQ(*shown.find("producer.override.sasl.jaas.config"), std::nullopt);
  EXPECT_EQ(shown.get("consumer.override.sasl.jaas.config"), "");
  EXPECT_EQ(shown.begin()->first, "connector.class");  // the order is the stored one

  ConfigMap sent = shown;
  ASSERT_TRUE(restore_secrets(sent, config, keys(sent)));
  EXPECT_EQ(sent, config);
}

TEST_F(SecretKeysTest, MaskOfNothingIsRefusedAndOtherTextsStay) {
  ConfigMap sent = db_;
  sent.set("password.file", "****");
  ASSERT_TRUE(restore_secrets(sent, db_, keys(sent)));
  EXPECT_EQ(sent.get("password.file"), "****");
  sent.set("db.password", "****");
  const auto refused = restore_secrets(sent, db_, keys(sent));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(),
            "Invalid value **** for configuration db.password: it stands for the value that is stored, and there is "
            "none; write the value itself");
}

TEST_F(SecretKeysTest, SecretsAreTold) {
  ConfigMap config = db_;
  config.set("db.password", "told-password-1");
  config.set("producer.override.sasl.jaas.config",
             "org.x.Plain required username=\"jaas-user-name\" password=\"told-in-jaas-1\";");
  keep_secrets(config, keys(config));
  EXPECT_EQ(base::without_secrets("told-password-1 told-in-jaas-1 jaas-user-name"), "**** **** jaas-user-name");
}

class OneText final : public ConfigProvider {
 public:
  explicit OneText(std::string text) : text_(std::move(text)) {}
  base::Status configure(const ConfigMap&) override { return {}; }
  base::Result<ProvidedData> get(std::string_view, const std::set<std::string>& keys) const override {
    ProvidedData data;
    for (const auto& key : keys) data.data.set(key, text_);
    return data;
  }
  base::Result<ProvidedData> get(std::string_view) const override { return ProvidedData(); }

 private:
  std::string text_;
};

TEST(ProvidedTexts, AreSecretsUnlessTheyArePlainWords) {
  const auto provide = [](const std::string& text) {
    const ConfigTransformer transformer({{"p", std::make_shared<OneText>(text)}});
    EXPECT_EQ(transformer.transform({{"url", "x://${p:k}@h"}})->config.get("url"), "x://" + text + "@h");
  };
  for (const char* secret : {"hunter2!", "Passw0rd", "correct horse battery", "123456", "abcdefghijkl"}) {
    provide(secret);
    EXPECT_EQ(base::without_secrets(secret), "****") << secret;
  }
  for (const char* plain : {"orders", "db-main.x", "5432", "11"}) {
    provide(plain);
    EXPECT_EQ(base::without_secrets(plain), plain);
  }
}

TEST(WorkerSecrets, AreTold) {
  const auto worker = WorkerConfig::make(WorkerMode::kStandalone,
                                         {{"bootstrap.servers", "b:1"},
                                          {"key.converter", "K"},
                                          {"value.converter", "V"},
                                          {"offset.storage.file.filename", "f"},
                                          {"listeners.https.ssl.key.password", "worker-tls-secret"},
                                          {"producer.sasl.jaas.config", "x required password=\"worker-jaas-pw\";"},
                                          {"config.providers.file.param.secret", "param-secret-1"}},
                                         {});
  ASSERT_TRUE(worker) << worker.error().message();
  EXPECT_EQ(base::without_secrets("worker-tls-secret worker-jaas-pw param-secret-1"), "**** **** ****");
}

}  // namespace
}  // namespace sluice::config
