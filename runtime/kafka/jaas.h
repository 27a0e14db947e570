#pragma once
// The value of `sasl.jaas.config`: one login module with its options, as Java's JaasConfig reads it
// (`module.Class flag key=value key="quoted \"value\"" ... ;`).

#include <map>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::kafka {

struct JaasEntry {
  std::string module;                          // Java class name of the login module
  std::map<std::string, std::string> options;  // hold secrets
};

// kInvalidConfig; the message says what is wrong and where, never what was written. [any]
base::Result<JaasEntry> parse_jaas(std::string_view text);

}  // namespace sluice::kafka
