// `sluice distributed`.

#include <fmt/format.h>

#include <cstdio>

#include "runtime/cmd/commands.h"
#include "runtime/cmd/exit_codes.h"

namespace sluice::cmd {

int run_distributed(const std::vector<std::string>& args) {
  if (args.empty() || args[0] == "--help" || args[0] == "-h") {
    fmt::print(stdout, "Usage: sluice distributed worker.properties\n");
    return kExitUsage;
  }
  fmt::print(stderr,
             "sluice: this version has no distributed worker. Run `sluice standalone worker.properties [connector.json "
             "...]` instead: it takes the same\n"
             "connectors and REST calls, and needs the key offset.storage.file.filename in the worker's properties.\n");
  return kExitStartup;
}

}  // namespace sluice::cmd
