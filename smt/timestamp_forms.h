#pragma once
// The forms of a timestamp that TimestampConverter knows, and the way from each to each.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/data/date_format.h"
#include "runtime/data/schema.h"

namespace sluice::smt {

enum class TimestampForm { kString, kUnix, kDate, kTime, kTimestamp };
enum class UnixPrecision { kSeconds, kMilliseconds, kMicroseconds, kNanoseconds };

// Which form the values of a schema have. Error: ConnectException, it is none.
base::Result<TimestampForm> form_of(const Schema& schema);

// Converts to one form. Of one transform: not thread-safe.
class TimestampForms {
 public:
  // `format` for texts; `pattern` is its text. `now_ms` places two-digit years.
  TimestampForms(TimestampForm target, UnixPrecision precision, std::optional<data::DateFormat> format,
                 std::string pattern, std::int64_t now_ms);

  base::Result<const Schema*> target_schema(data::SchemaPool& pool, bool optional) const;
  // `from` is the form of `value`, by its schema. Null stays null. Error: DataException, it is not of that form.
  base::Result<Value> convert(sluice_arena* arena, const Value& value, TimestampForm from);
  // The same without a schema: the form is seen by the value's class.
  base::Result<Value> convert(sluice_arena* arena, const Value& value);

 private:
  base::Result<std::int64_t> to_epoch_ms(const Value& value, TimestampForm from) const;
  base::Result<std::int64_t> parse(std::string_view text) const;
  base::Result<Value> from_epoch_ms(sluice_arena* arena, std::int64_t epoch_ms);

  const TimestampForm target_;
  const UnixPrecision precision_;
  const std::optional<data::DateFormat> format_;
  const std::string pattern_;
  const std::int64_t now_ms_;
  std::string scratch_;
};

}  // namespace sluice::smt
