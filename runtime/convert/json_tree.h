#pragma once
// A JSON message as a tree: what the JSON converter falls back on where the prepared decoders do not apply, and the
// measure of what they must answer. Accepts exactly what Kafka Connect's JSON library accepts.

#include <cstdint>
#include <span>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/convert/json_scan.h"

namespace sluice::convert::json {

enum class NodeKind : std::uint8_t { kMissing, kNull, kFalse, kTrue, kInteger, kDecimal, kString, kArray, kObject };

struct Member;

struct Node {
  NodeKind kind = NodeKind::kMissing;
  IntegerWidth width = IntegerWidth::kInt;  // kInteger
  std::uint32_t count = 0;                  // kArray: elements; kObject: members
  std::int64_t low64 = 0;                   // kInteger
  std::string_view text;                    // kString: the text; kInteger, kDecimal: the number as written
  const char* begin = nullptr;              // kArray, kObject: the bytes it was read from, brackets included
  const char* end = nullptr;
  union {
    const Node* elements = nullptr;
    const Member* members;  // unique names, in order of first appearance; of equal ones the last value
  };

  std::span<const Node> items() const { return {elements, kind == NodeKind::kArray ? count : 0}; }
  std::span<const Member> fields() const;
  // The member of that name, or nullptr; always nullptr for anything but an object.
  const Node* get(std::string_view name) const {
    std::size_t hint = 0;
    return get(name, &hint);
  }
  // The search starts at *hint, which is left behind the member found: members asked for in their order are found at
  // once.
  const Node* get(std::string_view name, std::size_t* hint) const;

  bool is_null() const { return kind == NodeKind::kNull; }
  bool is_number() const { return kind == NodeKind::kInteger || kind == NodeKind::kDecimal; }
  bool is_string() const { return kind == NodeKind::kString; }
  bool is_int() const { return kind == NodeKind::kInteger && width == IntegerWidth::kInt; }
};

struct Member {
  std::string_view name;
  Node value;
};

inline std::span<const Member> Node::fields() const {
  return {members, kind == NodeKind::kObject ? count : 0};
}

// As Jackson's JsonNodeType prints: "STRING", "NUMBER", ...
std::string_view node_type_name(const Node& node);

// Reads the first value in `bytes`; what follows it is ignored. Blank input gives kMissing. Nodes live in `nodes`,
// texts that had escapes in `texts`, others are views of `bytes` (or of a copy in `texts`, if the message is UTF-16 or
// UTF-32). Error: Kafka's SerializationException, which callers put beneath their own; or kNoMemory.
base::Result<Node> parse(std::string_view bytes, sluice_arena* nodes, sluice_arena* texts);

}  // namespace sluice::convert::json
