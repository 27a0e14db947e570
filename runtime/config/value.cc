#include "runtime/config/value.h"

#include <array>
#include <limits>
#include <type_traits>

#include "runtime/base/java_number.h"
#include "runtime/base/strings.h"

namespace sluice::config {
namespace {

using base::Code;
using base::Result;

constexpr std::array<std::string_view, 9> kTypeNames = {"BOOLEAN", "STRING", "INT",   "SHORT",   "LONG",
                                                        "DOUBLE",  "LIST",   "CLASS", "PASSWORD"};

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

// The characters that Java's \s stands for.
bool is_regex_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view strip_blanks(std::string_view item) {
  while (!item.empty() && is_regex_blank(item.front())) item.remove_prefix(1);
  while (!item.empty() && is_regex_blank(item.back())) item.remove_suffix(1);
  return item;
}

List parse_list(std::string_view trimmed) {
  List items;
  if (trimmed.empty()) return items;
  for (const auto item : base::split(trimmed, ',')) items.emplace_back(strip_blanks(item));
  return items;
}

template <typename Int>
std::optional<Value> parse_integer(std::string_view trimmed) {
  const auto number =
      base::parse_java_integer(trimmed, std::numeric_limits<Int>::min(), std::numeric_limits<Int>::max());
  if (!number) return std::nullopt;
  return Value(static_cast<Int>(*number));
}

std::optional<Value> parse_number(std::string_view trimmed, Type type) {
  switch (type) {
    case Type::kShort:
      return parse_integer<std::int16_t>(trimmed);
    case Type::kInt:
      return parse_integer<std::int32_t>(trimmed);
    case Type::kLong:
      return parse_integer<std::int64_t>(trimmed);
    default: {
      const auto number = base::parse_java_double(trimmed);
      return number ? std::optional<Value>(*number) : std::nullopt;
    }
  }
}

}  // namespace

std::string_view type_name(Type type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

std::optional<Type> parse_type_name(std::string_view name) {
  for (std::size_t i = 0; i < kTypeNames.size(); ++i)
    if (kTypeNames[i] == name) return static_cast<Type>(i);
  return std::nullopt;
}

std::string to_message_text(const Value& value) {
  if (is_null(value)) return "null";
  if (const auto* list = std::get_if<List>(&value)) return "[" + base::join(*list, ", ") + "]";
  if (const auto* name = std::get_if<ClassName>(&value)) return "class " + name->name;
  return *to_text(value);
}

std::optional<std::string> to_text(const Value& value) {
  return std::visit(Overloaded{
                        [](Null) { return std::optional<std::string>(); },
                        [](bool flag) { return std::optional<std::string>(flag ? "true" : "false"); },
                        [](double number) { return std::optional(base::java_double_text(number)); },
                        [](const std::string& text) { return std::optional(text); },
                        [](const List& list) { return std::optional(base::join(list, ",")); },
                        [](const ClassName& name) { return std::optional(name.name); },
                        [](const Password&) { return std::optional(std::string(kHidden)); },
                        [](auto number) { return std::optional(std::to_string(number)); },
                    },
                    value);
}

base::Error invalid_value(std::string_view name, const Value& value, std::string_view message) {
  return base::Error(Code::kInvalidConfig, base::exceptions::kConfig,
                     fmt::format("Invalid value {} for configuration {}: {}", to_message_text(value), name, message));
}

Result<Value> parse_type(std::string_view name, const std::optional<std::string>& text, Type type,
                         const ClassResolver& resolver) {
  if (!text) return Value(Null{});
  const std::string_view trimmed = base::java_trim(*text);
  const auto refuse = [&](std::string_view message) { return base::fail(invalid_value(name, Value(*text), message)); };
  switch (type) {
    case Type::kBoolean:
      if (base::equals_ignore_case_ascii(trimmed, "true")) return Value(true);
      if (base::equals_ignore_case_ascii(trimmed, "false")) return Value(false);
      return refuse("Expected value to be either true or false");
    case Type::kString:
      return Value(std::string(trimmed));
    case Type::kPassword:
      return Value(Password(std::string(trimmed)));
    case Type::kList:
      return Value(parse_list(trimmed));
    case Type::kClass: {
      auto found = resolver ? resolver(trimmed) : std::nullopt;
      if (!found) return refuse(fmt::format("Class {} could not be found.", *text));
      return Value(ClassName{std::move(*found)});
    }
    default: {
      auto number = parse_number(trimmed, type);
      if (!number) return refuse(fmt::format("Not a number of type {}", type_name(type)));
      return std::move(*number);
    }
  }
}

}  // namespace sluice::config
