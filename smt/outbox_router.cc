#include "smt/outbox_router.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/base/log.h"
#include "runtime/base/strings.h"
#include "runtime/data/value_text.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

const base::Logger kLog{"io.debezium.transforms.outbox.EventRouterDelegate"};

constexpr std::string_view kPayload = "payload";
constexpr std::int64_t kNoVersion = std::numeric_limits<std::int64_t>::min();

template <typename... Args>
tl::unexpected<base::Error> refused(const char* exception, fmt::format_string<Args...> format, Args&&... args) {
  return base::fail(base::Code::kBadRecord, exception, format, std::forward<Args>(args)...);
}

const Schema* schema_at(const Schema* row, NamedField field) {
  return &row->fields()[static_cast<std::size_t>(field.at)].schema();
}

// EventRouterDelegate.getSchemaName: the topic goes before the last part of the row's schema name.
std::string schema_name(const Schema& row, std::string_view topic) {
  if (!row.has_name()) return std::string(topic);
  const std::string_view name = row.name();
  const std::size_t dot = name.rfind('.');
  const std::size_t split = dot == std::string_view::npos ? 0 : dot + 1;
  return fmt::format("{}{}.{}", name.substr(0, split), topic, name.substr(split));
}

// SchemaBuilder.field: what build() would call a fault of the program is one of the record or the configuration here.
base::Status add_field(data::SchemaBuilder& builder, std::string_view name, const Schema* schema) {
  constexpr const char* kException = base::exceptions::kSchemaBuilder;
  if (name.empty()) return refused(kException, "fieldName cannot be null.");
  if (schema == nullptr) return refused(kException, "fieldSchema for field {} cannot be null.", name);
  builder.field(name, schema);
  return {};
}

// A number that the schema's name calls Timestamp, MicroTimestamp or NanoTimestamp, in milliseconds.
base::Result<std::int64_t> to_epoch_ms(const Schema& schema, std::int64_t value) {
  constexpr const char* kException = base::exceptions::kConnect;
  if (!schema.has_name())
    return refused(kException, "Unsupported field type {} (without logical schema name) for event timestamp",
                   data::type_name(schema.type()));
  if (schema.name() == "io.debezium.time.Timestamp") return value;
  if (schema.name() == "io.debezium.time.MicroTimestamp") return value / 1'000;
  if (schema.name() == "io.debezium.time.NanoTimestamp") return value / 1'000'000;
  return refused(kException, "Unsupported field type {} for event timestamp", schema.name());
}

base::Status put_named(sluice_struct* record, std::string_view name, const Value& value) {
  const int at = static_cast<const Schema*>(record->schema)->field_index(name);
  if (at < 0) return base::data_error("{} is not a valid field name", name);
  return struct_put(record, static_cast<std::size_t>(at), value);
}

}  // namespace

OutboxRouter::OutboxRouter(OutboxOptions options)
    : options_(std::move(options)),
      only_headers_(std::none_of(options_.additional.begin(), options_.additional.end(),
                                 [](const OutboxField& f) { return f.placement == OutboxPlacement::kEnvelope; })),
      json_(options_.payload, options_.json_nulls, options_.json_names) {}

