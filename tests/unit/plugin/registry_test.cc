// The registry with real libraries: what it finds, what it refuses and why, and that whatever a plugin does, the
// registry goes on.
#include "runtime/plugin/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "runtime/plugin/instance.h"
#include "runtime/plugin/loader.h"
#include "tests/unit/plugin/test_files.h"
#include "tests/unit/plugin/test_services.h"

namespace sluice::plugin {
namespace {

using config::ComponentKind;
using testing::ElementsAre;
using testing::HasSubstr;

struct RegistryTest : testing::Test {
  TempDir path;
  TempDir state;

  Registry::Options options() const {
    Registry::Options made;
    made.plugin_path = {path.path().string()};
    made.state_dir = state.path().string();
    made.worker_version = "4.3.1";
    made.probe_command = SLUICE_PLUGIN_TOOL;
    made.probe_timeout = std::chrono::milliseconds(1000);
    return made;
  }
  std::string reason(const Registry& registry, const std::string& file) const {
    for (const auto& entry : registry.quarantined())
      if (entry.path == (path / file).string()) return entry.reason;
    return {};
  }
};

TEST_F(RegistryTest, EachBadPluginIsRefusedWithItsReasonAndTheGoodOneServes) {
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"no_entry", "does not export sluice_plugin_entry_v1"},
      {"null_entry", "returned null"},
      {"wrong_major", "is built for plugin ABI 99."},
      {"new_minor", "requires the host extension sluice.time_travel/1"},
      {"truncated", "truncated struct"},
      {"truncated_table", "lacks create, destroy or poll"},
      {"crash_in_entry", "breaks the process that loads it"},
      {"hang_in_entry", "hangs when it is loaded"},
      {"duplicate_key", "the key 'same' is described twice"},
      {"foreign", "is not a Sluice plugin"},
  };
  for (const auto& [name, text] : expected) copy_plugin(bad_plugin(name), path / (name + ".so"));
  const std::string good = content_of(bad_plugin("good_1"));
  write_content(path / "half_copied.so", good.substr(0, good.size() / 2));
  write_content(path / "empty.so", "");
  write_content(path / "text.so", "#!/bin/sh\n");
  write_content(path / "notes.txt", "not looked at");
  copy_plugin(bad_plugin("good_1"), path / "good/good.so");

  Registry registry(options());
  registry.scan();
  for (const auto& [name, text] : expected) EXPECT_THAT(reason(registry, name + ".so"), HasSubstr(text)) << name;
  EXPECT_THAT(reason(registry, "half_copied.so"), HasSubstr("is truncated"));
  EXPECT_THAT(reason(registry, "empty.so"), HasSubstr("is empty"));
  EXPECT_THAT(reason(registry, "text.so"), HasSubstr("is not a shared library"));
  EXPECT_EQ(registry.quarantined().size(), expected.size() + 3);

  ASSERT_THAT(registry.list(ComponentKind::kSource), ElementsAre("GoodSource"));
  const auto component = registry.connector("GoodSource");
  ASSERT_TRUE(component) << component.error().message();
  EXPECT_NE(component->source_task, nullptr);
}

TEST_F(RegistryTest, AManifestSavesTheProbe) {
  copy_plugin(hang_plugin(), path / "hang/hang.so");
  copy_plugin(hang_plugin().replace_extension(".sluice.json"), path / "hang/hang.sluice.json");
  auto without_probe = options();
  without_probe.probe_command = "/bin/false";
  Registry registry(without_probe);
  registry.scan();
  ASSERT_EQ(registry.libraries().size(), 1U) << reason(registry, "hang/hang.so");
  EXPECT_EQ(registry.libraries()[0].origin, "manifest");
  EXPECT_THAT(registry.list(ComponentKind::kSink), ElementsAre("HangSink"));
  const auto def = registry.config_def("HangSource", ComponentKind::kSource);
  ASSERT_TRUE(def);
  EXPECT_NE((*def)->find("hang.in"), nullptr);
}

TEST_F(RegistryTest, AStaleManifestIsReplacedByTheProbeAndItsAnswerIsKept) {
  copy_plugin(bad_plugin("good_1"), path / "good.so");
  copy_plugin(hang_plugin().replace_extension(".sluice.json"), path / "good.sluice.json");
  {
    Registry registry(options());
    registry.scan();
    ASSERT_EQ(registry.libraries().size(), 1U);
    EXPECT_EQ(registry.libraries()[0].origin, "probe");
    EXPECT_TRUE(registry.list(ComponentKind::kSink).empty());
  }
  Registry again(options());
  again.scan();
  ASSERT_EQ(again.libraries().size(), 1U);
  EXPECT_EQ(again.libraries()[0].origin, "cache");
}

