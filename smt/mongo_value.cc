#include "smt/mongo_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/base/strings.h"
#include "runtime/convert/json_tree.h"
#include "runtime/data/java_text.h"
#include "runtime/data/utf16.h"
#include "smt/iso_text.h"

namespace sluice::smt {
namespace {

using convert::json::Node;
using convert::json::NodeKind;

tl::unexpected<base::Error> malformed(std::string_view what) {
  return base::fail(base::Code::kBadRecord, "org.bson.json.JsonParseException", "Invalid extended JSON: {}", what);
}

base::Result<MongoValue> read(const Node& node);

base::Result<MongoValue> read_number(const Node& node) {
  MongoValue value;
  if (node.kind == NodeKind::kInteger && node.width != convert::json::IntegerWidth::kBig) {
    value.type = node.is_int() ? MongoType::kInt32 : MongoType::kInt64;
    value.number = node.low64;
    return value;
  }
  value.type = MongoType::kDouble;
  SLUICE_TRY_ASSIGN(value.real, data::parse_double(node.text));
  return value;
}

base::Result<std::int64_t> read_int64(const Node* node) {
  if (node != nullptr && node->kind == NodeKind::kInteger) return node->low64;
  if (node != nullptr && node->kind == NodeKind::kObject) return read_int64(node->get("$numberLong"));
  if (node == nullptr || !node->is_string()) return malformed("a whole number is expected");
  return data::parse_int64(node->text);
}

base::Result<MongoValue> read_date(const Node& node) {
  MongoValue value;
  value.type = MongoType::kDateTime;
  if (!node.is_string()) {
    SLUICE_TRY_ASSIGN(value.number, read_int64(&node));
    return value;
  }
  SLUICE_TRY_ASSIGN(const OffsetDateTime time, parse_offset_date_time(node.text));
  value.number = (time.local_second - time.offset) * 1000 + time.nano / 1'000'000;
  return value;
}

base::Result<MongoValue> read_binary(const Node& node, const Node& outer) {
  const Node* bytes = node.is_string() ? &node : node.get("base64");
  const Node* subtype = node.is_string() ? outer.get("$type") : node.get("subType");
  if (bytes == nullptr || !bytes->is_string() || subtype == nullptr) return malformed("$binary without its parts");
  auto decoded = base::decode_base64(bytes->text);
  if (!decoded) return malformed("$binary that is no Base64");
  MongoValue value;
  value.type = MongoType::kBinary;
  value.text = std::move(*decoded);
  value.options = subtype->is_string() ? std::string(subtype->text) : fmt::format("{:02x}", subtype->low64);
  if (value.options.size() == 1) value.options.insert(0, "0");
  return value;
}

base::Result<MongoValue> read_regex(const Node& outer, const Node& node) {
  const bool old = node.is_string();
  const Node* pattern = old ? &node : node.get("pattern");
  const Node* options = old ? outer.get("$options") : node.get("options");
  if (pattern == nullptr || !pattern->is_string()) return malformed("a regular expression without its pattern");
  MongoValue value;
  value.type = MongoType::kRegularExpression;
  value.text = std::string(pattern->text);
  if (options != nullptr) value.options = std::string(options->text);
  std::sort(value.options.begin(), value.options.end());
  return value;
}

base::Result<MongoValue> read_text(MongoType type, const Node& node) {
  if (!node.is_string()) return malformed("a text is expected");
  MongoValue value;
  value.type = type;
  value.text = std::string(node.text);
  return value;
}

base::Result<MongoValue> read_document(const Node& node) {
  MongoValue value;
  value.type = MongoType::kDocument;
  for (const auto& member : node.fields()) {
    SLUICE_TRY_ASSIGN(auto field, read(member.value));
    value.fields.emplace_back(std::string(member.name), std::move(field));
  }
  return value;
}

// An object whose first name begins with a dollar says what type it is; one with another such name is a document.
base::Result<MongoValue> read_object(const Node& node) {
  if (node.count == 0 || !node.fields()[0].name.starts_with('$')) return read_document(node);
  const std::string_view name = node.fields()[0].name;
  const Node& first = node.fields()[0].value;
  MongoValue value;
  if (name == "$oid") return read_text(MongoType::kObjectId, first);
  if (name == "$numberDecimal") return read_text(MongoType::kDecimal128, first);
  if (name == "$date") return read_date(first);
  if (name == "$binary") return read_binary(first, node);
  if (name == "$regularExpression" || (name == "$regex" && first.is_string())) return read_regex(node, first);
  if (name == "$code" && node.count == 1) return read_text(MongoType::kJavaScript, first);
  if (name == "$numberLong" || name == "$numberInt") {
    value.type = name == "$numberInt" ? MongoType::kInt32 : MongoType::kInt64;
    SLUICE_TRY_ASSIGN(value.number, read_int64(&first));
    return value;
  }
  if (name == "$numberDouble") {
    value.type = MongoType::kDouble;
    if (first.is_string() || first.is_number()) {
      SLUICE_TRY_ASSIGN(value.real, data::parse_double(first.text));
      return value;
    }
    return malformed("$numberDouble without a number");
  }
  if (name == "$timestamp") {
    value.type = MongoType::kTimestamp;
    SLUICE_TRY_ASSIGN(value.number, read_int64(first.get("t")));
    SLUICE_TRY_ASSIGN(const std::int64_t increment, read_int64(first.get("i")));
    value.increment = static_cast<std::uint32_t>(increment);
    return value;
  }
  if (name == "$undefined") {
    value.type = MongoType::kUndefined;
    return value;
  }
  if (name == "$code" || name == "$symbol" || name == "$minKey" || name == "$maxKey" || name == "$dbPointer") {
    value.type = MongoType::kOther;
    return value;
  }
  return read_document(node);
}

base::Result<MongoValue> read(const Node& node) {
  MongoValue value;
  switch (node.kind) {
    case NodeKind::kMissing:
      return malformed("a value is expected");
    case NodeKind::kNull:
      return value;
    case NodeKind::kFalse:
    case NodeKind::kTrue:
      value.type = MongoType::kBoolean;
      value.number = node.kind == NodeKind::kTrue ? 1 : 0;
      return value;
    case NodeKind::kInteger:
    case NodeKind::kDecimal:
      return read_number(node);
    case NodeKind::kString:
      return read_text(MongoType::kString, node);
    case NodeKind::kArray:
      value.type = MongoType::kArray;
      for (const Node& item : node.items()) {
        SLUICE_TRY_ASSIGN(auto element, read(item));
        value.items.push_back(std::move(element));
      }
      return value;
    case NodeKind::kObject:
      return read_object(node);
  }
  return value;
}

// Writes as the driver's writer does: names on lines of their own, elements of arrays on one.
class Writer {
 public:
  std::string text;

