#pragma once
// Errors that several converters share.

#include "runtime/base/status.h"

namespace sluice::convert {

inline base::Error out_of_memory() {
  return {base::Code::kNoMemory, base::exceptions::kConnect, "The message does not fit into the memory of its batch"};
}

// A DataException with a SerializationException beneath it, as Connect wraps what Kafka's serializers throw.
inline tl::unexpected<base::Error> serialization_failure(std::string message, std::string cause) {
  return base::fail(base::Error(base::Code::kBadRecord, base::exceptions::kData, std::move(message))
                        .with_cause({base::Code::kBadRecord, base::exceptions::kSerialization, std::move(cause)}));
}

}  // namespace sluice::convert
