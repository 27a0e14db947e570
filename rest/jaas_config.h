#pragma once
// Java's login configuration files (JAAS): sections of login modules with options.
//
//   KafkaConnect {
//     org.example.LoginModule required file="users.properties";
//   };

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::rest {

struct LoginModule {
  enum class Control { kRequired, kRequisite, kSufficient, kOptional };
  std::string class_name;
  Control control = Control::kRequired;
  std::map<std::string, std::string> options;  // may hold secrets
};
using JaasConfig = std::map<std::string, std::vector<LoginModule>, std::less<>>;

// Error: kInvalidConfig with the line and what was expected there; never the text that was found, which may be secret.
base::Result<JaasConfig> parse_jaas(std::string_view text);

}  // namespace sluice::rest
