#include "rest/json_body.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "runtime/base/json_text.h"
#include "runtime/base/strings.h"

namespace sluice::rest {
namespace {

using base::Code;
using base::Error;
using base::fail;
using base::Result;
using Kind = JsonValue::Kind;

constexpr const char* kParseException = "com.fasterxml.jackson.core.JsonParseException";
constexpr const char* kMismatch = "com.fasterxml.jackson.databind.exc.MismatchedInputException";
constexpr const char* kUnrecognized = "com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException";
constexpr const char* kInstantiation = "com.fasterxml.jackson.databind.exc.ValueInstantiationException";

constexpr std::size_t kDepthMax = 1000;
constexpr std::size_t kValuesMax = 500'000;

constexpr const char* kStringMap = "java.util.LinkedHashMap<java.lang.String,java.lang.String>";
constexpr const char* kCreateRequest = "org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest";
constexpr const char* kOffsets = "org.apache.kafka.connect.runtime.rest.entities.ConnectorOffsets";
constexpr const char* kOffset = "org.apache.kafka.connect.runtime.rest.entities.ConnectorOffset";

std::string location(std::string_view body, std::size_t position) {
  const std::string_view before = body.substr(0, std::min(position, body.size()));
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_start = before.rfind('\n');
  const std::size_t column = line_start == std::string_view::npos ? before.size() : before.size() - line_start - 1;
  return fmt::format(
      "\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: {}, column: {}]",
      lines + 1, std::max<std::size_t>(column, 1));
}

// Feeds the parser and knows how far it has read.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at = nullptr;
  std::size_t* read = nullptr;

  reference operator*() const { return *at; }
  CountingIterator& operator++() {
    ++at;
    if (read != nullptr) ++*read;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator& other) const { return at == other.at; }
  bool operator!=(const CountingIterator& other) const { return at != other.at; }
};

// Builds the tree from the parser's events.
class TreeBuilder {
 public:
  TreeBuilder(JsonValue& root, const std::size_t& read) : root_(root), read_(read) {}

  bool null() { return add(Kind::kNull, "null"); }
  bool boolean(bool value) { return add(Kind::kBoolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return add(Kind::kInteger, std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) { return add(Kind::kInteger, std::to_string(value)); }
  bool number_float(double, const std::string& written) {
    const bool whole = written.find_first_of(".eE") == std::string::npos;  // too long for 64 bits
    return add(whole ? Kind::kInteger : Kind::kFloat, written);
  }
  bool string(std::string& value) { return add(Kind::kString, std::move(value)); }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(Kind::kObject); }
  bool start_array(std::size_t) { return open(Kind::kArray); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::json::exception& error) {
    position_ = position;
    token_ = token;
    message_ = error.what();
    return false;
  }

  // Why parsing stopped.
  Error error(std::string_view body) const {
    if (!limit_.empty()) return Error(Code::kInvalidConfig, kParseException, limit_ + location(body, read_));
    return Error(Code::kInvalidConfig, kParseException, describe(body) + location(body, position_));
  }

 private:
  JsonValue* place() {
    if (stack_.empty()) return &root_;
    JsonValue& parent = *stack_.back();
    if (parent.kind == Kind::kArray) return &parent.items.emplace_back();
    for (auto& [name, value] : parent.members) {
      if (parent.members.size() <= kLinearSearch && name == key_) {
        value = JsonValue();
        return &value;
      }
    }
    parent.members.push_back({std::move(key_), {}});
    return &parent.members.back().value;
  }

  bool count() {
    if (++values_ <= kValuesMax) return true;
    limit_ = fmt::format("Document has more than {} values", kValuesMax);
    return false;
  }

  bool add(Kind kind, std::string text) {
    if (!count()) return false;
    JsonValue* value = place();
    value->kind = kind;
    value->text = std::move(text);
    value->position = read_;
    return true;
  }

  bool open(Kind kind) {
    if (!count()) return false;
    if (stack_.size() >= kDepthMax) {
      limit_ = fmt::format(
          "Document nesting depth ({}) exceeds the maximum allowed ({}, from "
          "`StreamReadConstraints.getMaxNestingDepth()`)",
          kDepthMax + 1, kDepthMax);
      return false;
    }
    JsonValue* value = place();
    value->kind = kind;
    value->position = read_;
    stack_.push_back(value);
    return true;
  }

  bool close() {
    JsonValue& value = *stack_.back();
    if (value.members.size() > kLinearSearch) drop_repeated(value);
    stack_.pop_back();
    return true;
  }

  // The last value of a name wins, at the place of the first.
  static void drop_repeated(JsonValue& object) {
    std::vector<JsonMember> kept;
    std::vector<std::size_t> order(object.members.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return object.members[a].name < object.members[b].name; });
    std::vector<std::size_t> last(object.members.size());
    std::vector<bool> first(object.members.size(), false);
    for (std::size_t i = 0; i < order.size();) {
      std::size_t j = i;
      while (j + 1 < order.size() && object.members[order[j + 1]].name == object.members[order[i]].name) ++j;
      first[order[i]] = true;
      last[order[i]] = order[j];
      i = j + 1;
    }
    for (std::size_t i = 0; i < object.members.size(); ++i) {
      if (!first[i]) continue;
      std::string name = object.members[i].name;
      kept.push_back({std::move(name), std::move(object.members[last[i]].value)});
    }
    object.members = std::move(kept);
  }

