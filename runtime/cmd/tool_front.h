#pragma once
// What the commands that run to an end (doctor, dlq, transforms) have in common.

#include <string>
#include <string_view>
#include <vector>

namespace sluice::cmd {

// For arguments that make no sense, or ask for help: prints how the command is used, to standard output only if asked.
// The exit status.
int show_usage(const std::vector<std::string>& args, std::string_view usage);

// What is wrong is in the command's own output.
void silence_log();

}  // namespace sluice::cmd
