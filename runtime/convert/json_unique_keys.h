#pragma once
// Members of one name in a JSON object: the last value counts, at the place of the first.

#include <cstdint>
#include <vector>

#include <sluice/value.hpp>

namespace sluice::convert::json {

// Reused between objects, so that it allocates only for the largest one seen.
class UniqueKeys {
 public:
  UniqueKeys();
  // `pairs` holds `count` times a STRING and a value. Of pairs with equal keys keeps the first place and the last
  // value; gives the number of pairs left.
  std::size_t keep(sluice_value* pairs, std::size_t count);
  // Gives memory back that only a huge object needed.
  void trim();

 private:
  std::size_t keep_by_table(sluice_value* pairs, std::size_t count);

  std::vector<std::uint32_t> table_;
  const std::uint64_t seed_;  // of the hash function, so that messages cannot be made to collide
};

}  // namespace sluice::convert::json
