#include "smt/enforce_record_size.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/data/java_text.h"
#include "runtime/data/utf16.h"
#include "runtime/data/value_text.h"
#include "smt/per_schema.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/struct_fields.h"

namespace sluice::smt {
namespace {

// Debezium's ApproximateStructSizeCalculator: what objects cost on Java's heap.
constexpr std::int64_t kStructBytes = 56;
constexpr std::int64_t kStringBytes = 56;
constexpr std::int64_t kBytesBytes = 24;
constexpr std::int64_t kArrayBytes = 64;
constexpr std::int64_t kMapBytes = 88;
constexpr std::int64_t kPrimitiveBytes = 24;
constexpr std::int64_t kReferenceBytes = 8;
constexpr std::int64_t kEntryBytes = 100;  // of a source partition, a source offset or the headers
constexpr std::int64_t kTimestampBytes = 8;

std::int64_t size_of(const Schema& schema, const Value& value) {
  switch (schema.type()) {
    case Kind::kString:
      return value.is(Kind::kString) ? kStringBytes + value.size : 0;
    case Kind::kBytes:
      return value.is_null() ? 0 : kBytesBytes + value.size;  // of a decimal, the bytes of its unscaled value
    case Kind::kStruct: {
      if (!value.is(Kind::kStruct)) return 0;
      std::int64_t size = kStructBytes;
      const auto fields = value.struct_schema().fields();
      for (std::size_t i = 0; i < fields.size(); ++i)
        size += kReferenceBytes + size_of(fields[i].schema(), value.items()[i]);
      return size;
    }
    case Kind::kArray: {
      if (!value.is(Kind::kArray)) return 0;
      std::int64_t size = kArrayBytes;
      for (const Value& item : value.items()) size += kReferenceBytes + size_of(*schema.value_schema(), item);
      return size;
    }
    case Kind::kMap: {
      if (!value.is(Kind::kMap)) return 0;
      std::int64_t size = kMapBytes;
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); ++i)
        size += kReferenceBytes + size_of(i % 2 == 0 ? *schema.key_schema() : *schema.value_schema(), items[i]);
      return size;
    }
    default:
      return kPrimitiveBytes;  // also where the value is null
  }
}

std::int64_t entries_size(const Value& map) {
  return map.is(Kind::kMap) ? map.size * kEntryBytes : 0;
}

std::int64_t record_size(const data::Batch& batch, const data::Record& record) {
  std::int64_t size = entries_size(batch.source_partition(record)) + entries_size(Value(record.source_offset)) +
                      record.header_count * kEntryBytes + kTimestampBytes +
                      static_cast<std::int64_t>(batch.topic(record).size());
  for (const Value& side : {record.key_value(), record.value_value()})
    if (side.is(Kind::kStruct)) size += size_of(side.struct_schema(), side);
  return size;
}

// A text or bytes that may be cut. Java counts characters of texts here, as UTF-16 units.
struct Field {
  std::size_t at;
  Value value;
  std::int64_t size;
};

class EnforceRecordSize final : public data::RecordTransform {
 public:
  EnforceRecordSize(std::int32_t bytes_max, double compression_ratio, std::int32_t field_bytes_min)
      : bytes_max_(bytes_max), compression_ratio_(compression_ratio), field_bytes_min_(field_bytes_min) {}

 protected:
  base::Status apply_record(const data::TransformContext& context, data::Batch& batch, data::Record& record) override {
    const Value value = record.value_value();
    if (!value.is(Kind::kStruct) || context.sink) return {};
    const Value& key = record.key_value();
    if (!key.is_null() && !key.is(Kind::kStruct))
      return base::fail(base::Code::kBadRecord, base::exceptions::kClassCast,
                        "class {} cannot be cast to class org.apache.kafka.connect.data.Struct",
                        data::java_class_name(key));
    const std::int64_t size =
        data::java_to_int64(std::ceil(static_cast<double>(record_size(batch, record)) * compression_ratio_));
    if (size <= bytes_max_) return {};

    const Schema& schema = value.struct_schema();
    SLUICE_TRY_ASSIGN(const auto* rows, rows_.get(&schema, [&] {
      return base::Result<std::pair<int, int>>(std::pair(schema.field_index("before"), schema.field_index("after")));
    }));
    find_fields(value, rows->first, before_);
    find_fields(value, rows->second, after_);
    const double before_bytes = total(before_);
    const double after_bytes = total(after_);
    if (before_bytes + after_bytes <= 0) return {};
    const auto excess = static_cast<double>(size - bytes_max_);

    sluice_arena* arena = batch.arena().c();
    sluice_struct* fields = copy_struct(arena, value);
    if (fields == nullptr) return out_of_memory();
    const double all_bytes = before_bytes + after_bytes;
    SLUICE_TRY(cut(arena, fields, rows->first, before_, before_bytes, std::ceil(before_bytes / all_bytes * excess)));
    SLUICE_TRY(cut(arena, fields, rows->second, after_, after_bytes, std::ceil(after_bytes / all_bytes * excess)));
    record.value = Value::record(fields, schema.field_count);
    return {};
  }

