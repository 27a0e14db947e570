#pragma once
// Schemaless records: reading a key of a map, and changed copies of one.

#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "smt/side.h"

namespace sluice::smt {

// Java casts the keys of a schemaless record to texts: null passes, others fail. ClassCastException.
base::Status require_text_key(const Value& key);

// The value of a text key; null where there is none.
Value map_value(const Value& map, std::string_view key);

// A copy of a map in which keys may be set and removed, as in Java's Map: a new key goes to the end. Keys are not
// copied: they must live as long as the batch.
class MapEdit {
 public:
  // `keys_new_max` bounds the keys that put() may add. Error: the arena's limit is reached.
  static base::Result<MapEdit> copy(sluice_arena* arena, const Value& map, std::size_t keys_new_max);
  // The same from an empty map.
  static base::Result<MapEdit> empty(sluice_arena* arena, std::size_t keys_max);

  void put(std::string_view key, const Value& value) { put(Value::string(key), value); }
  void put(const Value& key, const Value& value);  // a text or null
  // The same for a key that is known to be new.
  void append(const Value& key, const Value& value) {
    items_[count_] = key;
    items_[count_ + 1] = value;
    count_ += 2;
  }
  // Where a key is or, if it is new, will be: for value_at() and put_at() until the next change.
  std::size_t find(std::string_view key) const;
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
