#pragma once
// Plain views that both directions share. Kafka tells null from empty: a string_view whose data() is nullptr is null,
// `""` is empty.

#include <cstdint>
#include <string_view>

namespace sluice::kafka {

inline constexpr std::int32_t kAnyPartition = -1;
inline constexpr std::int64_t kNoTimestamp = -1;
inline constexpr std::int64_t kNoOffset = -1;

struct HeaderView {
  std::string_view key;
  std::string_view value;  // data() == nullptr: null
};

enum class TimestampType : std::uint8_t { kNone, kCreateTime, kLogAppendTime };

}  // namespace sluice::kafka
