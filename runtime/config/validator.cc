#include "runtime/config/validator.h"

#include <algorithm>
#include <set>

#include "runtime/base/java_number.h"
#include "runtime/base/regex.h"
#include "runtime/base/strings.h"

namespace sluice::config {
namespace {

using base::config_error;
using base::fail;
using base::Status;

// Any numeric value as a double, the way Java's Range compares.
std::optional<double> number_of(const Value& value) {
  if (const auto* v = std::get_if<std::int16_t>(&value)) return *v;
  if (const auto* v = std::get_if<std::int32_t>(&value)) return *v;
  if (const auto* v = std::get_if<std::int64_t>(&value)) return static_cast<double>(*v);
  if (const auto* v = std::get_if<double>(&value)) return *v;
  return std::nullopt;
}

struct Bound {
  double value;
  std::string text;
};

Validator range(Bound min, std::optional<Bound> max) {
  std::string description = "[" + min.text + ",..." + (max ? "," + max->text : "") + "]";
  return Validator(
      [min = std::move(min), max = std::move(max)](std::string_view name, const Value& value) -> Status {
        const auto number = number_of(value);
        if (!number) return fail(invalid_value(name, Null{}, "Value must be non-null"));
        if (*number < min.value) return fail(invalid_value(name, value, "Value must be at least " + min.text));
        if (max && *number > max->value)
          return fail(invalid_value(name, value, "Value must be no more than " + max->text));
        return {};
      },
      std::move(description));
}

// The text of a STRING value; null for everything else.
const std::string* text_of(const Value& value) {
  return std::get_if<std::string>(&value);
}

// The control characters (C0, DEL, C1) in UTF-8 `text`, as decimal numbers.
std::string control_chars(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) {
      found.push_back(std::to_string(byte));
    } else if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      found.push_back(std::to_string(static_cast<unsigned char>(text[++i])));
    }
  }
  return base::join(found, ", ");
}

bool has_duplicates(const List& list) {
  return std::set<std::string_view>(list.begin(), list.end()).size() < list.size();
}

Status check_list(std::string_view name, const Value& value, const std::vector<std::string>& allowed,
                  bool empty_allowed, bool null_allowed) {
  const auto* list = std::get_if<List>(&value);
  if (list == nullptr) {
    if (null_allowed) return {};
    return config_error("Configuration '{}' values must not be null.", name);
  }
  if (list->empty() && !empty_allowed) {
    return config_error("Configuration '{}' must not be empty. Valid values include: {}", name,
                        allowed.empty() ? "any non-empty value" : "[" + base::join(allowed, ", ") + "]");
  }
  if (has_duplicates(*list)) return config_error("Configuration '{}' values must not be duplicated.", name);
  for (const auto& item : *list) {
    if (item.empty()) return config_error("Configuration '{}' values must not be empty.", name);
    if (!allowed.empty() && std::find(allowed.begin(), allowed.end(), item) == allowed.end())
      return fail(invalid_value(name, Value(item), "String must be one of: " + base::join(allowed, ", ")));
  }
  return {};
}

}  // namespace

Validator at_least(std::int64_t min) {
  return range({static_cast<double>(min), std::to_string(min)}, std::nullopt);
}

Validator between(std::int64_t min, std::int64_t max) {
  return range({static_cast<double>(min), std::to_string(min)}, Bound{static_cast<double>(max), std::to_string(max)});
}

Validator between(double min, double max) {
  return range({min, base::java_double_text(min)}, Bound{max, base::java_double_text(max)});
}

Validator one_of(std::vector<std::string> texts) {
  std::string description = "[" + base::join(texts, ", ") + "]";
  return Validator(
      [texts = std::move(texts)](std::string_view name, const Value& value) -> Status {
        const auto* text = text_of(value);
        if (text != nullptr && std::find(texts.begin(), texts.end(), *text) != texts.end()) return {};
        return fail(invalid_value(name, value, "String must be one of: " + base::join(texts, ", ")));
      },
      std::move(description));
}

