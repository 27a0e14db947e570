#pragma once
// VerifiableSink: prints every record when it arrives, and again when its offset is about to be committed.

#include <cstdint>
#include <string>
#include <vector>

#include "fan_out.h"
#include "json_line.h"

namespace verifiable {

class VerifiableSinkConnector final : public FanOutConnector<sluice::SinkConnector> {};

class VerifiableSinkTask final : public sluice::SinkTask {
 public:
  static constexpr auto kConfig = sluice::config();

  sluice::Status start(const sluice::Config& config) override;
  sluice::Status put(sluice::SinkBatch& batch) override;
  sluice::Status pre_commit(std::span<sluice_topic_offset> offsets) override;
  sluice::Status close(sluice::TopicPartitions partitions) override;

 private:
  struct Seen {
    std::string topic;
    std::int32_t partition;
    std::int64_t offset;
    std::string key;    // as JSON
    std::string value;  // as JSON
  };
  void add_line(const Seen& seen, std::int64_t now, bool flushed);

  std::string name_;
  std::int64_t id_ = 0;
  std::vector<Seen> unflushed_;
  JsonLines lines_;
};

}  // namespace verifiable
