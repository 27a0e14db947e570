#include "runtime/plugin/check.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "runtime/base/strings.h"
#include "runtime/plugin/check_tests.h"
#include "runtime/plugin/child_process.h"
#include "runtime/plugin/library_file.h"
#include "runtime/plugin/probe.h"

namespace sluice::plugin {
namespace {

using base::Code;
using Clock = std::chrono::steady_clock;

constexpr int kExitSkipped = 3;

std::vector<const CheckTest*> all_tests() {
  std::vector<const CheckTest*> tests;
  for (const auto part :
       {static_checks(), config_checks(), lifecycle_checks(), source_checks(), sink_checks(), transform_checks()})
    for (const auto& test : part) tests.push_back(&test);
  std::stable_sort(tests.begin(), tests.end(),
                   [](const CheckTest* a, const CheckTest* b) { return a->level < b->level; });
  return tests;
}

base::Status read_config(const CheckOptions& options, CheckSubject& subject) {
  if (!options.config_file.empty()) {
    SLUICE_TRY_ASSIGN(const std::string text, read_file(options.config_file, 1 << 20));
    auto json = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!json.is_object()) return base::config_error("{} does not hold a JSON object", options.config_file);
    // A member that is an object holds the configuration of the component of that name.
    const auto own = json.find(subject.described.name);
    if (own != json.end() && own->is_object()) json = nlohmann::ordered_json(*own);
    for (const auto& [key, value] : json.items()) {
      if (value.is_object() || value.is_array()) continue;
      subject.config.set(key, value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  for (const auto& key : subject.described.keys) {
    if (!key.required || subject.config.get(key.name)) continue;
    if (key.name == "topic" || key.name == "topics")
      subject.config.set(key.name, "sluice-check");
    else if (subject.config_missing.empty())
      subject.config_missing = fmt::format("give a value for the required key '{}' with --config", key.name);
  }
  return {};
}

// Splits "<test>@<kind>:<component>".
struct TestName {
  std::string id;
  std::int32_t kind = 0;
  std::string component;
};
TestName parse_test_name(const std::string& text) {
  TestName name;
  const std::size_t at = text.find('@');
  name.id = text.substr(0, at);
  if (at == std::string::npos) return name;
  const std::size_t colon = text.find(':', at);
  if (colon == std::string::npos) return name;
  for (std::int32_t kind = SLUICE_KIND_SOURCE; kind <= SLUICE_KIND_CONFIG_PROVIDER; ++kind)
    if (kind_name(kind) == std::string_view(text).substr(at + 1, colon - at - 1)) name.kind = kind;
  name.component = text.substr(colon + 1);
  return name;
}

Verdict load(CheckSubject& subject) {
  void* handle = ::dlopen(std::filesystem::absolute(subject.library).c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) return failed("does not load: {}", ::dlerror());
  subject.entry = reinterpret_cast<sluice_plugin_entry>(::dlsym(handle, SLUICE_ENTRY_SYMBOL));
  if (subject.entry == nullptr) return failed("does not export {}", SLUICE_ENTRY_SYMBOL);
  subject.plugin = subject.entry();
  return passed();
}

// How instances of the component are made, if it is a connector.
ConnectorComponent connector_of(const CheckOptions& options, const CheckSubject& subject) {
  ConnectorComponent connector;
  const std::int32_t kind = subject.described.kind;
  if (kind != SLUICE_KIND_SOURCE && kind != SLUICE_KIND_SINK) return connector;
  connector.kind = kind == SLUICE_KIND_SOURCE ? config::ComponentKind::kSource : config::ComponentKind::kSink;
  if (options.hosted) {
    connector.hosted = std::make_shared<const HostedComponent>(
        HostedComponent{subject.library, subject.manifest, {}, options.self, kind, subject.described.name});
    return connector;
  }
  connector.connector = static_cast<const sluice_connector_vtable*>(subject.component->vtable);
  if (kind == SLUICE_KIND_SOURCE)
    connector.source_task = static_cast<const sluice_source_task_vtable*>(connector.connector->task_vtable);
  else
    connector.sink_task = static_cast<const sluice_sink_task_vtable*>(connector.connector->task_vtable);
  return connector;
}

Verdict prepare(const CheckOptions& options, const TestName& name, const CheckTest& test, CheckSubject& subject) {
  auto bytes = read_file(options.library, kLibraryBytesMax);
  if (!bytes) return failed("{}", bytes.error().message());
  subject.library = options.library;
  subject.bytes = std::move(*bytes);
  if (test.level == 0) return passed();
  if (auto loaded = load(subject); loaded.outcome != CheckOutcome::kPassed) return loaded;
  auto manifest = describe(subject.plugin);
  if (!manifest) return failed("{}", manifest.error().message());
  if (const auto refusal = abi_refusal(manifest->abi_major, manifest->abi_minor, manifest->required_extensions))
    return failed("{}", *refusal);
  subject.manifest = std::move(*manifest);
  subject.manifest.sha256 = sha256_hex(subject.bytes);
  if (name.component.empty()) return passed();
  for (std::size_t i = 0; i < subject.manifest.components.size(); ++i) {
    if (subject.manifest.components[i].kind != name.kind || subject.manifest.components[i].name != name.component)
      continue;
    subject.component = subject.plugin->components[i];
    subject.described = subject.manifest.components[i];
    subject.connector = connector_of(options, subject);
    if (auto status = read_config(options, subject); !status) return failed("{}", status.error().message());
    if (test.needs_config && !subject.config_missing.empty()) return skipped("{}", subject.config_missing);
    return passed();
  }
  return failed("has no component {}", name.component);
}

CheckResult run_in_child(const CheckOptions& options, const CheckTest& test, const ComponentManifest* component) {
  CheckResult result;
  result.test = test.id;
  result.level = test.level;
  result.description = test.description;
  std::string name = test.id;
  if (component != nullptr) {
    result.component = component->name;
    name += fmt::format("@{}:{}", kind_name(component->kind), component->name);
  }
  std::vector<std::string> command{options.self, "plugins", "check", "--run", name};
  if (!options.config_file.empty()) command.insert(command.end(), {"--config", options.config_file});
  if (options.hosted) command.emplace_back("--hosted");
  command.push_back(options.library);
  const auto begun = Clock::now();
  const auto outcome = run_child(command, test.timeout, 64 * 1024);
  result.ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun).count();
  result.outcome = CheckOutcome::kFailed;
  if (!outcome) {
    result.reason = outcome.error().message();
    return result;
  }
  const std::string_view said = base::java_trim(outcome->out);
  const std::string_view wrote = base::java_trim(outcome->err);
  if (outcome->succeeded()) {
    result.outcome = CheckOutcome::kPassed;
    if (component != nullptr && !wrote.empty()) {
      result.outcome = CheckOutcome::kFailed;
      result.reason =
          fmt::format("the plugin wrote to standard output or error; it must log instead: {}", wrote.substr(0, 200));
    }
  } else if (!outcome->timed_out && outcome->exit_status == kExitSkipped) {
    result.outcome = CheckOutcome::kSkipped;
    result.reason = said;
  } else if (!outcome->timed_out && outcome->exit_status == 1 && !said.empty()) {
    result.reason = said;
  } else {
    result.reason = fmt::format("the test's process {}{}{}", outcome->describe(test.timeout), wrote.empty() ? "" : ": ",
                                wrote.size() > 1000 ? wrote.substr(wrote.size() - 1000) : wrote);
  }
  return result;
}

}  // namespace

int CheckReport::count(CheckOutcome outcome) const {
  return static_cast<int>(
      std::count_if(results.begin(), results.end(), [outcome](const CheckResult& r) { return r.outcome == outcome; }));
}

int run_check_test(const CheckOptions& options, const std::string& text) {
  std::fflush(stdout);
  const int answer = ::dup(STDOUT_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  const TestName name = parse_test_name(text);
  Verdict verdict = failed("there is no test '{}'", name.id);
  for (const CheckTest* test : all_tests()) {
    const bool of_kind = test->kinds.empty()
                             ? name.component.empty()
                             : std::find(test->kinds.begin(), test->kinds.end(), name.kind) != test->kinds.end();
    if (test->id != name.id || !of_kind) continue;
    CheckSubject subject;
    verdict = prepare(options, name, *test, subject);
    if (verdict.outcome == CheckOutcome::kPassed) verdict = test->run(subject);
  }
  std::fflush(nullptr);
  if (!verdict.reason.empty() && ::write(answer, verdict.reason.data(), verdict.reason.size()) < 0) return 1;
  return verdict.outcome == CheckOutcome::kPassed ? 0 : verdict.outcome == CheckOutcome::kFailed ? 1 : kExitSkipped;
}

base::Result<CheckReport> check_library(const CheckOptions& options) {
  SLUICE_TRY(read_file(options.library, kLibraryBytesMax));
  CheckReport report;
  report.library = options.library;
  // Which components there are is the probe's answer; without one the file's own faults are all there is to report.
  auto manifest = probe_in_child(options.self, options.library);
  for (const CheckTest* test : all_tests()) {
    if (test->level > options.level) continue;
    if (test->kinds.empty()) {
      if (options.component.empty()) report.results.push_back(run_in_child(options, *test, nullptr));
      continue;
    }
    if (!manifest) continue;
    for (const auto& component : manifest->components) {
      if (std::find(test->kinds.begin(), test->kinds.end(), component.kind) == test->kinds.end()) continue;
      if (!options.component.empty() && component.name != options.component &&
          component.class_name() != options.component)
        continue;
      report.results.push_back(run_in_child(options, *test, &component));
    }
  }
  if (!manifest && report.failed() == 0) {
    CheckResult result;
    result.test = "scan.probe";
    result.level = 1;
    result.description = "the probe can describe it";
    result.outcome = CheckOutcome::kFailed;
    result.reason = manifest.error().message();
    report.results.push_back(std::move(result));
  }
  return report;
}

std::string to_text(const CheckReport& report) {
  std::string text = fmt::format("{}\n", report.library);
  for (const auto& result : report.results) {
    const char* word = result.outcome == CheckOutcome::kPassed   ? "ok  "
                       : result.outcome == CheckOutcome::kFailed ? "FAIL"
                                                                 : "skip";
    const std::string name =
        result.component.empty() ? result.test : fmt::format("{} {}", result.component, result.test);
    text += fmt::format("  {}  {}  {:<46} {:>6} ms  {}\n", word, result.level, name, result.ms, result.description);
    if (!result.reason.empty()) text += fmt::format("           {}\n", result.reason);
  }
  text += fmt::format("{} passed, {} failed, {} skipped\n", report.count(CheckOutcome::kPassed), report.failed(),
                      report.count(CheckOutcome::kSkipped));
  return text;
}

std::string to_json(const CheckReport& report) {
  nlohmann::ordered_json json{{"library", report.library},
                              {"passed", report.count(CheckOutcome::kPassed)},
                              {"failed", report.failed()},
                              {"skipped", report.count(CheckOutcome::kSkipped)},
                              {"results", nlohmann::ordered_json::array()}};
  for (const auto& result : report.results) {
    const char* word = result.outcome == CheckOutcome::kPassed   ? "passed"
                       : result.outcome == CheckOutcome::kFailed ? "failed"
                                                                 : "skipped";
    nlohmann::ordered_json entry{{"test", result.test},
                                 {"level", result.level},
                                 {"outcome", word},
                                 {"ms", result.ms},
                                 {"description", result.description}};
    if (!result.component.empty()) entry["component"] = result.component;
    if (!result.reason.empty()) entry["reason"] = result.reason;
    json["results"].push_back(std::move(entry));
  }
  return json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace sluice::plugin
