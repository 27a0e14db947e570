#pragma once
// Instances of plugin components as C++ objects: each owns one `self`, calls its table defensively (a function is
// called only if it lies inside struct_size and is not null) and turns statuses into errors. Not thread-safe beyond
// what abi.h tags [any].
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
  ~ConnectorInstance();                                                                    // [control]
  ConnectorInstance(const ConnectorInstance&) = delete;
  ConnectorInstance& operator=(const ConnectorInstance&) = delete;

  base::Status start(const config::ConfigMap& config);
  void stop();
  base::Result<std::vector<config::ConfigMap>> task_configs(int tasks_max);

  struct Issue {
    std::string key;
    std::string message;
  };
  base::Result<std::vector<Issue>> validate(const config::ConfigMap& config);  // empty where the component has none
  base::Result<std::vector<std::string>> recommend(std::string_view key, const config::ConfigMap& config);
  std::uint64_t capabilities(const config::ConfigMap& config);  // SLUICE_CAPABILITY_*
  // True: the connector altered offsets that it manages itself. kUnsupported: it cannot.
  base::Result<bool> alter_offsets(const config::ConfigMap& config, std::span<const sluice_offset_entry> offsets);
  bool can_alter_offsets() const;

 private:
  ConnectorInstance(const sluice_connector_vtable& table, HostServices& services);
  const sluice_connector_vtable& table_;
  HostTable host_;
  void* self_ = nullptr;
  bool started_ = false;
};

class SourceTaskInstance {
 public:
  static base::Result<std::unique_ptr<SourceTaskInstance>> create(const sluice_source_task_vtable& table,
                                                                  HostServices& services);  // [task]
  ~SourceTaskInstance();
  SourceTaskInstance(const SourceTaskInstance&) = delete;
  SourceTaskInstance& operator=(const SourceTaskInstance&) = delete;

  base::Status start(const config::ConfigMap& config);
  // Fills `batch` (fresh or reset). The shape of what came back is checked: indices inside their tables, strides,
  // nulls.
  base::Status poll(data::Batch& batch);
  bool wants_acks() const;
  void delivered(std::span<const sluice_ack> acks);
  base::Status commit();
  void request_stop();  // [any]
  void stop();

 private:
  SourceTaskInstance(const sluice_source_task_vtable& table, HostServices& services);
  const sluice_source_task_vtable& table_;
  HostTable host_;
  void* self_ = nullptr;
  bool started_ = false;
};

class SinkTaskInstance {
 public:
  static base::Result<std::unique_ptr<SinkTaskInstance>> create(const sluice_sink_task_vtable& table,
                                                                HostServices& services);  // [task]
  ~SinkTaskInstance();
  SinkTaskInstance(const SinkTaskInstance&) = delete;
  SinkTaskInstance& operator=(const SinkTaskInstance&) = delete;

  base::Status start(const config::ConfigMap& config);
  base::Status open(std::span<const sluice_topic_partition> partitions);
  // `retry_after_ms` is set with kRetry: 0 leaves the choice to the host.
  base::Status put(sluice_batch& batch, std::uint32_t* retry_after_ms);
  // Offsets consumed in, offsets that may be committed out (flagged SLUICE_OFFSET_SKIP where not).
  base::Status pre_commit(std::span<sluice_topic_offset> offsets);
  base::Status close(std::span<const sluice_topic_partition> partitions);
  void request_stop();  // [any]
  void stop();

 private:
  SinkTaskInstance(const sluice_sink_task_vtable& table, HostServices& services);
  const sluice_sink_task_vtable& table_;
  HostTable host_;
  void* self_ = nullptr;
  bool started_ = false;
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
