#include "runtime/task/offset_ledger.h"

namespace sluice::task {

void OffsetLedger::add(const base::TopicPartition& partition, std::int64_t position) {
  entries_[partition] = {position, position};
}

OffsetLedger::Entry* OffsetLedger::find(const base::TopicPartition& partition) {
  const auto it = entries_.find(partition);
  return it == entries_.end() ? nullptr : &it->second;
}

std::vector<sluice_topic_offset> OffsetLedger::to_pre_commit(std::span<const base::TopicPartition> partitions) const {
  std::vector<sluice_topic_offset> offsets;
  const auto append = [&](const base::TopicPartition& partition, const Entry& entry) {
    offsets.push_back({{partition.topic.data(), partition.topic.size()}, partition.partition, 0, entry.delivered});
  };
  if (partitions.empty()) {
    for (const auto& [partition, entry] : entries_) append(partition, entry);
  }
  for (const base::TopicPartition& wanted : partitions) {
    const auto it = entries_.find(wanted);
    if (it != entries_.end()) append(it->first, it->second);
  }
  return offsets;
}

void OffsetLedger::committed(std::span<const kafka::PartitionOffset> offsets) {
  for (const kafka::PartitionOffset& offset : offsets)
    if (Entry* entry = find(offset.partition)) entry->committed = offset.offset;
}

std::int64_t OffsetLedger::uncommitted_records() const {
  std::int64_t sum = 0;
  for (const auto& [partition, entry] : entries_)
    if (entry.committed >= 0 && entry.delivered > entry.committed) sum += entry.delivered - entry.committed;
  return sum;
}

}  // namespace sluice::task
