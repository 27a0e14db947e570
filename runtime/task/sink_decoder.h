#pragma once
// Consumed messages -> records: converters, then transforms, then only the live ones are left (spec connect-runtime.md
// section 6.6).

#include <functional>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/data/schema.h"
#include "runtime/task/components.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/sink_batch.h"

namespace sluice::task {

class SinkDecoder {
 public:
  SinkDecoder(Converters converters, TransformChain chain, data::SchemaPool& schemas, ErrorPolicy& policy)
      : converters_(std::move(converters)), chain_(std::move(chain)), schemas_(schemas), policy_(policy) {}

  // Fills batch.records and batch.next from batch.messages. record.origin is the index of the message. Records that
  // failed and are tolerated, and filtered ones, are left out; their offsets count all the same. `on_topic` is called
  // with the topic of messages, once per run of equal topics. An error: the task must fail.
  template <typename OnTopic>
  base::Status decode(SinkBatch& batch, OnTopic&& on_topic) {
    std::string_view topic;
    for (const kafka::Message& message : batch.messages.messages()) {
      if (message.topic.data() == topic.data() || message.topic == topic) continue;
      topic = message.topic;
      on_topic(topic);
    }
    return decode_records(batch);
  }

 private:
  base::Status decode_records(SinkBatch& batch);
  base::Status decode_one(SinkBatch& batch, std::uint32_t index, std::uint32_t topic, data::Record& record);
  base::Status decode_headers(SinkBatch& batch, std::uint32_t index, data::Record& record);
  base::Status failed(SinkBatch& batch, std::uint32_t index, data::Record& record, Stage stage,
                      std::string_view class_name, const base::Error& error);
  void compact(data::Batch& records);

  Converters converters_;
  TransformChain chain_;
  data::SchemaPool& schemas_;
  ErrorPolicy& policy_;
  std::vector<kafka::HeaderView> headers_;
};

}  // namespace sluice::task
