#pragma once
// The parts that the files check_*.cc share: how a test is described, what it gets, and a host for the instances it
// makes.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <sluice/abi.h>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/data/batch.h"
#include "runtime/data/schema.h"
#include "runtime/plugin/check.h"
#include "runtime/plugin/connector_component.h"
#include "runtime/plugin/elf_file.h"
#include "runtime/plugin/host_services.h"
#include "runtime/plugin/manifest.h"

namespace sluice::plugin {

struct Verdict {
  CheckOutcome outcome = CheckOutcome::kPassed;
  std::string reason;
};
inline Verdict passed() {
  return {};
}
template <typename... Args>
Verdict failed(fmt::format_string<Args...> text, Args&&... args) {
  return {CheckOutcome::kFailed, fmt::format(text, std::forward<Args>(args)...)};
}
template <typename... Args>
Verdict skipped(fmt::format_string<Args...> text, Args&&... args) {
  return {CheckOutcome::kSkipped, fmt::format(text, std::forward<Args>(args)...)};
}
inline Verdict failed_with(std::string_view doing, const base::Error& error) {
  return failed("{}: {}", doing, error.message());
}

// What a test looks at.
struct CheckSubject {
  std::string library;
  std::string bytes;  // of the library
  ElfInfo elf;        // with symbols
  // From level 1 on:
  sluice_plugin_entry entry = nullptr;
  const sluice_plugin* plugin = nullptr;
  Manifest manifest;
  // For tests of components:
  const sluice_component* component = nullptr;
  ComponentManifest described;
  ConnectorComponent connector;  // of a source or sink: makes its instances
  config::ConfigMap config;      // what was given, and stand-ins for required keys where they can be guessed
  std::string config_missing;    // why the component cannot be run: a required key without a value
};

struct CheckTest {
  const char* id;
  int level;
  const char* description;
  std::chrono::milliseconds timeout;
  std::vector<std::int32_t> kinds;  // empty: the library as a whole
  bool needs_config = false;        // skipped without one
  std::function<Verdict(CheckSubject&)> run;
};

std::span<const CheckTest> static_checks();
std::span<const CheckTest> config_checks();
std::span<const CheckTest> lifecycle_checks();
std::span<const CheckTest> source_checks();
std::span<const CheckTest> sink_checks();
std::span<const CheckTest> transform_checks();

// A host that keeps everything in memory. The instance may be used on one thread at a time, as the worker does.
class CheckServices final : public BasicHostServices {
 public:
  CheckServices();
  ~CheckServices() override;
  CheckServices(const CheckServices&) = delete;
  CheckServices& operator=(const CheckServices&) = delete;

  void request_stop();
  std::string logged() const;  // everything that was logged so far
  data::SchemaPool& schemas() { return pool_; }
  // What read_offsets answers.
  void store_offset(const sluice_value& partition, const sluice_value& offset) {
    offsets_.emplace_back(partition, offset);
  }
  int failed_records() const { return failed_records_; }

  bool serves(Extension extension) const override { return extension != Extension::kTransaction; }
  bool log_enabled(base::LogLevel) override { return true; }
  void log(base::LogLevel level, std::string_view message, std::span<const sluice_kv> fields) override;
  std::uint32_t define_metric(MetricKind, std::string_view, std::string_view, std::string_view) override {
    return ++metrics_;
  }
  void update_metric(std::uint32_t, double) override {}
  base::Result<const sluice_schema*> intern(const sluice_schema& description) override;
  base::Status read_offsets(std::span<const sluice_value> partitions, sluice_value* offsets) override;
  base::Status pause(std::span<const sluice_topic_partition>) override { return {}; }
  base::Status resume(std::span<const sluice_topic_partition>) override { return {}; }
  base::Status rewind(std::span<const sluice_topic_offset>) override { return {}; }
  base::Result<std::uint64_t> report_errant(const sluice_batch&, std::uint32_t, base::Error) override { return 0; }
  base::Status await_errant(std::uint64_t, std::int64_t) override { return {}; }
  void fail_record(sluice_batch& batch, std::uint32_t index, base::Error cause) override;
  bool is_stopping() override { return stopping_; }
  int stop_fd() override { return stop_fd_; }
  bool sleep(std::int64_t timeout_ms) override;
  bool is_task_thread() override { return true; }
  bool is_control_thread() override { return true; }

 private:
  std::atomic<bool> stopping_{false};
  int stop_fd_ = -1;
  mutable std::mutex mutex_;
  std::string logged_;
  std::vector<std::pair<sluice_value, sluice_value>> offsets_;
  std::atomic<std::uint32_t> metrics_{0};
  int failed_records_ = 0;
  data::SchemaPool pool_;
};

// Whether all that a batch points to is well formed: indices, kinds, text, structs as their schemas say. Error: what is
// not.
base::Status check_batch(const sluice_batch& batch);

// Records of every shape: each kind, null, empty, long, deep, with and without schema, tombstones, headers. Payload
// lies in memory that cannot be written to once seal() was called: a component that edits payload dies.
class Corpus {
 public:
  explicit Corpus(data::SchemaPool& pool);
  ~Corpus();
  Corpus(const Corpus&) = delete;
  Corpus& operator=(const Corpus&) = delete;

  void seal();
  std::size_t size() const { return values_.size(); }
  // Fills `batch` with one record for each value, as a sink would get them.
  bool fill(data::Batch& batch, std::string_view topic, std::int64_t first_offset) const;

 private:
  struct Item {
    const Schema* schema;
    Value value;
  };
  static void* alloc(sluice_arena* arena, std::uint64_t size, std::uint32_t align);
  void add(const Schema* schema, const Value& value) { values_.push_back({schema, value}); }
  void add_schemaless();
  void add_with_schemas(data::SchemaPool& pool);

  void* region_ = nullptr;
  sluice_arena arena_;
  std::vector<Item> values_;
  std::vector<sluice_header> headers_;
  const Schema* key_schema_ = nullptr;
};

int open_descriptors();
int running_threads();

}  // namespace sluice::plugin