base::Status OutboxRouter::apply(const data::TransformContext& context, data::Batch& batch, data::Record& record,
                                 EventSource* source) {
  if (record.value_value().is_null()) {
    record.flags |= SLUICE_RECORD_DROP;
    return {};
  }
  if (!is_envelope(batch.value_schema(record))) return {};
  const Value envelope = record.value_value();
  SLUICE_TRY(require_struct(envelope, "Detect Debezium Operation"));
  const Schema& envelope_schema = envelope.struct_schema();
  SLUICE_TRY_ASSIGN(const EnvelopeFields* fields, envelopes_.get(&envelope_schema, [&] {
    return base::Result<EnvelopeFields>(EnvelopeFields(envelope_schema));
  }));
  SLUICE_TRY_ASSIGN(const Value op, struct_get_typed(envelope, {"op", fields->op}, Kind::kString));
  if (op.is_null()) return refused(base::exceptions::kNullPointer, "op");
  if (op.text() == "d" || op.text() == "u") {
    if (op.text() == "u") SLUICE_TRY(refuse_update(record));
    record.flags |= SLUICE_RECORD_DROP;
    return {};
  }

  Value routed = envelope;
  if (source != nullptr) {
    SLUICE_TRY_ASSIGN(routed, source->event_of(context, batch, envelope));
  }
  const Schema& schema = routed.struct_schema();
  SLUICE_TRY_ASSIGN(const Plan* plan, plans_.get(&schema, [&] { return base::Result<Plan>(plan_of(schema)); }));
  if (plan->after < 0) return refused(base::exceptions::kIllegalArgument, "Unknown field: after");
  const Value row = field_value(routed, schema, static_cast<std::size_t>(plan->after), true);
  SLUICE_TRY(require_struct(row, "Read Outbox Event"));
  SLUICE_TRY(require_fields_of(row, *plan->after_schema));
  if (plan->payload.at < 0)
    return refused(base::exceptions::kConnect, "Unable to find payload field {} in event", options_.payload);

  headers_.assign(record.headers, record.headers + record.header_count);
  Event event{context, batch, record, *plan, envelope, *fields, row, {}, nullptr, nullptr, headers_, {}};
  event.payload_schema = schema_at(plan->after_schema, plan->payload);
  SLUICE_TRY_ASSIGN(const std::int64_t timestamp_ms, timestamp_of(event));
  SLUICE_TRY_ASSIGN(const Value id, struct_get(row, plan->id));
  SLUICE_TRY_ASSIGN(event.payload, struct_get(row, plan->payload));
  headers_.push_back({str("id"), schema_at(plan->after_schema, plan->id), id});
  if (options_.expand_json) expand_payload(event);

  sluice_struct* value = nullptr;
  if (!only_headers_) {
    SLUICE_TRY_ASSIGN(event.envelope_schema, value_schema(event));
    value = arena_struct(batch.arena().c(), event.envelope_schema);
    if (value == nullptr) return out_of_memory();
    SLUICE_TRY(put_named(value, kPayload, event.payload));
  }
  SLUICE_TRY(place_additional(event, value));
  return finish(event, value, timestamp_ms);
}

OutboxRouter::Plan OutboxRouter::plan_of(const Schema& envelope) const {
  Plan plan;
  plan.after = envelope.field_index("after");
  if (plan.after < 0) return plan;
  plan.after_schema = &envelope.fields()[static_cast<std::size_t>(plan.after)].schema();
  const auto named = [&](std::string_view name) { return NamedField{name, plan.after_schema->field_index(name)}; };
  plan.id = named(options_.event_id);
  plan.key = named(options_.event_key);
  plan.payload = named(options_.payload);
  plan.route_by = named(options_.route_by);
  if (options_.timestamp) plan.timestamp = named(*options_.timestamp);
  if (options_.schema_version) plan.schema_version = named(*options_.schema_version);
  for (const auto& field : options_.additional) plan.additional.push_back(named(field.field));
  return plan;
}

base::Status OutboxRouter::refuse_update(const data::Record& record) const {
  switch (options_.updates) {
    case OutboxUpdates::kFatal:
      return refused(base::exceptions::kIllegalState, "Unexpected update message received {}, fail.",
                     data::value_text(record.key_value()));
    case OutboxUpdates::kError:
      kLog.error("Unexpected update message received and ignored");
      break;
    case OutboxUpdates::kWarn:
      kLog.warn("Unexpected update message received and ignored");
      break;
  }
  return {};
}

