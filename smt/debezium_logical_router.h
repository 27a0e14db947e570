#pragma once
// Debezium's ByLogicalTableRouter, and ToLogicalTopicRouter as it is called since 3.7: events of many tables go to one
// topic, under its schema names, and with the table they came from in their keys.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef by_logical_table_router_config();
base::Result<std::unique_ptr<data::Transform>> make_by_logical_table_router(const config::ConfigMap& config);

config::ConfigDef to_logical_topic_router_config();
base::Result<std::unique_ptr<data::Transform>> make_to_logical_topic_router(const config::ConfigMap& config);

}  // namespace sluice::smt
