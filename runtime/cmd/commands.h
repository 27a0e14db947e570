#pragma once
// The commands of the binary. `args`: what follows the command's name. Each returns the exit status.

#include <string>
#include <vector>

namespace sluice::cmd {

int run_standalone(const std::vector<std::string>& args);
int run_distributed(const std::vector<std::string>& args);
int run_doctor(const std::vector<std::string>& args);
int run_dlq(const std::vector<std::string>& args);
int run_transforms(const std::vector<std::string>& args);

}  // namespace sluice::cmd
