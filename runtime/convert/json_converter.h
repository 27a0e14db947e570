#pragma once
// JsonConverter: Connect values as JSON, with or without their schema in each message. Serves keys, values and headers.

#include <memory>

#include "runtime/config/config_def.h"
#include "runtime/convert/json_decoder.h"
#include "runtime/convert/json_encoder.h"
#include "runtime/convert/json_options.h"
#include "runtime/convert/two_way_converter.h"

namespace sluice::convert {

class JsonConverter final : public TwoWayConverter {
 public:
  // The keys besides `converter.type`.
  static config::ConfigDef config_def();
  // From a configuration that config_def() has parsed. Error: Connect's DataException for a `schema.content` that is no
  // schema.
  static base::Result<std::unique_ptr<JsonConverter>> create(const config::ParsedConfig& config);

  base::Result<data::Bytes> encode(const data::ConvertContext& context, const Schema* schema,
                                   const Value& value) override;
  base::Result<data::SchemaAndValue> decode(const data::ConvertContext& context, data::Bytes bytes) override;

 private:
  JsonConverter(const json::Options& options, std::string schema_content);

  json::Encoder encoder_;
  json::Decoder decoder_;
};

}  // namespace sluice::convert
