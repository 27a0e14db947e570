#include "smt/debezium_envelope.h"

namespace sluice::smt {
namespace {

// A schema without a name has an empty one, which ends with none of the suffixes.
bool name_ends_with(const Schema* schema, std::string_view suffix) {
  return schema != nullptr && schema->name().ends_with(suffix);
}

}  // namespace

bool is_envelope(const Schema* value_schema) {
  return name_ends_with(value_schema, ".Envelope");
}

bool is_schema_change(const Schema* value_schema) {
  return name_ends_with(value_schema, ".SchemaChangeValue") || name_ends_with(value_schema, ".SchemaChangeKey");
}

bool is_heartbeat(const Schema* value_schema) {
  return name_ends_with(value_schema, "io.debezium.connector.common.Heartbeat");
}

bool is_notification(const Schema* value_schema) {
  return name_ends_with(value_schema, "io.debezium.connector.common.Notification");
}

bool is_event_key(const Schema* key_schema) {
  return name_ends_with(key_schema, ".Key");
}

EnvelopeFields::EnvelopeFields(const Schema& envelope)
    : before(envelope.field_index("before")),
      after(envelope.field_index("after")),
      source(envelope.field_index("source")),
      transaction(envelope.field_index("transaction")),
      op(envelope.field_index("op")),
      ts_ms(envelope.field_index("ts_ms")),
      ts_us(envelope.field_index("ts_us")),
      ts_ns(envelope.field_index("ts_ns")) {}

Operation operation_of(const Value& op) {
  if (!op.is(Kind::kString) || op.text().size() != 1) return Operation::kUnknown;
  switch (op.text()[0] | 0x20) {
    case 'r':
      return Operation::kRead;
    case 'c':
      return Operation::kCreate;
    case 'u':
      return Operation::kUpdate;
    case 'd':
      return Operation::kDelete;
    case 't':
      return Operation::kTruncate;
    case 'm':
      return Operation::kMessage;
    default:
      return Operation::kUnknown;
  }
}

}  // namespace sluice::smt
