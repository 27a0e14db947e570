#include "runtime/task/offset_tracker.h"

#include <utility>

#include "runtime/store/offset_codec.h"

namespace sluice::task {

base::Result<std::uint32_t> OffsetTracker::line(const Value& source_partition) {
  SLUICE_TRY_ASSIGN(std::string key, store::offset_key(connector_, source_partition));
  const auto [it, inserted] = by_key_.try_emplace(std::move(key), static_cast<std::uint32_t>(lines_.size()));
  if (inserted) {
    Line line;
    line.key = it->first;
    line.ring.resize(1024);
    lines_.push_back(std::move(line));
  }
  return it->second;
}

void OffsetTracker::grow(Line& line) {
  std::vector<Slot> larger(line.ring.size() * 2);
  for (std::uint64_t sequence = line.base; sequence != line.next; ++sequence)
    larger[sequence & (larger.size() - 1)] = line.at(sequence);
  line.ring = std::move(larger);
}

OffsetTracker::Ticket OffsetTracker::submit(std::uint32_t line_index, const sluice_value& offset, void* owner) {
  Line& line = lines_[line_index];
  if (line.next - line.base == line.ring.size()) [[unlikely]]
    grow(line);
  line.at(line.next) = {&offset, owner, false};
  ++outstanding_;
  return {line_index, 0, line.next++};
}

void OffsetTracker::withdraw(const Ticket& ticket) {
  Line& line = lines_[ticket.line];
  SLUICE_ASSERT(line.next == ticket.sequence + 1);
  --line.next;
  --outstanding_;
}

void OffsetTracker::ack(const Ticket& ticket) {
  Line& line = lines_[ticket.line];
  line.at(ticket.sequence).acked = true;
  --outstanding_;
  if (!line.touched) {
    line.touched = true;
    touched_.push_back(ticket.line);
  }
}

void OffsetTracker::keep(const Line& line, const Value& offset) {
  if (offset.is_null()) {
    committable_[line.key] = std::nullopt;
    return;
  }
  auto json = store::offset_value(offset);
  if (json)
    committable_[line.key] = *std::move(json);
  else
    error_ = json.error().to_string();
}

std::vector<store::OffsetRecord> OffsetTracker::take() {
  std::vector<store::OffsetRecord> records;
  records.reserve(committable_.size());
  for (auto& [key, offset] : committable_) records.push_back({key, std::move(offset)});
  committable_.clear();
  return records;
}

void OffsetTracker::give_back(std::vector<store::OffsetRecord> records) {
  for (auto& record : records) committable_.try_emplace(std::move(record.key), std::move(record.value));
}

}  // namespace sluice::task
