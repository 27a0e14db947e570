#include "runtime/data/number_value.h"

#include "runtime/data/decimal.h"
#include "runtime/data/java_text.h"

namespace sluice::data {
namespace {

float number_to_float(const Value& value) {
  switch (value.kind()) {
    case Kind::kFloat32:
      return value.f32();
    case Kind::kFloat64:
      return static_cast<float>(value.f64());
    case Kind::kDecimal:
      return decimal_to_float(decimal_number(value));
    default:
      return static_cast<float>(value.i64());
  }
}

}  // namespace

bool is_number(const Value& value) {
  return value.is_integer() || value.is(Kind::kFloat32) || value.is(Kind::kFloat64) || value.is(Kind::kDecimal);
}

std::int64_t number_to_int64(const Value& value) {
  switch (value.kind()) {
    case Kind::kFloat32:
      return java_to_int64(static_cast<double>(value.f32()));
    case Kind::kFloat64:
      return java_to_int64(value.f64());
    case Kind::kDecimal:
      return decimal_to_int64(decimal_number(value));
    default:
      return value.i64();
  }
}

double number_to_double(const Value& value) {
  switch (value.kind()) {
    case Kind::kFloat32:
      return static_cast<double>(value.f32());
    case Kind::kFloat64:
      return value.f64();
    case Kind::kDecimal:
      return decimal_to_double(decimal_number(value));
    default:
      return static_cast<double>(value.i64());
  }
}

Value integer_value(Kind target, std::int64_t number) {
  switch (target) {
    case Kind::kInt8:
      return Value::int8(static_cast<std::int8_t>(number));
    case Kind::kInt16:
      return Value::int16(static_cast<std::int16_t>(number));
    case Kind::kInt32:
      return Value::int32(static_cast<std::int32_t>(number));
    default:
      return Value::int64(number);
  }
}

Value convert_number(const Value& value, Kind target) {
  if (target == Kind::kFloat64) return Value::float64(number_to_double(value));
  if (target == Kind::kFloat32) return Value::float32(number_to_float(value));
  const bool floating = value.is(Kind::kFloat32) || value.is(Kind::kFloat64);
  if (floating && target != Kind::kInt64) return integer_value(target, java_to_int32(number_to_double(value)));
  return integer_value(target, number_to_int64(value));
}

}  // namespace sluice::data
