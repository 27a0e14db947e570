#include "runtime/cmd/version.h"

namespace sluice::cmd {

const char* version() {
  return SLUICE_VERSION;
}

const char* kafka_version() {
  return "4.3.1";
}

const char* commit() {
  return SLUICE_COMMIT;
}

}  // namespace sluice::cmd
