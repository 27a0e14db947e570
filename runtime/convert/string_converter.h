#pragma once
// StringConverter: any value as its Java text, read back as a text. Serves keys, values and headers.

#include <memory>
#include <string>

#include "runtime/convert/charset.h"
#include "runtime/convert/two_way_converter.h"

namespace sluice::convert {

class StringConverter final : public TwoWayConverter {
 public:
  // nullptr: UTF-8.
  explicit StringConverter(std::unique_ptr<Charset> charset) : charset_(std::move(charset)) {}

  // A text in UTF-8 is passed through without a copy; characters that the set lacks become '?'.
  base::Result<data::Bytes> encode(const data::ConvertContext& context, const Schema* schema,
                                   const Value& value) override;
  // An optional string; bytes that are ill-formed become U+FFFD.
  base::Result<data::SchemaAndValue> decode(const data::ConvertContext& context, data::Bytes bytes) override;

 private:
  const std::unique_ptr<Charset> charset_;
  std::string text_, result_;  // reused between records
};

}  // namespace sluice::convert
