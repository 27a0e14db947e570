#pragma once
// Inside the module: the state of a Consumer. consumer.cc polls; consumer_group.cc assigns, rebalances and commits.

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>

#include "runtime/kafka/client_handle.h"
#include "runtime/kafka/consumer.h"
#include "runtime/kafka/java_pattern.h"
#include "runtime/kafka/partition_lists.h"

namespace sluice::kafka {

struct Consumer::Impl {
  struct Owned {
    std::int64_t position =
        kNoOffset;  // next offset poll gives; below zero: one of the kOffset constants, not resolved yet
    bool paused = false;
    bool started = false;  // librdkafka knows of the assignment: seek and pause go through to it
  };
  struct PendingCommit {
    Consumer::Impl* consumer;
    CommitCallback callback;
    std::vector<PartitionOffset> offsets;
  };
  using Clock = std::chrono::steady_clock;

  ClientSettings settings;
  RebalanceListener* listener = nullptr;
  std::shared_ptr<ClientHandle> client;          // shared with the batches that are still out
  RdQueue queue;                                 // where records and rebalances arrive
  std::mutex queue_mutex;                        // of the pointer's end alone: wakeup() may come while close() drops it
  RdQueue commit_queue;                          // where results of asynchronous commits arrive
  std::vector<rd_kafka_topic_t*> manual_topics;  // without a group: fetching started by hand, one entry per partition
  std::vector<std::int32_t> manual_partitions;   // beside manual_topics
  std::unordered_map<base::TopicPartition, Owned> owned;
  std::vector<rd_kafka_message_t*> fetched;  // of one poll, kept for its memory
  std::list<PendingCommit> commits;
  std::optional<base::Error> error;  // for the next poll to return
  std::optional<JavaPattern> pattern;
  std::set<std::string> pattern_topics;
  Clock::time_point next_lookup{};
  std::atomic<bool> wakeup{false};
  bool closed = false;

  ~Impl();
  bool has_group() const { return !settings.group_id.empty(); }
  rd_kafka_t* raw() const { return client->get(); }

  // consumer.cc
  void fetch(std::chrono::milliseconds timeout, std::size_t records_max);
  void hand_over(std::vector<Message>& messages, std::vector<void*>& owners, std::size_t& bytes);
  void on_message_error(const rd_kafka_message_t& message);
  void serve_commits(int timeout_ms);
  void finish_commit(PendingCommit* pending, int code, const rd_kafka_topic_partition_list_t* list);
  void serve_event(rd_kafka_event_t* event);

  // consumer_group.cc
  void look_up_pattern();
  void on_rebalance(int code, const rd_kafka_topic_partition_list_t* partitions);
  void on_assign(const rd_kafka_topic_partition_list_t* partitions);
  void on_revoke(const rd_kafka_topic_partition_list_t* partitions);
  std::vector<PartitionOffset> starting_offsets(std::span<const base::TopicPartition> partitions);
  void note(base::Error what) {
    if (!error) error = std::move(what);
  }
  base::Status seek_raw(std::span<const PartitionOffset> offsets);
  base::Status pause_raw(std::span<const base::TopicPartition> partitions, bool pause);
  base::Status assign_without_group(std::span<const PartitionOffset> partitions);
  void stop_manual_fetching();
  bool cooperative() const;
};

base::Error no_group_error();

}  // namespace sluice::kafka
