#pragma once
// The notation of sample records, and what a record looks like in it. JSON, one object a record:
//
//   {"topic": "orders", "partition": 0, "offset": 7, "timestamp": 1700000000000,
//    "key": 1, "value": {"schema": {...}, "payload": {...}}, "headers": [{"key": "origin", "value": "eu"}]}
//
// All but the topic may be missing or null. A key, a value or a header's value is plain JSON (schemaless), or an object
// of exactly `schema` and `payload` in the form of JsonConverter, decimals as numbers. What is written can be read.

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/convert/json_encoder.h"
#include "runtime/data/batch.h"
#include "runtime/data/schema.h"

namespace sluice::task {

// One member of a record: the text of the notation, and its parts for readers who want less of it.
struct PreviewMember {
  std::string name;     // "topic", "partition", "offset", "timestamp", "key", "value", "headers"
  std::string json;     // the member's value
  std::string payload;  // the same without schemas
  std::string schema;   // "Schema{orders:STRUCT}"; empty: schemaless, or the member has none
};
using PreviewRecord = std::vector<PreviewMember>;

// The object of the notation.
std::string record_json(const PreviewRecord& record);

class PreviewNotation {
 public:
  // `schemas` outlives it, and the records read. Records of sources (`sink` false) have no offset.
  PreviewNotation(data::SchemaPool& schemas, bool sink);

  // Fills `record` of `batch`; values and texts live in the batch. Error: kInvalidConfig naming the member, its value
  // and what to write instead; `label` says which record ("records[3]").
  base::Status read(std::string_view json, std::string_view label, data::Batch& batch, data::Record& record) const;

  // A value that JSON has no form for is given as Java's text, and `notes` says so.
  PreviewRecord write(data::Batch& batch, const data::Record& record, std::vector<std::string>& notes);

 private:
  PreviewMember value_member(data::Batch& batch, std::string_view name, const Schema* schema, const Value& value,
                             std::vector<std::string>& notes);

  data::SchemaPool& schemas_;
  const bool sink_;
  convert::json::Encoder with_schemas_;
  convert::json::Encoder payloads_;
};

}  // namespace sluice::task
