#pragma once
// Connect's Values.parseString: a schema and a value from free text, as SimpleHeaderConverter and InsertHeader read it
// (spec/connect-runtime.md section 7.3). Booleans, whole numbers, fractions, dates and times, lists and maps of these;
// everything else, and everything malformed, is the text itself.

#include <string_view>

#include "runtime/base/status.h"
#include "runtime/data/converter.h"

namespace sluice::data {

// Lists and maps nested deeper are read as text.
inline constexpr int kNestedTextMax = 1000;

// "null" gives no schema and a null value. Strings are views of `text`, which must outlive the value; all else is in
// the arena. Errors: only when the arena's or the schema pool's limit is reached.
base::Result<SchemaAndValue> parse_values_text(const ConvertContext& context, std::string_view text);

}  // namespace sluice::data
