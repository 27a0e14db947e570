#pragma once
// The files that configurations of transforms name.

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::smt {

// The whole of a file. Error: ConfigException "Invalid value PATH for configuration KEY: ...": it cannot be opened, or
// is larger than `bytes_max`.
base::Result<std::string> read_text_file(std::string_view config_key, const std::string& path, std::size_t bytes_max);

}  // namespace sluice::smt