// SLUICE_NO_TIMESTAMP where Java has null.
base::Result<std::int64_t> OutboxRouter::timestamp_of(const Event& event) const {
  const auto of_event = [&]() -> base::Result<std::int64_t> {
    const NamedField ts_ms{"ts_ms", event.envelope_fields.ts_ms};
    SLUICE_TRY_ASSIGN(const Value value, struct_get_typed(event.envelope, ts_ms, Kind::kInt64));
    return value.is_null() ? SLUICE_NO_TIMESTAMP : value.i64();
  };
  if (!options_.timestamp) return of_event();
  if (event.plan.timestamp.at < 0)
    return refused(base::exceptions::kConnect, "Unable to find timestamp field {} in event", *options_.timestamp);
  SLUICE_TRY_ASSIGN(const Value value, struct_get_typed(event.row, event.plan.timestamp, Kind::kInt64));
  if (value.is_null()) return of_event();
  if (!value.is(Kind::kInt64))
    return refused(base::exceptions::kClassCast, "class {} cannot be cast to class java.lang.Long",
                   data::java_class_name(value));
  return to_epoch_ms(*schema_at(event.plan.after_schema, event.plan.timestamp), value.i64());
}

// What fails leaves the payload as it is; an inferred schema stays nevertheless, as in Java.
void OutboxRouter::expand_payload(Event& event) {
  if (!event.payload.is(Kind::kString)) {
    if (!event.payload.is_null()) kLog.warn("Expand JSON payload is turned on but payload is not a string");
    return;
  }
  const std::string_view text = event.payload.text();
  if (!text.starts_with('{') && !text.starts_with('[')) {
    kLog.warn("JSON expansion failed: the payload is neither an object nor an array");
    return;
  }
  sluice_arena* arena = event.batch.arena().c();
  const auto expanded = [&]() -> base::Result<Value> {
    SLUICE_TRY_ASSIGN(const auto node, convert::json::parse(text, arena, arena));
    SLUICE_TRY_ASSIGN(event.payload_schema, json_.schema_of(*event.context.schemas, node));
    return JsonSchemaData::value_of(arena, node, event.payload_schema);
  }();
  if (expanded)
    event.payload = *expanded;
  else
    kLog.warn("JSON expansion failed: {}", expanded.error().message());
}

base::Result<const Schema*> OutboxRouter::value_schema(const Event& event) {
  Value version;
  if (options_.schema_version) {
    SLUICE_TRY_ASSIGN(version, struct_get_typed(event.row, event.plan.schema_version, Kind::kInt32));
  }
  SLUICE_TRY_ASSIGN(const Value topic, struct_get_typed(event.row, event.plan.route_by, Kind::kString));
  const std::string_view name = topic.is_null() ? std::string_view("null") : topic.text();
  if (options_.schema_version) {
    const std::int64_t key = version.is_null() ? kNoVersion : version.i64();
    if (const auto known = by_version_.find(key); known != by_version_.end()) return known->second;
    SLUICE_TRY_ASSIGN(const Schema* schema, build_value_schema(event, name, &version));
    if (by_version_.size() >= kPayloadSchemasMax) by_version_.clear();
    return by_version_.emplace(key, schema).first->second;
  }
  if (event.payload_schema == nullptr) return refused(base::exceptions::kNullPointer, "payloadSchema");
  if (const auto known = by_payload_.find(event.payload_schema); known != by_payload_.end()) return known->second;
  SLUICE_TRY_ASSIGN(const Schema* schema, build_value_schema(event, name, nullptr));
  if (by_payload_.size() >= kPayloadSchemasMax) by_payload_.clear();
  return by_payload_.emplace(event.payload_schema, schema).first->second;
}

base::Result<const Schema*> OutboxRouter::build_value_schema(const Event& event, std::string_view topic,
                                                             const Value* version) const {
  auto builder = data::SchemaBuilder::structure().name(schema_name(*event.plan.after_schema, topic));
  SLUICE_TRY(add_field(builder, kPayload, event.payload_schema));
  for (std::size_t i = 0; i < options_.additional.size(); ++i) {
    const OutboxField& field = options_.additional[i];
    if (field.placement != OutboxPlacement::kEnvelope) continue;
    if (event.plan.additional[i].at < 0) {
      if (options_.ignore_missing) continue;
      return refused(base::exceptions::kConnect, "Unable to find field {} in event", field.field);
    }
    SLUICE_TRY(add_field(builder, field.alias, schema_at(event.plan.after_schema, event.plan.additional[i])));
  }
  if (version != nullptr && !version->is_null()) builder.version(static_cast<std::int32_t>(version->i64()));
  return builder.build(*event.context.schemas);
}

