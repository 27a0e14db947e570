#include "smt/debezium_fields.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/base/java_number.h"
#include "runtime/base/log.h"
#include "runtime/base/regex.h"
#include "runtime/base/strings.h"
#include "runtime/config/hash_order.h"

namespace sluice::smt {
namespace {

using Text = std::optional<std::string>;

const base::Logger kLog{"io.debezium.transforms"};

std::optional<std::int32_t> parse_int(std::string_view text) {
  const auto number = base::parse_java_integer(text, std::numeric_limits<std::int32_t>::min(),
                                               std::numeric_limits<std::int32_t>::max());
  if (!number) return std::nullopt;
  return static_cast<std::int32_t>(*number);
}

std::optional<bool> parse_bool(std::string_view text) {
  const auto word = base::java_trim(text);
  if (base::equals_ignore_case_ascii(word, "true")) return true;
  if (base::equals_ignore_case_ascii(word, "false")) return false;
  return std::nullopt;
}

std::vector<std::string> parse_list(const Text& text) {
  std::vector<std::string> items;
  if (!text) return items;
  for (const auto item : base::java_split(*text, ',')) items.emplace_back(base::java_trim(item));
  return items;
}

// What every field of a type is asked before its own checks.
Text type_problem(config::Type type, const Text& text) {
  if (!text) return std::nullopt;
  if (type == config::Type::kBoolean && !parse_bool(*text)) return "Either 'true' or 'false' is expected";
  if (type == config::Type::kInt && !parse_int(*text)) return "An integer is expected";
  return std::nullopt;
}

bool is_literal(const std::vector<std::string>& literals, std::string_view text) {
  return std::any_of(literals.begin(), literals.end(), [&](const std::string& literal) {
    return base::equals_ignore_case_ascii(literal, base::java_trim(text));
  });
}

std::string literals_problem(const std::vector<std::string>& literals) {
  std::vector<std::string> ordered;
  for (const std::size_t at : config::java_hash_map_order(literals)) ordered.push_back(literals[at]);
  return "Value must be one of " + base::join(ordered, ", ");
}

Text field_text(const DebeziumField& field, const config::ConfigMap& config) {
  if (const auto given = config.get(field.key.name)) return std::string(*given);
  return field.default_text;
}

std::vector<std::string> problems_of(const DebeziumField& field, const config::ConfigMap& config) {
  std::vector<std::string> problems;
  const Text text = field_text(field, config);
  if (auto problem = type_problem(field.key.type, text)) problems.push_back(std::move(*problem));
  for (auto check = field.checks.rbegin(); check != field.checks.rend(); ++check)
    if (auto problem = (*check)(text, config)) problems.push_back(std::move(*problem));
  return problems;
}

}  // namespace

DebeziumField debezium_field(std::string name, config::Type type, config::Importance importance,
                             std::string display_name, std::string documentation) {
  DebeziumField field{
      config::optional_key(std::move(name), type, config::Value(config::Null{}), importance, std::move(documentation))};
  field.key.order_in_group = 1;
  field.key.display_name = std::move(display_name);
  return field;
}

DebeziumField DebeziumField::defaults_to(const char* text) && {
  default_text = text;
  auto value = config::parse_type(key.name, default_text, key.type, {});
  SLUICE_ASSERT(value);  // a default that does not read as its own type
  key.default_value = std::move(*value);
  return std::move(*this);
}

DebeziumField DebeziumField::defaults_to(std::int32_t number) && {
  return std::move(*this).defaults_to(std::to_string(number).c_str());
}

DebeziumField DebeziumField::defaults_to(bool yes) && {
  return std::move(*this).defaults_to(yes ? "true" : "false");
}

DebeziumField DebeziumField::width(config::Width width) && {
  key.width = width;
  return std::move(*this);
}

DebeziumField DebeziumField::checked_by(Check check) && {
  checks.push_back(std::move(check));
  return std::move(*this);
}

DebeziumField DebeziumField::required() && {
  return std::move(*this).checked_by([](const Text& text, const config::ConfigMap&) -> Text {
    if (text && !is_blank(*text)) return std::nullopt;
    return "A value is required";
  });
}

DebeziumField DebeziumField::one_of(std::vector<std::string> words) && {
  literals = std::move(words);
  return std::move(*this).checked_by([literals = literals](const Text& text, const config::ConfigMap&) -> Text {
    if (!text || is_literal(literals, *text)) return std::nullopt;
    return literals_problem(literals);
  });
}

DebeziumField DebeziumField::regex() && {
  return std::move(*this).checked_by([](const Text& text, const config::ConfigMap&) -> Text {
    if (!text) return std::nullopt;
    const auto compiled = base::Regex::compile(*text);
    if (compiled) return std::nullopt;
    return "A valid regular expressions is expected, but " + compiled.error().message();
  });
}

DebeziumField DebeziumField::positive() && {
  return std::move(*this).checked_by([](const Text& text, const config::ConfigMap&) -> Text {
    if (!text || parse_int(*text).value_or(0) > 0) return std::nullopt;
    return "A positive, non-zero integer value is expected";
  });
}

DebeziumField DebeziumField::without_empty_elements() && {
  return std::move(*this).checked_by([](const Text& text, const config::ConfigMap&) -> Text {
    const auto items = parse_list(text);
    if (std::find(items.begin(), items.end(), "") == items.end()) return std::nullopt;
    return "Empty string element(s) not permitted";
  });
}

DebeziumField DebeziumField::without_spaces() && {
  return std::move(*this).checked_by([](const Text& text, const config::ConfigMap&) -> Text {
    for (const auto& item : parse_list(text))
      if (item.find(' ') != std::string::npos) return "Element(s) containing space not permitted";
    return std::nullopt;
  });
}

DebeziumField DebeziumField::checked_in_definition() && {
  key = std::move(key).checked_by(config::Validator(
      [literals = literals](std::string_view name, const config::Value& value) -> base::Status {
        const auto* text = std::get_if<std::string>(&value);
        if (text == nullptr || is_literal(literals, *text)) return {};
        return base::fail(config::invalid_value(name, value, literals_problem(literals)));
      },
      ""));
  return std::move(*this);
}

DebeziumFields::DebeziumFields(std::initializer_list<DebeziumField> fields, std::optional<std::string> group)
    : fields_(fields) {
  if (!group) return;
  int order = 0;
  for (auto& field : fields_) {
    field.key.group = group;
    field.key.order_in_group = ++order;
  }
}

DebeziumFields DebeziumFields::followed_by(const DebeziumFields& others) const {
  DebeziumFields all = *this;
  all.fields_.insert(all.fields_.end(), others.fields_.begin(), others.fields_.end());
  return all;
}

config::ConfigDef DebeziumFields::config_def() const {
  config::ConfigDef definition;
  for (const auto& field : fields_) definition.define(field.key);
  return definition;
}

config::ConfigDef DebeziumFields::config_def(std::initializer_list<std::string_view> names) const {
  config::ConfigDef definition;
  for (const auto name : names) definition.define(find(name).key);
  return definition;
}

base::Status DebeziumFields::validate(const config::ConfigMap& config) const {
  std::vector<std::string> names;
  for (const auto& field : fields_) names.push_back(field.key.name);
  for (const std::size_t at : config::java_hash_map_order(names)) {
    const DebeziumField& field = fields_[at];
    const auto problems = problems_of(field, config);
    if (problems.empty()) continue;
    const auto given = config.get(field.key.name);
    return base::config_error("Invalid value {} for configuration {}: The '{}' value is invalid: {}",
                              given.value_or("null"), field.key.name, field.key.name, problems.front());
  }
  return {};
}

base::Status DebeziumFields::validate_and_record(const config::ConfigMap& config, const char* exception) const {
  bool valid = true;
  for (const auto& field : fields_) {
    for (const auto& problem : problems_of(field, config)) {
      kLog.error("The '{}' value '{}' is invalid: {}", field.key.name, field_text(field, config).value_or(""), problem);
      valid = false;
    }
  }
  if (valid) return {};
  return base::fail(base::Code::kInvalidConfig, exception, "Unable to validate config.");
}

const DebeziumField& DebeziumFields::find(std::string_view name) const {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const DebeziumField& field) { return field.key.name == name; });
  SLUICE_ASSERT(found != fields_.end());
  return *found;
}

std::optional<std::string> DebeziumFields::text(const config::ConfigMap& config, std::string_view name) const {
  return field_text(find(name), config);
}

bool DebeziumFields::boolean(const config::ConfigMap& config, std::string_view name) const {
  const DebeziumField& field = find(name);
  const auto given = parse_bool(field_text(field, config).value_or(""));
  return given ? *given : parse_bool(field.default_text.value_or("")).value_or(false);
}

std::int32_t DebeziumFields::integer(const config::ConfigMap& config, std::string_view name) const {
  const DebeziumField& field = find(name);
  const auto given = parse_int(field_text(field, config).value_or(""));
  return given ? *given : parse_int(field.default_text.value_or("")).value_or(0);
}

std::vector<std::string> DebeziumFields::list(const config::ConfigMap& config, std::string_view name) const {
  return parse_list(field_text(find(name), config));
}

bool is_blank(std::string_view text) {
  return base::java_trim(text).empty();
}

}  // namespace sluice::smt
