#include "verifiable_source.h"

namespace verifiable {
namespace {

using sluice::Value;

constexpr std::int64_t kBatchRecords = 500;

bool is_true(std::string_view text) {
  return text.size() == 4 && (text[0] | 0x20) == 't' && (text[1] | 0x20) == 'r' && (text[2] | 0x20) == 'u' &&
         (text[3] | 0x20) == 'e';
}

}  // namespace

sluice::Status VerifiableSourceTask::start(const sluice::Config& config) {
  std::int64_t throughput = 0;
  if (!read_number(config, "id", id_) || !read_number(config, "throughput", throughput)) {
    return sluice::fatal("Invalid VerifiableSourceTask configuration");
  }
  name_ = config.get("name").value_or("");
  topic_ = config.get("topic").value_or("");
  if (topic_.empty()) return sluice::fatal("Invalid VerifiableSourceTask configuration: topic is missing");
  first_ = next_ = context().stored_offset({{"id", id_}}).int64_or("seqno", -1) + 1;
  throttle_ = Throttle(throughput);
  if (is_true(config.get("complete.record.data").value_or(""))) {
    const sluice::Schemas& schemas = context().schemas();
    complete_ = sluice::SchemaBuilder::structure()
                    .field("name", schemas.string())
                    .field("task", schemas.int32())
                    .field("topic", schemas.string())
                    .field("time_ms", schemas.int64())
                    .field("seqno", schemas.int64())
                    .build(schemas);
  }
  context().info("Started VerifiableSourceTask {}-{} producing to topic {} resuming from seqno {}", name_, id_, topic_,
                 first_);
  return sluice::ok();
}

sluice::Status VerifiableSourceTask::poll(sluice::BatchBuilder& out) {
  const std::int64_t due = throttle_.allowed(next_ - first_, kBatchRecords);
  if (due == 0) {
    context().sleep_for(throttle_.wait(next_ - first_));
    return sluice::ok();
  }
  const sluice::TopicIndex topic = out.topic(topic_);
  const sluice::PartitionIndex partition = out.partition({{"id", id_}});
  const sluice::Schema* int32 = context().schemas().int32();
  const sluice::Schema* int64 = context().schemas().int64();
  const std::int64_t now = now_ms();
  const Value task = Value::int32(static_cast<std::int32_t>(id_));
  for (std::int64_t i = 0; i < due; ++i, ++next_) {
    lines_.begin()
        .text("name", name_)
        .number("task", id_)
        .text("topic", topic_)
        .number("time_ms", now)
        .number("seqno", next_)
        .end();
    auto record = out.add(topic);
    record.key(int32, task).cookie(static_cast<std::uint64_t>(next_)).source(partition, {{"seqno", next_}});
    if (complete_ == nullptr) {
      record.value(int64, Value::int64(next_));
    } else {
      record.value(complete_, out.structure(complete_)
                                  .set(0, out.text(name_))
                                  .set(1, task)
                                  .set(2, out.text(topic_))
                                  .set(3, Value::int64(now))
                                  .set(4, Value::int64(next_))
                                  .value());
    }
  }
  lines_.print();
  return sluice::ok();
}

void VerifiableSourceTask::delivered(std::span<const sluice_ack> acks) {
  const std::int64_t now = now_ms();
  for (const sluice_ack& ack : acks) {
    lines_.begin().text("name", name_).number("task", id_).text("topic", topic_).number("time_ms", now);
    lines_.number("seqno", static_cast<std::int64_t>(ack.cookie)).raw("committed", "true").end();
  }
  lines_.print();
}

}  // namespace verifiable
