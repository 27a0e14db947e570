#include "smt/zoned_values.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "runtime/data/value_text.h"
#include "smt/debezium_envelope.h"
#include "smt/iso_days.h"
#include "smt/iso_text.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kMillisPerSecond = 1'000;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

constexpr std::array<std::pair<std::string_view, TimeForm>, 6> kForms = {{
    {"io.debezium.time.MicroTimestamp", TimeForm::kMicroTimestamp},
    {"io.debezium.time.NanoTimestamp", TimeForm::kNanoTimestamp},
    {"io.debezium.time.Timestamp", TimeForm::kTimestamp},
    {"io.debezium.time.ZonedTimestamp", TimeForm::kZonedTimestamp},
    {"io.debezium.time.ZonedTime", TimeForm::kZonedTime},
    {kTimestampName, TimeForm::kConnectTimestamp},
}};
constexpr std::array<std::string_view, 6> kUnzoned = {"io.debezium.time.Date",
                                                      "io.debezium.time.MicroTime",
                                                      "io.debezium.time.NanoTime",
                                                      "io.debezium.time.Time",
                                                      kDateName,
                                                      kTimeName};

tl::unexpected<base::Error> wrong_class(const Value& value, std::string_view wanted) {
  return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast, "class {} cannot be cast to class {}",
                    data::java_class_name(value), wanted);
}

// As Java's long arithmetic, which wraps silently.
std::int64_t wrapping_sum(std::int64_t seconds, std::int64_t per_second, std::int64_t rest) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(seconds) * static_cast<std::uint64_t>(per_second) +
                                   static_cast<std::uint64_t>(rest));
}

// TimeUnit.SECONDS.toMicros and toNanos, which stop at the ends of the range.
std::int64_t saturating_sum(std::int64_t seconds, std::int64_t per_second, std::int64_t rest) {
  std::int64_t scaled = 0;
  if (__builtin_mul_overflow(seconds, per_second, &scaled))
    scaled = seconds < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
  return wrapping_sum(scaled, 1, rest);
}

// A count since the epoch as its seconds and the rest.
struct Count {
  std::int64_t second;
  std::int64_t rest;
  Count(std::int64_t value, std::int64_t per_second)
      : second(floor_div(value, per_second)), rest(floor_mod(value, per_second)) {}
};

base::Result<std::int64_t> to_epoch_ms(std::int64_t second, std::int64_t millis) {
  const auto ms = static_cast<__int128>(second) * kMillisPerSecond + millis;
  if (ms < std::numeric_limits<std::int64_t>::min() || ms > std::numeric_limits<std::int64_t>::max())
    return base::fail(base::Code::kBadRecord, "java.lang.ArithmeticException", "long overflow");
  return static_cast<std::int64_t>(ms);
}

base::Result<Value> local_number(TimeForm form, std::int64_t value, const TimeZone& zone) {
  const std::int64_t per_second = form == TimeForm::kMicroTimestamp  ? kMicrosPerSecond
                                  : form == TimeForm::kNanoTimestamp ? kNanosPerSecond
                                                                     : kMillisPerSecond;
  const Count local(value, per_second);
  const std::int64_t second = local.second - zone.offset_at_local(local.second);
  if (per_second != kMillisPerSecond) return Value::int64(wrapping_sum(second, per_second, local.rest));
  auto ms = to_epoch_ms(second, local.rest);
  if (form == TimeForm::kTimestamp) {
    SLUICE_TRY(ms);
    return Value::int64(*ms);
  }
  // Date.from says it in its own way.
  if (!ms)
    return base::fail(base::Error(base::Code::kBadRecord, base::exceptions::kIllegalArgument,
                                  "java.lang.ArithmeticException: long overflow")
                          .with_cause(std::move(ms).error()));
  return Value::instant(*ms);
}

// The zone's offset is looked up by the text's own local time, whatever its offset: so does Debezium.
base::Status append_zoned_timestamp(std::string_view text, const TimeZone& zone, std::string& out) {
  SLUICE_TRY_ASSIGN(OffsetDateTime time, parse_offset_date_time(text));
  const ZoneOffset offset = zone.offset_at_local(time.local_second);
  time.local_second += offset - time.offset;
  time.offset = offset;
  return append_offset_date_time(time, out);
}

base::Status append_zoned_time(std::string_view text, const TimeZone& zone, std::int64_t now_second, std::string& out) {
  SLUICE_TRY_ASSIGN(OffsetTime time, parse_offset_time(text));
  const ZoneOffset offset = zone.offset_at(now_second);
  time.second_of_day = static_cast<std::int32_t>(floor_mod(time.second_of_day - time.offset + offset, kSecondsPerDay));
  time.offset = offset;
  append_offset_time(time, out);
  return {};
}

}  // namespace

std::optional<TimeForm> time_form(std::string_view schema_name) {
  for (const auto& [name, form] : kForms)
    if (name == schema_name) return form;
  return std::nullopt;
}

bool is_unzoned_time(std::string_view schema_name) {
  return std::find(kUnzoned.begin(), kUnzoned.end(), schema_name) != kUnzoned.end();
}

base::Result<Value> move_to_zone(sluice_arena* arena, TimeForm form, const Value& value, const TimeZone& zone,
                                 std::int64_t now_second, std::string& scratch) {
  if (form == TimeForm::kConnectTimestamp) {
    if (!value.is(Kind::kInstant)) return wrong_class(value, "java.util.Date");
    return local_number(form, value.i64(), zone);
  }
  if (form != TimeForm::kZonedTimestamp && form != TimeForm::kZonedTime) {
    if (!value.is(Kind::kInt64)) return wrong_class(value, "java.lang.Long");
    return local_number(form, value.i64(), zone);
  }
  if (!value.is(Kind::kString)) return wrong_class(value, "java.lang.String");
  scratch.clear();
  if (form == TimeForm::kZonedTimestamp) {
    SLUICE_TRY(append_zoned_timestamp(value.text(), zone, scratch));
  } else {
    SLUICE_TRY(append_zoned_time(value.text(), zone, now_second, scratch));
  }
  const std::string_view text = arena_copy(arena, scratch);
  if (text.data() == nullptr) return out_of_memory();
  return Value::string(text);
}

base::Result<Value> move_epoch(std::string_view field, const Value& value, const TimeZone& zone) {
  if (!value.is(Kind::kInt64))
    return base::fail(base::Code::kBadRecord, kDebeziumException, "Epoch field value should be a java.lang.Long");
  const std::int64_t per_second = field == "ts_us"   ? kMicrosPerSecond
                                  : field == "ts_ns" ? kNanosPerSecond
                                                     : kMillisPerSecond;
  const Count instant(value.i64(), per_second);
  const std::int64_t second = instant.second + zone.offset_at(instant.second);
  if (per_second != kMillisPerSecond) return Value::int64(saturating_sum(second, per_second, instant.rest));
  SLUICE_TRY_ASSIGN(const std::int64_t ms, to_epoch_ms(second, instant.rest));
  return Value::int64(ms);
}

}  // namespace sluice::smt
