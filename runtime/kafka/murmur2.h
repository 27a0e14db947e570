#pragma once
// Kafka's murmur2 (seed 0x9747b28c) and the partition that Java's default partitioner takes for a keyed record.
// librdkafka's `murmur2_random`, which the producer uses, is equal; these exist for those who must know the partition
// beforehand. [any thread]

#include <cstdint>
#include <string_view>

namespace sluice::kafka {

std::uint32_t murmur2(std::string_view bytes);

// `partitions` must be > 0. An empty key is a key (hash of no bytes); a null key has no fixed partition and is not for
// this function.
inline std::int32_t partition_for_key(std::string_view key, std::int32_t partitions) {
  return static_cast<std::int32_t>(murmur2(key) & 0x7fffffffu) % partitions;
}

}  // namespace sluice::kafka
