#include "bench/loops/samples.h"

#include <cstdint>
#include <fstream>

#include "bench/loops/client.h"

namespace sluice::bench {
namespace {

void write_text(std::ofstream& out, const std::string& text, bool present) {
  const std::int32_t size = present ? static_cast<std::int32_t>(text.size()) : -1;
  out.write(reinterpret_cast<const char*>(&size), sizeof size);
  if (present) out.write(text.data(), size);
}

// False: null.
bool read_text(std::ifstream& in, std::string& text) {
  std::int32_t size = -1;
  in.read(reinterpret_cast<char*>(&size), sizeof size);
  if (!in || size < 0) return false;
  text.resize(static_cast<std::size_t>(size));
  in.read(text.data(), size);
  return true;
}

}  // namespace

void write_samples(const std::string& path, const std::vector<Sample>& samples) {
  std::ofstream out(path, std::ios::binary);
  for (const Sample& sample : samples) {
    write_text(out, sample.key, sample.has_key);
    write_text(out, sample.value, true);
  }
  if (!out.flush()) die(path, "cannot be written");
}

std::vector<Sample> read_samples(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<Sample> samples;
  while (in.peek() != std::ifstream::traits_type::eof()) {
    Sample& sample = samples.emplace_back();
    sample.has_key = read_text(in, sample.key);
    if (!read_text(in, sample.value) || !in) die(path, "ends within a record");
  }
  if (samples.empty()) die(path, "holds no record");
  return samples;
}

}  // namespace sluice::bench
