#pragma once

namespace sluice::cmd {

const char* version();  // "0.1.0"
const char* commit();   // of the source tree, or "unknown"

}  // namespace sluice::cmd
