#include "smt/map_edit.h"

#include <algorithm>
#include <span>

#include "runtime/data/value_text.h"

namespace sluice::smt {
namespace {

std::size_t position_of(std::span<const Value> items, const Value& key) {  // a text or null
  if (!key.is_null()) return map_position(items, key.text());
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

void MapEdit::put(const Value& key, const Value& value) {
  const std::size_t at = position_of({static_cast<const Value*>(items_), count_}, key);
  if (at == count_) return append(key, value);
  items_[at + 1] = value;
}

void MapEdit::remove(std::string_view key) {
  const std::size_t at = find(key);
  if (at == count_) return;
  std::copy(items_ + at + 2, items_ + count_, items_ + at);
  count_ -= 2;
}

}  // namespace sluice::smt
