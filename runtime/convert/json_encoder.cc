#include "runtime/convert/json_encoder.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/base/digits.h"
#include "runtime/convert/base64.h"
#include "runtime/convert/json_scan.h"
#include "runtime/convert/json_schema_text.h"
#include "runtime/convert/json_text_out.h"
#include "runtime/data/arena.h"
#include "runtime/data/decimal.h"
#include "runtime/data/java_text.h"
#include "runtime/data/logical.h"
#include "runtime/data/schema.h"
#include "runtime/data/value_text.h"

namespace sluice::convert::json {
namespace {

using base::Code;
using base::Error;

constexpr std::size_t kScalarRoom = 40;  // of any number, word or logical instant, with quotes

// What a node does with a value that is not null.
enum class Op : std::uint8_t {
  kSchemaless,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFloat32,
  kFloat64,
  kBoolean,
  kString,
  kBytes,
  kArray,
  kMap,
  kStruct,
  kDecimal,
  kDate,
  kTime,
  kTimestamp
};

Op op_of(const Schema& schema) {
  if (schema.has_name()) {
    if (schema.name() == kDecimalName) return Op::kDecimal;
    if (schema.name() == kDateName) return Op::kDate;
    if (schema.name() == kTimeName) return Op::kTime;
    if (schema.name() == kTimestampName) return Op::kTimestamp;
  }
  return static_cast<Op>(schema.type());
}

// Ops whose values are written as they are.
bool is_plain(Op op) {
  return (op >= Op::kInt8 && op <= Op::kInt64) || op == Op::kFloat64 || op == Op::kBoolean || op == Op::kString;
}

Error data_failure(std::string message) {
  return Error(Code::kBadRecord, base::exceptions::kData, std::move(message));
}

}  // namespace

// A field's key as it stands before the value: `{"id":` or `,"id":`, stored in whole blocks so that it can be copied by
// blocks.
struct Encoder::FieldNode {
  static constexpr std::size_t kBlock = 16;
  std::string padded;
  std::size_t size = 0;
  Kind plain = Kind::kNull;  // values of this kind need no more than plain_value(); kNull: there is none
  const Node* node = nullptr;
};

struct Encoder::Node {
  Op op = Op::kSchemaless;
  bool optional = true;
  bool has_default = false;  // and it is to be written for null
  const Schema* schema = nullptr;
  const Node* key = nullptr;    // map; nullptr: schemaless
  const Node* value = nullptr;  // map, array; nullptr: schemaless
  std::vector<FieldNode> fields;
  std::size_t room = 0;  // struct: for all keys, all numbers and the end
  std::string default_text;
  std::optional<Error> default_error;
  bool scale_known = false;  // Decimal: the schema states a usable scale
  std::int32_t scale = 0;
  std::string envelope;  // root nodes with schemas enabled: `{"schema":...,"payload":`
  std::optional<Error> envelope_error;
  bool envelope_ready = false;
};

// Writes one message.
class Encoder::Run {
 public:
  Run(Encoder& encoder, ArenaWriter& out) : encoder_(encoder), options_(encoder.options_), out_(out) {}

  // False: failure() says why.
  bool write(const Node* node, const Value& value) {
    if (node == nullptr) return schemaless(value);
    if (value.is_null()) return null(*node);
    return dispatch(*node, value);
  }
  Error failure() {
    if (error_) return std::move(*error_);
    return Error(Code::kNoMemory, base::exceptions::kConnect, "The message does not fit into the memory of its batch");
  }
  void enter() { ++depth_; }

 private:
  bool refuse(Error error) {
    error_ = std::move(error);
    return false;
  }
  bool misfit(const Node& node, const Value& value) {
    return refuse(data_failure(fmt::format("Invalid type for {}: class {}", data::type_name(node.schema->type()),
                                           data::java_class_name(value))));
  }

  bool null(const Node& node) {
    if (node.has_default) return node.default_error ? refuse(*node.default_error) : out_.append(node.default_text);
    if (node.optional) return out_.append("null");
    return refuse(data_failure("Conversion error: null value for field that is required and has no default value"));
  }

