#pragma once
// Sends the records of a dead-letter queue back to where they came from, as they were before they failed. Progress is
// committed to a consumer group, so that a second run sends only what is new; what is sent twice at most is what one
// poll gave. One thread.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/kafka/client_config.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/producer.h"

namespace sluice::cmd {

struct ReplayOptions {
  std::string queue;                 // the dead-letter topic
  std::optional<std::string> to;     // instead of the topic that a record came from
  std::string group;                 // keeps the progress
  std::optional<std::uint64_t> max;  // records to send at most
  bool from_beginning = false;       // whatever the group has committed
  bool keep_partition = false;       // to the partition that a record came from
  bool dry_run = false;              // sends and commits nothing
  kafka::ConfigMap client;           // Java client keys, bootstrap.servers among them
};

// Where a record goes, and with which headers. Views are borrowed from the headers given.
struct ReplayTarget {
  std::string topic;
  std::int32_t partition = kafka::kAnyPartition;
  std::vector<kafka::HeaderView> headers;
};
// Error: the record does not tell where it came from, or it holds JSON that a source's converter did not make.
base::Result<ReplayTarget> replay_target(const std::vector<kafka::HeaderView>& headers, const ReplayOptions& options);

struct ReplaySummary {
  std::map<std::string, std::uint64_t> sent;  // by topic; of a dry run: what would be sent
  std::uint64_t total() const;
};

class DlqReplay {
 public:
  explicit DlqReplay(ReplayOptions options) : options_(std::move(options)) {}

  // Replays what was in the queue when it was called: what fails again in the meantime is for the next run. An error:
  // what could not be done; summary() tells what was sent before, and is committed.
  base::Status run();
  const ReplaySummary& summary() const { return summary_; }

 private:
  struct End {
    std::int64_t next = 0;  // offset to read next
    std::int64_t end = 0;
  };
  base::Status open();
  base::Status find_range();
  base::Status send(const kafka::MessageBatch& batch);
  base::Result<bool> send_one(const kafka::MessageBatch& batch, std::size_t index);  // false: enough were sent
  base::Status flush_and_commit();
  bool done() const;
  void note_deliveries(std::span<const kafka::Delivery> deliveries);

  const ReplayOptions options_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::unique_ptr<kafka::Producer> producer_;
  std::map<std::int32_t, End> partitions_;
  ReplaySummary summary_;
  std::map<std::string, std::uint64_t> pending_;  // sent, and not yet acknowledged
  std::optional<base::Error> delivery_error_;
};

}  // namespace sluice::cmd
