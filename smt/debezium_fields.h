#pragma once
// How Debezium's transforms describe their configuration and read it. Its Field is not quite Kafka's ConfigKey: the
// definition that `validate` answers from checks little, and configure() checks the rest by rules of its own.
//
//   const DebeziumFields& fields() {
//     static const DebeziumFields kFields({
//         debezium_field("headers", Type::kList, Importance::kHigh, "Header names list", "...").without_spaces(),
//         debezium_field("size", Type::kInt, Importance::kLow, "Size", "...").defaults_to(16),
//     });
//     return kFields;
//   }

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/config/config_def.h"
#include "runtime/config/config_map.h"

namespace sluice::smt {

struct DebeziumField {
  // What is wrong with the field's text (its default, if none is given), or nothing.
  using Check = std::function<std::optional<std::string>(const std::optional<std::string>& text,
                                                         const config::ConfigMap& config)>;

  config::ConfigKey key;  // as the definition has it
  std::optional<std::string> default_text = {};
  std::vector<Check> checks = {};          // those added last are asked first
  std::vector<std::string> literals = {};  // of one_of(), in lower case

  DebeziumField defaults_to(const char* text) &&;
  DebeziumField defaults_to(std::int32_t number) &&;
  DebeziumField defaults_to(bool yes) &&;
  DebeziumField width(config::Width width) &&;
  DebeziumField checked_by(Check check) &&;
  DebeziumField required() &&;                              // "A value is required"
  DebeziumField one_of(std::vector<std::string> words) &&;  // in any case
  DebeziumField regex() &&;
  DebeziumField positive() &&;                // "A positive, non-zero integer value is expected"
  DebeziumField without_empty_elements() &&;  // of a list
  DebeziumField without_spaces() &&;          // in elements of a list
  // Lets `validate` refuse what one_of() refuses.
  DebeziumField checked_in_definition() &&;
};

// Of width none, without default.
DebeziumField debezium_field(std::string name, config::Type type, config::Importance importance,
                             std::string display_name, std::string documentation);

// The fields of one transform. Immutable, any thread.
class DebeziumFields {
 public:
  // Without a group all fields have order 1, as in Java.
  DebeziumFields(std::initializer_list<DebeziumField> fields, std::optional<std::string> group = {});

  // These fields and then those of `others`, each in its group.
  DebeziumFields followed_by(const DebeziumFields& others) const;

  // The definition of the fields, or of those named only.
  config::ConfigDef config_def() const;
  config::ConfigDef config_def(std::initializer_list<std::string_view> names) const;

  // SmtManager.validate: ConfigException with the first problem, in the order of Java's hash map.
  base::Status validate(const config::ConfigMap& config) const;
  // Configuration.validateAndRecord: `exception` "Unable to validate config." Each problem goes to the log.
  base::Status validate_and_record(const config::ConfigMap& config, const char* exception) const;

  // Debezium's Configuration.getString, getBoolean, getInteger and getList: a text that does not read as the type
  // counts as not given. The field must be of these; boolean and integer need a default.
  std::optional<std::string> text(const config::ConfigMap& config, std::string_view name) const;
  bool boolean(const config::ConfigMap& config, std::string_view name) const;
  std::int32_t integer(const config::ConfigMap& config, std::string_view name) const;
  std::vector<std::string> list(const config::ConfigMap& config, std::string_view name) const;

 private:
  const DebeziumField& find(std::string_view name) const;

  std::vector<DebeziumField> fields_;
};

// Strings.isNullOrBlank.
bool is_blank(std::string_view text);

}  // namespace sluice::smt
