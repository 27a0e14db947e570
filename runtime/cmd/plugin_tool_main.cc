// sluice-plugin-tool: the commands of `sluice plugins`, for the build itself, which writes manifests before the worker
// is linked.

#include <span>
#include <string>
#include <vector>

#include "runtime/cmd/plugins_cmd.h"

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  std::span<const std::string> words(arguments);
  // Children are started as the worker starts itself: `<program> plugins probe ...`.
  if (!words.empty() && words[0] == "plugins") words = words.subspan(1);
  return sluice::cmd::plugins_command(words, sluice::cmd::own_path());
}
