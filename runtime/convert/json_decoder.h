#pragma once
// JSON to Connect values, as Kafka Connect's JsonConverter reads it.
//
// Two ways to one result. The fast one reads a message once, from front to back, straight into the arena: for
// schemaless messages, and for those with a schema through a decoder prepared for it. Schemas in messages are
// recognised by their bytes, so the steady state never parses one. Whatever is unusual (odd types, missing fields,
// errors, UTF-16, ...) is left to the slow way, which builds a tree and follows Connect step by step; it alone makes
// errors.
//
// One thread. Schemas remembered: Options::cache_size of them and kCacheBytesMax of their texts; when there are more,
// all are forgotten.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/base/status.h"
#include "runtime/convert/json_options.h"
#include "runtime/convert/json_reader.h"
#include "runtime/convert/json_tree.h"
#include "runtime/data/arena.h"
#include "runtime/data/converter.h"

namespace sluice::convert::json {

class Decoder {
 public:
  static constexpr std::size_t kCacheBytesMax = 64 * 1024 * 1024;

  // `schema_content`: a schema in JSON for all messages, which then are bare payloads; empty: each message brings its
  // own.
  Decoder(const Options& options, std::string schema_content);
  ~Decoder();

  // Fails as the configuration of Connect's converter does if schema_content is no schema.
  base::Status check_fixed_schema(const data::ConvertContext& context);

  // Errors: kBadRecord with Connect's exception and text; kNoMemory. The result may point into `bytes`.
  base::Result<data::SchemaAndValue> decode(const data::ConvertContext& context, data::Bytes bytes);

  // The same without the fast way; for tests, which compare the two.
  base::Result<data::SchemaAndValue> decode_slowly(const data::ConvertContext& context, data::Bytes bytes);

 private:
  struct KnownSchema;

  bool decode_fast(const data::ConvertContext& context, data::Bytes bytes, data::SchemaAndValue* result);
  bool decode_envelope(Reader& reader, data::Bytes bytes, data::SchemaAndValue* result);
  const KnownSchema* recognise(Reader& reader, data::Bytes bytes);
  void remember(std::string_view text, const Schema* schema);
  void bind(const data::ConvertContext& context);
  base::Result<const Schema*> read_fixed_schema(const data::ConvertContext& context);

  const Options options_;
  const std::string schema_content_;

  data::SchemaPool* pool_ = nullptr;  // what everything below belongs to
  const Schema* fixed_schema_ = nullptr;
  bool fixed_schema_ready_ = false;
  std::unique_ptr<ReaderNodes> nodes_;
  std::unordered_map<std::string_view, std::unique_ptr<KnownSchema>> known_;  // by the schema's text in the message
  std::size_t known_bytes_ = 0;
  std::vector<const KnownSchema*> recent_;  // the few used last, latest first

  ReaderScratch scratch_;
  data::Arena tree_arena_;
};

}  // namespace sluice::convert::json
