#pragma once
// io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

// Its definition is mongo_event_router_config() of outbox_options.h.
base::Result<std::unique_ptr<data::Transform>> make_mongo_event_router(const config::ConfigMap& config);

}  // namespace sluice::smt
