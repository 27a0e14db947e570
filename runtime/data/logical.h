#pragma once
// Connect's logical types: values of Decimal, Date, Time and Timestamp to and from the base types that are written. All
// checks are Connect's, with its texts (DataException). `schema` must bear the type's name, or the conversion fails.

#include <cstdint>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::data {

// The scale parameter of a Decimal schema.
base::Result<std::int32_t> decimal_schema_scale(const Schema& schema);
// The unscaled bytes of `decimal` (a view of it); its scale must be the schema's.
base::Result<std::string_view> decimal_from_logical(const Schema& schema, const Value& decimal);
// A DECIMAL value in the arena from its two's complement bytes; kNoMemory if the arena's limit is reached.
base::Result<Value> decimal_to_logical(const Schema& schema, std::string_view unscaled, sluice_arena* arena);

// Days since the epoch; the time of day must be zero.
base::Result<std::int32_t> date_from_logical(const Schema& schema, std::int64_t epoch_ms);
base::Result<Value> date_to_logical(const Schema& schema, std::int32_t days);
// Milliseconds since midnight, 0 to 86400000.
base::Result<std::int32_t> time_from_logical(const Schema& schema, std::int64_t epoch_ms);
base::Result<Value> time_to_logical(const Schema& schema, std::int32_t millisecond_of_day);
// Milliseconds since the epoch.
base::Result<std::int64_t> timestamp_from_logical(const Schema& schema, std::int64_t epoch_ms);
base::Result<Value> timestamp_to_logical(const Schema& schema, std::int64_t epoch_ms);

}  // namespace sluice::data
