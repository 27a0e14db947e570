#pragma once
// ExtractTopic (Confluent's): routes a record to the topic that its key, its value, a field of them or a header names.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef extract_topic_config();
base::Result<std::unique_ptr<data::Transform>> make_extract_topic_key(const config::ConfigMap& config);
base::Result<std::unique_ptr<data::Transform>> make_extract_topic_value(const config::ConfigMap& config);
// The form for headers needs a field.
config::ConfigDef extract_topic_header_config();
base::Result<std::unique_ptr<data::Transform>> make_extract_topic_header(const config::ConfigMap& config);

}  // namespace sluice::smt
