// Links: sluice::base
// The text codecs of runtime/base: hostile text is refused without harm, and what was encoded comes back.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/status.h"
#include "runtime/base/strings.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  std::string encoded;
  sluice::base::append_base64(text, encoded);
  SLUICE_ASSERT(sluice::base::decode_base64(encoded) == std::string(text));
  SLUICE_ASSERT(sluice::base::from_hex(sluice::base::to_hex(text)) == std::string(text));

  if (const auto bytes = sluice::base::decode_base64(text)) SLUICE_ASSERT(bytes->size() <= text.size());
  if (const auto bytes = sluice::base::from_hex(text)) SLUICE_ASSERT(bytes->size() * 2 == text.size());
  if (const auto path = sluice::base::url_decode_path(text)) SLUICE_ASSERT(path->size() <= text.size());
  SLUICE_ASSERT(sluice::base::java_trim(text).size() <= text.size());
  return 0;
}