  bool integer(const Node& node, Kind kind, const Value& value) {
    if (!value.is(kind)) return misfit(node, value);
    if (!out_.reserve(kScalarRoom)) return false;
    out_.commit_to(base::write_integer(out_.at(), value.i64()));
    return true;
  }

  bool dispatch(const Node& node, const Value& value) {
    switch (node.op) {
      case Op::kInt8:
        return integer(node, Kind::kInt8, value);
      case Op::kInt16:
        return integer(node, Kind::kInt16, value);
      case Op::kInt32:
        return integer(node, Kind::kInt32, value);
      case Op::kInt64:
        return integer(node, Kind::kInt64, value);
      case Op::kFloat32:
        return value.is(Kind::kFloat32) ? float32(value.f32()) : misfit(node, value);
      case Op::kFloat64:
        return value.is(Kind::kFloat64) ? float64(value.f64()) : misfit(node, value);
      case Op::kBoolean:
        return value.is(Kind::kBoolean) ? boolean(value) : misfit(node, value);
      case Op::kString:
        return value.is(Kind::kString) ? append_text(out_, value.text()) : misfit(node, value);
      case Op::kBytes:
        if (value.is(Kind::kBytes)) return binary(value.text());
        return refuse(data_failure(fmt::format("Invalid type for bytes type: class {}", data::java_class_name(value))));
      case Op::kArray:
        return value.is(Kind::kArray) ? array(node.value, value) : misfit(node, value);
      case Op::kMap:
        return value.is(Kind::kMap) ? map(node, value) : misfit(node, value);
      case Op::kStruct:
        return value.is(Kind::kStruct) ? structure(node, value) : misfit(node, value);
      case Op::kDecimal:
        return decimal(node, value);
      case Op::kDate:
      case Op::kTime:
      case Op::kTimestamp:
        return instant(node, value);
      case Op::kSchemaless:
        break;
    }
    return schemaless(value);
  }

  bool schemaless(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        return out_.append("null");
      case Kind::kInt8:
      case Kind::kInt16:
      case Kind::kInt32:
      case Kind::kInt64:
        if (!out_.reserve(kScalarRoom)) return false;
        out_.commit_to(base::write_integer(out_.at(), value.i64()));
        return true;
      case Kind::kFloat32:
        return float32(value.f32());
      case Kind::kFloat64:
        return float64(value.f64());
      case Kind::kBoolean:
        return boolean(value);
      case Kind::kString:
        return append_text(out_, value.text());
      case Kind::kBytes:
        return binary(value.text());
      case Kind::kArray:
        return array(nullptr, value);
      case Kind::kMap:
        return schemaless_map(value);
      case Kind::kStruct:
        return refuse(data_failure("Mismatching schema."));
      case Kind::kDecimal:
      case Kind::kInstant:
        break;
    }
    return refuse(data_failure(
        fmt::format("Java class class {} does not have corresponding schema type.", data::java_class_name(value))));
  }

  bool boolean(const Value& value) { return out_.append(value.boolean_value() ? "true" : "false"); }

  bool float64(double value) {
    if (!out_.reserve(kScalarRoom)) return false;
    const bool quoted = !std::isfinite(value);
    if (quoted) out_.put('"');
    out_.commit_to(data::write_double(out_.at(), value));
    if (quoted) out_.put('"');
    return true;
  }
  bool float32(float value) {
    if (!out_.reserve(kScalarRoom)) return false;
    const bool quoted = !std::isfinite(value);
    if (quoted) out_.put('"');
    out_.commit_to(data::write_float(out_.at(), value));
    if (quoted) out_.put('"');
    return true;
  }

  bool binary(std::string_view bytes) {
    if (!out_.reserve(base64_length(bytes.size()) + 2)) return false;
    out_.put('"');
    out_.commit_to(write_base64(out_.at(), bytes));
    out_.put('"');
    return true;
  }

