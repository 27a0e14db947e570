#include "runtime/store/memory_offset_store.h"

namespace sluice::store {

base::Result<std::vector<std::optional<std::string>>> MemoryOffsetStore::get(const std::vector<std::string>& keys,
                                                                             Deadline) {
  std::lock_guard lock(mutex_);
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const auto& key : keys) {
    const std::string* value = table_.find(key);
    values.push_back(value != nullptr ? std::optional<std::string>(*value) : std::nullopt);
  }
  return values;
}

void MemoryOffsetStore::put(std::vector<OffsetRecord> records, Callback done) {
  base::Status outcome;
  {
    std::lock_guard lock(mutex_);
    if (failures_ > 0) {
      --failures_;
      outcome = base::fail(*failure_);
    } else {
      for (auto& record : records) table_.apply(std::move(record));
    }
  }
  done(std::move(outcome));
}

base::Result<std::vector<OffsetRecord>> MemoryOffsetStore::all_of(std::string_view connector, Deadline) {
  {
    std::lock_guard lock(mutex_);
    if (read_failure_) return base::fail(*read_failure_);
  }
  return known_of(connector);
}

std::vector<OffsetRecord> MemoryOffsetStore::known_of(std::string_view connector) {
  std::lock_guard lock(mutex_);
  return table_.of_connector(connector);
}

void MemoryOffsetStore::fail_reads(std::optional<base::Error> error) {
  std::lock_guard lock(mutex_);
  read_failure_ = std::move(error);
}

void MemoryOffsetStore::fail_puts(int count, base::Error error) {
  std::lock_guard lock(mutex_);
  failures_ = count;
  failure_ = std::move(error);
}

}  // namespace sluice::store
