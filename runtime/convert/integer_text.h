#pragma once
// Whole numbers as decimal text, for the data path.

#include <cstdint>

namespace sluice::convert {

// Writes `value` at `out`, which needs room for 20 bytes, and gives the end.
char* write_integer(char* out, std::int64_t value);

}  // namespace sluice::convert
