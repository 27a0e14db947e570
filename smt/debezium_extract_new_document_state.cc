#include "smt/debezium_extract_new_document_state.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/data/check_value.h"
#include "runtime/data/value_text.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_schema_names.h"
#include "smt/debezium_unwrap.h"
#include "smt/field_name_adjuster.h"
#include "smt/mongo_schema.h"
#include "smt/mongo_value.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"
#include "smt/struct_flattener.h"

namespace sluice::smt {
namespace {

using config::Importance;
using config::Type;
using config::Width;

const DebeziumFields& config_fields() {
  static const DebeziumFields kFields = unwrap_fields().followed_by(DebeziumFields(
      {debezium_field("array.encoding", Type::kString, Importance::kMedium, "Array encoding",
                      "How arrays are written. array (the default): as arrays, whose elements must be of one type. "
                      "document: as structs with the fields _0, _1 and so on.")
           .width(Width::kShort)
           .defaults_to("array")
           .one_of({"array", "document"}),
       debezium_field("flatten.struct", Type::kBoolean, Importance::kLow, "Flatten struct",
                      "Whether the fields of nested documents become fields of the document itself.")
           .width(Width::kShort)
           .defaults_to(false),
       debezium_field("flatten.struct.delimiter", Type::kString, Importance::kLow, "Delimiter for flattened struct",
                      "What stands between the names of which a flattened field's name is made.")
           .width(Width::kShort)
           .defaults_to("_")}));
  return kFields;
}

// Java reads it, but neither describes nor validates it.
const DebeziumFields& unlisted_fields() {
  static const DebeziumFields kFields({debezium_field("delete.tombstone.handling.mode.rewrite-with-id", Type::kBoolean,
                                                      Importance::kLow, "Rewrite delete records with id field",
                                                      "Whether a rewritten delete has the id of the record's key.")
                                           .defaults_to(false)});
  return kFields;
}

struct Options {
  UnwrapOptions unwrap;
  MongoConversion conversion;
  SchemaNameAdjustment schema_names = SchemaNameAdjustment::kNone;
  bool flatten = false;
  std::string delimiter;
  bool rewrite_with_id = false;
};

using Document = std::vector<MongoField>;

MongoField* find(Document& document, std::string_view name) {
  const auto found = std::ranges::find(document, name, &MongoField::name);
  return found == document.end() ? nullptr : &*found;
}

// As a Java map does: a name that is there keeps its place.
void put(Document& document, std::string_view name, const MongoValue& value) {
  if (MongoField* field = find(document, name); field != nullptr)
    field->value = value;
  else
    document.push_back({name, value});
}

MongoValue boolean(bool yes) {
  MongoValue value;
  value.type = MongoType::kBoolean;
  value.number = yes ? 1 : 0;
  return value;
}

// The schemas made for documents, by what of a document its schema depends on.
class ShapedSchemas {
 public:
  template <typename Build>
  base::Result<const Schema*> get(const MongoConversion& conversion, const MongoValue& document, Build&& build) {
    shape_.clear();
    append_mongo_shape(conversion, document, shape_);
    const auto found = schemas_.find(shape_);
    if (found != schemas_.end()) return found->second;
    SLUICE_TRY_ASSIGN(const Schema* schema, build());
    if (schemas_.size() >= kShapesMax) schemas_.clear();
    schemas_.emplace(shape_, schema);
    return schema;
  }

 private:
  static constexpr std::size_t kShapesMax = 10'000;
  std::unordered_map<std::string, const Schema*> schemas_;
  std::string shape_;
};

class ExtractNewDocumentState final : public data::RecordTransform {
 public:
  explicit ExtractNewDocumentState(Options options)
      : options_(std::move(options)), headers_(options_.unwrap.headers), flattener_(options_.delimiter, false) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    if (!is_event_key(batch.key_schema(record))) return {};
    sluice_arena* arena = batch.arena().c();
    const Value event = record.value_value();
    const bool tombstone = event.is_null();
    UnwrappedRecord draft(batch, record);
    SLUICE_TRY(headers_.add(*context.schemas, arena, event, draft));
    SLUICE_TRY_ASSIGN(const MongoValue key, key_document(arena, draft.key));
    if (tombstone && options_.unwrap.deletes != Deletes::kRewriteWithTombstone) return drop(record);
    if (!tombstone) {
      if (!is_envelope(batch.value_schema(record))) {
        draft.commit_headers(record);
        return {};
      }
      SLUICE_TRY(require_struct(event, "field extraction"));
      SLUICE_TRY_ASSIGN(const bool kept, read_document(arena, event, key));
      if (!kept) return drop(record);
      if (!document_.empty()) {
        SLUICE_TRY_ASSIGN(draft.value, value_of(*context.schemas, arena, event, *batch.value_schema(record)));
      }
    }
    SLUICE_TRY_ASSIGN(draft.key, key_of(*context.schemas, arena, key));
    return draft.commit(batch, record);
  }

