#include "smt/debezium_schema_change_event_filter.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/base/strings.h"
#include "smt/debezium_envelope.h"
#include "smt/debezium_fields.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kKey = "schema.change.event.exclude.list";
constexpr std::array<std::string_view, 5> kTypes = {"CREATE", "ALTER", "DROP", "TRUNCATE", "DATABASE"};
using TypeSet = std::array<bool, kTypes.size()>;
constexpr std::size_t kDatabase = 4;

const DebeziumFields& config_fields() {
  static const DebeziumFields kFields(
      {debezium_field(std::string(kKey), config::Type::kString, config::Importance::kHigh,
                      "Schema change event exclude list",
                      "The types of schema changes to drop: CREATE, ALTER, DROP, TRUNCATE, DATABASE.")
           .width(config::Width::kShort)
           .required()});
  return kFields;
}

base::Result<std::size_t> type_named(std::string_view name, base::Code code) {
  const auto* found = std::find(kTypes.begin(), kTypes.end(), name);
  if (found == kTypes.end())
    return base::fail(code, base::exceptions::kIllegalArgument,
                      "No enum constant io.debezium.schema.SchemaChangeEvent.SchemaChangeEventType.{}", name);
  return static_cast<std::size_t>(found - kTypes.begin());
}

class SchemaChangeEventFilter final : public data::RecordTransform {
 public:
  explicit SchemaChangeEventFilter(const TypeSet& excluded) : excluded_(excluded) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    const Value& event = record.value_value();
    if (event.is_null() || !is_schema_change(batch.value_schema(record))) return {};
    SLUICE_TRY(require_struct(event, "Read schema change event to filter"));
    const Schema& schema = event.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* position,
                      changes_.get(&schema, [&] { return typed_field(schema, "tableChanges", Kind::kArray); }));
    const Value& changes = event.items()[*position];
    if (!changes.is_null()) {
      SLUICE_TRY_ASSIGN(const std::size_t type, type_of_change(changes));
      if (!excluded_[type]) return {};
    }
    record.flags |= SLUICE_RECORD_DROP;
    return {};
  }

 private:
  // The first change tells; without one the database itself was changed.
  base::Result<std::size_t> type_of_change(const Value& changes) {
    if (changes.items().empty()) return kDatabase;
    const Value& change = changes.items()[0];
    if (!change.is(Kind::kStruct))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "A table change is no struct");
    const Schema& schema = change.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* position, types_.get(&schema, [&] { return named_field(schema, "type"); }));
    const Value type = field_value(change, schema, *position, true);
    if (type.is_null()) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "Name is null");
    if (!type.is(Kind::kString))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "The type of a table change is no text");
    return type_named(type.text(), base::Code::kBadRecord);
  }

  const TypeSet excluded_;
  PerSchema<std::size_t> changes_;
  PerSchema<std::size_t> types_;
};

}  // namespace

config::ConfigDef schema_change_event_filter_config() {
  return config_fields().config_def();
}

base::Result<std::unique_ptr<data::Transform>> make_schema_change_event_filter(const config::ConfigMap& config) {
  SLUICE_TRY(config_fields().validate(config));
  TypeSet excluded{};
  for (const auto name : base::java_split(*config.get(kKey), ',')) {
    SLUICE_TRY_ASSIGN(const std::size_t type, type_named(base::java_trim(name), base::Code::kInvalidConfig));
    excluded[type] = true;
  }
  return std::make_unique<SchemaChangeEventFilter>(excluded);
}

}  // namespace sluice::smt
