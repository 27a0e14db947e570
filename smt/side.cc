#include "smt/side.h"

namespace sluice::smt {

tl::unexpected<base::Error> out_of_memory() {
  return base::fail(base::Code::kNoMemory, base::exceptions::kConnect, "The memory for a batch of records is used up");
}

}  // namespace sluice::smt
