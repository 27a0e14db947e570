// `sluice transforms try`: what a chain of transforms does to sample records, without a worker and without Kafka.

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "rest/preview_entities.h"
#include "runtime/base/strings.h"
#include "runtime/cmd/builtin_components.h"
#include "runtime/cmd/commands.h"
#include "runtime/cmd/exit_codes.h"
#include "runtime/cmd/plugins_cmd.h"
#include "runtime/cmd/tool_front.h"
#include "runtime/cmd/version.h"
#include "runtime/cmd/watchdog.h"
#include "runtime/config/properties.h"
#include "runtime/plugin/registry.h"
#include "runtime/task/transform_preview.h"

namespace sluice::cmd {
namespace {

constexpr int kExitFailedRecord = 3;
constexpr std::chrono::seconds kTimeout{60};

constexpr const char* kUsage =
    "Usage: sluice transforms try [--json] [--kind source|sink] [--plugins PATH] CHAIN RECORDS\n"
    "\n"
    "Runs a chain of transforms on sample records and shows each record after every step. Touches nothing.\n"
    "\n"
    "  CHAIN          a connector's configuration, JSON or .properties, or only its transforms.* and predicates.* "
    "keys\n"
    "  RECORDS        one record a line: {\"topic\": \"orders\", \"key\": 1, \"value\": {\"id\": 1}}; - reads standard "
    "input\n"
    "  --json         one JSON document\n"
    "  --kind         whose records these are, where connector.class does not tell (default sink)\n"
    "  --plugins      as plugin.path: where transforms that are plugins lie\n"
    "\n"
    "Exit status: 0 done, 1 wrong arguments, 2 the chain or the records cannot be used, 3 a record failed.\n";

struct Arguments {
  std::string chain;
  std::string records;
  bool json = false;
  std::optional<config::ConnectorKind> kind;
  std::vector<std::string> plugin_path;
};

std::optional<Arguments> parse(const std::vector<std::string>& args) {
  Arguments result;
  std::vector<std::string> files;
  if (args.empty() || args[0] != "try") return std::nullopt;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const std::string& word = args[i];
    if (word == "--json") {
      result.json = true;
    } else if (word == "--kind" && i + 1 < args.size()) {
      const auto kind = rest::bind_kind(args[++i]);
      if (!kind) return std::nullopt;
      result.kind = *kind;
    } else if (word == "--plugins" && i + 1 < args.size()) {
      for (const auto element : base::split(args[++i], ',')) result.plugin_path.emplace_back(base::java_trim(element));
    } else if (word.starts_with("-") && word != "-") {
      return std::nullopt;
    } else {
      files.push_back(word);
    }
  }
  if (files.size() != 2) return std::nullopt;
  result.chain = files[0];
  result.records = files[1];
  return result;
}

// The whole of a file ("-": standard input), at most `bytes_max`.
base::Result<std::string> read_text(const std::string& file, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(file == "-" ? nullptr : std::fopen(file.c_str(), "rbe"),
                                                               [](std::FILE* f) { return std::fclose(f); });
  std::FILE* const in = file == "-" ? stdin : opened.get();
  std::string text(bytes_max + 1, '\0');
  const std::size_t size = in != nullptr ? std::fread(text.data(), 1, text.size(), in) : 0;
  if (in == nullptr || std::ferror(in) != 0)
    return base::config_error("{}: the file cannot be read ({}): correct the path or its rights", file,
                              std::generic_category().message(errno));
  if (size > bytes_max)
    return base::config_error("{}: larger than the {} bytes that are taken: shorten it", file, bytes_max);
  text.resize(size);
  return text;
}

// A flat map, or the body of POST /connectors, whose `config` counts; anything but JSON is .properties.
base::Result<config::ConfigMap> read_chain(const std::string& file) {
  SLUICE_TRY_ASSIGN(const std::string text, read_text(file, config::kPropertiesBytesMax));
  if (!base::java_trim(text).starts_with('{')) return config::parse_properties(text);
  const auto json = rest::parse_json(text);
  if (!json) return base::config_error("{}: {}", file, json.error().message());
  const rest::JsonValue* inner = json->find("config");
  const bool request = inner != nullptr && inner->kind == rest::JsonValue::Kind::kObject;
  return rest::bind_chain(request ? *inner : *json, request ? file + ": 'config'" : file);
}

base::Result<std::vector<std::string>> read_records(const std::string& file) {
  SLUICE_TRY_ASSIGN(const std::string text, read_text(file, task::kPreviewInputBytesMax));
  std::vector<std::string> records;
  for (const std::string_view line : base::split(text, '\n'))
    if (const auto record = base::java_trim(line); !record.empty()) records.emplace_back(record);
  return records;
}

// The class without its package.
std::string_view short_name(std::string_view class_name) {
  return class_name.substr(class_name.rfind('.') + 1);
}

std::string member_line(const task::PreviewMember& member) {
  return fmt::format("      {:<10} {}{}\n", member.name, member.payload,
                     member.schema.empty() ? "" : "  " + member.schema);
}

std::string step_text(const task::PreviewStage& stage, const task::PreviewStep& step) {
  std::string out =
      fmt::format("    {}: {} {}{}\n", stage.alias, short_name(stage.class_name), rest::outcome_name(step.outcome),
                  step.outcome == task::PreviewOutcome::kSkipped
                      ? fmt::format(" (predicate {}{})", stage.negate ? "not " : "", stage.predicate)
                  : step.outcome == task::PreviewOutcome::kApplied && step.changed.empty() ? ", changed nothing"
                                                                                           : "");
  if (step.error) out += fmt::format("      {}\n", step.error->to_string());
  for (const auto& member : step.record)
    if (std::find(step.changed.begin(), step.changed.end(), member.name) != step.changed.end())
      out += member_line(member);
  for (const auto& note : step.notes) out += fmt::format("      note: {}\n", note);
  return out;
}

std::string to_text(const task::TransformPreview& preview) {
  std::string out;
  for (std::size_t i = 0; i < preview.records.size(); ++i) {
    const task::PreviewedRecord& record = preview.records[i];
    out += fmt::format("record {}\n    input\n", i);
    for (const auto& member : record.input)
      if (member.json != "null" && member.json != "[]") out += member_line(member);
    for (std::size_t step = 0; step < record.steps.size(); ++step)
      out += step_text(preview.stages[step], record.steps[step]);
    for (const auto& note : record.notes) out += fmt::format("    note: {}\n", note);
  }
  for (const auto& note : preview.notes) out += fmt::format("note: {}\n", note);
  return out;
}

bool any_failed(const task::TransformPreview& preview) {
  return std::any_of(preview.records.begin(), preview.records.end(), [](const task::PreviewedRecord& record) {
    return !record.steps.empty() && record.steps.back().outcome == task::PreviewOutcome::kFailed;
  });
}

base::Result<task::TransformPreview> preview(const Arguments& arguments) {
  task::PreviewRequest request;
  SLUICE_TRY_ASSIGN(request.config, read_chain(arguments.chain));
  SLUICE_TRY_ASSIGN(request.records, read_records(arguments.records));
  request.kind = arguments.kind;
  plugin::Registry::Options options;
  options.plugin_path = arguments.plugin_path;
  options.worker_version = kafka_version();
  options.probe_command = own_path();
  plugin::Registry registry(std::move(options));
  SLUICE_TRY(add_builtin_components(registry));
  registry.scan();
  task::WorkerContext context;
  context.plugins = &registry;
  return task::preview_transforms(context, request);
}

}  // namespace

int run_transforms(const std::vector<std::string>& args) {
  const auto arguments = parse(args);
  if (!arguments) return show_usage(args, kUsage);
  silence_log();
  const Watchdog watchdog(kTimeout, kExitStartup,
                          fmt::format("sluice transforms: no end within {} s: a plugin hangs", kTimeout.count()));
  const auto shown = preview(*arguments);
  if (!shown) {
    fmt::print(stderr, "sluice transforms: {}\n", shown.error().message());
    return kExitStartup;
  }
  fmt::print("{}", arguments->json ? rest::to_json(*shown) + "\n" : to_text(*shown));
  return any_failed(*shown) ? kExitFailedRecord : kExitOk;
}

}  // namespace sluice::cmd
