#include "runtime/base/strings.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

using Parts = std::vector<std::string_view>;

TEST(JavaSplit, DropsEmptyPartsAtTheEndOnly) {
  EXPECT_EQ(java_split("a:b", ':'), (Parts{"a", "b"}));
  EXPECT_EQ(java_split(":a::", ':'), (Parts{"", "a"}));
  EXPECT_EQ(java_split("::", ':'), Parts{});
}

TEST(JavaSplit, KeepsWhatItCannotSplit) {
  EXPECT_EQ(java_split("", ':'), Parts{""});
  EXPECT_EQ(java_split("a", ':'), Parts{"a"});
}

}  // namespace
}  // namespace sluice::base