  bool open(char bracket) {
    if (++depth_ > kDepthMax) {
      Error cause(Code::kBadRecord, base::exceptions::kSerialization,
                  fmt::format("JSON nesting depth ({}) exceeds the maximum allowed ({})", depth_, kDepthMax));
      return refuse(data_failure("Converting Kafka Connect data to byte[] failed due to serialization error: ")
                        .with_cause(std::move(cause)));
    }
    if (!out_.reserve(2)) return false;
    out_.put(bracket);
    return true;
  }
  bool close(char bracket) {
    --depth_;
    if (!out_.reserve(1)) return false;
    out_.put(bracket);
    return true;
  }
  bool comma(bool first) {
    if (first) return true;
    if (!out_.reserve(1)) return false;
    out_.put(',');
    return true;
  }

  bool array(const Node* element, const Value& value) {
    if (!open('[')) return false;
    bool first = true;
    for (const Value& item : value.items()) {
      if (!comma(first) || !write(element, item)) return false;
      first = false;
    }
    return close(']');
  }

  bool map(const Node& node, const Value& value) {
    if (node.key == nullptr)
      return refuse(Error(Code::kBadRecord, base::exceptions::kNullPointer,
                          "Cannot invoke \"org.apache.kafka.connect.data.Schema.type()\" because the return value of "
                          "\"org.apache.kafka.connect.data.Schema.keySchema()\" is null"));
    if (node.key->schema->type() != Kind::kString) return pairs(node.key, node.value, value);
    return object(node.key, node.value, value);
  }

  bool schemaless_map(const Value& value) {
    const auto items = value.items();
    for (std::size_t i = 0; i < items.size(); i += 2)
      if (!items[i].is(Kind::kString)) return pairs(nullptr, nullptr, value);
    return object(nullptr, nullptr, value);
  }

  bool pairs(const Node* key_node, const Node* value_node, const Value& value) {
    if (!open('[')) return false;
    const auto items = value.items();
    for (std::size_t i = 0; i < items.size(); i += 2) {
      if (!comma(i == 0) || !open('[') || !write(key_node, items[i]) || !comma(false) ||
          !write(value_node, items[i + 1]) || !close(']'))
        return false;
    }
    return close(']');
  }

  bool object(const Node* key_node, const Node* value_node, const Value& value) {
    if (!open('{')) return false;
    const auto items = value.items();
    bool first = true;
    for (std::size_t i = 0; i < items.size(); i += 2) {
      std::size_t value_at = i + 1;
      if (is_null_name(items[i]) && !settle_null_name(items, i, &value_at)) continue;
      if (!comma(first) || !object_key(key_node, items[i]) || !write(value_node, items[value_at])) return false;
      first = false;
    }
    return close('}');
  }

  // A null key and the key "null" have one name: the later value stands at the place of the first.
  static bool is_null_name(const Value& key) {
    return key.is_null() || (key.is(Kind::kString) && key.text() == "null");
  }
  static bool settle_null_name(std::span<const Value> items, std::size_t at, std::size_t* value_at) {
    for (std::size_t i = 0; i < at; i += 2)
      if (is_null_name(items[i])) return false;
    for (std::size_t i = at + 2; i < items.size(); i += 2)
      if (is_null_name(items[i])) *value_at = i + 1;
    return true;
  }

  bool object_key(const Node* node, const Value& key) {
    if (key.is(Kind::kString) && (node == nullptr || node->op == Op::kString)) {
      if (!append_text(out_, key.text())) return false;
    } else {
      // Whatever else is written for a key becomes its name, in quotes.
      const std::size_t start = out_.size();
      if (!write(node, key) || !out_.reserve(2)) return false;
      const std::size_t size = out_.size() - start;
      char* const text = out_.at() - size;
      if (text[0] != '"') {
        std::memmove(text + 1, text, size);
        text[0] = '"';
        out_.commit_to(text + size + 1);
        out_.put('"');
      }
    }
    if (!out_.reserve(1)) return false;
    out_.put(':');
    return true;
  }

