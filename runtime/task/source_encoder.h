#pragma once
// Makes what the producer takes from the records of a source: headers, key and value through the converters, under the
// task's error policy. [task]

#include "runtime/base/status.h"
#include "runtime/data/batch.h"
#include "runtime/data/schema.h"
#include "runtime/kafka/producer.h"
#include "runtime/task/components.h"
#include "runtime/task/error_policy.h"

namespace sluice::task {

class SourceEncoder {
 public:
  // `policy` and `schemas` must outlive it.
  SourceEncoder(Converters converters, ErrorPolicy& policy, data::SchemaPool& schemas)
      : converters_(std::move(converters)), policy_(policy), schemas_(schemas) {}

  // Fills in everything of `out` but its topic and opaque; the bytes lie in the batch's arena, or in the record. False:
  // the record failed, which is tolerated and has been reported. Error: the task fails.
  base::Result<bool> encode(data::Batch& batch, data::Record& record, kafka::OutRecord& out);

 private:
  base::Result<bool> encode_headers(const data::ConvertContext& context, data::Batch& batch, data::Record& record,
                                    kafka::OutRecord& out);
  base::Result<bool> failed(Stage stage, std::string_view class_name, base::Error error, data::Batch& batch,
                            const data::Record& record);

  const Converters converters_;
  ErrorPolicy& policy_;
  data::SchemaPool& schemas_;
};

// What the reports say of a source's record. Borrows both.
FailedRecord described(const data::Batch& batch, const data::Record& record);
base::Error batch_too_large();

}  // namespace sluice::task
