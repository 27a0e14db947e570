#include "runtime/store/connector_offset_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/store/internal_topic.h"
#include "runtime/store/offset_key.h"
#include "runtime/store/topic_offset_store.h"

namespace sluice::store {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.storage.ConnectorOffsetBackingStore"};

std::set<std::string> servers(std::string_view list) {
  std::set<std::string> result;
  for (const std::string_view item : base::split(list, ','))
    if (const auto server = base::java_trim(item); !server.empty()) result.emplace(server);
  return result;
}

// What the worker's topic is to know of records that the connector's has.
void copy_to(OffsetStore& workers, std::vector<OffsetRecord> records) {
  std::erase_if(records, [](const OffsetRecord& record) { return !record.value; });
  if (records.empty()) return;
  workers.put(std::move(records), [](base::Status copied) {
    if (!copied) kLog.warn("Failed to write offsets to secondary backing store: {}", copied.error().to_string());
  });
}

class ConnectorOffsetStore final : public OffsetStore {
 public:
  ConnectorOffsetStore(std::shared_ptr<TopicOffsetStore> own, OffsetStore& workers)
      : own_(std::move(own)), workers_(workers) {}
  ~ConnectorOffsetStore() override { stop(); }

  base::Status start() override { return own_->start(); }
  void stop() override { own_->stop(); }
  base::Result<std::vector<std::optional<std::string>>> get(const std::vector<std::string>& keys,
                                                            Deadline deadline) override;
  void put(std::vector<OffsetRecord> records, Callback done) override;
  void use_stored_keys(std::vector<OffsetRecord>& records) override { own_->use_stored_keys(records); }
  void committed(std::vector<OffsetRecord> records) override { copy_to(workers_, std::move(records)); }
  base::Result<std::vector<OffsetRecord>> all_of(std::string_view connector, Deadline deadline) override;
  std::vector<OffsetRecord> known_of(std::string_view connector) override;

 private:
  // Shared with callbacks of the worker's store, which outlives this one.
  const std::shared_ptr<TopicOffsetStore> own_;
  OffsetStore& workers_;
};

base::Result<std::vector<std::optional<std::string>>> ConnectorOffsetStore::get(const std::vector<std::string>& keys,
                                                                                Deadline deadline) {
  SLUICE_TRY_ASSIGN(auto values, workers_.get(keys, deadline));
  SLUICE_TRY_ASSIGN(auto own, own_->get(keys, deadline));
  for (std::size_t i = 0; i < own.size(); ++i)
    if (own[i]) values[i] = std::move(own[i]);
  return values;
}

// The connector's topic, then a copy for the worker's.
void write_own(const std::shared_ptr<TopicOffsetStore>& own, OffsetStore& workers, std::vector<OffsetRecord> records,
               OffsetStore::Callback done) {
  auto copy = records;
  own->put(std::move(records), [&workers, copy = std::move(copy), done = std::move(done)](base::Status status) mutable {
    if (status) copy_to(workers, std::move(copy));
    if (done) done(std::move(status));
  });
}

void ConnectorOffsetStore::put(std::vector<OffsetRecord> records, Callback done) {
  std::vector<OffsetRecord> removals;
  for (const OffsetRecord& record : records)
    if (!record.value) removals.push_back(record);
  if (removals.empty()) return write_own(own_, workers_, std::move(records), std::move(done));
  workers_.put(std::move(removals), [own = own_, &workers = workers_, records = std::move(records),
                                     done = std::move(done)](base::Status status) mutable {
    if (status) return write_own(own, workers, std::move(records), std::move(done));
    kLog.warn("Failed to remove offsets from secondary backing store: {}", status.error().to_string());
    if (done) done(std::move(status));
  });
}

// What the connector's topic has, and what only the worker's has.
std::vector<OffsetRecord> merged(std::vector<OffsetRecord> records, std::vector<OffsetRecord> copies) {
  std::set<std::string> known;
  for (const OffsetRecord& record : records) known.insert(canonical_offset_key(record.key));
  for (OffsetRecord& copy : copies)
    if (!known.contains(canonical_offset_key(copy.key))) records.push_back(std::move(copy));
  return records;
}

base::Result<std::vector<OffsetRecord>> ConnectorOffsetStore::all_of(std::string_view connector, Deadline deadline) {
  SLUICE_TRY_ASSIGN(auto records, own_->all_of(connector, deadline));
  SLUICE_TRY_ASSIGN(auto copies, workers_.all_of(connector, deadline));
  return merged(std::move(records), std::move(copies));
}

std::vector<OffsetRecord> ConnectorOffsetStore::known_of(std::string_view connector) {
  return merged(own_->known_of(connector), workers_.known_of(connector));
}

}  // namespace

bool is_workers_offset_topic(const config::WorkerConfig& worker, std::string_view topic,
                             std::string_view bootstrap_servers) {
  return topic == worker.parsed().string("offset.storage.topic") &&
         servers(bootstrap_servers) == servers(worker.bootstrap_servers());
}

std::unique_ptr<OffsetStore> make_connector_offset_store(const config::WorkerConfig& worker, ConnectorOffsetTopic topic,
                                                         OffsetStore& workers) {
  auto own = std::make_shared<TopicOffsetStore>();
  kafka::NewTopic wanted = internal_topic(worker, InternalTopic::kOffset);
  wanted.name = topic.topic;
  kafka::KafkaLogOptions options;
  options.topic = topic.topic;
  options.producer = std::move(topic.producer);
  options.consumer = std::move(topic.consumer);
  keep_small(options.consumer);
  options.initialize_topic = [raw = own.get(), wanted, admin_config = std::move(topic.admin)]() -> base::Status {
    const TopicUse use{"offsets.storage.topic", topic_use(InternalTopic::kOffset).purpose};
    SLUICE_TRY_ASSIGN(auto admin, kafka::Admin::create(admin_config));
    return ensure_internal_topic(*admin, wanted, use, admin_config.settings.default_api_timeout,
                                 [raw] { return raw->stopping(); });
  };
  own->open(std::move(options));
  return std::make_unique<ConnectorOffsetStore>(std::move(own), workers);
}

}  // namespace sluice::store
