#pragma once
// Times with an offset as java.time's ISO_OFFSET_DATE_TIME and ISO_OFFSET_TIME read and write them
// ("2024-02-01T06:23:39.808Z", "12:00:00+02:00"): strict, with DateTimeParseException's texts.

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::smt {

struct OffsetDateTime {
  std::int64_t local_second = 0;  // the local date and time, counted as if it were UTC
  std::int32_t nano = 0;
  std::int32_t offset = 0;  // seconds east of UTC
};
struct OffsetTime {
  std::int32_t second_of_day = 0;
  std::int32_t nano = 0;
  std::int32_t offset = 0;
};

base::Result<OffsetDateTime> parse_offset_date_time(std::string_view text);
base::Result<OffsetTime> parse_offset_time(std::string_view text);

// Error: DateTimeException, the year has more than nine digits.
base::Status append_offset_date_time(const OffsetDateTime& time, std::string& out);
void append_offset_time(const OffsetTime& time, std::string& out);

}  // namespace sluice::smt
