#include "smt/debezium_read_to_insert_event.h"

#include <algorithm>

#include "smt/debezium_envelope.h"
#include "smt/per_schema.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

class ReadToInsertEvent final : public data::RecordTransform {
 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    const Value& event = record.value_value();
    if (event.is_null() || !is_envelope(batch.value_schema(record))) return {};
    if (!event.is(Kind::kStruct))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "The value is no struct");
    const Schema& schema = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* op, ops_.get(&schema, [&] { return typed_field(schema, "op", Kind::kString); }));
    const Value& old = event.items()[*op];
    if (old.is_null())
      return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "The event has no operation");
    if (old.text() != "r") return {};
    SLUICE_TRY_ASSIGN(sluice_struct* const fields, new_struct(batch.arena().c(), &schema));
    std::copy(event.items().begin(), event.items().end(), fields->fields);
    fields->fields[*op] = Value::string("c");
    record.value = struct_value(fields);
    return {};
  }

 private:
  PerSchema<std::size_t> ops_;
};

}  // namespace

config::ConfigDef read_to_insert_event_config() {
  return {};
}

base::Result<std::unique_ptr<data::Transform>> make_read_to_insert_event(const config::ConfigMap&) {
  return std::make_unique<ReadToInsertEvent>();
}

}  // namespace sluice::smt