TEST_F(RegistryTest, APluginDroppedIntoARunningWorkerIsFound) {
  Registry registry(options());
  registry.scan();
  EXPECT_FALSE(registry.resolve("GoodSource"));
  EXPECT_FALSE(registry.rescan());
  copy_plugin(bad_plugin("good_1"), path / "new/good.so");
  EXPECT_EQ(registry.resolve("GoodSource"), "GoodSource");
  EXPECT_FALSE(registry.resolve("Good"));  // not an alias: the name has no suffix to drop
}

TEST_F(RegistryTest, AListShowsWhatWasDroppedIn) {
  Registry registry(options());
  registry.scan();
  EXPECT_TRUE(registry.list(ComponentKind::kSource).empty());
  copy_plugin(bad_plugin("good_1"), path / "good.so");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (registry.list(ComponentKind::kSource).empty() && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  EXPECT_THAT(registry.list(ComponentKind::kSource), ElementsAre("GoodSource"));
}

TEST_F(RegistryTest, AHalfCopiedPluginIsUsedOnceItIsWhole) {
  const std::string good = content_of(bad_plugin("good_1"));
  write_content(path / "good.so", good.substr(0, good.size() - 100));
  Registry registry(options());
  registry.scan();
  EXPECT_THAT(reason(registry, "good.so"), HasSubstr("truncated"));
  write_content(path / "good.so", good);
  EXPECT_TRUE(registry.rescan());
  EXPECT_EQ(registry.resolve("GoodSource"), "GoodSource");
  EXPECT_TRUE(registry.quarantined().empty());
}

TEST_F(RegistryTest, APluginThatHangsItsProbeHoldsNobodyUp) {
  auto patient = options();
  patient.probe_timeout = std::chrono::milliseconds(3000);
  patient.rescan_wait = std::chrono::milliseconds(50);
  Registry registry(patient);
  registry.scan();
  copy_plugin(bad_plugin("hang_in_entry"), path / "hang_in_entry.so");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(registry.resolve("Nobody"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(2000));
}

TEST_F(RegistryTest, AnOverwrittenLibraryGoesOnAndItsSuccessorServesNewInstances) {
  copy_plugin(bad_plugin("good_1"), path / "good.so");
  Registry registry(options());
  registry.scan();
  const auto old = registry.connector("GoodSource");
  ASSERT_TRUE(old) << old.error().message();
  EXPECT_EQ(old->version, "1.0.0");
  TestServices services;
  auto task = SourceTaskInstance::create(*old->source_task, services);
  ASSERT_TRUE(task);
  ASSERT_TRUE((*task)->start({}));

  write_content(path / "good.so", std::string(4096, 'x'));  // in place, as cp does
  data::Batch batch;
  ASSERT_TRUE((*task)->poll(batch));
  EXPECT_EQ(batch.size(), 1U);
  registry.rescan();
  EXPECT_THAT(reason(registry, "good.so"), HasSubstr("is not a shared library"));

  write_content(path / "good.so", content_of(bad_plugin("good_2")));
  registry.rescan();
  const auto successor = registry.connector("GoodSource");
  ASSERT_TRUE(successor) << successor.error().message();
  EXPECT_EQ(successor->version, "1.10.0");
  EXPECT_NE(successor->source_task, old->source_task);
  batch.reset();
  ASSERT_TRUE((*task)->poll(batch));
  EXPECT_EQ(batch.size(), 1U);
  (*task)->stop();
}

TEST_F(RegistryTest, TheNewestVersionServesWhereThereAreSeveral) {
  copy_plugin(bad_plugin("good_2"), path / "a/good.so");
  copy_plugin(bad_plugin("good_1"), path / "b/good.so");
  Registry registry(options());
  registry.scan();
  EXPECT_THAT(registry.versions("GoodSource"), ElementsAre("1.0.0", "1.10.0"));
  const auto component = registry.connector("GoodSource");
  ASSERT_TRUE(component);
  EXPECT_EQ(component->version, "1.10.0");
}

TEST_F(RegistryTest, ListsKindsInConnectsOrderAndBuiltinsAmongThem) {
  copy_plugin(hang_plugin(), path / "hang.so");
  Registry registry(options());
  const auto add = [&](const char* name, std::vector<ComponentKind> kinds) {
    BuiltinComponent component;
    component.class_name = name;
    component.kinds = std::move(kinds);
    return registry.add(std::move(component));
  };
  ASSERT_TRUE(
      add("org.apache.kafka.connect.json.JsonConverter", {ComponentKind::kConverter, ComponentKind::kHeaderConverter}));
  ASSERT_TRUE(add("org.apache.kafka.connect.transforms.Cast$Value", {ComponentKind::kTransformation}));
  ASSERT_TRUE(add("org.apache.kafka.connect.transforms.Cast$Key", {ComponentKind::kTransformation}));
  ASSERT_TRUE(add("org.apache.kafka.connect.transforms.MaskField$Value", {ComponentKind::kTransformation}));
  ASSERT_FALSE(add("org.apache.kafka.connect.transforms.Cast$Key", {ComponentKind::kTransformation}));
  registry.scan();
  std::vector<std::string> names;
  for (const auto& info : registry.plugins()) names.push_back(info.class_name);
  EXPECT_THAT(
      names, ElementsAre("HangSink", "HangSource", "org.apache.kafka.connect.transforms.Cast$Key",
                         "org.apache.kafka.connect.transforms.Cast$Value",
                         "org.apache.kafka.connect.transforms.MaskField$Value",
                         "org.apache.kafka.connect.json.JsonConverter", "org.apache.kafka.connect.json.JsonConverter"));
  EXPECT_EQ(registry.plugins()[2].version, "4.3.1");
  EXPECT_EQ(registry.resolve("Json"), "org.apache.kafka.connect.json.JsonConverter");
  EXPECT_EQ(registry.resolve("JsonConverter"), "org.apache.kafka.connect.json.JsonConverter");
  EXPECT_EQ(registry.resolve("Key"), "org.apache.kafka.connect.transforms.Cast$Key");
  EXPECT_FALSE(registry.resolve("Value"));  // two classes have that simple name
  EXPECT_FALSE(registry.resolve("Cast$Value"));
  EXPECT_FALSE(registry.resolve(""));
}

TEST_F(RegistryTest, AnUnknownConnectorGetsConnectsText) {
  Registry registry(options());
  registry.scan();
  const auto missing = registry.connector("no.such.Class");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message(),
            "Failed to find any class that implements Connector and which name matches no.such.Class, available "
            "connectors are: ");
}

TEST_F(RegistryTest, AFileThatIsNamedItselfOnThePathIsFound) {
  copy_plugin(bad_plugin("good_1"), path / "elsewhere/good.so");
  auto named = options();
  named.plugin_path = {"/no/such/folder", (path / "elsewhere/good.so").string(), ""};
  Registry registry(named);
  registry.scan();
  EXPECT_THAT(registry.list(ComponentKind::kSource), ElementsAre("GoodSource"));
}

TEST_F(RegistryTest, AForgedManifestDoesNotGetALibraryLoaded) {
  copy_plugin(bad_plugin("good_1"), path / "good.so");
  auto manifest = probe_in_child(SLUICE_PLUGIN_TOOL, path / "good.so");
  ASSERT_TRUE(manifest);
  manifest->components[0].name = "OtherSource";
  write_content(path / "good.sluice.json", to_json(*manifest));
  Registry registry(options());
  registry.scan();
  EXPECT_EQ(registry.libraries()[0].origin, "manifest");
  // The content may have been loaded by an earlier test of this process; then the component is missing, else the
  // manifest is refused.
  EXPECT_FALSE(registry.connector("OtherSource"));
}

TEST_F(RegistryTest, AnExceptionInAPluginIsAnErrorWithItsText) {
  copy_plugin(bad_plugin("throws"), path / "throws.so");
  Registry registry(options());
  registry.scan();
  const auto component = registry.connector("ThrowsSource");
  ASSERT_TRUE(component) << component.error().message();
  TestServices services;
  auto task = SourceTaskInstance::create(*component->source_task, services);
  ASSERT_TRUE(task);
  ASSERT_TRUE((*task)->start({}));
  data::Batch batch;
  const auto polled = (*task)->poll(batch);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code(), base::Code::kBug);
  EXPECT_EQ(polled.error().message(), "thrown in poll");
  (*task)->stop();
}

