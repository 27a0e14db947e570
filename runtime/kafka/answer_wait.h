#pragma once
// Inside the module: keeps librdkafka's broker thread from spinning while an idempotent producer's request is under
// way (ADR 17).
//
// An idempotent producer has one request of a partition under way, and librdkafka (2.0 to 2.8 at least) does not sleep
// meanwhile if more records wait that are older than linger.ms: it polls without a timeout until the answer is there,
// which at full speed is a whole core, six times what everything else of producing costs. Where only one request of a
// connection may be under way that thread has nothing to do but to read the answer, so it is made to wait for it.

#include "runtime/kafka/client_config.h"

struct rd_kafka_conf_s;  // librdkafka's rd_kafka_conf_t

namespace sluice::kafka {

// Installs the wait in `conf` if the configuration is one that would spin.
void wait_for_answers(rd_kafka_conf_s* conf, const ClientConfig& config);

}  // namespace sluice::kafka
