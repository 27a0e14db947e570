#pragma once
// ByteArrayConverter, BooleanConverter and the converters of numbers: fixed bytes, no configuration. Each serves keys,
// values and headers.

#include <sluice/value.hpp>

#include "runtime/base/status.h"
#include "runtime/convert/two_way_converter.h"

namespace sluice::convert {

// Bytes pass through; null stays null, with an optional bytes schema.
class ByteArrayConverter final : public TwoWayConverter {
 public:
  base::Result<data::Bytes> encode(const data::ConvertContext& context, const Schema* schema,
                                   const Value& value) override;
  base::Result<data::SchemaAndValue> decode(const data::ConvertContext& context, data::Bytes bytes) override;
};

// One byte, 0 or 1.
class BooleanConverter final : public TwoWayConverter {
 public:
  base::Result<data::Bytes> encode(const data::ConvertContext& context, const Schema* schema,
                                   const Value& value) override;
  base::Result<data::SchemaAndValue> decode(const data::ConvertContext& context, data::Bytes bytes) override;
};

// Big-endian numbers of fixed width: INT16, INT32, INT64, FLOAT32 or FLOAT64. The schema is not looked at, the value's
// kind must fit.
class NumberConverter final : public TwoWayConverter {
 public:
  explicit NumberConverter(Kind kind) : kind_(kind) {}
  base::Result<data::Bytes> encode(const data::ConvertContext& context, const Schema* schema,
                                   const Value& value) override;
  base::Result<data::SchemaAndValue> decode(const data::ConvertContext& context, data::Bytes bytes) override;

 private:
  const Kind kind_;
};

}  // namespace sluice::convert
