#pragma once
// What another worker answers, read back into what the herder would have given: bodies of entities.h, Connect's or
// ours, from outside. Members that are not known are left alone, so that workers of other versions can be asked.

#include <optional>
#include <string>

#include "rest/json_body.h"
#include "runtime/base/status.h"
#include "runtime/herder/types.h"

namespace sluice::rest {

// Errors: com.fasterxml.jackson.databind.exc.MismatchedInputException, naming the member.
base::Result<herder::ConnectorInfo> read_connector_info(const JsonValue& value);
base::Result<herder::ConnectorStateInfo> read_connector_state(const JsonValue& value);
base::Result<std::string> read_message(const JsonValue& value);

// The message of an error body; "null" for none.
base::Result<std::string> read_error_message(const JsonValue& value);

}  // namespace sluice::rest
