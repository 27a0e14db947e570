#pragma once
// What every value can do: be compared as Java's equals compares, be hashed for that equality, be copied into another
// arena.

#include <cstdint>

#include <sluice/value.hpp>

namespace sluice::data {

class Arena;

// Java's equals on the objects that the values stand for: kinds must agree (INT32 5 is not INT64 5), NaN equals NaN,
// -0.0 is not 0.0, decimals compare scale too, maps compare as sets of pairs, structs by schema and fields, bytes by
// content.
bool values_equal(const Value& a, const Value& b);
std::uint64_t hash_value(const Value& value);

// A deep copy; struct schemas stay the same handles. Null value with *ok=false: the arena's limit is reached.
Value copy_value(sluice_arena* arena, const Value& value, bool* ok);

}  // namespace sluice::data
