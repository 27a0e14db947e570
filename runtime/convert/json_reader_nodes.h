#pragma once
// What the fast way from JSON to values knows of a schema: how to read each part of it.

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <sluice/value.hpp>

#include "runtime/convert/byte_scan.h"
#include "runtime/convert/json_options.h"

namespace sluice::convert::json {

enum class ReadOp : std::uint8_t {
  kInt8 = SLUICE_INT8,
  kInt16 = SLUICE_INT16,
  kInt32 = SLUICE_INT32,
  kInt64 = SLUICE_INT64,
  kFloat32 = SLUICE_FLOAT32,
  kFloat64 = SLUICE_FLOAT64,
  kBoolean = SLUICE_BOOLEAN,
  kString = SLUICE_STRING,
  kBytes = SLUICE_BYTES,
  kArray = SLUICE_ARRAY,
  kMap = SLUICE_MAP,
  kStruct = SLUICE_STRUCT,
  kDecimal,
  kDate,
  kTime,
  kTimestamp
};

// A field's key as it mostly stands in a message, `"id":`; in whole blocks, so that it can be compared by blocks.
struct FieldKey {
  static constexpr std::size_t kBlock = 16;
  std::string padded;
  std::size_t size = 0;

  bool matches(const char* p, const char* end) const {
    if (static_cast<std::size_t>(end - p) < size) return false;
#if defined(__SSE2__)
    if (size <= kBlock && end - p >= static_cast<std::ptrdiff_t>(kBlock)) {
      const __m128i ours = _mm_loadu_si128(reinterpret_cast<const __m128i*>(padded.data()));
      const __m128i theirs = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
      const auto equal = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(ours, theirs)));
      return (~equal & ((1U << size) - 1)) == 0;
    }
#endif
    return std::memcmp(p, padded.data(), size) == 0;
  }
};

// How to read values of one schema. Prepared once, owned by ReaderNodes.
struct ReaderNode {
  ReadOp op = ReadOp::kInt8;
  bool null_allowed = false;  // and null_value is what it gives
  sluice_value null_value{};
  std::int32_t scale = 0;
  const Schema* schema = nullptr;
  const ReaderNode* element = nullptr;  // array, map
  std::vector<FieldKey> keys;           // struct
  std::vector<const ReaderNode*> fields;
};

class ReaderNodes {
 public:
  explicit ReaderNodes(const Options& options);
  ~ReaderNodes();
  // nullptr: the fast way does not cover this schema (maps with other keys than strings).
  const ReaderNode* find(const Schema& schema);

 private:
  struct Entry;
  const Options& options_;
  std::unordered_map<const Schema*, std::unique_ptr<Entry>> nodes_;
};

}  // namespace sluice::convert::json
