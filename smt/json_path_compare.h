#pragma once
// How the filters of a JSONPath compare two values: numbers by size whatever their kinds, and a text with a number.

#include <optional>

#include <sluice/value.hpp>

namespace sluice::smt::json_path {

bool is_number(const Value& value);

// Whether both stand for the same: null, truth, number, text, list or object. A text and a number are the same if the
// text is the number's (with the text on the left) or reads as the number (on the right).
bool same(const Value& left, const Value& right);
// Whether they are of one type, too.
bool same_type(const Value& left, const Value& right);
// Below, at or above 0 as `left` is less than, equal to or greater than `right`. Nothing: neither two numbers nor two
// texts.
std::optional<int> order(const Value& left, const Value& right);

}  // namespace sluice::smt::json_path
