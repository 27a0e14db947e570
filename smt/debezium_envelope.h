#pragma once
// Debezium's change events as its transforms see them: which records are events, where an event's fields are.

#include <string_view>

#include <sluice/value.hpp>

namespace sluice::smt {

inline constexpr const char* kDebeziumException = "io.debezium.DebeziumException";

// What a record is, told by the end of its schema's name as SmtManager does. Null and unnamed schemas are nothing.
bool is_envelope(const Schema* value_schema);
bool is_schema_change(const Schema* value_schema);
bool is_heartbeat(const Schema* value_schema);
bool is_notification(const Schema* value_schema);
bool is_event_key(const Schema* key_schema);

// The positions of an envelope's fields, -1 for those that it lacks. Prepare it once per schema.
struct EnvelopeFields {
  explicit EnvelopeFields(const Schema& envelope);

  int before;
  int after;
  int source;
  int transaction;
  int op;
  int ts_ms;
  int ts_us;
  int ts_ns;
};

enum class Operation { kUnknown, kRead, kCreate, kUpdate, kDelete, kTruncate, kMessage };

// Of the field `op`, in either case; a null or anything else is kUnknown.
Operation operation_of(const Value& op);

}  // namespace sluice::smt
