#include "runtime/task/topic_sample.h"

#include <algorithm>
#include <memory>
#include <span>
#include <tuple>

#include "runtime/base/threads.h"
#include "runtime/kafka/consumer.h"

namespace sluice::task {
namespace {

using std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;

constexpr milliseconds kPollWait{200};
// Transaction markers and compacted records leave holes, the last offset may be one: silence ends the reading too.
constexpr milliseconds kSilence{1500};
constexpr milliseconds kClose{1000};

milliseconds left_until(Deadline deadline) {
  return std::max(milliseconds(0), std::chrono::duration_cast<milliseconds>(deadline - base::steady_now()));
}

base::Error timed_out(const TopicSample& sample) {
  return {base::Code::kTimeout, base::exceptions::kTimeout,
          fmt::format("The records of topic '{}' were not read in time: Kafka is slow or out of reach", sample.topic)};
}

SampledMessage::Bytes owned(std::string_view bytes) {
  if (bytes.data() == nullptr) return std::nullopt;
  return std::string(bytes);
}

bool older(const SampledMessage& a, const SampledMessage& b) {
  return std::tie(a.timestamp_ms, a.partition, a.offset) < std::tie(b.timestamp_ms, b.partition, b.offset);
}

// Keeps the newest messages that fit.
class Newest {
 public:
  explicit Newest(std::size_t count) : count_(count) {}

  void add(const kafka::MessageBatch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const kafka::Message& from = batch.messages()[i];
      SampledMessage message{from.partition,    from.offset, from.timestamp_ms, from.timestamp_type, owned(from.key),
                             owned(from.value), {}};
      headers_.clear();
      batch.headers(i, headers_);
      for (const kafka::HeaderView& header : headers_)
        message.headers.emplace_back(std::string(header.key), owned(header.value));
      if (message.bytes() > kSampleBytesMax) {
        ++sampled_.left_out;
        continue;
      }
      bytes_ += message.bytes();
      sampled_.messages.push_back(std::move(message));
    }
    std::sort(sampled_.messages.begin(), sampled_.messages.end(), older);
    auto& messages = sampled_.messages;
    auto first = messages.begin();
    for (; first != messages.end() &&
           (messages.end() - first > static_cast<std::ptrdiff_t>(count_) || bytes_ > kSampleBytesMax);
         ++first)
      bytes_ -= first->bytes();
    messages.erase(messages.begin(), first);
  }
  Sampled take() { return std::move(sampled_); }

 private:
  const std::size_t count_;
  Sampled sampled_;
  std::size_t bytes_ = 0;
  std::vector<kafka::HeaderView> headers_;
};

base::Result<std::vector<base::TopicPartition>> partitions(kafka::Consumer& consumer, const TopicSample& sample,
                                                           Deadline deadline) {
  auto found = consumer.partitions_of(sample.topic, left_until(deadline));
  if (!found && found.error().code() == base::Code::kNotFound)
    return base::config_error("Topic '{}' does not exist: name one that does", sample.topic);
  if (!found) return found;
  if (sample.partition) {
    std::erase_if(*found, [&](const auto& partition) { return partition.partition != *sample.partition; });
    if (found->empty())
      return base::config_error("Topic '{}' has no partition {}: name one that it has", sample.topic,
                                *sample.partition);
  }
  if (found->size() > kSamplePartitionsMax)
    return base::config_error("Topic '{}' has {} partitions, more than the {} that can be read at once: name one",
                              sample.topic, found->size(), kSamplePartitionsMax);
  return found;
}

bool reached(const kafka::Consumer& consumer, std::span<const kafka::PartitionOffset> ends) {
  return std::all_of(ends.begin(), ends.end(), [&](const kafka::PartitionOffset& end) {
    const auto position = consumer.position(end.partition);
    return position && *position >= end.offset;
  });
}

}  // namespace

std::size_t SampledMessage::bytes() const {
  const auto size = [](const Bytes& bytes) { return bytes ? bytes->size() : 0; };
  std::size_t sum = size(key) + size(value);
  for (const auto& [name, header] : headers) sum += name.size() + size(header);
  return sum;
}

base::Result<Sampled> sample_topic(const kafka::ClientConfig& config, const TopicSample& sample, Deadline deadline) {
  SLUICE_TRY_ASSIGN(const auto consumer, kafka::Consumer::create(config));
  SLUICE_TRY_ASSIGN(const auto all, partitions(*consumer, sample, deadline));
  SLUICE_TRY_ASSIGN(const auto begins, consumer->beginning_offsets(all, left_until(deadline)));
  SLUICE_TRY_ASSIGN(auto ends, consumer->end_offsets(all, left_until(deadline)));
  std::vector<kafka::PartitionOffset> starts;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const auto wanted = static_cast<std::int64_t>(sample.records);
    const std::int64_t start = std::max(begins[i].offset, ends[i].offset - wanted);
    if (start < ends[i].offset) starts.push_back({ends[i].partition, start});
  }
  std::erase_if(ends, [&](const kafka::PartitionOffset& end) {
    return std::none_of(starts.begin(), starts.end(),
                        [&](const auto& start) { return start.partition == end.partition; });
  });
  if (starts.empty()) return Sampled{};
  SLUICE_TRY(consumer->assign(starts));
  Newest newest(sample.records);
  kafka::MessageBatch batch;
  bool any = false;
  for (Deadline heard = base::steady_now(); !reached(*consumer, ends);) {
    if (base::steady_now() >= deadline) return base::fail(timed_out(sample));
    if (any && base::steady_now() - heard > kSilence) break;
    SLUICE_TRY(consumer->poll_into(batch, std::min(kPollWait, left_until(deadline))));
    if (batch.empty()) continue;
    newest.add(batch);
    any = true;
    heard = base::steady_now();
  }
  (void)consumer->close(kClose);  // nothing of ours depends on it
  return newest.take();
}

}  // namespace sluice::task
