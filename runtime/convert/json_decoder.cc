#include "runtime/convert/json_decoder.h"

#include <algorithm>

#include "runtime/convert/json_tree_decoder.h"
#include "runtime/convert/json_unicode.h"
#include "runtime/data/schema.h"

namespace sluice::convert::json {
namespace {

using base::data_error;
using base::Error;
using base::fail;
using base::Result;
using data::SchemaAndValue;

constexpr std::string_view kSchemalessStart = "{\"schema\":null,\"payload\":";
constexpr std::size_t kRecentMax = 4;
constexpr std::size_t kTreeArenaBytes = 512 * 1024 * 1024;

}  // namespace

struct Decoder::KnownSchema {
  std::string start;      // `{"schema":...,"payload":`, as the envelope mostly begins
  std::string_view text;  // the schema within it
  const Schema* schema = nullptr;
  const ReaderNode* node = nullptr;
};

Decoder::Decoder(const Options& options, std::string schema_content)
    : options_(options), schema_content_(std::move(schema_content)), tree_arena_(kTreeArenaBytes) {}
Decoder::~Decoder() = default;

void Decoder::bind(const data::ConvertContext& context) {
  if (context.schemas == pool_) return;
  pool_ = context.schemas;
  fixed_schema_ = nullptr;
  fixed_schema_ready_ = false;
  recent_.clear();
  known_.clear();
  known_bytes_ = 0;
  nodes_ = std::make_unique<ReaderNodes>(options_);
}

Result<const Schema*> Decoder::read_fixed_schema(const data::ConvertContext& context) {
  if (schema_content_.empty()) return nullptr;
  data::Arena nodes;
  auto tree = parse(schema_content_, nodes.c(), nodes.c());
  if (!tree) {
    return fail(Error(base::Code::kBadRecord, base::exceptions::kData,
                      "Failed to parse schema in converter config due to serialization error: ")
                    .with_cause(std::move(tree).error()));
  }
  return TreeDecoder(options_, context).schema(*tree);
}

base::Status Decoder::check_fixed_schema(const data::ConvertContext& context) {
  SLUICE_TRY(read_fixed_schema(context));
  return {};
}

Result<SchemaAndValue> Decoder::decode(const data::ConvertContext& context, data::Bytes bytes) {
  if (bytes.data() == nullptr) return SchemaAndValue{};
  bind(context);
  if (!schema_content_.empty() && !fixed_schema_ready_) {
    SLUICE_TRY_ASSIGN(fixed_schema_, read_fixed_schema(context));
    fixed_schema_ready_ = true;
  }
  SchemaAndValue result;
  const bool done = is_plain_utf8_start(bytes) && decode_fast(context, bytes, &result);
  scratch_.trim();
  if (done) return result;
  return decode_slowly(context, bytes);
}

bool Decoder::decode_fast(const data::ConvertContext& context, data::Bytes bytes, SchemaAndValue* result) {
  Reader reader(bytes, context.arena, scratch_);
  // A number or word at the top has rules of its own for what may follow.
  const auto is_container = [&] {
    const char* const p = skip_blanks(bytes.data(), bytes.data() + bytes.size());
    return p != bytes.data() + bytes.size() && (*p == '{' || *p == '[');
  };
  if (!is_container()) return false;
  sluice_value value;
  if (options_.schemas_enabled && fixed_schema_ == nullptr) return decode_envelope(reader, bytes, result);
  if (options_.schemas_enabled) {
    const ReaderNode* const node = nodes_->find(*fixed_schema_);
    if (node == nullptr || !reader.typed(*node, &value)) return false;
    *result = {fixed_schema_, value};
    return true;
  }
  if (!reader.schemaless(&value)) return false;
  *result = {nullptr, value};
  return true;
}

bool Decoder::decode_envelope(Reader& reader, data::Bytes bytes, SchemaAndValue* result) {
  reader.enter();
  sluice_value value;
  if (reader.take(kSchemalessStart)) {
    if (!reader.schemaless(&value) || !reader.take('}')) return false;
    *result = {nullptr, value};
    return true;
  }
  const KnownSchema* const known = recognise(reader, bytes);
  if (known == nullptr || known->node == nullptr) return false;
  if (!reader.typed(*known->node, &value) || !reader.take('}')) return false;
  *result = {known->schema, value};
  return true;
}

// The schema that the envelope states, with the reader at its payload; nullptr if it is not known.
const Decoder::KnownSchema* Decoder::recognise(Reader& reader, data::Bytes bytes) {
  for (std::size_t i = 0; i < recent_.size(); ++i) {
    if (!bytes.starts_with(recent_[i]->start)) continue;
    std::rotate(recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(i),
                recent_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    reader.advance(recent_[0]->start.size());
    return recent_[0];
  }
  if (known_.empty() || !reader.take('{')) return nullptr;
  reader.skip_blanks();
  if (!reader.take("\"schema\"") || !reader.take(':')) return nullptr;
  reader.skip_blanks();
  std::string_view text;
  if (!reader.step_over_object(&text)) return nullptr;
  const auto it = known_.find(text);
  if (it == known_.end() || !reader.take(',')) return nullptr;
  reader.skip_blanks();
  if (!reader.take("\"payload\"") || !reader.take(':')) return nullptr;
  const KnownSchema* const known = it->second.get();
  if (std::find(recent_.begin(), recent_.end(), known) == recent_.end()) {
    if (recent_.size() == kRecentMax) recent_.pop_back();
    recent_.insert(recent_.begin(), known);
  }
  return known;
}

void Decoder::remember(std::string_view text, const Schema* schema) {
  if (known_.contains(text)) return;
  const auto count_max = static_cast<std::size_t>(std::max(options_.cache_size, 1));
  if (text.size() > kCacheBytesMax) return;
  if (known_.size() >= count_max || known_bytes_ + text.size() > kCacheBytesMax) {
    recent_.clear();
    known_.clear();
    known_bytes_ = 0;
    nodes_ = std::make_unique<ReaderNodes>(options_);
  }
  auto known = std::make_unique<KnownSchema>();
  constexpr std::string_view kBefore = "{\"schema\":", kAfter = ",\"payload\":";
  known->start.reserve(kBefore.size() + text.size() + kAfter.size());
  known->start.append(kBefore).append(text).append(kAfter);
  known->text = std::string_view(known->start).substr(kBefore.size(), text.size());
  known->schema = schema;
  known->node = nodes_->find(*schema);
  if (recent_.size() == kRecentMax) recent_.pop_back();
  recent_.insert(recent_.begin(), known.get());
  known_bytes_ += text.size();
  known_.emplace(known->text, std::move(known));
}

Result<SchemaAndValue> Decoder::decode_slowly(const data::ConvertContext& context, data::Bytes bytes) {
  if (bytes.data() == nullptr) return SchemaAndValue{};
  bind(context);
  tree_arena_.reset();
  auto tree = parse(bytes, tree_arena_.c(), context.arena);
  if (!tree) {
    if (tree.error().code() == base::Code::kNoMemory) return fail(std::move(tree).error());
    return fail(Error(base::Code::kBadRecord, base::exceptions::kData,
                      "Converting byte[] to Kafka Connect data failed due to serialization error: ")
                    .with_cause(std::move(tree).error()));
  }
  const TreeDecoder decoder(options_, context);
  if (!options_.schemas_enabled) {
    SLUICE_TRY_ASSIGN(const Value value, decoder.value(nullptr, &*tree));
    return SchemaAndValue{nullptr, value};
  }
  if (fixed_schema_ != nullptr) {
    SLUICE_TRY_ASSIGN(const Value value, decoder.value(fixed_schema_, &*tree));
    return SchemaAndValue{fixed_schema_, value};
  }
  const Node* const schema_node = tree->get("schema");
  const Node* const payload = tree->get("payload");
  if (tree->fields().size() != 2 || schema_node == nullptr || payload == nullptr)
    return data_error(
        "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields and may not contain additional "
        "fields. If you are "
        "trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.");
  SLUICE_TRY_ASSIGN(const Schema* schema, decoder.schema(*schema_node));
  SLUICE_TRY_ASSIGN(const Value value, decoder.value(schema, payload));
  if (schema != nullptr && is_plain_utf8_start(bytes) && schema_node->begin != nullptr)
    remember({schema_node->begin, static_cast<std::size_t>(schema_node->end - schema_node->begin)}, schema);
  return SchemaAndValue{schema, value};
}

}  // namespace sluice::convert::json