  void value(const MongoValue& v, int depth) {
    switch (v.type) {
      case MongoType::kNull:
        text += "null";
        return;
      case MongoType::kString:
        quoted(v.text);
        return;
      case MongoType::kBoolean:
        text += v.number != 0 ? "true" : "false";
        return;
      case MongoType::kDouble: {
        std::string number;
        data::append_double(v.real, number);
        return tagged("$numberDouble", number, depth);
      }
      case MongoType::kInt32:
        return tagged("$numberInt", std::to_string(v.number), depth);
      case MongoType::kInt64:
        return tagged("$numberLong", std::to_string(v.number), depth);
      case MongoType::kObjectId:
        return tagged("$oid", v.text, depth);
      case MongoType::kDecimal128:
        return tagged("$numberDecimal", v.text, depth);
      case MongoType::kJavaScript:
        return tagged("$code", v.text, depth);
      case MongoType::kDateTime:
        return object("$date", depth, [&] { tagged("$numberLong", std::to_string(v.number), depth + 1); });
      case MongoType::kTimestamp:
        return object("$timestamp", depth, [&] {
          members(depth + 1, {{"t", std::to_string(v.number)}, {"i", std::to_string(v.increment)}}, false);
        });
      case MongoType::kBinary: {
        std::string base64;
        base::append_base64(v.text, base64);
        return object("$binary", depth, [&] {
          members(depth + 1, {{"base64", base64}, {"subType", v.options}}, true);
        });
      }
      case MongoType::kRegularExpression:
        return object("$regularExpression", depth, [&] {
          members(depth + 1, {{"pattern", v.text}, {"options", v.options}}, true);
        });
      case MongoType::kUndefined:
      case MongoType::kOther:
        return object("$undefined", depth, [&] { text += "true"; });
      case MongoType::kArray:
        text += '[';
        for (std::size_t i = 0; i < v.items.size(); ++i) {
          if (i > 0) text += ", ";
          value(v.items[i], depth + 1);
        }
        text += ']';
        return;
      case MongoType::kDocument:
        if (v.fields.empty()) {
          text += "{ }";
          return;
        }
        text += '{';
        for (std::size_t i = 0; i < v.fields.size(); ++i) {
          name(v.fields[i].first, depth + 1, i > 0);
          value(v.fields[i].second, depth + 1);
        }
        end(depth);
        return;
    }
  }

