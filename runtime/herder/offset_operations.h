#pragma once
// Reading and changing the offsets of a connector for the REST API (KIP-875; spec connect-runtime.md section 1.4):
// those of a source are in the worker's offset store or a topic of its own, those of a sink in its consumer group.
// Blocking: runs on a pool. Whether the connector may be changed now (it must be STOPPED) is the herder's business.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "runtime/herder/connector_probe.h"
#include "runtime/herder/sink_offset_admin.h"
#include "runtime/herder/types.h"
#include "runtime/store/offset_store.h"
#include "runtime/task/connector_offsets.h"

namespace sluice::herder {

struct OffsetTools {
  store::OffsetStore* store = nullptr;
  // Of a source that has an offsets topic of its own: not started. May be empty.
  std::function<std::unique_ptr<task::ConnectorOffsets>(const config::ConnectorConfig&)> own_offsets;
  ConnectorProbe* probe = nullptr;
  // Makes the admin client for the group of a sink.
  std::function<base::Result<std::unique_ptr<SinkOffsetAdmin>>(const config::ConnectorConfig&)> sink_admin;
};

// A connector whose offsets are asked for: its configuration is resolved.
struct OffsetSubject {
  ConnectorRef component;
  std::string name;
  config::ConfigMap config;
  // Parsed; needed for sinks, and for sources with an offsets topic of their own.
  std::function<base::Result<config::ConnectorConfig>()> parse;
};

using Deadline = std::chrono::steady_clock::time_point;

// The refusal for a connector that is not STOPPED, or still has tasks.
base::Error must_be_stopped(std::string_view connector);

base::Result<std::vector<OffsetInfo>> read_offsets(const OffsetTools& tools, const OffsetSubject& subject,
                                                   Deadline deadline);
// Both return the message to show.
base::Result<std::string> alter_offsets(const OffsetTools& tools, const OffsetSubject& subject,
                                        const std::vector<OffsetInfo>& offsets, Deadline deadline);
base::Result<std::string> reset_offsets(const OffsetTools& tools, const OffsetSubject& subject, Deadline deadline);

// One entry of a request for a sink, checked with Connect's texts.
struct SinkOffset {
  base::TopicPartition partition;
  std::optional<std::int64_t> offset;  // nothing: forget it
};
base::Result<SinkOffset> parse_sink_offset(const OffsetInfo& info);

}  // namespace sluice::herder
