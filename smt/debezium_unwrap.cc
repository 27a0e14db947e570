#include "smt/debezium_unwrap.h"

#include <algorithm>
#include <utility>

#include "runtime/base/strings.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;
using config::Width;

// In the order of Deletes.
const std::vector<std::string> kDeleteWords = {"drop", "tombstone", "rewrite", "rewrite-with-tombstone",
                                               "delete-to-tombstone"};

// Room for `count` headers after those that the record has.
base::Result<sluice_header*> more_headers(sluice_arena* arena, UnwrappedRecord& record, std::size_t count) {
  auto* headers = arena_array<sluice_header>(arena, record.header_count + count);
  if (headers == nullptr) return out_of_memory();
  std::copy_n(record.headers, record.header_count, headers);
  sluice_header* const first_new = headers + record.header_count;
  record.headers = headers;
  record.header_count += static_cast<std::uint32_t>(count);
  return first_new;
}

}  // namespace

const DebeziumFields& unwrap_fields() {
  static const DebeziumFields kFields(
      {debezium_field(
           "delete.tombstone.handling.mode", Type::kString, Importance::kMedium, "Handle delete and tombstone records",
           "What becomes of a delete and of the tombstone after it. drop: both are removed. tombstone (the "
           "default): a tombstone takes the place of the delete. rewrite: the delete becomes the old row with "
           "the field __deleted, without a tombstone. rewrite-with-tombstone: the same, and the tombstone "
           "stays. delete-to-tombstone: the delete becomes a tombstone without a schema.")
           .width(Width::kMedium)
           .defaults_to("tombstone")
           .one_of(kDeleteWords)
           .checked_in_definition(),
       debezium_field("route.by.field", Type::kString, Importance::kLow, "Route by field name",
                      "The column whose value becomes the topic's name.")
           .width(Width::kLong)
           .defaults_to(""),
       debezium_field("add.fields.prefix", Type::kString, Importance::kLow, "Field prefix to be added to each field.",
                      "What the names of added fields begin with.")
           .width(Width::kShort)
           .defaults_to("__"),
       debezium_field("add.fields", Type::kList, Importance::kLow,
                      "Adds the specified field(s) to the message if they exist.",
                      "Fields of the event to add to the row: op, source.ts_ms, table:new_name and so on.")
           .width(Width::kLong)
           .defaults_to(""),
       debezium_field("add.headers.prefix", Type::kString, Importance::kLow,
                      "Header prefix to be added to each header.", "What the names of added headers begin with.")
           .width(Width::kShort)
           .defaults_to("__"),
       debezium_field("add.headers", Type::kList, Importance::kLow,
                      "Adds the specified fields to the header if they exist.",
                      "Fields of the event to add as headers, written like those of add.fields.")
           .width(Width::kLong)
           .defaults_to("")});
  return kFields;
}

base::Result<UnwrapOptions> parse_unwrap_options(const DebeziumFields& fields, const config::ConfigMap& config) {
  SLUICE_TRY(fields.validate_and_record(config, base::exceptions::kConnect));
  const auto text = [&](std::string_view name) { return fields.text(config, name).value_or(""); };
  UnwrapOptions options;
  SLUICE_TRY_ASSIGN(options.fields, FieldReference::parse_list(text("add.fields.prefix"), text("add.fields")));
  SLUICE_TRY_ASSIGN(options.headers, FieldReference::parse_list(text("add.headers.prefix"), text("add.headers")));
  options.route_field = text("route.by.field");
  const auto mode = base::to_lower_ascii(base::java_trim(text("delete.tombstone.handling.mode")));
  options.deletes =
      static_cast<Deletes>(std::find(kDeleteWords.begin(), kDeleteWords.end(), mode) - kDeleteWords.begin());
  return options;
}

UnwrappedRecord::UnwrappedRecord(const data::Batch& batch, const data::Record& record)
    : key{batch.key_schema(record), record.key_value()},
      value{nullptr, Value()},
      topic(record.topic),
      headers(record.headers),
      header_count(record.header_count) {}

base::Status UnwrappedRecord::commit(data::Batch& batch, data::Record& record) const {
  const std::uint32_t key_schema = batch.schema_index(key.schema);
  if (key_schema == data::Batch::kNoIndex) return out_of_memory();
  SLUICE_TRY(set_side(batch, record, Side::kValue, value.schema, value.value));
  record.key_schema = key_schema;
  record.key = key.value;
  record.topic = topic;
  commit_headers(record);
  return {};
}

void UnwrappedRecord::commit_headers(data::Record& record) const {
  record.headers = headers;
  record.header_count = header_count;
}

base::Result<data::SchemaAndValue> EventPart::of(const Value& event) {
  const Schema& schema = event.struct_schema();
  SLUICE_TRY_ASSIGN(const auto* place, places_.get(&schema, [&] { return extracted_field(schema, name_); }));
  return data::SchemaAndValue{&schema.fields()[*place].schema(), field_value(event, schema, *place, true)};
}

base::Status EventHeaders::add(data::SchemaPool& pool, sluice_arena* arena, const Value& event,
                               UnwrappedRecord& record) {
  if (references_.empty()) return {};
  if (event.is_null()) return add_for_tombstone(pool, arena, record);
  if (!event.is(Kind::kStruct))
    return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast,
                      "The value cannot be cast to org.apache.kafka.connect.data.Struct");
  const Schema& envelope = event.struct_schema();
  SLUICE_TRY_ASSIGN(const auto* found,
                    found_.get(&envelope, [&] { return find_references(references_, envelope, pool); }));
  SLUICE_TRY_ASSIGN(sluice_header * next, more_headers(arena, record, found->size()));
  for (const auto& reference : *found) {
    SLUICE_TRY_ASSIGN(const Value value, reference.value_in(event));
    *next++ = {str(reference.new_name), reference.schema, value};
  }
  return {};
}

base::Status EventHeaders::add_for_tombstone(const data::SchemaPool& pool, sluice_arena* arena,
                                             UnwrappedRecord& record) const {
  const auto is_op = [](const FieldReference& reference) { return reference.field == "op"; };
  const auto count = std::count_if(references_.begin(), references_.end(), is_op);
  SLUICE_TRY_ASSIGN(sluice_header * next, more_headers(arena, record, static_cast<std::size_t>(count)));
  for (const auto& reference : references_)
    if (is_op(reference)) *next++ = {str(reference.new_name), pool.string(), Value::string("d")};
  return {};
}

}  // namespace sluice::smt