  std::string describe(std::string_view body) const {
    if (position_ > body.size() || token_.empty() ||
        body.find_first_not_of(" \t\r\n", position_ ? position_ - 1 : 0) == std::string_view::npos) {
      return "Unexpected end-of-input";
    }
    if (message_.find("out_of_range") != std::string::npos) return "Numeric value out of range";
    const char c = body[position_ - 1];
    const auto is_letter = [](char l) { return (l >= 'a' && l <= 'z') || (l >= 'A' && l <= 'Z'); };
    std::size_t begin = position_ - 1;
    while (begin > 0 && is_letter(body[begin - 1])) --begin;
    std::size_t end = begin;
    while (end < body.size() && is_letter(body[end])) ++end;
    if (end > begin) {
      return fmt::format(
          "Unrecognized token '{}': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
          "'false')",
          body.substr(begin, std::min<std::size_t>(end - begin, 256)));
    }
    const auto code = static_cast<int>(static_cast<unsigned char>(c));
    if (code < 0x20 || code >= 0x7F) return fmt::format("Unexpected character (code {})", code);
    return fmt::format("Unexpected character ('{}' (code {}))", c, code);
  }

  static constexpr std::size_t kLinearSearch = 64;

  JsonValue& root_;
  const std::size_t& read_;
  std::vector<JsonValue*> stack_;
  std::string key_;
  std::size_t values_ = 0;
  std::size_t position_ = 0;
  std::string token_;
  std::string message_;
  std::string limit_;
};

const char* json_kind(Kind kind) {
  switch (kind) {
    case Kind::kObject:
      return "Object value (token `JsonToken.START_OBJECT`)";
    case Kind::kArray:
      return "Array value (token `JsonToken.START_ARRAY`)";
    case Kind::kInteger:
      return "Integer value (token `JsonToken.VALUE_NUMBER_INT`)";
    case Kind::kFloat:
      return "Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)";
    case Kind::kBoolean:
      return "Boolean value (token `JsonToken.VALUE_TRUE`)";
    default:
      return "String value (token `JsonToken.VALUE_STRING`)";
  }
}

std::string chain(std::string_view reference) {
  return reference.empty() ? std::string() : fmt::format(" (through reference chain: {})", reference);
}

Error mismatch(std::string_view java_type, const JsonValue& value, std::string_view body, std::string_view reference) {
  std::string text;
  const std::string_view raw_type = java_type.substr(0, java_type.find('<'));
  if (value.kind == Kind::kString) {
    text = fmt::format(
        "Cannot construct instance of `{}` (although at least one Creator exists): no String-argument "
        "constructor/factory method to "
        "deserialize from String value ('{}')",
        raw_type, value.text);
  } else if (value.kind == Kind::kInteger && java_type.find('<') == std::string_view::npos) {
    text = fmt::format(
        "Cannot construct instance of `{}` (although at least one Creator exists): no int/Int-argument "
        "constructor/factory method to "
        "deserialize from Number value ({})",
        raw_type, value.text);
  } else {
    text = fmt::format("Cannot deserialize value of type `{}` from {}", java_type, json_kind(value.kind));
  }
  return Error(Code::kInvalidConfig, kMismatch, text + location(body, value.position) + chain(reference));
}

Error unrecognized(std::string_view field, std::string_view java_type, std::string_view known, const JsonValue& value,
                   std::string_view body) {
  return Error(
      Code::kInvalidConfig, kUnrecognized,
      fmt::format(
          "Unrecognized field \"{}\" (class {}), not marked as ignorable ({}){} (through reference chain: {}[\"{}\"])",
          field, java_type, known, location(body, value.position), java_type, field));
}

Result<config::ConfigMap> bind_map(const JsonValue& value, std::string_view body, const std::string& reference) {
  if (value.kind != Kind::kObject) return fail(mismatch(kStringMap, value, body, reference));
  config::ConfigMap map;
  for (const auto& [name, member] : value.members) {
    if (!member.is_scalar()) {
      const std::string inner =
          fmt::format("{}{}java.util.LinkedHashMap[\"{}\"]", reference, reference.empty() ? "" : "->", name);
      return fail(mismatch("java.lang.String", member, body, inner));
    }
    map.set(name, member.is_null() ? config::ConfigMap::Text() : config::ConfigMap::Text(member.text));
  }
  return map;
}

Result<std::optional<herder::TargetState>> bind_state(const JsonValue& value, std::string_view body) {
  const std::string reference = fmt::format("{}[\"initial_state\"]", kCreateRequest);
  const std::string enum_name = fmt::format("{}$InitialState", kCreateRequest);
  if (value.is_null()) return std::optional<herder::TargetState>();
  if (!value.is_scalar()) return fail(mismatch(enum_name, value, body, reference));
  const std::string name = base::to_upper_ascii(value.text);
  if (name == "RUNNING") return std::optional(herder::TargetState::kStarted);
  if (name == "PAUSED") return std::optional(herder::TargetState::kPaused);
  if (name == "STOPPED") return std::optional(herder::TargetState::kStopped);
  return fail(Code::kInvalidConfig, kInstantiation,
              "Cannot construct instance of `{}`, problem: No enum constant {}.InitialState.{}{}{}", enum_name,
              kCreateRequest, name, location(body, value.position), chain(reference));
}

Result<std::string> bind_offset_map(const JsonValue* value, std::string_view body, std::string_view field) {
  std::string json = "null";
  if (value == nullptr || value->is_null()) return json;
  if (value->kind != Kind::kObject) {
    return fail(mismatch("java.util.LinkedHashMap<java.lang.String,java.lang.Object>", *value, body,
                         fmt::format("{}[\"offsets\"]->java.util.ArrayList[0]->{}[\"{}\"]", kOffsets, kOffset, field)));
  }
  json.clear();
  append_json(*value, json);
  return json;
}

Result<herder::OffsetInfo> bind_offset(const JsonValue& value, std::string_view body, std::size_t index) {
  if (value.is_null()) {
    return fail(Code::kBug, base::exceptions::kNullPointer,
                "Cannot invoke \"{}.partition()\" because \"offset\" is null", kOffset);
  }
  if (value.kind != Kind::kObject) {
    return fail(
        mismatch(kOffset, value, body, fmt::format("{}[\"offsets\"]->java.util.ArrayList[{}]", kOffsets, index)));
  }
  for (const auto& [name, member] : value.members) {
    if (name != "partition" && name != "offset") {
      return fail(unrecognized(name, kOffset, "2 known properties: \"partition\", \"offset\"", member, body));
    }
  }
  herder::OffsetInfo info;
  SLUICE_TRY_ASSIGN(info.partition_json, bind_offset_map(value.find("partition"), body, "partition"));
  SLUICE_TRY_ASSIGN(info.offset_json, bind_offset_map(value.find("offset"), body, "offset"));
  return info;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const auto& [key, value] : members) {
    if (key == name) return &value;
  }
  return nullptr;
}

