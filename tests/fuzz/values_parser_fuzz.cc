// Header texts come from anyone who may write to a topic: any bytes must give a value within the limits, or the error
// of a spent limit.
//
// Links: sluice::data

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "runtime/data/arena.h"
#include "runtime/data/convert.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_ops.h"
#include "runtime/data/value_text.h"
#include "runtime/data/values_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sluice::data;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  SchemaPool schemas;
  Arena arena(1024 * 1024);
  const ConvertContext context{arena.c(), &schemas};
  const auto result = parse_values_text(context, text);
  if (!result) {
    if (result.error().code() != sluice::base::Code::kNoMemory) std::abort();
    return 0;
  }
  std::string printed = value_text(result->value);
  append_values_text(result->value, false, printed);
  if (!values_equal(result->value, result->value)) std::abort();
  for (const auto convert :
       {convert_to_boolean, convert_to_list, convert_to_map, convert_to_date, convert_to_time, convert_to_timestamp})
    if (const auto converted = convert(context, nullptr, sluice::Value::string(text)))
      printed += value_text(*converted);
  return 0;
}
