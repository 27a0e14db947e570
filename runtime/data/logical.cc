#include "runtime/data/logical.h"

#include "runtime/data/java_calendar.h"
#include "runtime/data/java_text.h"

namespace sluice::data {
namespace {

using base::data_error;

base::Status expect_name(const Schema& schema, std::string_view name, std::string_view object) {
  if (schema.name() == name) return {};
  return data_error("Requested conversion of {} object but the schema does not match.", object);
}

}  // namespace

base::Result<std::int32_t> decimal_schema_scale(const Schema& schema) {
  if (!schema.has_parameters())
    return base::fail(base::Code::kBadRecord, base::exceptions::kNullPointer,
                      "Cannot invoke \"java.util.Map.get(Object)\" because the return value of "
                      "\"org.apache.kafka.connect.data.Schema.parameters()\" is null");
  const std::string_view text = schema.parameter(kDecimalScaleParameter);
  if (text.data() == nullptr) return data_error("Invalid Decimal schema: scale parameter not found.");
  auto scale = parse_int32(text);
  if (scale) return *scale;
  return base::fail(
      base::Error(base::Code::kBadRecord, base::exceptions::kData, "Invalid scale parameter found in Decimal schema: ")
          .with_cause(std::move(scale).error()));
}

base::Result<std::string_view> decimal_from_logical(const Schema& schema, const Value& decimal) {
  SLUICE_TRY_ASSIGN(const std::int32_t scale, decimal_schema_scale(schema));
  if (decimal.decimal_scale() != scale)
    return data_error(
        "Decimal value has mismatching scale for given Decimal schema. Schema has scale {}, value has scale {}.", scale,
        decimal.decimal_scale());
  return decimal.decimal_unscaled();
}

base::Result<Value> decimal_to_logical(const Schema& schema, std::string_view unscaled, sluice_arena* arena) {
  if (unscaled.empty())
    return base::fail(base::Code::kBadRecord, base::exceptions::kNumberFormat, "Zero length BigInteger");
  SLUICE_TRY_ASSIGN(const std::int32_t scale, decimal_schema_scale(schema));
  const Value value = arena_decimal(arena, scale, unscaled);
  if (value.is_null())
    return base::fail(base::Code::kNoMemory, base::exceptions::kConnect, "The batch's memory limit is reached");
  return value;
}

base::Result<std::int32_t> date_from_logical(const Schema& schema, std::int64_t epoch_ms) {
  SLUICE_TRY(expect_name(schema, kDateName, "Date"));
  if (epoch_ms % kMillisPerDay != 0)
    return data_error("Kafka Connect Date type should not have any time fields set to non-zero values.");
  return static_cast<std::int32_t>(epoch_ms / kMillisPerDay);
}

base::Result<Value> date_to_logical(const Schema& schema, std::int32_t days) {
  SLUICE_TRY(expect_name(schema, kDateName, "Date"));
  return Value::instant(days * kMillisPerDay);
}

base::Result<std::int32_t> time_from_logical(const Schema& schema, std::int64_t epoch_ms) {
  SLUICE_TRY(expect_name(schema, kTimeName, "Time"));
  if (epoch_ms < 0 || epoch_ms > kMillisPerDay)
    return data_error("Kafka Connect Time type should not have any date fields set to non-zero values.");
  return static_cast<std::int32_t>(epoch_ms);
}

base::Result<Value> time_to_logical(const Schema& schema, std::int32_t millisecond_of_day) {
  SLUICE_TRY(expect_name(schema, kTimeName, "Date"));
  if (millisecond_of_day < 0 || millisecond_of_day > kMillisPerDay)
    return data_error("Time values must use number of milliseconds greater than 0 and less than 86400000");
  return Value::instant(millisecond_of_day);
}

base::Result<std::int64_t> timestamp_from_logical(const Schema& schema, std::int64_t epoch_ms) {
  SLUICE_TRY(expect_name(schema, kTimestampName, "Timestamp"));
  return epoch_ms;
}

base::Result<Value> timestamp_to_logical(const Schema& schema, std::int64_t epoch_ms) {
  SLUICE_TRY(expect_name(schema, kTimestampName, "Timestamp"));
  return Value::instant(epoch_ms);
}

}  // namespace sluice::data
