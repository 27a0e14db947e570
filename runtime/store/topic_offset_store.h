#pragma once
// Offsets in one compacted topic, whoever's it is: the worker's (kafka_offset_store.h) or a connector's own
// (connector_offset_store.h). Inside the module.

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/kafka/kafka_log.h"
#include "runtime/store/offset_store.h"
#include "runtime/store/offset_table.h"

namespace sluice::store {

class TopicOffsetStore final : public OffsetStore {
 public:
  // `options` without initialize_topic's stopping: give stopping() below to it.
  TopicOffsetStore() = default;
  ~TopicOffsetStore() override { stop(); }

  // Before start(). `stopping()` becomes true with stop().
  void open(kafka::KafkaLogOptions options);
  bool stopping() const { return stopping_.load(); }

  base::Status start() override;
  void stop() override;
  base::Result<std::vector<std::optional<std::string>>> get(const std::vector<std::string>& keys,
                                                            Deadline deadline) override;
  // Sends all of them; if one is refused `done` says so once the others have ended, which may be in the topic then.
  void put(std::vector<OffsetRecord> records, Callback done) override;
  void use_stored_keys(std::vector<OffsetRecord>& records) override;
  base::Result<std::vector<OffsetRecord>> all_of(std::string_view connector, Deadline deadline) override;
  std::vector<OffsetRecord> known_of(std::string_view connector) override;

 private:
  void on_record(const kafka::Message& message);

  std::string topic_;
  std::unique_ptr<kafka::KafkaLog> log_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  OffsetTable table_;  // guarded by mutex_
};

}  // namespace sluice::store