  bool structure(const Node& node, const Value& value) {
    const Schema* const own = &value.struct_schema();
    if (own != node.schema && !data::schemas_equal(own, node.schema))
      return refuse(data_failure("Mismatching schema."));
    if (node.fields.empty()) return open('{') && close('}');
    if (++depth_ > kDepthMax) {
      --depth_;
      return open('{');
    }
    if (!out_.reserve(node.room)) return false;
    const Value* item = value.items().data();
    char* at = out_.at();
    for (const FieldNode& field : node.fields) {
      at = put_key(at, field);
      char* const end = item->kind() == field.plain ? plain_value(at, *item, node.room) : nullptr;
      if (end != nullptr) {
        at = end;
      } else {
        out_.commit_to(at);
        if (item->is_null() ? !null(*field.node) : !dispatch(*field.node, *item)) return false;
        if (!out_.reserve(node.room)) return false;
        at = out_.at();
      }
      ++item;
    }
    *at++ = '}';
    out_.commit_to(at);
    --depth_;
    return true;
  }

  static char* put_key(char* out, const FieldNode& field) {
    const char* from = field.padded.data();
    char* const end = out + field.size;
    do {
      std::memcpy(out, from, FieldNode::kBlock);
      out += FieldNode::kBlock;
      from += FieldNode::kBlock;
    } while (out < end);
    return end;
  }

  // A field's value of one of the kinds that is_plain() names, where room for every number is reserved. Gives the end;
  // nullptr: this one needs the long way. Leaves `rest` bytes of room behind what it writes.
  char* plain_value(char* out, const Value& value, std::size_t rest) const {
    switch (value.kind()) {
      case Kind::kNull:
        return nullptr;
      case Kind::kFloat64:
        return std::isfinite(value.f64()) ? data::write_double(out, value.f64()) : nullptr;
      case Kind::kBoolean:
        std::memcpy(out, value.boolean_value() ? "true " : "false", 5);
        return out + (value.boolean_value() ? 4 : 5);
      case Kind::kString: {
        const std::string_view text = value.text();
        if (text.size() > kShortText || out_.room_at(out) < short_text_room(text.size()) + rest) return nullptr;
        return write_short_text(out, text);
      }
      default:
        return base::write_integer(out, value.i64());
    }
  }

  bool decimal(const Node& node, const Value& value) {
    if (!value.is(Kind::kDecimal) || (value.flags & SLUICE_VALUE_INTEGER) != 0)
      return refuse(data_failure(
          fmt::format("Invalid type for Decimal, expected BigDecimal but was class {}", data::java_class_name(value))));
    if (options_.decimal_format == DecimalFormat::kNumeric) {
      encoder_.scratch_.clear();
      data::append_decimal(value.decimal_unscaled(), value.decimal_scale(), encoder_.scratch_);
      return out_.append(encoder_.scratch_);
    }
    if (!node.scale_known || node.scale != value.decimal_scale())
      return refuse(data::decimal_from_logical(*node.schema, value).error());
    return binary(value.decimal_unscaled());
  }

  bool instant(const Node& node, const Value& value) {
    const std::string_view type = node.op == Op::kDate ? "Date" : node.op == Op::kTime ? "Time" : "Timestamp";
    if (!value.is(Kind::kInstant))
      return refuse(data_failure(
          fmt::format("Invalid type for {}, expected Date but was class {}", type, data::java_class_name(value))));
    std::int64_t number = value.i64();
    if (node.op != Op::kTimestamp) {
      const auto small = node.op == Op::kDate ? data::date_from_logical(*node.schema, number)
                                              : data::time_from_logical(*node.schema, number);
      if (!small) return refuse(small.error());
      number = *small;
    }
    if (!out_.reserve(kScalarRoom)) return false;
    out_.commit_to(base::write_integer(out_.at(), number));
    return true;
  }

  Encoder& encoder_;
  const Options& options_;
  ArenaWriter& out_;
  int depth_ = 0;
  std::optional<Error> error_;
};

Encoder::Encoder(const Options& options) : options_(options) {}
Encoder::~Encoder() = default;

