#include "smt/mongo_event_router.h"

#include <string>
#include <utility>

#include "runtime/base/log.h"
#include "smt/mongo_schema.h"
#include "smt/outbox_router.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

const base::Logger kLog{"io.debezium.connector.mongodb.transforms.outbox.MongoEventRouter"};

// Reads the document in `after`, which the connector writes as a JSON text, into a struct, and routes on that.
class MongoEventRouter final : public data::RecordTransform, private OutboxRouter::EventSource {
 public:
  MongoEventRouter(OutboxOptions options, OutboxDocuments documents)
      : router_(std::move(options)), documents_(std::move(documents)) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    return router_.apply(context, batch, record, this);
  }

 private:
  // An event whose document cannot be read goes on as it is, and fails where its row is asked for.
  base::Result<Value> event_of(const data::TransformContext& context, data::Batch& batch,
                               const Value& envelope) override {
    auto expanded = expand(*context.schemas, batch.arena().c(), envelope);
    if (expanded) return *expanded;
    if (expanded.error().code() == base::Code::kNoMemory) return expanded;
    kLog.warn("Failed to expand after field: {}", expanded.error().message());
    return envelope;
  }

  base::Result<Value> expand(data::SchemaPool& pool, sluice_arena* arena, const Value& envelope) const {
    const Schema& schema = envelope.struct_schema();
    const int at = schema.field_index("after");
    if (at < 0) return base::fail(base::Code::kBadRecord, base::exceptions::kIllegalArgument, "Unknown field: after");
    const auto position = static_cast<std::size_t>(at);
    const Value after = field_value(envelope, schema, position, true);
    if (!after.is(Kind::kString))
      return base::fail(base::Code::kBadRecord, base::exceptions::kIllegalState,
                        "Unable to expand non-String after field");
    SLUICE_TRY_ASSIGN(const MongoValue document, parse_mongo_document(after.text(), arena));
    SLUICE_TRY_ASSIGN(const Schema* row_schema, row_schema_of(pool, schema.fields()[position].schema(), document));
    SLUICE_TRY_ASSIGN(const Value row, row_of(arena, *row_schema, document));

    // `after` becomes the last field.
    auto builder = data::SchemaBuilder::structure().name(schema.name());
    for (const Field& field : schema.fields())
      if (field.name() != "after") builder.field(field.name(), &field.schema());
    SLUICE_TRY_ASSIGN(const Schema* expanded, builder.field("after", row_schema).build(pool));
    sluice_struct* fields = arena_struct(arena, expanded);
    if (fields == nullptr) return out_of_memory();
    std::size_t to = 0;
    for (std::size_t i = 0; i < schema.field_count; ++i)
      if (i != position) SLUICE_TRY(struct_put(fields, to++, field_value(envelope, schema, i, true)));
    SLUICE_TRY(struct_put(fields, to, row));
    return Value::record(fields, expanded->field_count);
  }

  bool is_timestamp(std::string_view name) const { return documents_.timestamp && name == *documents_.timestamp; }
  // A document as payload stays a text, unless it is to be expanded.
  bool is_text(std::string_view name, const MongoValue& value) const {
    return name == documents_.payload && !documents_.expand_payload && value.type == MongoType::kDocument;
  }

  base::Result<const Schema*> row_schema_of(data::SchemaPool& pool, const Schema& after,
                                            const MongoValue& document) const {
    MongoStruct row(conversion_, std::string(after.name()));
    for (const auto& [name, value] : document.fields) {
      if (is_timestamp(name)) {
        SLUICE_TRY_ASSIGN(const Schema* timestamp,
                          data::SchemaBuilder(Kind::kInt64).name("io.debezium.time.Timestamp").version(1).build(pool));
        row.add(name, timestamp);
      } else if (is_text(name, value)) {
        row.add(name, pool.primitive(Kind::kString, true));
      }
    }
    for (const auto& [name, value] : document.fields) SLUICE_TRY(row.add(pool, name, value));
    return row.build(pool, false);
  }

  base::Result<Value> row_of(sluice_arena* arena, const Schema& schema, const MongoValue& document) const {
    sluice_struct* row = arena_struct(arena, &schema);
    if (row == nullptr) return out_of_memory();
    for (const auto& [name, value] : document.fields) {
      const auto at = static_cast<std::size_t>(schema.field_index(name));
      if (is_timestamp(name)) {
        if (value.type != MongoType::kInt64)
          return base::fail(base::Code::kBadRecord, "org.bson.BsonInvalidOperationException",
                            "Value expected to be of type INT64 is of unexpected type");
        SLUICE_TRY(struct_put(row, at, Value::int64(value.number)));
      } else if (is_text(name, value)) {
        const std::string_view text = arena_copy(arena, indented_mongo_json(value));
        if (text.data() == nullptr) return out_of_memory();
        SLUICE_TRY(struct_put(row, at, Value::string(text)));
      } else {
        SLUICE_TRY(put_mongo_field(arena, conversion_, name, value, row));
      }
    }
    return Value::record(row, schema.field_count);
  }

  OutboxRouter router_;
  const OutboxDocuments documents_;
  const MongoConversion conversion_ = {};
};

}  // namespace

base::Result<std::unique_ptr<data::Transform>> make_mongo_event_router(const config::ConfigMap& config) {
  OutboxDocuments documents;
  SLUICE_TRY_ASSIGN(auto options, parse_mongo_event_router(config, documents));
  return std::make_unique<MongoEventRouter>(std::move(options), std::move(documents));
}

}  // namespace sluice::smt
