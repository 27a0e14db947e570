#include "smt/decode_logical_message.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "runtime/convert/utf8.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_fields.h"
#include "smt/json_schema_data.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

template <typename... Args>
tl::unexpected<base::Error> refused(const char* exception, fmt::format_string<Args...> format, Args&&... args) {
  return base::fail(base::Code::kBadRecord, exception, format, std::forward<Args>(args)...);
}

// Where things are in the messages of one schema.
struct Plan {
  int message = -1;
  int content = -1;         // in the message
  bool binary = false;      // the content is bytes
  bool is_message = false;  // of PostgreSQL's pg_logical_emit_message
};

Plan plan_of(const Schema& schema) {
  Plan plan;
  plan.is_message = schema.name() == "io.debezium.connector.postgresql.MessageValue";
  if (!plan.is_message || schema.type() != Kind::kStruct) return plan;
  plan.message = schema.field_index("message");
  if (plan.message < 0) return plan;
  const Schema& message = schema.fields()[static_cast<std::size_t>(plan.message)].schema();
  if (message.type() != Kind::kStruct) return plan;
  plan.content = message.field_index("content");
  plan.binary =
      plan.content >= 0 && message.fields()[static_cast<std::size_t>(plan.content)].schema().type() == Kind::kBytes;
  return plan;
}

class DecodeLogicalMessage final : public data::RecordTransform {
 public:
  explicit DecodeLogicalMessage(JsonNulls nulls) : json_(std::nullopt, nulls) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Schema* schema = batch.value_schema(record);
    if (schema == nullptr) return refused(base::exceptions::kNullPointer, "valueSchema");
    SLUICE_TRY_ASSIGN(const Plan* plan, plans_.get(schema, [&] { return base::Result<Plan>(plan_of(*schema)); }));
    if (!plan->is_message) return {};
    const Value value = record.value_value();
    SLUICE_TRY(require_struct(value, "Retrieve a record value"));
    SLUICE_TRY_ASSIGN(const Value content, content_of(context, batch, *schema, value, *plan));
    SLUICE_TRY_ASSIGN(const Schema* envelope, envelope_of(*context.schemas, *schema, content.struct_schema()));
    SLUICE_TRY_ASSIGN(const Value decoded, decoded_value(batch.arena().c(), *envelope, value, content));
    SLUICE_TRY(set_side(batch, record, Side::kValue, envelope, decoded));
    record.key_schema = SLUICE_NO_SCHEMA;
    record.key = Value();
    return {};
  }

 private:
  base::Result<Value> content_of(const data::TransformContext& context, data::Batch& batch, const Schema& schema,
                                 const Value& value, const Plan& plan) {
    SLUICE_TRY(require_fields_of(value, schema));
    SLUICE_TRY_ASSIGN(const Value message, struct_get(value, {"message", plan.message}));
    SLUICE_TRY(require_struct(message, "Retrieve content of a logical decoding message"));
    SLUICE_TRY(require_fields_of(message, schema.fields()[static_cast<std::size_t>(plan.message)].schema()));
    if (plan.content < 0) return refused(base::exceptions::kNullPointer, "content");
    if (!plan.binary) return refused(kDebeziumException, "The content of a logical decoding message is non-binary");
    SLUICE_TRY_ASSIGN(const Value content, struct_get_typed(message, {"content", plan.content}, Kind::kBytes));
    if (content.is_null()) return refused(base::exceptions::kNullPointer, "content");

    std::string_view text = content.text();
    sluice_arena* arena = batch.arena().c();
    if (!convert::is_utf8(text)) {
      std::string repaired;
      convert::append_java_text(text, repaired);
      text = arena_copy(arena, repaired);
      if (text.data() == nullptr) return out_of_memory();
    }
    if (!text.starts_with('{') && !text.starts_with('['))
      return refused(kDebeziumException, "Unable to parse logical decoding message content JSON string '{}'", text);
    auto node = convert::json::parse(text, arena, arena);
    if (!node) {
      base::Error cause = std::move(node).error();
      base::Error error(cause.code(), kDebeziumException, cause.to_string());
      return base::fail(std::move(error).with_cause(std::move(cause)));
    }
    SLUICE_TRY_ASSIGN(const Schema* inferred, json_.schema_of(*context.schemas, *node));
    return JsonSchemaData::value_of(arena, *node, inferred);
  }

  // The schema of the first message with such a content stands for all, as in Java.
  base::Result<const Schema*> envelope_of(data::SchemaPool& pool, const Schema& schema, const Schema& content) {
    if (const auto known = envelopes_.find(&content); known != envelopes_.end()) return known->second;
    auto builder = data::SchemaBuilder::structure().name(std::string(schema.name()) + ".Envelope");
    for (const Field& field : schema.fields()) {
      if (field.name() != "message") builder.field(field.name(), &field.schema());
    }
    builder.field("after", &content);
    SLUICE_TRY_ASSIGN(const Schema* envelope, builder.build(pool));
    if (envelopes_.size() >= kEnvelopesMax) envelopes_.clear();
    return envelopes_.emplace(&content, envelope).first->second;
  }

  // Java reads the message by the positions of the new schema: right as long as `message` is the last field.
  static base::Result<Value> decoded_value(sluice_arena* arena, const Schema& envelope, const Value& value,
                                           const Value& content) {
    sluice_struct* fields = arena_struct(arena, &envelope);
    if (fields == nullptr) return out_of_memory();
    for (std::size_t i = 0; i < envelope.field_count; ++i) {
      const Field& field = envelope.fields()[i];
      Value put = content;
      if (field.name() == "op") {
        put = Value::string("c");
      } else if (field.name() != "after") {
        put = i < value.items().size() ? value.items()[i] : Value();
        if (put.is_null()) put = field.schema().default_value();
      }
      SLUICE_TRY(struct_put(fields, i, put));
    }
    return Value::record(fields, envelope.field_count);
  }

  static constexpr std::size_t kEnvelopesMax = 10'000;

  JsonSchemaData json_;
  PerSchema<Plan> plans_;
  std::unordered_map<const Schema*, const Schema*> envelopes_;  // by the schema of the content
};

const DebeziumFields& fields() {
  static const DebeziumFields kFields(
      {debezium_field("fields.null.include", config::Type::kBoolean, config::Importance::kMedium,
                      "Defines whether to include fields with null values to the decoded structure",
                      "Defines whether to include fields with null values to the decoded structure")
           .width(config::Width::kMedium)
           .defaults_to(false)});
  return kFields;
}

}  // namespace

config::ConfigDef decode_logical_message_config() {
  return fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_decode_logical_message(const config::ConfigMap& config) {
  return std::make_unique<DecodeLogicalMessage>(
      fields().boolean(config, "fields.null.include") ? JsonNulls::kOptionalBytes : JsonNulls::kIgnored);
}

}  // namespace sluice::smt