Validator one_of_ignoring_case(std::vector<std::string> texts) {
  for (auto& text : texts) text = base::to_upper_ascii(text);
  std::string list = base::join(texts, ", ");
  std::string description = "(case insensitive) [" + list + "]";
  return Validator(
      [texts = std::move(texts), list = std::move(list)](std::string_view name, const Value& value) -> Status {
        const auto* text = text_of(value);
        if (text != nullptr && std::find(texts.begin(), texts.end(), base::to_upper_ascii(*text)) != texts.end())
          return {};
        return fail(invalid_value(name, value, "String must be one of (case insensitive): " + list));
      },
      std::move(description));
}

Validator non_empty_string() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        const auto* text = text_of(value);
        if (text != nullptr && text->empty()) return fail(invalid_value(name, value, "String must be non-empty"));
        return {};
      },
      "non-empty string");
}

Validator non_empty_string_without_control_chars() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        const auto* text = text_of(value);
        if (text == nullptr) return {};  // absence is reported elsewhere
        if (text->empty()) return fail(invalid_value(name, value, "String may not be empty"));
        const std::string found = control_chars(*text);
        if (found.empty()) return {};
        return fail(invalid_value(
            name, value, "String may not contain control sequences but had the following ASCII chars: " + found));
      },
      "non-empty string without ISO control characters");
}

Validator non_null() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        if (is_null(value)) return fail(invalid_value(name, value, "entry must be non null"));
        return {};
      },
      "non-null string");
}

Validator regex() {
  return Validator(
      [](std::string_view name, const Value& value) -> Status {
        const auto* text = text_of(value);
        if (text == nullptr) {
          return fail(invalid_value(
              name, value, "Invalid regex: Cannot invoke \"String.isEmpty()\" because \"this.pattern\" is null"));
        }
        const auto compiled = base::Regex::compile(*text);
        if (!compiled) return fail(invalid_value(name, value, "Invalid regex: " + compiled.error().message()));
        return {};
      },
      "valid regex");
}

Validator list_without_duplicates(bool empty_allowed, bool null_allowed) {
  return Validator([=](std::string_view name,
                       const Value& value) { return check_list(name, value, {}, empty_allowed, null_allowed); },
                   empty_allowed ? "any value without duplicates" : "any non-empty value")
      .dropping_duplicates();
}

Validator list_of(std::vector<std::string> texts, bool empty_allowed) {
  std::string description = "[" + base::join(texts, ", ") + "]";
  return Validator(
             [texts = std::move(texts), empty_allowed](std::string_view name, const Value& value) {
               return check_list(name, value, texts, empty_allowed, false);
             },
             std::move(description))
      .dropping_duplicates();
}

Validator list_size_at_most(std::size_t max) {
  return Validator(
      [max](std::string_view name, const Value& value) -> Status {
        const auto* list = std::get_if<List>(&value);
        if (list == nullptr || list->size() <= max) return {};
        return fail(invalid_value(name, value, fmt::format("exceeds maximum list size of [{}].", max)));
      },
      fmt::format("List containing maximum of {} elements", max));
}

Validator unique_aliases(std::string_view kind) {
  auto unique = [](std::string_view name, const Value& value) -> Status {
    const auto* list = std::get_if<List>(&value);
    if (list == nullptr || !has_duplicates(*list)) return {};
    return fail(invalid_value(name, value, "Duplicate alias provided."));
  };
  return all_of({non_null(), Validator(std::move(unique), fmt::format("unique {} aliases", kind))});
}

Validator all_of(std::vector<Validator> validators) {
  std::vector<std::string> descriptions;
  for (const auto& validator : validators) descriptions.push_back(validator.description());
  return Validator(
      [validators = std::move(validators)](std::string_view name, const Value& value) -> Status {
        for (const auto& validator : validators) SLUICE_TRY(validator.check(name, value));
        return {};
      },
      base::join(descriptions, ","));
}

}  // namespace sluice::config
