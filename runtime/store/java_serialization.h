#pragma once
// The one kind of Java Object Serialization stream that Connect's standalone worker keeps its offsets in: a
// java.util.HashMap of byte[] to byte[] (spec connect-runtime.md section 4.3; "Java Object Serialization
// Specification", chapter 6).

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::store {

// Pairs in the order of the stream. Java's map may hold nulls.
using JavaByteMap = std::vector<std::pair<std::optional<std::string>, std::optional<std::string>>>;

// Error: kFatal, says what is wrong and at which byte. Accepts nothing but such a map, and nothing behind it.
base::Result<JavaByteMap> read_java_byte_map(std::string_view stream);

// A stream that java.io.ObjectInputStream reads as a HashMap<byte[], byte[]>. Keys must differ.
std::string write_java_byte_map(const JavaByteMap& map);

}  // namespace sluice::store
