#pragma once
// A configuration value after parsing, and the two texts it has: the one that goes into error messages (Java's
// toString) and the one that `validate` and the REST API show (lists joined by commas, secrets hidden).

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "runtime/base/status.h"

namespace sluice::config {

enum class Type { kBoolean, kString, kInt, kShort, kLong, kDouble, kList, kClass, kPassword };
std::string_view type_name(Type type);                       // "BOOLEAN", "STRING", ...
std::optional<Type> parse_type_name(std::string_view name);  // the same names; nothing for others

// A secret. Its text leaves only through `reveal()`; printing gives "[hidden]".
class Password {
 public:
  Password() = default;
  explicit Password(std::string secret) : secret_(std::move(secret)) {}
  const std::string& reveal() const { return secret_; }
  bool operator==(const Password&) const = default;

 private:
  std::string secret_;
};
inline constexpr std::string_view kHidden = "[hidden]";

// The canonical name of a component (a Java class name where it replaces one).
struct ClassName {
  std::string name;
  bool operator==(const ClassName&) const = default;
};

using List = std::vector<std::string>;
using Null = std::monostate;
using Value =
    std::variant<Null, bool, std::int16_t, std::int32_t, std::int64_t, double, std::string, List, ClassName, Password>;
using ValueMap = std::unordered_map<std::string, Value>;

inline bool is_null(const Value& value) {
  return std::holds_alternative<Null>(value);
}

// Java's toString, as error messages quote a value: "null", "[a, b]", "1.0E10", "[hidden]".
std::string to_message_text(const Value& value);
// The text a definition turns a value back into; nothing for null. Passwords are hidden.
std::optional<std::string> to_text(const Value& value);

// Finds the component that a name or alias means: its canonical name, or nothing. Called on the caller's thread.
using ClassResolver = std::function<std::optional<std::string>(std::string_view name)>;

// Parses `text` for the key `name`, as Kafka's ConfigDef.parseType does. A null text gives a null value. Error: a
// ConfigException with Connect's literal text.
base::Result<Value> parse_type(std::string_view name, const std::optional<std::string>& text, Type type,
                               const ClassResolver& resolver);

// `Invalid value V for configuration K: M`
base::Error invalid_value(std::string_view name, const Value& value, std::string_view message);

}  // namespace sluice::config
