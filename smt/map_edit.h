#pragma once
// Schemaless records: reading a key of a map, and changed copies of one.

#include <algorithm>
#include <span>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/base/strings.h"
#include "smt/side.h"

namespace sluice::smt {

// Java casts the keys of a schemaless record to texts: null passes, others fail. ClassCastException.
base::Status require_text_key(const Value& key);

// Where a text key stands among the keys and values of a map, or their count.
inline std::size_t map_position(std::span<const Value> items, std::string_view key) {
  std::size_t at = 0;
  while (at < items.size() && !(items[at].is(Kind::kString) && base::same_text(items[at].text(), key))) at += 2;
  return at;
}
inline const Value kNoValue;  // null
// The value of a text key; null where there is none. A reference into the map: a copy in registers would be written in
// halves and then wait for itself.
inline const Value& map_value(const Value& map, std::string_view key) {
  const auto items = map.items();
  const std::size_t at = map_position(items, key);
  return at < items.size() ? items[at + 1] : kNoValue;
}

// A copy of a map in which keys may be set and removed, as in Java's Map: a new key goes to the end. Keys are not
// copied: they must live as long as the batch.
class MapEdit {
 public:
  // `keys_new_max` bounds the keys that put() may add. Error: the arena's limit is reached.
  static base::Result<MapEdit> copy(sluice_arena* arena, const Value& map, std::size_t keys_new_max) {
    const auto old = map.items();
    auto* items = arena_array<sluice_value>(arena, old.size() + keys_new_max * 2);
    if (items == nullptr) [[unlikely]]
      return out_of_memory();
    std::copy(old.begin(), old.end(), items);
    return MapEdit(items, old.size());
  }
  // The same from an empty map.
  static base::Result<MapEdit> empty(sluice_arena* arena, std::size_t keys_max) {
    auto* items = arena_array<sluice_value>(arena, keys_max * 2);
    if (items == nullptr) [[unlikely]]
      return out_of_memory();
    return MapEdit(items, 0);
  }

  void put(std::string_view key, const Value& value) { put_at(find(key), key, value); }
  void put(const Value& key, const Value& value);  // a text or null
  // The same for a key that is known to be new.
  void append(const Value& key, const Value& value) {
    items_[count_] = key;
    items_[count_ + 1] = value;
    count_ += 2;
  }
  // Where a key is or, if it is new, will be: for value_at() and put_at() until the next change.
  std::size_t find(std::string_view key) const {
    return map_position({static_cast<const Value*>(items_), count_}, key);
  }
  Value value_at(std::size_t place) const { return place < count_ ? Value(items_[place + 1]) : Value(); }
  void put_at(std::size_t place, std::string_view key, const Value& value) {
    if (place == count_) return append(Value::string(key), value);
    items_[place + 1] = value;
  }
  void remove(std::string_view key);
  Value map() const { return Value::map(items_, count_ / 2); }

 private:
  MapEdit(sluice_value* items, std::size_t count) : items_(items), count_(count) {}

  sluice_value* items_;
  std::size_t count_;  // keys and values
};

}  // namespace sluice::smt
