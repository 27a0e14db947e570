#include "runtime/convert/json_reader_nodes.h"

#include <algorithm>

#include "runtime/data/logical.h"
#include "runtime/data/schema.h"

namespace sluice::convert::json {
namespace {

ReadOp op_of(const Schema& schema) {
  if (schema.has_name()) {
    if (schema.name() == kDecimalName) return ReadOp::kDecimal;
    if (schema.name() == kDateName) return ReadOp::kDate;
    if (schema.name() == kTimeName) return ReadOp::kTime;
    if (schema.name() == kTimestampName) return ReadOp::kTimestamp;
  }
  return static_cast<ReadOp>(schema.type());
}

}  // namespace

struct ReaderNodes::Entry {
  ReaderNode node;
  bool covered = true;
};

ReaderNodes::ReaderNodes(const Options& options) : options_(options) {}
ReaderNodes::~ReaderNodes() = default;

const ReaderNode* ReaderNodes::find(const Schema& schema) {
  if (const auto it = nodes_.find(&schema); it != nodes_.end())
    return it->second->covered ? &it->second->node : nullptr;
  auto entry = std::make_unique<Entry>();
  ReaderNode& node = entry->node;
  node.op = op_of(schema);
  node.schema = &schema;
  const bool use_default = options_.replace_null_with_default && schema.has_default();
  node.null_allowed = use_default || schema.optional();
  if (use_default) node.null_value = schema.default_value();
  if (node.op == ReadOp::kDecimal) {
    const auto scale = data::decimal_schema_scale(schema);
    entry->covered = scale.has_value();
    if (scale) node.scale = *scale;
  } else if (node.op == ReadOp::kMap || node.op == ReadOp::kArray) {
    if (node.op == ReadOp::kMap)
      entry->covered = schema.key_schema() != nullptr && schema.key_schema()->type() == Kind::kString;
    node.element = schema.value_schema() != nullptr ? find(*schema.value_schema()) : nullptr;
    if (node.element == nullptr) entry->covered = false;
  } else if (node.op == ReadOp::kStruct) {
    for (const Field& field : schema.fields()) {
      const ReaderNode* const child = find(field.schema());
      const bool plain = std::all_of(field.name().begin(), field.name().end(),
                                     [](char c) { return c >= 0x20 && c != '"' && c != '\\'; });
      FieldKey key;
      // A name that has to be escaped matches nothing here, and is found by its text.
      key.padded = plain ? "\"" + std::string(field.name()) + "\":" : std::string(1, '\0');
      key.size = key.padded.size();
      key.padded.resize((key.size + FieldKey::kBlock - 1) / FieldKey::kBlock * FieldKey::kBlock);
      node.keys.push_back(std::move(key));
      node.fields.push_back(child);
      if (child == nullptr) entry->covered = false;
    }
  }
  const ReaderNode* const result = entry->covered ? &node : nullptr;
  nodes_.emplace(&schema, std::move(entry));
  return result;
}

}  // namespace sluice::convert::json
