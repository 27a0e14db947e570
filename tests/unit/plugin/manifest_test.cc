#include "runtime/plugin/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/plugin/elf_file.h"
#include "runtime/plugin/probe.h"
#include "runtime/plugin/version.h"
#include "tests/unit/plugin/test_files.h"

namespace sluice::plugin {
namespace {

using testing::HasSubstr;

TEST(Manifest, SurvivesItsJson) {
  const auto manifest = probe_in_child(SLUICE_PLUGIN_TOOL, hang_plugin());
  ASSERT_TRUE(manifest) << manifest.error().message();
  EXPECT_EQ(manifest->components.size(), 2U);
  const auto again = parse_manifest(to_json(*manifest));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, *manifest);
}

TEST(Manifest, RefusesWhatIsNotOneAndSaysWhere) {
  const auto reason = [](const char* text) {
    const auto manifest = parse_manifest(text);
    return manifest ? std::string() : manifest.error().message();
  };
  EXPECT_THAT(reason("{"), HasSubstr("not JSON"));
  EXPECT_THAT(reason("[]"), HasSubstr("object"));
  EXPECT_THAT(reason(R"({"manifest": 2})"), HasSubstr("format 2"));
  EXPECT_THAT(reason(R"({"manifest": 1})"), HasSubstr("components"));
  EXPECT_THAT(reason(R"({"manifest": 1, "components": [{"kind": "source"}]})"), HasSubstr("components[0]"));
  EXPECT_THAT(reason(R"({"manifest": 1, "components": [{"kind": "spout", "name": "A"}]})"), HasSubstr("spout"));
  EXPECT_THAT(
      reason(
          R"({"manifest": 1, "components": [{"kind": "sink", "name": "A", "config": [{"name": "k", "type": "FLOAT"}]}]})"),
      HasSubstr("FLOAT"));
  EXPECT_THAT(reason(R"({"manifest": 1, "name": 3, "components": []})"), HasSubstr("'name'"));
}

TEST(Manifest, AbiRules) {
  EXPECT_FALSE(abi_refusal(0, 1, {}, 0, 1));
  EXPECT_TRUE(abi_refusal(0, 2, {}, 0, 1));
  EXPECT_TRUE(abi_refusal(0, 1, {}, 0, 2));
  EXPECT_TRUE(abi_refusal(1, 1, {}, 0, 1));
  // From 1.0 on a newer minor loads, unless it needs what is not there.
  EXPECT_FALSE(abi_refusal(1, 9, {SLUICE_EXT_LOG}, 1, 2));
  EXPECT_THAT(abi_refusal(1, 9, {"sluice.new/1"}, 1, 2).value_or(""), HasSubstr("sluice.new/1"));
  EXPECT_TRUE(abi_refusal(2, 0, {}, 1, 2));
}

TEST(Manifest, KeysBecomeADefinition) {
  ComponentManifest component;
  component.name = "C";
  KeyManifest key;
  key.name = "port";
  key.type = SLUICE_TYPE_INT;
  key.default_value = "80";
  key.validator = SLUICE_VALIDATOR_RANGE;
  key.number_min = 1;
  key.number_max = 65535;
  component.keys = {key};
  const auto def = make_config_def(component);
  ASSERT_TRUE(def);
  EXPECT_TRUE(def->parse({{"port", "8080"}}));
  EXPECT_FALSE(def->parse({{"port", "0"}}));
  EXPECT_EQ(def->parse({})->int32("port"), 80);
  component.keys[0].default_value = "eighty";
  EXPECT_FALSE(make_config_def(component));
}

TEST(Elf, ReadsTheNoteAndTheSymbols) {
  const auto good = read_elf_symbols(content_of(bad_plugin("good_1")));
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_TRUE(good->has_note);
  EXPECT_EQ(good->abi_major, static_cast<std::uint32_t>(SLUICE_ABI_MAJOR));
  EXPECT_EQ(good->abi_minor, static_cast<std::uint32_t>(SLUICE_ABI_MINOR));
  EXPECT_THAT(good->exported, testing::Contains("sluice_plugin_entry_v1"));
  EXPECT_THAT(read_elf_symbols(content_of(bad_plugin("exports_malloc")))->exported, testing::Contains("malloc"));
  EXPECT_FALSE(read_elf(content_of(bad_plugin("foreign")))->has_note);
}

TEST(Elf, EveryPrefixOfALibraryIsRefused) {
  const std::string whole = content_of(bad_plugin("good_1"));
  for (std::size_t size = 0; size < whole.size(); size += size < 4096 ? 7 : 997)
    EXPECT_FALSE(read_elf(std::string_view(whole).substr(0, size))) << size;
}

TEST(Version, OrdersAsPeopleExpect) {
  EXPECT_LT(compare_versions("1.2", "1.10"), 0);
  EXPECT_LT(compare_versions("2.0-rc1", "2.0"), 0);
  EXPECT_LT(compare_versions("1.0", "1.0.1"), 0);
  EXPECT_EQ(compare_versions("1.0", "1.0.0"), 0);
  EXPECT_GT(compare_versions("10", "9.99"), 0);
  EXPECT_EQ(compare_versions("", ""), 0);
}

}  // namespace
}  // namespace sluice::plugin
