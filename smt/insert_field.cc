#include "smt/insert_field.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "field insertion";

// What can be inserted, in the order in which it is.
enum What { kTopic, kPartition, kOffset, kTimestamp, kStatic, kWhatCount };
constexpr std::array<std::string_view, kWhatCount> kKeys = {"topic.field", "partition.field", "offset.field",
                                                            "timestamp.field", "static.field"};

struct Insertion {
  What what;
  std::string field;
  bool optional = true;
};

// "name!" is required, "name?" and "name" are optional.
Insertion parse_insertion(What what, std::string text) {
  Insertion insertion{what, std::move(text), true};
  if (insertion.field.ends_with('?')) {
    insertion.field.pop_back();
  } else if (insertion.field.ends_with('!')) {
    insertion.field.pop_back();
    insertion.optional = false;
  }
  return insertion;
}

class InsertField final : public data::RecordTransform {
 public:
  InsertField(Side side, std::vector<Insertion> insertions, std::string static_value, bool use_default)
      : side_(side),
        insertions_(std::move(insertions)),
        static_value_(std::move(static_value)),
        use_default_(use_default) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value& value = side_value(record, side_);
    if (value.is_null()) return {};
    if (side_schema(batch, record, side_) == nullptr) return insert_into_map(context, batch, record);
    return insert_into_struct(context, batch, record);
  }

 private:
  // What to insert for this record; nothing: the record has none, and the field is left out or null.
  base::Result<std::optional<Value>> inserted(const data::TransformContext& context, const data::Batch& batch,
                                              const data::Record& record, What what, bool with_schema) const {
    switch (what) {
      case kTopic:
        return Value::string(batch.topic(record));
      case kPartition:
        if (record.partition == SLUICE_NO_PARTITION) return std::nullopt;
        return Value::int32(record.partition);
      case kOffset:
        if (!context.sink)
          return base::data_error(
              "Only SinkRecord supported for [{}], found: org.apache.kafka.connect.source.SourceRecord", kPurpose);
        return Value::int64(record.kafka_offset);
      case kTimestamp:
        if (record.timestamp_ms == SLUICE_NO_TIMESTAMP) return std::nullopt;
        return with_schema ? Value::instant(record.timestamp_ms) : Value::int64(record.timestamp_ms);
      case kStatic:
      case kWhatCount:
        break;
    }
    return Value::string(static_value_);
  }

  base::Status insert_into_map(const data::TransformContext& context, data::Batch& batch, data::Record& record) const {
    const Value& value = side_value(record, side_);
    SLUICE_TRY(require_map(value, kPurpose));
    SLUICE_TRY_ASSIGN(auto edit, MapEdit::copy(batch.arena().c(), value, insertions_.size()));
    for (const auto& insertion : insertions_) {
      SLUICE_TRY_ASSIGN(const auto add, inserted(context, batch, record, insertion.what, false));
      if (add) edit.put(insertion.field, *add);
    }
    return set_side(batch, record, side_, nullptr, edit.map());
  }

  base::Status insert_into_struct(const data::TransformContext& context, data::Batch& batch, data::Record& record) {
    const Value& value = side_value(record, side_);
    SLUICE_TRY(require_struct(value, kPurpose));
    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* plan, extended_.get(&schema, [&] { return extend(*context.schemas, schema); }));
    const Schema* extended = *plan;
    sluice_struct* fields = unset_struct(batch.arena().c(), extended);
    if (fields == nullptr) return out_of_memory();
    SLUICE_TRY(put_all_copied(value, use_default_, *fields));
    std::size_t at = schema.field_count;
    for (const auto& insertion : insertions_) {
      SLUICE_TRY_ASSIGN(const auto add, inserted(context, batch, record, insertion.what, true));
      fields->fields[at++] = add.value_or(Value());
    }
    return set_side(batch, record, side_, extended, struct_value(fields));
  }

  base::Result<const Schema*> extend(data::SchemaPool& pool, const Schema& schema) const {
    auto builder = struct_like(schema);
    for (const Field& field : schema.fields()) builder.field(field.name(), &field.schema());
    for (std::size_t i = 0; i < insertions_.size(); ++i) {
      const Insertion& insertion = insertions_[i];
      if (insertion.field.empty())
        return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder, "fieldName cannot be null.");
      bool taken = schema.field_index(insertion.field) >= 0;
      for (std::size_t j = 0; j < i; ++j) taken = taken || insertions_[j].field == insertion.field;
      if (taken)
        return base::fail(base::Code::kBadRecord, base::exceptions::kSchemaBuilder,
                          "Cannot create field because of field name duplication {}", insertion.field);
      SLUICE_TRY_ASSIGN(const Schema* type, type_of(pool, insertion));
      builder.field(insertion.field, type);
    }
    return builder.build(pool);
  }

  static base::Result<const Schema*> type_of(data::SchemaPool& pool, const Insertion& insertion) {
    switch (insertion.what) {
      case kPartition:
        return pool.primitive(Kind::kInt32, insertion.optional);
      case kOffset:
        return pool.primitive(Kind::kInt64, insertion.optional);
      case kTimestamp:
        return data::SchemaBuilder::timestamp().optional(insertion.optional).build(pool);
      default:
        return pool.primitive(Kind::kString, insertion.optional);
    }
  }

  const Side side_;
  const std::vector<Insertion> insertions_;
  const std::string static_value_;
  const bool use_default_;
  PerSchema<const Schema*> extended_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, insert_field_config().parse(config));
  std::vector<Insertion> insertions;
  for (int what = kTopic; what < kWhatCount; ++what)
    if (auto text = parsed.string_or_null(kKeys[static_cast<std::size_t>(what)]))
      insertions.push_back(parse_insertion(static_cast<What>(what), std::move(*text)));
  if (insertions.empty()) return base::config_error("No field insertion configured");
  const auto static_value = parsed.string_or_null("static.value");
  // Java shows the identity of an internal object where the field's name should stand.
  if (insertions.back().what == kStatic && !static_value)
    return base::config_error(
        "Invalid value null for configuration static.value: No value specified for static field: "
        "org.apache.kafka.connect.transforms.InsertField$InsertionSpec@{:x}",
        std::hash<std::string>()(insertions.back().field) & 0x7FFFFFFF);
  return std::make_unique<InsertField>(side, std::move(insertions), static_value.value_or(""),
                                       parsed.boolean("replace.null.with.default"));
}

config::ConfigKey field_key(std::string name, const std::string& meaning, const std::string& note = " ") {
  return config::optional_key(std::move(name), config::Type::kString, config::Null{}, config::Importance::kMedium,
                              meaning + note +
                                  "Suffix with <code>!</code> to make this a required field, or <code>?</code> to keep "
                                  "it optional (the default).");
}

}  // namespace

config::ConfigDef insert_field_config() {
  return config::ConfigDef(
      {field_key("topic.field", "Field name for Kafka topic."),
       field_key("partition.field", "Field name for Kafka partition."),
       field_key("offset.field", "Field name for Kafka offset - only applicable to sink connectors.", "<br/>"),
       field_key("timestamp.field", "Field name for record timestamp."),
       field_key("static.field", "Field name for static data field."),
       config::optional_key("static.value", config::Type::kString, config::Null{}, config::Importance::kMedium,
                            "Static field value, if field name configured."),
       replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_insert_field_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_insert_field_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
