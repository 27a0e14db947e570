#pragma once
// Offsets in memory, in the order of first storing. Keys are found by their bytes or, failing that, by their meaning,
// so that offsets written by another worker with its members in another order are found again; what is stored keeps its
// first bytes. A value: copy it to try a change. Not thread-safe.
//
// What is read from a topic is taken as it stands: there, two keys of one meaning are two records, each of which finds
// its own value; only a third form finds either.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/store/offset_store.h"

namespace sluice::store {

class OffsetTable {
 public:
  // The value, or null.
  const std::string* find(std::string_view key) const;
  void apply(OffsetRecord record);
  // A record of a topic.
  void apply_as_it_stands(OffsetRecord record);
  // The bytes under which the key is stored; those given if it is not.
  std::string stored_key(std::string_view key) const;
  std::vector<OffsetRecord> of_connector(std::string_view connector) const;
  // Those that have a value.
  std::vector<OffsetRecord> all() const;

 private:
  std::optional<std::size_t> position(const std::string& key) const;
  void add(OffsetRecord record);

  std::vector<OffsetRecord> entries_;  // forgotten ones keep their place, without a value
  std::unordered_map<std::string, std::size_t> by_bytes_;
  std::unordered_map<std::string, std::size_t> by_meaning_;
};

}  // namespace sluice::store
