#include "smt/map_edit.h"

#include <algorithm>
#include <span>

namespace sluice::smt {
namespace {

// Where a text key stands among keys and values, or their count.
std::size_t position_of(std::span<const Value> items, std::string_view key) {
  std::size_t at = 0;
  while (at < items.size() && !(items[at].is(Kind::kString) && items[at].text() == key)) at += 2;
  return at;
}

}  // namespace

Value map_value(const Value& map, std::string_view key) {
  const auto items = map.items();
  const std::size_t at = position_of(items, key);
  return at < items.size() ? items[at + 1] : Value();
}

base::Result<MapEdit> MapEdit::copy(sluice_arena* arena, const Value& map, std::size_t keys_new_max) {
  const auto old = map.items();
  auto* items = arena_array<sluice_value>(arena, old.size() + keys_new_max * 2);
  if (items == nullptr) return out_of_memory();
  std::copy(old.begin(), old.end(), items);
  return MapEdit(items, old.size());
}

void MapEdit::put(std::string_view key, const Value& value) {
  const std::size_t at = position_of({static_cast<const Value*>(items_), count_}, key);
  if (at == count_) {
    items_[at] = Value::string(key);
    count_ += 2;
  }
  items_[at + 1] = value;
}

}  // namespace sluice::smt
