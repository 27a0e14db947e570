#include "json_line.h"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <span>

namespace verifiable {
namespace {

using sluice::Kind;
using sluice::Value;

void append_text(std::string_view text, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_double(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += std::isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    return;
  }
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_value(const Value& value, const sluice::Schema* schema, std::string& out);

void append_struct(const Value& value, const sluice::Schema* schema, std::string& out) {
  out += '{';
  const auto values = value.items();
  const auto fields = schema->fields();
  for (std::size_t i = 0; i < values.size() && i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_text(fields[i].name(), out);
    out += ':';
    append_value(values[i], &fields[i].schema(), out);
  }
  out += '}';
}

void append_map(const Value& value, std::string& out) {
  out += '{';
  const auto pairs = value.items();
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (i > 0) out += ',';
    if (pairs[i].is(Kind::kString))
      append_text(pairs[i].text(), out);
    else
      append_text(to_json(pairs[i], nullptr), out);
    out += ':';
    append_value(pairs[i + 1], nullptr, out);
  }
  out += '}';
}

void append_value(const Value& value, const sluice::Schema* schema, std::string& out) {
  switch (value.kind()) {
    case Kind::kInt8:
    case Kind::kInt16:
    case Kind::kInt32:
    case Kind::kInt64:
      out += std::to_string(value.i64());
      break;
    case Kind::kBoolean:
      out += value.boolean_value() ? "true" : "false";
      break;
    case Kind::kFloat32:
      append_double(static_cast<double>(value.f32()), out);
      break;
    case Kind::kFloat64:
      append_double(value.f64(), out);
      break;
    case Kind::kString:
    case Kind::kBytes:
      append_text(value.text(), out);
      break;
    case Kind::kStruct:
      if (schema != nullptr)
        append_struct(value, schema, out);
      else
        out += "null";
      break;
    case Kind::kMap:
      append_map(value, out);
      break;
    case Kind::kArray: {
      out += '[';
      const auto items = value.items();
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ',';
        append_value(items[i], nullptr, out);
      }
      out += ']';
      break;
    }
    default:
      out += "null";
  }
}

}  // namespace

std::string to_json(const Value& value, const sluice::Schema* schema) {
  std::string json;
  append_value(value, schema, json);
  return json;
}

JsonLines& JsonLines::begin() {
  lines_ += '{';
  return *this;
}

void JsonLines::name(std::string_view name) {
  if (lines_.back() != '{') lines_ += ',';
  append_text(name, lines_);
  lines_ += ':';
}

JsonLines& JsonLines::text(std::string_view key, std::string_view value) {
  name(key);
  append_text(value, lines_);
  return *this;
}

JsonLines& JsonLines::number(std::string_view key, std::int64_t value) {
  return raw(key, std::to_string(value));
}

JsonLines& JsonLines::raw(std::string_view key, std::string_view json) {
  name(key);
  lines_ += json;
  return *this;
}

void print_text(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
}

void JsonLines::print() {
  print_text(lines_);
  lines_.clear();
}

}  // namespace verifiable
