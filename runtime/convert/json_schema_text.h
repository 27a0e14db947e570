#pragma once
// Schemas as JSON, as they stand in the envelopes of Kafka Connect's JsonConverter.

#include <functional>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::convert::json {

// The JSON of a schema's default value.
using DefaultText = std::function<base::Result<std::string_view>(const Schema& schema)>;

// Appends the object that describes `schema`. Error: that of a default value that has no JSON.
base::Status append_schema(const Schema& schema, const DefaultText& default_text, std::string& out);

}  // namespace sluice::convert::json
