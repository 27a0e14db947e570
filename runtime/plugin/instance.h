#pragma once
// Instances of plugin components as C++ objects. Made from a table, an instance owns one `self`, calls the table
// defensively (a function is called only if it lies inside struct_size and is not null) and turns statuses into errors;
// hosted_instance.h makes those whose plugin runs in a process of its own. Not thread-safe beyond what abi.h tags
// [any].
//
// tidy: allow(size): one class for each of the tables, all of one pattern
// The HostServices given at create must outlive the instance.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/data/batch.h"
#include "runtime/data/converter.h"
#include "runtime/data/transform.h"
#include "runtime/plugin/host_services.h"

namespace sluice::plugin {

// A configuration as the C tables take it: entries with a text; null texts are left out. Borrows from `config`.
std::vector<sluice_kv> to_kv(const config::ConfigMap& config);

class ConnectorInstance {
 public:
  static base::Result<std::unique_ptr<ConnectorInstance>> create(const sluice_connector_vtable& table,
                                                                 HostServices& services);  // [control]
  virtual ~ConnectorInstance() = default;                                                  // on its thread
  ConnectorInstance(const ConnectorInstance&) = delete;
  ConnectorInstance& operator=(const ConnectorInstance&) = delete;

  virtual base::Status start(const config::ConfigMap& config) = 0;
  virtual void stop() = 0;
  virtual base::Result<std::vector<config::ConfigMap>> task_configs(int tasks_max) = 0;

  struct Issue {
    std::string key;
    std::string message;
  };
  virtual base::Result<std::vector<Issue>> validate(
      const config::ConfigMap& config) = 0;  // empty where the component has none
  virtual base::Result<std::vector<std::string>> recommend(std::string_view key, const config::ConfigMap& config) = 0;
  virtual std::uint64_t capabilities(const config::ConfigMap& config) = 0;  // SLUICE_CAPABILITY_*
  // True: the connector altered offsets that it manages itself. kUnsupported: it cannot.
  virtual base::Result<bool> alter_offsets(const config::ConfigMap& config,
                                           std::span<const sluice_offset_entry> offsets) = 0;
  virtual bool can_alter_offsets() const = 0;
  virtual void kill() {}  // [any] ends it, whatever it does, where it has a process of its own

 protected:
  ConnectorInstance() = default;
};

class SourceTaskInstance {
 public:
  static base::Result<std::unique_ptr<SourceTaskInstance>> create(const sluice_source_task_vtable& table,
                                                                  HostServices& services);  // [task]
  virtual ~SourceTaskInstance() = default;                                                  // on its thread
  SourceTaskInstance(const SourceTaskInstance&) = delete;
  SourceTaskInstance& operator=(const SourceTaskInstance&) = delete;

  virtual base::Status start(const config::ConfigMap& config) = 0;
  // Fills `batch` (fresh or reset). The shape of what came back is checked: indices inside their tables, strides,
  // nulls.
  virtual base::Status poll(data::Batch& batch) = 0;
  virtual bool wants_acks() const = 0;
  virtual void delivered(std::span<const sluice_ack> acks) = 0;
  virtual base::Status commit() = 0;
  virtual void request_stop() = 0;  // [any]
  virtual void stop() = 0;
  virtual void kill() {}  // [any] ends it, whatever it does, where it has a process of its own

 protected:
  SourceTaskInstance() = default;
};

class SinkTaskInstance {
 public:
  static base::Result<std::unique_ptr<SinkTaskInstance>> create(const sluice_sink_task_vtable& table,
                                                                HostServices& services);  // [task]
  virtual ~SinkTaskInstance() = default;                                                  // on its thread
  SinkTaskInstance(const SinkTaskInstance&) = delete;
  SinkTaskInstance& operator=(const SinkTaskInstance&) = delete;

  virtual base::Status start(const config::ConfigMap& config) = 0;
  virtual base::Status open(std::span<const sluice_topic_partition> partitions) = 0;
  // `retry_after_ms` is set with kRetry: 0 leaves the choice to the host.
  virtual base::Status put(sluice_batch& batch, std::uint32_t* retry_after_ms) = 0;
  // Offsets consumed in, offsets that may be committed out (flagged SLUICE_OFFSET_SKIP where not).
  virtual base::Status pre_commit(std::span<sluice_topic_offset> offsets) = 0;
  virtual base::Status close(std::span<const sluice_topic_partition> partitions) = 0;
  virtual void request_stop() = 0;  // [any]
  virtual void stop() = 0;
  virtual void kill() {}  // [any] ends it, whatever it does, where it has a process of its own

 protected:
  SinkTaskInstance() = default;
};

// Adapters of plugin transforms, predicates and converters to the interfaces that built-in ones implement. [task]
base::Result<std::unique_ptr<data::Transform>> make_plugin_transform(const sluice_transform_vtable& table,
                                                                     HostServices& services,
                                                                     const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Predicate>> make_plugin_predicate(const sluice_predicate_vtable& table,
                                                                     HostServices& services,
                                                                     const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Converter>> make_plugin_converter(const sluice_converter_vtable& table,
                                                                     HostServices& services,
                                                                     const config::ConfigMap& config, bool is_key);
base::Result<std::unique_ptr<data::HeaderConverter>> make_plugin_header_converter(const sluice_converter_vtable& table,
                                                                                  HostServices& services,
                                                                                  const config::ConfigMap& config);

}  // namespace sluice::plugin
