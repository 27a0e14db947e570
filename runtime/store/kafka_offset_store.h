#pragma once
// OffsetStore on a compacted topic (spec connect-runtime.md section 4.3): get() and all_of() first read the topic to
// its end. Keys are found by their bytes or by their meaning, and overwritten with the bytes that are stored.

#include <memory>
#include <string>

#include "runtime/config/worker_config.h"
#include "runtime/store/offset_store.h"

namespace sluice::store {

// `bootstrap_servers`: of the embedded broker where there is one. Error: a client key that cannot be honoured.
base::Result<std::unique_ptr<OffsetStore>> make_kafka_offset_store(const config::WorkerConfig& worker,
                                                                   const std::string& bootstrap_servers);

}  // namespace sluice::store
