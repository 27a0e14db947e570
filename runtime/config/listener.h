#pragma once
// REST listeners as worker configurations name them (spec connect-runtime.md section 1.7).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"

namespace sluice::config {

struct Listener {
  bool https = false;
  std::string host;               // empty: all interfaces; IPv6 without brackets
  int port = 0;                   // 0: any free port
  std::string to_string() const;  // "http://host:port"
};

// Error: "Listener doesn't have the right format (protocol://hostname:port)." and the like.
base::Result<Listener> parse_listener(std::string_view text);
base::Result<std::vector<Listener>> parse_listeners(const List& texts);

// A rule of `response.http.headers.config`.
struct HeaderRule {
  enum class Action { kSet, kAdd, kSetDate, kAddDate };
  Action action = Action::kSet;
  std::string name;
  std::string value;  // for the date actions: milliseconds from now
};
base::Result<std::vector<HeaderRule>> parse_header_rules(std::string_view text);

}  // namespace sluice::config
