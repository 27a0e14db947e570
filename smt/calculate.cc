#include "smt/calculate.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "runtime/data/value_text.h"
#include "smt/added_fields.h"
#include "smt/script_engine.h"
#include "smt/scripting.h"

namespace sluice::smt {
namespace {

// An expression's result as the type of a field. The result of a wrong type is an error, never a silent change.
class TypedResult {
 public:
  TypedResult(std::string field, Kind type) : field_(std::move(field)), type_(type) {}

  base::Result<Value> of(data::Batch& batch, const ScriptResult& result) const {
    const Value& value = result.value;
    if (value.is_null()) return Value();
    if (result.other) return refused(value, "an object or a list; give a text or a number");
    switch (type_) {
      case Kind::kBoolean:
        return value.is(Kind::kBoolean) ? base::Result<Value>(value)
                                        : refused(value, "not true or false; compare, or write !!(...)");
      case Kind::kString:
        return text(batch, value);
      case Kind::kInstant:
        if (value.is(Kind::kInstant)) return value;
        [[fallthrough]];
      case Kind::kInt8:
      case Kind::kInt16:
      case Kind::kInt32:
      case Kind::kInt64:
        return whole(value);
      default:
        return floating(value);
    }
  }

 private:
  tl::unexpected<base::Error> refused(const Value& value, std::string_view why) const {
    return base::data_error("The expression for field '{}' gave '{}' for type {}: {}", field_, data::value_text(value),
                            field_type_name(type_), why);
  }

  base::Result<Value> text(data::Batch& batch, const Value& value) const {
    if (value.is(Kind::kString)) return value;
    std::array<char, 32> buffer;
    std::to_chars_result end{buffer.data(), {}};
    if (value.is_integer())
      end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.i64());
    else if (value.is(Kind::kFloat64) && !std::isnan(value.f64()))  // as JavaScript writes it: the shortest
      end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value.f64());
    else if (value.is(Kind::kBoolean))
      return Value::string(value.boolean_value() ? "true" : "false");
    else
      return refused(value, "not a text; use a number, a text, or .toISOString() for a date");
    const auto copy = arena_copy(batch.arena().c(), {buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())});
    if (copy.data() == nullptr) return out_of_memory();
    return Value::string(copy);
  }

  base::Result<Value> whole(const Value& value) const {
    std::int64_t number = 0;
    if (value.is_integer()) {
      number = value.i64();
    } else if (value.is(Kind::kFloat64)) {
      const double given = value.f64();
      if (std::isnan(given)) return refused(value, "a field is missing, or a text is no number");
      if (given != std::trunc(given)) return refused(value, "not a whole number; use Math.round() or Math.trunc()");
      if (given < -0x1p63 || given >= 0x1p63) return refused(value, "out of range");
      number = static_cast<std::int64_t>(given);
    } else {
      return refused(value, "not a number; use Number(...) for a text");
    }
    const int bits = type_ == Kind::kInt8 ? 8 : type_ == Kind::kInt16 ? 16 : type_ == Kind::kInt32 ? 32 : 64;
    if (bits < 64 && (number < -(std::int64_t{1} << (bits - 1)) || number >= std::int64_t{1} << (bits - 1)))
      return refused(value, "out of range");
    return Value::integer(static_cast<std::uint8_t>(type_), number);
  }

  base::Result<Value> floating(const Value& value) const {
    if (!value.is_integer() && !value.is(Kind::kFloat64))
      return refused(value, "not a number; use Number(...) for a text");
    const double number = value.is(Kind::kFloat64) ? value.f64() : static_cast<double>(value.i64());
    if (std::isnan(number)) return refused(value, "a field is missing, or a text is no number");
    if (type_ == Kind::kFloat64) return Value::float64(number);
    if (std::isfinite(number) && std::fabs(number) > static_cast<double>(std::numeric_limits<float>::max()))
      return refused(value, "out of range");
    return Value::float32(static_cast<float>(number));
  }

  const std::string field_;
  const Kind type_;
};

class Calculate final : public data::RecordTransform {
 public:
  Calculate(Side side, std::string field, Kind type, std::unique_ptr<ScriptEngine> engine, bool propagate_null)
      : side_(side),
        typed_(field, type),
        target_(side, {{std::move(field), type}}, "calculating a field"),
        engine_(std::move(engine)),
        propagate_null_(propagate_null) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    if (side_value(record, side_).is_null()) return {};
    SLUICE_TRY_ASSIGN(const Value value, calculated(context, batch, record));
    return target_.write(context, batch, record, {&value, 1});
  }

 private:
  base::Result<Value> calculated(const data::TransformContext& context, data::Batch& batch, data::Record& record) {
    auto result = engine_->evaluate(batch, record);
    // A method of null throws: that null counts too.
    if (propagate_null_ && engine_->read_null()) return Value();
    if (!result) return base::fail(evaluation_error(*engine_, context, batch, record, std::move(result).error()));
    return typed_.of(batch, *result);
  }

  const Side side_;
  const TypedResult typed_;
  AddedFields target_;
  const std::unique_ptr<ScriptEngine> engine_;
  const bool propagate_null_;
};

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, calculate_config().parse(config));
  SLUICE_TRY_ASSIGN(const Kind type, parse_field_type("field.type", parsed.string("field.type")));
  SLUICE_TRY_ASSIGN(auto engine, compile_script("js", parsed.string("expression")));
  return std::make_unique<Calculate>(side, parsed.string("field"), type, std::move(engine),
                                     parsed.string("null.handling.mode") == "propagate");
}

}  // namespace

config::ConfigDef calculate_config() {
  using config::Importance;
  using config::Type;
  return config::ConfigDef(
      {config::required_key("field", Type::kString, Importance::kHigh,
                            "The field to set. One that exists keeps its place and gets the new type.")
           .checked_by(config::all_of({config::non_null(), config::non_empty_string()})),
       config::required_key("expression", Type::kString, Importance::kHigh,
                            "What to calculate, in JavaScript. It sees key, value, keySchema, valueSchema, topic and "
                            "header, for instance value.qty * value.price.")
           .checked_by(config::all_of({config::non_null(), config::non_empty_string()})),
       config::required_key("field.type", Type::kString, Importance::kHigh,
                            "The type of the field: int8, int16, int32, int64, float32, float64, boolean, string or "
                            "timestamp. A result that does not fit fails the record.")
           .checked_by(config::non_null()),
       config::optional_key(
           "null.handling.mode", Type::kString, "propagate", Importance::kMedium,
           "What a null in a field that the expression reads means: propagate - the result is null, as "
           "in SQL; evaluate - the expression handles it, for instance (value.discount ?? 0).")
           .checked_by(config::one_of({"propagate", "evaluate"}))});
}

base::Result<std::unique_ptr<data::Transform>> make_calculate_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_calculate_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

}  // namespace sluice::smt
