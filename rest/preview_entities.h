#pragma once
// Previews of transform chains as JSON: what is asked, and the answer (form: docs/transforms.md). Used by the endpoint
// and by `sluice transforms try`.

#include <string>

#include "rest/json_body.h"
#include "runtime/base/status.h"
#include "runtime/task/transform_preview.h"

namespace sluice::rest {

// A flat map of texts; numbers and booleans become texts. `label` names it in errors: kInvalidConfig with the key, its
// value and what to write instead.
base::Result<config::ConfigMap> bind_chain(const JsonValue& value, std::string_view label);

// "source" or "sink". Error: kInvalidConfig.
base::Result<config::ConnectorKind> bind_kind(std::string_view text);

// The body of POST /sluice/v1/transforms/preview. The deadline is `latest`, or earlier if the body says so.
base::Result<task::PreviewRequest> bind_preview_request(const JsonValue& body,
                                                        std::chrono::steady_clock::time_point latest);

std::string to_json(const task::TransformPreview& preview);
// "applied", "skipped", "dropped", "failed".
std::string_view outcome_name(task::PreviewOutcome outcome);

}  // namespace sluice::rest