Result<JsonValue> parse_json(std::string_view body) {
  JsonValue root;
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return root;
  std::size_t read = 0;
  TreeBuilder builder(root, read);
  const bool parsed = nlohmann::json::sax_parse(CountingIterator{body.data(), &read},
                                                CountingIterator{body.data() + body.size(), nullptr}, &builder,
                                                nlohmann::json::input_format_t::json, false);
  if (!parsed) return fail(builder.error(body));
  return root;
}

void append_json(const JsonValue& value, std::string& out) {
  switch (value.kind) {
    case Kind::kString:
      base::append_json_string(value.text, out);
      return;
    case Kind::kArray:
      out.push_back('[');
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_json(value.items[i], out);
      }
      out.push_back(']');
      return;
    case Kind::kObject:
      out.push_back('{');
      for (std::size_t i = 0; i < value.members.size(); ++i) {
        if (i > 0) out.push_back(',');
        base::append_json_string(value.members[i].name, out);
        out.push_back(':');
        append_json(value.members[i].value, out);
      }
      out.push_back('}');
      return;
    default:
      out += value.text;
  }
}

Result<std::optional<config::ConfigMap>> bind_string_map(const JsonValue& value, std::string_view body) {
  if (value.is_null()) return std::optional<config::ConfigMap>();
  SLUICE_TRY_ASSIGN(config::ConfigMap map, bind_map(value, body, ""));
  return std::optional(std::move(map));
}

