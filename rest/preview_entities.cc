#include "rest/preview_entities.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

#include "rest/json_writer.h"
#include "runtime/base/threads.h"

namespace sluice::rest {
namespace {

using config::ConnectorKind;
using task::PreviewOutcome;
using task::PreviewStep;
using task::TransformPreview;

constexpr std::size_t kShownBytesMax = 80;  // of a wrong value, in an error
constexpr std::int64_t kTimeoutDefaultMs = 10'000;
constexpr std::int64_t kTimeoutMaxMs = 60'000;

std::string shown(const JsonValue& value) {
  if (value.is_null()) return "null";  // an absent one has no text
  std::string text;
  append_json(value, text);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  return text;
}

base::Status check_object(const JsonValue& value, std::string_view label, std::span<const std::string_view> members) {
  if (value.kind != JsonValue::Kind::kObject)
    return base::config_error("{} is {}: write an object of {}", label, shown(value), fmt::join(members, ", "));
  for (const auto& [name, member] : value.members)
    if (std::find(members.begin(), members.end(), name) == members.end())
      return base::config_error("{} has no member '{}': write {}", label, name, fmt::join(members, ", "));
  return {};
}

const JsonValue* given(const JsonValue& object, std::string_view name) {
  const JsonValue* value = object.find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

base::Result<std::int64_t> whole_number(const JsonValue& value, std::string_view name, std::int64_t least,
                                        std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  if (value.kind != JsonValue::Kind::kInteger || problem != std::errc() ||
      end != value.text.data() + value.text.size() || number < least || number > most)
    return base::config_error("'{}' is {}: write a whole number from {} to {}", name, shown(value), least, most);
  return number;
}

base::Result<task::TopicSample> bind_topic(const JsonValue& value) {
  static constexpr std::string_view kMembers[] = {"name", "partition", "records"};
  SLUICE_TRY(check_object(value, "'topic'", kMembers));
  task::TopicSample sample;
  const JsonValue* name = given(value, "name");
  if (name == nullptr || name->kind != JsonValue::Kind::kString || name->text.empty())
    return base::config_error("'topic.name' is {}: write the name of a topic", name ? shown(*name) : "missing");
  sample.topic = name->text;
  if (const JsonValue* partition = given(value, "partition")) {
    SLUICE_TRY_ASSIGN(const auto number,
                      whole_number(*partition, "topic.partition", 0, std::numeric_limits<std::int32_t>::max()));
    sample.partition = static_cast<std::int32_t>(number);
  }
  if (const JsonValue* records = given(value, "records")) {
    SLUICE_TRY_ASSIGN(const auto number, whole_number(*records, "topic.records", 1, task::kPreviewRecordsMax));
    sample.records = static_cast<std::size_t>(number);
  }
  return sample;
}

base::Result<std::vector<std::string>> bind_records(const JsonValue& value) {
  if (value.kind != JsonValue::Kind::kArray)
    return base::config_error(R"('records' is {}: write a list such as [{{"topic": "orders", "value": ...}}])",
                              shown(value));
  std::vector<std::string> records;
  for (const JsonValue& item : value.items) append_json(item, records.emplace_back());
  return records;
}

void write(const base::Error& error, JsonWriter& json) {
  json.begin_object().key("exception").text(error.exception()).key("message").text(error.message());
  json.key("trace").text(error.to_string()).end_object();
}

void write_texts(std::string_view key, const std::vector<std::string>& texts, JsonWriter& json) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.text(text);
  json.end_array();
}

void write_record(std::string_view key, const task::PreviewRecord& record, JsonWriter& json) {
  json.key(key).raw(record.empty() ? "null" : task::record_json(record));
}

void write_step(const task::PreviewStage& stage, const PreviewStep& step, JsonWriter& json) {
  json.begin_object().key("alias").text(stage.alias).key("class").text(stage.class_name);
  json.key("outcome").text(outcome_name(step.outcome));
  write_texts("changed", step.changed, json);
  write_record("record", step.record, json);
  json.key("error");
  if (step.error)
    write(*step.error, json);
  else
    json.null();
  write_texts("notes", step.notes, json);
  json.end_object();
}

// What became of a record in the end.
struct Ending {
  std::string_view outcome = "kept";
  std::optional<std::string> by;  // the alias, or the converter's class
  const task::PreviewRecord* record = nullptr;
};

Ending ending_of(const TransformPreview& preview, const task::PreviewedRecord& record) {
  static const task::PreviewRecord kNone;
  if (record.error) return {"failed", record.failed_converter, &kNone};
  if (record.steps.empty()) return {"kept", std::nullopt, &record.input};
  const PreviewStep& last = record.steps.back();
  if (last.outcome == PreviewOutcome::kDropped || last.outcome == PreviewOutcome::kFailed)
    return {outcome_name(last.outcome), preview.stages[record.steps.size() - 1].alias, &kNone};
  return {"kept", std::nullopt, &last.record};
}

}  // namespace

std::string_view outcome_name(PreviewOutcome outcome) {
  switch (outcome) {
    case PreviewOutcome::kApplied:
      return "applied";
    case PreviewOutcome::kSkipped:
      return "skipped";
    case PreviewOutcome::kDropped:
      return "dropped";
    case PreviewOutcome::kFailed:
      break;
  }
  return "failed";
}

base::Result<config::ConfigMap> bind_chain(const JsonValue& value, std::string_view label) {
  if (value.kind != JsonValue::Kind::kObject)
    return base::config_error(R"({} is {}: write an object such as {{"transforms": "a", "transforms.a.type": ...}})",
                              label, shown(value));
  config::ConfigMap config;
  for (const auto& [name, member] : value.members) {
    if (!member.is_scalar()) return base::config_error("{}: '{}' is {}: write a text", label, name, shown(member));
    config.set(name, member.is_null() ? config::ConfigMap::Text() : member.text);
  }
  return config;
}

base::Result<ConnectorKind> bind_kind(std::string_view text) {
  if (text == "source") return ConnectorKind::kSource;
  if (text == "sink") return ConnectorKind::kSink;
  return base::config_error("'kind' is \"{}\": write source or sink", text);
}

base::Result<task::PreviewRequest> bind_preview_request(const JsonValue& body,
                                                        std::chrono::steady_clock::time_point latest) {
  static constexpr std::string_view kMembers[] = {"config", "kind", "records", "topic", "timeout.ms"};
  SLUICE_TRY(check_object(body, "The body", kMembers));
  task::PreviewRequest request;
  const JsonValue* config = body.find("config");
  SLUICE_TRY_ASSIGN(request.config, bind_chain(config != nullptr ? *config : JsonValue(), "'config'"));
  if (const JsonValue* kind = given(body, "kind")) {
    SLUICE_TRY_ASSIGN(request.kind, bind_kind(kind->text));
  }
  const JsonValue* records = given(body, "records");
  const JsonValue* topic = given(body, "topic");
  if ((records == nullptr) == (topic == nullptr))
    return base::config_error("{} 'records' and 'topic' is there: write one of them",
                              records == nullptr ? "Neither of" : "Each of");
  if (records != nullptr) {
    SLUICE_TRY_ASSIGN(request.records, bind_records(*records));
  } else {
    SLUICE_TRY_ASSIGN(request.topic, bind_topic(*topic));
  }
  std::int64_t timeout_ms = kTimeoutDefaultMs;
  if (const JsonValue* timeout = given(body, "timeout.ms")) {
    SLUICE_TRY_ASSIGN(timeout_ms, whole_number(*timeout, "timeout.ms", 1, kTimeoutMaxMs));
  }
  request.deadline = std::min(latest, base::steady_now() + std::chrono::milliseconds(timeout_ms));
  return request;
}

std::string to_json(const TransformPreview& preview) {
  JsonWriter json;
  json.begin_object().key("kind").text(preview.kind == ConnectorKind::kSource ? "source" : "sink");
  json.key("transforms").begin_array();
  for (const task::PreviewStage& stage : preview.stages) {
    json.begin_object().key("alias").text(stage.alias).key("class").text(stage.class_name).key("predicate");
    if (stage.predicate.empty())
      json.null();
    else
      json.text(stage.predicate);
    json.key("negate").boolean(stage.negate).end_object();
  }
  json.end_array().key("records").begin_array();
  for (const task::PreviewedRecord& record : preview.records) {
    const Ending ending = ending_of(preview, record);
    json.begin_object().key("outcome").text(ending.outcome).key("by").text_or_null(ending.by);
    write_record("record", *ending.record, json);
    json.key("error");
    if (record.error)
      write(*record.error, json);
    else if (!record.steps.empty() && record.steps.back().error)
      write(*record.steps.back().error, json);
    else
      json.null();
    write_record("input", record.input, json);
    json.key("steps").begin_array();
    for (std::size_t i = 0; i < record.steps.size(); ++i) write_step(preview.stages[i], record.steps[i], json);
    json.end_array();
    write_texts("notes", record.notes, json);
    json.end_object();
  }
  json.end_array();
  write_texts("notes", preview.notes, json);
  json.end_object();
  return std::move(json).take();
}

}  // namespace sluice::rest
