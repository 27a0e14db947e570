#include "smt/extract_topic.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"
#include "runtime/data/value_text.h"
#include "smt/json_path.h"
#include "smt/map_edit.h"
#include "smt/shapes.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

constexpr std::string_view kPurpose = "topic extraction";

// Where the name of the topic is. `value` gives null where there is none.
class TopicSource {
 public:
  virtual ~TopicSource() = default;
  virtual base::Result<Value> value(const data::Batch& batch, const data::Record& record) = 0;
  virtual std::string place() const = 0;  // for messages
};

class WholeSide final : public TopicSource {
 public:
  explicit WholeSide(Side side) : side_(side) {}
  base::Result<Value> value(const data::Batch&, const data::Record& record) override {
    return side_value(record, side_);
  }
  std::string place() const override { return side_ == Side::kKey ? "the key" : "the value"; }

 private:
  const Side side_;
};

class FieldOfSide final : public TopicSource {
 public:
  FieldOfSide(Side side, std::string field) : side_(side), field_(std::move(field)) {}
  base::Result<Value> value(const data::Batch& batch, const data::Record& record) override {
    const Value& value = side_value(record, side_);
    if (value.is_null()) return Value();
    if (side_schema(batch, record, side_) == nullptr) {
      SLUICE_TRY(require_map(value, kPurpose));
      return map_value(value, field_);
    }
    SLUICE_TRY(require_struct(value, kPurpose));
    const Schema& schema = value.struct_schema();
    const int index = schema.field_index(field_);
    return index < 0 ? Value() : field_value(value, schema, static_cast<std::size_t>(index), true);
  }
  std::string place() const override { return fmt::format("the field {} of {}", field_, WholeSide(side_).place()); }

 private:
  const Side side_;
  const std::string field_;
};

class PathInSide final : public TopicSource {
 public:
  PathInSide(Side side, JsonPath path) : side_(side), path_(std::move(path)) {}
  base::Result<Value> value(const data::Batch& batch, const data::Record& record) override {
    SLUICE_TRY_ASSIGN(const bool there,
                      path_.evaluate({side_schema(batch, record, side_), side_value(record, side_)}, found_));
    if (found_.size() > 1) return base::data_error("{} has {} values", place(), found_.size());
    return there && !found_.empty() ? found_.front().value : Value();
  }
  std::string place() const override {
    return fmt::format("the path {} in {}", path_.text(), WholeSide(side_).place());
  }

 private:
  const Side side_;
  const JsonPath path_;
  std::vector<data::SchemaAndValue> found_;
};

// The last of the headers with a name counts.
class HeaderValue final : public TopicSource {
 public:
  explicit HeaderValue(std::string name) : name_(std::move(name)) {}
  base::Result<Value> value(const data::Batch&, const data::Record& record) override {
    for (std::uint32_t i = record.header_count; i-- > 0;)
      if (view(record.headers[i].key) == name_) return Value(record.headers[i].value);
    return Value();
  }
  std::string place() const override { return fmt::format("the header {}", name_); }

 private:
  const std::string name_;
};

class ExtractTopic final : public data::RecordTransform {
 public:
  ExtractTopic(std::unique_ptr<TopicSource> source, bool skip) : source_(std::move(source)), skip_(skip) {}

 protected:
  base::Status apply_record(const data::TransformContext&, data::Batch& batch, data::Record& record) override {
    SLUICE_TRY_ASSIGN(const Value topic, source_->value(batch, record));
    if (topic.is_null() || (topic.is(Kind::kString) && topic.text().empty())) {
      if (skip_) return {};
      return base::data_error(
          "No topic can be taken from {}: it is missing, null or empty; set skip.missing.or.null=true to leave such "
          "records in their topic",
          source_->place());
    }
    if (!topic.is(Kind::kString))
      return base::data_error("No topic can be taken from {}: it must be a text, but is a {}", source_->place(),
                              data::java_class_name(topic));
    const std::uint32_t index = batch.topic_index(topic.text());
    if (index == data::Batch::kNoIndex) return out_of_memory();
    record.topic = index;
    return {};
  }

 private:
  const std::unique_ptr<TopicSource> source_;
  const bool skip_;
};

base::Result<std::unique_ptr<TopicSource>> source_of(Side side, const config::ParsedConfig& config) {
  const auto field = config.string_or_null("field").value_or("");
  if (field.empty()) return std::make_unique<WholeSide>(side);
  if (base::equals_ignore_case_ascii(config.string("field.format"), "plain"))
    return std::make_unique<FieldOfSide>(side, field);
  auto path = JsonPath::compile(field);
  if (!path) return base::fail(config::invalid_value("field", field, path.error().message()));
  return std::make_unique<PathInSide>(side, std::move(*path));
}

base::Result<std::unique_ptr<data::Transform>> make(Side side, const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, extract_topic_config().parse(config));
  SLUICE_TRY_ASSIGN(auto source, source_of(side, parsed));
  return std::make_unique<ExtractTopic>(std::move(source), parsed.boolean("skip.missing.or.null"));
}

config::ConfigKey skip_key() {
  return config::optional_key("skip.missing.or.null", config::Type::kBoolean, config::Value(false),
                              config::Importance::kLow,
                              "Whether a record whose field, header, key or value is missing or null stays in its "
                              "topic. When set to false, it fails.");
}

}  // namespace

config::ConfigDef extract_topic_config() {
  return config::ConfigDef(
      {config::optional_key("field", config::Type::kString, "", config::Importance::kMedium,
                            "The field that names the topic. Empty: the whole key or value, which must be a text."),
       config::optional_key("field.format", config::Type::kString, "PLAIN", config::Importance::kMedium,
                            "How the field is given: by its name (<code>PLAIN</code>) or as a JSONPath "
                            "(<code>JSON_PATH</code>).")
           .checked_by(config::one_of_ignoring_case({"PLAIN", "JSON_PATH"})),
       skip_key()});
}

config::ConfigDef extract_topic_header_config() {
  return config::ConfigDef({config::required_key("field", config::Type::kString, config::Importance::kMedium,
                                                 "The header that names the topic.")
                                .checked_by(config::all_of({config::non_null(), config::non_empty_string()})),
                            skip_key()});
}

base::Result<std::unique_ptr<data::Transform>> make_extract_topic_key(const config::ConfigMap& config) {
  return make(Side::kKey, config);
}

base::Result<std::unique_ptr<data::Transform>> make_extract_topic_value(const config::ConfigMap& config) {
  return make(Side::kValue, config);
}

base::Result<std::unique_ptr<data::Transform>> make_extract_topic_header(const config::ConfigMap& config) {
  SLUICE_TRY_ASSIGN(const auto parsed, extract_topic_header_config().parse(config));
  return std::make_unique<ExtractTopic>(std::make_unique<HeaderValue>(parsed.string("field")),
                                        parsed.boolean("skip.missing.or.null"));
}

}  // namespace sluice::smt
