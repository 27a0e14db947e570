#include "smt/timestamp_converter.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/strings.h"
#include "runtime/data/arena.h"
#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"
#include "smt/timestamp_forms.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "converting timestamp formats";

// In the order of the enumerations.
const std::vector<std::string> kTargets = {"string", "unix", "Date", "Time", "Timestamp"};
constexpr std::array<std::string_view, 4> kPrecisions = {"seconds", "milliseconds", "microseconds", "nanoseconds"};

class TimestampConverter final : public data::RecordTransform {
 public:
  TimestampConverter(Side side, std::optional<std::string> field, TimestampForms forms, bool use_default)
      : side_(side), field_(std::move(field)), forms_(std::move(forms)), use_default_(use_default) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value value = side_value(record, side_);
    const Schema* schema = side_schema(batch, record, side_);
    if (schema == nullptr && value.is_null()) return {};
    if (!field_) return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer, "field");
    if (schema == nullptr) return convert_schemaless(batch, record, value);
    if (!field_->empty()) {
      if (!value.is_null()) SLUICE_TRY(require_struct(value, kPurpose));
    }
    SLUICE_TRY_ASSIGN(const Plan* plan, plans_.get(schema, [&] { return prepare(*context.schemas, *schema); }));
    Value converted;
    if (field_->empty()) {
      SLUICE_TRY_ASSIGN(converted, forms_.convert(batch.arena().c(), value, plan->form));
    } else if (!value.is_null()) {
      SLUICE_TRY_ASSIGN(converted, convert_struct(batch.arena().c(), value, *schema, *plan));
    }
    return set_side(batch, record, side_, plan->schema, converted);
  }

 private:
  static constexpr std::size_t kNoField = SIZE_MAX;

  struct Plan {
    const Schema* schema = nullptr;
    std::size_t position = kNoField;  // of the field, where there is one
    std::optional<base::Error> no_form;
    TimestampForm form = TimestampForm::kTimestamp;
  };

  base::Status convert_schemaless(data::Batch& batch, data::Record& record, const Value& value) {
    sluice_arena* arena = batch.arena().c();
    if (field_->empty()) {
      SLUICE_TRY_ASSIGN(const Value converted, forms_.convert(arena, value));
      return set_side(batch, record, side_, nullptr, converted);
    }
    SLUICE_TRY(require_map(value, kPurpose));
    SLUICE_TRY_ASSIGN(auto edit, MapEdit::copy(arena, value, 1));
    const std::size_t at = edit.find(*field_);
    SLUICE_TRY_ASSIGN(const Value converted, forms_.convert(arena, edit.value_at(at)));
    edit.put_at(at, *field_, converted);
    return set_side(batch, record, side_, nullptr, edit.map());
  }

  base::Result<Value> convert_struct(sluice_arena* arena, const Value& value, const Schema& schema, const Plan& plan) {
    SLUICE_TRY(require_fields_of(value, schema));
    sluice_struct* fields = unset_struct(arena, plan.schema);
    if (fields == nullptr) return out_of_memory();
    const std::size_t at = std::min(plan.position, std::size_t{value.size});
    SLUICE_TRY(put_range_copied(value, 0, at, use_default_, *fields));
    if (at < value.size) {
      if (plan.no_form) return base::fail(*plan.no_form);
      SLUICE_TRY_ASSIGN(const Value converted,
                        forms_.convert(arena, field_value(value, schema, at, use_default_), plan.form));
      SLUICE_TRY(put_copied(plan.schema->fields()[at], converted, false, fields->fields[at]));
      SLUICE_TRY(put_range_copied(value, at + 1, value.size, use_default_, *fields));
    }
    return struct_value(fields);
  }

  base::Result<Plan> prepare(data::SchemaPool& pool, const Schema& schema) {
    Plan plan;
    if (field_->empty()) {
      SLUICE_TRY_ASSIGN(plan.form, form_of(schema));
      SLUICE_TRY_ASSIGN(plan.schema, forms_.target_schema(pool, schema.optional()));
      return plan;
    }
    SLUICE_TRY(require_struct_type(schema));
    auto builder = struct_like(schema).optional(schema.optional());
    for (std::size_t i = 0; i < schema.field_count; ++i) {
      const Field& field = schema.fields()[i];
      const Schema* type = &field.schema();
      if (field.name() == *field_) {
        plan.position = i;
        if (auto form = form_of(*type)) {
          plan.form = *form;
        } else {
          plan.no_form = std::move(form).error();  // of records that have a value; a null passes
        }
        SLUICE_TRY_ASSIGN(type, forms_.target_schema(pool, type->optional()));
      }
      builder.field(field.name(), type);
    }
    SLUICE_TRY_ASSIGN(plan.schema, builder.build(pool));
    if (const Value old = schema.default_value(); !old.is_null()) {
      data::Arena arena;
      SLUICE_TRY_ASSIGN(const Value converted, convert_struct(arena.c(), old, schema, plan));
      SLUICE_TRY_ASSIGN(plan.schema, build_with_default(std::move(builder), converted, pool));
    }
    return plan;
  }

  const Side side_;
  const std::optional<std::string> field_;
  TimestampForms forms_;
  const bool use_default_;
  PerSchema<Plan> plans_;
};

