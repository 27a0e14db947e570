#include "runtime/store/topic_offset_store.h"

#include <utility>

#include "runtime/base/log.h"

namespace sluice::store {
namespace {

const base::Logger kLog{"org.apache.kafka.connect.storage.KafkaOffsetBackingStore"};

// The records of one put. Ends with the last of them.
struct Put {
  std::mutex mutex;
  std::size_t outstanding = 0;
  base::Status result;
  OffsetStore::Callback done;

  void ended(const base::Status& status) {
    {
      std::lock_guard lock(mutex);
      if (!status && result) result = status;
      if (--outstanding > 0) return;
    }
    if (done) done(std::move(result));
  }
};

}  // namespace

void TopicOffsetStore::open(kafka::KafkaLogOptions options) {
  topic_ = options.topic;
  log_ = std::make_unique<kafka::KafkaLog>(
      std::move(options), [this](const kafka::Message& message) { on_record(message); },
      [this](const base::Error& error) {
        kLog.error("Reading the offsets topic '{}': {}", topic_, error.to_string());
      });
}

base::Status TopicOffsetStore::start() {
  return log_->start();
}

void TopicOffsetStore::stop() {
  stopping_ = true;
  if (log_) log_->stop();
}

void TopicOffsetStore::on_record(const kafka::Message& message) {
  if (message.key.data() == nullptr) return;
  OffsetRecord record{std::string(message.key), std::nullopt};
  if (message.value.data() != nullptr) record.value = message.value;
  std::lock_guard lock(mutex_);
  table_.apply_as_it_stands(std::move(record));
}

base::Result<std::vector<std::optional<std::string>>> TopicOffsetStore::get(const std::vector<std::string>& keys,
                                                                            Deadline deadline) {
  std::vector<std::optional<std::string>> values;
  if (keys.empty()) return values;
  SLUICE_TRY(log_->read_to_end(deadline));
  std::lock_guard lock(mutex_);
  for (const std::string& key : keys) {
    const std::string* found = table_.find(key);
    values.push_back(found ? std::optional(*found) : std::nullopt);
  }
  return values;
}

void TopicOffsetStore::use_stored_keys(std::vector<OffsetRecord>& records) {
  std::lock_guard lock(mutex_);
  for (OffsetRecord& record : records) record.key = table_.stored_key(record.key);
}

void TopicOffsetStore::put(std::vector<OffsetRecord> records, Callback done) {
  auto put = std::make_shared<Put>();
  put->outstanding = records.size() + 1;  // and this call itself
  put->done = std::move(done);
  use_stored_keys(records);
  for (const OffsetRecord& record : records) {
    const auto value = record.value ? std::string_view(*record.value) : std::string_view();
    const auto sent = log_->send(record.key, value, [put](const base::Status& status) { put->ended(status); });
    if (!sent) put->ended(sent);
  }
  put->ended({});
}

base::Result<std::vector<OffsetRecord>> TopicOffsetStore::all_of(std::string_view connector, Deadline deadline) {
  SLUICE_TRY(log_->read_to_end(deadline));
  return known_of(connector);
}

std::vector<OffsetRecord> TopicOffsetStore::known_of(std::string_view connector) {
  std::lock_guard lock(mutex_);
  return table_.of_connector(connector);
}

}  // namespace sluice::store
