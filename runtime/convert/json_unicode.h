#pragma once
// The encoding of a JSON message, guessed as Kafka Connect's JSON library does: by a byte order mark, else by where
// zero bytes stand.

#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::convert::json {

// A message as UTF-8: the input itself (without its byte order mark), or a copy in the arena of one that was UTF-16 or
// UTF-32.
struct Source {
  std::string_view text;
  bool wide = false;  // it was UTF-16 or UTF-32
};

// True if `bytes` is UTF-8 without a byte order mark, so that they can be read as they are. Cheap.
inline bool is_plain_utf8_start(std::string_view bytes) {
  if (bytes.size() < 2) return true;
  const auto a = static_cast<unsigned char>(bytes[0]), b = static_cast<unsigned char>(bytes[1]);
  return a != 0 && b != 0 && a < 0xEF;
}

// Error: an encoding that Java refuses (SerializationException), or kNoMemory. Ill-formed UTF-16 gives U+FFFD,
// ill-formed UTF-32 a byte that no JSON may contain, so that reading fails there.
base::Result<Source> to_utf8(std::string_view bytes, sluice_arena* arena);

}  // namespace sluice::convert::json
