#pragma once
// The keys under which offsets are stored, `["connector",partition]`, taken apart and compared.

#include <optional>
#include <string>
#include <string_view>

namespace sluice::store {

struct OffsetKey {
  std::string connector;
  std::string partition_json;  // as written in the key
};
// Nothing if `key` is not a JSON array of a text and an object (or null).
std::optional<OffsetKey> parse_offset_key(std::string_view key);

// The same text for all keys that mean the same partition: members sorted, no white space. Keys that are not JSON stay
// as they are.
std::string canonical_offset_key(std::string_view key);

}  // namespace sluice::store
