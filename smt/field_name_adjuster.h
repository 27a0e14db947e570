#pragma once
// `field.name.adjustment.mode`: how names that Avro does not allow are changed in inferred schemas.

#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/status.h"

namespace sluice::smt {

// For `none` an empty function; for `avro` one that puts "_" for each character, for `avro_unicode` "_u" and its code.
// Error: a null pointer for any other word, as in Java.
base::Result<std::function<std::string(std::string_view)>> field_name_adjuster(std::string_view mode);

}  // namespace sluice::smt
