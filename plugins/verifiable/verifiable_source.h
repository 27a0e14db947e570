#pragma once
// VerifiableSource: numbered records. The key is the task's number, the value the sequence number (or, with
// complete.record.data, a struct that holds everything printed). The offset of a record is its own number: a restart
// goes on with the next.

#include <cstdint>
#include <string>

#include "fan_out.h"
#include "json_line.h"
#include "throttle.h"

namespace verifiable {

class VerifiableSourceConnector final : public FanOutConnector<sluice::SourceConnector> {
 public:
  std::uint64_t capabilities(const sluice::Config&) override { return SLUICE_CAPABILITY_EXACTLY_ONCE_SUPPORTED; }
};

class VerifiableSourceTask final : public sluice::SourceTask {
 public:
  static constexpr auto kConfig = sluice::config();

  sluice::Status start(const sluice::Config& config) override;
  sluice::Status poll(sluice::BatchBuilder& out) override;
  void delivered(std::span<const sluice_ack> acks) override;

 private:
  std::string name_;
  std::string topic_;
  std::int64_t id_ = 0;
  std::int64_t first_ = 0;  // sequence number that this run began with
  std::int64_t next_ = 0;
  Throttle throttle_;
  const sluice::Schema* complete_ = nullptr;  // null: the value is the bare number
  JsonLines lines_;
};

}  // namespace verifiable
