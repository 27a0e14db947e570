#pragma once
// The transactions of a source task that delivers exactly once (KIP-618; spec connect-runtime.md section 6.5): records
// and the offsets that they came from are committed together, or not at all. A transaction begins with its first record
// and ends where the boundary says; the offsets go to the offsets topic through the task's own producer.
//
// Owned by the task, used on its thread. Nothing here has a limit of its own: how much one transaction holds is the
// boundary's choice, and its time is the producer's `transaction.timeout.ms`.

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/status.h"
#include "runtime/kafka/producer.h"
#include "runtime/store/offset_store.h"
#include "runtime/task/offset_tracker.h"

namespace sluice::task {

enum class TransactionBoundary { kPoll, kInterval, kConnector };
// From "poll", "interval", "connector".
TransactionBoundary transaction_boundary(std::string_view text);

enum class TransactionEnd { kNone, kCommit, kAbort };

// What a plugin asked for while it polled a batch (transaction.boundary=connector). A record is named by its place in
// the polled batch; SLUICE_TRANSACTION_ALL is the end of the batch.
class TransactionRequests {
 public:
  void commit(std::uint32_t record) { commits_.push_back(record); }
  void abort(std::uint32_t record) { aborts_.push_back(record); }
  void clear() {
    commits_.clear();
    aborts_.clear();
  }
  bool empty() const { return commits_.empty() && aborts_.empty(); }
  // What is to happen behind a record, or behind the batch. Both were asked for: kAbort, and `conflict` is set.
  TransactionEnd behind(std::uint32_t record, bool* conflict) const;

 private:
  std::vector<std::uint32_t> commits_, aborts_;
};

class SourceTransaction {
 public:
  struct Options {
    base::TaskId task;
    TransactionBoundary boundary = TransactionBoundary::kPoll;
    std::int64_t interval_ms = 60'000;  // of kInterval
    std::string offsets_topic;
  };
  using Deliveries = std::function<void(std::span<const kafka::Delivery>)>;
  using GiveUp = std::function<bool()>;  // asked now and then while Kafka does not answer

  // All must outlive this.
  SourceTransaction(Options options, kafka::Producer& producer, store::OffsetStore& store, OffsetTracker& tracker,
                    const base::Clock& clock);

  // Takes the transactional id over from whoever had it. kStopping if `give_up` said so.
  base::Status init(const GiveUp& give_up);
  // Before a record is produced.
  base::Status begin();
  bool open() const { return open_; }
  TransactionBoundary boundary() const { return options_.boundary; }
  const std::string& offsets_topic() const { return options_.offsets_topic; }
  bool interval_over() const;

  // Waits for every record's report (handed to `deliveries`), adds the offsets that the tracker has collected from
  // them, and commits. Nothing to do is success. `failed`: the first error that `deliveries` saw, or null. Error: the
  // task is to fail, with Connect's text; what was open is not committed.
  base::Status commit(const Deliveries& deliveries, const std::optional<base::Error>& failed, const GiveUp& give_up);
  // Drops what was sent since begin().
  base::Status abort(std::chrono::milliseconds timeout, const Deliveries& deliveries);

 private:
  base::Status flush(const Deliveries& deliveries, const GiveUp& give_up);
  base::Status send_offsets(std::vector<store::OffsetRecord>& offsets, const GiveUp& give_up);
  base::Status commit_until(const GiveUp& give_up);
  base::Error commit_failed(base::Error why) const;

  const Options options_;
  kafka::Producer& producer_;
  store::OffsetStore& store_;
  OffsetTracker& tracker_;
  const base::Clock& clock_;
  bool open_ = false;
  std::int64_t last_commit_ms_;
};

}  // namespace sluice::task
