#include "runtime/cmd/version.h"

namespace sluice::cmd {

const char* version() {
  return SLUICE_VERSION;
}

const char* commit() {
  return SLUICE_COMMIT;
}

}  // namespace sluice::cmd
