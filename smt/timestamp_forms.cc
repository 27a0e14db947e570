#include "smt/timestamp_forms.h"

#include <limits>
#include <utility>

#include "runtime/data/java_calendar.h"
#include "runtime/data/value_text.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

using base::Result;

// java.util.concurrent.TimeUnit: what does not fit becomes the nearest that does.
std::int64_t times(std::int64_t value, std::int64_t factor) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(value, factor, &product)) return product;
  return value < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

std::int64_t unix_to_ms(std::int64_t value, UnixPrecision precision) {
  switch (precision) {
    case UnixPrecision::kSeconds:
      return times(value, 1000);
    case UnixPrecision::kMicroseconds:
      return value / 1000;
    case UnixPrecision::kNanoseconds:
      return value / 1'000'000;
    case UnixPrecision::kMilliseconds:
      break;
  }
  return value;
}

std::int64_t ms_to_unix(std::int64_t epoch_ms, UnixPrecision precision) {
  switch (precision) {
    case UnixPrecision::kSeconds:
      return epoch_ms / 1000;
    case UnixPrecision::kMicroseconds:
      return times(epoch_ms, 1000);
    case UnixPrecision::kNanoseconds:
      return times(epoch_ms, 1'000'000);
    case UnixPrecision::kMilliseconds:
      break;
  }
  return epoch_ms;
}

std::int64_t ms_of_day(std::int64_t epoch_ms) {
  const std::int64_t rest = epoch_ms % data::kMillisPerDay;
  return rest < 0 ? rest + data::kMillisPerDay : rest;
}

// Wraps as Java's long does, for the first day of all.
std::int64_t start_of_day(std::int64_t epoch_ms) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(epoch_ms) -
                                   static_cast<std::uint64_t>(ms_of_day(epoch_ms)));
}

tl::unexpected<base::Error> unexpected_class(std::string_view form, std::string_view expected, const Value& value) {
  return base::data_error("Expected {} to be a {}, but found class {}", form, expected, data::java_class_name(value));
}

std::string_view date_form_name(TimestampForm form) {
  if (form == TimestampForm::kDate) return "Date";
  return form == TimestampForm::kTime ? "Time" : "Timestamp";
}

}  // namespace

Result<TimestampForm> form_of(const Schema& schema) {
  const std::string_view name = schema.name();
  if (name == kTimestampName) return TimestampForm::kTimestamp;
  if (name == kDateName) return TimestampForm::kDate;
  if (name == kTimeName) return TimestampForm::kTime;
  if (schema.type() == Kind::kString) return TimestampForm::kString;
  if (schema.type() == Kind::kInt64) return TimestampForm::kUnix;
  return base::fail(base::Code::kBadRecord, base::exceptions::kConnect,
                    "Schema {} does not correspond to a known timestamp type format", data::schema_text(schema));
}

TimestampForms::TimestampForms(TimestampForm target, UnixPrecision precision, std::optional<data::DateFormat> format,
                               std::string pattern, std::int64_t now_ms)
    : target_(target),
      precision_(precision),
      format_(std::move(format)),
      pattern_(std::move(pattern)),
      now_ms_(now_ms) {}

Result<const Schema*> TimestampForms::target_schema(data::SchemaPool& pool, bool optional) const {
  switch (target_) {
    case TimestampForm::kString:
      return pool.primitive(Kind::kString, optional);
    case TimestampForm::kUnix:
      return pool.primitive(Kind::kInt64, optional);
    case TimestampForm::kDate:
      return data::SchemaBuilder::date().optional(optional).build(pool);
    case TimestampForm::kTime:
      return data::SchemaBuilder::time().optional(optional).build(pool);
    case TimestampForm::kTimestamp:
      break;
  }
  return data::SchemaBuilder::timestamp().optional(optional).build(pool);
}

Result<Value> TimestampForms::convert(sluice_arena* arena, const Value& value, TimestampForm from) {
  if (value.is_null()) return value;
  SLUICE_TRY_ASSIGN(const std::int64_t epoch_ms, to_epoch_ms(value, from));
  return from_epoch_ms(arena, epoch_ms);
}

Result<Value> TimestampForms::convert(sluice_arena* arena, const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return value;
    case Kind::kInstant:
      return convert(arena, value, TimestampForm::kTimestamp);
    case Kind::kInt64:
      return convert(arena, value, TimestampForm::kUnix);
    case Kind::kString:
      return convert(arena, value, TimestampForm::kString);
    default:
      return base::data_error("TimestampConverter does not support class {} objects as timestamps",
                              data::java_class_name(value));
  }
}

Result<std::int64_t> TimestampForms::to_epoch_ms(const Value& value, TimestampForm from) const {
  switch (from) {
    case TimestampForm::kString:
      if (!value.is(Kind::kString)) return unexpected_class("string timestamp", "String", value);
      return parse(value.text());
    case TimestampForm::kUnix:
      if (!value.is(Kind::kInt64)) return unexpected_class("Unix timestamp", "Long", value);
      return unix_to_ms(value.i64(), precision_);
    default:
      if (!value.is(Kind::kInstant)) return unexpected_class(date_form_name(from), "java.util.Date", value);
      return value.i64();
  }
}

Result<std::int64_t> TimestampForms::parse(std::string_view text) const {
  if (!format_)
    return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer,
                      "Cannot invoke \"java.text.SimpleDateFormat.parse(String)\" because \"config.format\" is null");
  const auto parsed = format_->parse(text, now_ms_);
  if (parsed.ok && parsed.end > 0) return parsed.epoch_ms;
  return base::fail(
      base::Error(base::Code::kBadRecord, base::exceptions::kData,
                  fmt::format("Could not parse timestamp: value ({}) does not match pattern ({})", text, pattern_))
          .with_cause(base::Error(base::Code::kBadRecord, "java.text.ParseException",
                                  fmt::format("Unparseable date: \"{}\"", text))));
}

Result<Value> TimestampForms::from_epoch_ms(sluice_arena* arena, std::int64_t epoch_ms) {
  switch (target_) {
    case TimestampForm::kUnix:
      return Value::int64(ms_to_unix(epoch_ms, precision_));
    case TimestampForm::kDate:
      return Value::instant(start_of_day(epoch_ms));
    case TimestampForm::kTime:
      return Value::instant(ms_of_day(epoch_ms));
    case TimestampForm::kTimestamp:
      return Value::instant(epoch_ms);
    case TimestampForm::kString:
      break;
  }
  scratch_.clear();
  format_->append(epoch_ms, scratch_);
  const std::string_view text = arena_copy(arena, scratch_);
  if (text.data() == nullptr) return out_of_memory();
  return Value::string(text);
}

}  // namespace sluice::smt
