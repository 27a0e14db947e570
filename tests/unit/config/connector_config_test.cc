#include "runtime/config/connector_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/config/config_infos.h"
#include "runtime/config/topic_creation.h"
#include "tests/unit/config/fake_catalog.h"

namespace sluice::config {
namespace {

TEST(ConfigDef, ParseStopsAtTheFirstErrorInOrder) {
  const ConfigDef def(
      {required_key("a", Type::kInt, Importance::kHigh, ""), required_key("b", Type::kString, Importance::kHigh, "")});
  EXPECT_EQ(def.parse({{"b", "x"}}).error().message(),
            "Missing required configuration \"a\" which has no default value.");
  EXPECT_EQ(def.parse({{"a", "x"}}).error().message(), "Invalid value x for configuration a: Not a number of type INT");
  const auto parsed = def.parse({{"a", "1"}, {"b", " x "}, {"c", "kept"}});
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->int32("a"), 1);
  EXPECT_EQ(parsed->string("b"), "x");
  EXPECT_EQ(parsed->originals().get("c"), "kept");
}

TEST(ConfigDef, ParseDropsDuplicatesThatValidateReports) {
  const ConfigDef def(
      {optional_key("l", Type::kList, "", Importance::kLow, "").checked_by(list_without_duplicates(true, false))});
  EXPECT_EQ(def.parse({{"l", "a,a,b"}})->list("l"), List({"a", "b"}));
  EXPECT_EQ(def.validate({{"l", "a,a,b"}})[0].errors,
            std::vector<std::string>({"Configuration 'l' values must not be duplicated."}));
}

TEST(ConfigDef, DependentsAndRecommendersWorkTogether) {
  Recommender recommender;
  recommender.valid_values = [](std::string_view, const ValueMap& parsed) {
    return std::vector<Value>{parsed.at("mode") == Value(std::string("big")) ? Value(std::int32_t{100})
                                                                             : Value(std::int32_t{1})};
  };
  recommender.visible = [](std::string_view, const ValueMap& parsed) {
    return parsed.at("mode") != Value(std::string("none"));
  };
  const ConfigDef def(
      {optional_key("mode", Type::kString, "small", Importance::kHigh, "").with_dependents({"size", "absent"}),
       optional_key("size", Type::kInt, 5, Importance::kLow, "").with_recommender(recommender)});
  const auto values = def.validate({{"mode", "big"}});
  ASSERT_EQ(values.size(), 3u);
  EXPECT_EQ(values[1].recommended, std::vector<Value>{Value(std::int32_t{100})});
  EXPECT_EQ(values[2].errors, std::vector<std::string>{"absent is referred in the dependents, but not defined."});
  EXPECT_FALSE(def.validate({{"mode", "none"}})[1].visible);
  EXPECT_EQ(def.parse({}).error().message(),
            "Some configurations in are referred in the dependents, but not defined: absent");
}

TEST(ConfigDef, RingsOfDependentsEnd) {
  const ConfigDef def({optional_key("top", Type::kString, "", Importance::kLow, "").with_dependents({"a"}),
                       optional_key("a", Type::kString, "", Importance::kLow, "").with_dependents({"b"}),
                       optional_key("b", Type::kString, "", Importance::kLow, "").with_dependents({"a"})});
  EXPECT_EQ(def.validate({}).size(), 3u);
}

TEST(ConfigInfos, SecretsAreHiddenEverywhere) {
  const ConfigDef def({optional_key("p", Type::kPassword, "default-secret", Importance::kHigh, "")
                           .checked_by(Validator(
                               [](std::string_view name, const Value& value) -> base::Status {
                                 return base::fail(invalid_value(name, value, "refused"));
                               },
                               ""))});
  auto values = def.validate({{"p", "my-secret"}});
  std::string json = to_json(make_config_infos("x", def, values));
  values[0].value = Value(std::string("my-secret"));  // as a component's own check might answer
  json += to_json(make_config_infos("x", def, values));
  EXPECT_EQ(json.find("secret"), std::string::npos) << json;
  EXPECT_NE(json.find("Invalid value [hidden] for configuration p: refused"), std::string::npos) << json;
}

const ConfigMap kSource = {{"name", "n"}, {"connector.class", "FileStreamSource"}, {"topic", "t"}};

TEST(ConnectorConfig, GivesTransformsWithTheirPredicates) {
  const FakeCatalog catalog;
  ConfigMap map = kSource;
  for (const auto& [key, text] : ConfigMap({{"transforms", "r,f"},
                                            {"transforms.r.type", "RegexRouter"},
                                            {"transforms.r.regex", "a"},
                                            {"transforms.r.replacement", "b"},
                                            {"transforms.f.type", "Filter"},
                                            {"transforms.f.predicate", "p"},
                                            {"transforms.f.negate", "true"},
                                            {"predicates", "p"},
                                            {"predicates.p.type", "TopicNameMatches"},
                                            {"predicates.p.pattern", "x.*"},
                                            {"key.converter", "JsonConverter"},
                                            {"key.converter.schemas.enable", "false"},
                                            {"producer.override.acks", "1"},
                                            {"errors.tolerance", "all"}}))
    map.set(key, text);
  const auto config = ConnectorConfig::make(ConnectorKind::kSource, map, catalog);
  ASSERT_TRUE(config.has_value()) << config.error().message();
  ASSERT_EQ(config->transforms().size(), 2u);
  EXPECT_EQ(config->transforms()[0].class_name, "org.apache.kafka.connect.transforms.RegexRouter");
  EXPECT_EQ(config->transforms()[0].config, ConfigMap({{"regex", "a"}, {"replacement", "b"}}));
  EXPECT_FALSE(config->transforms()[0].predicate.has_value());
  const auto& filter = config->transforms()[1];
  EXPECT_TRUE(filter.negate);
  EXPECT_EQ(filter.predicate->class_name, "org.apache.kafka.connect.transforms.predicates.TopicNameMatches");
  EXPECT_EQ(filter.predicate->config, ConfigMap({{"pattern", "x.*"}}));
  EXPECT_EQ(config->converter("key.converter")->config, ConfigMap({{"schemas.enable", "false"}}));
  EXPECT_FALSE(config->converter("value.converter").has_value());
  EXPECT_EQ(config->client_overrides("producer"), ConfigMap({{"acks", "1"}}));
  EXPECT_EQ(config->errors().tolerance, Tolerance::kAll);
}

TEST(ConnectorConfig, RefusesBrokenChains) {
  FakeCatalog catalog;
  catalog.refuse_config("org.apache.kafka.connect.transforms.ValueToKey", "broken");
  const auto refusal = [&](ConfigMap extra) {
    ConfigMap map = kSource;
    for (const auto& [key, text] : extra) map.set(key, text);
    const auto config = ConnectorConfig::make(ConnectorKind::kSource, map, catalog);
    return config ? "accepted" : config.error().message();
  };
  EXPECT_EQ(refusal({{"transforms", "a"}}),
            "Invalid value null for configuration transforms.a.type: Not a Transformation");
  EXPECT_EQ(refusal({{"transforms", "a"}, {"transforms.a.type", "No"}}),
            "Invalid value No for configuration transforms.a.type: Class No could not be found.");
  EXPECT_EQ(refusal({{"transforms", "a"}, {"transforms.a.type", "Filter"}, {"transforms.a.negate", "true"}}),
            "Config 'transforms.a.negate' was provided but there is no config 'transforms.a.predicate' defining a "
            "predicate to be negated.");
  EXPECT_EQ(refusal({{"transforms", "a"}, {"transforms.a.type", "ValueToKey"}}),
            "Invalid value class org.apache.kafka.connect.transforms.ValueToKey for configuration transforms.a.type: "
            "Error getting config definition from Transformation: broken");
  EXPECT_EQ(refusal({{"transforms", "a"}, {"transforms.a.type", "Filter"}, {"transforms.a.predicate", "p"}}),
            "Unknown configuration 'predicates.p.type'");
  EXPECT_NE(refusal({{"transforms", "a,a.b"}, {"transforms.a.type", "Filter"}, {"transforms.a.b.type", "Filter"}}), "");
}

TEST(TopicCreation, ChoosesTheFirstGroupThatMatches) {
  const auto groups = TopicCreationGroups::make({{"topic.creation.groups", "compacted,default,other"},
                                                 {"topic.creation.default.replication.factor", "3"},
                                                 {"topic.creation.default.partitions", "5"},
                                                 {"topic.creation.default.cleanup.policy", "delete"},
                                                 {"topic.creation.compacted.include", "status.*,config"},
                                                 {"topic.creation.compacted.exclude", "status-tmp"},
                                                 {"topic.creation.compacted.cleanup.policy", "compact"},
                                                 {"topic.creation.compacted.replication.factor", "-1"},
                                                 {"topic.creation.other.include", "status-tmp"},
                                                 {"topic.creation.other.partitions", "1"}});
  ASSERT_TRUE(groups.has_value()) << groups.error().message();
  EXPECT_EQ(groups->group_for("status-1").name, "compacted");
  EXPECT_EQ(groups->group_for("config").topic_config, ConfigMap({{"cleanup.policy", "compact"}}));
  EXPECT_EQ(groups->group_for("config").replication_factor, -1);
  EXPECT_EQ(groups->group_for("config").partitions, 5);
  EXPECT_EQ(groups->group_for("status-tmp").name, "other");
  EXPECT_EQ(groups->group_for("status-tmp").replication_factor, 3);
  EXPECT_EQ(groups->group_for("anything").name, "default");
  EXPECT_EQ(groups->group_for("anything").topic_config, ConfigMap({{"cleanup.policy", "delete"}}));
}

TEST(TopicCreation, RefusesWithConnectsTexts) {
  const auto refusal = [](ConfigMap map) {
    const auto groups = TopicCreationGroups::make(map);
    return groups ? "accepted" : groups.error().message();
  };
  EXPECT_EQ(refusal({}),
            "Missing required configuration \"topic.creation.default.replication.factor\" which has no default value.");
  EXPECT_EQ(refusal({{"topic.creation.default.replication.factor", "1"}, {"topic.creation.default.partitions", "0"}}),
            "Invalid value 0 for configuration partitions: Number of partitions must be positive, or -1 to use the "
            "broker's default");
  EXPECT_EQ(refusal({{"topic.creation.groups", "g"},
                     {"topic.creation.default.replication.factor", "1"},
                     {"topic.creation.default.partitions", "1"},
                     {"topic.creation.g.include", "[a"}}),
            "Invalid value [[a] for configuration include: Syntax error in regular expression: Unclosed character "
            "class near index 1\n[a\n ^");
}

}  // namespace
}  // namespace sluice::config
