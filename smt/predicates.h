#pragma once
// The predicates: HasHeaderKey, RecordIsTombstone, TopicNameMatches.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/data/transform.h"

namespace sluice::smt {

config::ConfigDef has_header_key_config();
base::Result<std::unique_ptr<data::Predicate>> make_has_header_key(const config::ConfigMap& config);

config::ConfigDef record_is_tombstone_config();
base::Result<std::unique_ptr<data::Predicate>> make_record_is_tombstone(const config::ConfigMap& config);

config::ConfigDef topic_name_matches_config();
base::Result<std::unique_ptr<data::Predicate>> make_topic_name_matches(const config::ConfigMap& config);

}  // namespace sluice::smt
