#include "smt/message_timestamp_router.h"

#include <string>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/strings.h"
#include "runtime/data/date_format.h"
#include "runtime/data/value_text.h"
#include "smt/map_edit.h"
#include "smt/shapes.h"
#include "smt/side.h"
#include "smt/topic_format.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "message timestamp extraction";

class MessageTimestampRouter final : public data::RecordTransform {
 public:
  MessageTimestampRouter(std::string topic_format, config::List keys, std::string message_pattern,
                         data::DateFormat message_format, data::DateFormat timestamp_format)
      : topic_format_(std::move(topic_format)),
        keys_(std::move(keys)),
        message_pattern_(std::move(message_pattern)),
        message_format_(std::move(message_format)),
        timestamp_format_(std::move(timestamp_format)) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    SLUICE_TRY_ASSIGN(const std::int64_t timestamp_ms, timestamp_of(batch, record));
    timestamp_.clear();
    timestamp_format_.append(timestamp_ms, timestamp_);
    format_topic(topic_format_, batch.topic(record), timestamp_, scratch_, topic_);
    const std::uint32_t index = batch.topic_index(topic_);
    if (index == data::Batch::kNoIndex) return out_of_memory();
    record.topic = index;
    return {};
  }

 private:
  // The first of the fields that is there and not null. Structs are read as maps are.
  base::Result<std::int64_t> timestamp_of(const data::Batch& batch, const data::Record& record) const {
    const Value& value = record.value_value();
    const bool schemaless = batch.value_schema(record) == nullptr;
    SLUICE_TRY(schemaless ? require_map(value, kPurpose) : require_struct(value, kPurpose));
    for (const auto& key : keys_) {
      Value field;
      if (schemaless) {
        field = map_value(value, key);
      } else if (const int index = value.struct_schema().field_index(key); index >= 0) {
        field = field_value(value, value.struct_schema(), static_cast<std::size_t>(index), true);
      }
      if (!field.is_null()) return parse(key, field);
    }
    return base::data_error("None of the fields {} of message.timestamp.keys has a value", base::join(keys_, ", "));
  }

  // Numbers and Connect's timestamps are milliseconds since the epoch.
  base::Result<std::int64_t> parse(const std::string& key, const Value& field) const {
    if (field.is(Kind::kInstant) || field.is(Kind::kInt64)) return field.i64();
    if (!field.is(Kind::kString))
      return base::data_error("The field {} must hold a time as a text, but holds a {}", key,
                              data::java_class_name(field));
    const auto parsed = message_format_.parse(field.text(), base::system_clock().now_ms());
    if (parsed.ok) return parsed.epoch_ms;
    return base::data_error("The field {} holds {}, which does not match message.timestamp.format ({})", key,
                            field.text(), message_pattern_);
  }

  const std::string topic_format_;
  const config::List keys_;
  const std::string message_pattern_;
  const data::DateFormat message_format_;
  const data::DateFormat timestamp_format_;
  std::string timestamp_, scratch_, topic_;
};

base::Result<data::DateFormat> compile(const config::ParsedConfig& config, std::string_view key) {
  auto format = data::DateFormat::compile(config.string(key));
  if (!format) return base::fail(config::invalid_value(key, config.value(key), format.error().message()));
  return format;
}

}  // namespace

config::ConfigDef message_timestamp_router_config() {
  return config::ConfigDef(
      {topic_format_key().checked_by(config::non_null()),
       config::required_key("message.timestamp.keys", config::Type::kList, config::Importance::kHigh,
                            "The fields of the value that may tell the time. The first one that is there is taken.")
           .checked_by(config::list_without_duplicates(false, false)),
       config::optional_key("message.timestamp.format", config::Type::kString, "yyyy-MM-dd", config::Importance::kHigh,
                            "How the time is written in the value: a pattern of "
                            "<code>java.text.SimpleDateFormat</code>.")
           .checked_by(config::non_null()),
       config::optional_key("topic.timestamp.format", config::Type::kString, "yyyyMMdd", config::Importance::kHigh,
                            "How the time is written in the topic: a pattern of "
                            "<code>java.text.SimpleDateFormat</code>.")
           .checked_by(config::non_null())});
}

base::Result<std::unique_ptr<data::Transform>> make_message_timestamp_router(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, message_timestamp_router_config().parse(config));
  SLUICE_TRY_ASSIGN(auto message_format, compile(parsed, "message.timestamp.format"));
  SLUICE_TRY_ASSIGN(auto timestamp_format, compile(parsed, "topic.timestamp.format"));
  return std::make_unique<MessageTimestampRouter>(parsed.string("topic.format"), parsed.list("message.timestamp.keys"),
                                                  parsed.string("message.timestamp.format"), std::move(message_format),
                                                  std::move(timestamp_format));
}

}  // namespace sluice::smt
