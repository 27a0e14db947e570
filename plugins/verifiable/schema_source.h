#pragma once
// SchemaSource: `num.messages` structs of schema `record`, version 1, or of versions 1 and 2 by turns with
// multiple.schema.

#include <cstdint>
#include <string>

#include "fan_out.h"
#include "json_line.h"
#include "throttle.h"

namespace verifiable {

class SchemaSourceConnector final : public FanOutConnector<sluice::SourceConnector> {};

class SchemaSourceTask final : public sluice::SourceTask {
 public:
  static constexpr auto kConfig = sluice::config();

  sluice::Status start(const sluice::Config& config) override;
  sluice::Status poll(sluice::BatchBuilder& out) override;

 private:
  sluice::Value record_value(sluice::BatchBuilder& out, bool second) const;

  std::string topic_;
  std::int64_t id_ = 0;
  std::int64_t messages_ = 0;
  std::int64_t partitions_ = 1;
  bool two_schemas_ = false;
  std::int64_t next_ = 0;
  std::int64_t count_ = 0;  // of this run
  Throttle throttle_;
  const sluice::Schema* schemas_[2] = {};
};

}  // namespace verifiable
