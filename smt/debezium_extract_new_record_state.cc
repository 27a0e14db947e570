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
#include "smt/debezium_unwrap.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;
using config::Width;

const DebeziumFields& config_fields() {
  static const DebeziumFields kFields = unwrap_fields().followed_by(
      DebeziumFields({debezium_field("drop.fields.header.name", Type::kString, Importance::kLow,
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
                          .defaults_to(true)}));
  return kFields;
}

struct Options {
  UnwrapOptions unwrap;
  std::string drop_header;  // empty: none
  bool drop_from_key = false;
  bool drop_optional_only = true;
  bool use_default = true;
};

class ExtractNewRecordState final : public data::RecordTransform {
 public:
  explicit ExtractNewRecordState(Options options)
      : options_(std::move(options)), headers_(options_.unwrap.headers), drop_fields_(options_.drop_optional_only) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value event = record.value_value();
    const bool tombstone = event.is_null();
    if (!tombstone && !is_envelope(batch.value_schema(record))) return {};
    UnwrappedRecord draft(batch, record);
    if (tombstone) {
      if (options_.unwrap.deletes != Deletes::kRewriteWithTombstone) return drop(record);
      SLUICE_TRY(headers_.add(*context.schemas, batch.arena().c(), event, draft));
      draft.commit_headers(record);
      return {};
    }
    SLUICE_TRY(headers_.add(*context.schemas, batch.arena().c(), event, draft));
    SLUICE_TRY(require_struct(event, "field extraction"));
    SLUICE_TRY_ASSIGN(const bool kept, unwrap(*context.schemas, batch, event, draft));
    return kept ? draft.commit(batch, record) : drop(record);
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

  // Gives whether the record stays.
  base::Result<bool> unwrap(data::SchemaPool& pool, data::Batch& batch, const Value& event, UnwrappedRecord& draft) {
    SLUICE_TRY_ASSIGN(const data::SchemaAndValue after, after_.of(event));
    if (!after.value.is_null()) {
      draft.value = after;
      SLUICE_TRY(unwrap_row(pool, batch, event, draft));
      return true;
    }
    SLUICE_TRY_ASSIGN(const data::SchemaAndValue before, before_.of(event));
    if (before.value.is_null()) return false;  // a truncate
    if (options_.unwrap.deletes == Deletes::kDrop) return false;
    draft.value = after;
    SLUICE_TRY(unwrap_delete(pool, batch, event, before, draft));
    return true;
  }

  base::Status unwrap_row(data::SchemaPool& pool, data::Batch& batch, const Value& event, UnwrappedRecord& draft) {
    sluice_arena* arena = batch.arena().c();
    if (options_.unwrap.rewrites()) SLUICE_TRY(mark_deleted(pool, arena, "false", draft.value));
    if (!options_.unwrap.route_field.empty()) {
      SLUICE_TRY(require_struct(draft.value.value, "Read record to set topic routing for CREATE / UPDATE"));
      SLUICE_TRY(route(batch, draft.value.value, draft));
    }
    SLUICE_TRY(add_fields(pool, arena, event, draft.value));
    if (options_.drop_header.empty()) return {};
    return drop_fields(pool, arena, draft);
  }

  base::Status unwrap_delete(data::SchemaPool& pool, data::Batch& batch, const Value& event,
                             const data::SchemaAndValue& before, UnwrappedRecord& draft) {
    sluice_arena* arena = batch.arena().c();
    if (options_.unwrap.deletes == Deletes::kDeleteToTombstone) draft.value = {};
    if (options_.unwrap.rewrites()) {
      draft.value = before;
      SLUICE_TRY(mark_deleted(pool, arena, "true", draft.value));
    }
    if (!options_.unwrap.route_field.empty()) {
      SLUICE_TRY(typed_field(event.struct_schema(), "before", Kind::kStruct));
      SLUICE_TRY(route(batch, before.value, draft));
    }
    if (!options_.drop_header.empty()) SLUICE_TRY(drop_fields(pool, arena, draft));
    if (draft.value.value.is_null()) return {};
    return add_fields(pool, arena, event, draft.value);
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

  base::Status route(data::Batch& batch, const Value& row, UnwrappedRecord& draft) const {
    SLUICE_TRY_ASSIGN(const std::size_t position,
                      typed_field(row.struct_schema(), options_.unwrap.route_field, Kind::kString));
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
    SLUICE_TRY_ASSIGN(auto references, find_references(options_.unwrap.fields, envelope, pool));
    return AddedFields{std::move(references), {}};
  }

  base::Status drop_fields(data::SchemaPool& pool, sluice_arena* arena, UnwrappedRecord& draft) {
    const auto* end = draft.headers + draft.header_count;
    const auto* header = std::find_if(draft.headers, end, [&](const sluice_header& candidate) {
      return view(candidate.key) == options_.drop_header;
    });
    if (header == end || Value(header->value).is_null()) return {};
    const Value names(header->value);
    if (!names.is(Kind::kArray))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast,
                        "The header {} cannot be cast to java.util.List", options_.drop_header);
    if (names.items().empty()) return {};
    if (options_.drop_from_key && !draft.key.value.is_null()) {
      SLUICE_TRY_ASSIGN(draft.key, drop_fields_.drop(pool, arena, draft.key.schema, draft.key.value, names));
    }
    SLUICE_TRY_ASSIGN(draft.value, drop_fields_.drop(pool, arena, draft.value.schema, draft.value.value, names));
    return {};
  }

  const Options options_;
  EventHeaders headers_;
  DropFields drop_fields_;
  EventPart after_{"after"};
  EventPart before_{"before"};
  PerSchema<const Schema*> marked_;
  PerSchema<AddedFields> added_;
};

}  // namespace

config::ConfigDef extract_new_record_state_config() {
  return config_fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_extract_new_record_state(const config::ConfigMap& config) {
  const DebeziumFields& fields = config_fields();
  Options options;
  SLUICE_TRY_ASSIGN(options.unwrap, parse_unwrap_options(fields, config));
  options.drop_header = fields.text(config, "drop.fields.header.name").value_or("");
  if (is_blank(options.drop_header)) options.drop_header.clear();
  options.drop_from_key = fields.boolean(config, "drop.fields.from.key");
  options.drop_optional_only = fields.boolean(config, "drop.fields.keep.schema.compatible");
  // Read, though the definition does not have it; what is no truth value is taken for true.
  options.use_default =
      !base::equals_ignore_case_ascii(base::java_trim(config.get_or("replace.null.with.default", "true")), "false");
  return std::make_unique<ExtractNewRecordState>(std::move(options));
}

}  // namespace sluice::smt
