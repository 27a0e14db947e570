// Level 2: what a component says of its configuration, and what it does with bad ones.

#include <array>

#include "runtime/plugin/check_tests.h"
#include "runtime/plugin/instance.h"

namespace sluice::plugin {
namespace {

using namespace std::chrono_literals;
using base::Code;

const std::vector<std::int32_t> kAll = {SLUICE_KIND_SOURCE,    SLUICE_KIND_SINK,      SLUICE_KIND_TRANSFORM,
                                        SLUICE_KIND_PREDICATE, SLUICE_KIND_CONVERTER, SLUICE_KIND_HEADER_CONVERTER};
const std::vector<std::int32_t> kConnectors = {SLUICE_KIND_SOURCE, SLUICE_KIND_SINK};
constexpr std::string_view kSecret = "s3cr3t-Zk9xW";

// Gives a configuration to every function of a component that takes one, as the worker does when it validates and
// starts. Error: what the component answered; kBug is never right.
base::Status offer(const CheckSubject& subject, CheckServices& services, const config::ConfigMap& config) {
  switch (subject.described.kind) {
    case SLUICE_KIND_SOURCE:
    case SLUICE_KIND_SINK: {
      SLUICE_TRY_ASSIGN(auto connector, subject.connector.make_connector(services));
      SLUICE_TRY(connector->validate(config));
      for (const auto& key : subject.described.keys) SLUICE_TRY(connector->recommend(key.name, config));
      connector->capabilities(config);
      SLUICE_TRY(connector->start(config));
      auto configs = connector->task_configs(2);
      connector->stop();
      if (!configs) return base::fail(configs.error());
      return {};
    }
    case SLUICE_KIND_TRANSFORM:
      SLUICE_TRY(make_plugin_transform(*static_cast<const sluice_transform_vtable*>(subject.component->vtable),
                                       services, config));
      return {};
    case SLUICE_KIND_PREDICATE:
      SLUICE_TRY(make_plugin_predicate(*static_cast<const sluice_predicate_vtable*>(subject.component->vtable),
                                       services, config));
      return {};
    case SLUICE_KIND_CONVERTER:
      SLUICE_TRY(make_plugin_converter(*static_cast<const sluice_converter_vtable*>(subject.component->vtable),
                                       services, config, false));
      return {};
    default:
      SLUICE_TRY(make_plugin_header_converter(*static_cast<const sluice_converter_vtable*>(subject.component->vtable),
                                              services, config));
      return {};
  }
}

Verdict keys_are_documented(CheckSubject& subject) {
  for (const auto& key : subject.described.keys)
    if (key.doc.empty()) return failed("the key '{}' has no documentation", key.name);
  return passed();
}

Verdict defaults_validate(CheckSubject& subject) {
  const auto def = make_config_def(subject.described);
  if (!def) return failed("{}", def.error().message());
  for (const auto& value : def->validate(subject.config)) {
    const auto* key = def->find(value.name);
    if (key != nullptr && !key->required() && !subject.config.contains(value.name) && !value.errors.empty())
      return failed("the default of '{}' is refused by its own validator: {}", value.name, value.errors[0]);
  }
  return passed();
}

Verdict required_keys_are_missed(CheckSubject& subject) {
  const auto def = make_config_def(subject.described);
  if (!def) return failed("{}", def.error().message());
  for (const auto& key : subject.described.keys) {
    if (!key.required) continue;
    auto config = subject.config;
    config.erase(key.name);
    bool named = false;
    for (const auto& value : def->validate(config)) named = named || (value.name == key.name && !value.errors.empty());
    if (!named) return failed("validation does not miss the required key '{}'", key.name);
    CheckServices services;
    const auto status = offer(subject, services, config);
    if (!status && status.error().code() == Code::kBug)
      return failed("without '{}': {}", key.name, status.error().message());
  }
  return passed();
}

Verdict hostile_values_are_survived(CheckSubject& subject) {
  const std::array<std::string, 7> values = {"",
                                             "not a number",
                                             "-1",
                                             "99999999999999999999999",
                                             std::string(100'000, 'A'),
                                             "\xF0\x9F\x92\xA5,,${x:y},\"'\\",
                                             "true"};
  for (const auto& key : subject.described.keys) {
    for (const auto& value : values) {
      auto config = subject.config;
      config.set(key.name, value);
      CheckServices services;
      const auto status = offer(subject, services, config);
      if (!status && status.error().code() == Code::kBug)
        return failed("'{}' = \"{}\": {}", key.name, value.substr(0, 40), status.error().message());
    }
  }
  auto config = subject.config;
  for (int i = 0; i < 1000; ++i) config.set(fmt::format("unknown.{}", i), "x");
  CheckServices services;
  const auto status = offer(subject, services, config);
  if (!status && status.error().code() == Code::kBug) return failed("unknown keys: {}", status.error().message());
  return passed();
}

Verdict passwords_stay_secret(CheckSubject& subject) {
  auto config = subject.config;
  bool any = false;
  for (const auto& key : subject.described.keys) {
    if (key.type != SLUICE_TYPE_PASSWORD) continue;
    config.set(key.name, std::string(kSecret));
    any = true;
  }
  if (!any) return skipped("it has no key of type PASSWORD");
  CheckServices services;
  const auto status = offer(subject, services, config);
  if (services.logged().find(kSecret) != std::string::npos) return failed("the value of a PASSWORD is in its log");
  if (!status && status.error().message().find(kSecret) != std::string::npos)
    return failed("the value of a PASSWORD is in an error: {}", status.error().message());
  return passed();
}

Verdict task_configs_are_bounded(CheckSubject& subject) {
  for (const int tasks_max : {1, 3}) {
    CheckServices services;
    auto connector = subject.connector.make_connector(services);
    if (!connector) return failed_with("create", connector.error());
    if (auto status = (*connector)->start(subject.config); !status) return failed_with("start", status.error());
    const auto configs = (*connector)->task_configs(tasks_max);
    (*connector)->stop();
    if (!configs) return failed_with("task_configs", configs.error());
    if (configs->empty()) return failed("task_configs({}) gives no task", tasks_max);
    if (static_cast<int>(configs->size()) > tasks_max)
      return failed("task_configs({}) gives {} tasks", tasks_max, configs->size());
  }
  return passed();
}

}  // namespace

std::span<const CheckTest> config_checks() {
  static const std::vector<CheckTest> tests = {
      {"config.documented", 2, "every key says what it is for", 10s, kAll, false, keys_are_documented},
      {"config.defaults", 2, "defaults pass their own validators", 10s, kAll, false, defaults_validate},
      {"config.required", 2, "a missing required key is an error, not a bug", 30s, kAll, false,
       required_keys_are_missed},
      {"config.hostile", 2, "no value of any key breaks it", 60s, kAll, false, hostile_values_are_survived},
      {"config.passwords", 2, "passwords reach neither log nor errors", 10s, kAll, false, passwords_stay_secret},
      {"config.task_configs", 2, "gives one to tasks.max tasks", 10s, kConnectors, true, task_configs_are_bounded},
  };
  return tests;
}

}  // namespace sluice::plugin
