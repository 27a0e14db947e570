#include "smt/debezium_extract_new_record_state.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/data/check_value.h"
#include "smt/debezium_drop_fields.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_field_reference.h"
#include "smt/debezium_fields.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;
using config::Width;

enum class Deletes { kDrop, kTombstone, kRewrite, kRewriteWithTombstone, kDeleteToTombstone };
const std::vector<std::string> kDeleteWords = {"drop", "tombstone", "rewrite", "rewrite-with-tombstone",
                                               "delete-to-tombstone"};

const DebeziumFields& config_fields() {
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
           .defaults_to(""),
       debezium_field("drop.fields.header.name", Type::kString, Importance::kLow,
                      "Specifies a header that contains a list of field names to be removed",
                      "The header whose list names the fields to remove from the row.")
           .width(Width::kShort),
       debezium_field("drop.fields.from.key", Type::kBoolean, Importance::kLow,
                      "Specifies whether the fields to be dropped should also be omitted from the key",
                      "Whether to remove the fields from the key too.")
           .width(Width::kShort)
           .defaults_to(false),
       debezium_field("drop.fields.keep.schema.compatible", Type::kBoolean, Importance::kLow,
                      "Specifies if fields are dropped, will the event's schemas be compatible",
                      "Whether to keep required fields, so that old and new schemas stay compatible.")
           .width(Width::kShort)
           .defaults_to(true)});
  return kFields;
}

struct Options {
  Deletes deletes = Deletes::kTombstone;
  std::string route_field;
  std::vector<FieldReference> fields;
  std::vector<FieldReference> headers;
  std::string drop_header;  // empty: none
  bool drop_from_key = false;
  bool drop_optional_only = true;
  bool use_default = true;
};

// A record as it will be, so that an error leaves the real one alone.
struct Draft {
  data::SchemaAndValue key;
  data::SchemaAndValue value;
  std::uint32_t topic;
  const sluice_header* headers;
  std::uint32_t header_count;
};

tl::unexpected<base::Error> not_cast(std::string_view what, std::string_view to) {
  return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "{} cannot be cast to {}", what, to);
}

