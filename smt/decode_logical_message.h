#pragma once
// io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent

#include <memory>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef decode_logical_message_config();
base::Result<std::unique_ptr<data::Transform>> make_decode_logical_message(const config::ConfigMap& config);

}  // namespace sluice::smt
