#include "verifiable_sink.h"

namespace verifiable {
namespace {

// Records between two commits. Beyond it the task waits for one instead of taking ever more memory.
constexpr std::size_t kUnflushedMax = 1'000'000;

}  // namespace

sluice::Status VerifiableSinkTask::start(const sluice::Config& config) {
  if (!read_number(config, "id", id_))
    return sluice::fatal("Invalid VerifiableSourceTask configuration");  // Java's text, "Source" and all
  name_ = config.get("name").value_or("");
  return sluice::ok();
}

void VerifiableSinkTask::add_line(const Seen& seen, std::int64_t now, bool flushed) {
  lines_.begin().text("name", name_).raw("task", seen.key).number("sinkTask", id_).text("topic", seen.topic);
  lines_.number("time_ms", now).raw("seqno", seen.value).number("offset", seen.offset);
  if (flushed) lines_.raw("flushed", "true");
  lines_.end();
}

sluice::Status VerifiableSinkTask::put(sluice::SinkBatch& batch) {
  if (unflushed_.size() >= kUnflushedMax)
    return sluice::retry("{} records wait for their offsets to be committed", unflushed_.size());
  const std::int64_t now = now_ms();
  for (const sluice::RecordView& record : batch) {
    unflushed_.push_back({std::string(record.topic()), record.partition(), record.offset(),
                          to_json(record.key(), record.key_schema()), to_json(record.value(), record.value_schema())});
    add_line(unflushed_.back(), now, false);
  }
  lines_.print();
  return sluice::ok();
}

sluice::Status VerifiableSinkTask::pre_commit(std::span<sluice_topic_offset> offsets) {
  const std::int64_t now = now_ms();
  const auto committed = [&](const Seen& seen) {
    for (const sluice_topic_offset& entry : offsets) {
      if (entry.partition == seen.partition && sluice::view(entry.topic) == seen.topic)
        return seen.offset < entry.offset;
    }
    return false;
  };
  std::erase_if(unflushed_, [&](const Seen& seen) {
    if (!committed(seen)) return false;
    add_line(seen, now, true);
    return true;
  });
  lines_.print();
  return sluice::ok();
}

// What another task will read again is no longer ours to report.
sluice::Status VerifiableSinkTask::close(sluice::TopicPartitions partitions) {
  std::erase_if(unflushed_, [&](const Seen& seen) {
    for (const sluice_topic_partition& entry : partitions) {
      if (entry.partition == seen.partition && sluice::view(entry.topic) == seen.topic) return true;
    }
    return false;
  });
  return sluice::ok();
}

}  // namespace verifiable
