// The worker's binary. Every command is a function of its arguments that returns the exit status.

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <vector>

#include "runtime/cmd/commands.h"
#include "runtime/cmd/exit_codes.h"
#include "runtime/cmd/plugins_cmd.h"
#include "runtime/cmd/version.h"

namespace {

constexpr const char* kUsage =
    "Usage: sluice COMMAND ...\n"
    "\n"
    "  sluice standalone worker.properties [connector.json|.properties ...]   run a worker by itself\n"
    "  sluice distributed worker.properties                                   run a worker of a group\n"
    "  sluice doctor [--json] worker.properties                               check everything before a start\n"
    "  sluice transforms try chain.json records.jsonl                         run transforms on sample records\n"
    "  sluice dlq replay --bootstrap-server ... --topic ...                   send dead letters back\n"
    "  sluice plugins list|probe|check ...                                    look at plugins\n"
    "  sluice --version\n"
    "\n"
    "`sluice COMMAND --help` tells more.\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice::cmd;
  const std::string command = argc > 1 ? argv[1] : "";
  const std::vector<std::string> args(argv + (argc > 1 ? 2 : 1), argv + argc);
  if (command == "standalone") return run_standalone(args);
  if (command == "distributed") return run_distributed(args);
  if (command == "doctor") return run_doctor(args);
  if (command == "transforms") return run_transforms(args);
  if (command == "dlq") return run_dlq(args);
  if (command == "plugins") return plugins_command(args, own_path());
  if (command == "--version") {
    fmt::print(stdout, "sluice {} (commit {})\n", version(), commit());
    return kExitOk;
  }
  if (command == "--help" || command == "-h" || command == "help") {
    fmt::print(stdout, "{}", kUsage);
    return kExitOk;
  }
  if (!command.empty()) fmt::print(stderr, "sluice: there is no command '{}'\n\n", command);
  fmt::print(stderr, "{}", kUsage);
  return kExitUsage;
}