base::Result<std::optional<data::DateFormat>> format_of(const std::string& pattern, bool needed) {
  if (base::java_trim(pattern).empty()) {
    if (!needed) return std::nullopt;
    return base::config_error("TimestampConverter requires format option to be specified when using string timestamps");
  }
  auto format = data::DateFormat::compile(pattern);
  if (format) return std::move(*format);
  return base::config_error(
      "Invalid value {}: {} for configuration TimestampConverter requires a SimpleDateFormat-compatible pattern for "
      "string timestamps: {}",
      format.error().exception(), format.error().message(), pattern);
}

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, timestamp_converter_config().parse(config));
  const auto index_of = [](const auto& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) - names.begin();
  };
  const auto target = static_cast<TimestampForm>(index_of(kTargets, parsed.string("target.type")));
  const auto precision = static_cast<UnixPrecision>(index_of(kPrecisions, parsed.string("unix.precision")));
  std::string pattern = parsed.string_or_null("format").value_or("");
  SLUICE_TRY_ASSIGN(auto format, format_of(pattern, target == TimestampForm::kString));
  return std::make_unique<TimestampConverter>(
      side, parsed.string_or_null("field"),
      TimestampForms(target, precision, std::move(format), std::move(pattern), base::system_clock().now_ms()),
      parsed.boolean("replace.null.with.default"));
}

}  // namespace

config::ConfigDef timestamp_converter_config() {
  return config::ConfigDef(
      {config::optional_key("field", config::Type::kString, "", config::Importance::kHigh,
                            "The field containing the timestamp, or empty if the entire value is a timestamp"),
       config::required_key("target.type", config::Type::kString, config::Importance::kHigh,
                            "The desired timestamp representation: string, unix, Date, Time, or Timestamp")
           .checked_by(config::one_of(kTargets)),
       config::optional_key("format", config::Type::kString, "", config::Importance::kMedium,
                            "A SimpleDateFormat-compatible format for the timestamp. Used to generate the output when "
                            "type=string or used to parse the input if the input is a string."),
       config::optional_key("unix.precision", config::Type::kString, "milliseconds", config::Importance::kLow,
                            "The desired Unix precision for the timestamp: seconds, milliseconds, microseconds, or "
                            "nanoseconds. Used to generate the output when type=unix or used to parse the input if the "
                            "input is a Long.Note: This SMT will cause precision loss during conversions from, and to, "
                            "values with sub-millisecond components.")
           .checked_by(config::one_of({"nanoseconds", "microseconds", "milliseconds", "seconds"})),
       replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_timestamp_converter_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_timestamp_converter_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
