#pragma once
// A record that failed, as reports need it: a text for the log, and what goes to the dead-letter queue.

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/data/batch.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/record_view.h"

namespace sluice::task {

// Headers that tell of the failure begin with one of these; Connect's own, and ours of what Connect has no name for.
inline constexpr std::string_view kErrorHeaderPrefix = "__connect.errors.";
inline constexpr std::string_view kOwnErrorHeaderPrefix = "__sluice.errors.";
inline constexpr std::string_view kErrorTopicHeader = "__connect.errors.topic";
inline constexpr std::string_view kErrorPartitionHeader = "__connect.errors.partition";
inline constexpr std::string_view kIntendedTopicHeader = "__sluice.errors.topic";
inline constexpr std::string_view kFormHeader = "__sluice.errors.form";
inline constexpr std::string_view kFormConverted = "converted";
inline constexpr std::string_view kFormJson = "json";

// What of a failed record goes to the dead-letter queue. Views are borrowed from the record, or from `texts`.
struct DeadLetter {
  std::string_view key{};    // data() == nullptr: null
  std::string_view value{};  // data() == nullptr: null
  std::int64_t timestamp_ms = kafka::kNoTimestamp;
  std::vector<kafka::HeaderView> headers{};  // the record's own
  std::vector<kafka::HeaderView> context{};  // where it came from; the names end with NUL
  std::deque<std::string> texts{};

  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
};

class FailedRecord {
 public:
  virtual ~FailedRecord() = default;
  // ", where ... record is ...", as Connect's log reporter ends its line.
  virtual std::string log_text() const = 0;
  virtual void dead_letter(DeadLetter& letter) const = 0;
};

// A message that a sink task consumed. Borrows the batch.
class ConsumedRecord final : public FailedRecord {
 public:
  ConsumedRecord(const kafka::MessageBatch& messages, std::size_t index) : messages_(messages), index_(index) {}

  std::string log_text() const override;
  void dead_letter(DeadLetter& letter) const override;

 private:
  const kafka::MessageBatch& messages_;
  const std::size_t index_;
};

// What the converters have made of a source's record so far.
struct ConvertedParts {
  std::optional<std::span<const kafka::HeaderView>> headers{};
  std::optional<std::string_view> key{};
  std::optional<std::string_view> value{};
};

// A record that a source task polled. Goes to the queue as far as it got: bytes where a converter has made them, JSON
// without schemas (Java's text where JSON has no form) for the rest. Borrows the batch, whose arena takes the JSON.
class PolledRecord final : public FailedRecord {
 public:
  PolledRecord(data::Batch& batch, const data::Record& record, ConvertedParts converted = {})
      : batch_(batch), record_(record), converted_(converted) {}

  std::string log_text() const override;
  void dead_letter(DeadLetter& letter) const override;

 private:
  data::Batch& batch_;
  const data::Record& record_;
  const ConvertedParts converted_;
};

}  // namespace sluice::task
