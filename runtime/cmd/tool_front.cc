#include "runtime/cmd/tool_front.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "runtime/base/log.h"
#include "runtime/cmd/exit_codes.h"

namespace sluice::cmd {

int show_usage(const std::vector<std::string>& args, std::string_view usage) {
  const bool asked =
      std::any_of(args.begin(), args.end(), [](const std::string& arg) { return arg == "--help" || arg == "-h"; });
  fmt::print(asked ? stdout : stderr, "{}", usage);
  return kExitUsage;
}

void silence_log() {
  base::LogOptions quiet;
  quiet.level = base::LogLevel::kOff;
  base::init_logging(quiet);
}

}  // namespace sluice::cmd