 private:
  static double total(const std::vector<Field>& fields) {
    std::int64_t bytes = 0;
    for (const Field& field : fields) bytes += field.size;
    return static_cast<double>(bytes);
  }

  // A decimal is none of them, though its type is bytes.
  void find_fields(const Value& envelope, int at, std::vector<Field>& found) const {
    found.clear();
    if (at < 0) return;
    const Value row = field_value(envelope, envelope.struct_schema(), static_cast<std::size_t>(at), true);
    if (!row.is(Kind::kStruct)) return;
    for (std::size_t i = 0; i < row.items().size(); ++i) {
      const Value value = field_value(row, row.struct_schema(), i, true);
      std::int64_t size = 0;
      if (value.is(Kind::kString)) size = static_cast<std::int64_t>(data::utf16_length(value.text()));
      if (value.is(Kind::kBytes)) size = value.size;
      if (size > field_bytes_min_) found.push_back({i, value, size});
    }
  }

  // Takes `excess` bytes away from the fields of one row, from each in proportion to its size.
  static base::Status cut(sluice_arena* arena, sluice_struct* envelope, int at, const std::vector<Field>& fields,
                          double bytes, double excess) {
    if (fields.empty() || bytes == 0 || excess <= 0) return {};
    const auto row_at = static_cast<std::size_t>(at);
    const auto& schema = *static_cast<const Schema*>(envelope->schema);
    sluice_struct* row =
        copy_struct(arena, field_value(Value::record(envelope, schema.field_count), schema, row_at, true));
    if (row == nullptr) return out_of_memory();
    for (const Field& field : fields) {
      const double share = static_cast<double>(field.size) / bytes;
      const std::int64_t removed = data::java_to_int32(std::ceil(share * excess));
      const std::int64_t left = std::max<std::int64_t>(0, field.size - removed);
      if (left == field.size) continue;
      SLUICE_TRY_ASSIGN(row->fields[field.at], cut_value(arena, field.value, static_cast<std::size_t>(left)));
    }
    envelope->fields[row_at] = Value::record(row, row->schema->field_count);
    return {};
  }

  static base::Result<Value> cut_value(sluice_arena* arena, const Value& value, std::size_t left) {
    if (value.is(Kind::kBytes)) {
      Value cut = value;
      cut.size = static_cast<std::uint32_t>(left);
      return cut;
    }
    if (data::is_ascii(value.text())) return Value::string(value.text().substr(0, left));
    std::string text;
    data::append_utf16(data::to_utf16(value.text()).substr(0, left), text);
    const std::string_view copy = arena_copy(arena, text);
    if (copy.data() == nullptr) return out_of_memory();
    return Value::string(copy);
  }

  const std::int32_t bytes_max_;
  const double compression_ratio_;
  const std::int32_t field_bytes_min_;
  PerSchema<std::pair<int, int>> rows_;  // positions of `before` and `after`
  std::vector<Field> before_, after_;    // scratch
};

}  // namespace

config::ConfigDef enforce_record_size_config() {
  return config::ConfigDef(
      {config::required_key("max.bytes", config::Type::kInt, config::Importance::kHigh,
                            "The maximum record size in bytes. Records exceeding this size will have their string and "
                            "bytes columns truncated proportionally to fit within this limit."),
       config::optional_key("compression.ratio", config::Type::kDouble, config::Value(1.0), config::Importance::kMedium,
                            "Ratio to account for record serialization differences. The estimated record size is "
                            "multiplied by this ratio before comparing to the max size. For example, if your "
                            "serialization compresses raw record size by 50%, set this to 0.5. Downstream systems "
                            "typically provide metrics to discover the effective ratio, e.g. Kafka exposes "
                            "kafka.producer:type=producer-metrics,client-id=<id>/compression-rate-avg. Default is 1.0 "
                            "(no adjustment)."),
       config::optional_key("min.field.size", config::Type::kInt, 25000, config::Importance::kMedium,
                            "Fields with a size at or below this value (in bytes) will not be truncated. Only fields "
                            "larger than this threshold are eligible for proportional truncation. Default is 25000 "
                            "(25KB).")});
}

base::Result<std::unique_ptr<data::Transform>> make_enforce_record_size(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, enforce_record_size_config().parse(config));
  const auto refuse = [&](std::string_view name, std::string_view message) {
    return base::fail(config::invalid_value(name, parsed.value(name), message));
  };
  if (parsed.int32("max.bytes") <= 0) return refuse("max.bytes", "Must be a positive integer");
  if (parsed.float64("compression.ratio") <= 0) return refuse("compression.ratio", "Must be a positive number");
  if (parsed.int32("min.field.size") < 0) return refuse("min.field.size", "Must be non-negative");
  return std::make_unique<EnforceRecordSize>(parsed.int32("max.bytes"), parsed.float64("compression.ratio"),
                                             parsed.int32("min.field.size"));
}

}  // namespace sluice::smt
