#pragma once
// The offsets of a source connector that has a topic of its own: `offsets.storage.topic` in its configuration (KIP-618,
// spec connect-runtime.md section 4.3). The topic is the truth; the worker's offsets topic holds a copy, as good as it
// goes, so that the connector finds its offsets if the setting is taken away again, and what it wrote before it had the
// setting.
//
// Reads merge both, the connector's topic first. Writes go to the connector's topic and, once that has them, to the
// worker's. Only a removal has to reach the worker's topic, and before the connector's: else the copy would come back
// to life.

#include <memory>
#include <string>

#include "runtime/base/status.h"
#include "runtime/config/worker_config.h"
#include "runtime/kafka/client_config.h"
#include "runtime/store/offset_store.h"

namespace sluice::store {

struct ConnectorOffsetTopic {
  std::string topic;
  // Of the connector: with its overrides, translated. The topic is created and checked by its admin client.
  kafka::ClientConfig producer;
  kafka::ClientConfig consumer;
  kafka::ClientConfig admin;
};

// True if the connector's topic is the worker's own: then no store besides the worker's is needed. Bootstrap servers
// are compared as sets.
bool is_workers_offset_topic(const config::WorkerConfig& worker, std::string_view topic,
                             std::string_view bootstrap_servers);

// `workers` must outlive the store; starting and stopping it is its owner's business. start() creates the topic with
// the worker's offset.storage.* settings, or checks it, and reads it to its end.
std::unique_ptr<OffsetStore> make_connector_offset_store(const config::WorkerConfig& worker, ConnectorOffsetTopic topic,
                                                         OffsetStore& workers);

}  // namespace sluice::store
