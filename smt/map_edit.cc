#include "smt/map_edit.h"

#include <algorithm>
#include <span>

#include "runtime/data/value_text.h"

namespace sluice::smt {
namespace {

// Where a key stands among keys and values, or their count.
std::size_t position_of(std::span<const Value> items, std::string_view key) {
  std::size_t at = 0;
  while (at < items.size() && !(items[at].is(Kind::kString) && items[at].text() == key)) at += 2;
  return at;
}
std::size_t position_of(std::span<const Value> items, const Value& key) {  // a text or null
  if (!key.is_null()) return position_of(items, key.text());
  std::size_t at = 0;
  while (at < items.size() && !items[at].is_null()) at += 2;
  return at;
}

}  // namespace

base::Status require_text_key(const Value& key) {
  if (key.is_null() || key.is(Kind::kString)) return {};
  return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast,
                    "class {0} cannot be cast to class java.lang.String ({0} and java.lang.String are in module "
                    "java.base of loader 'bootstrap')",
                    data::java_class_name(key));
}

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

base::Result<MapEdit> MapEdit::empty(sluice_arena* arena, std::size_t keys_max) {
  return copy(arena, Value::map(nullptr, 0), keys_max);
}

void MapEdit::put(const Value& key, const Value& value) {
  const std::size_t at = position_of({static_cast<const Value*>(items_), count_}, key);
  if (at == count_) return append(key, value);
  items_[at + 1] = value;
}

std::size_t MapEdit::find(std::string_view key) const {
  return position_of({static_cast<const Value*>(items_), count_}, key);
}

void MapEdit::remove(std::string_view key) {
  const std::size_t at = find(key);
  if (at == count_) return;
  std::copy(items_ + at + 2, items_ + count_, items_ + at);
  count_ -= 2;
}

}  // namespace sluice::smt
