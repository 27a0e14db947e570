#include "runtime/task/source_transaction.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <sluice/abi.h>

#include "runtime/base/log.h"

namespace sluice::task {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

const base::Logger kLog{"org.apache.kafka.connect.runtime.ExactlyOnceWorkerSourceTask"};

// How long Kafka is waited for between two looks at whether to give up.
constexpr milliseconds kTurn{500};

bool asked(const std::vector<std::uint32_t>& records, std::uint32_t record) {
  return std::find(records.begin(), records.end(), record) != records.end();
}

base::Error stopping() {
  return {base::Code::kStopping, base::exceptions::kConnect, "The task is stopping"};
}

}  // namespace

TransactionBoundary transaction_boundary(std::string_view text) {
  if (text == "interval") return TransactionBoundary::kInterval;
  return text == "connector" ? TransactionBoundary::kConnector : TransactionBoundary::kPoll;
}

TransactionEnd TransactionRequests::behind(std::uint32_t record, bool* conflict) const {
  const bool abort = asked(aborts_, record), commit = asked(commits_, record);
  *conflict = abort && commit;
  if (abort) return TransactionEnd::kAbort;
  return commit ? TransactionEnd::kCommit : TransactionEnd::kNone;
}

SourceTransaction::SourceTransaction(Options options, kafka::Producer& producer, store::OffsetStore& store,
                                     OffsetTracker& tracker, const base::Clock& clock)
    : options_(std::move(options)),
      producer_(producer),
      store_(store),
      tracker_(tracker),
      clock_(clock),
      last_commit_ms_(clock.monotonic_ns() / 1'000'000) {}

base::Status SourceTransaction::init(const GiveUp& give_up) {
  for (;;) {
    auto ready = producer_.init_transactions(kTurn);
    if (ready || ready.error().code() != base::Code::kRetry) return ready;
    if (give_up()) return base::fail(stopping());
  }
}

base::Status SourceTransaction::begin() {
  if (open_) return {};
  SLUICE_TRY(producer_.begin_transaction());
  open_ = true;
  return {};
}

bool SourceTransaction::interval_over() const {
  return clock_.monotonic_ns() / 1'000'000 - last_commit_ms_ >= options_.interval_ms;
}

base::Status SourceTransaction::flush(const Deliveries& deliveries, const GiveUp& give_up) {
  for (;;) {
    auto flushed = producer_.flush(Clock::now() + kTurn, deliveries);
    if (flushed || flushed.error().code() != base::Code::kTimeout) return flushed;
    if (auto fatal = producer_.fatal_error()) return base::fail(std::move(*fatal));
    if (give_up()) return base::fail(stopping());
  }
}

base::Status SourceTransaction::send_offsets(std::vector<store::OffsetRecord>& offsets, const GiveUp& give_up) {
  store_.use_stored_keys(offsets);
  SLUICE_TRY_ASSIGN(kafka::Topic * topic, producer_.topic(options_.offsets_topic));
  std::optional<base::Error> failed;
  const Deliveries note = [&](std::span<const kafka::Delivery> reports) {
    for (const auto& report : reports)
      if (report.error != kafka::error_code::kNone && !failed)
        failed = kafka::make_error(report.error, fmt::format("an offset for topic {}", options_.offsets_topic));
  };
  for (const store::OffsetRecord& offset : offsets) {
    kafka::OutRecord out;
    out.topic = topic;
    out.key = offset.key;
    if (offset.value) out.value = *offset.value;
    for (;;) {
      const auto status = producer_.produce(out);
      if (status == kafka::ProduceStatus::kOk) break;
      if (status == kafka::ProduceStatus::kFailed) return base::fail(producer_.last_error());
      producer_.poll_deliveries(kTurn, note);
      if (give_up()) return base::fail(stopping());
    }
  }
  SLUICE_TRY(flush(note, give_up));  // the offsets' bytes are read in place until then
  return failed ? base::fail(std::move(*failed)) : base::Status();
}

base::Status SourceTransaction::commit_until(const GiveUp& give_up) {
  for (;;) {
    auto committed = producer_.commit_transaction(kTurn, [](std::span<const kafka::Delivery>) {});
    if (committed || committed.error().code() != base::Code::kRetry) return committed;
    if (give_up()) return base::fail(stopping());
  }
}

base::Error SourceTransaction::commit_failed(base::Error why) const {
  if (why.code() == base::Code::kStopping) return why;
  if (std::string_view(why.exception()) == "org.apache.kafka.common.errors.InvalidProducerEpochException") {
    return base::Error(
               base::Code::kFatal, base::exceptions::kConnect,
               fmt::format(
                   "The task {} was unable to finish writing records to Kafka before its producer transaction expired. "
                   "It may be necessary to reconfigure this connector in order for it to run healthily with "
                   "exactly-once support. Options for this include: tune the connector's producer configuration for "
                   "higher throughput, increase the transaction timeout for the connector's producers, decrease the "
                   "offset commit interval (if using interval-based transaction boundaries), or use the 'poll' "
                   "transaction boundary (if the connector is not already configured to use it).",
                   options_.task.to_string()))
        .with_cause(why);
  }
  return base::Error(base::Code::kFatal, base::exceptions::kConnect,
                     fmt::format("Failed to flush offsets and/or records for task {}", options_.task.to_string()))
      .with_cause(why);
}

base::Status SourceTransaction::commit(const Deliveries& deliveries, const std::optional<base::Error>& failed,
                                       const GiveUp& give_up) {
  if (auto flushed = flush(deliveries, give_up); !flushed) return base::fail(commit_failed(std::move(flushed).error()));
  if (failed) return base::fail(commit_failed(*failed));
  last_commit_ms_ = clock_.monotonic_ns() / 1'000'000;
  if (!open_ && !tracker_.anything_to_commit()) return {};
  if (const std::string error = tracker_.take_error(); !error.empty())
    kLog.error(
        "CRITICAL: Failed to serialize offset data, making it impossible to commit offsets under namespace {}. This "
        "likely won't recover unless the unserializable partition or offset information is overwritten.\n{}",
        options_.task.connector, error);
  auto offsets = tracker_.take();
  const auto write = [&]() -> base::Status {
    SLUICE_TRY(begin());
    SLUICE_TRY(send_offsets(offsets, give_up));
    return commit_until(give_up);
  };
  if (auto written = write(); !written) {
    kLog.error("WorkerSourceTask{{id={}}} Failed to commit producer transaction", options_.task.to_string());
    tracker_.give_back(std::move(offsets));
    return base::fail(commit_failed(std::move(written).error()));
  }
  open_ = false;
  store_.committed(std::move(offsets));
  return {};
}

base::Status SourceTransaction::abort(milliseconds timeout, const Deliveries& deliveries) {
  if (!open_) return {};
  SLUICE_TRY(producer_.abort_transaction(timeout, deliveries));
  open_ = false;
  return {};
}

}  // namespace sluice::task