base::Status OutboxRouter::place_additional(Event& event, sluice_struct* value) const {
  for (std::size_t i = 0; i < options_.additional.size(); ++i) {
    const OutboxField& field = options_.additional[i];
    const NamedField found = event.plan.additional[i];
    if (options_.ignore_missing && found.at < 0) continue;
    switch (field.placement) {
      case OutboxPlacement::kEnvelope: {
        SLUICE_TRY_ASSIGN(const Value column, struct_get(event.row, found));
        SLUICE_TRY(put_named(value, field.alias, column));
        break;
      }
      case OutboxPlacement::kHeader: {
        SLUICE_TRY_ASSIGN(const Value column, struct_get(event.row, found));
        event.headers.push_back({str(field.alias), schema_at(event.plan.after_schema, found), column});
        break;
      }
      case OutboxPlacement::kPartition: {
        SLUICE_TRY_ASSIGN(event.partition, struct_get_typed(event.row, found, Kind::kInt32));
        break;
      }
      case OutboxPlacement::kNowhere:
        return refused(base::exceptions::kNullPointer, "table.fields.additional.placement");
    }
  }
  return {};
}

base::Status OutboxRouter::finish(Event& event, const sluice_struct* value, std::int64_t timestamp_ms) {
  const bool empty =
      event.payload.is_null() || (event.payload.is(Kind::kString) && base::java_trim(event.payload.text()).empty());
  Value out = event.payload;
  const Schema* out_schema = event.payload_schema;
  if (empty && options_.tombstone_on_empty_payload) {
    out = Value();
    out_schema = nullptr;
  } else if (value != nullptr) {
    out = Value::record(value, event.envelope_schema->field_count);
    out_schema = event.envelope_schema;
  }
  SLUICE_TRY_ASSIGN(const Value key, struct_get(event.row, event.plan.key));
  SLUICE_TRY_ASSIGN(const Value topic, struct_get_typed(event.row, event.plan.route_by, Kind::kString));
  // A sink record's partition is a number that cannot be null.
  if (event.context.sink && event.partition.is_null()) return refused(base::exceptions::kNullPointer, "kafkaPartition");
  SLUICE_TRY_ASSIGN(const std::uint32_t routed, route(event.batch, topic));

  auto* headers = arena_array<sluice_header>(event.batch.arena().c(), event.headers.size());
  const std::uint32_t key_schema = event.batch.schema_index(schema_at(event.plan.after_schema, event.plan.key));
  const std::uint32_t value_schema_index = event.batch.schema_index(out_schema);
  if (headers == nullptr || key_schema == data::Batch::kNoIndex || value_schema_index == data::Batch::kNoIndex)
    return out_of_memory();
  std::copy(event.headers.begin(), event.headers.end(), headers);
  data::Record& record = event.record;
  record.topic = routed;
  record.partition = event.partition.is_null() ? SLUICE_NO_PARTITION : static_cast<std::int32_t>(event.partition.i64());
  record.timestamp_ms = timestamp_ms;
  record.key_schema = key_schema;
  record.key = key;
  record.value_schema = value_schema_index;
  record.value = out;
  record.headers = headers;
  record.header_count = static_cast<std::uint32_t>(event.headers.size());
  return {};
}

base::Result<std::uint32_t> OutboxRouter::route(data::Batch& batch, const Value& topic) {
  if (topic.is_null()) return refused(base::exceptions::kNullPointer, "topic");
  auto known = routes_.find(topic.text());
  if (known == routes_.end()) {
    SLUICE_TRY_ASSIGN(const bool matches, options_.topic_regex.matches(topic.text()));
    std::string routed(topic.text());
    if (matches) {
      SLUICE_TRY_ASSIGN(routed, options_.topic_regex.replace_first(topic.text(), options_.topic_replacement));
    }
    if (routes_.size() >= kRoutesMax) routes_.clear();
    known = routes_.emplace(topic.text(), std::move(routed)).first;
  }
  const std::uint32_t index = batch.topic_index(known->second);
  if (index == data::Batch::kNoIndex) return out_of_memory();
  return index;
}

}  // namespace sluice::smt
