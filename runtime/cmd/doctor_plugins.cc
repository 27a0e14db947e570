#include "runtime/cmd/doctor_plugins.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "runtime/base/strings.h"
#include "runtime/cmd/builtin_components.h"
#include "runtime/cmd/version.h"

namespace sluice::cmd {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string components_of(const plugin::Manifest& manifest) {
  std::vector<std::string> names;
  for (const auto& component : manifest.components)
    names.push_back(fmt::format("{} {}", plugin::kind_name(component.kind), component.class_name()));
  return base::join(names, ", ");
}

void check_converters(const config::WorkerConfig& config, const plugin::Registry& registry, Findings& findings) {
  const auto checked = config.check_components(registry);
  const bool unset =
      config.parsed().string("key.converter").empty() || config.parsed().string("value.converter").empty();
  if (!checked && !unset)
    findings.push_back({Level::kError, "plugins.converters", checked.error().message(),
                        "the worker does not start without its converters",
                        "correct the class name, or put the plugin that has it on plugin.path (`sluice plugins list` "
                        "shows what is there)"});
  if (const auto policy = config.override_policy(); !policy)
    findings.push_back({Level::kError, "plugins.policy", policy.error().message(),
                        "the worker does not start without its policy",
                        "set connector.client.config.override.policy to All, None, Principal or Allowlist"});
}

}  // namespace

Findings check_plugin_path(const std::vector<std::string>& plugin_path) {
  Findings findings;
  if (plugin_path.empty()) {
    findings.push_back({Level::kWarning, "plugins.path", "plugin.path is not set", "there will be no connectors",
                        "set plugin.path to the folder that holds the plugins"});
  }
  for (const auto& element : plugin_path) {
    std::error_code error;
    if (!fs::exists(element, error)) {
      findings.push_back({Level::kError, "plugins.path",
                          fmt::format("'{}' on plugin.path {}", element,
                                      error ? "cannot be looked at: " + error.message() : "does not exist"),
                          "connectors in it would be unknown classes", "correct plugin.path, or make the folder"});
    } else if (::access(element.c_str(), fs::is_directory(element, error) ? R_OK | X_OK : R_OK) != 0) {
      findings.push_back({Level::kError, "plugins.path", fmt::format("'{}' on plugin.path cannot be read", element),
                          std::generic_category().message(errno), "give this user leave to read it"});
    } else if (!fs::path(element).is_absolute()) {
      findings.push_back({Level::kWarning, "plugins.path", fmt::format("'{}' on plugin.path is relative", element),
                          "what it means depends on the folder that the worker is started in", "write the whole path"});
    }
  }
  return findings;
}

Findings judge_plugins(const std::vector<plugin::LibraryInfo>& libraries,
                       const std::vector<plugin::Quarantined>& quarantined) {
  Findings findings;
  for (const auto& library : libraries)
    findings.push_back({Level::kOk,
                        "plugins.library",
                        fmt::format("{}: {} {} ({})", library.path, library.manifest.name, library.manifest.version,
                                    components_of(library.manifest)),
                        {},
                        {}});
  for (const auto& file : quarantined)
    findings.push_back({Level::kWarning, "plugins.quarantined", fmt::format("{} is not used", file.path), file.reason,
                        "replace it by a good copy or remove it; `sluice plugins check` tells more"});
  return findings;
}

Findings check_plugins(const config::WorkerConfig& config, const std::string& self, const Deadline& deadline) {
  Findings findings = check_plugin_path(config.plugin_path());
  plugin::Registry::Options options;
  options.plugin_path = config.plugin_path();
  options.worker_version = kafka_version();
  options.probe_command = self;
  options.probe_timeout = deadline.at_most(plugin::kProbeTimeout);
  plugin::Registry registry(std::move(options));
  if (const auto added = add_builtin_components(registry); !added)
    findings.push_back(
        {Level::kError, "plugins.builtin", added.error().message(), "a fault of this program", "report it"});
  registry.scan();
  const auto libraries = registry.libraries();
  append(findings, judge_plugins(libraries, registry.quarantined()));
  if (libraries.empty() && !config.plugin_path().empty())
    findings.push_back({Level::kWarning, "plugins.library", "there is no usable plugin on plugin.path",
                        "there will be no connectors; Java plugins (.jar) cannot be loaded here",
                        "put the native plugin libraries (.so) there"});
  check_converters(config, registry, findings);
  return findings;
}

}  // namespace sluice::cmd
