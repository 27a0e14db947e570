#include "smt/field_name_adjuster.h"

#include <fmt/format.h>

#include "runtime/base/strings.h"
#include "runtime/data/utf16.h"

namespace sluice::smt {
namespace {

bool is_letter(char16_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char16_t c) {
  return c >= '0' && c <= '9';
}

// Works on UTF-16 units, as Java does: a character outside the basic plane is two.
std::string to_avro(std::string_view name) {
  std::string adjusted;
  bool first = true;
  for (const char16_t c : data::to_utf16(name)) {
    if (is_letter(c) || c == '_' || (!first && is_digit(c))) {
      adjusted.push_back(static_cast<char>(c));
    } else {
      adjusted.push_back('_');
      // A digit at the start stays behind the underscore.
      if (first && data::java_digit(c) >= 0) data::append_utf16({&c, 1}, adjusted);
    }
    first = false;
  }
  return adjusted;
}

std::string to_avro_unicode(std::string_view name) {
  std::string adjusted;
  bool first = true;
  for (const char16_t c : data::to_utf16(name)) {
    if (is_letter(c) || (!first && is_digit(c))) {
      adjusted.push_back(static_cast<char>(c));
    } else {
      // Integer.toHexString, with two zeros only where it has up to two digits.
      adjusted += c <= 0xFF ? "_u00" : "_u";
      fmt::format_to(std::back_inserter(adjusted), "{:x}", static_cast<unsigned>(c));
    }
    first = false;
  }
  return adjusted;
}

}  // namespace

base::Result<std::function<std::string(std::string_view)>> field_name_adjuster(std::string_view mode) {
  mode = base::java_trim(mode);
  if (base::equals_ignore_case_ascii(mode, "none")) return std::function<std::string(std::string_view)>();
  if (base::equals_ignore_case_ascii(mode, "avro")) return to_avro;
  if (base::equals_ignore_case_ascii(mode, "avro_unicode")) return to_avro_unicode;
  return base::fail(base::Code::kInvalidConfig, base::exceptions::kNullPointer, "field.name.adjustment.mode");
}

}  // namespace sluice::smt
