#pragma once
// The bytes of keys and values as the task would produce them: made once, before the clock starts, so that the plain
// loop only produces.

#include <string>
#include <vector>

#include "bench/loops/loops.h"

namespace sluice::bench {

struct Sample {
  std::string key;  // empty and !has_key: null
  bool has_key = false;
  std::string value;
};

// `count` records polled from the plugin and converted.
std::vector<Sample> make_samples(const Options& options, std::size_t count);

}  // namespace sluice::bench