 private:
  // An envelope's schema: the name of the documents' schemas, the fields added to them, and the schemas.
  struct Plan {
    std::string name;
    std::vector<FoundReference> added;
    mutable ShapedSchemas schemas;
  };

  static base::Status drop(data::Record& record) {
    record.flags |= SLUICE_RECORD_DROP;
    return {};
  }

  // {"id": the text of the key's field `id`}
  base::Result<MongoValue> key_document(sluice_arena* arena, const data::SchemaAndValue& key) {
    if (!key.value.is_null()) SLUICE_TRY(require_struct(key.value, "field extraction"));
    SLUICE_TRY(look_up_field(*key.schema, "id"));
    SLUICE_TRY(extracted_field(*key.schema, "id"));
    Value id;
    if (!key.value.is_null()) {
      SLUICE_TRY_ASSIGN(const auto part, id_.of(key.value));
      id = part.value;
    }
    if (id.is_null())
      return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer,
                        "Cannot invoke \"Object.toString()\" because the return value of "
                        "\"org.apache.kafka.connect.connector.ConnectRecord.key()\" is null");
    text_.assign("{ \"id\" : ");
    if (id.is(Kind::kString))
      text_ += id.text();
    else
      text_ += data::value_text(id);
    text_ += '}';
    return parse(arena, text_);
  }

  // The text may go before the document does.
  static base::Result<MongoValue> parse(sluice_arena* arena, std::string_view text) {
    const std::string_view copy = arena_copy(arena, text);
    if (copy.data() == nullptr) return out_of_memory();
    return parse_mongo_document(copy, arena);
  }
  static base::Result<MongoValue> parse(sluice_arena* arena, const Value& value) {
    return value.is(Kind::kString) ? parse_mongo_document(value.text(), arena) : parse(arena, data::value_text(value));
  }

  // Makes document_ of an event. False: the record goes.
  base::Result<bool> read_document(sluice_arena* arena, const Value& event, const MongoValue& key) {
    document_.clear();
    SLUICE_TRY_ASSIGN(const auto after, after_.of(event));
    SLUICE_TRY_ASSIGN(const auto update, update_description_.of(event));
    const bool deleted = after.value.is_null() && update.value.is_null();
    Value whole = after.value;
    if (deleted) {
      if (options_.unwrap.deletes == Deletes::kDrop) return false;
      if (options_.unwrap.rewrites()) {
        SLUICE_TRY_ASSIGN(const auto before, before_.of(event));
        whole = before.value;
      }
    }
    if (!whole.is_null()) {
      SLUICE_TRY_ASSIGN(const MongoValue document, parse(arena, whole));
      document_.assign(document.fields.begin(), document.fields.end());
    } else if (!deleted) {
      SLUICE_TRY(read_update(arena, update.value, key));
    }
    if (!options_.unwrap.rewrites()) return true;
    put(document_, "__deleted", boolean(deleted));
    if (options_.rewrite_with_id && find(document_, "_id") == nullptr && !key.fields.empty())
      document_.push_back({"_id", key.fields[0].value});
    return true;
  }

  // The document of an update of which only the changes are known.
  base::Status read_update(sluice_arena* arena, const Value& update, const MongoValue& key) {
    SLUICE_TRY(require_struct(update, "updateDescription"));
    SLUICE_TRY_ASSIGN(const Value updated, struct_get_typed(update, {"updatedFields"}, Kind::kString));
    SLUICE_TRY_ASSIGN(const Value removed, struct_get_typed(update, {"removedFields"}, Kind::kArray));
    if (!updated.is_null()) {
      SLUICE_TRY_ASSIGN(const MongoValue fields, parse(arena, updated));
      document_.assign(fields.fields.begin(), fields.fields.end());
    }
    if (!removed.is_null())
      for (const Value& name : removed.items())
        if (name.is(Kind::kString)) std::erase_if(document_, [&](const auto& f) { return f.name == name.text(); });
    if (find(document_, "_id") == nullptr) document_.push_back({"_id", key.fields[0].value});
    if (!options_.flatten) return {};
    // Paths with dots name fields as flattening does.
    Document flat;
    for (const MongoField& field : document_) {
      SLUICE_TRY_ASSIGN(const std::string_view name, delimited(arena, field.name));
      put(flat, name, field.value);
    }
    document_.swap(flat);
    return {};
  }

  base::Result<std::string_view> delimited(sluice_arena* arena, std::string_view name) const {
    if (name.find('.') == std::string_view::npos) return name;
    std::string path;
    for (const char c : name) path.append(c == '.' ? options_.delimiter : std::string(1, c));
    const std::string_view copy = arena_copy(arena, path);
    if (copy.data() == nullptr) return out_of_memory();
    return copy;
  }

