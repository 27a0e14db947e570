#include "runtime/store/kafka_offset_store.h"

#include <utility>

#include "runtime/store/internal_topic.h"
#include "runtime/store/topic_offset_store.h"

namespace sluice::store {

base::Result<std::unique_ptr<OffsetStore>> make_kafka_offset_store(const config::WorkerConfig& worker,
                                                                   const std::string& bootstrap_servers) {
  auto store = std::make_unique<TopicOffsetStore>();
  SLUICE_TRY_ASSIGN(auto options, internal_log_options(worker, InternalTopic::kOffset, bootstrap_servers,
                                                       [raw = store.get()] { return raw->stopping(); }));
  store->open(std::move(options));
  return store;
}

}  // namespace sluice::store