class ExtractNewRecordState final : public data::RecordTransform {
 public:
  explicit ExtractNewRecordState(Options options)
      : options_(std::move(options)), drop_fields_(options_.drop_optional_only) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value event = record.value_value();
    const bool tombstone = event.is_null();
    if (!tombstone && !is_envelope(batch.value_schema(record))) return {};
    Draft draft{{batch.key_schema(record), record.key_value()},
                {nullptr, Value()},
                record.topic,
                record.headers,
                record.header_count};
    const bool with_headers = !options_.headers.empty();
    if (tombstone) {
      if (options_.deletes != Deletes::kRewriteWithTombstone) return drop(record);
      if (with_headers) SLUICE_TRY(add_tombstone_headers(*context.schemas, batch.arena().c(), draft));
      record.headers = draft.headers;
      record.header_count = draft.header_count;
      return {};
    }
    if (with_headers && !event.is(Kind::kStruct)) return not_cast("The value", "org.apache.kafka.connect.data.Struct");
    SLUICE_TRY(require_struct(event, "field extraction"));
    if (with_headers) SLUICE_TRY(add_headers(*context.schemas, batch.arena().c(), event, draft));
    SLUICE_TRY_ASSIGN(const bool kept, unwrap(*context.schemas, batch, event, draft));
    return kept ? commit(batch, record, draft) : drop(record);
  }

 private:
  // An envelope's schema, the fields added from it and, for each schema of a row, the schema with them.
  struct AddedFields {
    std::vector<FoundReference> references;
    mutable PerSchema<const Schema*> schemas;
  };

  static base::Status drop(data::Record& record) {
    record.flags |= SLUICE_RECORD_DROP;
    return {};
  }

  static base::Status commit(data::Batch& batch, data::Record& record, const Draft& draft) {
    const std::uint32_t key_schema = batch.schema_index(draft.key.schema);
    if (key_schema == data::Batch::kNoIndex) return out_of_memory();
    SLUICE_TRY(set_side(batch, record, Side::kValue, draft.value.schema, draft.value.value));
    record.key_schema = key_schema;
    record.key = draft.key.value;
    record.topic = draft.topic;
    record.headers = draft.headers;
    record.header_count = draft.header_count;
    return {};
  }

  // Gives whether the record stays.
  base::Result<bool> unwrap(data::SchemaPool& pool, data::Batch& batch, const Value& event, Draft& draft) {
    SLUICE_TRY_ASSIGN(const data::SchemaAndValue after, part(event, afters_, "after"));
    if (!after.value.is_null()) {
      draft.value = after;
      SLUICE_TRY(unwrap_row(pool, batch, event, draft));
      return true;
    }
    SLUICE_TRY_ASSIGN(const data::SchemaAndValue before, part(event, befores_, "before"));
    if (before.value.is_null()) return false;  // a truncate
    if (options_.deletes == Deletes::kDrop) return false;
    draft.value = after;
    SLUICE_TRY(unwrap_delete(pool, batch, event, before, draft));
    return true;
  }

  // What ExtractField gives for a field of the event.
  static base::Result<data::SchemaAndValue> part(const Value& event, PerSchema<std::size_t>& places,
                                                 std::string_view name) {
    const Schema& schema = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* place, places.get(&schema, [&] { return extracted_field(schema, name); }));
    return data::SchemaAndValue{&schema.fields()[*place].schema(), field_value(event, schema, *place, true)};
  }

  base::Status unwrap_row(data::SchemaPool& pool, data::Batch& batch, const Value& event, Draft& draft) {
    sluice_arena* arena = batch.arena().c();
    if (rewrites()) SLUICE_TRY(mark_deleted(pool, arena, "false", draft.value));
    if (!options_.route_field.empty()) {
      SLUICE_TRY(require_struct(draft.value.value, "Read record to set topic routing for CREATE / UPDATE"));
      SLUICE_TRY(route(batch, draft.value.value, draft));
    }
    SLUICE_TRY(add_fields(pool, arena, event, draft.value));
    if (options_.drop_header.empty()) return {};
    return drop_fields(pool, arena, draft);
  }

  base::Status unwrap_delete(data::SchemaPool& pool, data::Batch& batch, const Value& event,
                             const data::SchemaAndValue& before, Draft& draft) {
    sluice_arena* arena = batch.arena().c();
    if (options_.deletes == Deletes::kDeleteToTombstone) draft.value = {};
    if (rewrites()) {
      draft.value = before;
      SLUICE_TRY(mark_deleted(pool, arena, "true", draft.value));
    }
    if (!options_.route_field.empty()) {
      SLUICE_TRY(typed_field(event.struct_schema(), "before", Kind::kStruct));
      SLUICE_TRY(route(batch, before.value, draft));
    }
    if (!is_blank(options_.drop_header)) SLUICE_TRY(drop_fields(pool, arena, draft));
    if (draft.value.value.is_null()) return {};
    return add_fields(pool, arena, event, draft.value);
  }

  bool rewrites() const {
    return options_.deletes == Deletes::kRewrite || options_.deletes == Deletes::kRewriteWithTombstone;
  }

  // Adds __deleted to a row; a document (a text) stays as it is.
  base::Status mark_deleted(data::SchemaPool& pool, sluice_arena* arena, std::string_view text,
                            data::SchemaAndValue& row) {
    if (!row.value.is(Kind::kStruct)) return {};
    const Schema& old = row.value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* schema, marked_.get(&old, [&] {
      return struct_with_fields_of(old).field("__deleted", pool.primitive(Kind::kString, true)).build(pool);
    }));
    sluice_struct* const fields = unset_struct(arena, *schema);
    if (fields == nullptr) return out_of_memory();
    SLUICE_TRY(put_all_copied(row.value, options_.use_default, *fields));
    fields->fields[old.field_count] = Value::string(text);
    row = {*schema, struct_value(fields)};
    return {};
  }

  base::Status route(data::Batch& batch, const Value& row, Draft& draft) const {
    SLUICE_TRY_ASSIGN(const std::size_t position,
                      typed_field(row.struct_schema(), options_.route_field, Kind::kString));
    const Value& topic = row.items()[position];
    if (topic.is_null() || is_blank(topic.text())) return {};
    draft.topic = batch.topic_index(topic.text());
    if (draft.topic == data::Batch::kNoIndex) return out_of_memory();
    return {};
  }

  base::Status add_fields(data::SchemaPool& pool, sluice_arena* arena, const Value& event, data::SchemaAndValue& row) {
    SLUICE_TRY(require_struct(row.value, "source field insertion"));
    const Schema& envelope = event.struct_schema();
    const Schema& old = row.value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* added, added_.get(&envelope, [&] { return find_added(pool, envelope); }));
    SLUICE_TRY_ASSIGN(const auto* schema, added->schemas.get(&old, [&] {
      auto builder = struct_with_fields_of(old);
      for (const auto& reference : added->references) builder.field(reference.new_name, reference.schema);
      return builder.build(pool);
    }));
    sluice_struct* const fields = unset_struct(arena, *schema);
    if (fields == nullptr) return out_of_memory();
    SLUICE_TRY(put_all_copied(row.value, false, *fields));
    std::size_t at = old.field_count;
    for (const auto& reference : added->references) {
      SLUICE_TRY_ASSIGN(const Value value, reference.value_in(event));
      // The schema of a struct or map was copied without its parts, as in Java, and takes no value.
      if (value.is(Kind::kStruct) || value.is(Kind::kMap))
        SLUICE_TRY(data::check_field((*schema)->fields()[at], value));
      fields->fields[at++] = value;
    }
    row = {*schema, struct_value(fields)};
    return {};
  }

  base::Result<AddedFields> find_added(data::SchemaPool& pool, const Schema& envelope) const {
    SLUICE_TRY(typed_field(envelope, "op", Kind::kString));  // Java's cache asks for it
    SLUICE_TRY_ASSIGN(auto references, find_references(options_.fields, envelope, pool));
    return AddedFields{std::move(references), {}};
  }

  base::Status add_headers(data::SchemaPool& pool, sluice_arena* arena, const Value& event, Draft& draft) {
    const Schema& envelope = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* found,
                      headers_.get(&envelope, [&] { return find_references(options_.headers, envelope, pool); }));
    SLUICE_TRY_ASSIGN(sluice_header * next, more_headers(arena, draft, found->size()));
    for (const auto& reference : *found) {
      SLUICE_TRY_ASSIGN(const Value value, reference.value_in(event));
      *next++ = {str(reference.new_name), reference.schema, value};
    }
    return {};
  }

  // Only the operation is known of a tombstone.
  base::Status add_tombstone_headers(const data::SchemaPool& pool, sluice_arena* arena, Draft& draft) const {
    const auto is_op = [](const FieldReference& reference) { return reference.field == "op"; };
    const auto count = std::count_if(options_.headers.begin(), options_.headers.end(), is_op);
    SLUICE_TRY_ASSIGN(sluice_header * next, more_headers(arena, draft, static_cast<std::size_t>(count)));
    for (const auto& reference : options_.headers)
      if (is_op(reference)) *next++ = {str(reference.new_name), pool.string(), Value::string("d")};
    return {};
  }

  // Room for `count` headers after those that the draft has.
  static base::Result<sluice_header*> more_headers(sluice_arena* arena, Draft& draft, std::size_t count) {
    auto* headers = arena_array<sluice_header>(arena, draft.header_count + count);
    if (headers == nullptr) return out_of_memory();
    std::copy_n(draft.headers, draft.header_count, headers);
    sluice_header* const first_new = headers + draft.header_count;
    draft.headers = headers;
    draft.header_count += static_cast<std::uint32_t>(count);
    return first_new;
  }

  base::Status drop_fields(data::SchemaPool& pool, sluice_arena* arena, Draft& draft) {
    const auto* end = draft.headers + draft.header_count;
    const auto* header = std::find_if(draft.headers, end, [&](const sluice_header& candidate) {
      return view(candidate.key) == options_.drop_header;
    });
    if (header == end || Value(header->value).is_null()) return {};
    const Value names(header->value);
    if (!names.is(Kind::kArray)) return not_cast("The header " + options_.drop_header, "java.util.List");
    if (names.items().empty()) return {};
    if (options_.drop_from_key && !draft.key.value.is_null()) {
      SLUICE_TRY_ASSIGN(draft.key, drop_fields_.drop(pool, arena, draft.key.schema, draft.key.value, names));
    }
    SLUICE_TRY_ASSIGN(draft.value, drop_fields_.drop(pool, arena, draft.value.schema, draft.value.value, names));
    return {};
  }

  const Options options_;
  DropFields drop_fields_;
  PerSchema<std::size_t> afters_;
  PerSchema<std::size_t> befores_;
  PerSchema<const Schema*> marked_;
  PerSchema<AddedFields> added_;
  PerSchema<std::vector<FoundReference>> headers_;
};

}  // namespace

