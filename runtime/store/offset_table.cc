#include "runtime/store/offset_table.h"

#include "runtime/store/offset_key.h"

namespace sluice::store {

std::optional<std::size_t> OffsetTable::position(const std::string& key) const {
  if (const auto found = by_bytes_.find(key); found != by_bytes_.end()) return found->second;
  if (const auto found = by_meaning_.find(canonical_offset_key(key)); found != by_meaning_.end()) return found->second;
  return std::nullopt;
}

const std::string* OffsetTable::find(std::string_view key) const {
  const auto at = position(std::string(key));
  return at && entries_[*at].value ? &*entries_[*at].value : nullptr;
}

void OffsetTable::apply(OffsetRecord record) {
  if (const auto at = position(record.key)) {
    entries_[*at].value = std::move(record.value);
  } else if (record.value) {
    by_bytes_.emplace(record.key, entries_.size());
    by_meaning_.emplace(canonical_offset_key(record.key), entries_.size());
    entries_.push_back(std::move(record));
  }
}

std::vector<OffsetRecord> OffsetTable::of_connector(std::string_view connector) const {
  std::vector<OffsetRecord> records;
  for (const auto& entry : entries_) {
    if (!entry.value) continue;
    const auto key = parse_offset_key(entry.key);
    if (key && key->connector == connector) records.push_back(entry);
  }
  return records;
}

std::vector<OffsetRecord> OffsetTable::all() const {
  std::vector<OffsetRecord> records;
  for (const auto& entry : entries_)
    if (entry.value) records.push_back(entry);
  return records;
}

}  // namespace sluice::store
