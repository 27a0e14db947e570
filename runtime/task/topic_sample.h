#pragma once
// The newest records of a topic, read without a trace: no group is joined, no offset committed, no topic created.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/record_view.h"

namespace sluice::task {

struct TopicSample {
  std::string topic;
  std::optional<std::int32_t> partition;  // nothing: all of them
  std::size_t records = 10;
};

struct SampledMessage {
  using Bytes = std::optional<std::string>;  // nothing: null

  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = kafka::kNoTimestamp;
  kafka::TimestampType timestamp_type = kafka::TimestampType::kNone;
  Bytes key;
  Bytes value;
  std::vector<std::pair<std::string, Bytes>> headers;

  std::size_t bytes() const;
};

struct Sampled {
  std::vector<SampledMessage> messages;  // by time, then partition and offset
  std::size_t left_out = 0;              // newest ones that are larger than the bound of all together
};

inline constexpr std::size_t kSampleBytesMax = std::size_t{1} << 20;  // of the messages given
inline constexpr std::size_t kSamplePartitionsMax = 100;

// `consumer` is of kind kConsumer. Fewer than asked for: the topic has no more, or they do not fit into
// kSampleBytesMax. Errors: kInvalidConfig for a topic or partition that does not exist, kTimeout when Kafka does not
// answer in time.
base::Result<Sampled> sample_topic(const kafka::ClientConfig& consumer, const TopicSample& sample,
                                   std::chrono::steady_clock::time_point deadline);

}  // namespace sluice::task
