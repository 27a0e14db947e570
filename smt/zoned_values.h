#pragma once
// Debezium's and Connect's types of time, moved into a time zone as TimezoneConverter does: numbers count as local
// times of the zone and become those of UTC; texts with an offset get the zone's.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "smt/time_zone.h"

namespace sluice::smt {

enum class TimeForm { kTimestamp, kMicroTimestamp, kNanoTimestamp, kConnectTimestamp, kZonedTimestamp, kZonedTime };

// By the name of a schema; nothing for other names.
std::optional<TimeForm> time_form(std::string_view schema_name);
// Whether a schema of this name is a time that cannot be moved: dates, and times of day without an offset.
bool is_unzoned_time(std::string_view schema_name);

// `now_second` says which offset a time of day gets. Texts live in `arena`; `scratch` is reused between calls. Error: a
// text that is no time, a number out of range, a value of another class than the form has.
base::Result<Value> move_to_zone(sluice_arena* arena, TimeForm form, const Value& value, const TimeZone& zone,
                                 std::int64_t now_second, std::string& scratch);

// Of the event's own times (`ts_ms`, `ts_us`, `ts_ns`), which are instants: the zone's offset is added.
base::Result<Value> move_epoch(std::string_view field, const Value& value, const TimeZone& zone);

}  // namespace sluice::smt
