#pragma once
// Where the offsets of one source connector are: in the worker's store, or in a topic of its own as well, if its
// configuration has `offsets.storage.topic` (distributed workers only; store/connector_offset_store.h).
//
// Each task, and the connector itself, has one; it is started, used and stopped by its thread.

#include <memory>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/config/connector_config.h"
#include "runtime/store/offset_store.h"
#include "runtime/task/worker_context.h"

namespace sluice::task {

class ConnectorOffsets {
 public:
  // `client`: what its Kafka clients are named after, "<connector>" or "<connector>-<task>". Makes no network call.
  ConnectorOffsets(const WorkerContext& worker, const config::ConnectorConfig& connector, std::string_view client);
  ~ConnectorOffsets();
  ConnectorOffsets(const ConnectorOffsets&) = delete;
  ConnectorOffsets& operator=(const ConnectorOffsets&) = delete;

  // Null where the worker has no store. Lives as long as this object, or as the worker's store.
  store::OffsetStore* store() const { return own_ ? own_.get() : workers_; }
  // Reads the connector's own topic to its end, if it has one; nothing the second time. Error: a client key that cannot
  // be honoured, or what start() of the store says.
  base::Status start();
  void stop();

 private:
  store::OffsetStore* const workers_;
  std::unique_ptr<store::OffsetStore> own_;
  base::Status made_;
  bool started_ = false;
};

}  // namespace sluice::task