TEST_F(RegistryTest, AnIndexOutsideItsTableIsAnErrorNotACrash) {
  copy_plugin(bad_plugin("bad_index"), path / "bad_index.so");
  Registry registry(options());
  registry.scan();
  const auto component = registry.connector("BadIndexSource");
  ASSERT_TRUE(component);
  TestServices services;
  auto task = SourceTaskInstance::create(*component->source_task, services);
  ASSERT_TRUE(task);
  ASSERT_TRUE((*task)->start({}));
  data::Batch batch;
  const auto polled = (*task)->poll(batch);
  ASSERT_FALSE(polled);
  EXPECT_THAT(polled.error().message(), HasSubstr("topic index"));
  (*task)->stop();
}

TEST_F(RegistryTest, AMallocThatAPluginExportsIsNotOurs) {
  copy_plugin(bad_plugin("exports_malloc"), path / "exports_malloc.so");
  Registry registry(options());
  registry.scan();
  registry.connector("ExportsMallocSource");  // loads or does not; the process must live on with its own allocator
  std::vector<std::string> grows;
  for (int i = 0; i < 1000; ++i) grows.push_back(std::string(1000, 'x'));
  EXPECT_EQ(grows.size(), 1000U);
}

}  // namespace
}  // namespace sluice::plugin
