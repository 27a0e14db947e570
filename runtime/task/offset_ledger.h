#pragma once
// The offsets of a sink task, per assigned partition: consumed (handed to put), committed, and what a commit under way
// carries (spec connect-runtime.md section 6.6). Plain bookkeeping on the task's thread; no Kafka in it.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <sluice/abi.h>

#include "runtime/base/ids.h"
#include "runtime/kafka/producer.h"

namespace sluice::task {

class OffsetLedger {
 public:
  struct Entry {
    std::int64_t delivered = 0;   // next offset after the last record that put took
    std::int64_t committed = -1;  // last committed, as far as known; -1: nothing yet
  };

  void add(const base::TopicPartition& partition, std::int64_t position);
  void remove(const base::TopicPartition& partition) { entries_.erase(partition); }
  void clear() { entries_.clear(); }
  bool contains(const base::TopicPartition& partition) const { return entries_.contains(partition); }
  Entry* find(const base::TopicPartition& partition);
  const std::map<base::TopicPartition, Entry>& entries() const { return entries_; }

  // What to show pre_commit: the delivered offset of each of `partitions` (all, if empty). The texts are borrowed from
  // here.
  std::vector<sluice_topic_offset> to_pre_commit(std::span<const base::TopicPartition> partitions) const;

  // What of pre_commit's answer to commit: not skipped, ours, not beyond what was delivered, not committed already.
  // `invalid` is called with the partition and offset of an answer beyond what was consumed.
  template <typename Invalid>
  std::vector<kafka::PartitionOffset> to_commit(std::span<const sluice_topic_offset> answer, Invalid&& invalid) const {
    std::vector<kafka::PartitionOffset> commit;
    for (const sluice_topic_offset& offset : answer) {
      if ((offset.flags & SLUICE_OFFSET_SKIP) != 0) continue;
      const base::TopicPartition partition{std::string(offset.topic.data, offset.topic.size), offset.partition};
      const auto it = entries_.find(partition);
      if (it == entries_.end()) continue;
      if (offset.offset > it->second.delivered) {
        invalid(partition, offset.offset);
      } else if (offset.offset != it->second.committed) {
        commit.push_back({partition, offset.offset});
      }
    }
    return commit;
  }

  void committed(std::span<const kafka::PartitionOffset> offsets);
  std::int64_t uncommitted_records() const;  // delivered minus committed, where both are known

 private:
  std::map<base::TopicPartition, Entry> entries_;
};

}  // namespace sluice::task
