#pragma once
// `sluice plugins list|probe|check`: what the worker sees on a plugin path, what a library says of itself, and the
// conformance kit.

#include <span>
#include <string>

namespace sluice::cmd {

// `arguments` follow the word "plugins"; `self` is the path of this program, which probes and checks run again as
// children. Writes to standard output and error; returns the exit status: 0 all is well, 1 something was found wrong, 2
// the arguments are.
int plugins_command(std::span<const std::string> arguments, const std::string& self);

// The path of the running program.
std::string own_path();

}  // namespace sluice::cmd
