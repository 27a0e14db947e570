#include "runtime/store/offset_table.h"

#include "runtime/base/json_text.h"
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
    add(std::move(record));
  }
}

void OffsetTable::apply_as_it_stands(OffsetRecord record) {
  if (const auto found = by_bytes_.find(record.key); found != by_bytes_.end()) {
    entries_[found->second].value = std::move(record.value);
  } else if (record.value) {
    add(std::move(record));
  }
}

void OffsetTable::add(OffsetRecord record) {
  by_bytes_.emplace(record.key, entries_.size());
  by_meaning_.insert_or_assign(canonical_offset_key(record.key), entries_.size());
  entries_.push_back(std::move(record));
}

std::string OffsetTable::stored_key(std::string_view key) const {
  std::string bytes(key);
  const auto at = position(bytes);
  return at ? entries_[*at].key : bytes;
}

std::vector<OffsetRecord> OffsetTable::of_connector(std::string_view connector) const {
  // Nearly all keys begin like this, so that those of other connectors need not be parsed.
  std::string beginning = "[";
  base::append_json_string(connector, beginning);
  const bool plain = beginning.find('\\') == std::string::npos;
  std::vector<OffsetRecord> records;
  for (const auto& entry : entries_) {
    if (!entry.value) continue;
    if (plain && !entry.key.starts_with(beginning) && entry.key.starts_with("[\"") &&
        entry.key.find('\\') == std::string::npos)
      continue;
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
