#include "smt/debezium_schema_names.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/strings.h"
#include "runtime/data/utf16.h"

namespace sluice::smt {
namespace {

// In the order of SchemaNameAdjustment.
const std::vector<std::string> kModes = {"none", "avro", "avro_unicode"};

bool is_letter(char16_t unit) {
  return (unit >= u'a' && unit <= u'z') || (unit >= u'A' && unit <= u'Z');
}

// The underscore begins an escape of avro_unicode and is escaped itself there.
bool is_valid_first(SchemaNameAdjustment mode, char16_t unit) {
  return is_letter(unit) || (unit == u'_' && mode == SchemaNameAdjustment::kAvro);
}

bool is_valid_later(SchemaNameAdjustment mode, char16_t unit) {
  return is_valid_first(mode, unit) || (unit >= u'0' && unit <= u'9');
}

void append_replacement(SchemaNameAdjustment mode, char16_t unit, std::string& out) {
  if (mode == SchemaNameAdjustment::kAvro) {
    out += '_';
    return;
  }
  const auto hex = fmt::format("{:x}", static_cast<unsigned>(unit));
  out += hex.size() <= 2 ? "_u00" : "_u";
  out += hex;
}

// Works on UTF-16 units, as Java does: a character outside the basic plane is two.
std::string adjust(SchemaNameAdjustment mode, std::string_view name, bool dots_allowed) {
  if (mode == SchemaNameAdjustment::kNone) return std::string(name);
  std::string adjusted;
  bool first = true;
  for (const char16_t unit : data::to_utf16(name)) {
    if (first ? is_valid_first(mode, unit) : is_valid_later(mode, unit) || (dots_allowed && unit == u'.')) {
      adjusted += static_cast<char>(unit);
    } else {
      append_replacement(mode, unit, adjusted);
      // A leading digit is kept behind the underscore, so that names that differ in it stay apart.
      if (first && mode == SchemaNameAdjustment::kAvro && data::java_digit(unit) >= 0)
        data::append_utf16(std::u16string_view(&unit, 1), adjusted);
    }
    first = false;
  }
  return adjusted;
}

}  // namespace

DebeziumField schema_name_adjustment_field() {
  return debezium_field(
             "schema.name.adjustment.mode", config::Type::kString, config::Importance::kLow, "Schema Name Adjustment",
             "How names of schemas are made acceptable to the converter. none (the default): they stay; avro: "
             "an underscore takes the place of what Avro does not allow; avro_unicode: an underscore and the "
             "character's code do.")
      .width(config::Width::kMedium)
      .defaults_to("none")
      .one_of(kModes);
}

std::optional<SchemaNameAdjustment> parse_schema_name_adjustment(std::string_view text) {
  const auto mode = std::find_if(kModes.begin(), kModes.end(), [&](const std::string& word) {
    return base::equals_ignore_case_ascii(word, base::java_trim(text));
  });
  if (mode == kModes.end()) return std::nullopt;
  return static_cast<SchemaNameAdjustment>(mode - kModes.begin());
}

std::string adjust_schema_name(SchemaNameAdjustment mode, std::string_view name) {
  return adjust(mode, name, true);
}

std::string adjust_field_name(SchemaNameAdjustment mode, std::string_view name) {
  return adjust(mode, name, false);
}

}  // namespace sluice::smt
