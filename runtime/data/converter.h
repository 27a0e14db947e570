#pragma once
// The converter interfaces: bytes of Kafka <-> Connect values. Built-in converters implement them in runtime/convert;
// plugins are adapted to them by runtime/plugin. An instance belongs to one task and is used on its thread only, so it
// may cache what it prepared per schema without locks.

#include <memory>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"

namespace sluice::data {

class SchemaPool;

struct SchemaAndValue {
  const Schema* schema = nullptr;  // nullptr: schemaless
  Value value;
};

// Bytes of a message's key, value or header. data() == nullptr is a null (a tombstone), not an empty text.
using Bytes = std::string_view;

// What a converter works with besides its input: where results live, and where schemas are interned.
struct ConvertContext {
  sluice_arena* arena = nullptr;
  SchemaPool* schemas = nullptr;
};

class Converter {
 public:
  virtual ~Converter() = default;

  // Results live in context.arena or are views into `value` (no copy where bytes pass through), until the batch is
  // reset.
  virtual base::Result<Bytes> from_connect(const ConvertContext& context, std::string_view topic, const Schema* schema,
                                           const Value& value) = 0;
  // `bytes` outlives the result, which may point into it. Errors: kBadRecord with Connect's exception and text.
  virtual base::Result<SchemaAndValue> to_connect(const ConvertContext& context, std::string_view topic,
                                                  Bytes bytes) = 0;
};

class HeaderConverter {
 public:
  virtual ~HeaderConverter() = default;
  virtual base::Result<Bytes> from_connect(const ConvertContext& context, std::string_view topic,
                                           std::string_view header, const Schema* schema, const Value& value) = 0;
  virtual base::Result<SchemaAndValue> to_connect(const ConvertContext& context, std::string_view topic,
                                                  std::string_view header, Bytes bytes) = 0;
};

}  // namespace sluice::data
