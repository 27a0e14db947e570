#include "runtime/plugin/aliases.h"

#include <gtest/gtest.h>

namespace sluice::plugin {
namespace {

using config::ComponentKind;

TEST(Aliases, ConnectsOwnKeepsItsShortName) {
  const NamedComponent components[] = {
      {"io.debezium.transforms.Filter", ComponentKind::kTransformation, {}},
      {"org.apache.kafka.connect.transforms.Filter", ComponentKind::kTransformation, {}},
      {"a.Other", ComponentKind::kTransformation, {}},
      {"b.Other", ComponentKind::kTransformation, {}},
  };
  const AliasTable names(components);
  EXPECT_EQ(names.resolve("Filter"), "org.apache.kafka.connect.transforms.Filter");
  EXPECT_EQ(names.resolve("io.debezium.transforms.Filter"), "io.debezium.transforms.Filter");
  EXPECT_EQ(names.resolve("Other"), std::nullopt);
  EXPECT_EQ(names.ambiguous("Other").size(), 2u);
}

TEST(Aliases, NestedClassesAreKnownWithTheirOuterName) {
  const NamedComponent components[] = {
      {"io.sluice.transforms.Lookup$Key", ComponentKind::kTransformation, {}},
      {"io.sluice.transforms.Lookup$Value", ComponentKind::kTransformation, {}},
  };
  const AliasTable names(components);
  EXPECT_EQ(names.resolve("Lookup$Value"), "io.sluice.transforms.Lookup$Value");
  EXPECT_EQ(names.resolve("Value"), "io.sluice.transforms.Lookup$Value");
}

}  // namespace
}  // namespace sluice::plugin
