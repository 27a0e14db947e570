#include "runtime/task/preview_record.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

#include "runtime/base/json_text.h"
#include "runtime/convert/json_tree_decoder.h"
#include "runtime/data/value_text.h"

namespace sluice::task {
namespace {

using convert::json::Node;

constexpr std::size_t kShownBytesMax = 80;  // of a wrong value, in an error

// NUMERIC reads well; nulls stay nulls, since defaults in their place would hide what a transform did.
constexpr convert::json::Options options(bool schemas) {
  return {.schemas_enabled = schemas,
          .replace_null_with_default = false,
          .decimal_format = convert::json::DecimalFormat::kNumeric};
}
constexpr convert::json::Options kReading = options(true);

std::string quoted(std::string_view text) {
  std::string out;
  base::append_json_string(text, out);
  return out;
}

std::string shown(const Node& node) {
  std::string text;
  if (node.is_string())
    text = quoted(node.text);
  else if (node.begin != nullptr)
    text.assign(node.begin, node.end);
  else if (node.is_number())
    text = node.text;
  else
    text = node.kind == convert::json::NodeKind::kTrue ? "true" : "false";
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  return text;
}

tl::unexpected<base::Error> no_memory(std::string_view label) {
  return base::fail(base::Code::kInvalidConfig, base::exceptions::kConfig,
                    "{}: the records do not fit into the memory of a preview: send fewer or smaller ones", label);
}

const Node* given(const Node& object, std::string_view name) {
  const Node* node = object.get(name);
  return node == nullptr || node->is_null() ? nullptr : node;
}

// A whole number of type T, or `otherwise` where none is given.
template <typename T>
base::Result<T> whole_number(const Node& record, std::string_view name, std::string_view label, T otherwise) {
  const Node* node = given(record, name);
  if (node == nullptr) return otherwise;
  T number{};
  const auto [end, problem] = std::from_chars(node->text.data(), node->text.data() + node->text.size(), number);
  if (!node->is_number() || problem != std::errc() || end != node->text.data() + node->text.size() || number < 0)
    return base::config_error("{}: '{}' is {}: write a whole number from 0 to {}, or leave it out", label, name,
                              shown(*node), std::numeric_limits<T>::max());
  return number;
}

base::Status refuse_unknown(const Node& object, std::string_view label, std::span<const std::string_view> known) {
  for (const auto& [name, node] : object.fields())
    if (std::find(known.begin(), known.end(), name) == known.end())
      return base::config_error("{}: there is no member '{}': write {}", label, name, fmt::join(known, ", "));
  return {};
}

base::Result<data::SchemaAndValue> read_value(const Node* node, const data::ConvertContext& context,
                                              const std::string& label) {
  if (node == nullptr || node->is_null()) return data::SchemaAndValue{};
  const convert::json::TreeDecoder decoder(kReading, context);
  const Node* const schema_node = node->get("schema");
  const Node* const payload = node->get("payload");
  const bool envelope = node->fields().size() == 2 && schema_node != nullptr && payload != nullptr;
  const auto in_place = [&](base::Error error) {
    return base::config_error("{}: {}: {}", label, shown(*node), error.message());
  };
  data::SchemaAndValue result;
  if (envelope) {
    auto schema = decoder.schema(*schema_node);
    if (!schema) return in_place(std::move(schema).error());
    result.schema = *schema;
  }
  auto value = decoder.value(result.schema, envelope ? payload : node);
  if (!value) return in_place(std::move(value).error());
  result.value = *value;
  return result;
}

base::Status read_headers(const Node* list, std::string_view label, data::Batch& batch, data::Record& record,
                          const data::ConvertContext& context) {
  static constexpr std::string_view kMembers[] = {"key", "value"};
  if (list == nullptr) return {};
  if (list->kind != convert::json::NodeKind::kArray)
    return base::config_error(R"({}: 'headers' is {}: write a list such as [{{"key": "origin", "value": "eu"}}])",
                              label, shown(*list));
  if (list->items().empty()) return {};
  auto* headers = batch.arena().alloc_array<sluice_header>(list->items().size());
  if (headers == nullptr) return no_memory(label);
  for (std::size_t i = 0; i < list->items().size(); ++i) {
    const Node& item = list->items()[i];
    const std::string place = fmt::format("{}: 'headers[{}]'", label, i);
    const Node* key = given(item, "key");
    if (key == nullptr || !key->is_string())
      return base::config_error(R"({} is {}: write an object such as {{"key": "origin", "value": "eu"}})", place,
                                item.is_null() ? "null" : shown(item));
    SLUICE_TRY(refuse_unknown(item, place, kMembers));
    SLUICE_TRY_ASSIGN(const auto value, read_value(item.get("value"), context, place));
    headers[i] = {str(batch.arena().copy(key->text)), value.schema, value.value};
  }
  record.headers = headers;
  record.header_count = static_cast<std::uint32_t>(list->items().size());
  return {};
}

bool looks_like_envelope(const Schema* schema, const Value& value) {
  if (schema != nullptr || !value.is(Kind::kMap) || value.size != 2) return false;
  const Value& first = value.items()[0];
  const Value& second = value.items()[2];
  const auto is = [](const Value& key, std::string_view name) { return key.is(Kind::kString) && key.text() == name; };
  return (is(first, "schema") && is(second, "payload")) || (is(first, "payload") && is(second, "schema"));
}

PreviewMember plain(std::string_view name, std::string json) {
  return {std::string(name), json, json, {}};
}

std::string number_or_null(std::int64_t number, std::int64_t none) {
  return number == none ? "null" : std::to_string(number);
}

}  // namespace

std::string record_json(const PreviewRecord& record) {
  std::string out = "{";
  for (const PreviewMember& member : record) {
    if (out.size() > 1) out += ',';
    out += quoted(member.name) + ':' + member.json;
  }
  return out + "}";
}

PreviewNotation::PreviewNotation(data::SchemaPool& schemas, bool sink)
    : schemas_(schemas), sink_(sink), with_schemas_(options(true)), payloads_(options(false)) {}

base::Status PreviewNotation::read(std::string_view json, std::string_view label, data::Batch& batch,
                                   data::Record& record) const {
  static constexpr std::string_view kMembers[] = {"topic", "partition", "offset", "timestamp",
                                                  "key",   "value",     "headers"};
  const data::ConvertContext context{batch.arena().c(), &schemas_};
  auto tree = convert::json::parse(json, context.arena, context.arena);
  if (!tree) return base::config_error("{}: {}", label, tree.error().message());
  const char* const end = json.data() + json.size();
  // A text that is not UTF-8 was read from a copy.
  const bool whole = tree->end != nullptr && tree->end > json.data() && tree->end <= end &&
                     convert::json::skip_blanks(tree->end, end) == end;
  if (tree->kind != convert::json::NodeKind::kObject || !whole)
    return base::config_error(R"({}: not one JSON object: write {{"topic": "orders", "value": ...}} in UTF-8)", label);
  SLUICE_TRY(refuse_unknown(*tree, label, kMembers));
  const Node* topic = given(*tree, "topic");
  if (topic == nullptr || !topic->is_string() || topic->text.empty())
    return base::config_error("{}: 'topic' is {}: write the name of the record's topic", label,
                              topic == nullptr ? "missing" : shown(*topic));
  record.topic = batch.topic_index(topic->text);
  SLUICE_TRY_ASSIGN(record.partition, whole_number(*tree, "partition", label, std::int32_t{SLUICE_NO_PARTITION}));
  SLUICE_TRY_ASSIGN(record.kafka_offset, whole_number(*tree, "offset", label, std::int64_t{0}));
  SLUICE_TRY_ASSIGN(record.timestamp_ms, whole_number(*tree, "timestamp", label, std::int64_t{SLUICE_NO_TIMESTAMP}));
  if (record.timestamp_ms != SLUICE_NO_TIMESTAMP) record.flags |= SLUICE_RECORD_TS_CREATE;
  SLUICE_TRY_ASSIGN(const auto key, read_value(tree->get("key"), context, fmt::format("{}: 'key'", label)));
  SLUICE_TRY_ASSIGN(const auto value, read_value(tree->get("value"), context, fmt::format("{}: 'value'", label)));
  record.key = key.value;
  record.value = value.value;
  record.key_schema = batch.schema_index(key.schema);
  record.value_schema = batch.schema_index(value.schema);
  for (const std::uint32_t index : {record.topic, record.key_schema, record.value_schema})
    if (index == data::Batch::kNoIndex) return no_memory(label);
  return read_headers(given(*tree, "headers"), label, batch, record, context);
}

PreviewMember PreviewNotation::value_member(data::Batch& batch, std::string_view name, const Schema* schema,
                                            const Value& value, std::vector<std::string>& notes) {
  PreviewMember member{std::string(name), "null", "null", schema == nullptr ? "" : data::schema_text(*schema)};
  if (schema == nullptr && value.is_null()) return member;
  sluice_arena* const arena = batch.arena().c();
  const bool wrapped = schema != nullptr || looks_like_envelope(schema, value);
  const auto full = wrapped ? with_schemas_.encode(arena, schema, value) : payloads_.encode(arena, schema, value);
  const auto payload = payloads_.encode(arena, schema, value);
  if (full && payload) {
    member.json = *full;
    if (payload->data() != nullptr) member.payload = *payload;
    return member;
  }
  const base::Error& error = full ? payload.error() : full.error();
  notes.push_back(fmt::format("{}: shown as text, JSON has no form for it: {}", name, error.message()));
  member.json = member.payload = quoted(data::value_text(value));
  return member;
}

PreviewRecord PreviewNotation::write(data::Batch& batch, const data::Record& record, std::vector<std::string>& notes) {
  PreviewRecord members;
  members.push_back(plain("topic", quoted(batch.topic(record))));
  members.push_back(plain("partition", number_or_null(record.partition, SLUICE_NO_PARTITION)));
  if (sink_) members.push_back(plain("offset", std::to_string(record.kafka_offset)));
  members.push_back(plain("timestamp", number_or_null(record.timestamp_ms, SLUICE_NO_TIMESTAMP)));
  members.push_back(value_member(batch, "key", batch.key_schema(record), record.key_value(), notes));
  members.push_back(value_member(batch, "value", batch.value_schema(record), record.value_value(), notes));
  PreviewMember headers{"headers", "[", "[", {}};
  for (std::uint32_t i = 0; i < record.header_count; ++i) {
    const sluice_header& header = record.headers[i];
    const auto value = value_member(batch, fmt::format("headers[{}]", i), static_cast<const Schema*>(header.schema),
                                    static_cast<const Value&>(header.value), notes);
    const std::string start = fmt::format(R"({}{{"key":{},"value":)", i > 0 ? "," : "", quoted(view(header.key)));
    headers.json += start + value.json + "}";
    headers.payload += start + value.payload + "}";
  }
  headers.json += "]";
  headers.payload += "]";
  members.push_back(std::move(headers));
  return members;
}

}  // namespace sluice::task
