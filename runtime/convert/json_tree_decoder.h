#pragma once
// Connect schemas and values from a JSON tree, exactly as Kafka Connect's JsonConverter makes them: same results for
// odd input (a text where a number should be gives 0), same errors in the same order. The prepared decoders must agree
// with it.

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/convert/json_options.h"
#include "runtime/convert/json_tree.h"
#include "runtime/data/converter.h"

namespace sluice::convert::json {

class TreeDecoder {
 public:
  // Results live in context.arena, schemas in context.schemas.
  TreeDecoder(const Options& options, const data::ConvertContext& context) : options_(options), context_(context) {}

  // nullptr for a JSON null. Errors: Connect's DataException and SchemaBuilderException.
  base::Result<const Schema*> schema(const Node& node) const;

  // `node` may be nullptr (an absent member), `schema` too (schemaless).
  base::Result<Value> value(const Schema* schema, const Node* node) const;

 private:
  base::Result<Value> schemaless(const Node& node) const;
  base::Result<Value> logical(const Schema& schema, const Node& node, bool* is_logical) const;
  base::Result<Value> decimal(const Schema& schema, const Node& node) const;
  base::Result<Value> array(const Schema* element, const Node& node) const;
  base::Result<Value> object_map(const Schema* value_schema, const Node& node) const;
  base::Result<Value> pair_map(const Schema& schema, const Node& node) const;
  base::Result<Value> structure(const Schema& schema, const Node& node) const;
  base::Result<Value> binary(const Node& node) const;

  const Options& options_;
  const data::ConvertContext& context_;
};

}  // namespace sluice::convert::json