  base::Result<data::SchemaAndValue> key_of(data::SchemaPool& pool, sluice_arena* arena, const MongoValue& key) {
    SLUICE_TRY_ASSIGN(const Schema* schema,
                      key_schemas_.get(options_.conversion, key, [&] { return schema_of(pool, "", key.fields, {}); }));
    SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(arena, schema));
    for (const auto& [name, value] : key.fields)
      SLUICE_TRY(put_mongo_field(arena, options_.conversion, name, value, fields));
    return data::SchemaAndValue{schema, struct_value(fields)};
  }

  base::Result<const Schema*> schema_of(data::SchemaPool& pool, std::string name, std::span<const MongoField> fields,
                                        std::span<const FoundReference> added) const {
    MongoStruct made(options_.conversion, std::move(name));
    for (const auto& [field, value] : fields) SLUICE_TRY(made.add(pool, field, value));
    for (const auto& reference : added) SLUICE_TRY(made.add_new(reference.new_name, reference.schema));
    return made.build(pool, false);
  }

  base::Result<data::SchemaAndValue> value_of(data::SchemaPool& pool, sluice_arena* arena, const Value& event,
                                              const Schema& value_schema) {
    MongoValue document;
    document.type = MongoType::kDocument;
    document.fields = document_;
    const Schema& envelope = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* plan, plans_.get(&envelope, [&] { return prepare(pool, envelope, value_schema); }));
    SLUICE_TRY_ASSIGN(const Schema* schema, plan->schemas.get(options_.conversion, document, [&] {
      return schema_of(pool, plan->name, document_, plan->added);
    }));
    SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(arena, schema));
    for (const auto& [name, value] : document_)
      SLUICE_TRY(put_mongo_field(arena, options_.conversion, name, value, fields));
    std::size_t at = schema->field_count - plan->added.size();
    for (const auto& reference : plan->added) {
      SLUICE_TRY_ASSIGN(const Value value, reference.value_in(event));
      SLUICE_TRY(struct_put(fields, at++, value));
    }
    const Value made = struct_value(fields);
    if (!options_.flatten) return data::SchemaAndValue{schema, made};
    return flattener_.flatten(pool, arena, *schema, made);
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& envelope, const Schema& value_schema) const {
    std::string_view name = value_schema.name();  // of an envelope
    name.remove_suffix(std::string_view(".Envelope").size());
    Plan plan;
    for (const auto part : base::java_split(name, '.')) {
      if (!plan.name.empty()) plan.name += '.';
      plan.name += adjust_schema_name(options_.schema_names, part);
    }
    if (options_.schema_names == SchemaNameAdjustment::kNone) plan.name = name;
    SLUICE_TRY_ASSIGN(plan.added, find_references(options_.unwrap.fields, envelope, pool));
    // Unlike ExtractNewRecordState, Java asks for the fields that the event lacks.
    for (const auto& reference : options_.unwrap.fields)
      if (std::ranges::find(plan.added, reference.new_name, &FoundReference::new_name) == plan.added.end())
        return base::data_error("{} is not a valid field name", reference.new_name);
    return plan;
  }

  const Options options_;
  EventHeaders headers_;
  StructFlattener flattener_;
  EventPart id_{"id"};
  EventPart after_{"after"};
  EventPart before_{"before"};
  EventPart update_description_{"updateDescription"};
  ShapedSchemas key_schemas_;
  PerSchema<Plan> plans_;
  Document document_;  // of the record at hand
  std::string text_;
};

}  // namespace

config::ConfigDef extract_new_document_state_config() {
  return config_fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_extract_new_document_state(const config::ConfigMap& config) {
  const DebeziumFields& fields = config_fields();
  Options options;
  SLUICE_TRY_ASSIGN(options.unwrap, parse_unwrap_options(fields, config));
  const auto adjustment = config.get_or("field.name.adjustment.mode", "none");
  SLUICE_TRY_ASSIGN(options.conversion.adjust_name, field_name_adjuster(adjustment));
  options.schema_names = parse_schema_name_adjustment(adjustment).value_or(SchemaNameAdjustment::kNone);
  options.conversion.arrays_as_documents =
      base::equals_ignore_case_ascii(base::java_trim(fields.text(config, "array.encoding").value_or("")), "document");
  options.flatten = fields.boolean(config, "flatten.struct");
  options.delimiter = fields.text(config, "flatten.struct.delimiter").value_or("");
  options.rewrite_with_id = unlisted_fields().boolean(config, "delete.tombstone.handling.mode.rewrite-with-id");
  return std::make_unique<ExtractNewDocumentState>(std::move(options));
}

}  // namespace sluice::smt
