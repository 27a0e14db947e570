#pragma once
// The order in which Java iterates over a HashSet of schemas: JsonSchemaData merges the elements of an array in it.

#include <cstddef>
#include <vector>

#include <sluice/value.hpp>

namespace sluice::smt {

// The positions of `schemas` (distinct, in order of insertion) in iteration order. A schema's hash code begins with
// that of its type, an enum constant, which a Java machine is free to choose: those here are one such choice.
std::vector<std::size_t> java_hash_set_order(const std::vector<const Schema*>& schemas);

}  // namespace sluice::smt
