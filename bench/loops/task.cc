// One task of a worker, in this process, with everything that a task has: plugin, converters, transforms, offsets,
// metrics.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

#include "bench/loops/loops.h"
#include "bench/loops/samples.h"
#include "runtime/cmd/builtin_components.h"
#include "runtime/config/config_provider.h"
#include "runtime/config/connector_config.h"
#include "runtime/config/worker_config.h"
#include "runtime/data/batch.h"
#include "runtime/metrics/registry.h"
#include "runtime/plugin/instance.h"
#include "runtime/plugin/registry.h"
#include "runtime/store/memory_offset_store.h"
#include "runtime/task/components.h"
#include "runtime/task/plugin_services.h"
#include "runtime/task/task_runner.h"

namespace sluice::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "sluice-bench-loops: %s\n", what.c_str());
  std::exit(1);
}

template <typename T>
T must(base::Result<T> result) {
  if (!result) die(result.error().to_string());
  return *std::move(result);
}

class Listener final : public task::TaskListener {
 public:
  void on_task_startup(const base::TaskId&, std::string_view) override {}
  void on_task_pause(const base::TaskId&) override {}
  void on_task_resume(const base::TaskId&) override {}
  void on_task_failure(const base::TaskId&, const base::Error& error) override { die(error.to_string()); }
  void on_task_shutdown(const base::TaskId&) override {}
  void on_topic_active(const base::TaskId&, std::string_view) override {}
};

std::string converter_class(const std::string& name) {
  if (name == "bytes") return "org.apache.kafka.connect.converters.ByteArrayConverter";
  if (name == "string") return "org.apache.kafka.connect.storage.StringConverter";
  return "org.apache.kafka.connect.json.JsonConverter";
}

config::ConfigMap worker_properties(const Options& options) {
  const std::string schemas = options.converter == "json-schemas" ? "true" : "false";
  return {{"bootstrap.servers", options.bootstrap},    {"key.converter", converter_class(options.converter)},
          {"key.converter.schemas.enable", schemas},   {"value.converter", converter_class(options.converter)},
          {"value.converter.schemas.enable", schemas}, {"plugin.path", SLUICE_PLUGINS_DIR},
          {"offset.storage.file.filename", "unused"},  {"offset.flush.interval.ms", "1000"}};
}

config::ConfigMap connector_properties(const Options& options, bool source) {
  config::ConfigMap config{{"name", "bench"}, {"tasks.max", "1"}};
  if (!source) {
    config.set("connector.class", "BlackholeSink");
    config.set("topics", options.topic);
    // A group of its own: each run reads the topic from its beginning.
    config.set("consumer.override.group.id",
               fmt::format("bench-{}-{}", ::getpid(), Clock::now().time_since_epoch().count()));
  } else if (!options.file.empty()) {
    config.set("connector.class", "FileStreamSource");
    config.set("file", options.file);
    config.set("topic", options.topic);
  } else {
    config.set("connector.class", "GeneratorSource");
    config.set("topic", options.topic);
    // Without end: a generator that is through keeps the task waiting in its poll, and the last reports with it.
    config.set("generator.shape", options.shape);
    config.set("generator.size", std::to_string(options.size));
  }
  std::string aliases;
  std::size_t begin = 0;
  for (int i = 0; begin < options.transforms.size(); ++i) {
    const std::size_t comma = std::min(options.transforms.find(',', begin), options.transforms.size());
    const std::string alias = "t" + std::to_string(i);
    config.set("transforms." + alias + ".type", options.transforms.substr(begin, comma - begin));
    if (options.transforms.compare(begin, 53, "org.apache.kafka.connect.transforms.InsertField$Value") == 0) {
      config.set("transforms." + alias + ".static.field", "f" + std::to_string(i));
      config.set("transforms." + alias + ".static.value", "v");
    }
    aliases += (i > 0 ? "," : "") + alias;
    begin = comma + 1;
  }
  if (!aliases.empty()) config.set("transforms", aliases);
  return config;
}

