// Links: sluice::plugin
// Manifests lie in folders that anybody may have written to.
#include <cstdlib>

#include "runtime/plugin/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto manifest = sluice::plugin::parse_manifest({reinterpret_cast<const char*>(data), size});
  if (!manifest) return 0;
  for (const auto& component : manifest->components) (void)sluice::plugin::make_config_def(component);
  // What was read can be written and read again.
  const auto again = sluice::plugin::parse_manifest(sluice::plugin::to_json(*manifest));
  if (!again || !(*again == *manifest)) std::abort();
  return 0;
}
