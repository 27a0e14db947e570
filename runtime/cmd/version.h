#pragma once

namespace sluice::cmd {

const char* version();  // "0.1.0"
// The Kafka Connect whose API this worker speaks: what clients find in GET / and decide by.
const char* kafka_version();
const char* commit();  // of the source tree, or "unknown"

}  // namespace sluice::cmd
