#pragma once
// Connect values to JSON, byte for byte as Kafka Connect's JsonConverter writes them.
//
// For each schema the encoder prepares once a node: what to do with a value, the keys of a struct's fields with their
// quotes and commas, the text of the default, and the envelope's `{"schema":...,"payload":`. Writing a record then
// walks nodes and values side by side and appends to the arena: no lookup, no allocation. Schemas are found by their
// handle, so they must be interned ones.
//
// One thread. Nodes are kept for as many schemas as Options::cache_size asks for (all are dropped when there are more).

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/convert/arena_writer.h"
#include "runtime/convert/json_options.h"
#include "runtime/data/converter.h"

namespace sluice::convert::json {

class Encoder {
 public:
  explicit Encoder(const Options& options);
  ~Encoder();

  // The message for a value: with its schema around it if schemas are enabled. A null value without schema is a null
  // message. Errors: kBadRecord with Connect's exception and text; kNoMemory.
  base::Result<data::Bytes> encode(sluice_arena* arena, const Schema* schema, const Value& value);

 private:
  struct Node;
  struct FieldNode;
  class Run;

  const Node* node_for(const Schema& schema);
  void prepare(Node& node, const Schema& schema);
  void prepare_default(Node& node, const Schema& schema);
  const Node* root_node(const Schema& schema);
  std::optional<base::Error> append_envelope(const Schema& schema, std::string& out);

  const Options options_;
  std::unordered_map<const Schema*, std::unique_ptr<Node>> nodes_;
  const Schema* last_schema_ = nullptr;  // of the value before: most streams keep to one
  const Node* last_node_ = nullptr;
  std::string scratch_;
};

}  // namespace sluice::convert::json
