#include "runtime/task/connector_offsets.h"

#include <utility>

#include "runtime/store/connector_offset_store.h"
#include "runtime/task/client_settings.h"

namespace sluice::task {

ConnectorOffsets::ConnectorOffsets(const WorkerContext& worker, const config::ConnectorConfig& connector,
                                   std::string_view client)
    : workers_(worker.offsets) {
  if (workers_ == nullptr || worker.config->mode() != config::WorkerMode::kDistributed) return;
  const auto topic = connector.offsets_topic();
  if (!topic || store::is_workers_offset_topic(*worker.config, *topic, producer_bootstrap_servers(worker, connector)))
    return;
  auto clients = connector_offset_topic(worker, connector, *topic, client);
  if (clients) {
    own_ = store::make_connector_offset_store(*worker.config, std::move(*clients), *workers_);
  } else {
    made_ = base::fail(clients.error());
  }
}

ConnectorOffsets::~ConnectorOffsets() {
  stop();
}

base::Status ConnectorOffsets::start() {
  SLUICE_TRY(made_);
  if (!own_ || started_) return {};
  SLUICE_TRY(own_->start());
  started_ = true;
  return {};
}

void ConnectorOffsets::stop() {
  if (own_) own_->stop();
}

}  // namespace sluice::task
