#pragma once
// The outbox pattern: an event that says "a row was inserted into the outbox table" becomes the record that the row
// describes, on the topic, with the key and with the payload that its columns name.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/data/batch.h"
#include "runtime/data/transform.h"
#include "smt/debezium_envelope.h"
#include "smt/json_schema_data.h"
#include "smt/outbox_options.h"
#include "smt/per_schema.h"
#include "smt/struct_fields.h"

namespace sluice::smt {

// Debezium's EventRouterDelegate. Owned by one transform, used on its task's thread. Remembers kRoutesMax topics and
// kPayloadSchemasMax schemas of values.
class OutboxRouter {
 public:
  static constexpr std::size_t kRoutesMax = 1000;
  static constexpr std::size_t kPayloadSchemasMax = 10'000;

  // Gives the event to route instead of the record's value, whose fields may stand elsewhere.
  class EventSource {
   public:
    virtual ~EventSource() = default;
    virtual base::Result<Value> event_of(const data::TransformContext& context, data::Batch& batch,
                                         const Value& envelope) = 0;
  };

  explicit OutboxRouter(OutboxOptions options);

  // `source` may be null. Error: the record failed and is as it was.
  base::Status apply(const data::TransformContext& context, data::Batch& batch, data::Record& record,
                     EventSource* source);

 private:
  // Where things are in the events of one envelope schema.
  struct Plan {
    const Schema* after_schema = nullptr;  // nullptr: the envelope has no such field
    int after = -1;
    NamedField id, key, payload, route_by, timestamp, schema_version;
    std::vector<NamedField> additional;
  };
  // An event on its way: what it was and what becomes of it.
  struct Event {
    const data::TransformContext& context;
    data::Batch& batch;
    data::Record& record;
    const Plan& plan;
    Value envelope;  // as the connector wrote it
    const EnvelopeFields& envelope_fields;
    Value row;
    Value payload = {};
    const Schema* payload_schema = nullptr;
    const Schema* envelope_schema = nullptr;  // of the value with additional fields
    std::vector<sluice_header>& headers;
    Value partition = {};
  };

  Plan plan_of(const Schema& envelope) const;
  base::Status refuse_update(const data::Record& record) const;
  base::Result<std::int64_t> timestamp_of(const Event& event) const;
  void expand_payload(Event& event);
  base::Result<const Schema*> value_schema(const Event& event);
  base::Result<const Schema*> build_value_schema(const Event& event, std::string_view topic,
                                                 const Value* version) const;
  base::Status place_additional(Event& event, sluice_struct* value) const;
  base::Status finish(Event& event, const sluice_struct* value, std::int64_t timestamp_ms);
  base::Result<std::uint32_t> route(data::Batch& batch, const Value& topic);

  const OutboxOptions options_;
  const bool only_headers_;
  JsonSchemaData json_;
  PerSchema<EnvelopeFields> envelopes_;
  PerSchema<Plan> plans_;
  std::vector<sluice_header> headers_;  // scratch
  // As in Java, the first record of a payload schema, or of a version, decides the schema's name.
  std::unordered_map<const Schema*, const Schema*> by_payload_;
  std::unordered_map<std::int64_t, const Schema*> by_version_;

  struct Text {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, std::string, Text, std::equal_to<>> routes_;
};

}  // namespace sluice::smt
