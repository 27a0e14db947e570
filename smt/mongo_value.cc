#include "smt/mongo_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "runtime/base/strings.h"
#include "runtime/convert/json_tree.h"
#include "runtime/data/java_text.h"
#include "runtime/data/utf16.h"
#include "smt/iso_text.h"
#include "smt/side.h"

namespace sluice::smt {
namespace {

using convert::json::Node;
using convert::json::NodeKind;

tl::unexpected<base::Error> malformed(std::string_view what) {
  return base::fail(base::Code::kBadRecord, "org.bson.json.JsonParseException", "Invalid extended JSON: {}", what);
}

// Reads values into an arena.
class Reader {
 public:
  explicit Reader(sluice_arena* arena) : arena_(arena) {}

  base::Result<MongoValue> document(const Node& node) const {
    const auto members = node.fields();
    auto* fields = arena_array<MongoField>(arena_, members.size());
    if (fields == nullptr) return out_of_memory();
    std::size_t count = 0;
    for (const auto& member : members) {
      SLUICE_TRY_ASSIGN(const MongoValue field, value(member.value));
      fields[count++] = {member.name, field};
    }
    MongoValue read;
    read.type = MongoType::kDocument;
    read.fields = {fields, count};
    return read;
  }

 private:
  base::Result<MongoValue> value(const Node& node) const {
    MongoValue read;
    switch (node.kind) {
      case NodeKind::kMissing:
        return malformed("a value is expected");
      case NodeKind::kNull:
        return read;
      case NodeKind::kFalse:
      case NodeKind::kTrue:
        read.type = MongoType::kBoolean;
        read.number = node.kind == NodeKind::kTrue ? 1 : 0;
        return read;
      case NodeKind::kInteger:
      case NodeKind::kDecimal:
        return number(node);
      case NodeKind::kString:
        return text(MongoType::kString, node);
      case NodeKind::kArray:
        return array(node);
      case NodeKind::kObject:
        return object(node);
    }
    return read;
  }

  base::Result<MongoValue> array(const Node& node) const {
    const auto nodes = node.items();
    auto* items = arena_array<MongoValue>(arena_, nodes.size());
    if (items == nullptr) return out_of_memory();
    std::size_t count = 0;
    for (const Node& item : nodes) {
      SLUICE_TRY_ASSIGN(items[count++], value(item));
    }
    MongoValue read;
    read.type = MongoType::kArray;
    read.items = {items, count};
    return read;
  }

  static base::Result<MongoValue> number(const Node& node) {
    MongoValue read;
    if (node.kind == NodeKind::kInteger && node.width != convert::json::IntegerWidth::kBig) {
      read.type = node.is_int() ? MongoType::kInt32 : MongoType::kInt64;
      read.number = node.low64;
      return read;
    }
    read.type = MongoType::kDouble;
    SLUICE_TRY_ASSIGN(read.real, data::parse_double(node.text));
    return read;
  }

  static base::Result<std::int64_t> int64(const Node* node) {
    if (node != nullptr && node->kind == NodeKind::kInteger) return node->low64;
    if (node != nullptr && node->kind == NodeKind::kObject) return int64(node->get("$numberLong"));
    if (node == nullptr || !node->is_string()) return malformed("a whole number is expected");
    return data::parse_int64(node->text);
  }

  static base::Result<MongoValue> date(const Node& node) {
    MongoValue read;
    read.type = MongoType::kDateTime;
    if (!node.is_string()) {
      SLUICE_TRY_ASSIGN(read.number, int64(&node));
      return read;
    }
    SLUICE_TRY_ASSIGN(const OffsetDateTime time, parse_offset_date_time(node.text));
    read.number = (time.local_second - time.offset) * 1000 + time.nano / 1'000'000;
    return read;
  }

