#pragma once
// Which source offsets may be committed: those of records that Kafka has acknowledged, in order per source partition.
// Acks may arrive in any order; an offset becomes committable only when every earlier record of its source partition is
// acknowledged (Connect's SubmittedRecords, spec connect-runtime.md section 6.4).
//
// Owner: the task thread. The offset values stay in their batches, which must outlive their records here. Costs one
// ring slot a record; an offset is turned into bytes only once per drained group of acks, not per record.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/store/offset_store.h"

namespace sluice::task {

class OffsetTracker {
 public:
  explicit OffsetTracker(std::string connector) : connector_(std::move(connector)) {}

  // Position of a record in its source partition's line; given back in ack().
  struct Ticket {
    std::uint32_t line = 0;
    std::uint32_t reserved = 0;
    std::uint64_t sequence = 0;
  };

  // The line of a source partition (a MAP, or null), found by its value. Error: the partition cannot be written as
  // JSON.
  base::Result<std::uint32_t> line(const Value& source_partition);

  // A record is about to be produced. `offset` is borrowed until the record has left the line; `owner` is told then.
  Ticket submit(std::uint32_t line, const sluice_value& offset, void* owner);
  // The record of the ticket was never accepted by the producer. Only the latest one of its line.
  void withdraw(const Ticket& ticket);
  void ack(const Ticket& ticket);

  // Moves the acknowledged front of each line to what is committable; call after a group of acks. `left(owner)` is
  // called for each record that leaves its line: nothing here refers to its offset any more. Offsets that cannot be
  // written as JSON are kept out, and told by take_error().
  template <typename Left>
  void collect(Left&& left) {
    for (const std::uint32_t index : touched_) {
      Line& line = lines_[index];
      line.touched = false;
      const std::uint64_t begin = line.base;
      while (line.base != line.next && line.at(line.base).acked) ++line.base;
      if (line.base == begin) continue;
      keep(line, *line.at(line.base - 1).offset);
      for (std::uint64_t sequence = begin; sequence != line.base; ++sequence) left(line.at(sequence).owner);
    }
    touched_.clear();
  }

  // What is committable and was not yet taken; a later offset of a partition replaces an earlier one. Ownership of the
  // records goes to the caller; if storing them fails, give_back() merges them beneath newer ones.
  std::vector<store::OffsetRecord> take();
  void give_back(std::vector<store::OffsetRecord> records);

  bool anything_to_commit() const { return !committable_.empty(); }
  std::uint64_t outstanding() const { return outstanding_; }  // submitted, not yet acknowledged
  // The first offset that could not be serialised, once; empty otherwise.
  std::string take_error() { return std::exchange(error_, {}); }

 private:
  struct Slot {
    const sluice_value* offset = nullptr;
    void* owner = nullptr;
    bool acked = false;
  };
  // A ring of slots: records in the order of submission. `base` is the sequence of the front.
  struct Line {
    std::string key;  // as stored: ["connector",{...}]
    std::vector<Slot> ring;
    std::uint64_t base = 0;
    std::uint64_t next = 0;
    bool touched = false;  // acked since the last collect
    Slot& at(std::uint64_t sequence) { return ring[sequence & (ring.size() - 1)]; }
  };

  void grow(Line& line);
  void keep(const Line& line, const Value& offset);

  const std::string connector_;
  std::vector<Line> lines_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::vector<std::uint32_t> touched_;
  std::map<std::string, std::optional<std::string>> committable_;  // key -> offset JSON; nothing: forget
  std::uint64_t outstanding_ = 0;
  std::string error_;
};

}  // namespace sluice::task
