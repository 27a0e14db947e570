#include "smt/java_hash.h"

#include <bit>
#include <cmath>

#include "runtime/config/hash_order.h"

namespace sluice::smt {
namespace {

// Java's int arithmetic wraps, which only unsigned numbers do here.
std::uint32_t fold(std::uint64_t bits) {
  return static_cast<std::uint32_t>(bits ^ (bits >> 32));
}

std::uint32_t hash(const Value& value);

// Of a ByteBuffer, which is read from its end.
std::uint32_t hash_bytes(std::string_view bytes) {
  std::uint32_t result = 1;
  for (std::size_t i = bytes.size(); i-- > 0;)
    result = 31 * result + static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<std::int8_t>(bytes[i])));
  return result;
}

// BigInteger: its magnitude in words of 32 bits, the highest first, and its sign.
std::uint32_t hash_integer(std::string_view unscaled) {
  const bool negative = (static_cast<unsigned char>(unscaled.front()) & 0x80) != 0;
  std::uint32_t result = 0;
  // The magnitude of a negative number is its complement plus one; the carry runs through the trailing zeros.
  std::size_t last = unscaled.size();
  if (negative)
    while (last > 0 && unscaled[last - 1] == 0) --last;
  const std::size_t padding = (4 - unscaled.size() % 4) % 4;
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < unscaled.size(); ++i) {
    std::uint32_t byte = static_cast<unsigned char>(unscaled[i]);
    if (negative) byte = i + 1 > last ? 0 : ((i + 1 == last ? 0x100 - byte : 0xFF - byte) & 0xFF);
    word = word << 8 | byte;
    if ((i + padding) % 4 == 3) {
      result = 31 * result + word;
      word = 0;
    }
  }
  return negative ? 0 - result : result;
}

std::uint32_t hash_decimal(const Value& value) {
  const std::uint32_t unscaled = hash_integer(value.decimal_unscaled());
  if ((value.flags & SLUICE_VALUE_INTEGER) != 0) return unscaled;
  return 31 * unscaled + static_cast<std::uint32_t>(value.decimal_scale());
}

std::uint32_t hash_items(const Value& value) {
  std::uint32_t result = 1;
  for (const Value& item : value.items()) result = 31 * result + hash(item);
  return result;
}

std::uint32_t hash_map(const Value& value) {
  std::uint32_t result = 0;
  const auto items = value.items();
  for (std::size_t i = 0; i < items.size(); i += 2) result += hash(items[i]) ^ hash(items[i + 1]);
  return result;
}

std::uint32_t hash(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return 0;
    case Kind::kInt8:
    case Kind::kInt16:
    case Kind::kInt32:
      return static_cast<std::uint32_t>(value.i64());
    case Kind::kInt64:
    case Kind::kInstant:
      return fold(static_cast<std::uint64_t>(value.i64()));
    case Kind::kFloat32:
      return std::isnan(value.f32()) ? 0x7FC00000U : std::bit_cast<std::uint32_t>(value.f32());
    case Kind::kFloat64:
      return fold(std::isnan(value.f64()) ? 0x7FF8000000000000ULL : std::bit_cast<std::uint64_t>(value.f64()));
    case Kind::kBoolean:
      return value.boolean_value() ? 1231 : 1237;
    case Kind::kString:
      return config::java_string_hash(value.text());
    case Kind::kBytes:
      return hash_bytes(value.text());
    case Kind::kDecimal:
      return hash_decimal(value);
    case Kind::kMap:
      return hash_map(value);
    case Kind::kArray:
    case Kind::kStruct:
      return hash_items(value);
  }
  return 0;
}

}  // namespace

std::int32_t java_hash(const Value& value) {
  return static_cast<std::int32_t>(hash(value));
}

}  // namespace sluice::smt
