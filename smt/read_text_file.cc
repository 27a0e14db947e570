#include "smt/read_text_file.h"

#include <fstream>

namespace sluice::smt {

base::Result<std::string> read_text_file(std::string_view config_key, const std::string& path, std::size_t bytes_max) {
  const auto wrong = [&](std::string_view what) {
    return base::config_error("Invalid value {} for configuration {}: {}", path, config_key, what);
  };
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return wrong("the file cannot be opened; give an absolute path that the worker may read");
  const auto size = file.tellg();
  if (size < 0 || static_cast<std::size_t>(size) > bytes_max)
    return wrong(fmt::format("the file is larger than {} MiB", bytes_max >> 20));
  std::string text(static_cast<std::size_t>(size), '\0');
  file.seekg(0);
  file.read(text.data(), size);
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace sluice::smt
