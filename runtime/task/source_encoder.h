#pragma once
// Makes what the producer takes from the records of a source: headers, key and value through the converters, under the
// task's error policy. [task]

#include "runtime/base/status.h"
#include "runtime/data/batch.h"
#include "runtime/data/schema.h"
#include "runtime/kafka/producer.h"
#include "runtime/task/components.h"
#include "runtime/task/error_policy.h"
#include "runtime/task/failed_record.h"

namespace sluice::task {

class SourceEncoder {
 public:
  // `policy` and `schemas` must outlive it.
  SourceEncoder(Converters converters, ErrorPolicy& policy, data::SchemaPool& schemas)
      : converters_(std::move(converters)), policy_(policy), schemas_(schemas) {}

  // Fills in everything of `out` but its topic and opaque; the bytes lie in the batch's arena, or in the record. False:
  // the record failed, which is tolerated and has been reported. Error: the task fails.
  base::Result<bool> encode(data::Batch& batch, data::Record& record, kafka::OutRecord& out);
  // What the converters make of a record that has been encoded before: nothing of it was kept, and Kafka did not take
  // it. Views lie in the batch's arena.
  ConvertedParts encode_again(data::Batch& batch, const data::Record& record);

 private:
  base::Result<std::span<const kafka::HeaderView>> encode_headers(const data::ConvertContext& context,
                                                                  data::Batch& batch, const data::Record& record,
                                                                  bool retry);
  base::Result<data::Bytes> encode_key(const data::ConvertContext& context, data::Batch& batch,
                                       const data::Record& record);
  base::Result<data::Bytes> encode_value(const data::ConvertContext& context, data::Batch& batch,
                                         const data::Record& record);
  base::Result<bool> failed(const Failure& failure, const FailedRecord& record);

  const Converters converters_;
  ErrorPolicy& policy_;
  data::SchemaPool& schemas_;
};

base::Error batch_too_large();

}  // namespace sluice::task
