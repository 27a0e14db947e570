#pragma once
// Base of the built-in converters: topics and header names play no part in them, so one pair of functions serves keys,
// values and headers, as in Kafka, where the same classes implement both interfaces.

#include "runtime/data/converter.h"

namespace sluice::convert {

class TwoWayConverter : public data::Converter, public data::HeaderConverter {
 public:
  // See data::Converter. A null message has bytes with a null pointer.
  virtual base::Result<data::Bytes> encode(const data::ConvertContext& context, const Schema* schema,
                                           const Value& value) = 0;
  virtual base::Result<data::SchemaAndValue> decode(const data::ConvertContext& context, data::Bytes bytes) = 0;

  base::Result<data::Bytes> from_connect(const data::ConvertContext& context, std::string_view /*topic*/,
                                         const Schema* schema, const Value& value) final {
    return encode(context, schema, value);
  }
  base::Result<data::SchemaAndValue> to_connect(const data::ConvertContext& context, std::string_view /*topic*/,
                                                data::Bytes bytes) final {
    return decode(context, bytes);
  }
  base::Result<data::Bytes> from_connect(const data::ConvertContext& context, std::string_view /*topic*/,
                                         std::string_view /*header*/, const Schema* schema, const Value& value) final {
    return encode(context, schema, value);
  }
  base::Result<data::SchemaAndValue> to_connect(const data::ConvertContext& context, std::string_view /*topic*/,
                                                std::string_view /*header*/, data::Bytes bytes) final {
    return decode(context, bytes);
  }
};

}  // namespace sluice::convert