 private:
  void line(int depth) { text.append("\n").append(static_cast<std::size_t>(depth) * 2, ' '); }
  void name(std::string_view key, int depth, bool more) {
    if (more) text += ',';
    line(depth);
    quoted(key);
    text += ": ";
  }
  void end(int depth) {
    line(depth);
    text += '}';
  }
  template <typename Inside>
  void object(std::string_view key, int depth, Inside&& inside) {
    text += '{';
    name(key, depth + 1, false);
    inside();
    end(depth);
  }
  void tagged(std::string_view key, std::string_view content, int depth) {
    object(key, depth, [&] { quoted(content); });
  }
  void members(int depth, std::initializer_list<std::pair<std::string_view, std::string_view>> pairs, bool quote) {
    text += '{';
    bool more = false;
    for (const auto& [key, content] : pairs) {
      name(key, depth + 1, more);
      more = true;
      if (quote)
        quoted(content);
      else
        text += content;
    }
    end(depth);
  }
  // The driver escapes what Java counts as no letter, digit, mark of punctuation or symbol: here, control characters
  // and halves of characters outside the basic plane.
  void quoted(std::string_view content) {
    text += '"';
    for (const char16_t unit : data::to_utf16(content)) {
      switch (unit) {
        case '"':
          text += "\\\"";
          break;
        case '\\':
          text += "\\\\";
          break;
        case '\b':
          text += "\\b";
          break;
        case '\f':
          text += "\\f";
          break;
        case '\n':
          text += "\\n";
          break;
        case '\r':
          text += "\\r";
          break;
        case '\t':
          text += "\\t";
          break;
        default:
          if (unit < 0x20 || (unit >= 0x7F && unit < 0xA0) || (unit >= 0xD800 && unit < 0xF900))
            text += fmt::format("\\u{:04x}", static_cast<unsigned>(unit));
          else
            data::append_utf16({&unit, 1}, text);
      }
    }
    text += '"';
  }
};

}  // namespace

base::Result<MongoValue> parse_mongo_document(std::string_view json, sluice_arena* arena) {
  SLUICE_TRY_ASSIGN(const Node node, convert::json::parse(json, arena, arena));
  if (node.kind != NodeKind::kObject) return malformed("a document is expected");
  return read_document(node);
}

std::string indented_mongo_json(const MongoValue& document) {
  Writer writer;
  writer.value(document, 0);
  return writer.text;
}

}  // namespace sluice::smt
