#include "smt/json_path_compare.h"

#include <algorithm>
#include <string>

#include "runtime/data/decimal.h"
#include "runtime/data/java_text.h"
#include "runtime/data/value_text.h"

namespace sluice::smt::json_path {
namespace {

using data::DecimalNumber;

// Nothing: not a number, or infinite.
std::optional<DecimalNumber> decimal_of(const Value& value) {
  base::Result<DecimalNumber> number;
  switch (value.kind()) {
    case Kind::kFloat32: {
      std::string text;
      data::append_float(value.f32(), text);
      number = data::parse_decimal(text);
      break;
    }
    case Kind::kFloat64:
      number = data::decimal_from_double(value.f64());
      break;
    case Kind::kDecimal:
      return data::decimal_number(value);
    case Kind::kString:
      number = data::parse_decimal(value.text());
      break;
    default: {
      std::string text;
      data::append_integer(value.i64(), text);
      number = data::parse_decimal(text);
    }
  }
  if (!number) return std::nullopt;
  return *std::move(number);
}

// Compares the digits of two positive numbers whose first digits have the same weight.
int order_of_digits(std::string_view a, std::string_view b) {
  const std::size_t common = std::min(a.size(), b.size());
  if (const int order = a.substr(0, common).compare(b.substr(0, common)); order != 0) return order;
  const bool a_longer = a.size() > b.size();
  const std::string_view rest = (a_longer ? a : b).substr(common);
  if (rest.find_first_not_of('0') == std::string_view::npos) return 0;
  return a_longer ? 1 : -1;
}

int order_of(const DecimalNumber& a, const DecimalNumber& b) {
  const int sign_a = a.is_zero() ? 0 : a.negative ? -1 : 1;
  const int sign_b = b.is_zero() ? 0 : b.negative ? -1 : 1;
  if (sign_a != sign_b) return sign_a < sign_b ? -1 : 1;
  if (sign_a == 0) return 0;
  const auto weight_a = static_cast<std::int64_t>(a.digits.size()) - a.scale;
  const auto weight_b = static_cast<std::int64_t>(b.digits.size()) - b.scale;
  if (weight_a != weight_b) return (weight_a < weight_b ? -1 : 1) * sign_a;
  return order_of_digits(a.digits, b.digits) * sign_a;
}

bool is_whole_kind(const Value& value) {
  return value.is_integer() || value.is(Kind::kInstant);
}

// `right` may be a text that reads as a number.
std::optional<int> order_of_numbers(const Value& left, const Value& right) {
  if (is_whole_kind(left) && is_whole_kind(right))
    return left.i64() < right.i64() ? -1 : left.i64() > right.i64() ? 1 : 0;
  const auto a = decimal_of(left);
  const auto b = decimal_of(right);
  if (!a || !b) return std::nullopt;
  return order_of(*a, *b);
}

bool is_object(const Value& value) {
  return value.is(Kind::kMap) || value.is(Kind::kStruct);
}

bool same_items(std::span<const Value> a, std::span<const Value> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Value& x, const Value& y) { return same(x, y); });
}

std::size_t member_count(const Value& object) {
  return object.is(Kind::kMap) ? object.items().size() / 2 : object.items().size();
}

// Name and value of a member of a struct or a map.
std::pair<Value, Value> member(const Value& object, std::size_t i) {
  if (object.is(Kind::kMap)) return {object.items()[2 * i], object.items()[2 * i + 1]};
  return {Value::string(object.struct_schema().fields()[i].name()), object.items()[i]};
}

bool same_objects(const Value& a, const Value& b) {
  if (member_count(a) != member_count(b)) return false;
  for (std::size_t i = 0; i < member_count(a); ++i) {
    const auto [name, value] = member(a, i);
    bool found = false;
    for (std::size_t j = 0; j < member_count(b) && !found; ++j) {
      const auto [other_name, other] = member(b, j);
      found = same(name, other_name) && same(value, other);
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace

bool is_number(const Value& value) {
  return is_whole_kind(value) || value.is(Kind::kFloat32) || value.is(Kind::kFloat64) || value.is(Kind::kDecimal);
}

bool same(const Value& left, const Value& right) {
  if (left.is(Kind::kString)) {
    if (right.is(Kind::kString)) return left.text() == right.text();
    return is_number(right) && left.text() == data::value_text(right);
  }
  if (is_number(left)) return (is_number(right) || right.is(Kind::kString)) && order_of_numbers(left, right) == 0;
  if (is_object(left)) return is_object(right) && same_objects(left, right);
  if (left.kind() != right.kind()) return false;
  if (left.is(Kind::kArray)) return same_items(left.items(), right.items());
  if (left.is(Kind::kBoolean)) return left.boolean_value() == right.boolean_value();
  return left.is_null() || left.text() == right.text();
}

bool same_type(const Value& left, const Value& right) {
  return left.kind() == right.kind() || (is_number(left) && is_number(right)) || (is_object(left) && is_object(right));
}

std::optional<int> order(const Value& left, const Value& right) {
  if (is_number(left) && is_number(right)) return order_of_numbers(left, right);
  if (left.is(Kind::kString) && right.is(Kind::kString)) return left.text().compare(right.text());
  return std::nullopt;
}

}  // namespace sluice::smt::json_path
