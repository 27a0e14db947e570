#include "runtime/herder/reply.h"

namespace sluice::herder {

base::Error request_timed_out(const StageTracker& stage) {
  const auto summary = stage.summary();
  return {base::Code::kTimeout, base::exceptions::kConnect,
          summary ? "Request timed out. " + *summary : "Request timed out"};
}

base::Error worker_is_shutting_down() {
  return {base::Code::kStopping, base::exceptions::kConnect, "Worker is shutting down"};
}

}  // namespace sluice::herder
