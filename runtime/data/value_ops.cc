#include "runtime/data/value_ops.h"

#include <bit>
#include <cmath>
#include <functional>

#include "runtime/data/schema.h"

namespace sluice::data {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t more) {
  hash ^= more + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdULL;
}

bool maps_equal(const Value& a, const Value& b) {
  if (a.size != b.size) return false;
  const auto left = a.items();
  const auto right = b.items();
  for (std::size_t i = 0; i < left.size(); i += 2) {
    bool found = false;
    // Pairs mostly come in the same order: look at the same place first.
    for (std::size_t step = 0; step < right.size() && !found; step += 2) {
      const std::size_t j = (i + step) % right.size();
      found = values_equal(left[i], right[j]) && values_equal(left[i + 1], right[j + 1]);
    }
    if (!found) return false;
  }
  return true;
}

bool items_equal(const Value& a, const Value& b) {
  const auto left = a.items();
  const auto right = b.items();
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (!values_equal(left[i], right[i])) return false;
  return true;
}

const sluice_value* copy_items(sluice_arena* arena, std::span<const Value> items, bool* ok) {
  auto* copy = arena_array<sluice_value>(arena, items.size());
  if (copy == nullptr) {
    *ok = false;
    return nullptr;
  }
  for (std::size_t i = 0; i < items.size(); ++i) copy[i] = copy_value(arena, items[i], ok);
  return copy;
}

}  // namespace

bool values_equal(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kInt8:
    case Kind::kInt16:
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kBoolean:
    case Kind::kInstant:
      return a.i64() == b.i64();
    case Kind::kFloat32:
      return (std::isnan(a.f32()) && std::isnan(b.f32())) ||
             std::bit_cast<std::uint32_t>(a.f32()) == std::bit_cast<std::uint32_t>(b.f32());
    case Kind::kFloat64:
      return (std::isnan(a.f64()) && std::isnan(b.f64())) ||
             std::bit_cast<std::uint64_t>(a.f64()) == std::bit_cast<std::uint64_t>(b.f64());
    case Kind::kString:
    case Kind::kBytes:
      return a.text() == b.text();
    case Kind::kDecimal:  // a BigInteger equals no BigDecimal
      return ((a.flags ^ b.flags) & SLUICE_VALUE_INTEGER) == 0 && a.decimal_scale() == b.decimal_scale() &&
             a.decimal_unscaled() == b.decimal_unscaled();
    case Kind::kArray:
      return items_equal(a, b);
    case Kind::kMap:
      return maps_equal(a, b);
    case Kind::kStruct:
      return schemas_equal(&a.struct_schema(), &b.struct_schema()) && items_equal(a, b);
  }
  return false;
}

std::uint64_t hash_value(const Value& value) {
  std::uint64_t hash = mix(0, static_cast<std::uint64_t>(value.kind()));
  switch (value.kind()) {
    case Kind::kNull:
      return hash;
    case Kind::kInt8:
    case Kind::kInt16:
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kBoolean:
    case Kind::kInstant:
      return mix(hash, static_cast<std::uint64_t>(value.i64()));
    case Kind::kFloat32:
      return mix(hash, std::isnan(value.f32()) ? 1 : std::bit_cast<std::uint32_t>(value.f32()));
    case Kind::kFloat64:
      return mix(hash, std::isnan(value.f64()) ? 1 : std::bit_cast<std::uint64_t>(value.f64()));
    case Kind::kString:
    case Kind::kBytes:
      return mix(hash, std::hash<std::string_view>()(value.text()));
    case Kind::kDecimal:
      return mix(mix(hash, static_cast<std::uint64_t>(value.decimal_scale())),
                 std::hash<std::string_view>()(value.decimal_unscaled()));
    case Kind::kArray:
    case Kind::kStruct:
      for (const Value& item : value.items()) hash = mix(hash, hash_value(item));
      return hash;
    case Kind::kMap: {
      std::uint64_t sum = 0;  // order does not count
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); i += 2) sum += mix(hash_value(items[i]), hash_value(items[i + 1]));
      return mix(hash, sum);
    }
  }
  return hash;
}

Value copy_value(sluice_arena* arena, const Value& value, bool* ok) {
  switch (value.kind()) {
    case Kind::kString:
    case Kind::kBytes: {
      const std::string_view copy = arena_copy(arena, value.text());
      if (copy.data() == nullptr) {
        *ok = false;
        return {};
      }
      Value result = value;
      result.as.bytes = reinterpret_cast<const std::uint8_t*>(copy.data());
      return result;
    }
    case Kind::kArray:
    case Kind::kMap: {
      Value result = value;
      result.as.items = copy_items(arena, value.items(), ok);
      return *ok ? result : Value();
    }
    case Kind::kStruct: {
      sluice_struct* copy = arena_struct(arena, value.as.record->schema);
      if (copy == nullptr) {
        *ok = false;
        return {};
      }
      const auto fields = value.items();
      for (std::size_t i = 0; i < fields.size(); ++i) copy->fields[i] = copy_value(arena, fields[i], ok);
      return *ok ? Value::record(copy, fields.size()) : Value();
    }
    case Kind::kDecimal: {
      Value result = arena_decimal(arena, value.decimal_scale(), value.decimal_unscaled());
      if (result.is_null()) *ok = false;
      result.sluice_value::flags = value.sluice_value::flags;
      return result;
    }
    default:
      return value;
  }
}

}  // namespace sluice::data
