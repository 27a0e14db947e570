#pragma once
// Object.hashCode() of the Java objects that values stand for, where an answer is computed from it: the partition that
// a record goes to, the order of a hash map.

#include <cstdint>

#include <sluice/value.hpp>

namespace sluice::smt {

// Null is 0. Java hashes a byte[] and the schema of a struct by identity, anew in each run; here bytes have the hash of
// a ByteBuffer with their content, and a struct that of its values.
std::int32_t java_hash(const Value& value);

}  // namespace sluice::smt
