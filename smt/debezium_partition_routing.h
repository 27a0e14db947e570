#pragma once
// Debezium's PartitionRouting: fields of an event decide the partition that it goes to.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef partition_routing_config();
base::Result<std::unique_ptr<data::Transform>> make_partition_routing(const config::ConfigMap& config);

}  // namespace sluice::smt
