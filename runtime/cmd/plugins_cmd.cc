#include "runtime/cmd/plugins_cmd.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/plugin/check.h"
#include "runtime/plugin/child_process.h"
#include "runtime/plugin/library_file.h"
#include "runtime/plugin/probe.h"
#include "runtime/plugin/process_host.h"
#include "runtime/plugin/registry.h"

namespace sluice::cmd {
namespace {

constexpr const char* kUsage =
    "usage: sluice plugins list [--json] PATH...\n"
    "           the plugins found on PATH... (elements of plugin.path: folders or libraries), and the files that are "
    "not used, with reasons\n"
    "       sluice plugins probe [--output FILE] LIBRARY\n"
    "           loads LIBRARY and writes its manifest\n"
    "       sluice plugins check [--json] [--level 0-4] [--component NAME] [--config FILE.json] [--hosted] LIBRARY\n"
    "           runs the conformance kit on LIBRARY; --config holds a configuration to run its components with; "
    "--hosted "
    "runs its connectors and tasks in processes of their own\n";

int usage() {
  fmt::print(stderr, "{}", kUsage);
  return 2;
}

int complain(const base::Error& error) {
  fmt::print(stderr, "{}\n", error.message());
  return 1;
}

// Options of the form --name VALUE or --name; everything else is left in order.
class Options {
 public:
  Options(std::span<const std::string> arguments, std::span<const std::string_view> with_value,
          std::span<const std::string_view> flags) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string& word = arguments[i];
      if (word.rfind("--", 0) != 0) {
        rest_.push_back(word);
      } else if (std::find(flags.begin(), flags.end(), word) != flags.end()) {
        values_.emplace_back(word, "");
      } else if (std::find(with_value.begin(), with_value.end(), word) != with_value.end() &&
                 i + 1 < arguments.size()) {
        values_.emplace_back(word, arguments[++i]);
      } else {
        ok_ = false;
      }
    }
  }
  bool ok() const { return ok_; }
  const std::vector<std::string>& rest() const { return rest_; }
  std::optional<std::string> value(std::string_view name) const {
    for (const auto& [known, text] : values_)
      if (known == name) return text;
    return std::nullopt;
  }
  bool has(std::string_view name) const { return value(name).has_value(); }

 private:
  bool ok_ = true;
  std::vector<std::string> rest_;
  std::vector<std::pair<std::string, std::string>> values_;
};

int probe(std::span<const std::string> arguments) {
  static constexpr std::string_view kWithValue[] = {"--output"};
  const Options options(arguments, kWithValue, {});
  if (!options.ok() || options.rest().size() != 1) return usage();
  // What the library prints while it loads must not mix with the answer.
  std::fflush(stdout);
  const int answer = ::dup(STDOUT_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  plugin::end_with_parent();
  const auto manifest = plugin::probe_here(options.rest()[0]);
  int status = 0;
  if (!manifest) {
    status = complain(manifest.error());
  } else if (const auto output = options.value("--output")) {
    if (auto written = plugin::write_file_atomically(*output, plugin::to_json(*manifest)); !written)
      status = complain(written.error());
  } else {
    const std::string text = plugin::to_json(*manifest);
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t count = ::write(answer, text.data() + at, text.size() - at);
      if (count <= 0) break;
      at += static_cast<std::size_t>(count);
    }
  }
  std::fflush(nullptr);
  std::_Exit(status);  // the library's destructors are nobody's concern
}

std::string kinds_of(const plugin::Manifest& manifest) {
  std::string text;
  for (const auto& component : manifest.components)
    text += fmt::format("    {:<16} {} {}{}\n", plugin::kind_name(component.kind), component.class_name(),
                        component.version,
                        component.class_name() == component.name ? "" : fmt::format(" (also {})", component.name));
  return text;
}

int list(std::span<const std::string> arguments, const std::string& self) {
  static constexpr std::string_view kFlags[] = {"--json"};
  static constexpr std::string_view kWithValue[] = {"--state"};
  const Options options(arguments, kWithValue, kFlags);
  if (!options.ok() || options.rest().empty()) return usage();
  plugin::Registry::Options registry_options;
  for (const auto& word : options.rest())
    for (const auto element : base::split(word, ','))
      registry_options.plugin_path.emplace_back(base::java_trim(element));
  registry_options.state_dir = options.value("--state").value_or("");
  registry_options.probe_command = self;
  base::LogOptions quiet;
  quiet.level = base::LogLevel::kError;  // what is wrong is in the list
  base::init_logging(quiet);
  plugin::Registry registry(registry_options);
  registry.scan();
  if (options.has("--json")) {
    nlohmann::ordered_json json{{"plugins", nlohmann::ordered_json::array()},
                                {"quarantined", nlohmann::ordered_json::array()}};
    for (const auto& library : registry.libraries()) {
      auto manifest = nlohmann::ordered_json::parse(plugin::to_json(library.manifest));
      json["plugins"].push_back(
          {{"path", library.path}, {"origin", library.origin}, {"manifest", std::move(manifest)}});
    }
    for (const auto& file : registry.quarantined())
      json["quarantined"].push_back({{"path", file.path}, {"reason", file.reason}});
    fmt::print("{}\n", json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else {
    for (const auto& library : registry.libraries())
      fmt::print("{} {}  {} ({})\n{}", library.manifest.name, library.manifest.version, library.path, library.origin,
                 kinds_of(library.manifest));
    if (registry.libraries().empty()) fmt::print("No plugins found.\n");
    if (!registry.quarantined().empty()) fmt::print("Not used:\n");
    for (const auto& file : registry.quarantined()) fmt::print("  {} {}\n", file.path, file.reason);
  }
  return registry.quarantined().empty() ? 0 : 1;
}

int check(std::span<const std::string> arguments, const std::string& self) {
  static constexpr std::string_view kWithValue[] = {"--level", "--component", "--config", "--run"};
  static constexpr std::string_view kFlags[] = {"--json", "--hosted"};
  const Options options(arguments, kWithValue, kFlags);
  if (!options.ok() || options.rest().size() != 1) return usage();
  plugin::CheckOptions request;
  request.hosted = options.has("--hosted");
  request.library = options.rest()[0];
  request.self = self;
  request.component = options.value("--component").value_or("");
  request.config_file = options.value("--config").value_or("");
  if (const auto level = options.value("--level")) {
    if (level->size() != 1 || (*level)[0] < '0' || (*level)[0] > '4') return usage();
    request.level = (*level)[0] - '0';
  }
  if (const auto test = options.value("--run")) {
    plugin::end_with_parent();
    std::_Exit(plugin::run_check_test(request, *test));
  }
  const auto report = plugin::check_library(request);
  if (!report) return complain(report.error());
  fmt::print("{}", options.has("--json") ? plugin::to_json(*report) : plugin::to_text(*report));
  return report->failed() == 0 ? 0 : 1;
}

}  // namespace

std::string own_path() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::string("sluice") : path.string();
}

int plugins_command(std::span<const std::string> arguments, const std::string& self) {
  if (arguments.empty()) return usage();
  const auto rest = arguments.subspan(1);
  if (arguments[0] == "list") return list(rest, self);
  if (arguments[0] == "probe") return probe(rest);
  if (arguments[0] == "check") return check(rest, self);
  if (arguments[0] == "host" && rest.empty()) plugin::run_process_host();  // for the worker alone
  return usage();
}

}  // namespace sluice::cmd
