// Keys that Kafka Connect does not have: not to be seen unless they are used, and checked where they are.

#include "runtime/config/connector_extensions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "tests/unit/config/validated_source.h"

namespace sluice::config {
namespace {

ConfigInfos validated(ConfigMap config) {
  return validate_file_source(std::move(config)).value();
}

const ConfigInfo* find(const ConfigInfos& infos, std::string_view key) {
  const auto entry = std::find_if(infos.configs.begin(), infos.configs.end(),
                                  [&](const ConfigInfo& info) { return info.value && info.value->name == key; });
  return entry == infos.configs.end() ? nullptr : &*entry;
}

TEST(ConnectorExtensions, AreNotSeenUnlessTheyAreGiven) {
  const FakeCatalog catalog;
  const ConfigInfos plain = validated({});
  const ConfigInfos given = validated({{"errors.deadletterqueue.topic.name", "dead"}});
  for (const ConfigKey& key : extension_keys(ConnectorKind::kSource, catalog))
    EXPECT_EQ(find(plain, key.name), nullptr) << key.name;
  ASSERT_NE(find(given, "errors.deadletterqueue.topic.name"), nullptr);
  EXPECT_EQ(given.configs.size(), plain.configs.size() + 1);
  EXPECT_EQ(given.error_count, 0);
}

TEST(ConnectorExtensions, AreCheckedWhereTheyAreGiven) {
  const ConfigInfos infos = validated({{"sluice.errors.deadletterqueue.max.ratio", "1.5"}});
  const ConfigInfo* entry = find(infos, "sluice.errors.deadletterqueue.max.ratio");
  ASSERT_NE(entry, nullptr);
  ASSERT_EQ(entry->value->errors.size(), 1u);
  EXPECT_EQ(entry->value->errors[0],
            "Invalid value 1.5 for configuration sluice.errors.deadletterqueue.max.ratio: Value must be no more than "
            "1.0");
  EXPECT_EQ(infos.error_count, 1);
}

TEST(ConnectorExtensions, ASinksQueueIsConnectsOwn) {
  const FakeCatalog catalog;
  for (const ConfigKey& key : extension_keys(ConnectorKind::kSink, catalog))
    EXPECT_TRUE(key.name.starts_with("sluice.")) << key.name;
}

}  // namespace
}  // namespace sluice::config