base::Result<data::Bytes> Encoder::encode(sluice_arena* arena, const Schema* schema, const Value& value) {
  if (schema == nullptr && value.is_null()) return data::Bytes();
  const Node* const node = schema == nullptr ? nullptr : root_node(*schema);
  ArenaWriter out(arena);
  Run run(*this, out);
  if (options_.schemas_enabled) {
    run.enter();
    if (node != nullptr && node->envelope_error) return base::fail(*node->envelope_error);
    if (!out.append(node != nullptr ? std::string_view(node->envelope)
                                    : std::string_view("{\"schema\":null,\"payload\":")) ||
        !run.write(node, value) || !out.append("}"))
      return base::fail(run.failure());
  } else if (!run.write(node, value)) {
    return base::fail(run.failure());
  }
  return out.finish();
}

const Encoder::Node* Encoder::root_node(const Schema& schema) {
  if (&schema == last_schema_) return last_node_;
  const auto kept_max = static_cast<std::size_t>(std::max(options_.cache_size, 1));
  if (nodes_.size() > kept_max && !nodes_.contains(&schema)) nodes_.clear();
  const Node* const node = node_for(schema);
  if (options_.schemas_enabled && !node->envelope_ready) {
    Node& mutable_node = *nodes_.find(&schema)->second;
    mutable_node.envelope_ready = true;
    mutable_node.envelope_error = append_envelope(schema, mutable_node.envelope);
  }
  last_schema_ = &schema;
  last_node_ = node;
  return node;
}

const Encoder::Node* Encoder::node_for(const Schema& schema) {
  auto& place = nodes_[&schema];
  if (place == nullptr) {
    place = std::make_unique<Node>();
    Node& node = *place;  // `place` may move while children are added
    prepare(node, schema);
    return &node;
  }
  return place.get();
}

void Encoder::prepare(Node& node, const Schema& schema) {
  node.op = op_of(schema);
  node.optional = schema.optional();
  node.schema = &schema;
  if (schema.key_schema() != nullptr) node.key = node_for(*schema.key_schema());
  if (schema.value_schema() != nullptr) node.value = node_for(*schema.value_schema());
  for (const Field& field : schema.fields()) {
    FieldNode entry;
    entry.padded = node.fields.empty() ? "{" : ",";
    append_text(field.name(), entry.padded);
    entry.padded += ':';
    entry.size = entry.padded.size();
    entry.padded.resize((entry.size + FieldNode::kBlock - 1) / FieldNode::kBlock * FieldNode::kBlock);
    entry.node = node_for(field.schema());
    if (is_plain(entry.node->op)) entry.plain = entry.node->schema->type();
    node.room += entry.padded.size() + kScalarRoom;
    node.fields.push_back(std::move(entry));
  }
  node.room += 1;
  if (node.op == Op::kDecimal) {
    const auto scale = data::decimal_schema_scale(schema);
    node.scale_known = scale.has_value();
    if (scale) node.scale = *scale;
  }
  if (schema.has_default()) prepare_default(node, schema);
}

void Encoder::prepare_default(Node& node, const Schema& schema) {
  data::Arena arena;
  ArenaWriter writer(arena.c());
  Run run(*this, writer);
  if (!schema.default_value().is_null() && run.write(&node, schema.default_value()))
    node.default_text = writer.finish();
  else if (!schema.default_value().is_null())
    node.default_error = run.failure();
  node.has_default = options_.replace_null_with_default && !schema.default_value().is_null();
}

std::optional<Error> Encoder::append_envelope(const Schema& schema, std::string& out) {
  const auto default_text = [this](const Schema& part) -> base::Result<std::string_view> {
    const Node& node = *node_for(part);
    if (node.default_error) return base::fail(*node.default_error);
    return std::string_view(node.default_text);
  };
  out = "{\"schema\":";
  if (auto status = append_schema(schema, default_text, out); !status) return std::move(status).error();
  out += ",\"payload\":";
  return std::nullopt;
}

}  // namespace sluice::convert::json
