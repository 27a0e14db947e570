#include "runtime/config/properties.h"

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "runtime/base/strings.h"

namespace sluice::config {
namespace {

using base::Code;
using base::fail;
using base::Result;

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f';
}
bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

void append_utf8(std::uint32_t point, std::string& out) {
  const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
  if (point < 0x80) {
    byte(point);
  } else if (point < 0x800) {
    byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F));
  } else {
    byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)), byte(0x80 | (point >> 6 & 0x3F)),
        byte(0x80 | (point & 0x3F));
  }
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    std::size_t length = 1;
    if (first >= 0xC2 && first < 0xE0) {
      length = 2;
    } else if (first >= 0xE0 && first < 0xF0) {
      length = 3;
    } else if (first >= 0xF0 && first < 0xF5) {
      length = 4;
    } else if (first >= 0x80) {
      return false;
    }
    if (text.size() - i < length) return false;
    for (std::size_t j = 1; j < length; ++j)
      if ((static_cast<unsigned char>(text[i + j]) & 0xC0) != 0x80) return false;
    i += length;
  }
  return true;
}

// Walks over a .properties text. Kafka reads worker files as ISO 8859-1 and secrets as UTF-8; text that is valid UTF-8
// is far more likely meant as such, so both are read by what they are.
class PropertiesParser {
 public:
  explicit PropertiesParser(std::string_view text) : text_(text), utf8_(is_utf8(text)) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  Result<ConfigMap> run() {
    while (skip_to_entry()) {
      SLUICE_TRY_ASSIGN(const std::string key, read_text(true));
      skip_separator();
      SLUICE_TRY_ASSIGN(std::string value, read_text(false));
      map_.set(key, std::move(value));
    }
    return std::move(map_);
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }

  // Passes one line end: \n, \r or \r\n.
  void skip_line_end() {
    if (at_end()) return;
    if (peek() == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
    ++at_;
    ++line_;
  }

  // Moves to the start of the next entry, past blank lines and comments. False at the end of the text.
  bool skip_to_entry() {
    while (!at_end()) {
      while (!at_end() && is_blank(peek())) ++at_;
      if (at_end()) return false;
      if (peek() == '#' || peek() == '!') {
        while (!at_end() && !is_line_end(peek())) ++at_;
      } else if (!is_line_end(peek())) {
        return true;
      }
      skip_line_end();
    }
    return false;
  }

  // If a backslash and a line end are next, passes both and the blanks that begin the next line.
  bool skip_continuation() {
    if (peek() != '\\' || at_ + 1 >= text_.size() || !is_line_end(text_[at_ + 1])) return false;
    ++at_;
    skip_line_end();
    while (!at_end() && is_blank(peek())) ++at_;
    return true;
  }

  void skip_blanks() {
    while (!at_end() && (is_blank(peek()) || skip_continuation()))
      if (!at_end() && is_blank(peek())) ++at_;
  }

  void skip_separator() {
    skip_blanks();
    if (!at_end() && (peek() == '=' || peek() == ':')) {
      ++at_;
      skip_blanks();
    }
  }

  // Reads a key (up to a separator) or a value (up to the end of the logical line).
  Result<std::string> read_text(bool key) {
    std::string out;
    while (!at_end() && !is_line_end(peek())) {
      const char c = peek();
      if (key && (c == '=' || c == ':' || is_blank(c))) break;
      if (c != '\\') {
        ++at_;
        append_raw(c, out);
      } else if (!skip_continuation()) {
        ++at_;
        if (at_end()) break;  // a backslash that ends the text says nothing
        SLUICE_TRY(read_escape(out));
      }
    }
    return out;
  }

  void append_raw(char c, std::string& out) const {
    if (utf8_) {
      out += c;
    } else {
      append_utf8(static_cast<unsigned char>(c), out);
    }
  }

  base::Status read_escape(std::string& out) {
    const char c = text_[at_++];
    switch (c) {
      case 't':
        out += '\t';
        return {};
      case 'n':
        out += '\n';
        return {};
      case 'r':
        out += '\r';
        return {};
      case 'f':
        out += '\f';
        return {};
      case 'u':
        break;
      default:
        append_raw(c, out);
        return {};
    }
    SLUICE_TRY_ASSIGN(std::uint32_t unit, read_unit());
    if (unit >= 0xD800 && unit < 0xDC00 && text_.substr(at_).starts_with("\\u")) {
      const std::size_t back = at_;
      at_ += 2;
      SLUICE_TRY_ASSIGN(const std::uint32_t low, read_unit());
      if (low >= 0xDC00 && low < 0xE000) {
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = back;
      }
    }
    if (unit >= 0xD800 && unit < 0xE000) unit = 0xFFFD;  // half a character
    append_utf8(unit, out);
    return {};
  }

  Result<std::uint32_t> read_unit() {
    const std::string_view digits = text_.substr(at_, 4);
    std::uint32_t value = 0;
    const auto bytes = base::from_hex(digits);
    if (digits.size() < 4 || !bytes)
      return fail(Code::kInvalidConfig, base::exceptions::kIllegalArgument, "Malformed \\uxxxx encoding. (line {})",
                  line_);
    for (const char byte : *bytes) value = value << 8 | static_cast<unsigned char>(byte);
    at_ += 4;
    return value;
  }

  std::string_view text_;
  bool utf8_;
  std::size_t at_ = 0;
  int line_ = 1;
  ConfigMap map_;
};

Result<std::string> read_file(const std::filesystem::path& file) {
  std::error_code code;
  if (std::filesystem::is_directory(file, code))
    return fail(Code::kInvalidConfig, base::exceptions::kConnect, "{} is a directory, a file was expected",
                file.string());
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return fail(Code::kInvalidConfig, "java.nio.file.NoSuchFileException", "{} cannot be read: {}", file.string(),
                std::generic_category().message(errno));
  }
  std::string text;
  std::string chunk(64 * 1024, '\0');
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0) {
    text.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kPropertiesBytesMax) {
      return fail(Code::kInvalidConfig, base::exceptions::kConnect, "{} is larger than {} bytes", file.string(),
                  kPropertiesBytesMax);
    }
  }
  if (in.bad())
    return fail(Code::kInvalidConfig, base::exceptions::kConnect, "{} cannot be read to its end", file.string());
  return text;
}

