#pragma once
// Inside the module: the table of client_config.h with how each value is converted.

#include <cstdint>
#include <span>

#include "runtime/kafka/client_config.h"

namespace sluice::kafka {

enum class Convert {
  kText,     // copied
  kLower,    // copied in lower case
  kBool,     // true/false
  kNumber,   // a whole number, clamped into [low, high] of the target with a warning if that changes it
  kSpecial,  // client_config.cc has code for it
  kSilent,   // ignored; nothing said
  kWarn,     // ignored; a warning says why (KeyRow::note)
  kRefuse,   // error unless empty or equal to `harmless`
};

struct Rule {
  KeyRow row;
  Convert convert;
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::string_view harmless{};  // comma-separated values under which a kWarn says nothing and a kRefuse passes
};

std::span<const Rule> client_config_rules();
const Rule* find_rule(std::string_view key, ClientKind kind);

}  // namespace sluice::kafka
