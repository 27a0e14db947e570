#pragma once
// `bootstrap.servers=embedded`: librdkafka's mock cluster in this process, on a loopback port: a Kafka endpoint for
// clients built on librdkafka (not for Java's), in memory, gone at exit. For first steps and fast tests;
// docs/client-config.md lists what it can and cannot do.
//
// While an EmbeddedBroker lives, clients whose bootstrap.servers is `embedded` (or its address) use it; one per process
// at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::kafka {

inline constexpr std::string_view kEmbeddedBootstrap = "embedded";

class EmbeddedBroker {
 public:
  // librdkafka keeps at most this much of each partition and drops the oldest batches beyond it.
  static constexpr std::int64_t kPartitionBytesMax = 5 * 1024 * 1024;
  static constexpr std::int64_t kPartitionBatchesMax = 100'000;

  // kExists if one runs in this process already.
  static base::Result<std::unique_ptr<EmbeddedBroker>> start();
  // The one that runs in this process, or null. Valid until its owner destroys it.
  static EmbeddedBroker* running();
  ~EmbeddedBroker();
  EmbeddedBroker(const EmbeddedBroker&) = delete;
  EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

  // "127.0.0.1:port". [any]
  const std::string& bootstrap_servers() const;
  // [any] kExists. `partitions` -1: one partition.
  base::Status create_topic(std::string_view name, std::int32_t partitions);
  // [any] One partition, unless the topic exists: a real broker's default, so that order is kept. Topics that only
  // foreign clients ask for get librdkafka's four.
  void ensure_topic(std::string_view name) { std::ignore = create_topic(name, 1); }

  // Faults, for tests. [any]
  void set_down(bool down);  // drops connections and refuses new ones
  void set_round_trip_ms(int ms);
  // The next `count` requests of the protocol key (0 produce, 1 fetch, 8 offset commit, ...) fail with this broker
  // error.
  void fail_requests(std::int16_t api_key, int error, int count);

 private:
  struct Impl;
  explicit EmbeddedBroker(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::kafka
