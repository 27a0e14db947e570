#include "schema_source.h"

namespace verifiable {
namespace {

using sluice::Value;

constexpr std::int64_t kBatchRecords = 500;
constexpr std::chrono::milliseconds kIdle{500};

const sluice::Schema* describe(const sluice::Schemas& schemas, std::int32_t version) {
  auto record = sluice::SchemaBuilder::structure("record");
  record.version(version);
  record.field("boolean", schemas.boolean()).field("int", schemas.int32()).field("long", schemas.int64());
  record.field("float", schemas.float32()).field("double", schemas.float64()).field("partitioning", schemas.int32());
  if (version == 2) {
    auto text = sluice::SchemaBuilder(sluice::Kind::kString);
    record.field("string", text.default_value(Value::string("abc")).build(schemas));
  }
  return record.field("id", schemas.int32()).field("seqno", schemas.int64()).build(schemas);
}

}  // namespace

sluice::Status SchemaSourceTask::start(const sluice::Config& config) {
  std::int64_t throughput = 0;
  const bool complete = read_number(config, "id", id_) && read_number(config, "num.messages", messages_) &&
                        read_number(config, "throughput", throughput) &&
                        (!config.has("partition.count") || read_number(config, "partition.count", partitions_));
  topic_ = config.get("topic").value_or("");
  if (!complete || partitions_ < 1 || topic_.empty()) return sluice::fatal("Invalid SchemaSourceTask configuration");
  two_schemas_ = config.get("multiple.schema").value_or("") == "true";
  next_ = context().stored_offset({{"id", id_}}).int64_or("seqno", -1) + 1;
  throttle_ = Throttle(throughput);
  for (int i = 0; i < 2; ++i) schemas_[i] = describe(context().schemas(), i + 1);
  context().info("Started SchemaSourceTask {}-{} producing to topic {} resuming from seqno {}",
                 config.get("name").value_or(""), id_, topic_, next_);
  return sluice::ok();
}

Value SchemaSourceTask::record_value(sluice::BatchBuilder& out, bool second) const {
  auto record = out.structure(schemas_[second ? 1 : 0]);
  record.set(0, Value::boolean(true))
      .set(1, Value::int32(12))
      .set(2, Value::int64(12))
      .set(3, Value::float32(12.2F))
      .set(4, Value::float64(12.2));
  record.set(5, Value::int32(static_cast<std::int32_t>(next_ % partitions_)));
  if (second) record.set(6, Value::string("def"));
  const std::size_t id = second ? 7 : 6;
  return record.set(id, Value::int32(static_cast<std::int32_t>(id_))).set(id + 1, Value::int64(next_)).value();
}

sluice::Status SchemaSourceTask::poll(sluice::BatchBuilder& out) {
  const std::int64_t left = messages_ - count_;
  const std::int64_t due = left > 0 ? throttle_.allowed(count_, left < kBatchRecords ? left : kBatchRecords) : 0;
  if (due == 0) {
    context().sleep_for(left > 0 ? throttle_.wait(count_) : kIdle);
    return sluice::ok();
  }
  const sluice::TopicIndex topic = out.topic(topic_);
  const sluice::PartitionIndex partition = out.partition({{"id", id_}});
  std::string lines;
  for (std::int64_t i = 0; i < due; ++i, ++next_, ++count_) {
    const bool second = two_schemas_ && count_ % 2 == 1;
    out.add(topic)
        .partition(static_cast<std::int32_t>(id_))
        .key(context().schemas().string(), Value::string("key"))
        .value(schemas_[second ? 1 : 0], record_value(out, second))
        .source(partition, {{"seqno", next_}});
    lines += "{\"task\": " + std::to_string(id_) + ", \"seqno\": " + std::to_string(next_) + "}\n";
  }
  print_text(lines);
  return sluice::ok();
}

}  // namespace verifiable