  base::Result<MongoValue> binary(const Node& node, const Node& outer) const {
    const Node* bytes = node.is_string() ? &node : node.get("base64");
    const Node* subtype = node.is_string() ? outer.get("$type") : node.get("subType");
    if (bytes == nullptr || !bytes->is_string() || subtype == nullptr) return malformed("$binary without its parts");
    const auto decoded = base::decode_base64(bytes->text);
    if (!decoded) return malformed("$binary that is no Base64");
    std::string digits = subtype->is_string() ? std::string(subtype->text) : fmt::format("{:02x}", subtype->low64);
    if (digits.size() == 1) digits.insert(0, "0");
    MongoValue read;
    read.type = MongoType::kBinary;
    SLUICE_TRY_ASSIGN(read.text, copy(*decoded));
    SLUICE_TRY_ASSIGN(read.options, copy(digits));
    return read;
  }

  base::Result<MongoValue> regex(const Node& outer, const Node& node) const {
    const bool old = node.is_string();
    const Node* pattern = old ? &node : node.get("pattern");
    const Node* options = old ? outer.get("$options") : node.get("options");
    if (pattern == nullptr || !pattern->is_string()) return malformed("a regular expression without its pattern");
    std::string sorted;
    if (options != nullptr) sorted = std::string(options->text);
    std::sort(sorted.begin(), sorted.end());
    MongoValue read;
    read.type = MongoType::kRegularExpression;
    read.text = pattern->text;
    SLUICE_TRY_ASSIGN(read.options, copy(sorted));
    return read;
  }

  static base::Result<MongoValue> text(MongoType type, const Node& node) {
    if (!node.is_string()) return malformed("a text is expected");
    MongoValue read;
    read.type = type;
    read.text = node.text;
    return read;
  }

  static base::Result<MongoValue> real(const Node& node) {
    if (!node.is_string() && !node.is_number()) return malformed("$numberDouble without a number");
    MongoValue read;
    read.type = MongoType::kDouble;
    SLUICE_TRY_ASSIGN(read.real, data::parse_double(node.text));
    return read;
  }

  static base::Result<MongoValue> timestamp(const Node& node) {
    MongoValue read;
    read.type = MongoType::kTimestamp;
    SLUICE_TRY_ASSIGN(read.number, int64(node.get("t")));
    SLUICE_TRY_ASSIGN(const std::int64_t increment, int64(node.get("i")));
    read.increment = static_cast<std::uint32_t>(increment);
    return read;
  }

  // An object whose first name begins with a dollar says what type it is; one with another such name is a document.
  base::Result<MongoValue> object(const Node& node) const {
    if (node.count == 0 || !node.fields()[0].name.starts_with('$')) return document(node);
    const std::string_view name = node.fields()[0].name;
    const Node& first = node.fields()[0].value;
    if (name == "$oid") return text(MongoType::kObjectId, first);
    if (name == "$numberDecimal") return text(MongoType::kDecimal128, first);
    if (name == "$date") return date(first);
    if (name == "$binary") return binary(first, node);
    if (name == "$regularExpression" || (name == "$regex" && first.is_string())) return regex(node, first);
    if (name == "$code" && node.count == 1) return text(MongoType::kJavaScript, first);
    if (name == "$numberDouble") return real(first);
    if (name == "$timestamp") return timestamp(first);
    MongoValue read;
    if (name == "$numberLong" || name == "$numberInt") {
      read.type = name == "$numberInt" ? MongoType::kInt32 : MongoType::kInt64;
      SLUICE_TRY_ASSIGN(read.number, int64(&first));
      return read;
    }
    if (name == "$undefined") {
      read.type = MongoType::kUndefined;
      return read;
    }
    if (name == "$code" || name == "$symbol" || name == "$minKey" || name == "$maxKey" || name == "$dbPointer") {
      read.type = MongoType::kOther;
      return read;
    }
    return document(node);
  }

  base::Result<std::string_view> copy(std::string_view bytes) const {
    const std::string_view copied = arena_copy(arena_, bytes);
    if (copied.data() == nullptr) return out_of_memory();
    return copied;
  }

  sluice_arena* const arena_;
};

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
          name(v.fields[i].name, depth + 1, i > 0);
          value(v.fields[i].value, depth + 1);
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
  return Reader(arena).document(node);
}

std::string indented_mongo_json(const MongoValue& document) {
  Writer writer;
  writer.value(document, 0);
  return writer.text;
}

}  // namespace sluice::smt
