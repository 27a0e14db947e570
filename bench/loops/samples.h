#pragma once
// The bytes of keys and values as the task would produce them: made or read once, before the clock starts, so that the
// plain loop only produces.

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

// A file of samples: for each, the key's size (-1: none), the key, the value's size and the value; sizes are int32 of
// this machine.
void write_samples(const std::string& path, const std::vector<Sample>& samples);
std::vector<Sample> read_samples(const std::string& path);

}  // namespace sluice::bench
