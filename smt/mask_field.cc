#include "smt/mask_field.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/config/hash_order.h"
#include "runtime/data/arena.h"
#include "runtime/data/convert.h"
#include "runtime/data/decimal.h"
#include "runtime/data/value_text.h"
#include "smt/map_edit.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "mask fields";

bool is_big_integer(const Value& value) {
  return value.is(Kind::kDecimal) && (value.flags & SLUICE_VALUE_INTEGER) != 0;
}

// What stands in for a value, by its class: prepared once.
class Masks {
 public:
  explicit Masks(std::optional<std::string> replacement) : replacement_(std::move(replacement)) {
    const Value zero = data::make_decimal(arena_.c(), data::DecimalNumber());
    decimal_ = replacement_ ? replaced_decimal(false) : zero;
    big_integer_ = replacement_ ? replaced_decimal(true) : as_big_integer(zero);
    for (auto kind = static_cast<std::size_t>(Kind::kInt8); kind < by_kind_.size(); ++kind)
      by_kind_[kind] = replacement_ ? replaced(static_cast<Kind>(kind)) : zero_of(static_cast<Kind>(kind));
  }

  // Error: DataException, nothing stands in for this class.
  base::Result<Value> mask(const Value& value) const {
    if (value.is_null()) return value;
    const auto& mask = is_big_integer(value)      ? big_integer_
                       : value.is(Kind::kDecimal) ? decimal_
                                                  : by_kind_[static_cast<std::size_t>(value.kind())];
    if (mask) return *mask;
    if (!replacement_) return base::data_error("Cannot mask value of type: class {}", data::java_class_name(value));
    return base::data_error("Cannot mask value of type class {} with custom replacement.",
                            data::java_class_name(value));
  }

 private:
  using Mask = std::optional<base::Result<Value>>;  // nothing: the class has no mask

  static Mask zero_of(Kind kind) {
    static constexpr sluice_value kNoItems[1] = {};
    if (kind <= Kind::kInt64 || kind == Kind::kBoolean || kind == Kind::kInstant)
      return Value::integer(static_cast<std::uint8_t>(kind), 0);
    switch (kind) {
      case Kind::kFloat32:
        return Value::float32(0);
      case Kind::kFloat64:
        return Value::float64(0);
      case Kind::kString:
        return Value::string("");
      case Kind::kArray:
        return Value::array(kNoItems, 0);
      case Kind::kMap:
        return Value::map(kNoItems, 0);
      default:
        return std::nullopt;
    }
  }

  Mask replaced(Kind kind) {
    if (kind == Kind::kString) return Value::string(*replacement_);
    if (kind < Kind::kInt8 || kind > Kind::kFloat64) return std::nullopt;
    return data::convert_to_number({arena_.c(), nullptr}, kind, nullptr, Value::string(*replacement_));
  }

  base::Result<Value> replaced_decimal(bool whole) {
    auto number = data::parse_decimal(*replacement_);
    if (number && !(whole && replacement_->find_first_of(".eE") != std::string::npos)) {
      const Value decimal = data::make_decimal(arena_.c(), *number);
      return whole ? as_big_integer(decimal) : decimal;
    }
    base::Error error(base::Code::kBadRecord, base::exceptions::kData,
                      fmt::format("Unable to convert {} (class java.lang.String) to number", *replacement_));
    base::Error cause(base::Code::kBadRecord, base::exceptions::kNumberFormat,
                      fmt::format("For input string: \"{}\"", *replacement_));
    return base::fail(std::move(error).with_cause(number ? std::move(cause) : std::move(number).error()));
  }

  static Value as_big_integer(Value decimal) {
    decimal.flags |= SLUICE_VALUE_INTEGER;
    return decimal;
  }

  const std::optional<std::string> replacement_;
  data::Arena arena_;  // of the masks
  std::array<Mask, static_cast<std::size_t>(Kind::kInstant) + 1> by_kind_;
  base::Result<Value> decimal_;
  base::Result<Value> big_integer_;
};

class MaskField final : public data::RecordTransform {
 public:
  MaskField(Side side, std::vector<std::string> fields, std::optional<std::string> replacement, bool use_default)
      : side_(side), fields_(std::move(fields)), masks_(std::move(replacement)), use_default_(use_default) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    const Value value = side_value(record, side_);
    if (side_schema(batch, record, side_) == nullptr) return mask_map(batch, record, value);
    SLUICE_TRY(require_struct(value, kPurpose));
    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* masked, masked_.get(&schema, [&] { return which(schema); }));
    sluice_struct* fields = unset_struct(batch.arena().c(), &schema);
    if (fields == nullptr) return out_of_memory();
    std::size_t next = 0;
    for (const std::size_t at : *masked) {
      SLUICE_TRY(put_range_copied(value, next, at, use_default_, *fields));
      SLUICE_TRY_ASSIGN(const Value mask, masks_.mask(field_value(value, schema, at, use_default_)));
      SLUICE_TRY(put_copied(schema.fields()[at], mask, false, fields->fields[at]));
      next = at + 1;
    }
    SLUICE_TRY(put_range_copied(value, next, value.size, use_default_, *fields));
    (side_ == Side::kKey ? record.key : record.value) = struct_value(fields);
    return {};
  }

 private:
  base::Status mask_map(data::Batch& batch, data::Record& record, const Value& value) const {
    SLUICE_TRY(require_map(value, kPurpose));
    SLUICE_TRY_ASSIGN(auto edit, MapEdit::copy(batch.arena().c(), value, fields_.size()));
    for (const std::string& name : fields_) {
      const std::size_t at = edit.find(name);
      SLUICE_TRY_ASSIGN(const Value mask, masks_.mask(edit.value_at(at)));
      edit.put_at(at, name, mask);
    }
    return set_side(batch, record, side_, nullptr, edit.map());
  }

  base::Result<std::vector<std::size_t>> which(const Schema& schema) const {
    std::vector<std::size_t> masked;
    for (std::size_t i = 0; i < schema.field_count; ++i)
      if (std::find(fields_.begin(), fields_.end(), schema.fields()[i].name()) != fields_.end()) masked.push_back(i);
    return masked;
  }

  const Side side_;
  const std::vector<std::string> fields_;
  const Masks masks_;
  const bool use_default_;
  PerSchema<std::vector<std::size_t>> masked_;  // which fields, in order
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, mask_field_config().parse(config));
  const config::List& names = parsed.list("fields");
  std::vector<std::string> fields;  // in the order in which Java visits them: the first that cannot be masked is told
  for (const std::size_t i : config::java_hash_map_order(names)) fields.push_back(names[i]);
  return std::make_unique<MaskField>(side, std::move(fields), parsed.string_or_null("replacement"),
                                     parsed.boolean("replace.null.with.default"));
}

}  // namespace

config::ConfigDef mask_field_config() {
  return config::ConfigDef(
      {config::required_key("fields", config::Type::kList, config::Importance::kHigh, "Names of fields to mask.")
           .checked_by(config::list_without_duplicates(false, false)),
       config::optional_key("replacement", config::Type::kString, config::Null{}, config::Importance::kLow,
                            "Custom value replacement, that will be applied to all 'fields' values (numeric or "
                            "non-empty string values only).")
           .checked_by(config::non_empty_string()),
       replace_null_with_default_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_mask_field_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_mask_field_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