// Takes a JSON object whose members are scalars, or objects of scalars. Numbers keep the text they were written with,
// as in Connect.
class JsonConfigReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  ConfigMap top;                                          // scalar members of the outer object
  std::vector<std::pair<std::string, ConfigMap>> inside;  // members that are flat objects
  bool unfit = false;                                     // there is something else

  bool null() override { return add(std::nullopt); }
  bool boolean(bool value) override { return add(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return add(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return add(text); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    ++depth_;
    if (depth_ == 2) inside.emplace_back(key_, ConfigMap());
    if (depth_ > 2) unfit = true;
    return depth_ <= 2;
  }
  bool key(string_t& name) override {
    key_ = name;
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override { return !(unfit = true); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  bool add(ConfigMap::Text text) {
    if (depth_ == 0) return !(unfit = true);
    (depth_ == 1 ? top : inside.back().second).set(key_, std::move(text));
    return true;
  }

  int depth_ = 0;
  std::string key_;
};

tl::unexpected<base::Error> missing_name(const std::filesystem::path& file) {
  return base::connect_error("Connector configuration at '{}' is missing the mandatory 'name' configuration",
                             file.string());
}

Result<ConnectorFile> from_flat(ConfigMap config, const std::filesystem::path& file) {
  const auto name = config.get("name");
  if (!name) return missing_name(file);
  ConnectorFile result;
  result.name = *name;
  result.config = std::move(config);
  return result;
}

Result<ConnectorFile> from_request(const JsonConfigReader& json, const std::filesystem::path& file) {
  ConnectorFile result;
  for (const auto& [key, config] : json.inside)
    if (key == "config") result.config = config;
  const auto name = json.top.get("name");
  if (!name) return missing_name(file);
  result.name = *name;
  const auto inner = result.config.get("name");
  if (inner && *inner != result.name) {
    return base::connect_error(
        "Connector name configuration in 'config' doesn't match the one specified in 'name' at '{}'", file.string());
  }
  result.config.set("name", result.name);
  if (const auto state = json.top.get("initial_state")) {
    result.initial_state = base::to_upper_ascii(*state);
    if (result.initial_state != "RUNNING" && result.initial_state != "PAUSED" && result.initial_state != "STOPPED") {
      return base::connect_error("'initial_state' at '{}' is '{}', which is none of RUNNING, PAUSED, STOPPED",
                                 file.string(), *state);
    }
  }
  return result;
}

}  // namespace

Result<ConfigMap> parse_properties(std::string_view text) {
  if (text.size() > kPropertiesBytesMax)
    return base::config_error("The text is larger than {} bytes", kPropertiesBytesMax);
  return PropertiesParser(text).run();
}

Result<ConfigMap> read_properties(const std::filesystem::path& file) {
  SLUICE_TRY_ASSIGN(const std::string text, read_file(file));
  auto map = parse_properties(text);
  if (!map) return fail(map.error().code(), map.error().exception(), "{}: {}", file.string(), map.error().message());
  return map;
}

Result<ConnectorFile> read_connector_file(const std::filesystem::path& file) {
  SLUICE_TRY_ASSIGN(const std::string text, read_file(file));
  JsonConfigReader json;
  const bool parsed = nlohmann::json::sax_parse(text, &json) && !json.unfit;
  if (parsed && json.inside.empty()) return from_flat(std::move(json.top), file);
  if (parsed) return from_request(json, file);
  // Anything that looks like JSON is not meant as properties: say so rather than "missing name".
  if (base::java_trim(text).starts_with('{'))
    return base::connect_error(
        "Connector configuration at '{}' is neither valid JSON of the form {{\"name\": ..., \"config\": {{...}}}} nor "
        "a flat object of texts",
        file.string());
  auto map = parse_properties(text);
  if (!map) return fail(map.error().code(), map.error().exception(), "{}: {}", file.string(), map.error().message());
  return from_flat(std::move(*map), file);
}

}  // namespace sluice::config
