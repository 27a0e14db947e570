// Subscription, rebalances, positions and commits of consumer.h.

#include <algorithm>
#include <thread>

#include "runtime/kafka/consumer_impl.h"
#include "runtime/kafka/embedded_broker.h"

namespace sluice::kafka {
namespace {

// How long to wait for a partition that was assigned a moment ago to be ready for a seek.
constexpr std::chrono::milliseconds kSeekReady{5000};
// One attempt at a lookup within poll.
constexpr std::chrono::milliseconds kLookupTimeout{3000};
// Until the pattern matches anything, look more often than metadata.max.age.ms.
constexpr std::chrono::milliseconds kLookupWhileEmpty{2000};

base::Error not_assigned(std::string_view verb, const base::TopicPartition& partition) {
  return base::Error(base::Code::kNotFound, base::exceptions::kIllegalState,
                     fmt::format("No current assignment for partition {} to {}", partition.to_string(), verb));
}

}  // namespace

base::Status Consumer::subscribe(std::span<const std::string> topics) {
  if (!impl_->has_group()) return base::fail(no_group_error());
  RdPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const std::string& topic : topics) {
    if (topic.empty() || topic.front() == '^')  // librdkafka would take it for a regular expression of its own kind
      return base::fail(base::Code::kInvalidConfig, "org.apache.kafka.common.errors.InvalidTopicException",
                        "Topic name is invalid: '{}'", topic);
    if (EmbeddedBroker* broker = impl_->client->embedded_broker()) broker->ensure_topic(topic);
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  impl_->pattern.reset();
  const auto code = topics.empty() ? rd_kafka_unsubscribe(impl_->raw()) : rd_kafka_subscribe(impl_->raw(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return base::fail(make_error(code, "subscribing"));
  return {};
}

base::Status Consumer::subscribe_pattern(std::string_view java_regex) {
  if (!impl_->has_group()) return base::fail(no_group_error());
  SLUICE_TRY_ASSIGN(JavaPattern pattern, JavaPattern::compile(java_regex));
  impl_->pattern.emplace(std::move(pattern));
  impl_->pattern_topics.clear();
  impl_->next_lookup = {};
  return {};
}

// Subscribes to the topics that match now, if they are not the ones that matched before.
void Consumer::Impl::look_up_pattern() {
  if (!pattern || Clock::now() < next_lookup) return;
  const auto metadata = fetch_metadata(*client, kLookupTimeout);
  next_lookup = Clock::now() + std::min<std::chrono::milliseconds>(settings.metadata_max_age, kLookupWhileEmpty);
  if (!metadata)
    return client->log().warn("Looking for topics that match the subscription: {}", metadata.error().message());
  std::set<std::string> topics;
  for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
    const std::string_view topic = (*metadata)->topics[i].topic;
    if (settings.exclude_internal_topics &&
        (topic == "__consumer_offsets" || topic == "__transaction_state" || topic == "__share_group_state"))
      continue;
    if (pattern->matches(topic)) topics.emplace(topic);
  }
  if (!topics.empty()) next_lookup = Clock::now() + settings.metadata_max_age;
  if (topics == pattern_topics) return;
  RdPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
  for (const auto& topic : topics) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  const auto code = topics.empty() ? rd_kafka_unsubscribe(raw()) : rd_kafka_subscribe(raw(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return note(make_error(code, "subscribing"));
  client->log().info("{} topics match the subscription", topics.size());
  pattern_topics = std::move(topics);
}

base::Status Consumer::assign(std::span<const PartitionOffset> partitions) {
  auto& impl = *impl_;
  impl.pattern.reset();
  impl.owned.clear();
  if (!impl.has_group())
    SLUICE_TRY(impl.assign_without_group(partitions));
  else if (const auto code = rd_kafka_assign(impl.raw(), make_list(partitions).get());
           code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return base::fail(make_error(code, "assigning partitions"));
  for (const auto& entry : partitions) impl.owned[entry.partition] = {entry.offset, false, true};
  return {};
}

base::Status Consumer::Impl::assign_without_group(std::span<const PartitionOffset> partitions) {
  stop_manual_fetching();
  for (const auto& entry : partitions) {
    rd_kafka_topic_t* topic = rd_kafka_topic_new(raw(), entry.partition.topic.c_str(), nullptr);
    if (!topic) return base::fail(make_error(rd_kafka_last_error(), fmt::format("topic '{}'", entry.partition.topic)));
    if (rd_kafka_consume_start_queue(topic, entry.partition.partition, entry.offset, queue.get()) != 0) {
      const auto code = rd_kafka_last_error();
      rd_kafka_topic_destroy(topic);
      return base::fail(make_error(code, fmt::format("reading {}", entry.partition.to_string())));
    }
    owned[entry.partition] = {entry.offset, false, true};
    manual_topics.push_back(topic);
    manual_partitions.push_back(entry.partition.partition);
  }
  return {};
}

void Consumer::Impl::stop_manual_fetching() {
  for (std::size_t i = 0; i < manual_topics.size(); ++i) {
    rd_kafka_consume_stop(manual_topics[i], manual_partitions[i]);
    rd_kafka_topic_destroy(manual_topics[i]);
  }
  manual_topics.clear();
  manual_partitions.clear();
}

bool Consumer::Impl::cooperative() const {
  const char* const protocol = rd_kafka_rebalance_protocol(raw());  // nullptr once the group ends
  return protocol != nullptr && std::string_view(protocol) == "COOPERATIVE";
}

void Consumer::Impl::on_rebalance(int code, const rd_kafka_topic_partition_list_t* partitions) {
  if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return on_assign(partitions);
  if (code == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) return on_revoke(partitions);
  note(make_error(code, "rebalancing"));
  rd_kafka_assign(raw(), nullptr);
}

// The listener is told before librdkafka starts to fetch, so that a seek in it costs nothing and nothing is read twice.
void Consumer::Impl::on_assign(const rd_kafka_topic_partition_list_t* partitions) {
  const auto added = partitions_of_list(partitions);
  const auto starts = starting_offsets(added);
  for (const auto& start : starts) owned[start.partition] = {start.offset, false, false};
  if (listener) {
    std::vector<PartitionOffset> shown = starts;
    for (auto& start : shown) start.offset = std::max(start.offset, kNoOffset);
    listener->on_assigned(shown);
  }
  const RdPartitions list = make_list(added, RD_KAFKA_OFFSET_INVALID);
  std::vector<base::TopicPartition> paused;
  for (int i = 0; i < list->cnt; ++i) {
    auto& item = list->elems[i];
    const base::TopicPartition partition{item.topic, item.partition};
    auto& state = owned[partition];
    item.offset = state.position;
    state.started = true;
    if (state.paused) paused.push_back(partition);
  }
  if (cooperative()) {
    if (auto* failure = rd_kafka_incremental_assign(raw(), list.get()))
      note(take_error(failure, "taking over partitions"));
  } else if (const auto code = rd_kafka_assign(raw(), list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    note(make_error(code, "taking over partitions"));
  }
  if (paused.empty()) return;
  if (auto status = pause_raw(paused, true); !status) note(std::move(status).error());
}

void Consumer::Impl::on_revoke(const rd_kafka_topic_partition_list_t* partitions) {
  const auto removed = partitions_of_list(partitions);
  const bool lost = rd_kafka_assignment_lost(raw()) != 0;
  if (listener && !removed.empty()) lost ? listener->on_lost(removed) : listener->on_revoked(removed);
  for (const auto& partition : removed) owned.erase(partition);
  if (cooperative()) {
    if (auto* failure = rd_kafka_incremental_unassign(raw(), partitions))
      note(take_error(failure, "giving up partitions"));
  } else {
    rd_kafka_assign(raw(), nullptr);
  }
}

// Committed offsets, else what auto.offset.reset says. Tries until default.api.timeout.ms, as Java's client does; what
// it could not find out then is an error for the next poll, and is left to librdkafka (a negative constant).
std::vector<PartitionOffset> Consumer::Impl::starting_offsets(std::span<const base::TopicPartition> partitions) {
  const auto deadline = Clock::now() + settings.default_api_timeout;
  const auto left = [&] {
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()),
                    std::chrono::milliseconds(1));
  };
  const auto try_again = [&](const base::Error& failure) {
    const bool passing = failure.code() == base::Code::kRetry || failure.code() == base::Code::kTimeout;
    if (wakeup.load()) return false;  // somebody wants to stop: librdkafka may find out for itself
    if (passing && Clock::now() < deadline && !client->fatal_error()) {
      std::this_thread::sleep_for(std::min(settings.retry_backoff, left()));
      return true;
    }
    note(failure);
    return false;
  };

  std::vector<PartitionOffset> starts;
  for (const auto& partition : partitions) starts.push_back({partition, kOffsetCommitted});
  for (;;) {
    const RdPartitions list = make_list(partitions, RD_KAFKA_OFFSET_INVALID);
    int code = rd_kafka_committed(raw(), list.get(), to_timeout(std::min(left(), kLookupTimeout)));
    if (code == 0) code = first_error(list.get());
    if (code == 0) {
      for (auto& start : starts)
        if (const auto* item = rd_kafka_topic_partition_list_find(list.get(), start.partition.topic.c_str(),
                                                                  start.partition.partition);
            item && item->offset >= 0)
          start.offset = item->offset;
      break;
    }
    if (!try_again(make_error(code, "fetching committed offsets"))) return starts;
  }

  std::vector<base::TopicPartition> unset;
  for (const auto& start : starts)
    if (start.offset < 0) unset.push_back(start.partition);
  if (unset.empty() || settings.offset_reset == OffsetReset::kNone) return starts;
  const auto end = settings.offset_reset == OffsetReset::kEarliest ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
  for (;;) {
    const auto found = query_offsets(raw(), unset, end, std::min(left(), kLookupTimeout));
    if (found) {
      for (auto& start : starts)
        for (const auto& entry : *found)
          if (entry.partition == start.partition && entry.offset >= 0) start.offset = entry.offset;
      return starts;
    }
    if (!try_again(found.error())) return starts;
  }
}

base::Status Consumer::pause(std::span<const base::TopicPartition> partitions) {
  for (const auto& partition : partitions)
    if (!impl_->owned.contains(partition)) return base::fail(not_assigned("pause", partition));
  return impl_->pause_raw(partitions, true);
}

base::Status Consumer::resume(std::span<const base::TopicPartition> partitions) {
  for (const auto& partition : partitions)
    if (!impl_->owned.contains(partition)) return base::fail(not_assigned("resume", partition));
  return impl_->pause_raw(partitions, false);
}

base::Status Consumer::Impl::pause_raw(std::span<const base::TopicPartition> partitions, bool pause) {
  std::vector<base::TopicPartition> now;
  for (const auto& partition : partitions) {
    auto& state = owned[partition];
    state.paused = pause;
    if (state.started) now.push_back(partition);
  }
  if (now.empty()) return {};
  const RdPartitions list = make_list(now, RD_KAFKA_OFFSET_INVALID);
  int code = pause ? rd_kafka_pause_partitions(raw(), list.get()) : rd_kafka_resume_partitions(raw(), list.get());
  if (code == 0) code = first_error(list.get());
  if (code != 0) return base::fail(make_error(code, pause ? "pausing partitions" : "resuming partitions"));
  return {};
}

base::Status Consumer::seek(std::span<const PartitionOffset> offsets) {
  std::vector<PartitionOffset> now;
  for (const auto& entry : offsets) {
    const auto found = impl_->owned.find(entry.partition);
    if (found == impl_->owned.end()) return base::fail(not_assigned("seek", entry.partition));
    if (found->second.started) now.push_back(entry);
  }
  if (!now.empty()) SLUICE_TRY(impl_->seek_raw(now));
  for (const auto& entry : offsets) impl_->owned[entry.partition].position = entry.offset;
  return {};
}

base::Status Consumer::Impl::seek_raw(std::span<const PartitionOffset> offsets) {
  const auto give_up = Clock::now() + kSeekReady;
  for (;;) {
    const RdPartitions list = make_list(offsets);
    if (auto* failure = rd_kafka_seek_partitions(raw(), list.get(), to_timeout(kSeekReady)))
      return base::fail(take_error(failure, "seeking"));
    const int code = first_error(list.get());
    if (code == 0) return {};
    // Just assigned: librdkafka's broker thread has not taken the partition over yet.
    if (code != RD_KAFKA_RESP_ERR__STATE || Clock::now() >= give_up) return base::fail(make_error(code, "seeking"));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

base::Result<std::vector<PartitionOffset>> Consumer::committed(std::span<const base::TopicPartition> partitions,
                                                               std::chrono::milliseconds timeout) {
  if (!impl_->has_group()) return base::fail(no_group_error());
  const RdPartitions list = make_list(partitions, RD_KAFKA_OFFSET_INVALID);
  int code = rd_kafka_committed(impl_->raw(), list.get(), to_timeout(timeout));
  if (code == 0) code = first_error(list.get());
  if (code != 0) return base::fail(make_error(code, "fetching committed offsets"));
  return offsets_of_list(list.get());
}

base::Status Consumer::commit_sync(std::span<const PartitionOffset> offsets, std::chrono::milliseconds timeout) {
  if (offsets.empty()) return {};
  int result = RD_KAFKA_RESP_ERR__TIMED_OUT;
  bool done = false;
  const auto deadline = Impl::Clock::now() + timeout;
  // Its answer comes through the same queue as those of asynchronous commits, which must be told first, being older.
  SLUICE_TRY(commit_async(offsets, [&result, &done](int code, std::span<const PartitionOffset>) {
    result = code;
    done = true;
  }));
  auto* mine = &impl_->commits.back();
  while (!done && Impl::Clock::now() < deadline)
    impl_->serve_commits(
        to_timeout(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Impl::Clock::now()) +
                   std::chrono::milliseconds(1)));
  if (!done) mine->callback = nullptr;  // it refers to this frame
  if (result != 0) return base::fail(make_error(result, "committing offsets"));
  return {};
}

base::Status Consumer::commit_async(std::span<const PartitionOffset> offsets, CommitCallback callback) {
  auto& impl = *impl_;
  if (!impl.has_group()) return base::fail(no_group_error());
  impl.commits.push_back({&impl, std::move(callback), {offsets.begin(), offsets.end()}});
  if (offsets.empty()) {
    impl.finish_commit(&impl.commits.back(), 0, nullptr);
    return {};
  }
  const RdPartitions list = make_list(offsets);
  const auto on_done = [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t* answer,
                          void* opaque) {
    auto* pending = static_cast<Impl::PendingCommit*>(opaque);
    pending->consumer->finish_commit(pending, code, answer);
  };
  const auto code =
      rd_kafka_commit_queue(impl.raw(), list.get(), impl.commit_queue.get(), on_done, &impl.commits.back());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  impl.commits.pop_back();
  return base::fail(make_error(code, "committing offsets"));
}

void Consumer::Impl::serve_commits(int timeout_ms) {
  while (!commits.empty()) {
    RdEvent event(rd_kafka_queue_poll(commit_queue.get(), timeout_ms));
    if (!event) return;
    serve_event(event.get());
    timeout_ms = 0;
  }
}

void Consumer::Impl::serve_event(rd_kafka_event_t* event) {
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      if (auto* pending = static_cast<PendingCommit*>(rd_kafka_event_opaque(event)))
        finish_commit(pending, rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event));
      break;
    case RD_KAFKA_EVENT_REBALANCE:
      on_rebalance(rd_kafka_event_error(event), rd_kafka_event_topic_partition_list(event));
      break;
    default:
      client->on_event(event);
  }
}

void Consumer::Impl::finish_commit(PendingCommit* pending, int code, const rd_kafka_topic_partition_list_t* list) {
  const auto found =
      std::find_if(commits.begin(), commits.end(), [&](const PendingCommit& entry) { return &entry == pending; });
  if (found == commits.end()) return;
  if (code == 0) code = first_error(list);
  std::list<PendingCommit> mine;
  mine.splice(mine.begin(), commits, found);  // first, since the callback may commit again
  if (mine.front().callback) mine.front().callback(code, mine.front().offsets);
}

base::Result<GroupMetadata> Consumer::group_metadata() const {
  if (!impl_->has_group()) return base::fail(no_group_error());
  auto* metadata = rd_kafka_consumer_group_metadata(impl_->raw());
  if (!metadata) return base::fail(no_group_error());
  return GroupMetadata(metadata);
}

std::string Consumer::member_id() const {
  if (!impl_->has_group()) return {};
  char* id = rd_kafka_memberid(impl_->raw());
  if (!id) return {};
  std::string text(id);
  rd_kafka_mem_free(impl_->raw(), id);
  return text;
}

}  // namespace sluice::kafka