Result<std::optional<CreateBody>> bind_create_request(const JsonValue& value, std::string_view body) {
  if (value.is_null()) return std::optional<CreateBody>();
  if (value.kind != Kind::kObject) return fail(mismatch(kCreateRequest, value, body, ""));
  CreateBody request;
  for (const auto& [name, member] : value.members) {
    if (name == "name") {
      if (!member.is_scalar()) {
        return fail(mismatch("java.lang.String", member, body, fmt::format("{}[\"name\"]", kCreateRequest)));
      }
      if (!member.is_null()) request.name = member.text;
    } else if (name == "config") {
      if (member.is_null()) continue;
      SLUICE_TRY_ASSIGN(request.config, bind_map(member, body, fmt::format("{}[\"config\"]", kCreateRequest)));
    } else if (name == "initial_state") {
      SLUICE_TRY_ASSIGN(request.initial_state, bind_state(member, body));
    } else {
      return fail(unrecognized(name, kCreateRequest, "3 known properties: \"config\", \"name\", \"initial_state\"",
                               member, body));
    }
  }
  return std::optional(std::move(request));
}

Result<std::optional<std::vector<herder::OffsetInfo>>> bind_offsets(const JsonValue& value, std::string_view body) {
  if (value.is_null()) return std::optional<std::vector<herder::OffsetInfo>>();
  if (value.kind != Kind::kObject) return fail(mismatch(kOffsets, value, body, ""));
  std::vector<herder::OffsetInfo> offsets;
  for (const auto& [name, member] : value.members) {
    if (name != "offsets") return fail(unrecognized(name, kOffsets, "one known property: \"offsets\"", member, body));
    if (member.is_null()) continue;
    if (member.kind != Kind::kArray) {
      return fail(mismatch(fmt::format("java.util.ArrayList<{}>", kOffset), member, body,
                           fmt::format("{}[\"offsets\"]", kOffsets)));
    }
    for (std::size_t i = 0; i < member.items.size(); ++i) {
      SLUICE_TRY_ASSIGN(herder::OffsetInfo info, bind_offset(member.items[i], body, i));
      offsets.push_back(std::move(info));
    }
  }
  return std::optional(std::move(offsets));
}

Result<std::vector<config::ConfigMap>> bind_task_configs(const JsonValue& value, std::string_view body) {
  std::vector<config::ConfigMap> configs;
  if (value.kind != Kind::kArray) {
    return fail(mismatch("java.util.ArrayList<java.util.Map<java.lang.String,java.lang.String>>", value, body, ""));
  }
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    SLUICE_TRY_ASSIGN(config::ConfigMap map, bind_map(value.items[i], body, fmt::format("java.util.ArrayList[{}]", i)));
    configs.push_back(std::move(map));
  }
  return configs;
}

}  // namespace sluice::rest