config::ConfigDef extract_new_record_state_config() {
  return config_fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_extract_new_record_state(const config::ConfigMap& config) {
  const DebeziumFields& fields = config_fields();
  SLUICE_TRY(fields.validate_and_record(config, base::exceptions::kConnect));
  const auto text = [&](std::string_view name) { return fields.text(config, name).value_or(""); };
  Options options;
  SLUICE_TRY_ASSIGN(options.fields, FieldReference::parse_list(text("add.fields.prefix"), text("add.fields")));
  SLUICE_TRY_ASSIGN(options.headers, FieldReference::parse_list(text("add.headers.prefix"), text("add.headers")));
  options.route_field = text("route.by.field");
  const auto mode = base::to_lower_ascii(base::java_trim(text("delete.tombstone.handling.mode")));
  options.deletes =
      static_cast<Deletes>(std::find(kDeleteWords.begin(), kDeleteWords.end(), mode) - kDeleteWords.begin());
  options.drop_header = text("drop.fields.header.name");
  options.drop_from_key = fields.boolean(config, "drop.fields.from.key");
  options.drop_optional_only = fields.boolean(config, "drop.fields.keep.schema.compatible");
  // Read, though the definition does not have it; what is no truth value is taken for true.
  options.use_default =
      !base::equals_ignore_case_ascii(base::java_trim(config.get_or("replace.null.with.default", "true")), "false");
  return std::make_unique<ExtractNewRecordState>(std::move(options));
}

}  // namespace sluice::smt