// A worker without its herder: what a task needs, and no more.
struct Worker {
  explicit Worker(const Options& options)
      : config(must(config::WorkerConfig::make(config::WorkerMode::kStandalone, worker_properties(options),
                                               config::builtin_config_providers()))),
        plugins({.plugin_path = {SLUICE_PLUGINS_DIR},
                 .state_dir = (std::filesystem::temp_directory_path() / "sluice-bench-state").string(),
                 .worker_version = "bench",
                 .probe_command = ""}),
        metrics({}, base::system_clock()) {
    if (auto status = cmd::add_builtin_components(plugins); !status) die(status.error().to_string());
    plugins.scan();
    context.config = &config;
    context.plugins = &plugins;
    context.offsets = &offsets;
    context.metrics = &metrics;
    context.bootstrap_servers = options.bootstrap;
  }

  task::TaskSpec spec(const Options& options, bool source) {
    config::ConfigMap properties = connector_properties(options, source);
    auto connector = must(config::ConnectorConfig::make(
        source ? config::ConnectorKind::kSource : config::ConnectorKind::kSink, properties, plugins));
    return {{"bench", 0}, std::move(connector), properties, false};
  }

  config::WorkerConfig config;
  plugin::Registry plugins;
  store::MemoryOffsetStore offsets;
  metrics::Registry metrics;
  task::WorkerContext context;
};

// A counter of the task, from the text that /metrics gives.
double metric(const metrics::Registry& registry, std::string_view name) {
  const std::string text = registry.prometheus_text();
  std::size_t at = 0;
  while ((at = text.find(name, at)) != std::string::npos) {
    if (at == 0 || text[at - 1] == '\n') {
      const std::size_t space = text.find(' ', at + name.size());
      if (text[at + name.size()] == '{' || text[at + name.size()] == ' ')
        return std::strtod(text.c_str() + space, nullptr);
    }
    at += name.size();
  }
  return 0;
}

// Of the thread that asks, which is no part of a worker.
double own_cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

Figures run(const Options& options, bool source, std::string_view metric_name) {
  Worker worker(options);
  Listener listener;
  auto runner = task::make_task_runner(worker.context, worker.spec(options, source), listener);
  Figures figures;
  auto began = Clock::now();
  double cpu = process_cpu_seconds();
  runner->start();
  double own_cpu = own_cpu_seconds();
  // A sink's clock starts with its first record, as that of the plain loop does.
  while (!source && metric(worker.metrics, metric_name) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (!source) {
    began = Clock::now();
    cpu = process_cpu_seconds();
    own_cpu = own_cpu_seconds();
  }
  double done = 0;
  while ((done = metric(worker.metrics, metric_name)) < static_cast<double>(options.records))
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  figures.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  figures.cpu_seconds = process_cpu_seconds() - cpu - (own_cpu_seconds() - own_cpu);
  figures.records = static_cast<std::int64_t>(done);
  runner->request_stop();
  if (!runner->await(Clock::now() + std::chrono::seconds(30))) die("the task did not stop");
  return figures;
}

}  // namespace

Figures task_source(const Options& options) {
  return run(options, true, "kafka_connect_source_task_metrics_source_record_write_total");
}
Figures task_sink(const Options& options) {
  return run(options, false, "kafka_connect_sink_task_metrics_sink_record_send_total");
}

std::vector<Sample> make_samples(const Options& options, std::size_t count) {
  Worker worker(options);
  task::StopSignal stop;
  task::PluginServices services("bench", "bench", worker.metrics.group("samples", {}), nullptr, stop);
  const task::TaskSpec spec = worker.spec(options, true);
  task::Converters converters = must(task::make_converters(worker.context, spec.connector, services));
  const auto component = must(worker.plugins.connector(spec.connector.connector_class()));
  auto instance = must(plugin::SourceTaskInstance::create(*component.source_task, services));
  if (auto status = instance->start(spec.task_config); !status) die(status.error().to_string());
  std::vector<Sample> samples;
  data::Batch batch;
  while (samples.size() < count) {
    batch.reset();
    if (auto status = instance->poll(batch); !status) die(status.error().to_string());
    if (batch.size() == 0) break;
    for (std::uint32_t i = 0; i < batch.size(); ++i) {
      const data::Record& record = batch.record(i);
      const data::ConvertContext context{batch.arena().c(), &services.schemas()};
      const auto key =
          must(converters.key->from_connect(context, options.topic, batch.key_schema(record), record.key_value()));
      const auto value = must(
          converters.value->from_connect(context, options.topic, batch.value_schema(record), record.value_value()));
      samples.push_back({std::string(key), key.data() != nullptr, std::string(value)});
    }
  }
  instance->stop();
  if (samples.empty()) die("the source gave no record");
  return samples;
}

}  // namespace sluice::bench
